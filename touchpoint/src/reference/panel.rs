//! Whom a colleague is to look after in a span of time.

use super::Validity;

/// A row of `panels`; key `owner_id` and `hcp_id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PanelRow {
    /// Who looks after the HCP.
    pub owner_id: String,
    /// The HCP.
    pub hcp_id: String,
    /// Whether the HCP is a target: then it has metric rows though nobody touches it.
    pub is_target: bool,
    /// Fewest touches wanted.
    pub min_touches: Option<u32>,
    /// Most touches wanted.
    pub max_touches: Option<u32>,
    /// When the row holds.
    pub validity: Validity,
}
