//! The tables of `pg_catalog`: those of the session, those that are PostgreSQL's own, those without rows.

mod layout;
mod rows;

use super::directory::Directory;
use super::functions::Routines;
use super::grid;
use crate::postgres::statement::Settings;
use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{CatalogProviderList, SchemaProvider, TableProvider};
use datafusion::datasource::MemTable;
use datafusion::error::{DataFusionError, Result};
use datafusion_pg_catalog::pg_catalog::context::EmptyContextProvider;
use datafusion_pg_catalog::pg_catalog::{PgCatalogSchemaProvider, PgCatalogStaticTables, PgCatalogTable};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, LazyLock};

pub(in crate::postgres) use layout::WITHOUT_ROWS;
pub(super) use layout::oid;

type Library = PgCatalogSchemaProvider<Arc<dyn CatalogProviderList>, EmptyContextProvider>;

/// What every PostgreSQL has: read once, the same in every session.
static STATIC: LazyLock<std::result::Result<Arc<PgCatalogStaticTables>, String>> =
    LazyLock::new(|| PgCatalogStaticTables::try_new().map(Arc::new).map_err(|error| error.to_string()));

/// PostgreSQL's own.
///
/// # Errors
/// What the library carries cannot be read: a bug.
pub(super) fn fixed() -> Result<Arc<PgCatalogStaticTables>> {
    STATIC.as_ref().map(Arc::clone).map_err(|error| DataFusionError::Internal(error.clone()))
}

fn library() -> Result<Library> {
    let nothing: Arc<dyn CatalogProviderList> = Arc::new(datafusion::catalog::MemoryCatalogProviderList::new());
    PgCatalogSchemaProvider::try_new(nothing, fixed()?, EmptyContextProvider)
}

/// Names of all tables.
pub(super) fn names() -> BTreeSet<String> {
    let own = layout::LAYOUTS.iter().map(|(name, _)| *name);
    own.chain(layout::FIXED.iter().copied()).chain(WITHOUT_ROWS.iter().copied()).map(str::to_owned).collect()
}

/// The oid of a table of `pg_catalog`.
pub(in crate::postgres) fn oid_of_catalogue(name: &str) -> Option<i32> {
    let place = || (0_i32..).zip(names()).find(|(_, known)| known == name).map(|(at, _)| 11_000 + at);
    oid(name).or_else(place)
}

/// Columns of a table.
///
/// # Errors
/// As [`fixed`].
pub(super) fn columns(name: &str) -> Result<Option<SchemaRef>> {
    if let Some(columns) = layout::of(name) {
        return Ok(Some(grid::schema(columns)));
    }
    Ok(library()?.build_table_by_name(name)?.map(|table| table.schema()))
}

/// See the module.
pub(super) struct PgCatalog {
    directory: Directory,
    settings: Arc<Settings>,
    routines: Routines,
}

impl fmt::Debug for PgCatalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PgCatalog").finish_non_exhaustive()
    }
}

impl PgCatalog {
    pub(super) fn new(directory: Directory, settings: Arc<Settings>, routines: Routines) -> Self {
        Self { directory, settings, routines }
    }

    async fn own(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        let Some(columns) = layout::of(name) else { return Ok(None) };
        let rows = match name {
            "pg_class" => rows::classes(&self.directory.described().await?),
            "pg_attribute" => rows::attributes(&self.directory.described().await?),
            "pg_description" => rows::descriptions(&self.directory.described().await?, &self.routines),
            "pg_tables" | "pg_views" => rows::listed(&self.directory.described().await?, name),
            "pg_namespace" => rows::namespaces(&self.directory),
            "pg_database" => rows::databases(&self.directory),
            "pg_roles" | "pg_user" => rows::roles(&self.directory),
            "pg_proc" => rows::routines(&self.routines, fixed()?.as_ref()),
            "pg_settings" => rows::settings(&self.settings),
            _ => Vec::new(),
        };
        grid::table(columns, &rows).map(Some)
    }
}

#[async_trait]
impl SchemaProvider for PgCatalog {
    fn table_names(&self) -> Vec<String> {
        names().into_iter().collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        if let Some(table) = self.own(name).await? {
            return Ok(Some(table));
        }
        let known = layout::FIXED.contains(&name) || WITHOUT_ROWS.contains(&name);
        let table = if known { library()?.build_table_by_name(name)? } else { None };
        match table {
            Some(table) if WITHOUT_ROWS.contains(&name) => {
                Ok(Some(Arc::new(MemTable::try_new(table.schema(), vec![vec![]])?)))
            }
            Some(PgCatalogTable::Static(table)) => Ok(Some(table.try_into_memtable()?)),
            _ => Ok(None),
        }
    }

    fn table_exist(&self, name: &str) -> bool {
        names().contains(name)
    }
}
