//! What the reference tables say of the HCP asked about at an instant, read from their rows.

use super::metrics::Question;
use touchpoint::reference::{AccountRow, HcpRow, Validity};
use touchpoint::{Micros, Word};

/// Whether a row holds: valid_from ≤ at < valid_to.
pub(super) fn holds(validity: Validity, at: Micros) -> bool {
    validity.from <= at && at < validity.to
}

/// The row of `hcps` that holds at `at`.
pub(super) fn hcp<'a>(question: &Question<'a>, at: Micros) -> Option<&'a HcpRow> {
    question.reference.rows().hcps(question.hcp_id).iter().find(|row| holds(row.validity, at))
}

/// The account of the primary affiliation at `at`, else that of the row of `hcps`.
pub(super) fn account_id<'a>(question: &Question<'a>, at: Micros) -> Option<&'a str> {
    for row in question.reference.rows().affiliations(question.hcp_id) {
        if row.is_primary && holds(row.validity, at) {
            return Some(&row.account_id);
        }
    }
    hcp(question, at)?.account_id.as_deref()
}

/// The declared model, as a word, of the HCP's account at `at`.
pub(super) fn execution_model(question: &Question<'_>, at: Micros) -> Option<&'static str> {
    let accounts: &[AccountRow] = question.reference.rows().accounts(account_id(question, at)?);
    let account = accounts.iter().find(|row| holds(row.validity, at))?;
    account.declared_model.map(Word::as_str)
}

/// Whether anybody has the HCP as a target at T.
pub(super) fn is_target(question: &Question<'_>) -> bool {
    let rows = question.reference.rows().panels(question.hcp_id);
    rows.iter().any(|row| row.is_target && holds(row.validity, question.at))
}
