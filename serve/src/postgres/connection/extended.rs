//! Statements that are prepared, bound and run in steps.
//!
//! A statement is planned anew for every bind, over the tables as they are then; its rows keep the types that were
//! described, whatever the values make of them.

use super::portals::{Portal, Prepared, Rows};
use super::sending::Take;
use super::{Connection, Failure};
use crate::postgres::fault::{Fault, SqlState};
use crate::postgres::journal::Entry;
use crate::postgres::parameters::{ParameterTypes, declared};
use crate::postgres::protocol::{Bind, Execute, Parse, Target, TransactionStatus};
use crate::postgres::rows::{Formats, Shape};
use crate::postgres::statement::command::Extent;
use crate::postgres::statement::{Command, Query, Understood, understand};
use arrow::datatypes::SchemaRef;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::SessionContext;
use std::future::Future;
use std::sync::Arc;

impl Connection {
    pub(super) async fn parse(&mut self, parse: Parse) -> Result<(), Failure> {
        let Parse { name, sql, types } = parse;
        let prepared = match self.prepared(&sql, &types).await {
            Ok(prepared) => prepared,
            Err(failure) => return Err(self.unprepared(&sql, failure).await),
        };
        self.kept.prepare(name, prepared)?;
        self.wire.out.parse_complete();
        Ok(())
    }

    /// A statement that came to nothing is in the audit log too.
    pub(super) async fn unprepared(&mut self, sql: &str, failure: Failure) -> Failure {
        let entry = self.entry(sql.into());
        self.failed(&entry, failure).await
    }

    async fn prepared(&mut self, sql: &str, types: &[u32]) -> Result<Prepared, Failure> {
        let mut understood = understand(sql)?;
        if understood.len() > 1 {
            let why = "cannot insert multiple commands into a prepared statement";
            return Err(Fault::new(SqlState::SyntaxError, why).into());
        }
        match understood.pop().unwrap_or(Understood::Empty) {
            Understood::Empty => Ok(Prepared::Empty),
            Understood::Command(command) => {
                self.in_transaction(Some(&command))?;
                Ok(Prepared::Command(command))
            }
            Understood::Query(query) => {
                self.in_transaction(None)?;
                let declared = declared(types)?;
                self.described(query, &declared, types).await
            }
        }
    }

    /// A query with what a client may know of it.
    pub(super) async fn described(
        &mut self,
        query: Box<Query>,
        declared: &[Option<arrow::datatypes::DataType>],
        said: &[u32],
    ) -> Result<Prepared, Failure> {
        let (server, context, declared, asked) =
            (self.server.clone(), self.context.clone(), declared.to_vec(), query.clone());
        let statement = self.asked();
        let work = server.clone();
        let described = work.engine.run(async move {
            server.sessions.begin_statement(&context).await.map_err(|error| Fault::of(&error, asked.text()))?;
            asked.describe(&context, &declared).await
        });
        let described = self.wait(&statement, described).await;
        self.place.rest();
        let described = described?;
        let parameters = ParameterTypes::new(said, &described.parameters)?;
        Ok(Prepared::Query(query, parameters, described.columns))
    }

    pub(super) async fn bind(&mut self, bind: Bind) -> Result<(), Failure> {
        let formats = Formats::read(&bind.result_formats)?;
        let portal = match self.kept.statement(&bind.statement)?.clone() {
            Prepared::Empty => Portal::Empty,
            Prepared::Command(command) => Portal::Command(command),
            Prepared::Query(query, types, columns) => {
                self.in_transaction(None)?;
                let each = Formats::read(&bind.formats)?.of(bind.values.len())?;
                let values = types.read(&bind.values, &each, self.zone())?;
                self.bound(&query, values, (&columns, &formats)).await?
            }
        };
        self.open_portal(bind.portal, portal).await?;
        self.wire.out.bind_complete();
        Ok(())
    }

    async fn bound(
        &mut self,
        query: &Query,
        values: Vec<ScalarValue>,
        (columns, formats): (&SchemaRef, &Formats),
    ) -> Result<Portal, Failure> {
        let entry = self.entry(query.text().into());
        let asked = query.clone();
        let plan = self.plan(&entry, query, move |context| async move { asked.bind(&context, &values).await }).await?;
        if plan.schema().fields().len() != columns.fields().len() {
            let why = "the columns of the statement are others than when it was prepared";
            return Err(Fault::new(SqlState::FeatureNotSupported, why).with_hint("Prepare it again.").into());
        }
        let shape = Shape::new(columns, formats, self.zone())?;
        Ok(Portal::Rows(rows(plan, shape, entry, Extent::Transaction)))
    }

    /// The plan of a query over the tables as they are now; without one its audit line is written.
    pub(super) async fn plan<Work, Planning>(
        &mut self,
        entry: &Entry,
        query: &Query,
        work: Work,
    ) -> Result<LogicalPlan, Failure>
    where
        Work: FnOnce(SessionContext) -> Planning + Send + 'static,
        Planning: Future<Output = Result<LogicalPlan, Fault>> + Send,
    {
        let (server, context, text) = (self.server.clone(), self.context.clone(), query.text().to_owned());
        let statement = self.asked();
        let engine = server.engine.clone();
        let plan = engine.run(async move {
            server.sessions.begin_statement(&context).await.map_err(|error| Fault::of(&error, &text))?;
            work(context).await
        });
        let plan = self.wait(&statement, plan).await;
        self.place.rest();
        match plan {
            Ok(plan) => Ok(plan),
            Err(failure) => Err(self.failed(entry, failure).await),
        }
    }

    pub(super) fn describe(&mut self, target: &Target) -> Result<(), Failure> {
        match target {
            Target::Statement(name) => {
                let prepared = self.kept.statement(name)?;
                let oids = match prepared {
                    Prepared::Query(_, types, _) => types.oids(),
                    Prepared::Empty | Prepared::Command(_) => Vec::new(),
                };
                let shape = match prepared {
                    Prepared::Query(_, _, columns) => {
                        Some(Arc::new(Shape::new(columns, &Formats::default(), self.zone())?))
                    }
                    Prepared::Command(command) => self.shape_of(command)?,
                    Prepared::Empty => None,
                };
                self.wire.out.parameter_description(&oids);
                self.tell_shape(shape.as_deref());
            }
            Target::Portal(name) => {
                let shape = match self.kept.portal(name)? {
                    Portal::Rows(rows) => Some(rows.shape.clone()),
                    Portal::Command(command) => self.shape_of(command)?,
                    Portal::Empty => None,
                };
                self.tell_shape(shape.as_deref());
            }
        }
        Ok(())
    }

    fn tell_shape(&mut self, shape: Option<&Shape>) {
        match shape {
            Some(shape) => self.wire.out.row_description(shape.described()),
            None => self.wire.out.no_data(),
        }
    }

    pub(super) async fn close(&mut self, target: Target) -> Result<(), Failure> {
        match target {
            Target::Statement(name) => {
                self.kept.deallocate(&name);
            }
            Target::Portal(name) => {
                self.close_portal(&name).await;
            }
        }
        self.wire.out.close_complete();
        Ok(())
    }

    pub(super) async fn execute(&mut self, execute: &Execute) -> Result<(), Failure> {
        match self.kept.portal(&execute.portal)? {
            Portal::Empty => self.wire.out.empty_query(),
            Portal::Command(command) => {
                let command = command.clone();
                self.in_transaction(Some(&command))?;
                self.command(*command, Told::Before).await?;
            }
            Portal::Rows(_) => {
                self.in_transaction(None)?;
                let take = match usize::try_from(execute.rows) {
                    Ok(0) | Err(_) => Take::All,
                    Ok(rows) => Take::AtMost(rows),
                };
                let Portal::Rows(mut rows) = self.kept.take_portal(&execute.portal)? else { return Ok(()) };
                let taken = self.take(&mut rows, take).await;
                let (suspended, count) = (taken.is_ok() && !rows.over, *taken.as_ref().unwrap_or(&0));
                // A portal that failed is gone with its rows.
                if taken.is_ok() {
                    self.kept.put_back(execute.portal.clone(), Portal::Rows(rows));
                }
                taken?;
                if suspended {
                    self.wire.out.portal_suspended();
                } else {
                    self.wire.out.complete(&format!("SELECT {count}"));
                }
            }
        }
        Ok(())
    }

    /// Whether a statement may run in this transaction.
    pub(super) fn in_transaction(&self, command: Option<&Command>) -> Result<(), Fault> {
        let ends = matches!(command, Some(Command::Commit(_) | Command::Rollback(_) | Command::RollbackTo(_)));
        if self.transaction == TransactionStatus::Failed && !ends {
            let why = "current transaction is aborted, commands ignored until end of transaction block";
            return Err(Fault::new(SqlState::InFailedSqlTransaction, why));
        }
        Ok(())
    }
}

/// Whether a client was told of columns before rows come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// It asked, or did not want to know.
    Before,
    /// It is told now, as text.
    Now,
}

/// A query that is ready to run.
pub(super) fn rows(plan: LogicalPlan, shape: Shape, entry: Entry, life: Extent) -> Box<Rows> {
    let shape = Arc::new(shape);
    Box::new(Rows { plan: Some(plan), shape, entry, running: None, over: false, life })
}
