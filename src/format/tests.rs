//! The three formats over real queries, to the byte.

use super::{Delivered, FormatError, OutputFormat, Style, TABLE_ROWS, write_results};
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use datafusion::prelude::SessionContext;
use std::io::{Error, ErrorKind, Write};
use tokio_util::bytes::Bytes;

async fn written(sql: &str, format: OutputFormat) -> (Delivered, String) {
    let mut out = Vec::new();
    let stream = SessionContext::new().sql(sql).await.unwrap().execute_stream().await.unwrap();
    let delivered = write_results(stream, format, &mut out).await.unwrap();
    (delivered, String::from_utf8(out).unwrap())
}

const THREE: &str = "SELECT * FROM (VALUES (1, 'a,b', NULL), (2, 'say \"hi\"', 0.5), (3, NULL, 1.0)) AS t(n, text, x)";

#[tokio::test]
async fn a_table_shows_null() {
    let (delivered, text) = written(THREE, OutputFormat::Table).await;
    assert_eq!(delivered, Delivered::Complete(3));
    let expected = "\
+---+----------+------+
| n | text     |    x |
+---+----------+------+
| 1 | a,b      | NULL |
| 2 | say \"hi\" |  0.5 |
| 3 | NULL     |  1.0 |
+---+----------+------+
";
    assert_eq!(text, expected);
}

#[tokio::test]
async fn csv_is_rfc_4180() {
    let (delivered, text) = written(THREE, OutputFormat::Csv).await;
    assert_eq!(delivered, Delivered::Complete(3));
    assert_eq!(text, "n,text,x\r\n1,\"a,b\",\r\n2,\"say \"\"hi\"\"\",0.5\r\n3,,1.0\r\n");
}

#[tokio::test]
async fn json_is_one_object_per_line_with_every_column() {
    let (delivered, text) = written(THREE, OutputFormat::Json).await;
    assert_eq!(delivered, Delivered::Complete(3));
    let expected = r#"{"n":1,"text":"a,b","x":null}
{"n":2,"text":"say \"hi\"","x":0.5}
{"n":3,"text":null,"x":1.0}
"#;
    assert_eq!(text, expected);
}

#[tokio::test]
async fn instants_are_rfc_3339() {
    let sql = "SELECT arrow_cast(0, 'Timestamp(Microsecond, Some(\"UTC\"))') AS at";
    for format in [OutputFormat::Table, OutputFormat::Csv, OutputFormat::Json] {
        let (_, text) = written(sql, format).await;
        assert!(text.contains("1970-01-01T00:00:00Z"), "{text}");
    }
}

#[tokio::test]
async fn an_empty_result_keeps_its_header() {
    let sql = "SELECT 1 AS n WHERE false";
    assert_eq!(written(sql, OutputFormat::Csv).await, (Delivered::Complete(0), "n\r\n".to_owned()));
    assert_eq!(written(sql, OutputFormat::Json).await, (Delivered::Complete(0), String::new()));
    assert_eq!(written(sql, OutputFormat::Table).await.1, "+---+\n| n |\n+---+\n+---+\n");
}

#[tokio::test]
async fn statements_without_columns_write_nothing() {
    for format in [OutputFormat::Table, OutputFormat::Csv, OutputFormat::Json] {
        assert_eq!(written("CREATE VIEW v AS SELECT 1 AS n", format).await.1, "");
    }
}

#[tokio::test]
async fn a_long_table_is_cut_and_says_so_but_csv_is_whole() {
    let sql = format!("SELECT * FROM generate_series(1, {})", TABLE_ROWS + 5);
    let (delivered, text) = written(&sql, OutputFormat::Table).await;
    assert_eq!(delivered, Delivered::Cut(TABLE_ROWS));
    assert!(text.trim_end().ends_with("or use --format csv or json for all"));
    let (delivered, text) = written(&sql, OutputFormat::Csv).await;
    assert_eq!((delivered, text.lines().count()), (Delivered::Complete(TABLE_ROWS + 5), TABLE_ROWS + 6));
}

#[tokio::test]
async fn stored_text_cannot_steer_the_terminal() {
    let (_, text) = written("SELECT chr(27) || '[2J' AS evil", OutputFormat::Table).await;
    assert!(!text.contains('\u{1b}'), "{text:?}");
    assert!(text.contains("\u{FFFD}[2J"));
}

#[tokio::test]
async fn csv_refuses_nested_columns_by_name() {
    let stream = SessionContext::new().sql("SELECT [1, 2] AS parts").await.unwrap().execute_stream().await.unwrap();
    let error = write_results(stream, OutputFormat::Csv, &mut Vec::new()).await.unwrap_err();
    assert!(matches!(&error, FormatError::Nested(name) if name == "parts"), "{error}");
    assert_eq!(written("SELECT [1, 2] AS parts", OutputFormat::Json).await.1, "{\"parts\":[1,2]}\n");
}

#[tokio::test]
async fn null_is_told_from_text() {
    let (_, text) =
        written("SELECT * FROM (VALUES ('NULL', 1), ('', 2), (NULL, 3)) AS t(a, n)", OutputFormat::Table).await;
    let rows: Vec<&str> = text.lines().skip(3).take(3).collect();
    assert_eq!(rows, ["| \"NULL\" | 1 |", "|        | 2 |", "| NULL   | 3 |"]);
}

#[tokio::test]
async fn a_plan_on_a_terminal_is_not_cut() {
    let context = SessionContext::new();
    let sql = format!("EXPLAIN SELECT '{}' AS long", "x".repeat(200));
    let stream = context.sql(&sql).await.unwrap().execute_stream().await.unwrap();
    let mut out = Vec::new();
    let style = Style { width: Some(40), ..OutputFormat::Table.into() };
    write_results(stream, style, &mut out).await.unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains(&"x".repeat(200)) && text.contains("plan_type | logical_plan"), "{text}");
}

#[tokio::test]
async fn parquet_holds_every_row_with_its_type() {
    let sql = "SELECT v, CASE WHEN v % 2 = 0 THEN 'even' END AS word FROM generate_series(1, 20000) AS t(v)";
    let stream = SessionContext::new().sql(sql).await.unwrap().execute_stream().await.unwrap();
    let schema = stream.schema();
    let mut out = Vec::new();
    let delivered = write_results(stream, OutputFormat::Parquet, &mut out).await.unwrap();
    assert_eq!(delivered, Delivered::Complete(20_000));
    let reader = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(out)).unwrap();
    assert_eq!(reader.schema().fields(), schema.fields());
    let read: usize = reader.build().unwrap().map(|batch| batch.unwrap().num_rows()).sum();
    assert_eq!(read, 20_000);
}

struct Gone(ErrorKind);
impl Write for Gone {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(Error::from(self.0))
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_reader_that_went_away_is_no_error_but_a_full_disk_is() {
    for format in [OutputFormat::Table, OutputFormat::Csv, OutputFormat::Json, OutputFormat::Parquet] {
        let stream = SessionContext::new().sql(THREE).await.unwrap().execute_stream().await.unwrap();
        let delivered = write_results(stream, format, &mut Gone(ErrorKind::BrokenPipe)).await.unwrap();
        assert_eq!(delivered, Delivered::Closed, "{format:?}");
        let stream = SessionContext::new().sql(THREE).await.unwrap().execute_stream().await.unwrap();
        let error = write_results(stream, format, &mut Gone(ErrorKind::StorageFull)).await.unwrap_err();
        assert!(matches!(&error, FormatError::Write(e) if e.kind() == ErrorKind::StorageFull), "{format:?}: {error}");
    }
}

#[tokio::test]
async fn a_failing_query_is_the_query_s_error() {
    let sql = "SELECT 1 / (v - 3) AS q FROM generate_series(1, 5) AS t(v)";
    let stream = SessionContext::new().sql(sql).await.unwrap().execute_stream().await.unwrap();
    let error = write_results(stream, OutputFormat::Csv, &mut Vec::new()).await.unwrap_err();
    assert!(matches!(error, FormatError::Query(_)), "{error}");
}
