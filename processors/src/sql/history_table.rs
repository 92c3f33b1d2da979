//! Rows computed from the log as of an instant, metrics or forecasts: a table over `HcpWindowExec`.
//!
//! The whole log is read, since any row may be the live version of a record (versions are resolved before any time
//! filter); only conditions on `hcp_id` go down to the scan, because they keep or drop all versions of an HCP together.
//! Targets at T are in it, whether or not the log has a row of them.

use super::layout::Shared;
use super::output::Output;
use super::targets::targets;
use super::window_exec::HcpWindowExec;
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use std::sync::Arc;
use touchpoint::{Audience, Clock, Micros, Policy, Reference};

/// T of a history table.
#[derive(Clone)]
pub enum AsOf {
    /// Always the same instant.
    Instant(Micros),
    /// The clock's now, read when a query is planned.
    Now(Arc<dyn Clock>),
}

impl AsOf {
    /// The instant, as of now.
    pub fn instant(&self) -> Micros {
        match self {
            Self::Instant(at) => *at,
            Self::Now(clock) => clock.now(),
        }
    }
}

impl std::fmt::Debug for AsOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Instant(at) => write!(f, "{at}"),
            Self::Now(_) => f.write_str("now"),
        }
    }
}

/// What history is computed from.
#[derive(Debug, Clone)]
pub struct History {
    /// `touchpoint_log`.
    pub log: Arc<dyn TableProvider>,
    /// Policy.
    pub policy: Arc<Policy>,
    /// Reference data.
    pub reference: Arc<Reference>,
}

/// See the module.
#[derive(Debug, Clone)]
pub struct HistoryTable {
    history: History,
    as_of: AsOf,
    audience: Audience,
    output: Output,
}

impl HistoryTable {
    /// Rows of `output` as of an instant, as an audience sees them.
    pub fn new(history: History, as_of: AsOf, audience: Audience, output: impl Into<Output>) -> Self {
        Self { history, as_of, audience, output: output.into() }
    }
}

fn only_hcp_id(filter: &Expr) -> bool {
    let columns = filter.column_refs();
    !columns.is_empty() && columns.iter().all(|c| c.name == "hcp_id")
}

#[async_trait]
impl TableProvider for HistoryTable {
    fn schema(&self) -> SchemaRef {
        self.output.schema().clone()
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let kind = |f: &&Expr| match only_hcp_id(f) {
            true => TableProviderFilterPushDown::Inexact,
            false => TableProviderFilterPushDown::Unsupported,
        };
        Ok(filters.iter().map(kind).collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let filters: Vec<Expr> = filters.iter().filter(|f| only_hcp_id(f)).cloned().collect();
        let input = self.history.log.scan(state, None, &filters, None).await?;
        let as_of = self.as_of.instant();
        let shared = Shared {
            as_of,
            audience: self.audience,
            policy: self.history.policy.clone(),
            reference: self.history.reference.clone(),
        };
        let encoding = input.schema().field_with_name("hcp_id")?.data_type().clone();
        let targets = targets(&shared.reference, as_of, &encoding, (state, filters.as_slice()))?;
        let inputs: Vec<Arc<dyn ExecutionPlan>> = match targets {
            // Partitions of a table without files could not be lined up with those of the targets.
            Some(targets) if input.output_partitioning().partition_count() == 0 => {
                vec![Arc::new(EmptyExec::new(input.schema())), targets]
            }
            targets => std::iter::once(input).chain(targets).collect(),
        };
        Ok(Arc::new(HcpWindowExec::try_new(inputs, self.output.project(projection), shared)?))
    }
}
