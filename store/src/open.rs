//! The store: all tables of one location, opened once.
//!
//! Tables are created in one commit that either wins or finds the table already there, so that processes starting
//! together agree on one. Writing and reading have separate handles: a query never waits for a commit. An object store
//! is tested before anything is created on it ([`crate::conditional_put`]); who only reads needs no permission to write.

use crate::conditional_put;
use crate::connect::{delta_table, root_store};
use crate::error::StoreError;
use crate::handle::Writers;
use crate::location::Location;
use crate::settings;
use crate::table::Table;
use deltalake::kernel::StructType;
use deltalake::kernel::engine::arrow_conversion::TryIntoKernel;
use deltalake::kernel::transaction::CommitProperties;
use deltalake::logstore::ObjectStoreRef;
use deltalake::operations::create::CreateBuilder;
use deltalake::{DeltaTable, DeltaTableError};
use std::collections::BTreeMap;
use tokio::sync::Mutex;

/// What to do about tables that do not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenMode {
    /// Create them.
    CreateIfMissing,
    /// Fail.
    MustExist,
}

/// The tables of one location.
#[derive(Debug)]
pub struct Store {
    pub(crate) location: Location,
    pub(crate) writers: Mutex<Writers>,
    pub(crate) readers: BTreeMap<Table, Mutex<DeltaTable>>,
}

impl Store {
    /// Opens every table at `location` (a local path, or a URL whose options the environment holds).
    ///
    /// # Errors
    /// As [`Store::open_at`]; or the text is no location.
    pub async fn open(location: &str, mode: OpenMode) -> Result<Self, StoreError> {
        Self::open_at(Location::parse(location)?, mode).await
    }

    /// Opens every table at `location` and checks its settings.
    ///
    /// # Errors
    /// The location cannot be used, an object store does not keep conditional puts ([`OpenMode::CreateIfMissing`]), a
    /// table is missing ([`OpenMode::MustExist`]), or a setting is refused.
    pub async fn open_at(location: Location, mode: OpenMode) -> Result<Self, StoreError> {
        let store = root_store(&location)?;
        if mode == OpenMode::CreateIfMissing && location.local_path().is_none() {
            conditional_put::check(&location, &store).await?;
        }
        let mut opened = BTreeMap::new();
        for table in Table::ALL {
            match open_table(&location, &store, table, mode).await {
                Ok(delta) => drop(opened.insert(table, delta)),
                // A folder of an earlier version has none; whoever writes to it makes it.
                Err(StoreError::Missing { table: Table::Alerts, .. }) => {}
                Err(error) => return Err(at(&location, error)),
            }
        }
        let readers = opened.iter().map(|(table, delta)| (*table, Mutex::new(delta.clone()))).collect();
        Ok(Self { location, writers: Mutex::new(Writers::new(opened)), readers })
    }

    /// The tables that are there.
    pub fn tables(&self) -> impl Iterator<Item = Table> {
        self.readers.keys().copied()
    }

    /// Where the tables lie.
    pub fn location(&self) -> &Location {
        &self.location
    }
}

/// Names the object store in what failed there.
fn at(location: &Location, error: StoreError) -> StoreError {
    match error {
        StoreError::Storage { table, doing, source } if location.local_path().is_none() => {
            StoreError::remote(location, format!("table {table}: {doing}"))(*source)
        }
        other => other,
    }
}

async fn open_table(
    location: &Location,
    store: &ObjectStoreRef,
    table: Table,
    mode: OpenMode,
) -> Result<DeltaTable, StoreError> {
    let missing = || StoreError::Missing { table, location: location.to_string() };
    match mode {
        OpenMode::CreateIfMissing => location.create_folder(table)?,
        OpenMode::MustExist => {
            if location.local_path().is_some_and(|path| !path.join(table.name()).is_dir()) {
                return Err(missing());
            }
        }
    }
    let mut delta = delta_table(store, &location.table_url(table)?).map_err(StoreError::storage(table, "opening"))?;
    let exists = delta.verify_deltatable_existence().await.map_err(StoreError::storage(table, "looking for it"))?;
    match (exists, mode) {
        (false, OpenMode::MustExist) => return Err(missing()),
        (false, OpenMode::CreateIfMissing) => delta = create(table, delta).await?,
        (true, _) => delta.load().await.map_err(StoreError::storage(table, "loading"))?,
    }
    settings::check(table, delta.snapshot().map_err(StoreError::storage(table, "loading"))?)?;
    Ok(delta)
}

async fn create(table: Table, mut delta: DeltaTable) -> Result<DeltaTable, StoreError> {
    let schema: StructType =
        table.schema().as_ref().try_into_kernel().map_err(|source| StoreError::Rows { table, source })?;
    // Without retries: a retried creation would put a second creation on top of the one that won.
    let created: Result<DeltaTable, DeltaTableError> = CreateBuilder::new()
        .with_log_store(delta.log_store())
        .with_table_name(table.name())
        .with_columns(schema.fields().cloned())
        .with_partition_columns(table.partition_columns().iter().copied())
        .with_configuration(table.properties())
        .with_commit_properties(CommitProperties::default().with_max_retries(0))
        .await;
    match created {
        Ok(created) => Ok(created),
        Err(error) => match delta.load().await {
            Ok(()) => Ok(delta),
            Err(_) => Err(StoreError::storage(table, "creating")(error)),
        },
    }
}
