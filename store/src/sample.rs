//! Rows for tests, with personal values that can be looked for.

use crate::open::{OpenMode, Store};
use crate::owner::Owner;
use crate::table::Table;
use arrow::array::{ArrayRef, BooleanArray, RecordBatch, StringArray, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion::prelude::SessionContext;
use std::ops::Range;
use std::sync::Arc;
use touchpoint::record::{RecordBuilder, RecordRow};
use touchpoint::time::{DAY, HOUR};
use touchpoint::{BusinessFunction, Channel, Kind, Micros, Op, Precision, Purpose, Status, TopicPartition};

/// 2026-03-05T00:00:00Z.
pub(crate) const MARCH: Micros = 1_772_668_800_000_000;
/// Stands in every personal column.
pub(crate) const CANARY: &str = "canary-7f3a";

pub(crate) fn owner() -> Owner {
    Owner::new("test", "cluster")
}

pub(crate) fn calls(partition: i32) -> TopicPartition {
    TopicPartition::new("engagement.calls", partition)
}

pub(crate) async fn open(dir: &tempfile::TempDir) -> Store {
    Store::open(dir.path().to_str().unwrap(), OpenMode::CreateIfMissing).await.unwrap()
}

/// One call per offset, an hour apart from `MARCH + 1 µs` on; every tenth is a delete.
pub(crate) fn log_rows(at: &TopicPartition, offsets: Range<i64>) -> RecordBatch {
    let mut builder = RecordBuilder::default();
    for offset in offsets {
        let (event_id, hcp_id) = (format!("{CANARY}-e{offset}"), format!("{CANARY}-h{}", offset % 7));
        let delete = offset % 10 == 9;
        let occurred_at = (!delete).then_some(MARCH + offset * HOUR + 1);
        builder.push(&RecordRow {
            kind: Kind::Calls,
            event_id: &event_id,
            hcp_id: &hcp_id,
            source: "crm",
            op: if delete { Op::Delete } else { Op::Upsert },
            status: (!delete).then_some(Status::Completed),
            occurred_at,
            precision: occurred_at.map(|_| Precision::Instant),
            channel: (!delete).then_some(Channel::FaceToFace),
            business_function: (!delete).then_some(BusinessFunction::Sales),
            purpose: (!delete).then_some(Purpose::Promotional),
            account_id: Some(CANARY),
            owner_id: Some(CANARY),
            theme: Some("launch"),
            request_id: Some(CANARY),
            duration_s: Some(60),
            ingested_at: MARCH + DAY,
            kafka_timestamp: MARCH + DAY,
            kafka_topic: &at.topic,
            kafka_partition: at.partition,
            kafka_offset: offset,
            ..RecordRow::BARE
        });
    }
    let batch = builder.finish().unwrap();
    let no = BooleanArray::from(vec![false; batch.num_rows()]);
    touchpoint::log::from_record(&batch, no.clone(), no).unwrap()
}

/// One dead letter per offset, rejected at `rejected_at`.
pub(crate) fn dead_rows(at: &TopicPartition, offsets: Range<i64>, rejected_at: Micros) -> RecordBatch {
    let offsets: Vec<i64> = offsets.collect();
    filled(Table::DeadLetters, offsets.len(), |column, i| match column {
        "kafka_topic" => Some(at.topic.clone()),
        "kafka_partition" => Some(at.partition.to_string()),
        "kafka_offset" => Some(offsets[i].to_string()),
        "rejected_at" | "kafka_timestamp" => Some(rejected_at.to_string()),
        "key" | "payload" | "detail" | "payload_sha256" => Some(format!("{CANARY}-p{i}")),
        _ => None,
    })
}

/// Metric rows of one midnight.
pub(crate) fn metric_rows(rows: usize, as_of: Micros) -> RecordBatch {
    filled(Table::HcpMetrics, rows, |column, i| match column {
        "hcp_id" => Some(format!("{CANARY}-h{i}")),
        "window" => Some("28d".to_owned()),
        "as_of" | "computed_at" => Some(as_of.to_string()),
        _ => None,
    })
}

/// One transition of an alert about [`CANARY`]`-h<n>` at each of these instants.
pub(crate) fn alert_rows(instants: &[Micros]) -> RecordBatch {
    filled(Table::Alerts, instants.len(), |column, i| match column {
        "alert_id" => Some(format!("alert-{}", instants[i])),
        "hcp_id" => Some(format!("{CANARY}-h{i}")),
        "state" => Some("firing".to_owned()),
        "touches" => Some(format!("[{{\"event_id\": \"{CANARY}\"}}]")),
        "at" | "since" => Some(instants[i].to_string()),
        _ => None,
    })
}

/// Rows from texts; NULL where there is none, or a zero where the column allows no NULL.
fn filled(table: Table, rows: usize, text: impl Fn(&str, usize) -> Option<String>) -> RecordBatch {
    let schema = table.schema();
    let column = |field: &Arc<arrow::datatypes::Field>| -> ArrayRef {
        let texts: Vec<Option<String>> = (0..rows)
            .map(|i| text(field.name(), i).or_else(|| (!field.is_nullable()).then(|| "0".to_owned())))
            .collect();
        if texts.iter().all(Option::is_none) {
            return new_null_array(field.data_type(), rows);
        }
        let texts: ArrayRef = Arc::new(StringArray::from(texts));
        match field.data_type() {
            DataType::Timestamp(..) => cast(&cast(&texts, &DataType::Int64).unwrap(), field.data_type()).unwrap(),
            other => cast(&texts, other).unwrap(),
        }
    };
    RecordBatch::try_new(schema.clone(), schema.fields().iter().map(column).collect()).unwrap()
}

/// The only value of a one-row, one-column query over the newest versions of the tables.
pub(crate) async fn count(store: &Store, sql: &str) -> i64 {
    let session = SessionContext::new();
    for table in Table::ALL {
        session.register_table(table.name(), store.provider(table).await.unwrap()).unwrap();
    }
    let batches = session.sql(sql).await.unwrap().collect().await.unwrap();
    use arrow::array::AsArray;
    batches[0].column(0).as_primitive::<arrow::datatypes::Int64Type>().value(0)
}
