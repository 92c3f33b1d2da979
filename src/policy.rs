//! The policy file: budgets, gaps, quiet hours, weights and thresholds as TOML, read strictly into a [`Policy`].
//!
//! ```toml
//! version = "2026-1"             # required; stands on every result
//!
//! [[budgets]]
//! name = "rep-email"
//! cap = 5
//! window = "30d"
//! scope = { kinds = ["emails"], origins = ["rep"] }
//! ```
//!
//! Every key but `version` has its default from [`Policy::default`]; docs/POLICY.md lists them. A text is read whole:
//! unknown keys, values out of range, and budgets that contradict each other or can never hold are all told at once,
//! each with its line and with what to do. A list is never empty: leaving it out means any. Paths count from 1:
//! `budgets[2]` is the second.
//!
//! Whatever a file says, answers to medical requests, service and safety neither count nor are held back.
//!
//! | module | one noun |
//! |---|---|
//! | [`section`] | a TOML table, its known keys and its problems |
//! | [`want`] | a value as it is expected |
//! | [`read`] | the policy of a text |
//! | [`limits`] | budgets, gaps, selectors, scopes and rules of a text |
//! | [`contradictions`] | what is fine alone and wrong together |
//! | [`plain`] | what a policy does, in words |
//! | [`template`] | policies to begin with |

mod contradictions;
mod limits;
mod plain;
mod read;
mod section;
pub mod template;
#[cfg(test)]
mod tests;
mod want;

pub use plain::explain;

use crate::config::{Problem, list_problems};
use std::path::Path;
use std::sync::Arc;
use touchpoint::Policy;

/// A policy file that cannot be used. Its author has to mend it; a retry does not help. Exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The file cannot be read.
    #[error("cannot read the policy {file}: {source}")]
    Unreadable {
        /// Its name as given.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file says what it may not; every problem is listed, in the order of the file.
    #[error("{}", list_problems(&format!("the policy {file}"), problems))]
    Problems {
        /// Its name as given.
        file: String,
        /// At least one.
        problems: Vec<Problem>,
    },
}

/// Reads a file.
///
/// # Errors
/// [`PolicyError::Unreadable`] if it cannot be read; else every problem of its text at once.
pub fn load(file: &Path) -> Result<Policy, PolicyError> {
    let name = file.display().to_string();
    let text =
        std::fs::read_to_string(file).map_err(|source| PolicyError::Unreadable { file: name.clone(), source })?;
    parse(&name, &text)
}

/// Reads a text; `file` is its name in messages.
///
/// # Errors
/// Every problem of the text at once.
pub fn parse(file: &str, text: &str) -> Result<Policy, PolicyError> {
    read::policy(text).map_err(|problems| PolicyError::Problems { file: file.to_owned(), problems })
}

/// The policy of a file, or the default without one.
///
/// # Errors
/// As [`load`].
pub fn in_force(file: Option<&Path>) -> Result<Arc<Policy>, PolicyError> {
    Ok(Arc::new(file.map(load).transpose()?.unwrap_or_default()))
}

/// Whether two policies say the same of every HCP and touch, under the same name. The order of limits says nothing.
pub fn means_the_same(one: &Policy, other: &Policy) -> bool {
    let in_order = |policy: &Policy| {
        let mut policy = policy.clone();
        policy.budgets.sort_by(|a, b| a.name.cmp(&b.name));
        policy.minimum_gaps.sort_by(|a, b| a.name.cmp(&b.name));
        policy
    };
    in_order(one) == in_order(other)
}

/// The policy of a text that changed while those of `taken` were in force, one after the other.
///
/// # Errors
/// As [`parse`]; and a text that means something else under a version that was in force, since results would no longer
/// say which policy they follow.
pub fn reload(file: &str, text: &str, taken: &[Arc<Policy>]) -> Result<Policy, PolicyError> {
    let new = parse(file, text)?;
    if taken.iter().any(|old| new.version == old.version && !means_the_same(&new, old)) {
        let what = format!("was in force as {:?} with another meaning; give the file a new version", new.version);
        let problems = vec![Problem { line: None, path: "version".to_owned(), what }];
        return Err(PolicyError::Problems { file: file.to_owned(), problems });
    }
    Ok(new)
}
