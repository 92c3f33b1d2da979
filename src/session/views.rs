//! The views of `sql/views/*.sql`, embedded.

use datafusion::catalog::TableProvider;
use datafusion::error::Result;
use datafusion::prelude::SessionContext;
use std::sync::Arc;

const VIEWS: [(&str, &str); 4] = [
    ("touchpoints", include_str!("../../sql/views/touchpoints.sql")),
    ("hcp_metrics_latest", include_str!("../../sql/views/hcp_metrics_latest.sql")),
    ("budget_by_owner", include_str!("../../sql/views/budget_by_owner.sql")),
    ("alerts_latest", include_str!("../../sql/views/alerts_latest.sql")),
];

/// Every view with its name, over the tables that the context has now; none uses another.
///
/// # Errors
/// A view does not plan: a bug.
pub(super) async fn plan(context: &SessionContext) -> Result<Vec<(&'static str, Arc<dyn TableProvider>)>> {
    let mut views = Vec::new();
    for (name, text) in VIEWS {
        views.push((name, context.sql(text).await?.into_view()));
    }
    Ok(views)
}
