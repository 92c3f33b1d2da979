//! Where the session of a connection comes from.
//!
//! Every connection has a session of its own over what all share (memory, caches, files): nothing that one client sets or
//! names is seen by another. What a reader may see is decided here, when the session is opened, by what is in it.

use crate::access::Reader;
use async_trait::async_trait;
use datafusion::error::DataFusionError;
use datafusion::prelude::SessionContext;

/// See the module.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// A session with what `reader` may see and nothing else.
    ///
    /// # Errors
    /// A table, view or function cannot be had: the server's fault.
    fn open(&self, reader: &Reader) -> Result<SessionContext, DataFusionError>;

    /// Readies `context` for its next statement: brings everything in it to one snapshot and one now.
    ///
    /// # Errors
    /// A table cannot be read: the statement must not run; a retry may help.
    async fn begin_statement(&self, context: &SessionContext) -> Result<(), DataFusionError>;

    /// Bytes of memory that the statements of all sessions hold now; 0 where nobody counts them.
    fn memory(&self) -> usize {
        0
    }
}
