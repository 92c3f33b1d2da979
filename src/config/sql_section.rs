//! `[sql]`: the server for Postgres clients.

use crate::config::problem::{ConfigError, Problem};
use crate::config::resolve::Typed;
use crate::config::settings::{Origin, Setting, Settings, Value};
use crate::config::{DEFAULT_TOML, document};
use crate::session::QueryLimits;
use serve::postgres::{AuditText, EncryptionFiles, Limits, MaxConnections};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// See the module.
#[derive(Debug, Clone, PartialEq)]
pub struct SqlSection {
    /// Whether there is one.
    pub enabled: bool,
    /// Where it listens.
    pub listen: SocketAddr,
    /// `users`: who may log in; without it every caller of this machine, as a commercial reader.
    pub users: Option<PathBuf>,
    /// `tls_certificate` and `tls_key`; without them nothing is encrypted.
    pub tls: Option<EncryptionFiles>,
    /// What a client may use.
    pub limits: Limits,
    /// What statements may use of memory and disk.
    pub queries: QueryLimits,
    /// Threads that statements run on.
    pub threads: usize,
    /// How far stored tables may be behind.
    pub staleness: Duration,
    /// How texts stand in the audit log.
    pub audit_text: AuditText,
}

impl SqlSection {
    /// That of a configuration that says nothing.
    ///
    /// # Errors
    /// `default.toml` lacks a key: a bug.
    pub fn usual() -> Result<Self, ConfigError> {
        let (settings, problems) = document::read(DEFAULT_TOML, |_| Origin::Default);
        let told = |problems| ConfigError::Problems { file: "of the defaults".to_owned(), problems };
        if !problems.is_empty() {
            return Err(told(problems));
        }
        resolve(&Typed(&settings)).map_err(|problem| told(vec![problem]))
    }
}

/// A certificate without a key, and an address that others reach without users and certificate.
pub(super) fn problems(settings: &Settings) -> Vec<Problem> {
    let is_set = |path: &str| settings.get(path).is_some();
    let mut problems = Vec::new();
    for (path, other) in [("sql.tls_certificate", "sql.tls_key"), ("sql.tls_key", "sql.tls_certificate")] {
        if let Some(setting) = settings.get(path).filter(|_| !is_set(other)) {
            let what = format!("needs {other} beside it");
            problems.push(Problem { line: setting.origin.line(), path: path.to_owned(), what });
        }
    }
    let enabled = matches!(settings.get("sql.enabled"), Some(Setting { value: Value::Flag(true), .. }));
    if let Some(Setting { value: Value::Address(address), origin }) = settings.get("sql.listen")
        && enabled
        && !address.ip().is_loopback()
    {
        for path in ["sql.users", "sql.tls_certificate"].into_iter().filter(|path| !is_set(path)) {
            let what = format!("is needed where sql.listen is {address}: others than this machine reach it");
            problems.push(Problem { line: origin.line(), path: path.to_owned(), what });
        }
    }
    problems
}

/// The section.
///
/// # Errors
/// As [`super::resolve::resolve`].
pub(super) fn resolve(from: &Typed<'_>) -> Result<SqlSection, Problem> {
    let size = |path: &str| from.take(path, |v| if let Value::Size(size) = v { Some(*size) } else { None });
    let memory = |path: &str| size(path).map(|size| usize::try_from(size).unwrap_or(usize::MAX));
    let count = |path: &str| from.count(path).map(|count| usize::try_from(count).unwrap_or(usize::MAX));
    let files = (from.path("sql.tls_certificate")?, from.path("sql.tls_key")?);
    Ok(SqlSection {
        enabled: from.flag("sql.enabled")?,
        listen: from.take("sql.listen", |v| if let Value::Address(a) = v { Some(*a) } else { None })?,
        users: from.path("sql.users")?,
        tls: match files {
            (Some(certificate), Some(key)) => Some(EncryptionFiles { certificate, key }),
            _ => None,
        },
        limits: Limits {
            connections: MaxConnections {
                total: count("sql.connections")?,
                per_user: count("sql.connections_per_user")?,
            },
            login: from.duration("sql.login_timeout")?,
            idle: from.duration("sql.idle_timeout")?,
            statement: from.duration("sql.statement_timeout")?,
            rows: u64::from(from.count("sql.rows")?),
            bytes: size("sql.bytes")?,
            message: memory("sql.message_bytes")?,
            statements: count("sql.statements")?,
        },
        queries: QueryLimits {
            memory: memory("sql.memory")?,
            memory_per_connection: memory("sql.memory_per_connection")?,
            spill: size("sql.spill")?,
            spill_folder: from.path("sql.spill_folder")?,
        },
        threads: count("sql.threads")?,
        staleness: from.duration("sql.staleness")?,
        audit_text: if from.flag("sql.audit_text")? { AuditText::Full } else { AuditText::Hashed },
    })
}
