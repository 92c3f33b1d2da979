//! Gauges that are SQL files: each file is one metric family over the live state, refreshed at every tick.
//!
//! A file is `<name>.sql`: leading `--` lines (the first is the HELP text), then one read-only query. The family is
//! `touchload_<name>`; column `value` (a number) is its value and every other column a label (text, boolean or
//! integer, as text; NULL reads as the empty text). Rows whose value is NULL or NaN are left out. A label named `le`
//! holds bucket edges (numbers or `+Inf`): such a family counts by cumulative bucket of a present state, for which the
//! text format has no type, so it is exposed as untyped and works with `histogram_quantile`; all others are gauges.
//!
//! A process sees only its own HCPs, so that a fleet adds up only what is summable: write counts, sums and buckets,
//! not means or ranks.
//!
//! **A label never identifies a person.** At load and again at every refresh the plan is walked (`lineage.rs`); a
//! label that is, or is computed from, a personal column is refused, and so is a value that is computed from one other
//! than by counting. Names, types and numbers of labels are checked with it; a file that fails stops the start, all
//! problems at once ([`GaugeRefusals`]).
//!
//! **A family is whole and of this tick, or absent.** When a run fails, takes longer than its time, repeats a label
//! set or exceeds the series limit, its family is withdrawn until a run succeeds and the failure is counted: a stale
//! or cut number looks like a true one, an absent one does not. All families of a page are of one refresh.
//!
//! Queries are planned anew at each refresh, because the context carries the snapshot of that tick.

use crate::metrics::PipelineMetrics;
use crate::metrics::words::GaugeRun;
use datafusion::prelude::SessionContext;
use plan::PlannedGauge;
use series::GaugeFamily;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub use file::GaugeFile;
pub(crate) use file::is_lower_snake;
pub(crate) use refusal::error_class;
pub use refusal::{GaugeFailure, GaugeRefusal, GaugeRefusals};
pub use shipped::shipped;

mod file;
mod plan;
mod refusal;
mod run;
mod series;
mod shipped;

#[cfg(test)]
pub(crate) mod sample_tables;
#[cfg(test)]
mod tests;

/// Bounds of every gauge file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GaugeLimits {
    /// Series per family.
    pub series: usize,
    /// Label columns per file.
    pub labels: usize,
    /// Time one run may take.
    pub query_time: Duration,
}

impl Default for GaugeLimits {
    fn default() -> Self {
        Self { series: 500, labels: 4, query_time: Duration::from_secs(10) }
    }
}

/// The loaded gauge files and the families of their last refresh.
pub struct GaugeSet {
    files: Vec<GaugeFile>,
    limits: GaugeLimits,
    metrics: PipelineMetrics,
    families: Mutex<Arc<[GaugeFamily]>>,
}

impl GaugeSet {
    /// Plans and checks `files` against the tables of `context`; nothing runs yet, and the page shows no family before
    /// the first [`GaugeSet::refresh`].
    ///
    /// # Errors
    /// Every file that is refused, with the reason: the author of the file has to change it.
    pub async fn load(
        files: Vec<GaugeFile>,
        context: &SessionContext,
        limits: GaugeLimits,
        metrics: PipelineMetrics,
    ) -> Result<Self, GaugeRefusals> {
        let mut refusals = Vec::new();
        let mut names = HashSet::new();
        for file in &files {
            if !names.insert(file.family()) {
                refusals.push(GaugeRefusal::RepeatedName { file: file.name().to_owned() });
            } else if let Err(refusal) = PlannedGauge::try_new(file, context, limits).await {
                refusals.push(refusal);
            }
        }
        if !refusals.is_empty() {
            return Err(GaugeRefusals(refusals));
        }
        for file in &files {
            metrics.gauges.loaded(file.name());
        }
        Ok(Self { files, limits, metrics, families: Mutex::new(Arc::from([])) })
    }

    /// Runs every file over the tables of `context`, one after the other, then puts all families on the page together.
    /// Failures are counted, logged without content, and returned; they withdraw their family and nothing else.
    pub async fn refresh(&self, context: &SessionContext) -> Vec<GaugeFailure> {
        let clock = self.metrics.clock();
        let mut families = Vec::with_capacity(self.files.len());
        let mut failures = Vec::new();
        for file in &self.files {
            let started = clock.now();
            let outcome = match run::run(file, context, self.limits).await {
                Ok(family) => {
                    families.push(family);
                    GaugeRun::Answered
                }
                Err(failure) => {
                    tracing::warn!(%failure, "gauge withdrawn");
                    failures.push(failure);
                    GaugeRun::Failed
                }
            };
            self.metrics.gauges.ran(file.name(), clock.now() - started, outcome);
        }
        *self.families.lock().unwrap_or_else(PoisonError::into_inner) = families.into();
        self.metrics.gauges.refreshed(clock.now());
        failures
    }

    /// The loaded files.
    pub fn files(&self) -> &[GaugeFile] {
        &self.files
    }

    /// Writes the families of the last refresh behind what `page` holds.
    pub(crate) fn render(&self, page: &mut String) {
        let families = Arc::clone(&self.families.lock().unwrap_or_else(PoisonError::into_inner));
        for family in families.iter() {
            family.render(page);
        }
    }
}

impl std::fmt::Debug for GaugeSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.files.iter().map(GaugeFile::name).collect();
        f.debug_struct("GaugeSet").field("files", &names).finish_non_exhaustive()
    }
}
