//! Who a client is: users, their verifiers, and the exchange that proves a password without sending it.
//!
//! A user that is not there is asked like one that is, with a salt made from its name and a secret of the process, and fails
//! at the same step with the same words: neither the answer nor its time tells who has an account.

mod exchange;
mod users;
mod verifier;

#[cfg(test)]
mod tests;

pub use users::{Admission, SharedUsers, User, Users};
pub use verifier::{PasswordError, Verifier};

pub(super) use exchange::{Challenge, MECHANISM};
