//! The columns of a metric table, and the rows that fill them.
//!
//! Three tables share their rows: `hcp_metrics_at` (HCP × window, no reference columns), `hcp_now_windows` (HCP × window)
//! and `hcp_now` (HCP, headline window), the latter two with what reference data says of the HCP at T (`unknown` without
//! a row). A projected layout builds only the columns it keeps.

use crate::kernel::{Evaluation, Overall, WindowValues};
use crate::rows::{MetricBuilder, Values};
use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, StringBuilder, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use std::sync::Arc;
use touchpoint::metric::{METRICS, MetricColumn, metric_field};
use touchpoint::record::instant_type;
use touchpoint::reference::{HcpRow, UNKNOWN};
use touchpoint::{Audience, Micros, Policy, Reference, WindowLength};

/// What a column holds.
#[derive(Debug, Clone, Copy)]
pub enum Column {
    /// The HCP.
    HcpId,
    /// Name of the window.
    Window,
    /// T.
    AsOf,
    /// Whose view.
    Audience,
    /// A fact of reference data at T.
    Fact(Fact),
    /// A metric.
    Metric(&'static MetricColumn),
    /// Version of the policy.
    PolicyVersion,
}

/// What reference data says of an HCP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// Specialty.
    Specialty,
    /// Segment.
    Segment,
    /// Territory.
    Territory,
    /// Country.
    Country,
    /// The account that the HCP counts for: its primary affiliation, else what its row says.
    AccountId,
}

const FACTS: [(Fact, &str); 5] = [
    (Fact::Specialty, "specialty"),
    (Fact::Segment, "segment"),
    (Fact::Territory, "territory"),
    (Fact::Country, "country"),
    (Fact::AccountId, "account_id"),
];

impl Fact {
    fn of<'r>(self, row: Option<&'r HcpRow>, account: Option<&'r str>) -> &'r str {
        let known = match self {
            Self::Specialty => row.and_then(|r| r.specialty.as_deref()),
            Self::Segment => row.and_then(|r| r.segment.as_deref()),
            Self::Territory => row.and_then(|r| r.territory.as_deref()),
            Self::Country => row.and_then(|r| r.country.as_deref()),
            Self::AccountId => account,
        };
        known.unwrap_or(UNKNOWN)
    }
}

/// Columns, windows and the schema they make.
#[derive(Debug, Clone)]
pub struct Layout {
    columns: Vec<Column>,
    windows: Vec<WindowLength>,
    schema: SchemaRef,
}

impl Layout {
    /// `hcp_metrics_at`.
    pub fn metrics_at() -> Self {
        let head = vec![Column::HcpId, Column::Window, Column::AsOf, Column::Audience];
        Self::with_metrics(head, WindowLength::ALL.to_vec())
    }

    /// `hcp_now_windows`.
    pub fn now_windows() -> Self {
        let mut head = vec![Column::HcpId, Column::Window, Column::AsOf];
        head.extend(FACTS.iter().map(|(fact, _)| Column::Fact(*fact)));
        Self::with_metrics(head, WindowLength::ALL.to_vec())
    }

    /// `hcp_now`.
    pub fn now() -> Self {
        let mut head = vec![Column::HcpId, Column::AsOf];
        head.extend(FACTS.iter().map(|(fact, _)| Column::Fact(*fact)));
        Self::with_metrics(head, vec![WindowLength::HEADLINE])
    }

    fn with_metrics(mut columns: Vec<Column>, windows: Vec<WindowLength>) -> Self {
        columns.extend(METRICS.iter().map(Column::Metric));
        columns.push(Column::PolicyVersion);
        Self::new(columns, windows)
    }

    fn new(columns: Vec<Column>, windows: Vec<WindowLength>) -> Self {
        let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
        Self { columns, windows, schema }
    }

    /// Only the columns of `projection`, in its order.
    pub fn project(&self, projection: Option<&Vec<usize>>) -> Self {
        let Some(kept) = projection else { return self.clone() };
        Self::new(kept.iter().filter_map(|i| self.columns.get(*i).copied()).collect(), self.windows.clone())
    }

    /// Rows of these windows alone.
    pub fn of_windows(self, windows: Vec<WindowLength>) -> Self {
        Self { windows, ..self }
    }

    /// The schema of a batch.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The windows an HCP has a row for.
    pub fn windows(&self) -> &[WindowLength] {
        &self.windows
    }
}

fn field(column: &Column) -> Field {
    match column {
        Column::HcpId => Field::new("hcp_id", DataType::Utf8, false),
        Column::Window => Field::new("window", DataType::Utf8, false),
        Column::AsOf => Field::new("as_of", instant_type(), false),
        Column::Audience => Field::new("audience", DataType::Utf8, false),
        Column::Fact(fact) => {
            let name = FACTS.iter().find(|(f, _)| f == fact).map_or("", |(_, name)| *name);
            Field::new(name, DataType::Utf8, false)
        }
        Column::Metric(metric) => metric_field(metric),
        Column::PolicyVersion => Field::new("policy_version", DataType::Utf8, false),
    }
}

/// What all rows of a batch share.
#[derive(Debug, Clone)]
pub struct Shared {
    /// T.
    pub as_of: Micros,
    /// Whose view.
    pub audience: Audience,
    /// Weights and version.
    pub policy: Arc<Policy>,
    /// Facts.
    pub reference: Arc<Reference>,
}

/// Collects rows.
#[derive(Debug)]
pub struct RowBuilder<'a> {
    layout: &'a Layout,
    shared: &'a Shared,
    texts: Vec<StringBuilder>,
    metrics: Vec<MetricBuilder>,
    needs_facts: bool,
    needs_account: bool,
    /// T of the rows that come.
    as_of: Micros,
    /// T of each row.
    instants: Vec<Micros>,
}

impl<'a> RowBuilder<'a> {
    /// No rows; those that come are as of T of `shared`.
    pub fn new(layout: &'a Layout, shared: &'a Shared) -> Self {
        let mut builder = Self {
            layout,
            shared,
            as_of: shared.as_of,
            instants: Vec::new(),
            texts: Vec::new(),
            metrics: Vec::new(),
            needs_facts: false,
            needs_account: false,
        };
        for column in &layout.columns {
            match column {
                Column::Metric(metric) => builder.metrics.push(MetricBuilder::new(metric)),
                Column::AsOf => {}
                _ => builder.texts.push(StringBuilder::new()),
            }
            builder.needs_facts |= matches!(column, Column::Fact(_));
            builder.needs_account |= matches!(column, Column::Fact(Fact::AccountId));
        }
        builder
    }

    /// Rows so far.
    pub fn len(&self) -> usize {
        self.instants.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.instants.is_empty()
    }

    /// The rows that come are as of `at`.
    pub fn set_as_of(&mut self, at: Micros) {
        self.as_of = at;
    }

    /// Adds a row for each window of the layout.
    pub fn push_evaluation(&mut self, hcp_id: &str, evaluation: &Evaluation) {
        for window in &self.layout.windows {
            if let Some(values) = evaluation.windows.get(window.index()) {
                self.push(hcp_id, *window, values, evaluation.overall);
            }
        }
    }

    /// Adds one row.
    pub fn push(&mut self, hcp_id: &str, window: WindowLength, values: &WindowValues, overall: Overall) {
        let (policy, as_of) = (&*self.shared.policy, self.as_of);
        let needs_row = self.needs_facts || policy.quiet_hours.is_some();
        let reference = &*self.shared.reference;
        let row = if needs_row { reference.hcp(hcp_id, as_of) } else { None };
        let account = if self.needs_account { reference.account_of(hcp_id, as_of) } else { None };
        let values = Values { window: values, overall, as_of, policy, zone: row.and_then(|r| r.time_zone) };
        let (mut texts, mut metrics) = (self.texts.iter_mut(), self.metrics.iter_mut());
        for column in &self.layout.columns {
            let text = match column {
                Column::Metric(_) => {
                    if let Some(builder) = metrics.next() {
                        builder.push(&values);
                    }
                    continue;
                }
                Column::AsOf => continue,
                Column::HcpId => hcp_id,
                Column::Window => window.as_str(),
                Column::Audience => self.shared.audience.as_str(),
                Column::Fact(fact) => fact.of(row, account),
                Column::PolicyVersion => &self.shared.policy.version,
            };
            if let Some(builder) = texts.next() {
                builder.append_value(text);
            }
        }
        self.instants.push(as_of);
    }

    /// The batch.
    ///
    /// # Errors
    /// Never in practice: the columns are built to the schema.
    pub fn finish(self) -> Result<RecordBatch, ArrowError> {
        let (mut texts, mut metrics) = (self.texts.into_iter(), self.metrics.into_iter());
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(self.layout.columns.len());
        let rows = self.instants.len();
        let instants: ArrayRef = Arc::new(TimestampMicrosecondArray::from(self.instants).with_timezone("UTC"));
        for column in &self.layout.columns {
            let built: Option<ArrayRef> = match column {
                Column::Metric(_) => metrics.next().map(MetricBuilder::finish),
                Column::AsOf => Some(instants.clone()),
                _ => texts.next().map(|mut b| Arc::new(b.finish()) as ArrayRef),
            };
            columns.extend(built);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(self.layout.schema.clone(), columns, &options)
    }
}
