//! Nested-loop joins read the side that they keep once, or end.
//!
//! Where that side outgrows the memory of its statement, the join of DataFusion 55 executes it a second time to put it on
//! disk, and then goes over it in parts. Operators that can be executed once panic (apache/datafusion#24661), and joins that
//! give unmatched rows of the kept side give some of them several times (apache/datafusion#22641): a wrong number. So the
//! second reading is refused with the error that started it: the statement needs more memory than it has.

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Result, internal_err, resources_err};
use datafusion::execution::{SendableRecordBatchStream, SessionStateBuilder, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use datafusion::physical_plan::joins::NestedLoopJoinExec;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const NAME: &str = "SinglePassExec";

/// A session whose plans keep to this.
pub(super) fn single_pass(builder: SessionStateBuilder) -> SessionStateBuilder {
    builder.with_physical_optimizer_rule(Arc::new(SinglePass))
}

#[derive(Debug)]
struct SinglePass;

impl PhysicalOptimizerRule for SinglePass {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        let told = plan.transform_up(|operator| match operator.downcast_ref::<NestedLoopJoinExec>() {
            Some(join) if join.left().name() != NAME => {
                let kept: Arc<dyn ExecutionPlan> = Arc::new(SinglePassExec::new(join.left().clone()));
                let probed = join.right().clone();
                Ok(Transformed::yes(replace_children_if_necessary(operator, vec![kept, probed])?))
            }
            _ => Ok(Transformed::no(operator)),
        })?;
        Ok(told.data)
    }

    fn name(&self) -> &'static str {
        "single_pass"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// The rows of its input, once.
#[derive(Debug)]
struct SinglePassExec {
    input: Arc<dyn ExecutionPlan>,
    was_read: AtomicBool,
}

impl SinglePassExec {
    fn new(input: Arc<dyn ExecutionPlan>) -> Self {
        Self { input, was_read: AtomicBool::new(false) }
    }
}

impl DisplayAs for SinglePassExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAME)
    }
}

impl ExecutionPlan for SinglePassExec {
    fn name(&self) -> &'static str {
        NAME
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.input.properties()
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    /// Not read yet: a plan that is run again is made anew of its operators.
    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        match (children.pop(), children.is_empty()) {
            (Some(input), true) => Ok(Arc::new(Self::new(input))),
            _ => internal_err!("{NAME} has one child"),
        }
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        if self.was_read.swap(true, Ordering::Relaxed) {
            return resources_err!(
                "a join without an equality keeps its first side, which is larger than the memory of a statement; \
                 put the smaller side first, or join on an equality"
            );
        }
        self.input.execute(partition, context)
    }
}

#[cfg(test)]
mod tests {
    use super::NAME;
    use crate::sql::sessions::session_builder;
    use datafusion::common::DataFusionError;
    use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
    use datafusion::execution::runtime_env::RuntimeEnvBuilder;
    use datafusion::physical_plan::ExecutionPlan;
    use datafusion::prelude::{SessionConfig, SessionContext};
    use std::sync::Arc;

    /// Two partitions, and memory of so many bytes.
    fn session(memory: usize) -> SessionContext {
        let runtime = RuntimeEnvBuilder::new().with_memory_limit(memory, 1.0).build_arc().unwrap();
        let config = SessionConfig::new().with_target_partitions(2);
        SessionContext::new_with_state(session_builder(config, runtime).build())
    }

    /// A join without an equality that keeps a side.
    const JOIN: &str = "SELECT count(*) FROM (SELECT value % 60000 AS k, repeat('x', 200) || max(value) AS text \
        FROM generate_series(1, 120000) GROUP BY 1) a LEFT JOIN (SELECT value AS v FROM generate_series(1, 3)) b ON a.k + b.v < 3";

    #[tokio::test]
    async fn a_second_reading_of_the_kept_side_is_refused() {
        let context = session(512 << 20);
        let plan = context.sql(JOIN).await.unwrap().create_physical_plan().await.unwrap();
        let mut kept = None;
        let mut find = |operator: &Arc<dyn ExecutionPlan>| {
            kept = kept.take().or_else(|| (operator.name() == NAME).then(|| operator.clone()));
            Ok(TreeNodeRecursion::Continue)
        };
        plan.apply(&mut find).unwrap();
        let kept = kept.unwrap();
        assert!(kept.execute(0, context.task_ctx()).is_ok());
        let Err(refused) = kept.execute(0, context.task_ctx()) else { panic!("it was read twice") };
        assert!(matches!(refused.find_root(), DataFusionError::ResourcesExhausted(_)), "{refused}");
    }

    #[tokio::test]
    async fn with_room_the_answer_is_the_join_s() {
        let batches = session(512 << 20).sql(JOIN).await.unwrap().collect().await.unwrap();
        let text = datafusion::arrow::util::pretty::pretty_format_batches(&batches).unwrap().to_string();
        // k 0 meets 1 and 2, k 1 meets 1; the others meet nobody and have a row each.
        assert!(text.contains("| 60001    |"), "{text}");
    }

    #[tokio::test]
    async fn a_statement_can_be_run_again() {
        let context = session(512 << 20);
        let frame = context.sql(JOIN).await.unwrap();
        for _ in 0..2 {
            assert_eq!(frame.clone().collect().await.unwrap().len(), 1);
        }
    }
}
