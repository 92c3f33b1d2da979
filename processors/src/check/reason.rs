//! Why a check ends as it does: a closed set, each with what it does to the verdict.

use touchpoint::Micros;

/// May the touch be made? In rising strength: the strongest effect of all reasons is the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Yes.
    Allow,
    /// Yes, but somebody should look first.
    Warn,
    /// No.
    Deny,
}

impl Verdict {
    /// Weakest first.
    pub const ALL: [Self; 3] = [Self::Allow, Self::Warn, Self::Deny];

    /// The text in answers, audit lines and labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal: $effect:ident),+ $(,)?) => {
        /// What speaks for or against the touch.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code { $($(#[$doc])* $variant),+ }

        impl Code {
            /// Every code, what denies first.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The text in answers.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// What it does to the verdict; `allow` only explains.
            pub fn effect(self) -> Verdict {
                match self { $(Self::$variant => Verdict::$effect),+ }
            }
        }
    };
}

codes! {
    /// A budget of cap 0.
    Forbidden = "forbidden": Deny,
    /// More touches than the cap of a budget already.
    OverBudget = "over_budget": Deny,
    /// As many touches as the cap of a budget: this one would breach it.
    BudgetFull = "budget_full": Deny,
    /// Another touch lies less than a minimum gap before.
    MinimumGap = "minimum_gap": Deny,
    /// Quiet by the clock on the HCP's wall.
    QuietHours = "quiet_hours": Deny,
    /// No valid consent for the channel.
    ConsentMissing = "consent_missing": Deny,
    /// This process holds some of the HCPs, and no record of this one, and cannot tell that there is none: another process
    /// has to be asked. Which one no process knows.
    HeldElsewhere = "held_elsewhere": Deny,
    /// A budget that the touch would use is near its cap.
    NearBudget = "near_budget": Warn,
    /// The touch would follow another voice's too soon.
    CollisionRisk = "collision_risk": Warn,
    /// The touch would speak of the product of an open medical request.
    TalksPastRequest = "talks_past_request": Warn,
    /// Outside the HCP's local working hours.
    OutsideWorkingHours = "outside_working_hours": Warn,
    /// There are quiet hours, and the HCP's time zone is not known: they could not be looked at.
    TimeZoneUnknown = "time_zone_unknown": Warn,
    /// The caller's audience does not see touches of function medical: nothing was judged.
    NotJudged = "not_judged": Warn,
    /// A budget is used up, and the policy lets this touch pass it.
    BudgetBypassed = "budget_bypassed": Allow,
    /// It answers a medical request: never held back.
    AnswersRequest = "answers_request": Allow,
    /// Service or safety: never held back.
    ServiceOrSafety = "service_or_safety": Allow,
    /// No record and no reference data of the HCP.
    HcpUnknown = "hcp_unknown": Allow,
}

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Which.
    pub code: Code,
    /// The budget or gap, by its name in the policy.
    pub rule: Option<String>,
    /// Of a budget: touches that count, this one left out.
    pub used: Option<u32>,
    /// Of a budget: its cap.
    pub cap: Option<u32>,
    /// When this reason ends, if nothing else happens; `None` when that is not known, or never.
    pub until: Option<Micros>,
}

impl Reason {
    pub(super) fn new(code: Code) -> Self {
        Self { code, rule: None, used: None, cap: None, until: None }
    }

    pub(super) fn until(self, until: Micros) -> Self {
        Self { until: Some(until), ..self }
    }

    pub(super) fn of_rule(self, name: &str) -> Self {
        Self { rule: Some(name.to_owned()), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::{Code, Verdict};

    #[test]
    fn what_denies_comes_first_and_texts_differ() {
        assert!(Code::ALL.is_sorted_by_key(|code| std::cmp::Reverse(code.effect())));
        let texts: std::collections::BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(texts.len(), Code::ALL.len());
        assert!(Verdict::ALL.is_sorted());
    }
}
