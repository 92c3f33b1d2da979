//! The sessions in which statements are planned and run, whoever asks.

use super::constants::constants;
use super::kept_side::keeping_less;
use super::single_pass::single_pass;
use super::statement_memory::StatementMemory;
use super::trailing::trailing;
use datafusion::common::Result;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::prelude::{SessionConfig, SessionContext};
use std::sync::Arc;

/// What every session starts from: DataFusion's functions and rules, constants where they are used, joins that keep the
/// smaller side and read it once, and counts over trailing windows.
pub fn session_builder(config: SessionConfig, runtime: Arc<RuntimeEnv>) -> SessionStateBuilder {
    let plain = SessionStateBuilder::new_with_default_features().with_runtime_env(runtime);
    trailing(single_pass(keeping_less(constants(plain), config)))
}

/// A session of its own without tables, whose statements share so many bytes of memory and can open no file.
///
/// # Errors
/// Never in practice: what is taken from it is there.
pub fn closed_session(config: SessionConfig, memory: usize) -> Result<SessionContext> {
    let runtime = RuntimeEnvBuilder::new().with_memory_pool(Arc::new(StatementMemory::new(memory))).build_arc()?;
    runtime.deregister_object_store(ObjectStoreUrl::local_filesystem().as_ref())?;
    let state = session_builder(config, runtime).build();
    Ok(SessionContext::new_with_state(state))
}
