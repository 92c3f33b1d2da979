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

/// The plan, giving way where it would compute for long. Its rows are the same.
///
/// # Errors
/// Never in practice: an operator takes an input of the same schema, order and partitions.
pub fn yielding(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let told = plan.transform_up(|operator| {
        if operator.children().is_empty() || operator.name() == "CooperativeExec" {
            return Ok(Transformed::no(operator));
        }
        let gives_way = |input: &Arc<dyn ExecutionPlan>| -> Arc<dyn ExecutionPlan> {
            if input.name().contains("Join") { Arc::new(CooperativeExec::new(input.clone())) } else { input.clone() }
        };
        let computes = operator.name().contains("Join");
        let inputs = operator.children().into_iter().map(|input| match computes {
            true if input.name() != "CooperativeExec" => Arc::new(CooperativeExec::new(input.clone())) as _,
            _ => gives_way(input),
        });
        let inputs: Vec<Arc<dyn ExecutionPlan>> = inputs.collect();
        replace_children_if_necessary(operator, inputs).map(Transformed::yes)
    })?;
    Ok(told.data)
}
