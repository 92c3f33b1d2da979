//! Plans that can be ended while they compute.
//!
//! A statement ends where it waits: at a point at which its thread could do something else. Sources give way now and then,
//! but a join makes many batches of few, and an aggregate over it takes them one after another without ever waiting. So what
//! goes into an operator that computes, and what comes out of a join, is made to give way too.

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::error::Result;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use std::sync::Arc;

/// What gives way already.
const GIVES_WAY: &str = "CooperativeExec";

/// The plan, giving way where it would compute for long. Its rows are the same.
///
/// # Errors
/// Never in practice: an operator takes an input of the same schema, order and partitions.
pub fn yielding(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
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
        replace_children_if_necessary(operator, inputs).map(Transformed::yes)
    })?;
    Ok(told.data)
}

fn is_join(operator: &Arc<dyn ExecutionPlan>) -> bool {
    operator.name().contains("Join")
}
