//! What adds up over the HCPs of an account.

use super::list::{AccountTouch, Dialogue};
use crate::kernel::WindowValues;
use crate::kernel::touches::SolicitedBasis;
use std::collections::BTreeMap;
use touchpoint::{WindowLength, Word};

/// An account.
#[derive(Debug, Default)]
pub(super) struct AccountSums {
    /// Load at T of each HCP.
    pub(super) loads: Vec<f64>,
    windows: [WindowSums; WindowLength::ALL.len()],
}

/// A numerator and its denominator.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) num: u64,
    pub(super) den: u64,
}

/// How often each theme was told by each function.
pub(super) type Themes = BTreeMap<(u32, u8), u64>;

/// An account in a window.
#[derive(Debug, Default)]
pub(super) struct WindowSums {
    pub(super) hcps_touched: u64,
    pub(super) touches: u64,
    pub(super) promo: u64,
    pub(super) solicited: u64,
    pub(super) declared: u64,
    pub(super) unsolicited: u64,
    pub(super) functions: BTreeMap<u8, u64>,
    pub(super) collisions: Share,
    /// Chance collision rates of HCPs, each as often as it has consecutive pairs.
    pub(super) chance: f64,
    pub(super) within: Share,
    pub(super) themes: Themes,
    pub(super) dialogue: Share,
}

impl AccountSums {
    pub(super) fn add_hcp(&mut self, load: f64) {
        self.loads.push(load);
    }

    /// Adds touches of one HCP, and what the kernel says of them.
    pub(super) fn add_touches<'t>(
        &mut self,
        window: WindowLength,
        values: &WindowValues,
        touches: impl Iterator<Item = &'t AccountTouch<'t>>,
        is_home: bool,
    ) {
        let Some(sums) = self.windows.get_mut(window.index()) else { return };
        let mut themes = Themes::new();
        for touch in touches {
            sums.add(touch);
            if touch.theme != 0 {
                *themes.entry((touch.theme, touch.function.code())).or_default() += 1;
            }
        }
        sums.hcps_touched += u64::from(is_home && values.touches > 0);
        let pairs = u64::from(values.unsolicited.saturating_sub(1));
        sums.collisions.add(Share { num: u64::from(values.collisions), den: pairs });
        sums.chance += values.chance_collision_rate.get().unwrap_or(0.0) * pairs as f64;
        sums.within.add(agreement(&themes));
        themes.into_iter().for_each(|(key, count)| *sums.themes.entry(key).or_default() += count);
    }

    pub(super) fn window(&self, window: WindowLength) -> Option<&WindowSums> {
        self.windows.get(window.index())
    }
}

impl WindowSums {
    fn add(&mut self, touch: &AccountTouch<'_>) {
        let unsolicited = touch.solicited.is_none();
        self.touches += 1;
        self.unsolicited += u64::from(unsolicited);
        self.solicited += u64::from(!unsolicited);
        self.declared += u64::from(touch.solicited == Some(SolicitedBasis::Declared));
        self.promo += u64::from(unsolicited && touch.is_promotional);
        *self.functions.entry(touch.function.code()).or_default() += 1;
        match touch.dialogue {
            Dialogue::Yes => self.dialogue.add(Share { num: 1, den: 1 }),
            Dialogue::No => self.dialogue.add(Share { num: 0, den: 1 }),
            Dialogue::Unknown => {}
        }
    }
}

impl Share {
    fn add(&mut self, other: Self) {
        self.num += other.num;
        self.den += other.den;
    }

    /// num / den, `None` below a denominator of `least`.
    pub(super) fn rate(self, least: u64) -> Option<f64> {
        (self.den >= least.max(1)).then(|| self.num as f64 / self.den as f64)
    }
}

fn pairs(n: u64) -> u64 {
    n * n.saturating_sub(1) / 2
}

/// Of the pairs of touches by different functions, those that share a theme.
pub(super) fn agreement(themes: &Themes) -> Share {
    let (mut by_theme, mut by_function): (BTreeMap<u32, u64>, BTreeMap<u8, u64>) = Default::default();
    for ((theme, function), count) in themes {
        *by_theme.entry(*theme).or_default() += count;
        *by_function.entry(*function).or_default() += count;
    }
    let of = |counts: &mut dyn Iterator<Item = &u64>| counts.map(|n| pairs(*n)).sum::<u64>();
    let all = pairs(themes.values().sum());
    let same_theme = of(&mut by_theme.values());
    let (same_function, same_both) = (of(&mut by_function.values()), of(&mut themes.values()));
    Share { num: same_theme - same_both, den: all - same_function }
}
