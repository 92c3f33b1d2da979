//! The catalogues that clients look at: `pg_catalog` and `information_schema` over exactly what a session holds.
//!
//! Tables, views and functions are those of the session's own schemas; their comments are the value of `comment` in the
//! metadata of their Arrow schemas and fields. PostgreSQL's own types, operators and collations come from
//! datafusion-pg-catalog; everything that would speak of a server (files, roles, backends, statistics) is empty or absent.
//! An oid is made of the name alone, so that it is the same in every session that has that name.
//!
//! | module | one noun |
//! |---|---|
//! | [`directory`] | the schemas and relations of a session, and their oids |
//! | `types` | Arrow types as PostgreSQL names them |
//! | `grid` | a small table, row by row |
//! | `pg_catalog` | its tables: those of the session, those that are PostgreSQL's, those without rows |
//! | `information_schema` | its views |
//! | `functions` | what PostgreSQL's catalogue functions say here |
//! | `series` | `generate_series`, bounded |
//! | `bounded` | scalar functions that make much of little, bounded |

mod bounded;
mod directory;
mod functions;
mod grid;
mod information_schema;
mod pg_catalog;
mod series;
#[cfg(test)]
pub(in crate::postgres) mod tests;
mod types;

pub(super) use pg_catalog::{WITHOUT_ROWS, oid_of_catalogue};

use super::statement::Settings;
use crate::access::Reader;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::prelude::SessionContext;
use datafusion_pg_catalog::pg_catalog::oid_type_planner::PgOidTypePlanner;
use directory::Directory;
use std::sync::Arc;

/// Adds the catalogues and their functions to a fresh session of `reader`, whose tables and functions are in its default
/// catalog already or come later. The session's settings are [`Settings::of`] it from then on.
///
/// # Errors
/// The session has no catalog of its name: a bug.
pub fn install(context: &SessionContext, reader: &Reader) -> Result<()> {
    prepare(context);
    let settings = Arc::new(Settings::new(context, &reader.name));
    context.state_ref().write().config_mut().set_extension(Arc::clone(&settings));
    let directory = Directory::of(context, &reader.name);
    let catalog = context
        .catalog(directory.database())
        .ok_or_else(|| DataFusionError::Configuration("the session has no default catalog".to_owned()))?;
    let routines = functions::install(context, &directory, &settings);
    series::install(context);
    bounded::install(context);
    let tables = Arc::new(pg_catalog::PgCatalog::new(directory.clone(), Arc::clone(&settings), routines));
    catalog.register_schema("pg_catalog", tables)?;
    let functions = context.state().table_functions().clone();
    let views = Arc::new(information_schema::InformationSchema::new(directory, functions));
    catalog.register_schema("information_schema", views)?;
    Ok(())
}

/// Types that only PostgreSQL has; no settings of the engine in `information_schema`; a time zone, without which no
/// timestamp could have one.
fn prepare(context: &SessionContext) {
    let state = context.state_ref();
    let mut state = state.write();
    let mut built =
        SessionStateBuilder::new_from_existing(state.clone()).with_type_planner(Arc::new(PgOidTypePlanner)).build();
    let options = built.config_mut().options_mut();
    options.catalog.information_schema = false;
    options.execution.time_zone.get_or_insert_with(|| "UTC".to_owned());
    *state = built;
}
