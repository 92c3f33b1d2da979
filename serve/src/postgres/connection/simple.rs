//! Texts that are run as they come: every statement of one after another, up to the first that fails.

use super::extended::{Told, rows};
use super::portals::Rows;
use super::sending::Take;
use super::{Connection, Failure};
use crate::postgres::rows::{Formats, Shape};
use crate::postgres::statement::command::Extent;
use crate::postgres::statement::{Query, Understood, understand};
use datafusion::sql::sqlparser::ast::Expr;

impl Connection {
    pub(super) async fn query(&mut self, sql: String) -> Result<(), Failure> {
        // What was prepared to be used once is gone with the next statement.
        self.close_portal("").await;
        self.kept.deallocate("");
        let statements = match understand(&sql) {
            Ok(statements) => statements,
            Err(fault) => return Err(self.unprepared(&sql, fault.into()).await),
        };
        for statement in statements {
            match statement {
                Understood::Empty => self.wire.out.empty_query(),
                Understood::Command(command) => {
                    self.in_transaction(Some(&command))?;
                    self.command(*command, Told::Now).await?;
                }
                Understood::Query(query) => {
                    self.in_transaction(None)?;
                    let mut rows =
                        self.ready_rows(&query, Vec::new(), &Formats::default(), Extent::Transaction).await?;
                    self.all_rows(&mut rows, Told::Now, "SELECT").await?;
                }
            }
        }
        Ok(())
    }

    /// A query with values as they were written, ready to run.
    pub(super) async fn ready_rows(
        &mut self,
        query: &Query,
        values: Vec<Expr>,
        formats: &Formats,
        life: Extent,
    ) -> Result<Box<Rows>, Failure> {
        let (entry, asked) = (self.entry(query.text().into()), query.clone());
        let work = move |context| async move { asked.bind_written(&context, &values).await };
        let plan = self.plan(&entry, query, work).await?;
        let shape = match Shape::new(plan.schema().as_arrow(), formats, self.zone()) {
            Ok(shape) => shape,
            Err(fault) => return Err(self.failed(&entry, fault.into()).await),
        };
        Ok(rows(plan, shape, entry, life))
    }

    /// Sends all rows of a query and what it was.
    pub(super) async fn all_rows(&mut self, rows: &mut Rows, told: Told, tag: &str) -> Result<(), Failure> {
        if told == Told::Now {
            self.wire.out.row_description(rows.shape.described());
        }
        let count = self.take(rows, Take::All).await?;
        self.wire.out.complete(&format!("{tag} {count}"));
        Ok(())
    }
}
