//! What `\d` shows: the tables, views and table functions of a context, and the columns of one.

use crate::format::{FormatError, write_aligned};
use crate::prompt::SqlError;
use datafusion::arrow::array::{ArrayRef, StringArray};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::datasource::TableType;
use datafusion::error::DataFusionError;
use datafusion::prelude::SessionContext;
use std::io::Write;
use std::sync::Arc;

/// Every table and view (without the information schema) and every table function, by name.
pub(super) async fn write_names(context: &SessionContext, out: &mut dyn Write) -> Result<(), SqlError> {
    let mut names = Vec::new();
    for catalog_name in context.catalog_names() {
        let Some(catalog) = context.catalog(&catalog_name) else { continue };
        for schema_name in catalog.schema_names().into_iter().filter(|n| n != "information_schema") {
            let Some(schema) = catalog.schema(&schema_name) else { continue };
            for name in schema.table_names() {
                let Some(table) = schema.table(&name).await? else { continue };
                let kind = match table.table_type() {
                    TableType::Base => "table",
                    TableType::View => "view",
                    TableType::Temporary => "temporary",
                };
                names.push((name, kind));
            }
        }
    }
    names.extend(context.state().table_functions().keys().map(|name| (format!("{name}(…)"), "table function")));
    names.sort();
    let column = |values: Vec<&str>| Arc::new(StringArray::from(values)) as ArrayRef;
    write_columns(
        out,
        vec![
            ("name", column(names.iter().map(|(name, _)| name.as_str()).collect())),
            ("kind", column(names.iter().map(|(_, kind)| *kind).collect())),
        ],
    )
}

/// The columns of one table or view.
pub(super) async fn write_table_columns(
    context: &SessionContext,
    name: &str,
    out: &mut dyn Write,
) -> Result<(), SqlError> {
    let schema = context.table_provider(name).await?.schema();
    let text = |values: Vec<String>| Arc::new(StringArray::from(values)) as ArrayRef;
    let fields = schema.fields();
    write_columns(
        out,
        vec![
            ("column", text(fields.iter().map(|f| f.name().clone()).collect())),
            ("type", text(fields.iter().map(|f| f.data_type().to_string()).collect())),
            ("null", text(fields.iter().map(|f| if f.is_nullable() { "yes" } else { "never" }.to_owned()).collect())),
        ],
    )
}

fn write_columns(out: &mut dyn Write, columns: Vec<(&str, ArrayRef)>) -> Result<(), SqlError> {
    let batch = RecordBatch::try_from_iter(columns).map_err(DataFusionError::from)?;
    write_aligned(&[batch], out).map_err(|e: FormatError| SqlError::Run(e))
}
