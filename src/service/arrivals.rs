//! How complete recent days are, learnt from the log at a slow tick: when each record came in first. The live page shows it.
//!
//! One scan of the columns that are needed, of the last 125 days, for both audiences; then it rests twenty times as long as
//! that took, a quarter of an hour at least.

use arrow::array::{ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use datafusion::error::{DataFusionError, Result};
use datafusion::prelude::{SessionContext, col, lit};
use datafusion::scalar::ScalarValue;
use futures::StreamExt;
use processors::SharedShards;
use processors::arrivals::{Arrival, Arrivals, LEARNT_FROM};
use serve::Door;
use serve::live_page::Learnt;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use store::{Store, Table};
use tokio_util::sync::CancellationToken;
use touchpoint::reference::UNKNOWN;
use touchpoint::time::DAY;
use touchpoint::{BusinessFunction, Clock, Kind, Micros, Reference, Word};

/// Least time between two scans.
const EVERY: Duration = Duration::from_secs(900);
/// A scan is followed by so many times what it took.
const RESTS: u32 = 20;
/// The first scan waits for a start to be over.
const FIRST: Duration = Duration::from_secs(20);

/// Records as they came in first: no later versions, no files, whose lines all came in at once.
const FIRST_VERSIONS: &str = "SELECT hcp_id, kind, business_function, occurred_at, ingested_at FROM log \
    WHERE NOT supersedes AND kafka_topic NOT LIKE 'import:%'";

/// What it reads and whom it tells.
pub(super) struct Sources {
    pub(super) store: Arc<Store>,
    pub(super) shards: SharedShards,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) door: Door,
}

/// Runs until `quiet`.
pub(super) async fn learn(sources: Sources, quiet: CancellationToken) {
    let Door::Open(api) = &sources.door else { return };
    let mut rest = FIRST;
    loop {
        tokio::select! { () = tokio::time::sleep(rest) => {}, () = quiet.cancelled() => return }
        let begun = sources.clock.now();
        match read(&sources, begun).await {
            Ok(learnt) => api.live_page.learnt(learnt),
            Err(error) => tracing::warn!(%error, "completeness was not computed; the next round tries again"),
        }
        let took = u64::try_from(sources.clock.now() - begun).unwrap_or(0);
        rest = EVERY.max(Duration::from_micros(took).saturating_mul(RESTS));
    }
}

async fn read(sources: &Sources, at: Micros) -> Result<Learnt> {
    let reference = sources.shards.read().unwrap_or_else(PoisonError::into_inner).reference().clone();
    let log = sources.store.provider(Table::TouchpointLog).await;
    let context = SessionContext::new();
    context.register_table("log", log.map_err(|error| DataFusionError::External(Box::new(error)))?)?;
    let from = (at / DAY - LEARNT_FROM.end()) * DAY;
    let from = lit(ScalarValue::TimestampMicrosecond(Some(from), Some("UTC".into())));
    let rows = context.sql(FIRST_VERSIONS).await?.filter(col("occurred_at").gt_eq(from))?;
    let mut rows = rows.execute_stream().await?;
    let mut learnt = Learnt { full: Arrivals::new(at), commercial: Arrivals::new(at) };
    while let Some(batch) = rows.next().await {
        add(&mut learnt, &batch?, &reference)?;
    }
    Ok(learnt)
}

fn add(learnt: &mut Learnt, batch: &RecordBatch, reference: &Reference) -> Result<()> {
    let column = |place: usize, of: DataType| -> Result<ArrayRef> { Ok(cast(batch.column(place), &of)?) };
    let (hcps, kinds) = (column(0, DataType::Utf8)?, column(1, DataType::Utf8)?);
    let (functions, occurred) = (column(2, DataType::Utf8)?, column(3, DataType::Int64)?);
    let ingested = column(4, DataType::Int64)?;
    let (hcps, kinds, functions) = (hcps.as_string::<i32>(), kinds.as_string::<i32>(), functions.as_string::<i32>());
    let (occurred, ingested) = (occurred.as_primitive::<Int64Type>(), ingested.as_primitive::<Int64Type>());
    let medical = BusinessFunction::Medical.as_str();
    for row in 0..batch.num_rows() {
        let Some(kind) = Kind::parse(kinds.value(row).as_bytes()) else { continue };
        let arrival = Arrival { kind, occurred_at: occurred.value(row), ingested_at: ingested.value(row) };
        let of = reference.hcp(hcps.value(row), arrival.occurred_at).and_then(|row| row.territory.as_deref());
        let territory = of.unwrap_or(UNKNOWN);
        learnt.full.add(territory, arrival);
        if kind != Kind::Requests && functions.value(row) != medical {
            learnt.commercial.add(territory, arrival);
        }
    }
    Ok(())
}
