//! What plans, consents and preferences say of one HCP: looked up once for an instant, whatever the audience.
//!
//! A table that was not given costs nothing, and one that does not name the HCP one look-up.

use super::tally::FEW;
use touchpoint::reference::{Captures, CountryRules, HcpRow, Permissions, PlanRow, PlanSteps};
use touchpoint::time::Micros;
use touchpoint::{Reference, Word};

/// See the module.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// The steps of all plans; `None` while no table of them was given.
    pub steps: Option<&'a PlanSteps>,
    /// Runs of plans that the HCP is on at T: by itself, and by the account that it has then.
    pub runs: [&'a [PlanRow]; 2],
    /// What the HCP consented to; `None` while no table says anything of consent.
    pub consent: Option<Consent<'a>>,
    /// Preferred shares by channel code at T, which sum to 1; `None` where nothing is preferred.
    pub preferred: Option<[f64; FEW]>,
}

impl<'a> Known<'a> {
    /// As of `at`. `account` is the one that the HCP counts for then.
    pub fn of(reference: &'a Reference, hcp_id: &str, account: Option<&str>, at: Micros) -> Self {
        let steps = reference.steps();
        let consent = reference.permissions().map(|permissions| Consent {
            permissions,
            captures: permissions.captures(hcp_id),
            rows: reference.rows_of(hcp_id),
        });
        Self {
            steps,
            // Without a step nothing is ever due.
            runs: if steps.is_some() { reference.runs(hcp_id, account) } else { Default::default() },
            consent,
            preferred: preferred(reference, hcp_id, at),
        }
    }

    /// The runs, own ones first.
    pub fn runs(&self) -> impl Iterator<Item = &'a PlanRow> + Clone {
        let [own, account] = self.runs;
        own.iter().chain(account)
    }
}

fn preferred(reference: &Reference, hcp_id: &str, at: Micros) -> Option<[f64; FEW]> {
    let mut shares = [0.0; FEW];
    for row in reference.preferences(hcp_id, at) {
        if let Some(share) = shares.get_mut(usize::from(row.channel.code())) {
            *share += row.share;
        }
    }
    let sum: f64 = shares.iter().sum();
    (sum > 0.0).then(|| shares.map(|share| share / sum))
}

/// What is known of one HCP's consent.
#[derive(Debug, Clone, Copy)]
pub struct Consent<'a> {
    permissions: &'a Permissions,
    captures: Captures<'a>,
    rows: &'a [HcpRow],
}

impl<'a> Consent<'a> {
    /// What the HCP said, latest capture first.
    pub fn captures(&self) -> Captures<'a> {
        self.captures
    }

    /// The country that the HCP was in at `at`.
    pub fn country(&self, at: Micros) -> Option<&'a str> {
        self.rows.iter().find(|row| row.validity.holds(at))?.country.as_deref()
    }

    /// What holds in a country where the HCP said nothing.
    pub fn rules(&self, country: Option<&str>) -> CountryRules<'a> {
        self.permissions.rules(country)
    }
}
