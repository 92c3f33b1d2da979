-- One statement a line: what would read a file, a URL or a process, or tell of the machine. All must be refused.
SELECT * FROM '/etc/passwd'
SELECT * FROM "/etc/passwd"
SELECT * FROM '{folder}/there.csv'
SELECT * FROM "{folder}/there.csv"
SELECT * FROM 'file:///etc/passwd'
SELECT * FROM "file://{folder}/there.csv"
SELECT * FROM 'there.csv'
SELECT * FROM '../../../../../../etc/passwd'
SELECT * FROM 's3://bucket/key.parquet'
SELECT * FROM "http://127.0.0.1:1/x.csv"
SELECT * FROM 'https://example.org/x.parquet'
SELECT * FROM read_csv('/etc/passwd')
SELECT * FROM read_csv_auto('{folder}/there.csv')
SELECT * FROM read_parquet('{folder}/*.parquet')
SELECT * FROM read_json('/etc/passwd')
SELECT * FROM read_text('/etc/passwd')
SELECT * FROM parquet_metadata('{folder}/x.parquet')
SELECT * FROM list_files_cache()
SELECT * FROM metadata_cache()
SELECT * FROM statistics_cache()
SELECT * FROM glob('{folder}/*')
SELECT pg_read_file('/etc/passwd')
SELECT pg_read_binary_file('/etc/passwd')
SELECT * FROM pg_ls_dir('/')
SELECT pg_stat_file('/etc/passwd')
SELECT lo_import('/etc/passwd')
SELECT lo_export(1, '{folder}/made')
SELECT dblink('host=127.0.0.1', 'SELECT 1')
SELECT query_to_xml('DELETE FROM touchpoint_log', true, true, '')
SELECT pg_sleep(3600)
SELECT pg_terminate_backend(1)
SELECT pg_cancel_backend(1)
SELECT pg_reload_conf()
SELECT pg_advisory_lock(1)
SELECT * FROM pg_catalog.pg_shadow
SELECT * FROM pg_catalog.pg_file_settings
SELECT * FROM pg_catalog.pg_hba_file_rules
SHOW data_directory
SHOW config_file
SHOW hba_file
SELECT current_setting('data_directory')
SHOW datafusion.runtime.temp_directory
SHOW datafusion.runtime.memory_limit
DESCRIBE '/etc/passwd'
EXPLAIN SELECT * FROM '/etc/passwd'
EXPLAIN ANALYZE SELECT * FROM read_csv('/etc/passwd')
COPY (SELECT * FROM '/etc/passwd') TO STDOUT
DECLARE stolen CURSOR FOR SELECT * FROM '/etc/passwd'
