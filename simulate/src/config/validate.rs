//! The limits of a config; every problem is reported at once.

use crate::config::{PoisonConfig, WorldConfig};
use touchpoint::RejectReason;

/// A config that describes no possible world. The caller's fault; the same config fails again.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the simulated world cannot be built: {}; change these values", .problems.join("; "))]
pub struct ConfigError {
    /// One sentence per problem: the field, and what was expected.
    pub problems: Vec<String>,
}

impl WorldConfig {
    /// Checks every field against its range.
    ///
    /// # Errors
    /// [`ConfigError`] with every problem found.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let mut problems = Vec::new();
        for (name, value) in self.shares() {
            // `contains` is false for NaN, which is wanted.
            if !(0.0..=1.0).contains(&value) {
                problems.push(format!("{name} is {value}, expected 0 to 1"));
            }
        }
        for (name, value, low, high) in self.ranges() {
            if !(low..=high).contains(&value) {
                problems.push(format!("{name} is {value}, expected {low} to {high}"));
            }
        }
        for (name, sum) in self.sums() {
            if sum > 1.0 + 1e-9 {
                problems.push(format!("{name} sum to {sum}, expected at most 1"));
            }
        }
        self.validate_order(&mut problems);
        validate_poison(&self.poison, &mut problems);
        if problems.is_empty() { Ok(()) } else { Err(ConfigError { problems }) }
    }

    fn shares(&self) -> Vec<(&'static str, f64)> {
        let profile = &self.profile;
        vec![
            ("access.accessible_share", self.access.accessible_share),
            ("access.severe_share", self.access.severe_share),
            ("access.success", self.access.success.iter().copied().fold(0.0, f64::max)),
            ("field.planned_share", self.field.planned_share),
            ("field.cancelled_share", self.field.cancelled_share),
            ("field.date_only_share", self.field.date_only_share),
            ("email.consented_share", self.email.consented_share),
            ("email.rep_open_share", self.email.rep_open_share),
            ("email.hq_open_share", self.email.hq_open_share),
            ("email.machine_open_share", self.email.machine_open_share),
            ("email.click_share", self.email.click_share),
            ("email.bounce_share", self.email.bounce_share),
            ("email.unsubscribe_share", self.email.unsubscribe_share),
            ("congress.invited_share", self.congress.invited_share),
            ("congress.accepted_share", self.congress.accepted_share),
            ("congress.declined_share", self.congress.declined_share),
            ("requests.unanswered_share", self.requests.unanswered_share),
            ("requests.withdrawn_share", self.requests.withdrawn_share),
            ("lateness.prompt_share", self.lateness.prompt_share),
            ("lateness.slow_share", self.lateness.slow_share),
            ("corrections.edited_share", self.corrections.edited_share),
            ("corrections.deleted_share", self.corrections.deleted_share),
            ("corrections.duplicated_share", self.corrections.duplicated_share),
            ("corrections.unknown_field_share", self.corrections.unknown_field_share),
            ("moves.share", self.moves.share),
            ("profile.theme_coverage", profile.theme_coverage),
            ("profile.shared_theme", profile.shared_theme),
            ("profile.same_account", profile.same_account),
            ("profile.dialogue", profile.dialogue),
            ("profile.declared", profile.declared),
            ("profile.enrolled", profile.enrolled),
            ("profile.adherence", profile.adherence),
            ("profile.second_invitation", profile.second_invitation),
        ]
    }

    fn ranges(&self) -> Vec<(&'static str, f64, f64, f64)> {
        vec![
            ("hcps", f64::from(self.hcps), 1.0, 10_000_000.0),
            ("panel", self.panel, 1.0, 1e6),
            ("msl_panel", self.msl_panel, 1.0, 1e6),
            ("account_size", self.account_size, 1.0, 1e6),
            ("reps_per_territory", f64::from(self.reps_per_territory), 1.0, 1e4),
            ("activity_sigma", self.activity_sigma, 0.0, 3.0),
            ("field.acts_per_rep_day", self.field.acts_per_rep_day, 0.0, 100.0),
            ("field.calls_per_msl_day", self.field.calls_per_msl_day, 0.0, 100.0),
            ("field.max_acts_per_day", f64::from(self.field.max_acts_per_day), 0.0, 200.0),
            ("field.august_factor", self.field.august_factor, 0.0, 10.0),
            ("catalogue.brands", f64::from(self.catalogue.brands), 1.0, 50.0),
            ("catalogue.themes_per_brand", f64::from(self.catalogue.themes_per_brand), 1.0, 50.0),
            ("catalogue.topics_per_theme", f64::from(self.catalogue.topics_per_theme), 1.0, 50.0),
            ("email.wave_weeks", f64::from(self.email.wave_weeks), 1.0, 52.0),
            ("congress.in_person_per_year", f64::from(self.congress.in_person_per_year), 0.0, 10.0),
            ("congress.virtual_per_year", f64::from(self.congress.virtual_per_year), 0.0, 10.0),
            ("congress.burst_from_weeks", f64::from(self.congress.burst_from_weeks), 1.0, 40.0),
            ("requests.per_hcp_month", self.requests.per_hcp_month, 0.0, 100.0),
            ("requests.median_days", self.requests.median_days, 0.001, 100.0),
            ("requests.p95_days", self.requests.p95_days, self.requests.median_days, 1000.0),
            ("lateness.prompt_hours", self.lateness.prompt_hours, 0.1, 24.0),
            ("lateness.slow_days", self.lateness.slow_days, 1.0, 365.0),
            ("lateness.max_days", self.lateness.max_days, self.lateness.slow_days, 365.0),
            ("profile.free_acts", self.profile.free_acts, 0.0, 10.0),
            ("profile.medical", self.profile.medical, 0.0, 10.0),
            ("profile.services", self.profile.services, 0.0, 10.0),
        ]
    }

    fn sums(&self) -> [(&'static str, f64); 6] {
        [
            ("access.accessible_share and severe_share", self.access.accessible_share + self.access.severe_share),
            ("lateness.prompt_share and slow_share", self.lateness.prompt_share + self.lateness.slow_share),
            ("congress.accepted_share and declined_share", self.congress.accepted_share + self.congress.declined_share),
            (
                "corrections.edited_share and deleted_share",
                self.corrections.edited_share + self.corrections.deleted_share,
            ),
            ("field.mix", self.field.mix.iter().sum()),
            ("requests.intake", self.requests.intake.iter().sum()),
        ]
    }

    fn validate_order(&self, problems: &mut Vec<String>) {
        let weights = self.field.mix.iter().chain(&self.requests.intake);
        if weights.into_iter().any(|w| !(0.0..=1.0).contains(w)) {
            problems.push("field.mix and requests.intake hold shares, expected 0 to 1 each".to_owned());
        }
        if self.field.from_hour >= self.field.to_hour || self.field.to_hour > 24 {
            problems.push("field.from_hour and to_hour are no span of a day, expected from < to ≤ 24".to_owned());
        }
        if self.congress.burst_to_weeks >= self.congress.burst_from_weeks {
            problems.push("congress.burst_to_weeks is not nearer to the congress than burst_from_weeks".to_owned());
        }
        let [fewest, most] = self.congress.functions;
        if fewest < 1 || fewest > most || most > 5 {
            problems.push("congress.functions is no range within 1 to 5".to_owned());
        }
        if self.moves.within.from >= self.moves.within.to {
            problems.push("moves.within is empty, expected from before to".to_owned());
        }
    }
}

fn validate_poison(poison: &PoisonConfig, problems: &mut Vec<String>) {
    if !(0.0..=0.9).contains(&poison.share) {
        problems.push(format!("poison.share is {}, expected 0 to 0.9", poison.share));
    }
    if poison.share > 0.0 && poison.reasons.is_empty() {
        problems.push("poison.reasons is empty while poison.share is not 0".to_owned());
    }
    for reason in [RejectReason::Tombstone, RejectReason::UnsupportedEnvelope] {
        if poison.reasons.contains(&reason) {
            problems.push(format!("poison.reasons holds {reason}, which no payload can have"));
        }
    }
}
