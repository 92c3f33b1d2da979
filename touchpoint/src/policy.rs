//! What is convention and not science: weights, half-life, budgets, gaps, hours. Its version stands on every result.
//!
//! Plain values, already checked: whoever makes a policy from a file holds the ranges that the fields name. Spans are
//! microseconds. Everything here is pure: facts and instants come in, decisions go out.
//!
//! | module | one noun |
//! |---|---|
//! | [`budget`](Budget) | selector × scope × cap per trailing window; minimum gaps |
//! | [`scope`](Scope) | which touches, and the rules that treat some of them apart |
//! | [`facts`](TouchFacts) | what these look at: facts of an HCP and of a touch |
//! | [`sets`](WordSet) | sets of which the empty one means any |
//! | [`zones`](Zones) | clear, near, full, over |
//! | [`working_hours`](WorkingHours), [`quiet_hours`](QuietHours) | times by the clock on the HCP's wall |
//! | [`alerts`](AlertThresholds) | borders of alerts, with hysteresis |

mod alerts;
mod budget;
mod facts;
mod quiet_hours;
mod scope;
mod sets;
#[cfg(test)]
mod tests;
mod working_hours;
mod zones;

pub use alerts::{AlertThresholds, Threshold, Verdict};
pub use budget::{Budget, MinimumGap, Per, Selector};
pub use facts::{Basis, ExecutionModel, HcpFacts, Meeting, TouchFacts};
pub use quiet_hours::{Day, QuietError, QuietHours, QuietSpan};
pub use scope::{Condition, Rule, Scope};
pub use sets::{NameSet, WordSet};
pub use working_hours::{HourSpan, WorkingHours};
pub use zones::{Zone, Zones};

use crate::time::{DAY, HOUR, Micros};
use crate::words::{Channel, Origin};

/// The policy in force. [`Policy::default`] holds the defaults of metrics.md, which has no budgets.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Name on every result.
    pub version: String,
    /// Half-life of the interruption load.
    pub half_life: Micros,
    /// Two touches closer than this are a collision or a follow-up.
    pub gap: Micros,
    /// A request is due this long after it came in.
    pub request_sla: Micros,
    /// Working hours, local.
    pub working_hours: WorkingHours,
    /// Weight of a touch.
    pub weights: ChannelWeights,
    /// Weights of the parts of `coherence`.
    pub coherence: CoherenceWeights,
    /// Where the zones of a budget use begin.
    pub zones: Zones,
    /// All hold together, in any order.
    pub budgets: Vec<Budget>,
    /// All hold together, in any order.
    pub minimum_gaps: Vec<MinimumGap>,
    /// Times at which no HCP is touched, by the clock on their wall; `None`: none.
    pub quiet_hours: Option<QuietHours>,
    /// When alerts begin and end.
    pub alerts: AlertThresholds,
}

/// Weight of one touch by channel, e-mail by origin; 1.0 is a face-to-face visit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChannelWeights {
    /// Face-to-face call.
    pub face_to_face: f64,
    /// Telephone call.
    pub phone: f64,
    /// Video call.
    pub video: f64,
    /// Congress invitation.
    pub congress: f64,
    /// Chat.
    pub chat: f64,
    /// E-mail by a rep (or of unknown origin).
    pub email_rep: f64,
    /// E-mail by headquarters.
    pub email_hq: f64,
}

impl ChannelWeights {
    /// The weight of a touch; 0 for requests, which are none.
    pub fn of(&self, channel: Channel, origin: Option<Origin>) -> f64 {
        match channel {
            Channel::FaceToFace => self.face_to_face,
            Channel::Phone => self.phone,
            Channel::Video => self.video,
            Channel::Chat => self.chat,
            Channel::Congress => self.congress,
            Channel::Email if origin == Some(Origin::Hq) => self.email_hq,
            Channel::Email => self.email_rep,
            Channel::MedicalRequest => 0.0,
        }
    }
}

/// Weights of the parts of `coherence`; parts that are NULL leave the mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CoherenceWeights {
    /// Cross-function agreement, else cross-channel.
    pub agreement: f64,
    /// 1 - collision rate.
    pub coordination: f64,
    /// Sequence coherence.
    pub sequence: f64,
    /// Plan fit.
    pub plan: f64,
    /// Theme coverage below which agreement says nothing.
    pub min_theme_coverage: f64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            version: "default-1".to_owned(),
            half_life: 7 * DAY,
            gap: 48 * HOUR,
            request_sla: 72 * HOUR,
            working_hours: WorkingHours::weekdays(8, 19),
            weights: ChannelWeights {
                face_to_face: 1.0,
                phone: 0.9,
                video: 0.8,
                congress: 0.5,
                chat: 0.4,
                email_rep: 0.3,
                email_hq: 0.2,
            },
            coherence: CoherenceWeights {
                agreement: 1.0,
                coordination: 1.0,
                sequence: 1.0,
                plan: 1.0,
                min_theme_coverage: 0.6,
            },
            zones: Zones { near: 0.75 },
            budgets: Vec::new(),
            minimum_gaps: Vec::new(),
            quiet_hours: None,
            alerts: AlertThresholds {
                budget_use: Threshold { above: 1.0, clear: 0.9 },
                forecast: 14 * DAY,
                collisions: Threshold { above: 2.0, clear: 1.0 },
                fragmentation: Threshold { above: 0.6, clear: 0.5 },
                busy: Threshold { above: 2.0, clear: 1.5 },
                account_load: Threshold { above: 2.0, clear: 1.5 },
            },
        }
    }
}
