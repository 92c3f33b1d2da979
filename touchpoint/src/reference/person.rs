//! What is known of a colleague, the owner of touches, in a span of time.

use super::Validity;
use crate::words::{BusinessFunction, words};

words! {
    /// The part a colleague plays.
    Role in "role" {
        /// Sales representative.
        Rep = "rep",
        /// Key account manager.
        Kam = "kam",
        /// Orchestrator of accounts.
        Orchestrator = "orchestrator",
        /// Medical science liaison.
        Msl = "msl",
        /// Market access.
        Access = "access",
        /// Patient services.
        Services = "services",
        /// Line manager.
        Manager = "manager",
        /// Headquarters.
        Hq = "hq",
    }
}

/// A row of `people`; key `owner_id`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonRow {
    /// Key.
    pub owner_id: String,
    /// Function.
    pub function: Option<BusinessFunction>,
    /// Part.
    pub role: Option<Role>,
    /// Line manager.
    pub manager_id: Option<String>,
    /// District.
    pub district: Option<String>,
    /// When the row holds.
    pub validity: Validity,
}
