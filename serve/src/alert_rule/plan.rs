//! A rule's query planned and checked: its parameters bound, its tables and columns as the contract has them, no personal
//! column but the subject.

use super::ageing::{Ageing, ageing};
use super::evidence::Evidence;
use super::file::RuleFile;
use super::refusal::{RuleProblem, RuleRefusal};
use crate::lineage::{self, Lineage};
use arrow::datatypes::{DataType, Schema, TimeUnit};
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{DataFusionError, ParamValues, ScalarValue};
use datafusion::logical_expr::{Expr, Filter, LogicalPlan};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::{SQLOptions, SessionContext};
use processors::sql::{ChangedTable, Needs, Passing};
use std::collections::HashSet;
use std::sync::Arc;
use touchpoint::Policy;
use touchpoint::alert::SubjectKind;

/// The table of rules about accounts.
const LIVE_TABLE: &str = "hcp_now";

/// A query that may run, any number of times.
pub(super) struct PlannedRule {
    pub(super) plan: Arc<dyn ExecutionPlan>,
    pub(super) columns: Columns,
    pub(super) ageing: Ageing,
    scans: Vec<Scan>,
}

/// Where the columns of the contract stand.
#[derive(Debug, Clone, Default)]
pub(super) struct Columns {
    pub(super) subject: usize,
    pub(super) as_of: usize,
    pub(super) fires: usize,
    pub(super) value: Option<usize>,
    pub(super) binding: Option<usize>,
    pub(super) hold_until: Option<usize>,
    /// Those that the summary names.
    pub(super) named: Vec<(String, usize)>,
}

/// A table that the plan reads, and which columns and rows of it.
pub(super) struct Scan {
    pub(super) table: String,
    pub(super) columns: Option<Vec<usize>>,
    passing: Passing,
}

/// What a query gave and read.
struct Planned {
    plan: Arc<dyn ExecutionPlan>,
    lineage: Vec<Lineage>,
    ageing: Ageing,
    scans: Vec<Scan>,
}

/// The parameters of every rule, from the policy's `[alerts]`.
pub(super) fn parameters(policy: &Policy) -> ParamValues {
    let alerts = &policy.alerts;
    let borders = [
        ("budget_use", alerts.budget_use),
        ("collisions", alerts.collisions),
        ("fragmentation", alerts.fragmentation),
        ("busy", alerts.busy),
        ("account_load", alerts.account_load),
    ];
    let values = borders.into_iter().flat_map(|(name, border)| {
        let value = |end: &str, value: f64| (format!("{name}_{end}"), ScalarValue::Float64(Some(value)));
        [value("above", border.above), value("clear", border.clear)]
    });
    ParamValues::from(values.collect::<Vec<_>>())
}

/// Plans every file; what is wrong goes to `refusals`.
pub(super) async fn all(
    files: &[Arc<RuleFile>],
    context: &SessionContext,
    policy: &Policy,
    refusals: &mut Vec<RuleRefusal>,
) -> Vec<PlannedRule> {
    let mut planned = Vec::with_capacity(files.len());
    for file in files {
        match PlannedRule::try_new(file, context, policy).await {
            Ok(rule) => planned.push(rule),
            Err(problems) => refusals.extend(problems.into_iter().map(|problem| file.refused(problem))),
        }
    }
    planned
}

impl PlannedRule {
    async fn try_new(file: &RuleFile, context: &SessionContext, policy: &Policy) -> Result<Self, Vec<RuleProblem>> {
        let planned = plan(file.sql(), context, policy).await;
        let Planned { plan, lineage, ageing, scans } =
            planned.map_err(|error| vec![RuleProblem::NotOneQuery(Box::new(error))])?;
        let mut problems = wrong_tables(file, &scans);
        let mut check =
            Check { schema: &plan.schema(), lineage: &lineage, taken: HashSet::new(), problems: Vec::new() };
        let columns = check.columns(file);
        problems.append(&mut check.problems);
        if problems.is_empty() { Ok(Self { plan, columns, ageing, scans }) } else { Err(problems) }
    }

    pub(super) fn reads(&self, table: ChangedTable) -> bool {
        self.scans.iter().any(|scan| scan.table == table.name())
    }

    /// Whether every table that it reads is among `tables`.
    pub(super) fn reads_only(&self, tables: &[ChangedTable]) -> bool {
        self.scans.iter().all(|scan| tables.iter().any(|table| scan.table == table.name()))
    }

    pub(super) fn add_needs(&self, needs: &mut Needs) {
        for scan in &self.scans {
            if let Some(table) = ChangedTable::ALL.into_iter().find(|table| table.name() == scan.table) {
                needs.add(table, scan.columns.as_deref(), &scan.passing);
            }
        }
    }
}

/// The lineage is taken before optimization, when the plan still says what the author wrote; what is read is told after
/// it, when it is final.
async fn plan(sql: &str, context: &SessionContext, policy: &Policy) -> Result<Planned, DataFusionError> {
    let mut state = context.state();
    // The plan runs again and again: what one run finds out about the rows to come must not bear on the next.
    state.config_mut().options_mut().set("datafusion.optimizer.enable_dynamic_filter_pushdown", "false")?;
    let logical = state.create_logical_plan(sql).await?;
    SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false).verify_plan(&logical)?;
    let lineage = lineage::of_plan(&logical);
    let bound = logical.with_param_values(parameters(policy))?;
    let optimized = state.optimize(&bound)?;
    let scans = scans(&optimized)?;
    let ageing = ageing(&optimized, &scans)?;
    let plan = state.query_planner().create_physical_plan(&optimized, &state).await?;
    Ok(Planned { plan, lineage, ageing, scans })
}

fn scans(plan: &LogicalPlan) -> Result<Vec<Scan>, DataFusionError> {
    let mut scans = Vec::new();
    // Of the scan that comes next, if the node before it filters its rows and has no other node to come in between.
    let mut passing = Passing::default();
    plan.apply_with_subqueries(|node| {
        let before = std::mem::take(&mut passing);
        match node {
            LogicalPlan::TableScan(scan) => scans.push(Scan {
                table: scan.table_name.table().to_owned(),
                columns: scan.projection.clone(),
                passing: before,
            }),
            LogicalPlan::Filter(filter) if is_right_above_a_scan(filter) => passing = Passing::of(&filter.predicate),
            _ => {}
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(scans)
}

fn is_right_above_a_scan(filter: &Filter) -> bool {
    let asks = |expr: &Expr| matches!(expr, Expr::ScalarSubquery(_) | Expr::InSubquery(_) | Expr::Exists(_));
    let has_subquery = filter.predicate.exists(|expr| Ok(asks(expr))).unwrap_or(true);
    matches!(&*filter.input, LogicalPlan::TableScan(_)) && !has_subquery
}

fn wrong_tables(file: &RuleFile, scans: &[Scan]) -> Vec<RuleProblem> {
    let of_hcps = ChangedTable::ALL.map(ChangedTable::name);
    let is_right = |table: &str| match file.subject() {
        SubjectKind::Hcp => of_hcps.contains(&table),
        SubjectKind::Account | SubjectKind::Rule => table == LIVE_TABLE,
    };
    let wrong = scans.iter().filter(|scan| !is_right(&scan.table));
    wrong.map(|scan| RuleProblem::WrongTable { table: scan.table.clone(), hcp: of_hcps.join(", ") }).collect()
}

/// What a column must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Text,
    Instant,
    Boolean,
    Number,
}

impl Type {
    fn expected(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Instant => "an instant",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
        }
    }

    fn fits(self, data_type: &DataType) -> bool {
        match self {
            Self::Text => matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View),
            Self::Instant => matches!(data_type, DataType::Timestamp(TimeUnit::Microsecond, _)),
            Self::Boolean => *data_type == DataType::Boolean,
            Self::Number => data_type.is_numeric(),
        }
    }
}

/// A check of the columns that a query gives.
struct Check<'a> {
    schema: &'a Schema,
    lineage: &'a [Lineage],
    taken: HashSet<String>,
    problems: Vec<RuleProblem>,
}

impl Check<'_> {
    fn columns(&mut self, file: &RuleFile) -> Columns {
        let subject = match file.subject() {
            SubjectKind::Account => "account_id",
            SubjectKind::Hcp | SubjectKind::Rule => "hcp_id",
        };
        let mut columns = Columns {
            subject: self.required(subject, Type::Text),
            as_of: self.required("as_of", Type::Instant),
            fires: self.required("fires", Type::Boolean),
            value: self.optional("value", Type::Number),
            binding: None,
            hold_until: self.optional("hold_until", Type::Instant),
            named: Vec::new(),
        };
        columns.binding = match file.touches() {
            Some(Evidence::Budget) => Some(self.required("binding", Type::Text)),
            _ => self.optional("binding", Type::Text),
        };
        for (i, field) in self.schema.fields().iter().enumerate() {
            if field.name() != subject {
                self.refuse_personal(i, field.name());
            }
        }
        self.check_summary(file, subject, &mut columns);
        columns
    }

    fn required(&mut self, column: &'static str, wanted: Type) -> usize {
        self.optional(column, wanted).unwrap_or_else(|| {
            if self.schema.column_with_name(column).is_none() {
                let found = self.schema.fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>();
                let found = found.join(", ");
                self.problems.push(RuleProblem::MissingColumn { column, expected: wanted.expected(), found });
            }
            0
        })
    }

    fn optional(&mut self, column: &'static str, wanted: Type) -> Option<usize> {
        let (index, field) = self.schema.column_with_name(column)?;
        self.taken.insert(column.to_owned());
        if wanted.fits(field.data_type()) {
            return Some(index);
        }
        let (column, found) = (column.to_owned(), field.data_type().to_string());
        self.problems.push(RuleProblem::ColumnType { column, expected: wanted.expected(), found });
        None
    }

    fn refuse_personal(&mut self, index: usize, column: &str) {
        let source_column = match self.lineage.get(index) {
            Some(Lineage::Clean | Lineage::Counted(_)) => lineage::personal_name(column),
            Some(Lineage::Personal(from)) => Some(from.clone()),
            None => Some(lineage::UNTRACED.to_owned()),
        };
        if let Some(source_column) = source_column {
            self.problems.push(RuleProblem::PersonalColumn { column: column.to_owned(), source_column });
        }
    }

    fn check_summary(&mut self, file: &RuleFile, subject: &str, columns: &mut Columns) {
        for column in file.summary().columns() {
            match self.schema.column_with_name(column) {
                Some((index, _)) if column != subject => columns.named.push((column.to_owned(), index)),
                _ => self.problems.push(RuleProblem::UnknownPlace { column: column.to_owned() }),
            }
        }
        let is_read = |name: &str| self.taken.contains(name) || columns.named.iter().any(|(named, _)| named == name);
        let unused = self.schema.fields().iter().filter(|field| !is_read(field.name()));
        let unused: Vec<_> = unused.map(|field| RuleProblem::UnusedColumn { column: field.name().clone() }).collect();
        self.problems.extend(unused);
    }
}
