//! The store: all tables of one location, opened once.
//!
//! Tables are created in one commit that either wins or finds the table already there, so that processes starting
//! together agree on one. Writing and reading have separate handles: a query never waits for a commit.

use crate::error::StoreError;
use crate::handle::Writers;
use crate::location::Location;
use crate::settings;
use crate::table::Table;
use deltalake::kernel::StructType;
use deltalake::kernel::engine::arrow_conversion::TryIntoKernel;
use deltalake::kernel::transaction::CommitProperties;
use deltalake::logstore::object_store::{ObjectStoreExt, PutMode, PutOptions, PutPayload};
use deltalake::operations::create::CreateBuilder;
use deltalake::{DeltaTable, DeltaTableBuilder, DeltaTableError, ObjectStoreError, Path};
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
    /// Opens every table at `location` (a local path or a URL) and checks its settings.
    ///
    /// # Errors
    /// The location cannot be used, a table is missing ([`OpenMode::MustExist`]), or a setting is refused.
    pub async fn open(location: &str, mode: OpenMode) -> Result<Self, StoreError> {
        let location = Location::parse(location)?;
        let mut opened = BTreeMap::new();
        for table in Table::ALL {
            opened.insert(table, open_table(&location, table, mode).await?);
        }
        if mode == OpenMode::CreateIfMissing && location.local_path().is_none() {
            for delta in opened.values().take(1) {
                check_conditional_put(&location, delta).await?;
            }
        }
        let readers = opened.iter().map(|(table, delta)| (*table, Mutex::new(delta.clone()))).collect();
        Ok(Self { location, writers: Mutex::new(Writers::new(opened)), readers })
    }

    /// Where the tables lie.
    pub fn location(&self) -> &Location {
        &self.location
    }
}

/// A URL whose kind of store has no driver in this build.
fn undriven(location: &Location) -> StoreError {
    let reason = "no driver for such a URL is built in; give a folder, which may be a mounted volume".to_owned();
    StoreError::Location { location: location.to_string(), reason }
}

async fn open_table(location: &Location, table: Table, mode: OpenMode) -> Result<DeltaTable, StoreError> {
    let missing = || StoreError::Missing { table, location: location.to_string() };
    match mode {
        OpenMode::CreateIfMissing => location.create_folder(table)?,
        OpenMode::MustExist => {
            if location.local_path().is_some_and(|path| !path.join(table.name()).is_dir()) {
                return Err(missing());
            }
        }
    }
    let mut delta = DeltaTableBuilder::from_url(location.table_url(table)?)
        .and_then(DeltaTableBuilder::build)
        .map_err(|error| match error {
            DeltaTableError::InvalidTableLocation(_) => undriven(location),
            other => StoreError::storage(table, "opening")(other),
        })?;
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
    let created = CreateBuilder::new()
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

/// Some stores accept and ignore conditional puts; on them two writers could own one log entry.
async fn check_conditional_put(location: &Location, delta: &DeltaTable) -> Result<(), StoreError> {
    let failed = |source: ObjectStoreError| {
        let source = Box::new(DeltaTableError::ObjectStore { source });
        StoreError::Storage { table: Table::DeadLetters, doing: "testing conditional puts", source }
    };
    let store = delta.object_store();
    let path = Path::from("_touchload_conditional_put_test");
    let create = || PutOptions { mode: PutMode::Create, ..PutOptions::default() };
    match store.put_opts(&path, PutPayload::from_static(b"1"), create()).await {
        // Left over from a process that ended in between.
        Ok(_) | Err(ObjectStoreError::AlreadyExists { .. }) => {}
        Err(error) => return Err(failed(error)),
    }
    let second = store.put_opts(&path, PutPayload::from_static(b"2"), create()).await;
    store.delete(&path).await.map_err(failed)?;
    match second {
        Err(ObjectStoreError::AlreadyExists { .. }) => Ok(()),
        Ok(_) => Err(StoreError::NoConditionalPut { location: location.to_string() }),
        Err(error) => Err(failed(error)),
    }
}
