//! What a simulated company looks like: every assumption is a field with its default, none is hidden in code.
//!
//! | field group | default | what it rests on |
//! |---|---|---|
//! | size | 10,000 HCPs; 1 rep per 83 HCPs, 1 MSL per 667, 1 account per 11 | published panel sizes of 50 to 100 |
//! | access | 45 % accessible, 18 % severely restricted | access monitors |
//! | field work | Poisson(8) acts a rep and working day, at most 12, 08-18 local, August × 0.6 | call reports; the curve is assumed |
//! | activity | lognormal, sigma 1.0: the top 3 % are a heavy tail | sigma assumed |
//! | channels | 70 % face to face, 20 % rep e-mail, 5 % phone, 3 % video, 2 % chat | published field mix |
//! | HQ waves | 2 brands, one mail per 3 weeks each, to the 60 % with consent | assumed |
//! | opens | rep 30 %, HQ 10 %, and 15 % more opened by machines | published rates |
//! | congress | 2 on site and 2 online a year, invitations 6 to 10 weeks ahead | shape assumed |
//! | requests | 1 per 25 HCP-months; answer lognormal, median 1 day, 95 % within 5 | assumed |
//! | lateness of the CRM | 70 % < 4 h, 25 % ≤ 3 d, 5 % ≤ 30 d | shape assumed |
//! | corrections | 1 % edited, 0.3 % deleted (of interactions), 0.5 % of records sent twice | assumed |
//!
//! Shares are 0..=1, rates are per the unit in their name, times are what their name ends in.

mod profile;
mod validate;

pub use profile::{Scenario, ScenarioProfile};
pub use validate::ConfigError;

use touchpoint::time::DAY;
use touchpoint::{Micros, RejectReason};

/// A simulated span `[from, to)`, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First instant inside.
    pub from: Micros,
    /// First instant outside again.
    pub to: Micros,
}

/// Everything that makes a [`crate::World`].
#[derive(Debug, Clone, PartialEq)]
pub struct WorldConfig {
    /// Decides every draw; equal configs give equal bytes.
    pub seed: u64,
    /// How the company's functions work together.
    pub profile: ScenarioProfile,
    /// What reference data speak of: they enrol HCPs in the plan cycles from its start to one cycle after its end.
    pub span: Span,
    /// Number of HCPs, 1..=10,000,000. Reps, MSLs and accounts follow from it.
    pub hcps: u32,
    /// HCPs per rep.
    pub panel: f64,
    /// HCPs per MSL.
    pub msl_panel: f64,
    /// HCPs per account.
    pub account_size: f64,
    /// Reps that share a territory.
    pub reps_per_territory: u32,
    /// Who can be seen.
    pub access: AccessConfig,
    /// Reps and MSLs.
    pub field: FieldConfig,
    /// Sigma of the lognormal weight with which an HCP is chosen.
    pub activity_sigma: f64,
    /// Brands, campaigns, messages.
    pub catalogue: CatalogueConfig,
    /// E-mail.
    pub email: EmailConfig,
    /// Congresses.
    pub congress: CongressConfig,
    /// Medical requests.
    pub requests: RequestConfig,
    /// How late the CRM learns of what the field did.
    pub lateness: LatenessConfig,
    /// Edits, deletes, duplicates.
    pub corrections: CorrectionConfig,
    /// HCPs and accounts that move in the middle of a span.
    pub moves: MoveConfig,
    /// Bad records.
    pub poison: PoisonConfig,
}

/// Shares of HCPs by access, and how often a visit succeeds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AccessConfig {
    /// Share of HCPs that see most reps.
    pub accessible_share: f64,
    /// Share of HCPs that see hardly any.
    pub severe_share: f64,
    /// Success of a face-to-face attempt at accessible, restricted and severely restricted HCPs.
    pub success: [f64; 3],
}

/// Field force.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FieldConfig {
    /// Mean acts of a rep on a working day.
    pub acts_per_rep_day: f64,
    /// Most acts of a rep on a day.
    pub max_acts_per_day: u32,
    /// Mean calls of an MSL on a working day.
    pub calls_per_msl_day: f64,
    /// First local working hour.
    pub from_hour: u32,
    /// First local hour after work.
    pub to_hour: u32,
    /// Activity in August against other months.
    pub august_factor: f64,
    /// Shares of face to face, rep e-mail, phone, video and chat among a rep's acts.
    pub mix: [f64; 5],
    /// Share of calls that stand in the calendar before they happen.
    pub planned_share: f64,
    /// Share of planned calls that are called off.
    pub cancelled_share: f64,
    /// Share of calls whose source knows only the day.
    pub date_only_share: f64,
}

/// Brands and what is said about them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CatalogueConfig {
    /// Brands, 1..=50.
    pub brands: u32,
    /// Themes (campaigns) per brand, 1..=50.
    pub themes_per_brand: u32,
    /// Topics (messages) per theme, 1..=50.
    pub topics_per_theme: u32,
}

/// E-mail by reps and by headquarters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EmailConfig {
    /// Weeks between two HQ waves of one brand.
    pub wave_weeks: u32,
    /// Share of HCPs that HQ may write to.
    pub consented_share: f64,
    /// Share of delivered rep mails that a person opens.
    pub rep_open_share: f64,
    /// Share of delivered HQ mails that a person opens.
    pub hq_open_share: f64,
    /// Share of delivered mails that a machine opens at once.
    pub machine_open_share: f64,
    /// Share of opened mails with a click.
    pub click_share: f64,
    /// Share of mails that bounce.
    pub bounce_share: f64,
    /// Share of delivered mails that end in an opt-out.
    pub unsubscribe_share: f64,
}

/// Congresses and invitations.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CongressConfig {
    /// On-site congresses a year and specialty, 0..=10.
    pub in_person_per_year: u32,
    /// Online congresses a year and specialty, 0..=10.
    pub virtual_per_year: u32,
    /// Share of HCPs that are on the invitation lists.
    pub invited_share: f64,
    /// Invitations begin this many weeks before the congress.
    pub burst_from_weeks: u32,
    /// Invitations end this many weeks before the congress.
    pub burst_to_weeks: u32,
    /// Fewest and most functions that may invite to one congress, 1..=5.
    pub functions: [u32; 2],
    /// Shares of invitations that are accepted and declined; the rest goes unanswered.
    pub accepted_share: f64,
    /// See `accepted_share`.
    pub declined_share: f64,
}

/// Medical information requests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RequestConfig {
    /// Requests per HCP and month of 30 days.
    pub per_hcp_month: f64,
    /// Shares of intake by phone, rep, e-mail and web.
    pub intake: [f64; 4],
    /// Median of the lognormal answer time, days.
    pub median_days: f64,
    /// 95th percentile of the answer time, days.
    pub p95_days: f64,
    /// Share never answered.
    pub unanswered_share: f64,
    /// Share taken back.
    pub withdrawn_share: f64,
}

/// Lateness of records that people enter: calls, rep e-mails, requests taken by reps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LatenessConfig {
    /// Share recorded at the end of the day.
    pub prompt_share: f64,
    /// Longest of those, hours.
    pub prompt_hours: f64,
    /// Share recorded within days.
    pub slow_share: f64,
    /// Longest of those, days.
    pub slow_days: f64,
    /// Longest of the rest, days.
    pub max_days: f64,
}

/// What happens to records afterwards.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CorrectionConfig {
    /// Share of interactions that are edited once (a new version).
    pub edited_share: f64,
    /// Share of interactions that are deleted.
    pub deleted_share: f64,
    /// Share of records that are sent twice, byte for byte.
    pub duplicated_share: f64,
    /// Share of records with a field that nobody knows, which must never be stored.
    pub unknown_field_share: f64,
}

/// Effective-dated moves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MoveConfig {
    /// Share of HCPs (and of accounts) that move once.
    pub share: f64,
    /// Moves happen at a 00:00 UTC in here.
    pub within: Span,
}

/// Bad records, added to the good ones: the good ones are the same at every share.
#[derive(Debug, Clone, PartialEq)]
pub struct PoisonConfig {
    /// Share of all records that is bad, 0..=0.9.
    pub share: f64,
    /// Which ways of being bad occur, equally often. `tombstone` and `unsupported_envelope` are refused: they are made
    /// of what only Kafka carries beside the payload.
    pub reasons: Vec<RejectReason>,
    /// Size of a record that is `oversized`, bytes.
    pub oversized_bytes: usize,
}

impl PoisonConfig {
    /// The reasons that hold wherever records are read, at no cost: the default.
    pub const EVERYWHERE: [RejectReason; 4] =
        [RejectReason::Malformed, RejectReason::MissingField, RejectReason::BadValue, RejectReason::FutureTimestamp];
    /// Every reason that a key and a payload can have. `key_mismatch` cannot show in a file, and `oversized` needs a
    /// broker that takes such messages.
    pub const ALL: [RejectReason; 6] = [
        RejectReason::Malformed,
        RejectReason::MissingField,
        RejectReason::BadValue,
        RejectReason::FutureTimestamp,
        RejectReason::KeyMismatch,
        RejectReason::Oversized,
    ];
}

impl WorldConfig {
    /// The defaults for a scenario and a size; moves happen in the middle half of `span`.
    pub fn new(scenario: Scenario, hcps: u32, seed: u64, span: Span) -> Self {
        let quarter = (span.to - span.from) / 4;
        Self {
            seed,
            profile: ScenarioProfile::of(scenario),
            span,
            hcps,
            panel: 10_000.0 / 120.0,
            msl_panel: 10_000.0 / 15.0,
            account_size: 10_000.0 / 900.0,
            reps_per_territory: 4,
            activity_sigma: 1.0,
            moves: MoveConfig {
                share: 0.02,
                within: Span { from: span.from + quarter, to: (span.to - quarter).max(span.from + quarter + DAY) },
            },
            access: AccessConfig::default(),
            field: FieldConfig::default(),
            catalogue: CatalogueConfig::default(),
            email: EmailConfig::default(),
            congress: CongressConfig::default(),
            requests: RequestConfig::default(),
            lateness: LatenessConfig::default(),
            corrections: CorrectionConfig::default(),
            poison: PoisonConfig::default(),
        }
    }
}

impl Default for AccessConfig {
    fn default() -> Self {
        Self { accessible_share: 0.45, severe_share: 0.18, success: [0.88, 0.5, 0.12] }
    }
}

impl Default for FieldConfig {
    fn default() -> Self {
        Self {
            acts_per_rep_day: 8.0,
            max_acts_per_day: 12,
            calls_per_msl_day: 3.0,
            from_hour: 8,
            to_hour: 18,
            august_factor: 0.6,
            mix: [0.70, 0.20, 0.05, 0.03, 0.02],
            planned_share: 0.35,
            cancelled_share: 0.08,
            date_only_share: 0.05,
        }
    }
}

impl Default for CatalogueConfig {
    fn default() -> Self {
        Self { brands: 2, themes_per_brand: 6, topics_per_theme: 5 }
    }
}

impl Default for EmailConfig {
    fn default() -> Self {
        Self {
            wave_weeks: 3,
            consented_share: 0.60,
            rep_open_share: 0.30,
            hq_open_share: 0.10,
            machine_open_share: 0.15,
            click_share: 0.15,
            bounce_share: 0.015,
            unsubscribe_share: 0.002,
        }
    }
}

impl Default for CongressConfig {
    fn default() -> Self {
        Self {
            in_person_per_year: 2,
            virtual_per_year: 2,
            invited_share: 0.25,
            burst_from_weeks: 10,
            burst_to_weeks: 6,
            functions: [3, 5],
            accepted_share: 0.45,
            declined_share: 0.30,
        }
    }
}

impl Default for RequestConfig {
    fn default() -> Self {
        Self {
            per_hcp_month: 1.0 / 25.0,
            intake: [0.45, 0.29, 0.26, 0.0],
            median_days: 1.0,
            p95_days: 5.0,
            unanswered_share: 0.03,
            withdrawn_share: 0.02,
        }
    }
}

impl Default for LatenessConfig {
    fn default() -> Self {
        Self { prompt_share: 0.70, prompt_hours: 4.0, slow_share: 0.25, slow_days: 3.0, max_days: 30.0 }
    }
}

impl Default for CorrectionConfig {
    fn default() -> Self {
        Self { edited_share: 0.01, deleted_share: 0.003, duplicated_share: 0.005, unknown_field_share: 0.01 }
    }
}

impl Default for PoisonConfig {
    fn default() -> Self {
        Self { share: 0.0, reasons: Self::EVERYWHERE.to_vec(), oversized_bytes: (1 << 20) + 1024 }
    }
}
