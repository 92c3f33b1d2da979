//! Statements and portals that a client keeps under their names; the empty name is used for what is needed once.
//!
//! A cursor is a portal. Portals end with their transaction, cursors `WITH HOLD` with the connection.

use super::Connection;
use crate::postgres::fault::{Fault, SqlState};
use crate::postgres::journal::Entry;
use crate::postgres::parameters::ParameterTypes;
use crate::postgres::rows::Shape;
use crate::postgres::running::Running;
use crate::postgres::statement::command::Extent;
use crate::postgres::statement::{Command, Query};
use arrow::datatypes::SchemaRef;
use datafusion::logical_expr::LogicalPlan;
use std::collections::HashMap;
use std::sync::Arc;

/// Statements that a client may keep.
const MOST_STATEMENTS: usize = 1_000;
/// Portals that a client may keep.
const MOST_PORTALS: usize = 100;

/// A statement that is kept.
#[derive(Debug, Clone)]
pub(super) enum Prepared {
    Empty,
    Query(Box<Query>, ParameterTypes, SchemaRef),
    Command(Box<Command>),
}

/// A statement with its values, ready to run.
pub(super) enum Portal {
    Empty,
    Command(Box<Command>),
    Rows(Box<Rows>),
}

/// A query with its values, and how far its rows have gone.
pub(super) struct Rows {
    pub(super) plan: Option<LogicalPlan>,
    pub(super) shape: Arc<Shape>,
    pub(super) entry: Entry,
    pub(super) running: Option<Running>,
    pub(super) over: bool,
    pub(super) life: Extent,
}

/// See the module.
#[derive(Default)]
pub(super) struct Kept {
    statements: HashMap<String, Prepared>,
    portals: HashMap<String, Portal>,
}

impl Kept {
    /// Keeps a statement.
    ///
    /// # Errors
    /// 42P05: another one has the name; 53400: there are too many.
    pub(super) fn prepare(&mut self, name: String, prepared: Prepared) -> Result<(), Fault> {
        if !name.is_empty() && self.statements.contains_key(&name) {
            let what = format!("prepared statement \"{name}\" already exists");
            return Err(Fault::new(SqlState::DuplicatePreparedStatement, what));
        }
        if self.statements.len() >= MOST_STATEMENTS && !self.statements.contains_key(&name) {
            return Err(too_many("prepared statements", MOST_STATEMENTS));
        }
        self.statements.insert(name, prepared);
        Ok(())
    }

    pub(super) fn statement(&self, name: &str) -> Result<&Prepared, Fault> {
        self.statements.get(name).ok_or_else(|| {
            Fault::new(SqlState::InvalidSqlStatementName, format!("prepared statement \"{name}\" does not exist"))
        })
    }

    /// Forgets a statement; whether there was one.
    pub(super) fn deallocate(&mut self, name: &str) -> bool {
        self.statements.remove(name).is_some()
    }

    pub(super) fn deallocate_all(&mut self) {
        self.statements.clear();
    }

    pub(super) fn portal(&self, name: &str) -> Result<&Portal, Fault> {
        self.portals.get(name).ok_or_else(|| no_portal(name))
    }

    /// Takes a portal out, to be put back by [`Self::put_back`].
    pub(super) fn take_portal(&mut self, name: &str) -> Result<Portal, Fault> {
        self.portals.remove(name).ok_or_else(|| no_portal(name))
    }

    pub(super) fn put_back(&mut self, name: String, portal: Portal) {
        self.portals.insert(name, portal);
    }
}

fn no_portal(name: &str) -> Fault {
    Fault::new(SqlState::InvalidCursorName, format!("portal \"{name}\" does not exist"))
}

fn too_many(what: &str, most: usize) -> Fault {
    Fault::new(SqlState::ConfigurationLimitExceeded, format!("a connection may keep {most} {what}"))
        .with_hint("Close those that are no longer needed.")
}

impl Connection {
    /// Keeps a portal; that of the empty name takes the place of another one.
    pub(super) async fn open_portal(&mut self, name: String, portal: Portal) -> Result<(), Fault> {
        if name.is_empty() {
            self.close_portal("").await;
        } else if self.kept.portals.contains_key(&name) {
            return Err(Fault::new(SqlState::DuplicateCursor, format!("cursor \"{name}\" already exists")));
        }
        if self.kept.portals.len() >= MOST_PORTALS {
            return Err(too_many("portals", MOST_PORTALS));
        }
        self.kept.portals.insert(name, portal);
        Ok(())
    }

    /// Ends a portal and what it runs; whether there was one.
    pub(super) async fn close_portal(&mut self, name: &str) -> bool {
        let Some(portal) = self.kept.portals.remove(name) else { return false };
        self.ended(portal).await;
        true
    }

    /// Ends the portals of the transaction.
    pub(super) async fn forget_portals(&mut self) {
        let portals = std::mem::take(&mut self.kept.portals);
        for (name, portal) in portals {
            match portal {
                Portal::Rows(rows) if rows.life == Extent::Session => {
                    self.kept.portals.insert(name, Portal::Rows(rows));
                }
                other => self.ended(other).await,
            }
        }
    }

    /// Ends all of them.
    pub(super) async fn forget_all(&mut self) {
        for (_, portal) in std::mem::take(&mut self.kept.portals) {
            self.ended(portal).await;
        }
    }

    /// Rows went out and more would have: the log is told that it is over.
    async fn ended(&mut self, portal: Portal) {
        let Portal::Rows(rows) = portal else { return };
        if rows.over || rows.running.is_none() {
            return;
        }
        drop(rows.running);
        if self.server.journal.end(&rows.entry, &self.reader, Ok(())).await.is_err() {
            tracing::warn!("the end of a portal stands in no audit line; its beginning does");
        }
    }
}
