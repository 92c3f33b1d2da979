//! The settings under which the store cannot keep its promise, refused when a table is opened.
//!
//! | refused | because |
//! |---|---|
//! | `delta.setTransactionRetentionDuration` | the offset of a quiet partition would expire |
//! | column mapping, deletion vectors, change data feed, constraints | writer or compaction could not honour them |
//! | `delta.appendOnly` | expired payloads and erased persons could not be removed |
//! | an isolation level other than Serializable or WriteSerializable | conflicts would pass unseen |
//! | statistics on personal columns | commits and checkpoints would keep ids after their erasure |
//! | other columns, types or partitioning | the rows would not mean what they say |

use crate::table::Table;
use arrow::datatypes::Schema;
use deltalake::table::state::DeltaTableState;
use std::collections::HashMap;

/// A setting that is refused: which, why, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("table {table}: {property} = {value} is refused: {why}; {remedy}")]
pub struct SettingError {
    /// The table.
    pub table: Table,
    /// The property, or `schema` or `partitioning`.
    pub property: String,
    /// Its value.
    pub value: String,
    /// What would break.
    pub why: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

struct Refusal {
    property: &'static str,
    accepted: fn(&str) -> bool,
    why: &'static str,
    remedy: &'static str,
}

const UNSET: &str = "unset it (ALTER TABLE … UNSET TBLPROPERTIES), or start with a new folder";

const REFUSALS: &[Refusal] = &[
    Refusal {
        property: "delta.setTransactionRetentionDuration",
        accepted: |_| false,
        why: "the offset of a partition that is quiet for that long would expire and its records be counted twice",
        remedy: UNSET,
    },
    Refusal {
        property: "delta.columnMapping.mode",
        accepted: |mode| mode == "none",
        why: "the writer puts columns into files under their own names",
        remedy: "copy the table without column mapping, or start with a new folder",
    },
    Refusal {
        property: "delta.enableDeletionVectors",
        accepted: |on| on != "true",
        why: "rows hidden by a deletion vector would come back when files are compacted",
        remedy: "set it to false and run REORG TABLE … APPLY (PURGE) once",
    },
    Refusal {
        property: "delta.appendOnly",
        accepted: |on| on != "true",
        why: "expired payloads and erased persons could not be removed",
        remedy: UNSET,
    },
    Refusal {
        property: "delta.enableChangeDataFeed",
        accepted: |on| on != "true",
        why: "rewritten files would be missing in the feed",
        remedy: UNSET,
    },
    Refusal {
        property: "delta.isolationLevel",
        accepted: |level| matches!(level, "Serializable" | "WriteSerializable"),
        why: "conflicting commits would pass unseen",
        remedy: "set it to WriteSerializable, or unset it",
    },
];

/// Checks a table as it was opened.
///
/// # Errors
/// The first setting that is refused.
pub fn check(table: Table, state: &DeltaTableState) -> Result<(), SettingError> {
    let configuration = state.metadata().configuration();
    check_properties(table, configuration)?;
    check_statistics(table, configuration)?;
    let partitioning = state.metadata().partition_columns();
    if partitioning.iter().map(String::as_str).ne(table.partition_columns().iter().copied()) {
        return Err(SettingError {
            table,
            property: "partitioning".to_owned(),
            value: format!("({})", partitioning.join(", ")),
            why: "files would land in folders that other writers do not expect",
            remedy: "start with a new folder",
        });
    }
    check_schema(table, &state.snapshot().arrow_schema())
}

fn check_properties(table: Table, configuration: &HashMap<String, String>) -> Result<(), SettingError> {
    let refused = |property: &str, value: &str, why, remedy| SettingError {
        table,
        property: property.to_owned(),
        value: value.to_owned(),
        why,
        remedy,
    };
    for refusal in REFUSALS {
        if let Some(value) = configuration.get(refusal.property)
            && !(refusal.accepted)(value)
        {
            return Err(refused(refusal.property, value, refusal.why, refusal.remedy));
        }
    }
    match configuration.iter().find(|(property, _)| property.starts_with("delta.constraints.")) {
        Some((property, value)) => {
            Err(refused(property, value, "rows are written without evaluating constraints", UNSET))
        }
        None => Ok(()),
    }
}

fn check_statistics(table: Table, configuration: &HashMap<String, String>) -> Result<(), SettingError> {
    const PROPERTY: &str = "delta.dataSkippingStatsColumns";
    let refused = |value: &str| SettingError {
        table,
        property: PROPERTY.to_owned(),
        value: value.to_owned(),
        why: "personal values would stand in the Delta log, where an erasure does not reach them",
        remedy: "set it to instants, positions and closed words only (a new folder shows which), and rewrite the table",
    };
    let Some(columns) = configuration.get(PROPERTY) else { return Err(refused("not set")) };
    let personal = columns.split(',').map(|c| c.trim().trim_matches('`')).any(Table::is_personal);
    if personal { Err(refused(columns)) } else { Ok(()) }
}

fn check_schema(table: Table, found: &Schema) -> Result<(), SettingError> {
    let expected = table.schema();
    let refused = |value: String| SettingError {
        table,
        property: "schema".to_owned(),
        value,
        why: "the table was written by another version, or by something else",
        remedy: "use the version that wrote it, or start with a new folder",
    };
    for (i, field) in expected.fields().iter().enumerate() {
        match found.fields().get(i) {
            Some(other)
                if other.name() == field.name()
                    && other.data_type() == field.data_type()
                    && other.is_nullable() == field.is_nullable() => {}
            Some(other) => return Err(refused(format!("{} {}", other.name(), other.data_type()))),
            None => return Err(refused(format!("no column {}", field.name()))),
        }
    }
    match found.fields().get(expected.fields().len()) {
        Some(extra) => Err(refused(format!("further column {}", extra.name()))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use crate::error::StoreError;
    use crate::open::{OpenMode, Store};
    use crate::sample::open;
    use crate::table::Table;
    use deltalake::kernel::engine::arrow_conversion::TryIntoKernel;
    use deltalake::kernel::{StructField, StructType};
    use deltalake::operations::create::CreateBuilder;
    use std::collections::HashMap;

    async fn refused(property: &str, value: &str) -> String {
        let dir = tempfile::tempdir().unwrap();
        let store = open(&dir).await;
        let delta = store.newest(Table::TouchpointLog).await.unwrap();
        let properties = HashMap::from([(property.to_owned(), value.to_owned())]);
        let set = delta.set_tbl_properties().with_properties(properties).with_raise_if_not_exists(false);
        set.await.unwrap();
        let opened = Store::open(dir.path().to_str().unwrap(), OpenMode::CreateIfMissing).await;
        let error = opened.expect_err(property);
        assert!(matches!(error, StoreError::Setting(_)) && !error.is_retryable());
        error.to_string()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn settings_that_break_the_promise_are_refused_by_name() {
        for (property, value) in [
            ("delta.setTransactionRetentionDuration", "interval 7 days"),
            ("delta.appendOnly", "true"),
            ("delta.isolationLevel", "SnapshotIsolation"),
            ("delta.dataSkippingStatsColumns", "kind,hcp_id"),
        ] {
            let message = refused(property, value).await;
            let parts = ["touchpoint_log", property, value, "refused"];
            assert!(parts.iter().all(|part| message.contains(part)), "{message}");
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_table_without_the_statistics_setting_or_with_other_columns_is_refused() {
        let schema: StructType = Table::HcpMetrics.schema().as_ref().try_into_kernel().unwrap();
        let fields: Vec<StructField> = schema.fields().cloned().collect();
        for (fields, word) in [(fields.clone(), "dataSkippingStatsColumns"), (fields[1..].to_vec(), "schema")] {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("hcp_metrics");
            let mut create = CreateBuilder::new().with_location(path.to_str().unwrap()).with_columns(fields);
            if word == "schema" {
                create = create.with_configuration([("delta.dataSkippingStatsColumns", Some("as_of"))]);
            }
            create.await.unwrap();
            let opened = Store::open(dir.path().to_str().unwrap(), OpenMode::CreateIfMissing).await;
            let message = opened.expect_err("must be refused").to_string();
            assert!(message.contains(word) && message.contains("hcp_metrics"), "{message}");
        }
    }

    #[tokio::test]
    async fn missing_tables_are_not_created_for_a_reader() {
        let dir = tempfile::tempdir().unwrap();
        let error = Store::open(dir.path().to_str().unwrap(), OpenMode::MustExist).await.expect_err("no table");
        assert!(matches!(error, StoreError::Missing { .. }));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "a reader leaves nothing behind");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn processes_that_start_together_agree_on_one_table() {
        let dir = tempfile::tempdir().unwrap();
        let stores = futures::future::join_all((0..4).map(|_| open(&dir))).await;
        let mut versions = Vec::new();
        for store in &stores {
            versions.push(store.newest(Table::TouchpointLog).await.unwrap().version());
        }
        assert_eq!(versions, vec![Some(0); 4]);
    }
}
