//! What a session answers by itself: settings, transactions that only mark a beginning and an end, cursors, prepared
//! statements.

use super::extended::Told;
use super::portals::{Portal, Prepared};
use super::sending::Take;
use super::{Connection, Failure};
use crate::postgres::fault::{Fault, SqlState};
use crate::postgres::protocol::TransactionStatus;
use crate::postgres::rows::{Format, Formats, Shape};
use crate::postgres::statement::Command;
use crate::postgres::statement::command::{Cursor, CursorFormat, Extent, Fetched, Next};
use crate::postgres::statement::settings::Shown;
use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use std::sync::Arc;

impl Connection {
    /// Does what a command says, and answers it.
    pub(super) async fn command(&mut self, command: Command, told: Told) -> Result<(), Failure> {
        let tag = command.tag();
        match command {
            Command::Set { name, value, extent } => {
                let shown = self.settings.set(&name, value.as_deref(), extent)?;
                self.tell(shown);
            }
            Command::Reset(name) => {
                let shown = self.settings.reset(name.as_deref())?;
                self.tell(shown);
            }
            Command::Show(name) => self.show(name.as_deref(), told)?,
            Command::Begin => self.begin(),
            Command::Commit(next) | Command::Rollback(next) => return Ok(self.end(tag, next).await),
            Command::Savepoint(_) | Command::Release(_) | Command::RollbackTo(_) => self.savepoint(tag)?,
            Command::DiscardAll => self.discard_all().await?,
            Command::Deallocate(None) => self.kept.deallocate_all(),
            Command::Deallocate(Some(name)) => {
                self.kept.statement(&name)?;
                self.kept.deallocate(&name);
            }
            Command::Prepare { name, types, query } => {
                let prepared = self.described(query, &types, &[]).await?;
                self.kept.prepare(name, prepared)?;
            }
            Command::Execute { name, values } => {
                let Prepared::Query(query, ..) = self.kept.statement(&name)?.clone() else {
                    return Err(Fault::unsupported("EXECUTE of what is no query").into());
                };
                let life = Extent::Transaction;
                let mut rows = self.ready_rows(&query, values, &Formats::default(), life).await?;
                return self.all_rows(&mut rows, told, "SELECT").await;
            }
            Command::Declare(cursor) => self.declare(cursor).await?,
            Command::Fetch { cursor, rows } => return self.fetch(cursor, rows, told).await,
            Command::Close(None) => self.forget_all().await,
            Command::Close(Some(name)) => {
                self.kept.portal(&name)?;
                self.close_portal(&name).await;
            }
            Command::Copy(copy) => return self.copy(copy).await,
            Command::Noted { .. } | Command::DiscardOther => {}
        }
        self.wire.out.complete(tag);
        Ok(())
    }

    fn tell(&mut self, shown: impl IntoIterator<Item = Shown>) {
        for shown in shown {
            self.wire.out.parameter_status(shown.name, &shown.value);
        }
    }

    /// The columns that a command answers with.
    pub(super) fn shape_of(&self, command: &Command) -> Result<Option<Arc<Shape>>, Fault> {
        match command {
            Command::Show(name) => Ok(Some(Arc::new(self.settings_shown(name.as_deref())?.0))),
            Command::Fetch { cursor, .. } => match self.kept.portal(cursor)? {
                Portal::Rows(rows) => Ok(Some(rows.shape.clone())),
                Portal::Empty | Portal::Command(_) => Ok(None),
            },
            Command::Execute { name, .. } => match self.kept.statement(name)? {
                Prepared::Query(_, _, columns) => {
                    Ok(Some(Arc::new(Shape::new(columns, &Formats::default(), self.zone())?)))
                }
                Prepared::Empty | Prepared::Command(_) => Ok(None),
            },
            _ => Ok(None),
        }
    }

    fn settings_shown(&self, name: Option<&str>) -> Result<(Shape, RecordBatch), Fault> {
        let column = |name: &str, values: Vec<String>| {
            (Field::new(name, DataType::Utf8, false), Arc::new(StringArray::from(values)) as ArrayRef)
        };
        let columns = match name {
            Some(name) => {
                let shown = self.settings.show(name)?;
                vec![column(shown.name, vec![shown.value])]
            }
            None => {
                let all = self.settings.all();
                let of = |what: fn(&Shown) -> String| all.iter().map(what).collect();
                vec![
                    column("name", of(|shown| shown.name.to_owned())),
                    column("setting", of(|shown| shown.value.clone())),
                    column("description", of(|shown| shown.about.to_owned())),
                ]
            }
        };
        let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) = columns.into_iter().unzip();
        let schema = Arc::new(Schema::new(fields));
        let shape = Shape::new(&schema, &Formats::default(), self.zone())?;
        let broken = |_| Fault::new(SqlState::InternalError, "internal error: settings of different lengths");
        Ok((shape, RecordBatch::try_new(schema, arrays).map_err(broken)?))
    }

    fn show(&mut self, name: Option<&str>, told: Told) -> Result<(), Fault> {
        let (shape, batch) = self.settings_shown(name)?;
        if told == Told::Now {
            self.wire.out.row_description(shape.described());
        }
        let ready = shape.ready(&batch)?;
        shape.encode(&ready, 0..batch.num_rows(), &mut self.wire.out.0)
    }

    fn begin(&mut self) {
        if self.transaction == TransactionStatus::Open {
            let why = "there is already a transaction in progress";
            self.wire.out.warning(&Fault::new(SqlState::ActiveSqlTransaction, why));
        }
        self.transaction = TransactionStatus::Open;
    }

    async fn end(&mut self, tag: &str, next: Next) {
        let was = std::mem::replace(&mut self.transaction, TransactionStatus::Idle);
        if was == TransactionStatus::Idle {
            let why = "there is no transaction in progress";
            self.wire.out.warning(&Fault::new(SqlState::NoActiveSqlTransaction, why));
        }
        self.end_transaction().await;
        if next == Next::Another && was != TransactionStatus::Idle {
            self.transaction = TransactionStatus::Open;
        }
        // There is nothing of a failed transaction that could be kept.
        self.wire.out.complete(if was == TransactionStatus::Failed { "ROLLBACK" } else { tag });
    }

    fn savepoint(&mut self, tag: &str) -> Result<(), Fault> {
        if self.transaction == TransactionStatus::Idle {
            let why = format!("{tag} can only be used in transaction blocks");
            return Err(Fault::new(SqlState::NoActiveSqlTransaction, why));
        }
        self.transaction = TransactionStatus::Open;
        Ok(())
    }

    async fn discard_all(&mut self) -> Result<(), Fault> {
        if self.transaction != TransactionStatus::Idle {
            let why = "DISCARD ALL cannot run inside a transaction block";
            return Err(Fault::new(SqlState::ActiveSqlTransaction, why));
        }
        self.forget_all().await;
        self.kept.deallocate_all();
        let shown = self.settings.reset(None)?;
        self.tell(shown);
        Ok(())
    }

    async fn declare(&mut self, cursor: Cursor) -> Result<(), Failure> {
        if self.transaction == TransactionStatus::Idle && cursor.life == Extent::Transaction {
            let why = "DECLARE CURSOR can only be used in transaction blocks";
            let fault = Fault::new(SqlState::NoActiveSqlTransaction, why);
            return Err(fault.with_hint("BEGIN first, or declare it WITH HOLD.").into());
        }
        let format = match cursor.format {
            CursorFormat::Text => Format::Text,
            CursorFormat::Binary => Format::Binary,
        };
        let rows = self.ready_rows(&cursor.query, Vec::new(), &Formats::all(format), cursor.life).await?;
        Ok(self.open_portal(cursor.name, Portal::Rows(rows)).await?)
    }

    async fn fetch(&mut self, cursor: String, fetched: Fetched, told: Told) -> Result<(), Failure> {
        let mut rows = match self.kept.take_portal(&cursor)? {
            Portal::Rows(rows) => rows,
            other => {
                self.kept.put_back(cursor, other);
                return Err(Fault::new(SqlState::InvalidCursorName, "the portal is no cursor").into());
            }
        };
        if told == Told::Now {
            self.wire.out.row_description(rows.shape.described());
        }
        let take = match fetched {
            Fetched::All => Take::All,
            Fetched::Count(count) => Take::AtMost(count),
        };
        let count = self.take(&mut rows, take).await?;
        self.kept.put_back(cursor, Portal::Rows(rows));
        self.wire.out.complete(&format!("FETCH {count}"));
        Ok(())
    }
}
