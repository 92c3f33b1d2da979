//! What every client is asked (`tests/wire/questions.sql`), and the answers that `touchload sql` has in process.
//!
//! A value is compared in one form, whatever a client makes of it: JSON numbers, booleans and NULL; text for words, days
//! (`2026-03-02`), exact numbers, and instants in RFC 3339 with microseconds (with `Z` where the column has a zone). Reals
//! may differ by 1e-12 relative, which is what a decimal text of a double may lose.

use crate::grafana_macros::Panel;
use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType};
use datafusion::arrow::util::display::array_value_to_string;
use datafusion::prelude::SessionContext;
use serde_json::{Value, json};
use touchload::prompt::plan_reading;

const QUESTIONS: &str = include_str!("../wire/questions.sql");
const PANELS: &str = include_str!("../wire/grafana.sql");

/// One statement and its answer.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) name: String,
    /// With its values as literals.
    pub(crate) sql: String,
    /// With `$1`, `$2` …; like `sql` where nothing is bound.
    pub(crate) bound_sql: String,
    /// Type and text of each bound value.
    pub(crate) values: Vec<(String, String)>,
    pub(crate) columns: Vec<AnswerColumn>,
    pub(crate) rows: Vec<Vec<Value>>,
}

/// A column of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AnswerColumn {
    pub(crate) name: String,
    pub(crate) form: Form,
}

/// How values of a column are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Integer,
    Real,
    Truth,
    Word,
    Exact,
    Day,
    /// With a zone.
    Instant,
    /// Without one.
    Moment,
}

impl Form {
    fn of(data_type: &DataType) -> Option<Self> {
        match data_type {
            integer if integer.is_integer() => Some(Self::Integer),
            DataType::Float32 | DataType::Float64 => Some(Self::Real),
            DataType::Boolean => Some(Self::Truth),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Some(Self::Word),
            DataType::Dictionary(_, values) => Self::of(values),
            DataType::Decimal128(..) => Some(Self::Exact),
            DataType::Date32 => Some(Self::Day),
            DataType::Timestamp(_, Some(_)) => Some(Self::Instant),
            DataType::Timestamp(_, None) => Some(Self::Moment),
            _ => None,
        }
    }

    /// The compared form of a text that PostgreSQL's text format has for such a value.
    pub(crate) fn read(self, text: &str) -> Value {
        match self {
            Self::Integer => text.parse::<i64>().map_or_else(|_| json!(text), Value::from),
            Self::Real => text.parse::<f64>().map_or_else(|_| json!(text), Value::from),
            Self::Truth if matches!(text, "t" | "true" | "1") => json!(true),
            Self::Truth if matches!(text, "f" | "false" | "0") => json!(false),
            Self::Truth | Self::Word | Self::Exact | Self::Day => json!(text),
            Self::Instant => json!(instant(text).map_or_else(|| text.to_owned(), |at| at + "Z")),
            Self::Moment => json!(instant(text).unwrap_or_else(|| text.to_owned())),
        }
    }
}

/// `2026-03-02 09:00:00+00`, with or without a fraction and the offset of UTC, as RFC 3339 with microseconds.
fn instant(text: &str) -> Option<String> {
    let bare = ["+00:00", "+00", "Z"].iter().find_map(|zone| text.strip_suffix(zone)).unwrap_or(text);
    let formats = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"];
    let at = formats.iter().find_map(|format| chrono::NaiveDateTime::parse_from_str(bare, format).ok())?;
    Some(at.format("%Y-%m-%dT%H:%M:%S%.6f").to_string())
}

/// Every question with its answer from `session`.
pub(crate) async fn answered(session: &SessionContext) -> Vec<Question> {
    answered_in(session, QUESTIONS).await
}

/// What panels of Grafana ask (`tests/wire/grafana.sql`), with their macros expanded.
pub(crate) async fn answered_panels(session: &SessionContext, panel: Panel) -> Vec<Question> {
    let expanded = panel.expand(PANELS).expect("macros that Grafana has");
    answered_in(session, &expanded).await
}

async fn answered_in(session: &SessionContext, text: &str) -> Vec<Question> {
    let mut questions = Vec::new();
    for text in text.split("-- name: ").skip(1) {
        let (name, rest) = text.split_once('\n').expect("a statement below its name");
        let (values, sql) = match rest.strip_prefix("-- values: ").and_then(|rest| rest.split_once('\n')) {
            Some((values, sql)) => (values.split(", ").filter_map(|value| value.split_once(' ')).collect(), sql),
            None => (Vec::new(), rest),
        };
        questions.push(answer(session, name, sql.trim(), &values).await);
    }
    questions
}

async fn answer(session: &SessionContext, name: &str, bound_sql: &str, values: &[(&str, &str)]) -> Question {
    let mut sql = bound_sql.to_owned();
    for (number, (kind, value)) in values.iter().enumerate() {
        let literal = if kind.starts_with("int") { (*value).to_owned() } else { format!("'{value}'") };
        sql = sql.replace(&format!("${}", number + 1), &literal);
    }
    let (columns, rows) = in_process(session, &sql).await;
    let values = values.iter().map(|(kind, value)| ((*kind).to_owned(), (*value).to_owned())).collect();
    Question { name: name.trim().to_owned(), sql, bound_sql: bound_sql.to_owned(), values, columns, rows }
}

/// What a statement gives in process, as `touchload sql` plans it.
pub(crate) async fn in_process(session: &SessionContext, sql: &str) -> (Vec<AnswerColumn>, Vec<Vec<Value>>) {
    let plan = plan_reading(session, sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    let frame = session.execute_logical_plan(plan).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    let form = |data_type| Form::of(data_type).unwrap_or_else(|| panic!("{sql}: {data_type} is not compared"));
    let fields = frame.schema().fields().iter();
    let columns: Vec<AnswerColumn> =
        fields.map(|field| AnswerColumn { name: field.name().clone(), form: form(field.data_type()) }).collect();
    let mut rows = Vec::new();
    for batch in frame.collect().await.unwrap_or_else(|error| panic!("{sql}: {error}")) {
        let arrays: Vec<ArrayRef> = batch.columns().iter().map(plain).collect();
        for row in 0..batch.num_rows() {
            rows.push(arrays.iter().zip(&columns).map(|(array, column)| value(array, row, column.form)).collect());
        }
    }
    (columns, rows)
}

/// A column in the one type of its form.
fn plain(array: &ArrayRef) -> ArrayRef {
    let wanted = match Form::of(array.data_type()) {
        Some(Form::Integer) => DataType::Int64,
        Some(Form::Real) => DataType::Float64,
        Some(Form::Word) => DataType::Utf8,
        Some(Form::Instant | Form::Moment) => DataType::Timestamp(TimeUnit::Microsecond, None),
        _ => return array.clone(),
    };
    cast(array, &wanted).expect("within a form")
}

fn value(array: &ArrayRef, row: usize, form: Form) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    let moment = || {
        let at = chrono::DateTime::from_timestamp_micros(array.as_primitive::<TimestampMicrosecondType>().value(row));
        at.expect("in range").format("%Y-%m-%dT%H:%M:%S%.6f").to_string()
    };
    match form {
        Form::Integer => json!(array.as_primitive::<Int64Type>().value(row)),
        Form::Real => json!(array.as_primitive::<Float64Type>().value(row)),
        Form::Truth => json!(array.as_boolean().value(row)),
        Form::Word => json!(array.as_string::<i32>().value(row)),
        Form::Exact | Form::Day => json!(array_value_to_string(array, row).expect("text")),
        Form::Instant => json!(moment() + "Z"),
        Form::Moment => json!(moment()),
    }
}

impl Question {
    /// What a client program is told of it.
    pub(crate) fn told(&self) -> Value {
        let values: Vec<Value> = self.values.iter().map(|(kind, value)| json!([kind, value])).collect();
        json!({ "name": self.name, "sql": self.sql, "bound_sql": self.bound_sql, "values": values })
    }

    /// What is wrong with rows in the compared form.
    ///
    /// # Errors
    /// The first difference.
    pub(crate) fn compare(&self, rows: &[Vec<Value>]) -> Result<(), String> {
        if rows.len() != self.rows.len() {
            return Err(format!("{} rows instead of {}", rows.len(), self.rows.len()));
        }
        for (number, (expected, found)) in self.rows.iter().zip(rows).enumerate() {
            if expected.len() != found.len() {
                return Err(format!("{} columns instead of {}", found.len(), expected.len()));
            }
            for (column, (expected, found)) in self.columns.iter().zip(expected.iter().zip(found)) {
                if !same(column.form, expected, found) {
                    return Err(format!("row {number}, {}: {found} instead of {expected}", column.name));
                }
            }
        }
        Ok(())
    }

    /// The same for rows in PostgreSQL's text format.
    ///
    /// # Errors
    /// The first difference.
    pub(crate) fn compare_texts(&self, rows: &[Vec<Option<String>>]) -> Result<(), String> {
        let read = |(column, text): (&AnswerColumn, &Option<String>)| {
            text.as_deref().map_or(Value::Null, |text| column.form.read(text))
        };
        let rows: Vec<Vec<Value>> = rows.iter().map(|row| self.columns.iter().zip(row).map(read).collect()).collect();
        self.compare(&rows)
    }
}

fn same(form: Form, expected: &Value, found: &Value) -> bool {
    match (form, expected.as_f64(), found.as_f64()) {
        (Form::Real, Some(expected), Some(found)) => {
            (expected - found).abs() <= 1e-12 * expected.abs().max(found.abs()) || expected == found
        }
        _ => expected == found,
    }
}

#[test]
fn texts_of_postgres_are_read() {
    assert_eq!(Form::Instant.read("2026-03-02 09:00:00+00"), json!("2026-03-02T09:00:00.000000Z"));
    assert_eq!(Form::Moment.read("2026-03-02 09:00:00.5"), json!("2026-03-02T09:00:00.500000"));
    assert_eq!(Form::Instant.read("2026-03-02 09:00:00+02"), json!("2026-03-02 09:00:00+02"), "another zone shows");
    assert_eq!((Form::Truth.read("t"), Form::Real.read("1e+20")), (json!(true), json!(1e20)));
    assert!(!same(Form::Real, &json!(0.1), &json!(0.1001)) && !same(Form::Integer, &json!(1), &Value::Null));
}
