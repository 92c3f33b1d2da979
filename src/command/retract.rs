//! `touchload retract`: a bad feed is taken back, by records appended to the log like any other.
//!
//! What is appended is decided by [`processors::state::retraction`]; it goes through the window state and into the tables
//! as an import does, so that `supersedes`, live values and day rows follow. Nothing is removed: the feed stays in the
//! log, outranked. Without `--execute` the tables are only read, also beside a running pipeline. With `--to-kafka` the
//! records go to the input topics instead, and the tables follow when the pipeline reads them.
//!
//! Killed before the commit of the log, it has changed nothing; after it, it is done but for revisions of day rows, which
//! the same command makes up for.
//!
//! | module | one noun |
//! |---|---|
//! | [`to_kafka`] | the records to the input topics, in place of the log |
//! | [`notes`] | which records of Kafka are restatements |
//! | [`report`] | what is told |
//! | [`effect`] | the most affected HCPs, before and after |

mod effect;
mod notes;
mod report;
mod to_kafka;

use super::import::files::unaccounted;
use super::import::{Importing, Means};
use super::reference;
use crate::cli::value::UsageError;
use crate::cli::{Amendment, RetractArgs};
use crate::clock::SystemClock;
use crate::policy;
use arrow::array::RecordBatch;
use effect::effects;
use futures::StreamExt;
use processors::state::retraction::{Feed, Restated, Retraction, Selection, Standing};
use report::{Done, Report};
use std::collections::BTreeSet;
use std::io::Write;
use std::num::NonZeroUsize;
use std::sync::Arc;
use store::{FolderLock, FolderUse, Location, OpenMode, Owner, Store};
use to_kafka::Target;
use touchpoint::{Clock, Micros, NextOffsets, Policy, Reference, TopicPartition, log};

/// What every number of the report depends on.
#[derive(Clone)]
struct Facts {
    policy: Arc<Policy>,
    reference: Arc<Reference>,
}

/// What is taken back, and as of when.
struct Order {
    selection: Selection,
    facts: Facts,
    at: Micros,
}

pub(super) async fn retract(args: &RetractArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let at = SystemClock.now();
    let selection = selection(args, at)?;
    let target = args.to_kafka.as_deref().map(|file| tokio::task::block_in_place(|| Target::of(file))).transpose()?;
    let is_given = args.reference.config().is_some() || args.reference.input().is_given();
    let reference = match &target {
        Some(target) if !is_given => target.reference.clone(),
        _ => tokio::task::block_in_place(|| reference::given(&args.reference))?,
    };
    let facts = Facts { policy: policy::in_force(args.policy.as_deref())?, reference: reference.clone() };
    let order = Order { selection, facts, at };
    let location = Location::parse(&args.data)?;
    let store = Store::open_at(location.clone(), OpenMode::MustExist).await?;
    match (args.amendment(), target) {
        (Amendment::DryRun, target) => {
            let mut feed = feed(&store, &order.selection).await?;
            if target.is_some() {
                feed = feed.remembered();
            }
            let retraction = read(&store, feed, &mut |_| Ok(())).await?;
            let restated = retraction.restate(Standing { at, first_offset: 0 })?;
            tell(&store, (&order, &retraction, &restated), Done::Nothing, out).await?;
        }
        (Amendment::Executed, None) => {
            let _lock = FolderLock::take(&location, FolderUse::Amend).await?;
            execute(&store, &order, out).await?;
        }
        (Amendment::Executed, Some(target)) => {
            // Beside pipelines, and apart from what rewrites tables.
            let _lock = FolderLock::take(&location, FolderUse::Run).await?;
            produce(&store, &order, &target.with_reference(reference), out).await?;
        }
    }
    Ok(())
}

fn selection(args: &RetractArgs, at: Micros) -> Result<Selection, UsageError> {
    let (from, to) = args.span();
    if from >= to {
        return Err(UsageError("--ingested-between needs the earlier instant first".to_owned()));
    }
    if to > at {
        // What comes until then would count as taken back although nobody has looked at it.
        return Err(UsageError("--ingested-between ends in the future: end it now or earlier".to_owned()));
    }
    Ok(Selection { source: args.source.clone(), from, to, topic: args.topic.clone() })
}

/// Nothing of the feed seen yet, and every earlier retraction that went to Kafka known.
async fn feed(store: &Store, selection: &Selection) -> anyhow::Result<Feed> {
    Ok(Feed::new(selection.clone()).knowing(&notes::read(store).await?))
}

/// Reads the rows of the source twice: which interactions are meant, then all records of those. `see` is shown all of them.
async fn read(
    store: &Store,
    mut feed: Feed,
    see: &mut dyn FnMut(&RecordBatch) -> anyhow::Result<()>,
) -> anyhow::Result<Retraction> {
    let source = feed.selection().source.clone();
    let mut rows = store.read_source(&source).await?;
    while let Some(batch) = rows.next().await {
        let records = log::to_record(&batch?)?;
        feed.see(&records)?;
        see(&records)?;
    }
    let mut retraction = Retraction::of(feed);
    let mut rows = store.read_source(&source).await?;
    while let Some(batch) = rows.next().await {
        retraction.take(&log::to_record(&batch?)?)?;
    }
    Ok(retraction)
}

/// Says what was done, or would be.
async fn tell(
    store: &Store,
    (order, retraction, restated): (&Order, &Retraction, &Restated),
    done: Done,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let effects = effects(store, restated, (order.facts.clone(), order.at)).await?;
    let report = Report { selection: &order.selection, feed: retraction.feed(), restated, effects: &effects };
    Ok(report.write(done, out)?)
}

async fn produce(store: &Store, order: &Order, target: &Target, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut hashing = target.hashing()?;
    let feed = feed(store, &order.selection).await?;
    let is_known = feed.is_remembered();
    let retraction = read(store, feed.remembered(), &mut |records| hashing.see(records)).await?;
    let restated = retraction.restate(Standing { at: order.at, first_offset: 0 })?;
    let is_news = retraction.feed().records() > 0 && !is_known;
    if is_news || !restated.batches.is_empty() {
        target.produce(store, (&order.selection, &restated), hashing.found(), order.at).await?;
    }
    tell(store, (order, &retraction, &restated), Done::InKafka, out).await
}

async fn execute(store: &Store, order: &Order, out: &mut dyn Write) -> anyhow::Result<()> {
    let Order { selection, facts, at } = order;
    let owner = Owner::new("retract", "log");
    let partition = TopicPartition::new(selection.topic(), 0);
    // From here on every read is of the version whose offset this is.
    let acquired = store.acquire(&owner, std::slice::from_ref(&partition)).await?;
    let first_offset = acquired.next.get(&partition).copied().flatten().unwrap_or(0);
    let retraction = read(store, feed(store, selection).await?, &mut |_| Ok(())).await?;
    let restated = retraction.restate(Standing { at: *at, first_offset })?;
    let effects = effects(store, &restated, (facts.clone(), *at)).await?;
    let unaccounted: BTreeSet<String> = unaccounted(&acquired);
    if !restated.batches.is_empty() || !unaccounted.is_empty() {
        let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let Facts { policy, reference } = facts.clone();
        let means = Means { policy, reference, threads, started_at: *at };
        let importing = Importing::start(store, means, &unaccounted).await?;
        let written = importing.amend(&restated.batches, store).await?;
        let next = NextOffsets::from([(partition, restated.next_offset)]);
        written.commit(store, &owner, (next, Vec::new())).await?;
    }
    let report = Report { selection, feed: retraction.feed(), restated: &restated, effects: &effects };
    Ok(report.write(Done::InTheLog, out)?)
}
