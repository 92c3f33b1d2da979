//! Scalar subqueries that must not be taken for each other.
//!
//! DataFusion runs equal scalar subqueries of a statement once, and takes two scans for equal when their tables have one
//! name: `hcp_metrics_at` at two instants are two tables of one name, and both subqueries would get the answer of the first.
//! So each subquery that depends on nothing outside gets a name of its own, which nothing refers to.

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::logical_plan::Subquery;
use datafusion::logical_expr::{Expr, LogicalPlan, SubqueryAlias};
use std::sync::Arc;

/// The plan, its scalar subqueries told apart.
///
/// # Errors
/// Never in practice: a plan is an alias away from being another one.
pub(super) fn told_apart(plan: LogicalPlan) -> Result<LogicalPlan, DataFusionError> {
    let mut number = 0_usize;
    let told = plan.transform_up_with_subqueries(|plan| {
        plan.map_expressions(|expr| {
            expr.transform(|expr| match expr {
                Expr::ScalarSubquery(subquery) if subquery.outer_ref_columns.is_empty() => {
                    number += 1;
                    named(subquery, number).map(|subquery| Transformed::yes(Expr::ScalarSubquery(subquery)))
                }
                other => Ok(Transformed::no(other)),
            })
        })
    })?;
    Ok(told.data)
}

fn named(subquery: Subquery, number: usize) -> Result<Subquery, DataFusionError> {
    let alias = SubqueryAlias::try_new(subquery.subquery.clone(), format!("scalar subquery {number}"))?;
    Ok(subquery.with_plan(Arc::new(LogicalPlan::SubqueryAlias(alias))))
}

#[cfg(test)]
mod tests {
    use super::told_apart;
    use arrow::array::{AsArray, Int64Array, RecordBatch};
    use arrow::datatypes::Int64Type;
    use datafusion::catalog::{TableFunctionImpl, TableProvider};
    use datafusion::datasource::MemTable;
    use datafusion::error::Result;
    use datafusion::logical_expr::Expr;
    use datafusion::prelude::SessionContext;
    use datafusion::scalar::ScalarValue;
    use std::sync::Arc;

    /// One row: its argument.
    #[derive(Debug)]
    struct Just;

    impl TableFunctionImpl for Just {
        fn call(&self, arguments: &[Expr]) -> Result<Arc<dyn TableProvider>> {
            let [Expr::Literal(ScalarValue::Int64(Some(number)), _)] = arguments else { panic!("one number") };
            let batch = RecordBatch::try_from_iter([("n", Arc::new(Int64Array::from(vec![*number])) as _)])?;
            Ok(Arc::new(MemTable::try_new(batch.schema(), vec![vec![batch]])?))
        }
    }

    #[tokio::test]
    async fn one_function_with_two_arguments_has_two_answers() {
        let context = SessionContext::new();
        context.register_udtf("just", Arc::new(Just));
        for (sql, expected) in [
            ("SELECT (SELECT sum(n) FROM just(1)) AS a, (SELECT sum(n) FROM just(2)) AS b", [1, 2]),
            (
                "SELECT (SELECT n FROM just(7)) + 1 AS a, (SELECT (SELECT max(n) FROM just(3)) + n FROM just(4)) AS b",
                [8, 7],
            ),
        ] {
            let plan = told_apart(context.state().create_logical_plan(sql).await.unwrap()).unwrap();
            let rows = context.execute_logical_plan(plan).await.unwrap().collect().await.unwrap();
            let told: Vec<i64> = (0..2).map(|i| rows[0].column(i).as_primitive::<Int64Type>().value(0)).collect();
            assert_eq!(told, expected, "{sql}");
        }
    }
}
