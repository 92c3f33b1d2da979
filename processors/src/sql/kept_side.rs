//! Which side of a join is kept in memory, while the rows of the other go by.
//!
//! DataFusion keeps the left one unless it estimates that the right is smaller, and its estimates of what comes out of
//! views are guesses: a fifth of the rows pass a filter, whatever it says. So
//!
//! - tables about HCPs, accounts and people say about how many rows they have, and a side that is known to be this small is
//!   kept, whatever is known of the other: `touchpoints LEFT JOIN hcps_history` keeps the HCPs;
//! - of two sides that nobody knows the size of, groups are kept rather than rows;
//! - a side that is kept is kept whole. To divide both by their key takes longer than to look rows up in one large table
//!   instead of several;
//! - `few RIGHT SEMI JOIN many` and `RIGHT ANTI` keep `few`, as they are written: whoever writes them means that, for
//!   `many LEFT SEMI JOIN few` gives the same.

use datafusion::common::config::ConfigOptions;
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{JoinType, Result, Statistics, internal_err};
use datafusion::execution::{SendableRecordBatchStream, SessionStateBuilder, TaskContext};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::join_selection::JoinSelection;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;
use datafusion::physical_optimizer::{PhysicalOptimizerContext, PhysicalOptimizerRule};
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::joins::HashJoinExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::statistics::{StatisticsArgs, StatisticsContext};
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use datafusion::prelude::SessionConfig;
use std::fmt;
use std::sync::Arc;

/// Rows of a table about HCPs, accounts or people whose rows nobody has counted.
pub const ABOUT_ENTITIES: usize = 100_000;

/// A side of fewer rows is kept whole: reference data of the largest companies, and no log of a year.
const ROWS: usize = 4 << 20;
/// The same in bytes, where those are known.
const BYTES: usize = 512 << 20;

/// A session whose joins keep the smaller side.
pub(super) fn keeping_less(builder: SessionStateBuilder, mut config: SessionConfig) -> SessionStateBuilder {
    let optimizer = &mut config.options_mut().optimizer;
    optimizer.hash_join_single_partition_threshold_rows = ROWS;
    optimizer.hash_join_single_partition_threshold = BYTES;
    let selection = JoinSelection::new();
    let mut rules = PhysicalOptimizer::new().rules;
    for rule in rules.iter_mut().filter(|rule| rule.name() == selection.name()) {
        *rule = Arc::new(KeptSide::default());
    }
    builder.with_config(config).with_physical_optimizer_rules(rules)
}

/// DataFusion's selection of the side, to which sides are told that are few.
#[derive(Debug, Default)]
struct KeptSide(JoinSelection);

impl PhysicalOptimizerRule for KeptSide {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        untold(self.0.optimize(told(plan)?, config)?)
    }

    fn optimize_with_context(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        context: &dyn PhysicalOptimizerContext,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        untold(self.0.optimize_with_context(told(plan)?, context)?)
    }

    fn name(&self) -> &str {
        self.0.name()
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// The plan with [`Few`] over the sides that are.
fn told(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let told = plan.transform_up(|operator| {
        let Some(join) = operator.downcast_ref::<HashJoinExec>() else { return Ok(Transformed::no(operator)) };
        let (left, right) = (join.left().clone(), join.right().clone());
        let sides = if matches!(join.join_type(), JoinType::RightSemi | JoinType::RightAnti) {
            vec![few(left, 1), right]
        } else if is_grouped(&right) && !is_grouped(&left) && rows(&left)?.is_none() && rows(&right)?.is_none() {
            vec![left, few(right, ABOUT_ENTITIES)]
        } else {
            return Ok(Transformed::no(operator));
        };
        Ok(Transformed::yes(replace_children_if_necessary(operator, sides)?))
    })?;
    Ok(told.data)
}

fn few(rows: Arc<dyn ExecutionPlan>, about: usize) -> Arc<dyn ExecutionPlan> {
    Arc::new(Few { rows, about })
}

/// Whether rows are groups of others, or some of them.
fn is_grouped(side: &Arc<dyn ExecutionPlan>) -> bool {
    if side.is::<ProjectionExec>() || side.is::<FilterExec>() {
        return side.children().into_iter().all(is_grouped);
    }
    side.is::<AggregateExec>()
}

fn rows(side: &Arc<dyn ExecutionPlan>) -> Result<Option<usize>> {
    let statistics = StatisticsContext::new().compute(side.as_ref(), &StatisticsArgs::new())?;
    Ok(statistics.num_rows.get_value().copied())
}

fn untold(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let untold = plan.transform_down(|operator| match operator.downcast_ref::<Few>() {
        Some(few) => Ok(Transformed::yes(few.rows.clone())),
        None => Ok(Transformed::no(operator)),
    })?;
    Ok(untold.data)
}

/// The same rows, said to be about so many.
#[derive(Debug)]
struct Few {
    rows: Arc<dyn ExecutionPlan>,
    about: usize,
}

impl DisplayAs for Few {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Few")
    }
}

impl ExecutionPlan for Few {
    fn name(&self) -> &'static str {
        "Few"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.rows.properties()
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.rows]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        match (children.pop(), children.is_empty()) {
            (Some(input), true) => Ok(few(input, self.about)),
            _ => internal_err!("Few has one child"),
        }
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        self.rows.execute(partition, context)
    }

    fn statistics_from_inputs(&self, _: &[Arc<Statistics>], _: &StatisticsArgs) -> Result<Arc<Statistics>> {
        let mut statistics = Statistics::new_unknown(&self.schema());
        statistics.num_rows = Precision::Inexact(self.about);
        Ok(Arc::new(statistics))
    }
}

#[cfg(test)]
mod tests {
    use crate::sql::built_table::{BuildRows, BuiltTable, Wanted};
    use crate::sql::sessions::session_builder;
    use arrow::array::{Int64Array, RecordBatch};
    use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
    use datafusion::common::Result;
    use datafusion::execution::runtime_env::RuntimeEnv;
    use datafusion::physical_plan::displayable;
    use datafusion::prelude::{SessionConfig, SessionContext};
    use std::sync::Arc;

    /// As many rows as it says, or says nothing about.
    #[derive(Debug, Clone)]
    struct Numbers {
        rows: i64,
        about: Option<usize>,
    }

    impl BuildRows for Numbers {
        fn schema(&self) -> SchemaRef {
            Arc::new(Schema::new(vec![Field::new("k", DataType::Int64, false)]))
        }

        fn about(&self) -> Option<usize> {
            self.about
        }

        fn batches(self, _: Wanted) -> impl Iterator<Item = Result<RecordBatch>> + Send + 'static {
            let column = Arc::new(Int64Array::from_iter_values(0..self.rows));
            std::iter::once_with(move || Ok(RecordBatch::try_new(self.schema(), vec![column])?))
        }
    }

    fn session() -> SessionContext {
        let config = SessionConfig::new().with_target_partitions(2);
        let context = SessionContext::new_with_state(session_builder(config, Arc::new(RuntimeEnv::default())).build());
        let tables = [
            ("touches", 9_000, None),
            ("hcps", 100, Some(100)),
            ("log", 9_000, Some(9_000)),
            ("again", 50, Some(1 << 30)),
        ];
        for (name, rows, about) in tables {
            context.register_table(name, Arc::new(BuiltTable(Numbers { rows, about }))).unwrap();
        }
        context
    }

    /// The join of the plan, what it keeps, and the number of rows.
    async fn kept(sql: &str) -> (String, String, usize) {
        let frame = session().sql(sql).await.unwrap();
        let plan = frame.clone().create_physical_plan().await.unwrap();
        let text = displayable(plan.as_ref()).indent(false).to_string();
        assert!(!text.contains("Few"), "{text}");
        let mut lines = text.lines().skip_while(|line| !line.contains("HashJoinExec"));
        let join = lines.next().unwrap_or_else(|| panic!("no join in {text}")).trim().to_owned();
        let kept = lines.find(|line| line.contains("Built")).unwrap().trim().to_owned();
        (join, kept, frame.count().await.unwrap())
    }

    #[tokio::test]
    async fn what_is_known_to_be_small_is_kept() {
        for (join, rows) in [("LEFT", 9_000), ("INNER", 100), ("RIGHT", 100), ("FULL", 9_000)] {
            let sql = format!("SELECT a.k, b.k AS other FROM touches a {join} JOIN hcps b ON a.k = b.k");
            let (told, _, count) = kept(&sql).await;
            assert!(told.contains("mode=CollectLeft"), "{sql}: {told}");
            assert_eq!(count, rows, "{sql}");
        }
        let (told, _, _) =
            kept("SELECT a.k FROM touches a LEFT JOIN hcps b ON a.k = b.k WHERE a.k + coalesce(b.k, 0) > 3").await;
        assert!(told.contains("join_type=Right"), "{told}");
    }

    #[tokio::test]
    async fn groups_are_kept_rather_than_rows() {
        let groups = "SELECT k % 90 AS k, count(*) AS n FROM touches GROUP BY k % 90";
        let (told, kept_side, count) =
            kept(&format!("SELECT a.k, b.n FROM touches a LEFT JOIN ({groups}) b ON a.k = b.k")).await;
        assert!(told.contains("mode=CollectLeft, join_type=Right"), "{told}: {kept_side}");
        assert_eq!(count, 9_000);
        let (told, _, _) = kept(&format!("SELECT b.n FROM ({groups}) b LEFT JOIN touches a ON a.k = b.k")).await;
        assert!(told.contains("join_type=Left"), "{told}");
    }

    #[tokio::test]
    async fn what_is_written_on_the_left_of_a_right_anti_join_is_kept() {
        for (join, rows) in [("SEMI", 50), ("ANTI", 8_950)] {
            let sql = format!("SELECT l.k FROM again s RIGHT {join} JOIN log l ON l.k = s.k");
            let (told, _, count) = kept(&sql).await;
            assert!(
                told.contains("mode=CollectLeft")
                    && told.contains(&format!("Right{join}").replace("SEMI", "Semi").replace("ANTI", "Anti")),
                "{sql}: {told}"
            );
            assert_eq!(count, rows, "{sql}");
        }
    }
}
