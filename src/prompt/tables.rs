//! Statements over the tables of a folder or of a context, and the names in them.

use crate::prompt::catalog::{Described, Listed};
use crate::prompt::functions::{Documented, FunctionKind};
use crate::prompt::vocabulary::{NamedTable, Vocabulary};
use crate::prompt::{SqlError, plan_reading};
use crate::session::StoredTables;
use datafusion::arrow::datatypes::{DataType, Schema, TimeUnit};
use datafusion::catalog::TableProvider;
use datafusion::datasource::TableType;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::logical_expr::Documentation;
use datafusion::physical_plan::execute_stream;
use datafusion::prelude::SessionContext;
use processors::sql::{Held, yielding};
use std::sync::Arc;

/// Where schemas and fields keep what their author says of them.
const COMMENT: &str = "comment";

/// A context, and where its tables come from. Clones are the same session.
#[derive(Clone)]
pub(super) struct Tables {
    context: SessionContext,
    stored: Option<Arc<StoredTables>>,
}

impl Tables {
    pub(super) fn new(context: SessionContext, stored: Option<Arc<StoredTables>>) -> Self {
        // Errors say where in the statement they are.
        context.state_ref().write().config_mut().options_mut().sql_parser.collect_spans = true;
        Self { context, stored }
    }

    /// Runs one statement over the newest version of the tables; it ends with its leash.
    pub(super) async fn run(self, sql: String, held: Held) -> Result<SendableRecordBatchStream, SqlError> {
        self.begin_statement().await?;
        let plan = plan_reading(&self.context, &sql).await?;
        let frame = self.context.execute_logical_plan(plan).await?;
        let tasks = Arc::new(frame.task_ctx());
        Ok(execute_stream(yielding(frame.create_physical_plan().await?, &held)?, tasks)?)
    }

    async fn begin_statement(&self) -> Result<(), SqlError> {
        match &self.stored {
            Some(tables) => Ok(tables.begin_statement(&self.context).await?),
            None => Ok(()),
        }
    }

    /// Every table, view and table function.
    pub(super) async fn list(&self) -> Result<Vec<Listed>, SqlError> {
        let mut listed = Vec::new();
        for (name, table) in self.every_table().await? {
            let comment = comment(table.schema().metadata());
            listed.push(Listed { name, kind: kind(table.as_ref()).to_owned(), comment });
        }
        listed.extend(self.table_functions().into_iter().map(|name| Listed {
            name: format!("{name}(…)"),
            kind: "table function".to_owned(),
            comment: String::new(),
        }));
        listed.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(listed)
    }

    /// One table or view.
    pub(super) async fn describe(&self, name: &str) -> Result<Described, SqlError> {
        self.begin_statement().await?;
        let table = self.context.table_provider(name).await?;
        Ok(described(&table.schema()))
    }

    /// Every function with what is said of it.
    pub(super) fn functions(&self) -> Vec<Documented> {
        let state = self.context.state();
        let mut functions = Vec::new();
        let mut add = |name: &str, kind, documentation: Option<&Documentation>| {
            functions.push(Documented::of(name, kind, documentation));
        };
        state.scalar_functions().iter().for_each(|(n, f)| add(n, FunctionKind::Scalar, f.documentation()));
        state.aggregate_functions().iter().for_each(|(n, f)| add(n, FunctionKind::Aggregate, f.documentation()));
        state.window_functions().iter().for_each(|(n, f)| add(n, FunctionKind::Window, f.documentation()));
        state.table_functions().keys().for_each(|n| add(n, FunctionKind::Table, None));
        functions.sort_by(|a, b| a.name.cmp(&b.name));
        functions
    }

    /// What can be completed.
    pub(super) async fn vocabulary(&self) -> Result<Vocabulary, SqlError> {
        let tables = self.every_table().await?.into_iter().map(|(name, table)| NamedTable {
            name,
            columns: table.schema().fields().iter().map(|field| field.name().clone()).collect(),
        });
        let functions = self.functions().into_iter().filter(|f| f.kind != FunctionKind::Table).map(|f| f.name);
        Ok(Vocabulary::new(tables.collect(), functions.collect(), self.table_functions()))
    }

    async fn every_table(&self) -> Result<Vec<(String, Arc<dyn TableProvider>)>, SqlError> {
        self.begin_statement().await?;
        let mut tables = Vec::new();
        for catalog_name in self.context.catalog_names() {
            let Some(catalog) = self.context.catalog(&catalog_name) else { continue };
            let schemas = catalog.schema_names().into_iter();
            for schema_name in schemas.filter(|n| n != "information_schema" && n != "pg_catalog") {
                let Some(schema) = catalog.schema(&schema_name) else { continue };
                for name in schema.table_names() {
                    tables.extend(schema.table(&name).await?.map(|table| (name, table)));
                }
            }
        }
        Ok(tables)
    }

    fn table_functions(&self) -> Vec<String> {
        self.context.state().table_functions().keys().cloned().collect()
    }
}

fn kind(table: &dyn TableProvider) -> &'static str {
    match table.table_type() {
        TableType::Base => "table",
        TableType::View => "view",
        TableType::Temporary => "temporary",
    }
}

fn comment(metadata: &std::collections::HashMap<String, String>) -> String {
    metadata.get(COMMENT).cloned().unwrap_or_default()
}

fn described(schema: &Schema) -> Described {
    let mut described = Described::of(&comment(schema.metadata()));
    for field in schema.fields() {
        let null = if field.is_nullable() { "yes" } else { "never" };
        described.add(field.name(), &type_name(field.data_type()), null, &comment(field.metadata()));
    }
    described
}

/// A type as it is called in SQL.
fn type_name(data_type: &DataType) -> String {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "text".to_owned(),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => "bytes".to_owned(),
        DataType::Boolean => "boolean".to_owned(),
        DataType::Int8 => "tinyint".to_owned(),
        DataType::Int16 => "smallint".to_owned(),
        DataType::Int32 => "integer".to_owned(),
        DataType::Int64 => "bigint".to_owned(),
        DataType::UInt8 => "tinyint unsigned".to_owned(),
        DataType::UInt16 => "smallint unsigned".to_owned(),
        DataType::UInt32 => "integer unsigned".to_owned(),
        DataType::UInt64 => "bigint unsigned".to_owned(),
        DataType::Float32 => "real".to_owned(),
        DataType::Float64 => "double".to_owned(),
        DataType::Date32 | DataType::Date64 => "date".to_owned(),
        DataType::Timestamp(unit, zone) => {
            let digits = match unit {
                TimeUnit::Second => "(0)",
                TimeUnit::Millisecond => "(3)",
                TimeUnit::Microsecond => "",
                TimeUnit::Nanosecond => "(9)",
            };
            let zone = if zone.is_some() { " with time zone" } else { "" };
            format!("timestamp{digits}{zone}")
        }
        DataType::Decimal128(precision, scale) => format!("numeric({precision},{scale})"),
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            format!("{}[]", type_name(item.data_type()))
        }
        DataType::Struct(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|f| format!("{} {}", f.name(), type_name(f.data_type()))).collect();
            format!("struct<{}>", fields.join(", "))
        }
        DataType::Dictionary(_, values) => type_name(values),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{described, type_name};
    use datafusion::arrow::datatypes::{DataType, Field, Schema, TimeUnit};
    use std::collections::HashMap;

    #[test]
    fn types_have_the_names_of_sql() {
        let utc = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let item = |data_type| std::sync::Arc::new(Field::new("item", data_type, true));
        for (data_type, name) in [
            (utc, "timestamp with time zone"),
            (DataType::List(item(DataType::Utf8)), "text[]"),
            (DataType::Struct(vec![item(DataType::Float64)].into()), "struct<item double>"),
            (DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)), "text"),
        ] {
            assert_eq!(type_name(&data_type), name);
        }
    }

    #[test]
    fn comments_come_from_the_schema() {
        let said = |text: &str| HashMap::from([("comment".to_owned(), text.to_owned())]);
        let field = Field::new("n", DataType::Int64, false).with_metadata(said("how many"));
        let table = described(&Schema::new_with_metadata(vec![field], said("all of them")));
        assert_eq!(table.comment, "all of them");
        assert_eq!(table.rows(), [["n", "bigint", "never", "how many"]]);
    }
}
