//! The session that alert rules are planned and run in.

use datafusion::error::Result;
use datafusion::prelude::{SessionConfig, SessionContext};
use processors::sql::sessions::closed_session;

/// Memory of one rule's run.
const MEMORY: usize = 512 << 20;

/// A session without tables that can open no file. One partition: a turn has few rows, and hands them to one thread. No
/// dynamic filters: a plan that has them cannot run twice.
pub(super) fn context() -> Result<SessionContext> {
    let config = SessionConfig::new()
        .with_target_partitions(1)
        .with_batch_size(8192)
        .set_bool("datafusion.optimizer.enable_dynamic_filter_pushdown", false);
    closed_session(config, MEMORY)
}
