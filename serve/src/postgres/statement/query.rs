//! A statement that reads: its columns, its parameters, its plan.
//!
//! Parameters become literals before planning, so that table functions, `LIMIT` and pruning see them: every bind is planned
//! anew, over the tables as they are then. What a client is told before it binds is planned with stand-ins: a type that the
//! client declared, the type that a cast or a comparison asks for, else text; in a table function an instant.

use super::literal::literal;
use super::parameter::{self, Places, StandIns};
use super::{introspection, rewriting};
use crate::postgres::{Fault, SqlState};
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::SessionContext;
use datafusion::sql::sqlparser::ast::{Expr, Statement};
use std::collections::BTreeMap;
use std::sync::Arc;

/// See the module.
#[derive(Debug, Clone)]
pub struct Query {
    statement: Statement,
    text: Arc<str>,
    places: Places,
}

/// What a client may know of a query before its parameters are bound.
#[derive(Debug, Clone)]
pub struct Described {
    /// The type of each parameter, from `$1`.
    pub parameters: Vec<DataType>,
    /// The columns of its rows.
    pub columns: SchemaRef,
}

impl Query {
    pub(super) fn new(statement: Statement, text: &str) -> Self {
        let statement = rewriting::rewritten(introspection::known(statement));
        let places = Places::of(&statement);
        Self { statement, text: text.into(), places }
    }

    /// How many parameters it has.
    pub fn parameters(&self) -> usize {
        self.places.count()
    }

    /// The text that it is a statement of.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What its rows and parameters are; `declared` are the types that the client gave, from `$1`.
    ///
    /// # Errors
    /// It does not plan; the author's fault.
    pub async fn describe(&self, context: &SessionContext, declared: &[Option<DataType>]) -> Result<Described, Fault> {
        let known = self.places.known(declared);
        let mut types = self.inferred(context, known).await;
        for number in 1..=self.parameters().max(declared.len()) {
            if !self.places.is_of_table(number) {
                types.entry(number).or_insert_with(|| self.places.unknown(number));
            }
        }
        let mut failure = None;
        for stand_ins in self.places.stand_ins(&types) {
            match introspection::plan(context, self.with(&stand_ins)?, &self.text).await {
                Ok(plan) => {
                    types.extend(stand_ins.iter().map(|(number, value)| (*number, value.data_type())));
                    return Ok(Described { parameters: types.into_values().collect(), columns: columns(&plan) });
                }
                Err(fault) => failure = failure.or(Some(fault)),
            }
        }
        Err(failure.unwrap_or_else(|| Fault::new(SqlState::IndeterminateDatatype, "could not determine data types")))
    }

    /// With what the planner makes of parameters that neither the client nor the text gives a type, as far as it can tell.
    async fn inferred(&self, context: &SessionContext, known: BTreeMap<usize, DataType>) -> BTreeMap<usize, DataType> {
        if (1..=self.parameters()).all(|number| known.contains_key(&number)) {
            return known;
        }
        for guessed in [known.clone(), self.places.guessed(&known)] {
            for stand_ins in self.places.stand_ins(&guessed) {
                let Ok(mut statement) = self.with(&stand_ins) else { continue };
                parameter::compare_items(&mut statement);
                if let Ok(plan) = introspection::plan(context, statement, &self.text).await {
                    let mut types = parameter::types_in(&plan);
                    types.iter_mut().for_each(|(number, of)| self.places.gather(*number, of));
                    types.extend(guessed);
                    return types;
                }
            }
        }
        known
    }

    /// The plan of this statement with `values` for its parameters, from `$1`.
    ///
    /// # Errors
    /// 42P02 if a parameter has no value; it does not plan.
    pub async fn bind(&self, context: &SessionContext, values: &[ScalarValue]) -> Result<LogicalPlan, Fault> {
        let written = values.iter().map(literal).collect::<Result<Vec<_>, _>>()?;
        self.bind_written(context, &written).await
    }

    /// The same, the values as they were written (`EXECUTE`).
    ///
    /// # Errors
    /// As [`Self::bind`].
    pub async fn bind_written(&self, context: &SessionContext, values: &[Expr]) -> Result<LogicalPlan, Fault> {
        if let Some(missing) = (values.len() + 1..=self.parameters()).next() {
            return Err(Fault::new(SqlState::UndefinedParameter, format!("there is no parameter ${missing}")));
        }
        let mut statement = self.statement.clone();
        parameter::replace(&mut statement, &|number| values.get(number - 1).cloned().map(Ok))?;
        introspection::plan(context, statement, &self.text).await
    }

    /// The statement with values in place of the parameters that have any.
    fn with(&self, values: &StandIns) -> Result<Statement, Fault> {
        let mut statement = self.statement.clone();
        parameter::replace(&mut statement, &|number| values.get(&number).map(literal))?;
        Ok(statement)
    }
}

fn columns(plan: &LogicalPlan) -> SchemaRef {
    Arc::new(plan.schema().as_arrow().clone())
}
