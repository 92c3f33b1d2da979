//! Decoding: payloads of the simulator into the columns of whole batches, best of several runs.
//!
//! Limits over the same bytes: a sum of them, and the check that they are UTF-8. Beside it what is inside: the decoder
//! without columns, and the log row that the state makes of a decoded one.

use crate::Sizes;
use crate::rows::{BATCH, firehose};
use crate::table::{Row, nanos};
use arrow::array::BooleanArray;
use ingest::batch::{BatchBuilder, Message};
use ingest::decode::{DecodeOptions, Decoder, Scratch};
use simulate::Produced;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;
use touchpoint::{Micros, Reference, log};

const RUNS: usize = 5;

pub(crate) fn rows(sizes: &Sizes) -> anyhow::Result<Vec<Row>> {
    let items: Vec<Produced> = firehose(100_000, sizes.decode_records)?.collect();
    let bytes: usize = items.iter().map(|item| item.payload.len()).sum();
    let size = bytes as f64 / items.len() as f64;
    let decoder = Arc::new(Decoder::new(Arc::new(Reference::default()), DecodeOptions::default()));
    let per_record = |run: &mut dyn FnMut() -> anyhow::Result<()>| best(items.len(), run);

    let sum = per_record(&mut || {
        let sum: u64 = items.iter().flat_map(|item| &item.payload).map(|byte| u64::from(*byte)).sum();
        black_box(sum);
        Ok(())
    })?;
    let utf8 = per_record(&mut || {
        black_box(items.iter().filter(|item| simdutf8::basic::from_utf8(&item.payload).is_ok()).count());
        Ok(())
    })?;
    let fields = per_record(&mut || {
        let mut scratch = Scratch::default();
        for item in &items {
            anyhow::ensure!(
                decoder.decode(&message(item, 0), item.arrival, &mut scratch).is_ok(),
                "a record is rejected"
            );
        }
        Ok(())
    })?;
    let columns = per_record(&mut || batches(&items, &decoder).map(|batches| drop(black_box(batches))))?;
    let decoded = batches(&items, &decoder)?;
    let log_rows = per_record(&mut || {
        for batch in &decoded {
            let no = BooleanArray::from(vec![false; batch.num_rows()]);
            black_box(log::from_record(batch, no.clone(), no)?);
        }
        Ok(())
    })?;
    let what = format!("decode a record of {size:.0} B into columns");
    Ok(vec![
        Row::new(what, nanos(columns))
            .beside(format!("a sum of the bytes: {}", nanos(sum)), columns / sum)
            .against("≤ 400 ns", columns <= 400.0),
        Row::new("  of which fields, without columns", nanos(fields))
            .beside(format!("simdutf8 alone: {}", nanos(utf8)), fields / utf8),
        Row::new("log row of a decoded record", nanos(log_rows)),
    ])
}

fn batches(items: &[Produced], decoder: &Arc<Decoder>) -> anyhow::Result<Vec<arrow::array::RecordBatch>> {
    let mut builder = BatchBuilder::new(decoder.clone(), 0);
    let mut batches = Vec::new();
    for chunk in items.chunks(BATCH as usize) {
        let began: Micros = chunk.first().map_or(0, |item| item.arrival);
        for (offset, item) in (0..).zip(chunk) {
            builder.push(&message(item, offset), began);
        }
        let batch = builder.finish()?;
        anyhow::ensure!(batch.dead_letters.num_rows() == 0, "a record is rejected");
        batches.push(batch.records);
    }
    Ok(batches)
}

fn message(item: &Produced, offset: i64) -> Message<'_> {
    Message {
        kind: item.kind,
        topic: item.kind.default_topic(),
        partition: 0,
        offset,
        timestamp: Some(item.arrival),
        key: Some(item.key.as_bytes()),
        headers: &[],
        payload: Some(&item.payload),
    }
}

/// Nanoseconds per item of the fastest run.
fn best(items: usize, run: &mut dyn FnMut() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    let mut best = f64::INFINITY;
    for _ in 0..RUNS {
        let began = Instant::now();
        run()?;
        best = best.min(began.elapsed().as_nanos() as f64 / items as f64);
    }
    Ok(best)
}
