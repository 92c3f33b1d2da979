//! `WITH` queries that a statement names more than once, each put into a table that is computed once
//! ([`KeptTable`]).
//!
//! Kept is what takes work and is worth its memory: a query that reads tables and joins, groups or orders what it reads,
//! whose columns are written out. `SELECT *` takes every column of a table into memory of which the statement may read
//! two. Constants stay where they are, since plans are made around them; so do queries that depend on what is outside, on a
//! parameter, or on themselves.

use super::subqueries::told_apart;
use crate::sql::kept::KeptTable;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{HashSet, TableReference};
use datafusion::datasource::provider_as_source;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, LogicalPlan, TableScanBuilder};
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{Query, SelectItem, SetExpr, Statement as SqlStatement};
use std::sync::Arc;

/// Names of the `WITH` queries of a statement that may be kept, in the order in which they are written.
pub(super) fn names(statement: &Statement) -> Vec<String> {
    let with = query(statement).and_then(|query| query.with.as_ref()).filter(|with| !with.recursive);
    let written_out = with.iter().flat_map(|with| &with.cte_tables).filter(|table| !takes_all(&table.query));
    let name = written_out.map(|table| &table.alias.name);
    // As DataFusion reads names.
    name.map(|name| if name.quote_style.is_some() { name.value.clone() } else { name.value.to_lowercase() }).collect()
}

fn query(statement: &Statement) -> Option<&Query> {
    match statement {
        Statement::Explain(explain) => query(&explain.statement),
        Statement::Statement(sql) => match sql.as_ref() {
            SqlStatement::Query(query) => Some(query),
            SqlStatement::Explain { statement, .. } => match statement.as_ref() {
                SqlStatement::Query(query) => Some(query),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

fn takes_all(query: &Query) -> bool {
    match query.body.as_ref() {
        SetExpr::Select(select) => {
            let all = |item: &SelectItem| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..));
            select.projection.iter().any(all)
        }
        _ => true,
    }
}

/// The plan, its queries of these names kept where it names them more than once.
///
/// # Errors
/// Never in practice: a plan is a table away from being another one.
pub(super) fn kept(plan: LogicalPlan, names: &[String]) -> Result<LogicalPlan, DataFusionError> {
    let mut keeping = Keeping { plan, kept: Vec::new() };
    // Later ones first: what only they name is named once, however often they are.
    for name in names.iter().rev() {
        keeping.keep(name)?;
    }
    for (table, plan) in keeping.kept {
        table.of(told_apart(plan)?);
    }
    Ok(keeping.plan)
}

/// A plan whose names are replaced one after another.
struct Keeping {
    plan: LogicalPlan,
    /// Which may name earlier ones themselves.
    kept: Vec<(Arc<KeptTable>, LogicalPlan)>,
}

impl Keeping {
    fn keep(&mut self, name: &str) -> Result<(), DataFusionError> {
        let Some(query) = self.named_twice(name)? else { return Ok(()) };
        let table = Arc::new(KeptTable::new(name, Arc::new(query.schema().as_arrow().clone())));
        let scan = TableScanBuilder::new(TableReference::bare(name), provider_as_source(table.clone())).build()?;
        let scan = LogicalPlan::TableScan(scan);
        let put = |plan: LogicalPlan| {
            let put = plan.transform_down_with_subqueries(|plan| {
                let is_it = is_named(&plan, name) && is_same(&plan, &query)?;
                Ok(if is_it { Transformed::yes(scan.clone()) } else { Transformed::no(plan) })
            });
            put.map(|put| put.data)
        };
        self.plan = put(std::mem::take(&mut self.plan))?;
        for (_, plan) in &mut self.kept {
            *plan = put(std::mem::take(plan))?;
        }
        self.kept.push((table, query));
        Ok(())
    }

    /// The query of a name, if it is worth keeping.
    fn named_twice(&self, name: &str) -> Result<Option<LogicalPlan>, DataFusionError> {
        let (mut first, mut times): (Option<LogicalPlan>, _) = (None, 0_usize);
        for plan in self.kept.iter().map(|(_, plan)| plan).chain([&self.plan]) {
            plan.apply_with_subqueries(|plan| {
                if !is_named(plan, name) {
                    return Ok(TreeNodeRecursion::Continue);
                }
                if is_same(plan, first.get_or_insert_with(|| plan.clone()))? {
                    times += 1;
                }
                Ok(TreeNodeRecursion::Jump)
            })?;
        }
        let query = first.filter(|_| times > 1);
        query.map(|query| Ok(is_worth_it(&query)?.then_some(query))).transpose().map(Option::flatten)
    }
}

fn is_named(plan: &LogicalPlan, name: &str) -> bool {
    matches!(plan, LogicalPlan::SubqueryAlias(alias) if alias.alias == TableReference::bare(name))
}

/// Whether two plans are one: also of the same tables, which plans alone do not look at.
fn is_same(one: &LogicalPlan, other: &LogicalPlan) -> Result<bool, DataFusionError> {
    Ok(one == other && sources(one)? == sources(other)?)
}

fn sources(plan: &LogicalPlan) -> Result<Vec<*const ()>, DataFusionError> {
    let mut sources = Vec::new();
    plan.apply_with_subqueries(|plan| {
        if let LogicalPlan::TableScan(scan) = plan {
            sources.push(Arc::as_ptr(&scan.source).cast::<()>());
        }
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(sources)
}

/// See the module.
fn is_worth_it(query: &LogicalPlan) -> Result<bool, DataFusionError> {
    let (mut reads, mut works, mut stands_alone) = (false, false, true);
    query.apply_with_subqueries(|plan| {
        match plan {
            LogicalPlan::TableScan(_) => reads = true,
            LogicalPlan::Join(_)
            | LogicalPlan::Aggregate(_)
            | LogicalPlan::Window(_)
            | LogicalPlan::Distinct(_)
            | LogicalPlan::Sort(_) => works = true,
            LogicalPlan::RecursiveQuery(_) => stands_alone = false,
            _ => {}
        }
        plan.apply_expressions(|expr| {
            let depends = |expr: &Expr| matches!(expr, Expr::Placeholder(_) | Expr::OuterReferenceColumn(..));
            stands_alone &= !expr.exists(|expr| Ok(depends(expr)))?;
            Ok(TreeNodeRecursion::Continue)
        })
    })?;
    let mut names = HashSet::new();
    let told_apart = query.schema().fields().iter().all(|field| names.insert(field.name()));
    Ok(reads && works && stands_alone && told_apart)
}
