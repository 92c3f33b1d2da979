//! A table with comments on itself and its columns, for catalogues to show.
//!
//! Comments are metadata of the schema under [`COMMENT`]. Plans do not carry them: a planner that compares what a scan says
//! before and after planning would find that they differ. So the table stands in a plan as what it wraps.

use super::comments;
use async_trait::async_trait;
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::datasource::provider_as_source;
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// The key of a comment in the metadata of a schema or field.
pub const COMMENT: &str = "comment";

/// See the module.
#[derive(Debug)]
struct Commented {
    inner: Arc<dyn TableProvider>,
    plan: LogicalPlan,
    schema: SchemaRef,
}

/// `inner` under `name`, with what is written of it; a name of which nothing is written keeps its table as it is.
///
/// # Errors
/// The table cannot be named in a plan: a bug.
pub(super) fn commented(name: &str, inner: Arc<dyn TableProvider>) -> Result<Arc<dyn TableProvider>> {
    let Some(meaning) = comments::of_table(name) else { return Ok(inner) };
    let plan = match inner.get_logical_plan() {
        Some(plan) => plan.into_owned(),
        None => LogicalPlanBuilder::scan(name, provider_as_source(inner.clone()), None)?.build()?,
    };
    let field = |field: &Arc<Field>| match comments::of_column(name, field.name()) {
        Some(meaning) => with_comment(field, meaning),
        None => field.as_ref().clone(),
    };
    let fields: Vec<Field> = inner.schema().fields().iter().map(field).collect();
    let metadata = HashMap::from([(COMMENT.to_owned(), meaning.to_owned())]);
    Ok(Arc::new(Commented { inner, plan, schema: Arc::new(Schema::new_with_metadata(fields, metadata)) }))
}

fn with_comment(field: &Field, meaning: &str) -> Field {
    let mut metadata = field.metadata().clone();
    metadata.insert(COMMENT.to_owned(), meaning.to_owned());
    field.clone().with_metadata(metadata)
}

#[async_trait]
impl TableProvider for Commented {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        self.inner.table_type()
    }

    fn get_table_definition(&self) -> Option<&str> {
        self.inner.get_table_definition()
    }

    fn get_logical_plan(&self) -> Option<Cow<'_, LogicalPlan>> {
        Some(Cow::Borrowed(&self.plan))
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        self.inner.supports_filters_pushdown(filters)
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.inner.scan(session, projection, filters, limit).await
    }
}
