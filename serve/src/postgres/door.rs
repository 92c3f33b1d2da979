//! From a socket to a client that is known: encryption, login, a place.
//!
//! A server with a certificate takes encrypted connections only; a request to cancel may come in plain, as older clients
//! send it. Who is refused is told why before the connection ends, and where that is a wrong password, only after a
//! while.

use super::engine::shutting_down;
use super::fault::{Fault, SqlState};
use super::login::{Admission, Challenge, MECHANISM, SharedUsers};
use super::places::Place;
use super::protocol::{Ask, AuthenticationStep, Opening, Stream, Wire, WireError};
use super::server::Server;
use crate::access::Reader;
use crate::metrics::sql::SqlRejection;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::net::TcpStream;

/// First byte of a client that begins with TLS at once.
const TLS_HANDSHAKE: u8 = 0x16;
/// How long who fails to log in waits for the answer: guessing goes slowly.
const AFTER_WRONG: Duration = Duration::from_millis(500);

/// A client that is known.
pub(super) struct Entered {
    pub(super) wire: Wire<Stream>,
    pub(super) reader: Reader,
    pub(super) place: Place,
    /// What it set as it began.
    pub(super) parameters: BTreeMap<String, String>,
}

/// Why a connection does not become a client.
enum Closed {
    /// It is told so.
    Refused(Wire<Stream>, Fault, SqlRejection),
    /// It asked for something else and got it, or is gone.
    Done,
}

impl Server {
    /// Lets a connection in, or not.
    pub(super) async fn open_door(&self, socket: TcpStream) -> Option<Entered> {
        let refused = match tokio::time::timeout(self.limits.login, self.opened(socket)).await {
            Ok(Ok(entered)) => return Some(entered),
            Ok(Err(Closed::Refused(wire, fault, reason))) => Some((wire, fault, reason)),
            Ok(Err(Closed::Done)) => None,
            Err(_) => {
                self.journal.metrics.rejected(SqlRejection::Time);
                None
            }
        };
        if let Some((wire, fault, reason)) = refused {
            self.journal.metrics.rejected(reason);
            tracing::debug!(reason = reason.as_str(), state = fault.state.code(), "an sql client was not let in");
            if reason == SqlRejection::Password {
                tokio::time::sleep(AFTER_WRONG).await;
            }
            // A client that does not read is not waited for.
            drop(tokio::time::timeout(self.limits.login, wire.end(&fault)).await);
        }
        None
    }

    async fn opened(&self, socket: TcpStream) -> Result<Entered, Closed> {
        let mut first = [0];
        let direct = matches!(socket.peek(&mut first).await, Ok(1)) && first == [TLS_HANDSHAKE];
        let mut encrypted = direct;
        let mut wire = Wire::new(match direct {
            true => self.encrypt(socket).await?,
            false => Stream::Plain(socket),
        });
        let (minor, parameters) = loop {
            match wire.opening().await {
                Ok(Opening::Tls) if !encrypted && self.encryption.is_some() => {
                    wire.byte(b'S').await.map_err(|_| Closed::Done)?;
                    wire = match wire.into_stream() {
                        Ok(Stream::Plain(socket)) => Wire::new(self.encrypt(socket).await?),
                        Ok(Stream::Encrypted(_)) | Err(_) => return Err(Closed::Done),
                    };
                    encrypted = true;
                }
                Ok(Opening::Tls | Opening::Gss) => wire.byte(b'N').await.map_err(|_| Closed::Done)?,
                Ok(Opening::Cancel { backend, secret }) => {
                    self.places.cancel(backend, &secret);
                    return Err(Closed::Done);
                }
                Ok(Opening::Start { minor, parameters }) => break (minor, parameters),
                Err(WireError::Fatal(fault)) => return Err(Closed::Refused(wire, fault, SqlRejection::Protocol)),
                Err(WireError::Gone) => return Err(Closed::Done),
            }
        };
        if self.encryption.is_some() && !encrypted {
            let fault =
                Fault::new(SqlState::InvalidAuthorizationSpecification, "this server takes encrypted connections only");
            return Err(Closed::Refused(
                wire,
                fault.with_hint("Connect with sslmode=require."),
                SqlRejection::Plaintext,
            ));
        }
        self.enter(wire, minor, parameters).await
    }

    async fn encrypt(&self, socket: TcpStream) -> Result<Stream, Closed> {
        let Some(encryption) = &self.encryption else { return Err(Closed::Done) };
        match encryption.acceptor().accept(socket).await {
            Ok(stream) => Ok(Stream::Encrypted(Box::new(stream))),
            Err(error) => {
                self.journal.metrics.rejected(SqlRejection::Plaintext);
                tracing::debug!(%error, "a TLS handshake of an sql client failed");
                Err(Closed::Done)
            }
        }
    }

    async fn enter(
        &self,
        mut wire: Wire<Stream>,
        minor: u32,
        parameters: BTreeMap<String, String>,
    ) -> Result<Entered, Closed> {
        let unknown: Vec<&str> =
            parameters.keys().map(String::as_str).filter(|name| name.starts_with("_pq_.")).collect();
        if minor > 0 || !unknown.is_empty() {
            wire.out.negotiate(&unknown);
        }
        let Some(user) = parameters.get("user").filter(|user| !user.is_empty()) else {
            let fault = Fault::new(SqlState::InvalidAuthorizationSpecification, "no user name in the startup packet");
            return Err(Closed::Refused(wire, fault, SqlRejection::Protocol));
        };
        if parameters.get("replication").is_some_and(|value| !matches!(value.as_str(), "false" | "off" | "no" | "0")) {
            let fault = Fault::unsupported("replication");
            return Err(Closed::Refused(wire, fault, SqlRejection::Protocol));
        }
        let proved = match &self.admission {
            Admission::Loopback => Ok(Reader::loopback()),
            Admission::Users(users) => proved(&mut wire, users, user).await,
        };
        let reader = match proved {
            Ok(reader) => reader,
            Err(WireError::Gone) => return Err(Closed::Done),
            Err(WireError::Fatal(fault)) => {
                let wrong = fault.state == SqlState::InvalidPassword;
                let reason = if wrong { SqlRejection::Password } else { SqlRejection::Protocol };
                return Err(Closed::Refused(wire, fault, reason));
            }
        };
        if self.stopping() {
            return Err(Closed::Refused(wire, shutting_down(), SqlRejection::Server));
        }
        match self.places.enter(&reader.name) {
            Ok(place) => {
                wire.out.authentication(AuthenticationStep::Done);
                wire.known(self.limits.message);
                Ok(Entered { wire, reader, place, parameters })
            }
            Err(fault) => Err(Closed::Refused(wire, fault, SqlRejection::Connections)),
        }
    }
}

/// The reader whose password the client proves.
async fn proved(wire: &mut Wire<Stream>, users: &SharedUsers, user: &str) -> Result<Reader, WireError> {
    wire.out.authentication(AuthenticationStep::Mechanisms(&[MECHANISM]));
    wire.flush().await?;
    let challenge = Challenge::new(users, user, &secret(wire).await?).map_err(WireError::Fatal)?;
    wire.out.authentication(AuthenticationStep::Continue(&challenge.text));
    wire.flush().await?;
    let (reader, proof) = challenge.prove(&secret(wire).await?).map_err(WireError::Fatal)?;
    wire.out.authentication(AuthenticationStep::Final(&proof));
    Ok(reader)
}

async fn secret(wire: &mut Wire<Stream>) -> Result<tokio_util::bytes::Bytes, WireError> {
    match wire.ask().await? {
        Ask::Secret(bytes) => Ok(bytes),
        Ask::Terminate => Err(WireError::Gone),
        _ => Err(WireError::Fatal(Fault::new(SqlState::ProtocolViolation, "expected SASL response"))),
    }
}
