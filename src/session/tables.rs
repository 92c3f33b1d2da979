//! The tables, views and functions of a session beside what is stored and what is computed of each HCP.
//!
//! All of them stand on `touchpoint_log` and `dead_letters` as the context has them, so whoever narrows those for readers
//! narrows these. They are as of the instant at which tables last moved, except accounts, reference data and the calendar,
//! which are as of each statement.

use super::commented::commented;
use super::{Facts, views};
use chrono::{DateTime, SecondsFormat};
use datafusion::catalog::{TableFunctionImpl, TableProvider};
use datafusion::error::Result;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::SessionContext;
use processors::sql::account_table::{AccountMetricsAt, AccountTable, Touchpoints};
use processors::sql::calendar::Calendar;
use processors::sql::history_table::AsOf;
use processors::sql::reference_table::{About, ReferenceTable, Valid};
use processors::sql::reference_tables::reference_tables;
use processors::sql::touchpoints_at::TouchpointsAt;
use std::sync::Arc;
use touchpoint::Audience;

const TOUCHPOINTS: &str = include_str!("../../sql/views/touchpoints.sql");
const LINEAGE: &str = include_str!("../../sql/views/lineage.sql");
pub(super) const COMPLETENESS: &str = include_str!("../../sql/views/completeness.sql");

/// What the commercial audience may know of `touchpoint_log` (metrics.md §1).
const COMMERCIAL_LOG: &str = "(SELECT * FROM touchpoint_log WHERE kind <> 'requests' \
     AND business_function IS DISTINCT FROM 'medical')";

/// Puts them, and the views over stored tables, into a context that has the stored tables as `audience` knows them. The
/// clock of `facts` is that of statements.
///
/// # Errors
/// A view does not plan: a bug.
pub(super) async fn register(context: &SessionContext, facts: &Facts, audience: Audience) -> Result<()> {
    for (name, table) in [
        ("hcps", (About::Hcps, Valid::At(now(facts)))),
        ("hcps_history", (About::Hcps, Valid::Ever)),
        ("accounts", (About::Accounts, Valid::At(now(facts)))),
        ("accounts_history", (About::Accounts, Valid::Ever)),
    ] {
        let (about, valid) = table;
        replace(context, name, Arc::new(ReferenceTable::table(facts.reference.clone(), about, valid)))?;
    }
    for (name, table) in reference_tables(&facts.reference)? {
        replace(context, name, table)?;
    }
    replace(context, "calendar", Arc::new(Calendar::table(now(facts))))?;
    for (name, view) in views::plan(context).await? {
        replace(context, name, view)?;
    }
    let touchpoints = touchpoints(context, facts, audience).await?;
    let accounts = AccountTable::new(touchpoints.clone(), now(facts), audience);
    replace(context, "account_now", Arc::new(accounts))?;
    let live = context.table("touchpoints").await?.into_unoptimized_plan();
    let functions: [(&str, Arc<dyn TableFunctionImpl>); 2] = [
        ("account_metrics_at", Arc::new(AccountMetricsAt::new(touchpoints, facts.clock.clone()))),
        ("touchpoints_at", Arc::new(TouchpointsAt::new(live, facts.clock.clone()))),
    ];
    functions.into_iter().for_each(|(name, function)| context.register_udtf(name, function));
    for (name, text) in [("lineage", LINEAGE), ("completeness", COMPLETENESS)] {
        replace(context, name, context.sql(&as_of_now(text, facts)).await?.into_view())?;
    }
    Ok(())
}

/// Puts `table` under `name`, with its comments, in place of what the context has there.
pub(super) fn replace(context: &SessionContext, name: &str, table: Arc<dyn TableProvider>) -> Result<()> {
    context.deregister_table(name)?;
    context.register_table(name, commented(name, table)?)?;
    Ok(())
}

fn now(facts: &Facts) -> AsOf {
    AsOf::Now(facts.clock.clone())
}

/// The live records of each audience that the session may see.
async fn touchpoints(context: &SessionContext, facts: &Facts, audience: Audience) -> Result<Touchpoints> {
    let plan = async |text: &str| {
        Ok::<LogicalPlan, datafusion::error::DataFusionError>(context.sql(text).await?.into_unoptimized_plan())
    };
    Ok(Touchpoints {
        commercial: plan(&TOUCHPOINTS.replace("FROM touchpoint_log", &format!("FROM {COMMERCIAL_LOG}"))).await?,
        full: if audience == Audience::Full { Some(plan(TOUCHPOINTS).await?) } else { None },
        policy: facts.policy.clone(),
        reference: facts.reference.clone(),
    })
}

/// A view text with its `$now`, that of `facts`.
pub(super) fn as_of_now(text: &str, facts: &Facts) -> String {
    let now = DateTime::from_timestamp_micros(facts.clock.now()).unwrap_or_default();
    let now = now.to_rfc3339_opts(SecondsFormat::Micros, true);
    text.replace("$now", &format!("arrow_cast('{now}', 'Timestamp(Microsecond, Some(\"UTC\"))')"))
}
