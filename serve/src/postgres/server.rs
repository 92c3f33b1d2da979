//! The server: who connects, one task each, until it is told to stop.

use super::connection::Connection;
use super::encryption::Encryption;
use super::engine::Engine;
use super::fault::Fault;
use super::journal::Journal;
use super::limits::Limits;
use super::login::Admission;
use super::places::Places;
use super::protocol::Answers;
use super::sessions::Sessions;
use crate::metrics::sql::SqlRejection;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long connections may take to end once the server is told to stop.
const STOP_WITHIN: Duration = Duration::from_secs(5);
/// How long accepting rests when the system has no room for another connection.
const REST: Duration = Duration::from_millis(100);

/// What a server is made of.
pub struct ServerParts {
    /// Whom it lets in.
    pub admission: Admission,
    /// What connections are encrypted with; `None`: nothing is.
    pub encryption: Option<Encryption>,
    /// Where sessions come from.
    pub sessions: Arc<dyn Sessions>,
    /// What a client may use.
    pub limits: Limits,
    /// Audit lines and numbers.
    pub journal: Journal,
    /// Where statements run: threads that nothing else needs.
    pub threads: Handle,
}

/// The server stopped for good: the machine's fault; starting again may help.
#[derive(Debug, thiserror::Error)]
#[error("the bound SQL socket could not be taken over: {0}")]
pub struct ServerError(#[source] std::io::Error);

/// See the module.
pub(super) struct Server {
    pub(super) admission: Admission,
    pub(super) encryption: Option<Encryption>,
    pub(super) sessions: Arc<dyn Sessions>,
    pub(super) limits: Limits,
    pub(super) journal: Journal,
    pub(super) engine: Engine,
    pub(super) places: Arc<Places>,
    pub(super) stop: CancellationToken,
}

/// Serves on `listener` until `stop` is cancelled; statements that run then end with 57P01.
///
/// # Errors
/// The socket cannot be taken over.
pub async fn serve(listener: TcpListener, parts: ServerParts, stop: CancellationToken) -> Result<(), ServerError> {
    listener.set_nonblocking(true).map_err(ServerError)?;
    let listener = tokio::net::TcpListener::from_std(listener).map_err(ServerError)?;
    let server = Arc::new(Server {
        admission: parts.admission,
        encryption: parts.encryption,
        sessions: parts.sessions,
        engine: Engine::new(parts.threads, parts.limits.statements),
        places: Places::new(parts.limits.connections),
        limits: parts.limits,
        journal: parts.journal,
        stop: stop.clone(),
    });
    let sessions = server.sessions.clone();
    server.journal.metrics.memory(move || sessions.memory());
    let mut clients = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = clients.join_next(), if !clients.is_empty() => continue,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((socket, _)) => {
                clients.spawn(server.clone().client(socket));
            }
            Err(error) => {
                tracing::warn!(%error, "an sql connection could not be accepted");
                tokio::select! { () = tokio::time::sleep(REST) => {}, () = stop.cancelled() => break }
            }
        }
    }
    let all = async { while clients.join_next().await.is_some() {} };
    if tokio::time::timeout(STOP_WITHIN, all).await.is_err() {
        tracing::warn!(seconds = STOP_WITHIN.as_secs(), "sql connections were cut off at shutdown");
    }
    Ok(())
}

impl Server {
    pub(super) fn stopping(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// One connection, from its first byte to its last.
    async fn client(self: Arc<Self>, socket: TcpStream) {
        // Answers are written whole: held back to be sent with the next one, they would wait for nothing.
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps small packets back");
        }
        let entered = match self.places.at_the_door() {
            Ok(_door) => self.open_door(socket).await,
            Err(fault) => {
                self.journal.metrics.rejected(SqlRejection::Connections);
                return turn_away(socket, &fault).await;
            }
        };
        let Some(entered) = entered else { return };
        self.journal.metrics.connections(self.places.count());
        Connection::serve(self.clone(), entered).await;
        self.journal.metrics.connections(self.places.count());
    }
}

/// Says why, without listening.
async fn turn_away(mut socket: TcpStream, fault: &Fault) {
    let mut out = Answers::default();
    out.fatal(fault);
    // A client that is gone already has lost nothing.
    drop(tokio::time::timeout(REST, socket.write_all_buf(&mut out.0)).await);
}
