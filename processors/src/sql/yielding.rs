//! Plans that can be ended while they compute.
//!
//! A statement ends where it waits: at a point at which its thread could do something else. Sources give way now and then,
//! but a join makes many batches of few, and an aggregate over it takes them one after another without ever waiting. So what
//! goes into an operator that computes, and what comes out of a join, is made to give way too.
//!
//! A join whose filter lets nothing through has nothing to give, and so no place to wait at. Its filter is put on a
//! [`Leash`]: from the moment at which that is dropped the filter fails at its next batch, and the thread is free.

use super::kept::KeptExec;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, FieldRef, Schema};
use datafusion::common::exec_err;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::error::Result;
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use datafusion::physical_plan::joins::utils::JoinFilter;
use datafusion::physical_plan::joins::{HashJoinExec, NestedLoopJoinExec, NestedLoopJoinExecBuilder};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What gives way already.
const GIVES_WAY: &str = "CooperativeExec";

/// Holds the plans that are made with it: when it is dropped, what they compute comes to an end.
#[derive(Debug, Default)]
pub struct Leash(Held);

/// The other end of a [`Leash`].
#[derive(Debug, Clone, Default)]
pub struct Held(Arc<AtomicBool>);

impl Leash {
    /// What plans are made with.
    pub fn held(&self) -> Held {
        self.0.clone()
    }
}

impl Drop for Leash {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}

impl Held {
    fn is_let_go(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The plan, giving way where it would compute for long, and ending with the leash. Its rows are the same.
///
/// # Errors
/// Never in practice: an operator takes an input of the same schema, order and partitions.
pub fn yielding(plan: Arc<dyn ExecutionPlan>, held: &Held) -> Result<Arc<dyn ExecutionPlan>> {
    let told = plan.transform_up(|operator| {
        if operator.name() == GIVES_WAY {
            return Ok(Transformed::no(operator));
        }
        let is_about_a_join = |input: &Arc<dyn ExecutionPlan>| is_join(&operator) || is_join(input);
        let inputs = operator.children().into_iter().map(|input| -> Arc<dyn ExecutionPlan> {
            if is_about_a_join(input) && input.name() != GIVES_WAY {
                return Arc::new(CooperativeExec::new(input.clone()));
            }
            input.clone()
        });
        let inputs = inputs.collect();
        let operator = replace_children_if_necessary(operator, inputs)?;
        leashed(operator, held).map(Transformed::yes)
    })?;
    Ok(told.data)
}

fn is_join(operator: &Arc<dyn ExecutionPlan>) -> bool {
    operator.name().contains("Join")
}

/// A join with its filter on the leash, and what is kept with its own plan.
fn leashed(operator: Arc<dyn ExecutionPlan>, held: &Held) -> Result<Arc<dyn ExecutionPlan>> {
    if let Some(kept) = operator.downcast_ref::<KeptExec>() {
        return Ok(Arc::new(kept.with_input(yielding(kept.input().clone(), held)?)));
    }
    if let Some(join) = operator.downcast_ref::<NestedLoopJoinExec>()
        && let Some(filter) = join.filter()
    {
        let filter = Some(on_leash(filter, held));
        return Ok(Arc::new(NestedLoopJoinExecBuilder::from(join).with_filter(filter).build()?));
    }
    if let Some(join) = operator.downcast_ref::<HashJoinExec>()
        && let Some(filter) = join.filter()
    {
        return Ok(Arc::new(join.builder().with_filter(Some(on_leash(filter, held))).build()?));
    }
    Ok(operator)
}

fn on_leash(filter: &JoinFilter, held: &Held) -> JoinFilter {
    let inner = filter.expression().clone();
    let expression = Arc::new(Leashed { inner, held: held.clone() });
    JoinFilter::new(expression, filter.column_indices().to_vec(), filter.schema().clone())
}

/// An expression that fails once its leash is let go.
#[derive(Debug)]
struct Leashed {
    inner: Arc<dyn PhysicalExpr>,
    held: Held,
}

impl PartialEq for Leashed {
    fn eq(&self, other: &Self) -> bool {
        self.inner.eq(&other.inner) && Arc::ptr_eq(&self.held.0, &other.held.0)
    }
}

impl Eq for Leashed {}

impl Hash for Leashed {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.inner.hash(state);
    }
}

impl fmt::Display for Leashed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.inner, f)
    }
}

impl PhysicalExpr for Leashed {
    fn data_type(&self, schema: &Schema) -> Result<DataType> {
        self.inner.data_type(schema)
    }

    fn nullable(&self, schema: &Schema) -> Result<bool> {
        self.inner.nullable(schema)
    }

    fn return_field(&self, schema: &Schema) -> Result<FieldRef> {
        self.inner.return_field(schema)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        if self.held.is_let_go() {
            return exec_err!("the statement was ended");
        }
        self.inner.evaluate(batch)
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.inner]
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn PhysicalExpr>>) -> Result<Arc<dyn PhysicalExpr>> {
        let inner = children.into_iter().next().unwrap_or_else(|| self.inner.clone());
        Ok(Arc::new(Self { inner, held: self.held.clone() }))
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt_sql(f)
    }
}

#[cfg(test)]
mod tests {
    use super::{ExecutionPlan, Leash, yielding};
    use datafusion::arrow::datatypes::DataType;
    use datafusion::logical_expr::{ColumnarValue, Volatility, create_udf};
    use datafusion::physical_plan::{collect, displayable};
    use datafusion::prelude::{SessionConfig, SessionContext};
    use datafusion::scalar::ScalarValue;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Lets nothing through, and counts how often it is asked.
    fn context(asked: &Arc<AtomicUsize>) -> SessionContext {
        let context = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(1));
        let asked = asked.clone();
        let never = create_udf(
            "never",
            vec![DataType::Int64],
            DataType::Boolean,
            Volatility::Immutable,
            Arc::new(move |_: &[ColumnarValue]| {
                asked.fetch_add(1, Ordering::Relaxed);
                Ok(ColumnarValue::Scalar(ScalarValue::Boolean(Some(false))))
            }),
        );
        context.register_udf(never);
        context
    }

    async fn planned(context: &SessionContext, sql: &str) -> Arc<dyn ExecutionPlan> {
        context.sql(sql).await.expect(sql).create_physical_plan().await.expect(sql)
    }

    /// Of billions of pairs none is let through.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_join_that_gives_nothing_ends_with_its_leash() {
        for (operator, on) in [
            ("NestedLoopJoin", "never(a.value + b.value)"),
            ("HashJoin", "a.value % 2 = b.value % 2 AND never(a.value + b.value)"),
        ] {
            let asked = Arc::new(AtomicUsize::new(0));
            let context = context(&asked);
            let sql =
                format!("SELECT count(*) FROM generate_series(1, 300000) a JOIN generate_series(1, 300000) b ON {on}");
            let plan = planned(&context, &sql).await;
            assert!(displayable(plan.as_ref()).indent(false).to_string().contains(operator), "{sql}");
            let leash = Leash::default();
            let plan = yielding(plan, &leash.held()).expect("made to give way");
            let computing = tokio::spawn(collect(plan, context.task_ctx()));
            while asked.load(Ordering::Relaxed) == 0 {
                tokio::task::yield_now().await;
            }
            drop(leash);
            // The task is over: its thread does something else, and what it held is freed.
            let ended = computing.await.expect("no panic").expect_err("it came to no end by itself");
            assert!(ended.to_string().contains("the statement was ended"), "{ended}");
            assert_eq!(context.runtime_env().memory_pool.reserved(), 0);
        }
    }

    #[tokio::test]
    async fn rows_are_the_same_on_a_leash() {
        let context = context(&Arc::default());
        for on in ["a.value < b.value", "a.value % 3 = b.value % 3 AND a.value < b.value"] {
            for kind in ["JOIN", "LEFT JOIN", "FULL JOIN", "LEFT SEMI JOIN", "LEFT ANTI JOIN"] {
                let from = format!("generate_series(1, 9) a {kind} generate_series(3, 12) b ON {on}");
                let sql = format!("SELECT a.value FROM {from} ORDER BY 1");
                let plan = planned(&context, &sql).await;
                let leash = Leash::default();
                let held = yielding(planned(&context, &sql).await, &leash.held()).expect("made to give way");
                let rows = collect(plan, context.task_ctx()).await.expect("runs");
                assert_eq!(collect(held, context.task_ctx()).await.expect("runs"), rows, "{sql}");
            }
        }
    }
}
