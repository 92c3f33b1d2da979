//! Generation: records of `simulate --firehose`, written and dropped, on one core. Limit: their bytes, copied.

use crate::Sizes;
use crate::rows::firehose;
use crate::table::{Row, count};
use std::hint::black_box;
use std::time::Instant;

const RUNS: usize = 3;

pub(crate) fn rows(sizes: &Sizes) -> anyhow::Result<Vec<Row>> {
    let records = sizes.decode_records;
    let mut generated = f64::INFINITY;
    for _ in 0..RUNS {
        let items = firehose(100_000, records)?;
        let began = Instant::now();
        black_box(items.map(|item| item.payload.len()).sum::<usize>());
        generated = generated.min(began.elapsed().as_secs_f64());
    }
    let payloads: Vec<Vec<u8>> = firehose(100_000, records)?.map(|item| item.payload).collect();
    let began = Instant::now();
    black_box(payloads.clone());
    let copied = began.elapsed().as_secs_f64();
    let per_second = |seconds: f64| records as f64 / seconds;
    let rate = per_second(generated);
    Ok(vec![
        Row::new("records generated", format!("{} records/s", count(rate)))
            .beside(format!("their bytes, copied: {} records/s", count(per_second(copied))), rate / per_second(copied))
            .against("≥ 500,000 records/s", rate >= 500_000.0),
    ])
}
