//! Statements on a server that speaks the Postgres protocol: `touchload run` with `[sql]`, or any other.
//!
//! Statements go as simple queries and rows come as text, which is turned into the types that the server names, so that
//! every format has what it has over tables ([`values`]). One connection, made when it is first wanted and again after it
//! was lost; a statement that is dropped is cancelled by [`Server::cancel`] on a second one. Off loopback the connection is
//! encrypted and the server's name is checked ([`address`]). Passwords come from the environment, a file or the keyboard
//! ([`password`]), never from the URL.

pub mod address;
mod catalog;
mod connection;
pub mod password;
mod secure;
#[cfg(test)]
mod tests;
mod values;

pub use address::Address;

use crate::prompt::SqlError;
use address::Secrecy;
use connection::Connection;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::stream;
use password::Password;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::timeout;

/// How long a server may take to take a connection, or to end a statement that was cancelled.
const PATIENCE: Duration = Duration::from_secs(10);

/// What goes wrong between here and a server.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The server refuses the statement or the connection; what helps stands in its words.
    #[error("{}", .0.told())]
    Refused(Box<Refusal>),
    /// It is not there, or went away. A retry may help: the next statement connects again.
    #[error("{address}: {cause}")]
    Unreachable {
        /// Host and port.
        address: String,
        /// What the system says.
        cause: String,
    },
    /// It wants a password, and none is known.
    #[error(
        "the server wants a password: set PGPASSWORD, or add a line to ~/.pgpass (host:port:database:user:password)"
    )]
    NoPassword,
    /// It speaks in a way that this client does not.
    #[error("the server {0}")]
    Unexpected(String),
    /// The connection cannot be encrypted as asked.
    #[error("TLS: {0}")]
    Tls(String),
}

/// The error of a server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refusal {
    /// SQLSTATE.
    pub code: String,
    /// One line.
    pub message: String,
    /// More, or empty.
    pub detail: String,
    /// What may help, or empty.
    pub hint: String,
    /// Which character of the statement, from 1.
    pub position: Option<usize>,
}

impl Refusal {
    fn told(&self) -> String {
        let mut text = format!("{} ({})", self.message, self.code);
        for (label, more) in [("detail", &self.detail), ("hint", &self.hint)] {
            if !more.is_empty() {
                text.push_str(&format!("\n{label}: {more}"));
            }
        }
        text
    }
}

impl ServerError {
    /// Which character of the statement is meant, from 1.
    pub(super) fn position(&self) -> Option<usize> {
        match self {
            Self::Refused(refusal) => refusal.position,
            _ => None,
        }
    }

    fn unexpected(what: impl Into<String>) -> Self {
        Self::Unexpected(what.into())
    }
}

impl Address {
    /// The connection is not to be had, or was lost.
    fn lost(&self, error: &std::io::Error) -> ServerError {
        let cause = match error.kind() {
            std::io::ErrorKind::UnexpectedEof => "the server ended the connection".to_owned(),
            _ => error.to_string(),
        };
        ServerError::Unreachable { address: self.place(), cause }
    }
}

/// A server; clones are the same connection.
#[derive(Clone)]
pub struct Server {
    address: Arc<Address>,
    password: Option<Password>,
    connection: Arc<Mutex<Option<Connection>>>,
}

impl Server {
    /// Connects, to learn at once what is wrong.
    ///
    /// # Errors
    /// The server is not there, refuses the user, or cannot be trusted; [`ServerError::NoPassword`] if it asks for a
    /// password and there is none.
    pub async fn connect(address: Address, password: Option<Password>) -> Result<Self, ServerError> {
        let server = Self { address: Arc::new(address), password, connection: Arc::default() };
        let connection = server.reach().await?;
        *server.connection.lock().await = Some(connection);
        Ok(server)
    }

    /// Runs one statement.
    pub(super) async fn run(self, sql: String) -> Result<SendableRecordBatchStream, SqlError> {
        let mut held = self.ready().await?;
        let Some(connection) = held.as_mut() else { return Err(ServerError::unexpected("is not connected").into()) };
        let answer = match connection.ask(&sql).await {
            Ok(answer) => answer,
            Err(error) => {
                if !matches!(error, ServerError::Refused(_)) {
                    *held = None;
                }
                return Err(error.into());
            }
        };
        let schema = answer.schema();
        let rows = stream::unfold(Some((held, answer)), |state| async {
            let (mut held, mut answer) = state?;
            let batch = match held.as_mut()?.next(&mut answer).await {
                Ok(batch) => Ok(batch?),
                Err(error) => {
                    if !matches!(error, ServerError::Refused(_)) {
                        *held = None;
                    }
                    // What ended a result ends its stream.
                    return Some((Err(DataFusionError::External(Box::new(error))), None));
                }
            };
            Some((batch, Some((held, answer))))
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, rows)))
    }

    /// Ends the statement that runs, if one does: asks the server, and if it does not end it, leaves it.
    pub(super) async fn cancel(&self) {
        let mut held = self.connection.lock().await;
        let Some(connection) = held.as_mut().filter(|connection| connection.is_busy()) else { return };
        let key = connection.key();
        let ended = timeout(PATIENCE, async {
            connection::cancel(&self.address, key).await?;
            connection.settle().await
        });
        let problem = match ended.await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer in time".to_owned(),
        };
        tracing::debug!(problem, "the connection of a cancelled statement is left");
        *held = None;
    }

    /// The connection, with nothing running on it.
    async fn ready(&self) -> Result<OwnedMutexGuard<Option<Connection>>, ServerError> {
        let mut held = self.connection.clone().lock_owned().await;
        // A statement that was dropped without being cancelled: its rows are still on their way.
        let settled = match held.as_mut() {
            Some(connection) if connection.is_busy() => {
                timeout(PATIENCE, connection.settle()).await.is_ok_and(|r| r.is_ok())
            }
            Some(_) => true,
            None => false,
        };
        if !settled {
            *held = None;
            *held = Some(self.reach().await?);
        }
        Ok(held)
    }

    async fn reach(&self) -> Result<Connection, ServerError> {
        let late = || ServerError::Unreachable {
            address: self.address.place(),
            cause: format!("no answer within {} s", PATIENCE.as_secs()),
        };
        let reached = timeout(PATIENCE, connection::open(&self.address, self.password.as_ref()));
        reached.await.map_err(|_| late())?
    }
}
