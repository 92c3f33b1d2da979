//! What is known of an HCP in a span of time.

use super::Validity;
use chrono_tz::Tz;

/// A row of `hcps`; key `hcp_id`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HcpRow {
    /// Key.
    pub hcp_id: String,
    /// Specialty.
    pub specialty: Option<String>,
    /// Segment.
    pub segment: Option<String>,
    /// Territory.
    pub territory: Option<String>,
    /// ISO 3166 country.
    pub country: Option<String>,
    /// IANA time zone.
    pub time_zone: Option<Tz>,
    /// Account, where no affiliation says otherwise.
    pub account_id: Option<String>,
    /// When the row holds.
    pub validity: Validity,
}
