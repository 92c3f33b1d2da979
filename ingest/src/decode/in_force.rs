//! The reference data in force, which a running process may replace.

use chrono::NaiveDate;
use std::sync::{Arc, PoisonError, RwLock};
use touchpoint::{Micros, Reference};

/// Shared by every clone of a decoder.
#[derive(Debug, Clone)]
pub(super) struct InForce(Arc<RwLock<Arc<Reference>>>);

impl InForce {
    pub(super) fn new(reference: Arc<Reference>) -> Self {
        Self(Arc::new(RwLock::new(reference)))
    }

    /// Replaces it: what is decoded from now on is placed by `reference`.
    pub(super) fn set(&self, reference: Arc<Reference>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = reference;
    }

    /// Where a date-only touch is placed. Dates are few, so that the lock is, too.
    pub(super) fn noon(&self, hcp_id: &str, date: NaiveDate) -> Micros {
        self.0.read().unwrap_or_else(PoisonError::into_inner).noon(hcp_id, date)
    }
}
