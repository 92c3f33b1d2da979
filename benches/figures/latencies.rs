//! How long something took, many times: what the half and what all but one in a hundred took at most.

use serde_json::{Value, json};

/// Milliseconds, in order.
#[derive(Debug, Clone)]
pub(crate) struct Latencies(Vec<f64>);

impl Latencies {
    /// Of measurements in any order, in milliseconds.
    pub(crate) fn of(mut millis: Vec<f64>) -> Self {
        millis.sort_by(f64::total_cmp);
        Self(millis)
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// The smallest measurement that so large a share does not exceed (nearest rank).
    ///
    /// # Errors
    /// Nothing was measured.
    pub(crate) fn quantile(&self, share: f64) -> anyhow::Result<f64> {
        let rank = (share * self.0.len() as f64).ceil() as usize;
        self.0.get(rank.saturating_sub(1)).copied().ok_or_else(|| anyhow::anyhow!("nothing was measured"))
    }

    /// `p50 … ms, p99 … ms`.
    ///
    /// # Errors
    /// Nothing was measured.
    pub(crate) fn shown(&self) -> anyhow::Result<String> {
        Ok(format!("p50 {}, p99 {}", millis(self.quantile(0.5)?), millis(self.quantile(0.99)?)))
    }

    /// For another process.
    ///
    /// # Errors
    /// Nothing was measured.
    pub(crate) fn printed(&self) -> anyhow::Result<Value> {
        Ok(json!({ "count": self.count(), "p50": self.quantile(0.5)?, "p99": self.quantile(0.99)? }))
    }
}

/// Milliseconds with the digits that they are worth.
pub(crate) fn millis(number: f64) -> String {
    if number < 10.0 { format!("{number:.2} ms") } else { format!("{number:.0} ms") }
}
