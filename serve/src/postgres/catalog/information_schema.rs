//! The views of `information_schema`, with PostgreSQL's names of types.

use super::directory::{Described, Directory};
use super::grid::{self, Cell, Columns, Of};
use super::types;
use async_trait::async_trait;
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::catalog::information_schema::InformationSchemaProvider;
use datafusion::catalog::{SchemaProvider, TableFunction, TableProvider};
use datafusion::datasource::TableType;
use datafusion::error::Result;
use pgwire::api::Type;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Views of the engine itself: functions and their parameters.
const FUNCTIONS: [&str; 2] = ["parameters", "routines"];

const LAYOUTS: &[(&str, Columns)] = &[
    ("tables", TABLES),
    ("columns", COLUMNS),
    ("schemata", &[("catalog_name", Of::Text), ("schema_name", Of::Text), ("schema_owner", Of::Text)]),
    ("views", VIEWS),
    ("information_schema_catalog_name", &[("catalog_name", Of::Text)]),
    ("enabled_roles", &[("role_name", Of::Text)]),
    ("table_privileges", PRIVILEGES),
    ("role_table_grants", PRIVILEGES),
    ("table_constraints", CONSTRAINTS),
    ("key_column_usage", KEYS),
    ("constraint_column_usage", KEYS),
    ("referential_constraints", REFERENCES),
    ("character_sets", CHARACTER_SETS),
    ("sequences", &[("sequence_catalog", Of::Text), ("sequence_schema", Of::Text), ("sequence_name", Of::Text)]),
];

const TABLES: Columns = &[
    ("table_catalog", Of::Text),
    ("table_schema", Of::Text),
    ("table_name", Of::Text),
    ("table_type", Of::Text),
    ("self_referencing_column_name", Of::Text),
    ("reference_generation", Of::Text),
    ("user_defined_type_catalog", Of::Text),
    ("user_defined_type_schema", Of::Text),
    ("user_defined_type_name", Of::Text),
    ("is_insertable_into", Of::Text),
    ("is_typed", Of::Text),
    ("commit_action", Of::Text),
];

const COLUMNS: Columns = &[
    ("table_catalog", Of::Text),
    ("table_schema", Of::Text),
    ("table_name", Of::Text),
    ("column_name", Of::Text),
    ("ordinal_position", Of::Int4),
    ("column_default", Of::Text),
    ("is_nullable", Of::Text),
    ("data_type", Of::Text),
    ("character_maximum_length", Of::Int4),
    ("character_octet_length", Of::Int4),
    ("numeric_precision", Of::Int4),
    ("numeric_precision_radix", Of::Int4),
    ("numeric_scale", Of::Int4),
    ("datetime_precision", Of::Int4),
    ("interval_type", Of::Text),
    ("character_set_name", Of::Text),
    ("collation_catalog", Of::Text),
    ("collation_schema", Of::Text),
    ("collation_name", Of::Text),
    ("domain_catalog", Of::Text),
    ("domain_schema", Of::Text),
    ("domain_name", Of::Text),
    ("udt_catalog", Of::Text),
    ("udt_schema", Of::Text),
    ("udt_name", Of::Text),
    ("dtd_identifier", Of::Text),
    ("is_self_referencing", Of::Text),
    ("is_identity", Of::Text),
    ("identity_generation", Of::Text),
    ("is_generated", Of::Text),
    ("generation_expression", Of::Text),
    ("is_updatable", Of::Text),
];

const VIEWS: Columns = &[
    ("table_catalog", Of::Text),
    ("table_schema", Of::Text),
    ("table_name", Of::Text),
    ("view_definition", Of::Text),
    ("check_option", Of::Text),
    ("is_updatable", Of::Text),
    ("is_insertable_into", Of::Text),
];

const PRIVILEGES: Columns = &[
    ("grantor", Of::Text),
    ("grantee", Of::Text),
    ("table_catalog", Of::Text),
    ("table_schema", Of::Text),
    ("table_name", Of::Text),
    ("privilege_type", Of::Text),
    ("is_grantable", Of::Text),
    ("with_hierarchy", Of::Text),
];

const CONSTRAINTS: Columns = &[
    ("constraint_catalog", Of::Text),
    ("constraint_schema", Of::Text),
    ("constraint_name", Of::Text),
    ("table_catalog", Of::Text),
    ("table_schema", Of::Text),
    ("table_name", Of::Text),
    ("constraint_type", Of::Text),
    ("is_deferrable", Of::Text),
    ("initially_deferred", Of::Text),
    ("enforced", Of::Text),
];

const KEYS: Columns = &[
    ("constraint_catalog", Of::Text),
    ("constraint_schema", Of::Text),
    ("constraint_name", Of::Text),
    ("table_catalog", Of::Text),
    ("table_schema", Of::Text),
    ("table_name", Of::Text),
    ("column_name", Of::Text),
    ("ordinal_position", Of::Int4),
    ("position_in_unique_constraint", Of::Int4),
];

const REFERENCES: Columns = &[
    ("constraint_catalog", Of::Text),
    ("constraint_schema", Of::Text),
    ("constraint_name", Of::Text),
    ("unique_constraint_catalog", Of::Text),
    ("unique_constraint_schema", Of::Text),
    ("unique_constraint_name", Of::Text),
    ("match_option", Of::Text),
    ("update_rule", Of::Text),
    ("delete_rule", Of::Text),
];

const CHARACTER_SETS: Columns = &[
    ("character_set_catalog", Of::Text),
    ("character_set_schema", Of::Text),
    ("character_set_name", Of::Text),
    ("character_repertoire", Of::Text),
    ("form_of_use", Of::Text),
    ("default_collate_catalog", Of::Text),
    ("default_collate_schema", Of::Text),
    ("default_collate_name", Of::Text),
];

/// Names of all views.
pub(super) fn names() -> BTreeSet<String> {
    LAYOUTS.iter().map(|(name, _)| *name).chain(FUNCTIONS).map(str::to_owned).collect()
}

/// Columns of a view, as far as they are not the engine's.
pub(super) fn columns(name: &str) -> Option<SchemaRef> {
    LAYOUTS.iter().find(|(named, _)| *named == name).map(|(_, columns)| grid::schema(columns))
}

/// See the module.
#[derive(Debug)]
pub(super) struct InformationSchema {
    directory: Directory,
    engine: InformationSchemaProvider,
}

type Row = Vec<(&'static str, Cell)>;

impl InformationSchema {
    pub(super) fn new(directory: Directory, functions: HashMap<String, Arc<TableFunction>>) -> Self {
        Self { engine: InformationSchemaProvider::new(directory.catalogs()).with_table_functions(functions), directory }
    }

    async fn rows(&self, name: &str) -> Result<Vec<Row>> {
        let database = self.directory.database();
        let visible = || self.directory.described();
        Ok(match name {
            "tables" => visible().await?.iter().map(|one| table(database, one)).collect(),
            "columns" => visible().await?.iter().flat_map(|one| columns_of(database, one)).collect(),
            "views" => {
                let described = visible().await?;
                described.iter().filter(|one| one.kind == TableType::View).map(|one| view(database, one)).collect()
            }
            "table_privileges" | "role_table_grants" => {
                let reader = self.directory.reader();
                visible().await?.iter().map(|one| privilege(database, reader, one)).collect()
            }
            "schemata" => {
                let schema = |name: String| -> Row {
                    let owner = types::OWNER_NAME.into();
                    vec![("catalog_name", database.into()), ("schema_name", name.into()), ("schema_owner", owner)]
                };
                self.directory.schemas().into_keys().map(schema).collect()
            }
            "character_sets" => vec![vec![
                ("character_set_name", "UTF8".into()),
                ("character_repertoire", "UCS".into()),
                ("form_of_use", "UTF8".into()),
                ("default_collate_catalog", database.into()),
                ("default_collate_schema", "pg_catalog".into()),
                ("default_collate_name", "C".into()),
            ]],
            "information_schema_catalog_name" => vec![vec![("catalog_name", database.into())]],
            "enabled_roles" => vec![vec![("role_name", self.directory.reader().into())]],
            _ => Vec::new(),
        })
    }
}

#[async_trait]
impl SchemaProvider for InformationSchema {
    fn table_names(&self) -> Vec<String> {
        names().into_iter().collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        if FUNCTIONS.contains(&name) {
            return self.engine.table(name).await;
        }
        match LAYOUTS.iter().find(|(named, _)| *named == name) {
            Some((_, columns)) => grid::table(columns, &self.rows(name).await?).map(Some),
            None => Ok(None),
        }
    }

    fn table_exist(&self, name: &str) -> bool {
        names().contains(name)
    }
}

fn named(database: &str, one: &Described) -> Row {
    vec![
        ("table_catalog", database.into()),
        ("table_schema", one.relation.schema.as_str().into()),
        ("table_name", one.relation.name.as_str().into()),
    ]
}

fn table(database: &str, one: &Described) -> Row {
    let mut row = named(database, one);
    row.push(("table_type", if one.kind == TableType::View { "VIEW" } else { "BASE TABLE" }.into()));
    row.extend([("is_insertable_into", "NO".into()), ("is_typed", "NO".into())]);
    row
}

fn view(database: &str, one: &Described) -> Row {
    let mut row = named(database, one);
    row.extend([("check_option", "NONE".into()), ("is_updatable", "NO".into()), ("is_insertable_into", "NO".into())]);
    row
}

fn privilege(database: &str, reader: &str, one: &Described) -> Row {
    let mut row = named(database, one);
    row.extend([("grantor", types::OWNER_NAME.into()), ("grantee", reader.into())]);
    row.extend([("privilege_type", "SELECT".into()), ("is_grantable", "NO".into()), ("with_hierarchy", "NO".into())]);
    row
}

fn columns_of(database: &str, one: &Described) -> Vec<Row> {
    let row = |at: usize| {
        let field = one.columns.field(at);
        let of = types::of_field(field);
        let mut row = named(database, one);
        row.extend([
            ("column_name", field.name().as_str().into()),
            ("ordinal_position", i32::try_from(at + 1).unwrap_or(i32::MAX).into()),
            ("is_nullable", if field.is_nullable() { "YES" } else { "NO" }.into()),
            ("data_type", types::in_words(&of).into()),
            ("udt_catalog", database.into()),
            ("udt_schema", "pg_catalog".into()),
            ("udt_name", of.name().into()),
            ("dtd_identifier", (at + 1).to_string().into()),
            ("is_self_referencing", "NO".into()),
            ("is_identity", "NO".into()),
            ("is_generated", "NEVER".into()),
            ("is_updatable", "NO".into()),
        ]);
        row.extend(sizes(&of, field.data_type()));
        row
    };
    (0..one.columns.fields().len()).map(row).collect()
}

fn sizes(of: &Type, arrow: &DataType) -> Row {
    let number = |precision: i32, radix: i32, scale: Option<i32>| {
        vec![
            ("numeric_precision", precision.into()),
            ("numeric_precision_radix", radix.into()),
            ("numeric_scale", scale.into()),
        ]
    };
    match *of {
        Type::INT2 => number(16, 2, Some(0)),
        Type::INT4 => number(32, 2, Some(0)),
        Type::INT8 => number(64, 2, Some(0)),
        Type::FLOAT4 => number(24, 2, None),
        Type::FLOAT8 => number(53, 2, None),
        Type::NUMERIC => match types::digits(types::modifier(arrow)) {
            Some((precision, scale)) => number(precision, 10, Some(scale)),
            None => Vec::new(),
        },
        Type::TEXT | Type::VARCHAR => vec![("character_octet_length", (1_i32 << 30).into())],
        Type::DATE => vec![("datetime_precision", 0_i32.into())],
        Type::TIMESTAMP | Type::TIMESTAMPTZ | Type::TIME | Type::INTERVAL => vec![("datetime_precision", 6_i32.into())],
        _ => Vec::new(),
    }
}
