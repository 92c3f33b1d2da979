//! The tables of a session as the commercial audience knows them.
//!
//! Below every view and function lies either a computation for that audience (`processors` resolves versions without
//! medical records) or the log without them. What is stored for the full audience is taken out or computed anew.

use super::Facts;
use super::tables::{self, COMPLETENESS, as_of_now, replace};
use chrono::DateTime;
use datafusion::error::Result;
use datafusion::prelude::SessionContext;
use touchpoint::time::DAY;
use touchpoint::{Audience, Micros};

const RECORDS: &str = include_str!("../../sql/views/commercial/records.sql");
const FIRST_RECORDS: &str = include_str!("../../sql/views/commercial/first_records.sql");
const TOUCHPOINT_LOG: &str = include_str!("../../sql/views/commercial/touchpoint_log.sql");
const ALERTS: &str = include_str!("../../sql/views/commercial/alerts.sql");
const LINEAGE: &str = include_str!("../../sql/views/commercial/lineage.sql");
const HCP_METRICS_LATEST: &str = include_str!("../../sql/views/commercial/hcp_metrics_latest.sql");

/// Narrows a context that has the stored tables whole, and functions of the commercial audience; plans the views over what
/// is left, as of the now of `facts`.
///
/// # Errors
/// A view does not plan: a bug.
pub(super) async fn narrow(context: &SessionContext, facts: &Facts) -> Result<()> {
    let log = context.sql(TOUCHPOINT_LOG).await?.into_view();
    let first = context.sql(FIRST_RECORDS).await?.into_view();
    // Versions are resolved among all commercial records: a delete without anything to delete leaves nothing anyway, and
    // looking for it would read the log twice.
    replace(context, "touchpoint_log", context.sql(RECORDS).await?.into_view())?;
    replace(context, "alerts", context.sql(ALERTS).await?.into_view())?;
    tables::register(context, facts, Audience::Commercial).await?;
    replace(context, "touchpoint_log", first)?;
    replace(context, "completeness", context.sql(&as_of_now(COMPLETENESS, facts)).await?.into_view())?;
    replace(context, "touchpoint_log", log)?;
    replace(context, "lineage", context.sql(&as_of_now(LINEAGE, facts)).await?.into_view())?;
    // Arguments of table functions are literals at planning, so this is put into the text.
    let midnight = midnight_before(facts.clock.now());
    let latest = HCP_METRICS_LATEST.replace("$midnight", &format!("'{midnight}'"));
    replace(context, "hcp_metrics_latest", context.sql(&latest).await?.into_view())?;
    context.deregister_table("hcp_metrics")?;
    Ok(())
}

/// RFC 3339; the beginning of time where an instant has no date.
fn midnight_before(now: Micros) -> String {
    DateTime::from_timestamp_micros(now - now.rem_euclid(DAY)).unwrap_or_default().to_rfc3339()
}
