//! A restore reads some columns of the log: those must be all that the window state is made of.

use crate::adversary::{self, PRESENT};
use crate::kernel_against_reference::{reference_data, shard_and_log};
use arrow::array::{ArrayRef, BooleanArray, RecordBatch, StringArray, new_null_array};
use arrow::datatypes::{DataType, Field};
use processors::Shard;
use processors::kernel::{Instant, Scratch};
use processors::rows::{self, Value, Values};
use std::sync::Arc;
use store::ReadLog;
use touchpoint::metric::METRICS;
use touchpoint::time::DAY;
use touchpoint::{Audience, Policy, WindowLength};

/// The log as a restore reads it: what it does not ask for says nothing.
fn as_restored(log: &RecordBatch) -> RecordBatch {
    let asked = ReadLog::of_state(0).columns;
    let column = |(field, column): (&Arc<Field>, &ArrayRef)| -> ArrayRef {
        let rows = log.num_rows();
        match field.data_type() {
            _ if asked.contains(&field.name().as_str()) => column.clone(),
            of_any_type if field.is_nullable() => new_null_array(of_any_type, rows),
            DataType::Boolean => Arc::new(BooleanArray::from(vec![false; rows])),
            DataType::Utf8 => Arc::new(StringArray::from(vec![""; rows])),
            other => panic!("{} of type {other} is left out", field.name()),
        }
    };
    let columns = log.schema_ref().fields().iter().zip(log.columns()).map(column).collect();
    RecordBatch::try_new(log.schema(), columns).expect("the schema of the log")
}

fn restored(logs: &[RecordBatch], policy: &Arc<Policy>) -> Shard {
    let mut shard = Shard::new(policy.clone(), reference_data());
    shard.seed_targets(|_| true);
    for log in logs {
        shard.restore(&as_restored(log)).expect("restored");
    }
    shard.advance(PRESENT - 30 * DAY);
    shard
}

/// Every column of every window of every HCP.
fn values(shard: &Shard) -> Vec<(String, Value)> {
    let mut values = Vec::new();
    for number in 0..u32::try_from(shard.hcp_count()).expect("few") {
        let hcp_id = &shard.hcp(number).expect("known").id;
        for (audience, at) in Audience::ALL.into_iter().flat_map(|a| [(a, PRESENT), (a, PRESENT - 9 * DAY)]) {
            let mut scratch = Scratch::default();
            let Some(evaluation) = shard.evaluate_at(number, audience, at, &mut scratch) else { continue };
            let Instant { policy, zone, .. } = Instant::new(at, shard.policy(), shard.reference(), hcp_id);
            for window in WindowLength::ALL {
                let of = &evaluation.windows[window.index()];
                let of = Values { window: of, overall: evaluation.overall, as_of: at, policy, zone };
                let place = format!("{hcp_id} {} {} at {at}", audience.as_str(), window.as_str());
                values.extend(METRICS.iter().map(|m| (format!("{place}: {}", m.name), rows::value(m.name, &of))));
            }
        }
    }
    values.sort_by(|a, b| a.0.cmp(&b.0));
    values
}

#[test]
fn a_state_restored_from_the_columns_that_are_read_is_the_state_that_was() {
    let policy = Arc::new(Policy::default());
    for seed in 0..12 {
        let (shard, logs) = shard_and_log(&adversary::stream(seed, 300), &policy, &reference_data());
        let (live, restored) = (values(&shard), values(&restored(&logs, &policy)));
        assert_eq!(live.len(), restored.len(), "seed {seed}");
        let apart: Vec<_> = live.iter().zip(&restored).filter(|(a, b)| a != b).take(5).collect();
        assert!(apart.is_empty(), "seed {seed}: {apart:?}");
    }
}
