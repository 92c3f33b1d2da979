//! The sums of an account in a window, as values of its columns.

use super::sums::{AccountSums, Share, WindowSums, agreement};
use super::{Asked, standing};
use crate::rows::Value;
use touchpoint::{WindowLength, Word};

/// Fewest pairs or touches under a rate.
const LEAST: u64 = 10;
/// Fewest HCPs under a share of them.
const LEAST_HCPS: u64 = 3;

/// One row, not built yet.
#[derive(Debug, Clone, Copy)]
pub struct AccountRow<'a> {
    account_id: &'a str,
    window: WindowLength,
    sums: &'a AccountSums,
    asked: Asked<'a>,
}

impl<'a> AccountRow<'a> {
    pub(super) fn new(account_id: &'a str, window: WindowLength, sums: &'a AccountSums, asked: Asked<'a>) -> Self {
        Self { account_id, window, sums, asked }
    }

    /// The value of column `name`.
    pub fn value(&self, name: &str) -> Value {
        let sums = self.sums.window(self.window);
        match name {
            "account_id" => Value::Text(self.account_id.to_owned()),
            "window" => Value::Text(self.window.as_str().to_owned()),
            "as_of" => Value::Instant(self.asked.as_of),
            "audience" => Value::Text(self.asked.audience.as_str().to_owned()),
            "policy_version" => Value::Text(self.asked.policy.version.clone()),
            "reference_version" => Value::Text(self.asked.reference.version().to_owned()),
            "hcps" => count(self.sums.loads.len() as u64),
            "load_p50" => self.supported(|| self.load(0.5)),
            "load_p90" => self.supported(|| self.load(0.9)),
            "load_sum" => self.supported(|| {
                let loads = &self.sums.loads;
                (!loads.is_empty()).then(|| loads.iter().sum())
            }),
            _ => sums.map_or(Value::Null, |sums| self.summed(name, sums)),
        }
    }

    fn summed(&self, name: &str, sums: &WindowSums) -> Value {
        match name {
            "hcps_touched" => count(sums.hcps_touched),
            "touches" => count(sums.touches),
            "unsolicited" => count(sums.unsolicited),
            "solicited" => count(sums.solicited),
            "declared" => count(sums.declared),
            "promo" => count(sums.promo),
            "functions_active" => count(sums.functions.len() as u64),
            "chance_collision_rate" => {
                let pairs = sums.collisions.den;
                self.supported(|| (pairs >= LEAST).then(|| sums.chance / pairs as f64))
            }
            "function_breadth" => self.supported(|| {
                let squares: u64 = sums.functions.values().map(|n| n * n).sum();
                (sums.touches >= LEAST).then(|| (sums.touches * sums.touches) as f64 / squares as f64)
            }),
            "stakeholder_breadth" => {
                let share = Share { num: sums.hcps_touched, den: self.sums.loads.len() as u64 };
                self.supported(|| share.rate(LEAST_HCPS))
            }
            _ => self.share(name, sums),
        }
    }

    fn share(&self, name: &str, sums: &WindowSums) -> Value {
        let bare = name.strip_suffix("_num").or_else(|| name.strip_suffix("_den")).unwrap_or(name);
        let share = match bare {
            "collision_rate" => sums.collisions,
            "agreement_within" => sums.within,
            "agreement_pooled" => agreement(&sums.themes),
            "dialogue_share" => sums.dialogue,
            _ => return self.known(name),
        };
        match (name.ends_with("_num"), name.ends_with("_den")) {
            _ if !self.has_rates() => Value::Null,
            (true, _) => count(share.num),
            (_, true) => count(share.den),
            _ => share.rate(LEAST).map_or(Value::Null, Value::Real),
        }
    }

    /// What reference data say of it at T.
    fn known(&self, name: &str) -> Value {
        let Some(row) = self.asked.reference.account(self.account_id, self.asked.as_of) else { return Value::Null };
        let text = |text: Option<&str>| text.map_or(Value::Null, |text| Value::Text(text.to_owned()));
        match name {
            "parent_account_id" => text(row.parent_account_id.as_deref()),
            "territory" => text(row.territory.as_deref()),
            "country" => text(row.country.as_deref()),
            "complexity" => standing::complexity(row).map_or(Value::Null, Value::Real),
            "required_model" => text(standing::required_model(row).map(Word::as_str)),
            "declared_model" => text(row.declared_model.map(Word::as_str)),
            _ => Value::Null,
        }
    }

    /// Shorter windows carry counts alone.
    fn has_rates(&self) -> bool {
        self.window >= WindowLength::HEADLINE
    }

    fn supported(&self, value: impl FnOnce() -> Option<f64>) -> Value {
        if self.has_rates() { value().map_or(Value::Null, Value::Real) } else { Value::Null }
    }

    /// The load of the HCP at nearest rank.
    fn load(&self, share: f64) -> Option<f64> {
        let mut loads = self.sums.loads.clone();
        loads.sort_by(f64::total_cmp);
        let rank = (share * loads.len() as f64).ceil().max(1.0) as usize;
        loads.get(rank - 1).copied()
    }
}

fn count(n: u64) -> Value {
    Value::Count(i64::try_from(n).unwrap_or(i64::MAX))
}
