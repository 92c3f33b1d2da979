//! What is known of an account in a span of time.

use super::Validity;
use crate::policy::ExecutionModel;
use crate::words::words;

words! {
    /// How open an account is to visits.
    AccessStatus in "access_status" {
        /// As any.
        Open = "open",
        /// By rules of its own.
        Restricted = "restricted",
        /// Not at all.
        Closed = "closed",
    }
}

/// A row of `accounts`; key `account_id`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccountRow {
    /// Key.
    pub account_id: String,
    /// Account above it.
    pub parent_account_id: Option<String>,
    /// Kind: hospital, practice, …
    pub kind: Option<String>,
    /// Territory.
    pub territory: Option<String>,
    /// ISO 3166 country.
    pub country: Option<String>,
    /// Number of sites.
    pub sites: Option<u32>,
    /// Number of decision makers.
    pub decision_makers: Option<u32>,
    /// Say over the formulary, 0 to 2.
    pub formulary_control: Option<u32>,
    /// Say over the care pathway, 0 to 2.
    pub pathway_control: Option<u32>,
    /// How open it is.
    pub access_status: Option<AccessStatus>,
    /// Complexity of its therapies, 0 to 2.
    pub therapy_complexity: Option<u32>,
    /// How it is said to be worked.
    pub declared_model: Option<ExecutionModel>,
    /// How it has to be worked, whatever its complexity says.
    pub required_override: Option<ExecutionModel>,
    /// When the row holds.
    pub validity: Validity,
}
