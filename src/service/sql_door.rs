//! Whether Postgres clients are let in, and which: it fails closed.
//!
//! | users file | certificate | listens on | lets in |
//! |---|---|---|---|
//! | no | any | loopback | every caller, as a commercial one |
//! | yes | no | loopback | users with their passwords |
//! | yes | yes | anything | users with their passwords, encrypted |
//! | else | | | nothing is started: the error says what is missing |
//!
//! Without a folder for the audit log, which tables in an object store do not give, nothing is started either. Statements
//! run on threads of their own.

use super::users_watch::UsersWatch;
use crate::config::SqlSection;
use crate::session::{ReaderSessions, Source};
use crate::threads::{Threads, Urgency};
use crate::users;
use anyhow::Context;
use processors::SharedShards;
use serve::postgres::{Admission, Encryption, Journal, ServerParts, SharedUsers, serve};
use serve::{AuditLog, Health, PipelineMetrics};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use store::Store;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use touchpoint::{Clock, Micros};

/// The address, taken before anything else is begun.
pub(super) struct SqlSocket {
    listener: TcpListener,
    /// Where it listens.
    pub(super) address: SocketAddr,
    settings: SqlSection,
}

impl SqlSocket {
    /// Takes the address of `settings`.
    ///
    /// # Errors
    /// Another process has it.
    pub(super) fn bind(settings: SqlSection) -> anyhow::Result<Self> {
        let wanted = settings.listen;
        let listener = TcpListener::bind(wanted).with_context(|| {
            format!(
                "SQL cannot listen on {wanted}; choose another address with --sql or [sql] listen, or free the port"
            )
        })?;
        let address = listener.local_addr().context("asking the SQL socket for its address")?;
        Ok(Self { listener, address, settings })
    }
}

/// What sessions are made from.
pub(super) struct Rooms<'a> {
    pub(super) store: &'a Arc<Store>,
    pub(super) shards: &'a SharedShards,
    pub(super) health: &'a Arc<Health>,
    pub(super) clock: &'a Arc<dyn Clock>,
    pub(super) metrics: &'a PipelineMetrics,
}

/// A server that is ready to start.
pub(super) struct SqlDoor {
    listener: TcpListener,
    parts: ServerParts,
    threads: Threads,
    watch: Option<UsersWatch>,
}

/// Opens the door.
///
/// # Errors
/// It would have to let in who must not come in; a file has problems; the system has no room for threads.
pub(super) fn open(socket: SqlSocket, audit: Option<PathBuf>, rooms: &Rooms<'_>) -> anyhow::Result<SqlDoor> {
    let SqlSocket { listener, address, settings } = socket;
    let encryption = settings.tls.as_ref().map(Encryption::load).transpose()?;
    let admission = match &settings.users {
        Some(file) => Admission::Users(SharedUsers::new(users::load(file)?)?),
        None => Admission::Loopback,
    };
    if !address.ip().is_loopback() {
        anyhow::ensure!(
            settings.users.is_some(),
            "SQL on {address} would let in anybody: set [sql] users (docs/SQL.md)"
        );
        anyhow::ensure!(encryption.is_some(), "SQL on {address} would send rows in plain: set [sql] tls_certificate");
    }
    let audit = audit.context(
        "the tables lie in an object store and there is no folder for the audit log of SQL; set [http] audit",
    )?;
    let live = Source::Live { shards: rooms.shards.clone(), health: rooms.health.clone(), clock: rooms.clock.clone() };
    let staleness = Micros::try_from(settings.staleness.as_micros())?;
    let sessions = ReaderSessions::new(rooms.store.clone(), live, staleness, &settings.queries)?;
    let log = AuditLog::start(audit).context("starting the thread of the audit log")?;
    let (clock, metrics) = (rooms.clock.clone(), rooms.metrics.sql.clone());
    let journal = Journal { log, text: settings.audit_text, clock, metrics };
    let threads = Threads::start("sql", settings.threads, STACK, Urgency::Usual);
    let threads = threads.context("starting the threads of SQL statements")?;
    let watch = watch(&settings, (&admission, encryption.as_ref()), rooms.metrics)?;
    let sessions = Arc::new(sessions);
    let handle = threads.handle().context("the threads are gone: a bug")?;
    let parts = ServerParts { admission, encryption, sessions, limits: settings.limits, journal, threads: handle };
    Ok(SqlDoor { listener, parts, threads, watch })
}

/// The watch over users and certificate, if there are users. Says which are in force.
fn watch(
    settings: &SqlSection,
    (admission, encryption): (&Admission, Option<&Encryption>),
    metrics: &PipelineMetrics,
) -> anyhow::Result<Option<UsersWatch>> {
    let (Admission::Users(users), Some(file)) = (admission, &settings.users) else {
        metrics.users.in_force("none");
        return Ok(None);
    };
    metrics.users.in_force(&users.now().version());
    let encryption = settings.tls.clone().zip(encryption.cloned());
    let watch = UsersWatch::new(file.clone(), users.clone(), encryption, metrics.users.clone());
    Ok(Some(watch.context("listening for SIGHUP")?))
}

impl SqlDoor {
    /// Lets clients in until `quiet`.
    pub(super) fn start(self, background: &mut JoinSet<()>, quiet: &CancellationToken) {
        let Self { listener, parts, threads, watch } = self;
        if let Some(watch) = watch {
            background.spawn(watch.run(quiet.clone()));
        }
        let stop = quiet.clone();
        background.spawn(async move {
            if let Err(error) = serve(listener, parts, stop).await {
                tracing::error!(%error, "postgres clients are no longer served; the pipeline goes on");
            }
            drop(threads);
        });
    }
}

/// Deep statements are planned by recursion: as deep as the parser lets them be.
const STACK: usize = 32 << 20;
