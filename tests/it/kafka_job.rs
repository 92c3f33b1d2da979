//! A staged main job: a broker of its own, a simulated history to publish piece by piece, one data folder or bucket, and
//! any number of `touchload run` over it.
//!
//! The history is seeded: some hundred HCPs, four weeks that end today, bad records, duplicates, deletes, late records. One
//! target is in no record.
//! Keys are hashed with murmur2 to [`PARTITIONS`] partitions of each of the four topics.

use crate::kafka_broker::KafkaBroker;
use crate::kafka_ledger::{Outgoing, Partitioner, produce};
use crate::ledger_check::{Ledger, count};
use crate::object_store_server::ObjectStoreServer;
use crate::run_process::{RunProcess, until};
use simulate::{Produced, ReferenceFiles, Scenario, Span, Workload, World, WorldConfig};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use store::{Location, OpenMode, Store, StoreError, Table};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use touchload::clock::SystemClock;
use touchpoint::reference::{PanelRow, Tables, Validity};
use touchpoint::time::{DAY, midnight};
use touchpoint::{Clock, Kind, Reference, Word};

/// Partitions of each topic.
pub(crate) const PARTITIONS: i32 = 4;
/// Partitions of all four topics.
pub(crate) const ALL_PARTITIONS: u64 = 16;
const HCPS: u32 = 300;
const DAYS: i64 = 28;
/// A target of whom there is no record.
pub(crate) const SILENT_TARGET: &str = "hcp-whom-nobody-touches";
const BUCKET_PREFIX: &str = "jobs/one";

/// Settings of one process that differ from test to test.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Job<'a> {
    /// Its name: names its files.
    pub(crate) name: &'a str,
    /// `store.commit_interval`.
    pub(crate) commit_interval: &'a str,
    /// `group.instance.id`: a process that comes back under it takes over at once, without one the group first waits
    /// for the lost member's session to end.
    pub(crate) instance: Option<&'a str>,
    /// `FAILPOINTS`.
    pub(crate) crash: Option<&'a str>,
}

impl<'a> Job<'a> {
    /// A member without a fixed identity that commits often.
    pub(crate) fn named(name: &'a str) -> Self {
        Self { name, commit_interval: "200ms", instance: None, crash: None }
    }
}

/// Puts a target of whom there is no record into the file of panels.
fn silent_target(folder: &Path) -> PanelRow {
    let (owner_id, hcp_id) = ("rep-of-nobody".to_owned(), SILENT_TARGET.to_owned());
    let file = OpenOptions::new().append(true).open(folder.join("panels.csv"));
    writeln!(file.expect("the simulator wrote panels"), "{owner_id},{hcp_id},true,,,,").expect("a line more");
    PanelRow { owner_id, hcp_id, is_target: true, min_touches: None, max_touches: None, validity: Validity::ALWAYS }
}

/// The stage.
pub(crate) struct KafkaJob {
    pub(crate) broker: KafkaBroker,
    folder: TempDir,
    server: Option<ObjectStoreServer>,
    runtime: Runtime,
    reference: Arc<Reference>,
    span: Span,
    records: Vec<Produced>,
    fed: usize,
    store: Option<Arc<Store>>,
}

impl KafkaJob {
    /// A stage with nothing published yet; `None` when there is no Kafka and the test is to be skipped.
    pub(crate) fn stage(seed: u64) -> Option<Self> {
        let broker = KafkaBroker::start()?;
        let topics: Vec<&str> = Kind::ALL.iter().map(|kind| kind.default_topic()).collect();
        broker.create_topics(&topics, PARTITIONS);
        let folder = tempfile::Builder::new().prefix("touchload-job-").tempdir().expect("a temporary folder");
        let to = midnight(SystemClock.now());
        let span = Span { from: to - DAYS * DAY, to };
        let mut config = WorldConfig::new(Scenario::Navigation, HCPS, seed, span);
        config.poison.share = 0.03;
        config.poison.reasons.push(touchpoint::RejectReason::KeyMismatch);
        config.corrections.edited_share = 0.05;
        config.corrections.deleted_share = 0.02;
        config.corrections.duplicated_share = 0.02;
        let world = Arc::new(World::build(config).expect("a valid world"));
        let files = ReferenceFiles::new(&world);
        files.write(folder.path()).expect("reference files");
        let silent = silent_target(folder.path());
        let panels = Some(files.panel_rows().chain([silent]).collect());
        let tables = Tables::of(files.hcp_rows().collect(), files.account_rows().collect());
        let reference = Reference::try_new(Tables { panels, ..tables });
        let records: Vec<Produced> = Workload::new(world.clone()).history(span).collect();
        assert!(records.len() > 1_000, "only {} records", records.len());
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        Some(Self {
            broker,
            folder,
            server: None,
            runtime: runtime.expect("a runtime"),
            reference: Arc::new(reference.expect("no overlaps")),
            span,
            records,
            fed: 0,
            store: None,
        })
    }

    /// The same with its tables in a bucket of `server`.
    pub(crate) fn stage_in_bucket(seed: u64, server: ObjectStoreServer) -> Option<Self> {
        Some(Self { server: Some(server), ..Self::stage(seed)? })
    }

    /// The server of the bucket.
    pub(crate) fn server(&self) -> Option<&ObjectStoreServer> {
        self.server.as_ref()
    }

    /// Records not yet published.
    pub(crate) fn left(&self) -> usize {
        self.records.len() - self.fed
    }

    /// Records published.
    pub(crate) fn fed(&self) -> usize {
        self.fed
    }

    /// Publishes the next records, at most `count`, and waits for their acknowledgement.
    pub(crate) fn feed(&mut self, count: usize) {
        self.feed_by(Partitioner::Murmur2, count);
    }

    /// The same by a producer that chooses partitions in its own way.
    pub(crate) fn feed_by(&mut self, partitioner: Partitioner, count: usize) {
        let next = &self.records[self.fed..self.records.len().min(self.fed + count)];
        let message = |item: &Produced| Outgoing {
            topic: item.kind.default_topic().to_owned(),
            key: Some(item.key.clone().into_bytes()),
            payload: Some(item.payload.clone()),
            timestamp: Some(item.arrival / 1_000),
            ..Outgoing::default()
        };
        self.fed += produce(&self.broker.bootstrap(), partitioner, next.iter().map(message));
    }

    /// Starts a process over the common folder.
    pub(crate) fn start(&self, job: Job<'_>) -> RunProcess {
        let config = self.folder.path().join(format!("{}.toml", job.name));
        std::fs::write(&config, self.configuration(job)).expect("the configuration is written");
        let environment: Vec<_> = job.crash.iter().map(|points| ("FAILPOINTS", *points)).collect();
        RunProcess::start(&config, self.folder.path().join(format!("{}.log", job.name)), &environment)
    }

    fn configuration(&self, job: Job<'_>) -> String {
        let instance = job.instance.map_or_else(String::new, |id| format!("\"group.instance.id\" = \"{id}\"\n"));
        let folder = self.folder.path().display();
        let option = |(name, value): (&str, &str)| format!("{name} = \"{value}\"\n");
        let options: String = self.server.iter().flat_map(|server| server.options()).map(option).collect();
        format!(
            "[kafka]
bootstrap_servers = \"{}\"
partitioner = \"murmur2\"
[kafka.properties]
\"session.timeout.ms\" = 6000
\"heartbeat.interval.ms\" = 500
\"max.poll.interval.ms\" = 60000
\"reconnect.backoff.max.ms\" = 500
{instance}[ingest]
memory_mb = 32
batch_records = 500
[store]
data = \"{}\"
commit_interval = \"{}\"
maintenance = \"2s\"
[store.options]
{options}[reference]
hcps = \"{folder}/hcps.csv\"
accounts = \"{folder}/accounts.csv\"
panels = \"{folder}/panels.csv\"
",
            self.broker.bootstrap(),
            self.data(),
            job.commit_interval,
        )
    }

    fn data(&self) -> String {
        let folder = || self.folder.path().join("data").display().to_string();
        self.server.as_ref().map_or_else(folder, |server| server.data(BUCKET_PREFIX))
    }

    fn location(&self) -> Location {
        let folder = || Location::parse(&self.data()).expect("a folder");
        self.server.as_ref().map_or_else(folder, |server| server.location(BUCKET_PREFIX))
    }

    /// Rows of `touchpoint_log` and `dead_letters` together, as committed.
    pub(crate) fn landed(&mut self) -> usize {
        self.rows(Table::TouchpointLog) + self.rows(Table::DeadLetters)
    }

    /// Rows of a table, as committed; 0 while the tables are not there.
    pub(crate) fn rows(&mut self, table: Table) -> usize {
        let location = self.location();
        let Self { runtime, store, .. } = self;
        runtime.block_on(async {
            if store.is_none() {
                match Store::open_at(location, OpenMode::MustExist).await {
                    Ok(opened) => *store = Some(Arc::new(opened)),
                    Err(StoreError::Missing { .. }) => return 0,
                    Err(error) => panic!("the tables cannot be opened: {error}"),
                }
            }
            let store = store.as_ref().expect("opened");
            count(store, table).await
        })
    }

    /// Waits until everything published is in the tables, while all of `processes` keep running.
    pub(crate) fn wait_landed(&mut self, processes: &mut [&mut RunProcess]) {
        let fed = self.fed;
        until(&format!("{fed} records in the tables"), || {
            processes.iter_mut().for_each(|p| p.must_run());
            let landed = self.landed();
            if landed > fed {
                // The ledger says which rows are one too many.
                self.check();
            }
            assert!(landed <= fed, "{landed} rows of {fed} records");
            (landed == fed).then_some(())
        });
    }

    /// Holds tables and offsets against what the broker holds; every process must have ended.
    pub(crate) fn check(&self) {
        let ledger = Ledger {
            bootstrap: self.broker.bootstrap(),
            data: self.location(),
            reference: self.reference.clone(),
            sent: &self.records[..self.fed],
            at: vec![self.span.to, self.span.from + 20 * DAY + DAY / 3],
        };
        self.runtime.block_on(ledger.check());
    }
}
