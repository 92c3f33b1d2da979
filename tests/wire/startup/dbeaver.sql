-- DBeaver: what it asks at login and to fill its navigator. Each statement goes by both protocols.

SET extra_float_digits = 3

SET application_name = 'PostgreSQL JDBC Driver'

SET application_name = 'DBeaver 25.1.5 - Main <touchload>'

-- rows: 1
SELECT current_schema(),session_user

-- columns: oid, nspname
-- value: {schema}
SELECT n.oid,n.nspname,n.nspowner,d.description FROM pg_catalog.pg_namespace n
LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=n.oid AND d.objsubid=0 AND d.classoid='pg_namespace'::regclass
ORDER BY nspname

-- rows: 1
SHOW search_path

-- rows: 1
-- columns: oid, oid, datname
SELECT db.oid,db.* FROM pg_catalog.pg_database db WHERE datname=current_database()

-- rows: 1
-- value: on
SELECT * FROM pg_catalog.pg_settings WHERE name='standard_conforming_strings'

-- rows: 1
SELECT string_agg(word, ',') FROM pg_catalog.pg_get_keywords() WHERE word <> ALL ('{a,abs,absolute,action,ada,zone}'::text[])

-- rows: 1
SELECT version()

-- rows: 0
SELECT * FROM pg_catalog.pg_enum WHERE 1<>1 LIMIT 1

-- rows: 0
-- columns: reltype
SELECT reltype FROM pg_catalog.pg_class WHERE 1<>1 LIMIT 1

-- value: timestamptz
-- value: float8
SELECT t.oid,t.*,c.relkind,format_type(nullif(t.typbasetype, 0), t.typtypmod) AS base_type_name, d.description
FROM pg_catalog.pg_type t
LEFT OUTER JOIN pg_catalog.pg_type et ON et.oid=t.typelem
LEFT OUTER JOIN pg_catalog.pg_class c ON c.oid=t.typrelid
LEFT OUTER JOIN pg_catalog.pg_description d ON t.oid=d.objoid
WHERE t.typname IS NOT NULL AND (c.relkind IS NULL OR c.relkind = 'c') AND (et.typcategory IS NULL OR et.typcategory <> 'C')

-- value: touchpoint_log
-- value: hcp_now
SELECT c.oid,c.relname,c.relkind,c.relowner,d.description,pg_catalog.pg_get_expr(c.relpartbound, c.oid) AS partition_expr
FROM pg_catalog.pg_class c
LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=c.oid AND d.objsubid=0 AND d.classoid='pg_class'::regclass
WHERE c.relnamespace=(SELECT oid FROM pg_catalog.pg_namespace WHERE nspname='{schema}') AND c.relkind NOT IN ('i','I','c')

-- value: occurred_at
-- value: kind
SELECT c.relname,a.attname,a.attnum,a.atttypid,a.attnotnull,pg_catalog.pg_get_expr(ad.adbin, ad.adrelid, true) AS def_value,
    dsc.description
FROM pg_catalog.pg_attribute a
INNER JOIN pg_catalog.pg_class c ON (a.attrelid=c.oid)
LEFT OUTER JOIN pg_catalog.pg_attrdef ad ON (a.attrelid=ad.adrelid AND a.attnum = ad.adnum)
LEFT OUTER JOIN pg_catalog.pg_description dsc ON (c.oid=dsc.objoid AND a.attnum = dsc.objsubid)
WHERE NOT a.attisdropped AND c.relname='touchpoint_log' AND a.attnum > 0
ORDER BY a.attnum
