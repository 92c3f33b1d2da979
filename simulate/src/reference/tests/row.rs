//! The row has the columns of the product, compares as metrics.md says and reads from Arrow.

use super::{HCP, T, full, story};
use crate::reference::{Cell, ReferenceRow, RowError, RowKey};
use arrow::array::{
    ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray, new_null_array,
};
use std::sync::Arc;
use touchpoint::metric::{METRICS, MetricType, metric_row_schema};
use touchpoint::{Audience, WindowLength};

fn example() -> ReferenceRow {
    let text = "calls a -9h owner_id=a theme=x\n emails b -8h origin=hq theme=x\n calls c -7h theme=y channel=video";
    ReferenceRow {
        next_free_at: Some(T),
        zone: Some("near".to_owned()),
        headroom: Some(-1),
        ..full(&story(text), WindowLength::FourWeeks)
    }
}

/// `rows` as the product lays them out, NULL rows between them.
fn batch(row: &ReferenceRow) -> RecordBatch {
    let column = |metric: MetricType, cell: &Cell| -> ArrayRef {
        match (metric, cell) {
            (MetricType::Count, Cell::Integer(v)) => Arc::new(Int64Array::from(vec![*v])),
            (MetricType::Instant, Cell::Integer(v)) => {
                Arc::new(TimestampMicrosecondArray::from(vec![*v]).with_timezone("UTC"))
            }
            (MetricType::Real, Cell::Real(v)) => Arc::new(Float64Array::from(vec![*v])),
            (MetricType::Text, Cell::Text(v)) => Arc::new(StringArray::from(vec![v.as_str()])),
            (metric, Cell::Null) => {
                let field = METRICS.iter().find(|m| m.metric_type == metric).map(touchpoint::metric::metric_field);
                new_null_array(field.expect("a column of the type").data_type(), 1)
            }
            (metric, cell) => panic!("{metric:?} does not hold {cell}"),
        }
    };
    let mut columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(vec![HCP])),
        Arc::new(StringArray::from(vec!["28d"])),
        Arc::new(TimestampMicrosecondArray::from(vec![T]).with_timezone("UTC")),
        Arc::new(StringArray::from(vec!["commercial"])),
    ];
    columns.extend(METRICS.iter().zip(row.cells()).map(|(metric, (_, cell))| column(metric.metric_type, &cell)));
    columns.push(Arc::new(StringArray::from(vec!["default-1"])));
    RecordBatch::try_new(metric_row_schema(), columns).expect("the product's schema")
}

#[test]
fn the_fields_are_the_columns_in_order() {
    let row = example();
    let names: Vec<_> = row.cells().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, METRICS.iter().map(|m| m.name).collect::<Vec<_>>());
}

#[test]
fn a_row_reads_back_from_arrow() {
    let row = example();
    let batch = batch(&row);
    let read = ReferenceRow::from_batch(&batch, 0).expect("a row");
    assert_eq!(read, row);
    assert_eq!(row.diff(&read), [""; 0]);
    let key =
        RowKey { hcp_id: HCP.to_owned(), window: WindowLength::FourWeeks, as_of: T, audience: Audience::Commercial };
    assert_eq!(RowKey::from_batch(&batch, 0), Ok(key));
}

#[test]
fn what_cannot_be_read_is_named() {
    let batch = batch(&example());
    assert_eq!(ReferenceRow::from_batch(&batch, 1), Err(RowError::NoRow { row: 1, rows: 1 }));
    let without = batch.project(&[0, 1, 2]).expect("three columns");
    assert_eq!(ReferenceRow::from_batch(&without, 0), Err(RowError::NoColumn("touches")));
    let text: ArrayRef = Arc::new(StringArray::from(vec!["3"]));
    let null: ArrayRef = new_null_array(&arrow::datatypes::DataType::Int64, 1);
    let bad = |column, found| Err(RowError::BadCell { column, found });
    let touches = |column| RecordBatch::try_from_iter([("touches", column)]).expect("one column");
    assert_eq!(ReferenceRow::from_batch(&touches(text), 0), bad("touches", "text"));
    assert_eq!(ReferenceRow::from_batch(&touches(null), 0), bad("touches", "NULL"));
}

#[test]
fn doubles_agree_within_tolerance_and_all_else_exactly() {
    let agree = |a, b| Cell::Real(a).agrees(&Cell::Real(b));
    assert!(agree(1.0, 1.0 + 0.9e-9) && agree(1e6, 1e6 + 0.9e-3) && agree(0.0, 1e-12) && agree(-0.0, 0.0));
    assert!(agree(f64::INFINITY, f64::INFINITY) && !agree(f64::INFINITY, 1.0) && !agree(f64::NAN, f64::NAN));
    assert!(!agree(1.0, 1.0 + 2e-9) && !agree(0.0, 2e-12) && !agree(1.0, -1.0));
    assert!(!Cell::Integer(1).agrees(&Cell::Integer(2)) && !Cell::Null.agrees(&Cell::Real(0.0)));
    assert!(!Cell::Integer(1).agrees(&Cell::Real(1.0)) && Cell::Null.agrees(&Cell::Null));
}

#[test]
fn a_diff_has_one_line_per_column() {
    let row = example();
    let other = ReferenceRow { touches: 4, coherence: None, zone: Some("full".to_owned()), ..row.clone() };
    let lines = row.diff(&other);
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines.contains(&"touches: the reference has 3, found 4".to_owned()), "{lines:?}");
    assert!(lines.contains(&"zone: the reference has \"near\", found \"full\"".to_owned()), "{lines:?}");
    assert!(lines.iter().any(|l| l.starts_with("coherence: ") && l.ends_with("found NULL")), "{lines:?}");
}
