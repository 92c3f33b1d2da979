//! Where territories lie, and the words for specialties, segments and kinds of account.

use chrono_tz::Tz;

/// A country and a time zone in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// ISO 3166 code.
    pub country: &'static str,
    /// IANA zone.
    pub zone: Tz,
}

/// Places with their share of the territories, in order.
const PLACES: [(&str, Tz, f64); 9] = [
    ("DE", chrono_tz::Europe::Berlin, 0.20),
    ("FR", chrono_tz::Europe::Paris, 0.14),
    ("IT", chrono_tz::Europe::Rome, 0.12),
    ("ES", chrono_tz::Europe::Madrid, 0.12),
    ("GB", chrono_tz::Europe::London, 0.12),
    ("US", chrono_tz::America::New_York, 0.12),
    ("US", chrono_tz::America::Chicago, 0.07),
    ("US", chrono_tz::America::Los_Angeles, 0.06),
    ("JP", chrono_tz::Asia::Tokyo, 0.05),
];

/// Where headquarters sends its mail from.
pub(crate) const HEADQUARTERS: Tz = chrono_tz::Europe::Berlin;

/// Specialties, equally frequent.
pub(crate) const SPECIALTIES: [&str; 6] =
    ["cardiology", "oncology", "primary_care", "diabetology", "neurology", "rheumatology"];

/// Kinds of account.
pub(crate) const ACCOUNT_KINDS: [&str; 4] = ["practice", "clinic", "hospital", "academic_centre"];

impl Place {
    /// The place of the territory that has `share` in [0, 1) of the territories before it.
    pub(crate) fn of_share(share: f64) -> Self {
        let mut rest = share;
        for (country, zone, weight) in PLACES {
            if rest < weight {
                return Self { country, zone };
            }
            rest -= weight;
        }
        Self { country: "DE", zone: HEADQUARTERS }
    }
}
