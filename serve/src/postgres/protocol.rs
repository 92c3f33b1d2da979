//! The bytes of the Postgres protocol, version 3.0: what clients say (asks), what the server says (answers), and the
//! socket between them (wire).
//!
//! Read by hand, each message within its own length: what a stranger sends before it is known must neither panic nor make
//! the server keep more than a little of it.

mod answers;
mod ask;
mod stream;
#[cfg(test)]
mod tests;
mod wire;

pub(super) use answers::{Answers, AuthenticationStep, Described, TransactionStatus};
pub(super) use ask::{Ask, Bind, Execute, Opening, Parse, Target};
pub(super) use stream::Stream;
pub(super) use wire::{Wire, WireError};
