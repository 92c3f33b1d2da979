//! Which channels an HCP would rather be reached by.

use super::Validity;
use crate::words::Channel;

/// A row of `preferences`; key `hcp_id` and `channel`.
#[derive(Debug, Clone, PartialEq)]
pub struct PreferenceRow {
    /// Who.
    pub hcp_id: String,
    /// Channel.
    pub channel: Channel,
    /// Weight, 0 or more; shares are weights over the sum of those that hold.
    pub share: f64,
    /// When the row holds.
    pub validity: Validity,
}
