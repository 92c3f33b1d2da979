//! Where an HCP works in a span of time.

use super::Validity;

/// A row of `affiliations`; key `hcp_id` and `account_id`. An HCP has one primary affiliation at a time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AffiliationRow {
    /// Who.
    pub hcp_id: String,
    /// Where.
    pub account_id: String,
    /// Whether it is where the HCP counts.
    pub is_primary: bool,
    /// When the row holds.
    pub validity: Validity,
}
