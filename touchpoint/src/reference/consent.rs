//! Consent of HCPs by channel, and what holds where nothing was captured.

use super::Validity;
use crate::time::Micros;
use crate::words::{Channel, words};

words! {
    /// What an HCP said, or what holds without a word.
    Regime in "regime" {
        /// Only what was agreed to is allowed.
        OptIn = "opt_in",
        /// What was not refused is allowed.
        OptOut = "opt_out",
    }
}

/// A row of `consents`: one capture. It has no key: of several the last captured decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentRow {
    /// Who spoke.
    pub hcp_id: String,
    /// For which channel; `None`: for every one.
    pub channel: Option<Channel>,
    /// Whether the HCP opted in; out otherwise.
    pub opts_in: bool,
    /// When it was captured. It decides nothing before.
    pub captured_at: Micros,
    /// From when to when it holds; the end is the expiry.
    pub validity: Validity,
}

/// A row of `consent_rules`; key `country` and `channel`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentRuleRow {
    /// ISO 3166 country; `None`: every one.
    pub country: Option<String>,
    /// Channel; `None`: every one.
    pub channel: Option<Channel>,
    /// What holds there.
    pub regime: Regime,
    /// When the row holds.
    pub validity: Validity,
}
