//! `touchload retract`: a bad feed is taken back, by records appended to the log like any other.
//!
//! What is appended is decided by [`processors::state::retraction`]; it goes through the window state and into the tables
//! as an import does, so that `supersedes`, live values and day rows follow. Nothing is removed: the feed stays in the
//! log, outranked. Without `--execute` the tables are only read, also beside a running pipeline.
//!
//! Killed before the commit of the log, it has changed nothing; after it, it is done but for revisions of day rows, which
//! the same command makes up for.
//!
//! | module | one noun |
//! |---|---|
//! | [`report`] | what is told |
//! | [`effect`] | the most affected HCPs, before and after |

mod effect;
mod report;

use super::import::files::unaccounted;
use super::import::{Importing, Means};
use crate::cli::value::UsageError;
use crate::cli::{Amendment, RetractArgs};
use crate::clock::SystemClock;
use crate::policy;
use effect::effects;
use futures::StreamExt;
use processors::state::retraction::{Feed, Retraction, Selection, Standing};
use report::Report;
use std::collections::BTreeSet;
use std::io::Write;
use std::num::NonZeroUsize;
use std::sync::Arc;
use store::{FolderLock, FolderUse, Location, OpenMode, Owner, Store};
use touchpoint::{Clock, Micros, NextOffsets, Policy, Reference, TopicPartition, log};

/// What every number of the report depends on.
#[derive(Clone)]
struct Facts {
    policy: Arc<Policy>,
    reference: Arc<Reference>,
}

pub(super) async fn retract(args: &RetractArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let at = SystemClock.now();
    let selection = selection(args, at)?;
    let reference = args.reference.input().load()?;
    let facts = Facts { policy: policy::in_force(args.policy.as_deref())?, reference };
    let location = Location::parse(&args.data)?;
    let store = Store::open_at(location.clone(), OpenMode::MustExist).await?;
    match args.amendment() {
        Amendment::DryRun => {
            let retraction = read(&store, &selection).await?;
            let restated = retraction.restate(Standing { at, first_offset: 0 })?;
            let effects = effects(&store, &restated, (facts, at)).await?;
            Report { selection: &selection, feed: retraction.feed(), restated: &restated, effects: &effects }
                .write(Amendment::DryRun, out)?;
        }
        Amendment::Executed => {
            let _lock = FolderLock::take(&location, FolderUse::Amend).await?;
            execute(&store, &selection, (facts, at), out).await?;
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

/// Reads the rows of the source twice: which interactions are meant, then all records of those.
async fn read(store: &Store, selection: &Selection) -> anyhow::Result<Retraction> {
    let mut feed = Feed::new(selection.clone());
    let mut rows = store.read_source(&selection.source).await?;
    while let Some(batch) = rows.next().await {
        feed.see(&log::to_record(&batch?)?)?;
    }
    let mut retraction = Retraction::of(feed);
    let mut rows = store.read_source(&selection.source).await?;
    while let Some(batch) = rows.next().await {
        retraction.take(&log::to_record(&batch?)?)?;
    }
    Ok(retraction)
}

async fn execute(
    store: &Store,
    selection: &Selection,
    (facts, at): (Facts, Micros),
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let owner = Owner::new("retract", "log");
    let partition = TopicPartition::new(selection.topic(), 0);
    // From here on every read is of the version whose offset this is.
    let acquired = store.acquire(&owner, std::slice::from_ref(&partition)).await?;
    let first_offset = acquired.next.get(&partition).copied().flatten().unwrap_or(0);
    let retraction = read(store, selection).await?;
    let restated = retraction.restate(Standing { at, first_offset })?;
    let effects = effects(store, &restated, (facts.clone(), at)).await?;
    let unaccounted: BTreeSet<String> = unaccounted(&acquired);
    if !restated.batches.is_empty() || !unaccounted.is_empty() {
        let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let means = Means { policy: facts.policy, reference: facts.reference, threads, started_at: at };
        let importing = Importing::start(store, means, &unaccounted).await?;
        let written = importing.amend(&restated.batches, store).await?;
        let next = NextOffsets::from([(partition, restated.next_offset)]);
        written.commit(store, &owner, (next, Vec::new())).await?;
    }
    let report = Report { selection, feed: retraction.feed(), restated: &restated, effects: &effects };
    Ok(report.write(Amendment::Executed, out)?)
}
