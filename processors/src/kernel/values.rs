//! The metric values of one window, for one audience at one instant.

use touchpoint::Policy;

/// A real number or NULL, in eight bytes: NaN is NULL and can be nothing else, since the constructor turns it into NULL.
#[derive(Debug, Clone, Copy)]
pub struct MaybeReal(f64);

impl MaybeReal {
    /// NULL.
    pub const NULL: Self = Self(f64::NAN);

    /// A value.
    pub fn some(value: f64) -> Self {
        Self(value)
    }

    /// `numerator / denominator`, NULL when the denominator is 0.
    pub fn ratio(numerator: f64, denominator: f64) -> Self {
        if denominator == 0.0 { Self::NULL } else { Self(numerator / denominator) }
    }

    /// The value, if there is one.
    pub fn get(self) -> Option<f64> {
        (!self.0.is_nan()).then_some(self.0)
    }
}

impl From<Option<f64>> for MaybeReal {
    fn from(value: Option<f64>) -> Self {
        value.map_or(Self::NULL, Self)
    }
}

impl Default for MaybeReal {
    fn default() -> Self {
        Self::NULL
    }
}

/// NULL equals NULL here: it is used to ask whether a row changed.
impl PartialEq for MaybeReal {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

/// Every column of metrics.md §3 and §4 but the load, which all windows share.
/// Meanings and NULL rules: [`touchpoint::metric::METRICS`].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[expect(missing_docs, reason = "each field is the metric column of its name, documented once in touchpoint::metric")]
pub struct WindowValues {
    pub touches: u32,
    pub unsolicited: u32,
    pub calls: u32,
    pub emails: u32,
    pub invitations: u32,
    pub requests: u32,
    pub attempts: u32,
    pub declared: u32,
    pub collisions: u32,
    pub follow_ups: u32,
    pub peak_24h: u32,
    pub support: u32,
    pub talked_past: u32,
    pub untimely: Option<u32>,
    pub consent_conflicts: Option<u32>,
    pub collision_rate: MaybeReal,
    pub chance_collision_rate: MaybeReal,
    pub burstiness: MaybeReal,
    pub unsolicited_share: MaybeReal,
    pub access_rate: MaybeReal,
    pub theme_coverage: MaybeReal,
    pub theme_continuity: MaybeReal,
    pub cross_channel_agreement: MaybeReal,
    pub cross_function_agreement: MaybeReal,
    pub sequential_continuity: MaybeReal,
    pub voices: MaybeReal,
    pub function_voices: MaybeReal,
    pub sequence_coherence: MaybeReal,
    pub plan_precision: MaybeReal,
    pub plan_recall: MaybeReal,
    pub plan_fit: MaybeReal,
    pub responsiveness: MaybeReal,
    pub channel_fit: MaybeReal,
    pub coherence: MaybeReal,
    pub parts: Parts,
}

/// Which parts entered `coherence`: a set of four.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Parts(u8);

impl Parts {
    /// Cross-function agreement, else cross-channel.
    pub const AGREEMENT: Self = Self(1);
    /// 1 − collision rate.
    pub const COORDINATION: Self = Self(2);
    /// Sequence coherence.
    pub const SEQUENCE: Self = Self(4);
    /// Plan fit.
    pub const PLAN: Self = Self(8);

    /// The text of `coherence_basis`, `None` without coherence.
    pub fn basis(self) -> Option<String> {
        const NAMES: [(Parts, &str); 4] = [
            (Parts::AGREEMENT, "agreement"),
            (Parts::COORDINATION, "coordination"),
            (Parts::SEQUENCE, "sequence"),
            (Parts::PLAN, "plan"),
        ];
        let names: Vec<&str> = NAMES.iter().filter(|(p, _)| self.0 & p.0 != 0).map(|(_, n)| *n).collect();
        (!names.is_empty()).then(|| names.join("+"))
    }

    fn with(self, part: Self) -> Self {
        Self(self.0 | part.0)
    }
}

impl WindowValues {
    /// 1 − coherence.
    pub fn fragmentation(&self) -> Option<f64> {
        self.coherence.get().map(|c| 1.0 - c)
    }

    /// Fills `plan_fit`, `coherence` and its basis from the finished parts.
    pub fn complete(&mut self, policy: &Policy) {
        self.plan_fit = self.harmonic_plan_fit().into();
        let weights = &policy.coherence;
        let covered = self.theme_coverage.get().is_some_and(|c| c >= weights.min_theme_coverage);
        let agreement = self.cross_function_agreement.get().or(self.cross_channel_agreement.get()).filter(|_| covered);
        let coordination = self.collision_rate.get().map(|r| 1.0 - r);
        let candidates = [
            (agreement, weights.agreement, Parts::AGREEMENT),
            (coordination, weights.coordination, Parts::COORDINATION),
            (self.sequence_coherence.get(), weights.sequence, Parts::SEQUENCE),
            (self.plan_fit.get(), weights.plan, Parts::PLAN),
        ];
        let (mut sum, mut weight, mut parts, mut used) = (0.0, 0.0, Parts::default(), 0);
        for (value, part_weight, part) in candidates {
            if let Some(value) = value {
                sum += value * part_weight;
                weight += part_weight;
                parts = parts.with(part);
                used += 1;
            }
        }
        let enough = used >= 2 && weight > 0.0;
        self.coherence = if enough { MaybeReal::some(sum / weight) } else { MaybeReal::NULL };
        self.parts = if enough { parts } else { Parts::default() };
    }

    /// The harmonic mean of precision and recall, 0 when both are 0.
    fn harmonic_plan_fit(&self) -> Option<f64> {
        let (precision, recall) = (self.plan_precision.get()?, self.plan_recall.get()?);
        let sum = precision + recall;
        Some(if sum > 0.0 { 2.0 * precision * recall / sum } else { 0.0 })
    }
}
