//! `touchload import`: bounded history through the same decode, state and tables; one commit, and again changes nothing.
//!
//! The existing log is read first, so that `supersedes` and revisions are right. Rows go to Parquet files as they come,
//! with bounded memory; one Delta commit per table at the end makes them visible, with the files' hashes as transactions,
//! so that a file that was imported before is skipped and a killed import leaves nothing behind.
//!
//! ```text
//! files ──blocks──► decoders ──batches, in order──► window state ──log rows──► lanes ──Parquet files──► commit
//!                                                   (in parts)
//! ```
//!
//! Every stage has threads of its own and a bounded queue before it, so that all cores work. The window state is divided
//! by HCP, and the records of each are taken in their order, so the number of threads changes nothing. Memory is bounded
//! by the queues ([`ingest::file`], [`appliers`], [`lanes`]), by the writers, and by the window state itself, which holds
//! 400 days.
//!
//! Ended between the commit of the log and that of `hcp_metrics`, it leaves day rows missing: they are made up for when
//! the same files are given again.
//!
//! It fails when every record that was read was rejected: most likely the files were given as another kind than they
//! are. Such files are not marked as imported.
//!
//! | module | one noun |
//! |---|---|
//! | [`files`] | the files, and what became of each |
//! | [`appliers`] | the threads of the window state |
//! | [`lanes`] | one table written by several tasks |
//! | [`days`] | which day rows are written |

mod appliers;
mod days;
pub(super) mod files;
mod lanes;

use super::reference;
use super::run::{started, summary};
use crate::cli::ImportArgs;
use crate::clock::SystemClock;
use crate::erased::erased;
use crate::pipeline::Tally;
use crate::policy;
use crate::progress::{Progress, ProgressChoice, ProgressUnit};
use appliers::Appliers;
use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use datafusion::prelude::SessionContext;
use days::ImportedDays;
use files::{Ledger, Rows};
use futures::StreamExt;
use ingest::decode::{DecodeOptions, Decoder, KeyRule};
use ingest::erased::Erased;
use ingest::file::{FileBatch, FileReader, ImportFile};
use lanes::Lanes;
use processors::state::parts::Parts;
use std::collections::BTreeSet;
use std::io::Write;
use std::num::NonZeroUsize;
use std::sync::Arc;
use store::{FolderLock, FolderUse, Import, Location, OpenMode, Owner, ReadLog, Store, Table, Written};
use touchpoint::time::EARLIEST;
use touchpoint::{Clock, Micros, NextOffsets, Policy, Reference, SkipReason, TopicPartition, log};

/// Day rows that go to a lane at a time.
const DAY_ROWS_STEP: usize = 16 * 1024;

pub(super) async fn import(args: &ImportArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let clock = started();
    let reference = tokio::task::block_in_place(|| reference::given(&args.reference))?;
    let policy = policy::in_force(args.policy.as_deref())?;
    let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let mut inputs = files::open(args, threads)?;
    let _lock = FolderLock::take(&Location::parse(&args.data)?, FolderUse::Import).await?;
    let store = Store::open(&args.data, OpenMode::CreateIfMissing).await?;
    let owner = Owner::new("import", "files");
    let partitions: Vec<TopicPartition> = inputs.iter().map(files::partition).collect();
    let acquired = store.acquire(&owner, &partitions).await?;
    let mut tally = Tally::default();
    for lines in inputs.iter().filter_map(|file| files::imported_lines(file, &acquired)) {
        *tally.skipped.entry(SkipReason::RepeatedImport).or_default() += u64::try_from(lines).unwrap_or(0);
    }
    let mut ledger = Ledger::new(&inputs, &acquired);
    let unaccounted = files::unaccounted(&acquired);
    let given = inputs.len();
    inputs.retain(|file| files::imported_lines(file, &acquired).is_none());
    if inputs.is_empty() && unaccounted.is_empty() {
        let files = if given == 1 { "the file was".to_owned() } else { format!("all {given} files were") };
        writeln!(out, "nothing new: {files} imported before")?;
        tally.hcps = hcps(&store).await?;
    } else {
        let means = Means { policy, reference, threads, started_at: SystemClock.now() };
        let importing = Importing::start(&store, means, &unaccounted).await?;
        let imported = importing.run(&inputs, &mut ledger, (&store, args)).await?;
        tally.hcps = imported.hcps;
        imported.commit(&store, &owner, (ledger.next(), ledger.refused())).await?;
    }
    (tally.accepted, tally.rejected) = (ledger.accepted(), ledger.rejected());
    if ledger.erased() > 0 {
        tally.skipped.insert(SkipReason::Erased, ledger.erased());
    }
    summary("import", &tally, &store, &args.data, clock.elapsed()).await.write(out)?;
    ended(args, &ledger, out)
}

/// HCPs with a record in the log.
async fn hcps(store: &Store) -> anyhow::Result<u64> {
    let context = SessionContext::new();
    context.register_table("touchpoint_log", store.provider(Table::TouchpointLog).await?)?;
    let counted = context.sql("SELECT count(DISTINCT hcp_id) FROM touchpoint_log").await?.collect().await?;
    let count = counted.first().and_then(|batch| batch.column(0).as_primitive_opt::<Int64Type>()?.iter().next()?);
    Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0))
}

/// Tells of the files of which nothing was accepted; fails when those are all that were read.
fn ended(args: &ImportArgs, ledger: &Ledger, out: &mut dyn Write) -> anyhow::Result<()> {
    let refusals = ledger.refusals();
    if refusals.is_empty() {
        return Ok(());
    }
    let hint = format!(
        "why, record by record: touchload sql --data {} -c \"SELECT reason, field, detail, kafka_offset FROM dead_letters\". \
         Check that each file is given under the option of its kind; it can be imported again",
        args.data
    );
    if ledger.accepted() == 0 {
        anyhow::bail!("nothing was imported. {}. {hint}", refusals.join("; "));
    }
    for refusal in refusals {
        writeln!(out, "{refusal}")?;
    }
    Ok(writeln!(out, "{hint}")?)
}

/// What an import works with.
pub(super) struct Means {
    pub(super) policy: Arc<Policy>,
    pub(super) reference: Arc<Reference>,
    pub(super) threads: NonZeroUsize,
    pub(super) started_at: Micros,
}

/// An import that is being read.
pub(super) struct Importing {
    parts: Parts,
    days: ImportedDays,
    log: Lanes,
    dead_letters: Lanes,
    started_at: Micros,
    reference: Arc<Reference>,
    erased: Arc<Erased>,
    threads: NonZeroUsize,
}

/// An import that is written and not committed.
pub(super) struct Imported {
    hcps: u64,
    log: Written,
    dead_letters: Written,
    hcp_metrics: Written,
}

impl Importing {
    /// The state as the tables know it; rows of `unaccounted` files count as having just arrived.
    pub(super) async fn start(
        store: &Store,
        Means { policy, reference, threads, started_at }: Means,
        unaccounted: &BTreeSet<String>,
    ) -> anyhow::Result<Self> {
        let mut days = ImportedDays::read(store, started_at).await?;
        let mut parts = Parts::new(threads, &policy, &reference);
        parts.seed_targets();
        let mut rows = store.read_log(ReadLog::of_state(EARLIEST)).await?;
        while let Some(batch) = rows.next().await {
            let batch = batch?;
            parts.restore(&if unaccounted.is_empty() {
                batch
            } else {
                files::rows_of(&batch, unaccounted, Rows::Other)?
            })?;
        }
        days.start(&mut parts);
        if !unaccounted.is_empty() {
            let mut rows = store.read_log(ReadLog::of_state(EARLIEST)).await?;
            while let Some(batch) = rows.next().await {
                let records = log::to_record(&files::rows_of(&batch?, unaccounted, Rows::Theirs)?)?;
                days.saw(&records)?;
                parts.restore_decoded(&records)?;
            }
        }
        let log = Lanes::open(store, Table::TouchpointLog, threads).await;
        let dead_letters = Lanes::open(store, Table::DeadLetters, NonZeroUsize::MIN).await;
        let erased = erased(store).await?;
        Ok(Self { parts, days, log, dead_letters, started_at, reference, erased, threads })
    }

    /// Reads, applies and writes; what was written is given up when something fails.
    async fn run(
        mut self,
        inputs: &[ImportFile],
        ledger: &mut Ledger,
        (store, args): (&Store, &ImportArgs),
    ) -> anyhow::Result<Imported> {
        let read = tokio::task::block_in_place(|| self.read(inputs, ledger));
        self.finish(read, store, Some(args)).await
    }

    /// As [`Importing::run`], of records that no file holds; their days are revised, and no further one is closed.
    pub(super) async fn amend(mut self, records: &[RecordBatch], store: &Store) -> anyhow::Result<Imported> {
        let (log, now) = (&self.log, self.started_at);
        let applied = tokio::task::block_in_place(|| {
            Appliers::run(&mut self.parts, (log, now), |appliers| {
                records.iter().try_for_each(|batch| appliers.give(batch.clone()))
            })
        });
        self.finish(applied, store, None).await
    }

    async fn finish(
        self,
        read: anyhow::Result<()>,
        store: &Store,
        further: Option<&ImportArgs>,
    ) -> anyhow::Result<Imported> {
        let Self { mut parts, days, log, dead_letters, threads, .. } = self;
        if let Err(error) = read {
            let (log, dead_letters) = (log.abort().await, dead_letters.abort().await);
            return Err(log.or(dead_letters).unwrap_or(error));
        }
        // The lanes end their files while the day rows are computed.
        let day_rows = async { tokio::task::block_in_place(|| days.rows(&mut parts, further, SystemClock.now())) };
        let (log, dead_letters, day_rows) = tokio::join!(log.finish(), dead_letters.finish(), day_rows);
        let (log, dead_letters, day_rows) = (log?, dead_letters?, day_rows?);
        let hcp_metrics = Lanes::open(store, Table::HcpMetrics, threads).await;
        for rows in day_rows {
            for from in (0..rows.num_rows()).step_by(DAY_ROWS_STEP) {
                // A lane that fails says so at the end.
                hcp_metrics.write(rows.slice(from, DAY_ROWS_STEP.min(rows.num_rows() - from)));
            }
        }
        let hcp_metrics = hcp_metrics.finish().await?;
        Ok(Imported { hcps: parts.heard_of_count() as u64, log, dead_letters, hcp_metrics })
    }

    fn read(&mut self, inputs: &[ImportFile], ledger: &mut Ledger) -> anyhow::Result<()> {
        let bytes = inputs.iter().map(|file| file.bytes).sum();
        let progress = Progress::bar(ProgressChoice::Shown, "importing", bytes, ProgressUnit::Bytes);
        let options = DecodeOptions { key_rule: KeyRule::AcceptAny, ..DecodeOptions::default() };
        let decoder = Decoder::new(self.reference.clone(), options).leaving_out(self.erased.clone());
        let reader = FileReader::new(&decoder, self.started_at, self.threads);
        let Self { parts, days, log, dead_letters, started_at, .. } = self;
        Appliers::run(parts, (log, *started_at), |appliers| {
            reader.read(inputs, |FileBatch { batch, bytes_read }| {
                progress.set(bytes_read);
                ledger.enter(&batch.seen, batch.next);
                days.saw(&batch.records)?;
                appliers.give(batch.records)?;
                hand_on(dead_letters, batch.dead_letters)
            })
        })
    }
}

fn hand_on(lanes: &Lanes, rows: RecordBatch) -> anyhow::Result<()> {
    let goes_on = rows.num_rows() == 0 || lanes.write(rows);
    anyhow::ensure!(goes_on, "a lane has failed, and says itself why when it is given up");
    Ok(())
}

impl Imported {
    /// Commits, with the next offset of every acquired file, and those of which nothing was accepted.
    pub(super) async fn commit(
        self,
        store: &Store,
        owner: &Owner,
        (next, refused): (NextOffsets, Vec<TopicPartition>),
    ) -> anyhow::Result<()> {
        let Self { log, dead_letters, hcp_metrics, .. } = self;
        let extra_metrics_txns = Vec::new();
        store
            .commit_import(owner, Import { log, dead_letters, hcp_metrics, next, refused, extra_metrics_txns })
            .await?;
        Ok(())
    }
}
