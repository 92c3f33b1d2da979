//! One message as a producer hands it to the log.

use touchpoint::words::Kind;
use touchpoint::{Micros, RejectReason};

/// A record on its way to a topic or a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Produced {
    /// Which feed.
    pub kind: Kind,
    /// Message key: the `hcp_id`, except where the record is bad by its key.
    pub key: String,
    /// One JSON object without line breaks, except where the record is bad by its form.
    pub payload: Vec<u8>,
    /// Record timestamp in the log. Streams of this crate never step back in it.
    pub arrival: Micros,
    /// Why the record must be rejected; `None` when it must be accepted.
    pub expected: Option<RejectReason>,
}
