//! The three ways a company works with its customers, as numbers.
//!
//! Coverage: every function and channel follows its own campaign; whoever is on the list is visited. Navigation: a
//! dialogue with several people of an account, longer and more often asked for, half of it about what matters to them.
//! Orchestration: most HCPs are in a plan of ordered steps with gaps, shared by several functions.

/// How the functions of the company work together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scenario {
    /// Independent channels.
    Coverage,
    /// Dialogue with several stakeholders.
    Navigation,
    /// Plans with ordered steps.
    Orchestration,
}

impl Scenario {
    /// Every scenario.
    pub const ALL: [Self; 3] = [Self::Coverage, Self::Navigation, Self::Orchestration];

    /// Lower-case name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Coverage => "coverage",
            Self::Navigation => "navigation",
            Self::Orchestration => "orchestration",
        }
    }

    /// The scenario named `text`.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == text)
    }
}

/// The numbers in which scenarios differ; shares unless said otherwise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScenarioProfile {
    /// The scenario these numbers describe.
    pub scenario: Scenario,
    /// Touches whose theme is recorded.
    pub theme_coverage: f64,
    /// Touches that take up the HCP's own theme instead of the speaker's.
    pub shared_theme: f64,
    /// A rep's next act goes to another HCP of the same account.
    pub same_account: f64,
    /// Calls that are a dialogue of ten minutes and more.
    pub dialogue: f64,
    /// Calls that the HCP asked for, by the rep's declaration.
    pub declared: f64,
    /// HCPs that are in a plan.
    pub enrolled: f64,
    /// Plan steps that are carried out.
    pub adherence: f64,
    /// A rep's acts outside plans, times the configured number (factor).
    pub free_acts: f64,
    /// MSL calls and medical requests, times the configured number (factor).
    pub medical: f64,
    /// Market-access and patient-service calls per rep act (factor).
    pub services: f64,
    /// HCPs that a second function invites to the same congress.
    pub second_invitation: f64,
}

impl ScenarioProfile {
    /// The defaults of a scenario.
    pub fn of(scenario: Scenario) -> Self {
        match scenario {
            Scenario::Coverage => Self {
                scenario,
                theme_coverage: 0.75,
                shared_theme: 0.0,
                same_account: 0.1,
                dialogue: 0.1,
                declared: 0.02,
                enrolled: 0.0,
                adherence: 0.0,
                free_acts: 1.0,
                medical: 1.0,
                services: 0.01,
                second_invitation: 0.3,
            },
            Scenario::Navigation => Self {
                scenario,
                theme_coverage: 0.85,
                shared_theme: 0.55,
                same_account: 0.55,
                dialogue: 0.45,
                declared: 0.15,
                enrolled: 0.0,
                adherence: 0.0,
                free_acts: 0.8,
                medical: 1.6,
                services: 0.05,
                second_invitation: 0.1,
            },
            Scenario::Orchestration => Self {
                scenario,
                theme_coverage: 0.95,
                shared_theme: 0.85,
                same_account: 0.3,
                dialogue: 0.35,
                declared: 0.1,
                enrolled: 0.7,
                adherence: 0.92,
                free_acts: 0.35,
                medical: 1.3,
                services: 0.05,
                second_invitation: 0.0,
            },
        }
    }
}
