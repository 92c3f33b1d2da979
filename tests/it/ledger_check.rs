//! The ledger: what the broker holds, read back by a consumer that shares no code with the product, against the tables.
//!
//! What must hold after any history of crashes: every position stands in exactly one of `touchpoint_log` and
//! `dead_letters`, once; accepted rows carry the record's own ids, dead letters the reason for which the record was made
//! bad; the offsets of the tables are the ends of the partitions; and the metrics over the tables are those that the
//! naive reference computes over the accepted records, for targets without a record too.

use crate::kafka_ledger::{Stored, read_topics};
use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Int32Type, Int64Type};
use datafusion::prelude::SessionContext;
use ingest::kafka::{KafkaConfig, cluster_id};
use simulate::Produced;
use simulate::reference::{self, DEFAULT_TOLERANCE, Placement, Question, Record, ReferenceRow, RowKey};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use store::{Location, OpenMode, Owner, Store, Table};
use touchload::clock::SystemClock;
use touchload::session::{self, Facts};
use touchpoint::{Audience, Kind, Micros, Policy, Reference, RejectReason, TopicPartition, WindowLength, Word};

/// Problems that a failure shows.
const SHOWN: usize = 12;

/// Topic, partition, offset.
type Place = (String, i32, i64);

/// What a record is known by before it has a position: topic, key, payload, milliseconds.
type Fingerprint = (String, Option<Vec<u8>>, Option<Vec<u8>>, Option<i64>);

/// Everything a check needs.
pub(crate) struct Ledger<'a> {
    pub(crate) bootstrap: String,
    pub(crate) data: Location,
    pub(crate) reference: Arc<Reference>,
    pub(crate) sent: &'a [Produced],
    /// The instants at which metrics are compared.
    pub(crate) at: Vec<Micros>,
}

/// Rows of a table as DataFusion counts them.
pub(crate) async fn count(store: &Store, table: Table) -> usize {
    let session = SessionContext::new();
    session.register_table("t", store.provider(table).await.expect("a table")).expect("registered");
    let batches = query(&session, "SELECT count(*) FROM t").await;
    usize::try_from(batches[0].column(0).as_primitive::<Int64Type>().value(0)).expect("a count")
}

async fn query(session: &SessionContext, sql: &str) -> Vec<RecordBatch> {
    let rows = session.sql(sql).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
    rows.collect().await.unwrap_or_else(|e| panic!("{sql}: {e}"))
}

fn none(what: &str, problems: &[String]) {
    let shown = problems[..problems.len().min(SHOWN)].join("\n");
    assert!(problems.is_empty(), "{what}: {} problems, first:\n{shown}", problems.len());
}

impl Ledger<'_> {
    /// Checks everything.
    ///
    /// # Panics
    /// Something does not hold; says what and where.
    pub(crate) async fn check(&self) {
        let topics: Vec<&str> = Kind::ALL.iter().map(|kind| kind.default_topic()).collect();
        let stored = read_topics(&self.bootstrap, &topics);
        assert_eq!(stored.len(), self.sent.len(), "the broker holds what was published");
        let store = Arc::new(Store::open_at(self.data.clone(), OpenMode::MustExist).await.expect("tables"));
        let facts = Facts {
            policy: Arc::new(Policy::default()),
            reference: self.reference.clone(),
            clock: Arc::new(SystemClock),
        };
        let session = session::offline(store.clone(), &facts).await.expect("a session");
        let accepted = self.check_positions(&stored, &session).await;
        self.check_offsets(&stored, &store).await;
        for at in &self.at {
            self.check_metrics(&accepted, &session, &facts.policy, *at).await;
        }
        check_day_rows(&session).await;
    }

    /// Every position once and where it belongs; returns the accepted records.
    async fn check_positions(&self, stored: &[Stored], session: &SessionContext) -> Vec<Record> {
        let expected = self.expected();
        let accepted = places(session, "touchpoint_log", "hcp_id || ' ' || event_id").await;
        let rejected = places(session, "dead_letters", "reason").await;
        let mut problems = Vec::new();
        let mut records = Vec::new();
        for message in stored {
            let place = (message.topic.clone(), message.partition, message.offset);
            let found = (accepted.get(&place).cloned(), rejected.get(&place).cloned());
            let fingerprint = (message.topic.clone(), message.key.clone(), message.payload.clone(), message.timestamp);
            let wanted = match expected[&fingerprint] {
                Some(reason) => (None, Some(vec![reason.as_str().to_owned()])),
                None => {
                    let record = self.parse(message);
                    let ids = format!("{} {}", record.hcp_id, record.event_id);
                    records.push(record);
                    (Some(vec![ids]), None)
                }
            };
            if found != wanted {
                problems.push(format!("{place:?}: in log and dead letters {found:?}, expected {wanted:?}"));
            }
        }
        none("positions", &problems);
        assert_eq!(accepted.len() + rejected.len(), stored.len(), "positions that the broker does not have");
        assert!(!rejected.is_empty(), "the workload has bad records");
        records
    }

    fn expected(&self) -> HashMap<Fingerprint, Option<RejectReason>> {
        let mut expected = HashMap::new();
        for item in self.sent {
            let topic = item.kind.default_topic().to_owned();
            let key = Some(item.key.clone().into_bytes());
            let fingerprint = (topic, key, Some(item.payload.clone()), Some(item.arrival / 1_000));
            let before = expected.insert(fingerprint, item.expected);
            assert!(before.is_none_or(|before| before == item.expected), "equal records, unequal expectations");
        }
        expected
    }

    fn parse(&self, message: &Stored) -> Record {
        let kind = Kind::ALL.iter().copied().find(|k| k.default_topic() == message.topic).expect("one of the four");
        let timestamp = message.timestamp.expect("a timestamp") * 1_000;
        let partition = u64::try_from(message.partition).expect("a partition");
        let placement = Placement {
            position: (partition, u64::try_from(message.offset).expect("an offset")),
            reference: &self.reference,
            kafka_timestamp: timestamp,
            ingested_at: timestamp,
            future_tolerance: DEFAULT_TOLERANCE,
        };
        let payload = message.payload.as_deref().unwrap_or_default();
        Record::parse(kind, payload, placement).expect("the simulator says that it is good")
    }

    /// The offsets in `touchpoint_log` are the ends of the partitions; `hcp_metrics` is never ahead of them.
    async fn check_offsets(&self, stored: &[Stored], store: &Store) {
        let config = KafkaConfig::new(self.bootstrap.clone());
        let cluster = tokio::task::spawn_blocking(move || cluster_id(&config, Duration::from_secs(30))).await;
        let owner = Owner::new("touchload", cluster.expect("joined").expect("the broker tells its cluster"));
        let mut ends: BTreeMap<TopicPartition, i64> = BTreeMap::new();
        for message in stored {
            let end = ends.entry(TopicPartition::new(message.topic.clone(), message.partition)).or_default();
            *end = (*end).max(message.offset + 1);
        }
        let partitions: Vec<_> = ends.keys().cloned().collect();
        let acquired = store.acquire(&owner, &partitions).await.expect("offsets");
        let next: BTreeMap<_, _> = acquired.next.into_iter().map(|(p, next)| (p, next.unwrap_or(0))).collect();
        assert_eq!(next, ends, "offsets in the table against the ends of the partitions");
        for (partition, metrics) in acquired.metrics_next {
            assert!(metrics.unwrap_or(0) <= ends[&partition], "hcp_metrics is ahead of the log in {partition}");
        }
    }

    async fn check_metrics(&self, accepted: &[Record], session: &SessionContext, policy: &Policy, at: Micros) {
        let records = reference::subjects(accepted, &self.reference);
        let instant = chrono::DateTime::from_timestamp_micros(at).expect("in range").to_rfc3339();
        for audience in Audience::ALL {
            let sql = format!("SELECT * FROM hcp_metrics_at('{instant}', '{}')", audience.as_str());
            let mut found = BTreeMap::new();
            for batch in query(session, &sql).await {
                for row in 0..batch.num_rows() {
                    let key = RowKey::from_batch(&batch, row).expect("a key");
                    let values = ReferenceRow::from_batch(&batch, row).expect("a row");
                    assert!(found.insert(key.clone(), values).is_none(), "two rows of {key:?}");
                }
            }
            let mut problems = Vec::new();
            let mut compared = 0;
            for (hcp_id, records) in &records {
                for window in WindowLength::ALL {
                    let reference = &self.reference;
                    let question = Question { hcp_id, at, window, audience, policy, reference };
                    let key = RowKey { hcp_id: hcp_id.clone(), window, as_of: at, audience };
                    match (reference::metrics(records, &question), found.remove(&key)) {
                        (None, None) => {}
                        (Some(expected), Some(found)) => {
                            compared += 1;
                            problems.extend(expected.diff(&found).into_iter().map(|d| format!("{key:?}: {d}")));
                        }
                        (expected, _) => {
                            problems.push(format!("{key:?}: a row in the reference: {}", expected.is_some()));
                        }
                    }
                }
            }
            problems.extend(found.keys().map(|key| format!("{key:?}: the reference knows no such HCP")));
            let silent = records.values().filter(|records| records.is_empty()).count();
            assert!(silent > 0, "a target of whom there is no record");
            none(&format!("metrics at {instant} for {}", audience.as_str()), &problems);
            assert!(compared > 400, "only {compared} rows compared");
        }
    }
}

/// No stored day row twice: HCP, window, day and revision name one row.
async fn check_day_rows(session: &SessionContext) {
    let sql = "SELECT count(*) FROM (SELECT hcp_id FROM hcp_metrics GROUP BY hcp_id, \"window\", as_of, revision \
               HAVING count(*) > 1) AS doubled";
    let batches = query(session, sql).await;
    let doubled = batches[0].column(0).as_primitive::<Int64Type>().value(0);
    assert_eq!(doubled, 0, "rows of hcp_metrics that stand there twice");
}

/// What a table says at each position; more than one value is a position that stands there more than once.
async fn places(session: &SessionContext, table: &str, value: &str) -> BTreeMap<Place, Vec<String>> {
    let sql = format!(
        "SELECT arrow_cast(kafka_topic, 'Utf8'), kafka_partition, kafka_offset, arrow_cast({value}, 'Utf8') FROM {table}"
    );
    let mut places: BTreeMap<Place, Vec<String>> = BTreeMap::new();
    for batch in query(session, &sql).await {
        let (topics, values) = (batch.column(0).as_string::<i32>(), batch.column(3).as_string::<i32>());
        let partitions = batch.column(1).as_primitive::<Int32Type>();
        let offsets = batch.column(2).as_primitive::<Int64Type>();
        for row in 0..batch.num_rows() {
            let place = (topics.value(row).to_owned(), partitions.value(row), offsets.value(row));
            places.entry(place).or_default().push(values.value(row).to_owned());
        }
    }
    places
}
