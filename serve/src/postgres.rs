//! The SQL server that Postgres clients speak to.
//!
//! A client comes in by the door, gets a session of its own over what all share, and its statements run on threads of their
//! own. Nothing that it says changes data, and what it may see is decided by what its session holds.
//!
//! | module | one noun |
//! |---|---|
//! | [`server`] | who connects, until the server stops |
//! | `door` | from a socket to a client that is known |
//! | [`login`] | users, their verifiers, the proof of a password |
//! | [`encryption`] | TLS |
//! | [`limits`] | what one client may use |
//! | `places` | how many connections there are, and how one ends what another runs |
//! | `connection` | one client that is logged in |
//! | [`statement`] | what a statement is |
//! | [`catalog`] | what clients look up about tables |
//! | `engine` | where statements run |
//! | `running` | a query that runs |
//! | `rows` | rows as they are sent |
//! | `parameters` | values as they are received |
//! | `protocol` | the bytes |
//! | [`fault`] | what a client is told when a statement does not run |
//! | [`journal`] | audit lines of statements |
//! | [`sessions`] | where the session of a connection comes from |

pub mod catalog;
mod connection;
mod door;
pub mod encryption;
mod engine;
pub mod fault;
pub mod journal;
pub mod limits;
pub mod login;
mod parameters;
mod places;
mod protocol;
mod rows;
mod running;
pub mod server;
pub mod sessions;
pub mod statement;
#[cfg(test)]
mod tests;

pub use encryption::{Encryption, EncryptionError, EncryptionFiles};
pub use fault::{Fault, SqlState};
pub use journal::{AuditText, Journal};
pub use limits::Limits;
pub use login::{Admission, PasswordError, SharedUsers, User, Users, Verifier};
pub use places::MaxConnections;
pub use server::{ServerError, ServerParts, serve};
pub use sessions::Sessions;
pub use statement::{Settings, Understood, understand};
