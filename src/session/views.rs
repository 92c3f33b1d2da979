//! The views of `sql/views/*.sql`, embedded.

use datafusion::prelude::SessionContext;

const VIEWS: [(&str, &str); 2] = [
    ("touchpoints", include_str!("../../sql/views/touchpoints.sql")),
    ("hcp_metrics_latest", include_str!("../../sql/views/hcp_metrics_latest.sql")),
];

/// Registers every view.
pub(super) async fn register(context: &SessionContext) -> datafusion::error::Result<()> {
    for (name, text) in VIEWS {
        let view = context.sql(text).await?.into_view();
        context.register_table(name, view)?;
    }
    Ok(())
}
