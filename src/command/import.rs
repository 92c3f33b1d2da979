//! `touchload import`: bounded history through the same decode, state and tables; one commit, and again changes nothing.
//!
//! The existing log is read first, so that `supersedes` and revisions are right. Rows go to Parquet files as they come,
//! with bounded memory; one Delta commit per table at the end makes them visible, with the files' hashes as transactions,
//! so that a file that was imported before is skipped and a killed import leaves nothing behind.

mod days;

use super::run::{started, summary};
use crate::cli::{ImportArgs, ImportDays};
use crate::clock::SystemClock;
use crate::pipeline::Tally;
use crate::progress::{Progress, ProgressChoice, ProgressUnit};
use days::ImportedDays;
use futures::StreamExt;
use ingest::batch::DecodedBatch;
use ingest::decode::{DecodeOptions, Decoder, KeyRule};
use ingest::file::{FileBatches, ImportFile};
use ingest::reference_csv::{self, ReferenceFiles};
use processors::Shard;
use std::io::Write;
use std::sync::Arc;
use store::{FolderLock, FolderUse, Import, Location, OpenMode, Owner, ReadLog, Store, Table, TableWriter};
use touchpoint::time::EARLIEST;
use touchpoint::{Clock, Micros, NextOffsets, Policy, Reference, SkipReason, TopicPartition};

pub(super) async fn import(args: &ImportArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let clock = started();
    let files = ReferenceFiles { hcps: args.hcps_file.clone(), accounts: args.accounts_file.clone() };
    let reference = Arc::new(reference_csv::load(&files)?);
    let mut inputs = open_inputs(args)?;
    let _lock = FolderLock::take(&Location::parse(&args.data)?, FolderUse::Import)?;
    let store = Store::open(&args.data, OpenMode::CreateIfMissing).await?;
    let owner = Owner::new("import", "files");
    let partitions: Vec<TopicPartition> = inputs.iter().map(|f| TopicPartition::new(f.topic(), 0)).collect();
    let acquired = store.acquire(&owner, &partitions).await?;
    let known = |file: &ImportFile| acquired.next.get(&TopicPartition::new(file.topic(), 0)).copied().flatten();
    let mut tally = Tally::default();
    for lines in inputs.iter().filter_map(|file| known(file)) {
        *tally.skipped.entry(SkipReason::RepeatedImport).or_default() += u64::try_from(lines).unwrap_or(0);
    }
    inputs.retain(|file| known(file).is_none());
    let mut importing = Importing::new(&store, reference, SystemClock.now()).await?;
    if !inputs.is_empty() {
        importing.read_log(&store).await?;
        importing.read(inputs, &mut tally).await?;
        importing.commit(&store, &owner, args).await?;
    }
    tally.hcps = importing.shard.hcp_count() as u64;
    summary("import", &tally, &store, &args.data, clock.elapsed()).await.write(out)?;
    Ok(())
}

/// The files, in an order that does not depend on the command line, each content once.
fn open_inputs(args: &ImportArgs) -> anyhow::Result<Vec<ImportFile>> {
    let mut inputs = Vec::new();
    for (kind, path) in args.files() {
        inputs.push(ImportFile::open(path, kind)?);
    }
    if inputs.is_empty() {
        anyhow::bail!(
            "no files given: name at least one with --calls, --emails, --congress-invitations or --medical-requests"
        );
    }
    inputs.sort_by(|a, b| a.topic().cmp(&b.topic()));
    inputs.dedup_by(|a, b| a.topic() == b.topic());
    Ok(inputs)
}

struct Importing {
    shard: Shard,
    days: ImportedDays,
    log: TableWriter,
    dead_letters: TableWriter,
    hcp_metrics: TableWriter,
    next: NextOffsets,
    started_at: Micros,
    reference: Arc<Reference>,
}

impl Importing {
    async fn new(store: &Store, reference: Arc<Reference>, started_at: Micros) -> anyhow::Result<Self> {
        Ok(Self {
            shard: Shard::new(Arc::new(Policy::default()), reference.clone()),
            days: ImportedDays::read(store, started_at).await?,
            log: store.writer(Table::TouchpointLog).await,
            dead_letters: store.writer(Table::DeadLetters).await,
            hcp_metrics: store.writer(Table::HcpMetrics).await,
            next: NextOffsets::new(),
            started_at,
            reference,
        })
    }

    async fn read_log(&mut self, store: &Store) -> anyhow::Result<()> {
        let mut rows = store.read_log(ReadLog { since: EARLIEST }).await?;
        while let Some(batch) = rows.next().await {
            self.shard.restore(&batch?)?;
        }
        self.days.start(&mut self.shard);
        Ok(())
    }

    async fn read(&mut self, inputs: Vec<ImportFile>, tally: &mut Tally) -> anyhow::Result<()> {
        let bytes = inputs.iter().map(|f| f.bytes).sum();
        let progress = Progress::bar(ProgressChoice::Shown, "importing", bytes, ProgressUnit::Bytes);
        let options = DecodeOptions { key_rule: KeyRule::AcceptAny, ..DecodeOptions::default() };
        let decoder = Decoder::new(self.reference.clone(), options);
        let mut before = 0;
        for input in inputs {
            let (topic, size) = (input.topic(), input.bytes);
            let mut batches = FileBatches::new(input, &decoder, self.started_at)?;
            // A file without lines must be known afterwards too.
            self.next.entry(TopicPartition::new(topic, 0)).or_insert(0);
            while let Some(batch) = batches.next() {
                self.take(batch?, tally).await?;
                progress.set(before + batches.bytes_read());
            }
            before += size;
        }
        Ok(())
    }

    async fn take(&mut self, batch: DecodedBatch, tally: &mut Tally) -> anyhow::Result<()> {
        for seen in &batch.seen {
            tally.accepted += seen.accepted;
            for (reason, count) in seen.rejected.iter().filter(|(_, count)| *count > 0) {
                *tally.rejected.entry(reason).or_default() += count;
            }
        }
        self.days.saw(&batch.records)?;
        let applied = self.shard.apply(&batch.records, self.started_at, None)?;
        if applied.log.num_rows() > 0 {
            self.log.write(applied.log).await?;
        }
        if batch.dead_letters.num_rows() > 0 {
            self.dead_letters.write(batch.dead_letters).await?;
        }
        self.next.extend(batch.next);
        Ok(())
    }

    async fn commit(&mut self, store: &Store, owner: &Owner, args: &ImportArgs) -> anyhow::Result<()> {
        let daily = args.days() == ImportDays::Daily;
        for rows in self.days.rows(&mut self.shard, args.as_of, daily)? {
            self.hcp_metrics.write(rows).await?;
        }
        let fresh = |table| store.writer(table);
        let log = std::mem::replace(&mut self.log, fresh(Table::TouchpointLog).await).finish().await?;
        let dead_letters = std::mem::replace(&mut self.dead_letters, fresh(Table::DeadLetters).await).finish().await?;
        let hcp_metrics = std::mem::replace(&mut self.hcp_metrics, fresh(Table::HcpMetrics).await).finish().await?;
        let next = std::mem::take(&mut self.next);
        store
            .commit_import(owner, Import { log, dead_letters, hcp_metrics, next, extra_metrics_txns: Vec::new() })
            .await?;
        Ok(())
    }
}
