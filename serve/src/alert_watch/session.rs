//! The session that alert rules are planned and run in.

use datafusion::error::Result;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use processors::sql::single_pass;

/// Memory of one rule's run.
const MEMORY: usize = 512 << 20;

/// A session without tables that can open no file. One partition: a turn has few rows, and hands them to one thread. No
/// dynamic filters: a plan that has them cannot run twice.
pub(super) fn context() -> Result<SessionContext> {
    let config = SessionConfig::new()
        .with_target_partitions(1)
        .with_batch_size(8192)
        .set_bool("datafusion.optimizer.enable_dynamic_filter_pushdown", false);
    let runtime = RuntimeEnvBuilder::new().with_memory_limit(MEMORY, 1.0).build_arc()?;
    runtime.deregister_object_store(ObjectStoreUrl::local_filesystem().as_ref())?;
    let builder = SessionStateBuilder::new_with_default_features().with_config(config).with_runtime_env(runtime);
    Ok(SessionContext::new_with_state(single_pass(builder).build()))
}
