//! One client that is logged in, from its greeting to its last message.
//!
//! | module | one noun |
//! |---|---|
//! | `asked` | a statement of a client while it is being answered: its time, its end, its audit line |
//! | `simple` | texts that are run as they come |
//! | `extended` | statements that are prepared, bound and run in steps |
//! | `portals` | statements and portals under their names |
//! | `sending` | rows on their way out |
//! | `commands` | what a session answers by itself |
//! | `copying` | rows that are copied out |
//!
//! A fault ends a statement, never the connection; what breaks the protocol ends the connection, never the server.

mod asked;
mod commands;
mod copying;
mod extended;
mod portals;
mod sending;
mod simple;

use super::catalog;
use super::door::Entered;
use super::engine::shutting_down;
use super::fault::{Fault, SqlState};
use super::places::Place;
use super::protocol::{Ask, Stream, TransactionStatus, Wire, WireError};
use super::server::Server;
use super::statement::Settings;
use super::statement::command::Extent;
use crate::access::Reader;
use crate::metrics::sql::SqlRejection;
use datafusion::prelude::SessionContext;
use portals::Kept;
use std::collections::BTreeMap;
use std::sync::Arc;
use touchpoint::Tz;

/// Why a message is not answered as asked.
#[derive(Debug)]
enum Failure {
    /// The statement's end; the connection goes on.
    Fault(Fault),
    /// The connection's end.
    Broken(WireError),
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<WireError> for Failure {
    fn from(error: WireError) -> Self {
        Self::Broken(error)
    }
}

/// Whether messages are taken or read past, after a fault, up to the next sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    Taken,
    ToSync,
}

/// See the module.
pub(super) struct Connection {
    server: Arc<Server>,
    wire: Wire<Stream>,
    place: Place,
    reader: Reader,
    context: SessionContext,
    settings: Arc<Settings>,
    kept: Kept,
    transaction: TransactionStatus,
    statements: u64,
}

impl Connection {
    /// Serves a client until it or the server ends.
    pub(super) async fn serve(server: Arc<Server>, entered: Entered) {
        let Entered { mut wire, reader, place, parameters } = entered;
        let opened = server.engine.run(open(server.clone(), reader.clone())).await;
        let (context, settings) = match opened.and_then(|opened| begin(&opened.1, &parameters).map(|()| opened)) {
            Ok(opened) => opened,
            Err(fault) => {
                server.journal.metrics.rejected(SqlRejection::Server);
                return wire.end(&fault).await;
            }
        };
        settings.limit_statements(server.limits.statement);
        settings.name_backend(place.number);
        for shown in settings.reported() {
            wire.out.parameter_status(shown.name, &shown.value);
        }
        wire.out.backend_key(place.number, place.secret);
        let (kept, transaction) = (Kept::default(), TransactionStatus::Idle);
        let connection = Self { server, wire, place, reader, context, settings, kept, transaction, statements: 0 };
        connection.run().await;
    }

    async fn run(mut self) {
        self.wire.out.ready(self.transaction);
        let ended = self.messages().await;
        self.forget_all().await;
        if let WireError::Fatal(fault) = ended {
            drop(tokio::time::timeout(self.server.limits.login, self.wire.end(&fault)).await);
        }
    }

    /// Answers messages until the connection ends.
    async fn messages(&mut self) -> WireError {
        let mut reading = Reading::Taken;
        loop {
            let ask = match self.next().await {
                Ok(ask) => ask,
                Err(error) => return error,
            };
            if ask == Ask::Terminate {
                return WireError::Gone;
            }
            if reading == Reading::ToSync && ask != Ask::Sync {
                continue;
            }
            reading = Reading::Taken;
            let is_query = !ask.is_extended();
            match self.answer(ask).await {
                Ok(()) => {}
                Err(Failure::Broken(error)) => return error,
                Err(Failure::Fault(fault)) if fault.state == SqlState::AdminShutdown => return WireError::Fatal(fault),
                Err(Failure::Fault(fault)) => {
                    self.wire.out.error(&fault);
                    if self.transaction == TransactionStatus::Open {
                        self.transaction = TransactionStatus::Failed;
                    }
                    if is_query {
                        self.ready().await;
                    } else {
                        reading = Reading::ToSync;
                    }
                }
            }
        }
    }

    /// The next message; what waits to go out goes out before it is waited for.
    async fn next(&mut self) -> Result<Ask, WireError> {
        if !self.wire.more_waits() {
            let flushed = tokio::time::timeout(self.server.limits.idle, self.wire.flush()).await;
            flushed.unwrap_or(Err(WireError::Gone))?;
        }
        let stop = self.server.stop.clone();
        tokio::select! {
            ask = tokio::time::timeout(self.server.limits.idle, self.wire.ask()) => ask.unwrap_or_else(|_| {
                let why = "terminating connection due to idle-session timeout";
                Err(WireError::Fatal(Fault::new(SqlState::IdleSessionTimeout, why)))
            }),
            () = stop.cancelled() => Err(WireError::Fatal(shutting_down())),
        }
    }

    async fn answer(&mut self, ask: Ask) -> Result<(), Failure> {
        match ask {
            Ask::Query(sql) => {
                self.query(sql).await?;
                self.ready().await;
            }
            Ask::Parse(parse) => self.parse(parse).await?,
            Ask::Bind(bind) => self.bind(bind).await?,
            Ask::Describe(target) => self.describe(&target)?,
            Ask::Execute(execute) => self.execute(&execute).await?,
            Ask::Close(target) => self.close(target).await?,
            Ask::Flush => self.wire.flush().await?,
            Ask::Sync => self.ready().await,
            Ask::Copy | Ask::Terminate => {}
            Ask::Secret(_) => {
                let fault = Fault::new(SqlState::ProtocolViolation, "a password that nobody asked for");
                return Err(Failure::Broken(WireError::Fatal(fault)));
            }
        }
        Ok(())
    }

    /// A sequence of messages is answered: outside of a transaction nothing of it stays open.
    async fn ready(&mut self) {
        if self.transaction == TransactionStatus::Idle {
            self.end_transaction().await;
        }
        self.wire.out.ready(self.transaction);
    }

    /// Portals and local settings of the transaction end.
    async fn end_transaction(&mut self) {
        self.forget_portals().await;
        for shown in self.settings.end_transaction() {
            self.wire.out.parameter_status(shown.name, &shown.value);
        }
    }

    /// In which instants are shown.
    fn zone(&self) -> Tz {
        self.settings.value("TimeZone").and_then(|zone| zone.parse().ok()).unwrap_or(Tz::UTC)
    }
}

/// A session for a reader.
async fn open(server: Arc<Server>, reader: Reader) -> Result<(SessionContext, Arc<Settings>), Fault> {
    let fault = |error| {
        tracing::error!(%error, "a session of an sql client could not be opened");
        Fault::new(SqlState::CannotConnectNow, "the server cannot open a session now; its log says why")
    };
    let context = server.sessions.open(&reader).map_err(fault)?;
    catalog::install(&context, &reader).map_err(fault)?;
    let settings = Settings::of(&context);
    let missing = || Fault::new(SqlState::InternalError, "internal error: a session without settings");
    Ok((context, settings.ok_or_else(missing)?))
}

/// Takes what a client set as it began. Settings that are not known are left out: drivers send what only PostgreSQL has.
fn begin(settings: &Settings, parameters: &BTreeMap<String, String>) -> Result<(), Fault> {
    let own = parameters.iter().filter(|(name, _)| {
        !matches!(name.as_str(), "user" | "database" | "options" | "replication") && !name.starts_with("_pq_.")
    });
    let options = parameters.get("options").map(String::as_str).unwrap_or_default();
    // `-c name=value`, `--name=value`
    let mut words = options.split_whitespace().filter(|word| *word != "-c");
    let given =
        words.by_ref().filter_map(|word| word.trim_start_matches("-c").trim_start_matches("--").split_once('='));
    for (name, value) in own.map(|(name, value)| (name.as_str(), value.as_str())).chain(given) {
        match settings.set(name, Some(value), Extent::Session) {
            Err(fault) if fault.state == SqlState::UndefinedObject => {}
            told => {
                told?;
            }
        }
    }
    Ok(())
}
