//! Keeps the argument rows of a group or frame and computes its struct when asked.
//!
//! Rows arrive and leave in the order of the frame, so retracting drops rows from the front.

use super::arguments::{self, Asked, Rows};
use super::metric_fields;
use crate::kernel::notes::Notes;
use crate::kernel::{self, Entry, Instant, Overall, Records, Scratch, WindowValues};
use crate::rows::{MetricBuilder, Values};
use crate::state::arena::Arena;
use crate::state::dictionary::Dictionary;
use crate::state::list::HcpTexts;
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StructArray};
use arrow::compute::concat;
use datafusion::common::utils::SingleRowListArrayBuilder;
use datafusion::common::{Result, ScalarValue, exec_datafusion_err};
use datafusion::logical_expr::Accumulator;
use std::collections::VecDeque;
use std::sync::Arc;
use touchpoint::metric::METRICS;
use touchpoint::{Audience, Micros, Policy, Reference, Tz};

#[derive(Debug)]
pub(super) struct TouchMetricsAccumulator {
    policy: Arc<Policy>,
    reference: Arc<Reference>,
    rows: VecDeque<RecordBatch>,
    scratch: Scratch,
}

/// A row's struct, or the lack of one.
struct Outcome {
    values: WindowValues,
    overall: Overall,
    as_of: Micros,
    zone: Option<Tz>,
}

impl TouchMetricsAccumulator {
    pub(super) fn new(policy: Arc<Policy>, reference: Arc<Reference>) -> Self {
        Self { policy, reference, rows: VecDeque::new(), scratch: Scratch::default() }
    }

    fn compute(&mut self) -> Result<Option<Outcome>> {
        let (mut dictionary, mut ids, mut entries) = (Dictionary::default(), Arena::default(), Vec::new());
        let (mut asked, mut hcp_id): (Option<Asked>, _) = (None, None);
        for batch in &self.rows {
            let rows = Rows(batch);
            for row in 0..batch.num_rows() {
                let here = rows.asked(row)?;
                if here.is_some_and(|h| asked.is_none_or(|a| h.as_of >= a.as_of)) {
                    asked = here;
                }
                let Some(record) = rows.record(row)? else { continue };
                let mut entry = dictionary.entry(&record, &self.reference, &self.policy);
                let full = || exec_datafusion_err!("touch_metrics: the ids of one group exceed 4 GiB");
                entry.event_id = ids.push(record.event_id.as_bytes()).ok_or_else(full)?;
                let notes = Notes::of(&record);
                entry.set_notes(ids.push_notes(&notes).ok_or_else(full)?, &notes);
                entry.set_wins(Audience::Full, true);
                entry.set_wins(Audience::Commercial, entry.is_commercial());
                hcp_id = Some(record.hcp_id);
                entries.push(entry);
            }
        }
        let Some(asked) = asked else { return Ok(None) };
        entries.sort_by(|a: &Entry, b: &Entry| dictionary.window_order(a, b, &ids));
        let records =
            Records { entries: &entries, texts: HcpTexts::new(&ids, dictionary.words()), audience: asked.audience };
        let hcp_id = hcp_id.unwrap_or_default();
        let instant = Instant::new(asked.as_of, &self.policy, &self.reference, hcp_id);
        let mut values = [WindowValues::default()];
        let overall = kernel::evaluate_windows(records, &instant, &[asked.width], &mut values, &mut self.scratch);
        let [values] = values;
        Ok(overall.map(|overall| Outcome { values, overall, as_of: asked.as_of, zone: instant.zone }))
    }
}

impl Accumulator for TouchMetricsAccumulator {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.rows.push_back(arguments::batch(values)?);
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let mut leaving = values.first().map_or(0, |v| v.len());
        while leaving > 0 {
            let Some(oldest) = self.rows.pop_front() else { break };
            let rows = oldest.num_rows();
            if rows > leaving {
                self.rows.push_front(oldest.slice(leaving, rows - leaving));
                break;
            }
            leaving -= rows;
        }
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let Some(outcome) = self.compute()? else {
            return Ok(ScalarValue::Struct(Arc::new(StructArray::new_null(metric_fields(), 1))));
        };
        let Outcome { values, overall, as_of, zone } = &outcome;
        let values = Values { window: values, overall: *overall, as_of: *as_of, policy: &self.policy, zone: *zone };
        let column = |metric| {
            let mut builder = MetricBuilder::new(metric);
            builder.push(&values);
            builder.finish()
        };
        let columns = METRICS.iter().map(column).collect();
        Ok(ScalarValue::Struct(Arc::new(StructArray::try_new(metric_fields(), columns, None)?)))
    }

    fn size(&self) -> usize {
        let rows: usize = self.rows.iter().map(RecordBatch::get_array_memory_size).sum();
        std::mem::size_of::<Self>() + rows
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let types = arguments::types();
        let list = |(i, data_type): (usize, arrow::datatypes::DataType)| {
            let parts: Vec<&dyn Array> = self.rows.iter().map(|b| b.column(i).as_ref()).collect();
            let all = if parts.is_empty() { arrow::array::new_empty_array(&data_type) } else { concat(&parts)? };
            Ok(SingleRowListArrayBuilder::new(all).build_list_scalar())
        };
        types.into_iter().enumerate().map(list).collect()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let groups = states.first().map_or(0, |s| s.len());
        for group in 0..groups {
            let columns: Vec<ArrayRef> = states.iter().map(|s| s.as_list::<i32>().value(group)).collect();
            self.rows.push_back(arguments::batch(&columns)?);
        }
        Ok(())
    }
}
