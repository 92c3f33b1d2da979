//! The schemas and relations of a session, and their oids.
//!
//! Oids below 16384 are PostgreSQL's own or stand for its catalogues; the others are made of schema and name alone, so that
//! they are the same in every session: two names that meet get neighbouring ones, in the order of the names.

use super::{information_schema, pg_catalog, types};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{CatalogProvider, CatalogProviderList};
use datafusion::datasource::TableType;
use datafusion::error::Result;
use datafusion::prelude::SessionContext;
use futures::FutureExt;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// The key of a comment in the metadata of a schema or a field.
const COMMENT: &str = "comment";

/// Oid of who owns everything.
pub(super) const OWNER: i32 = 10;

/// Oid of the reader.
pub(super) const READER: i32 = 16_383;

/// See the module.
#[derive(Clone)]
pub(super) struct Directory {
    catalogs: Arc<dyn CatalogProviderList>,
    database: String,
    reader: String,
    home: Arc<dyn Fn() -> String + Send + Sync>,
}

impl fmt::Debug for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Directory").field("database", &self.database).finish_non_exhaustive()
    }
}

/// A table or a view, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Relation {
    pub(super) schema: String,
    pub(super) name: String,
    pub(super) oid: i32,
    pub(super) namespace: i32,
}

/// The same with its columns.
#[derive(Debug, Clone)]
pub(super) struct Described {
    pub(super) relation: Relation,
    pub(super) kind: TableType,
    pub(super) columns: SchemaRef,
}

impl Described {
    /// `r` or `v`, as PostgreSQL says it.
    pub(super) fn letter(&self) -> &'static str {
        match self.kind {
            TableType::View => "v",
            TableType::Base | TableType::Temporary => "r",
        }
    }

    /// What is said of it.
    pub(super) fn comment(&self) -> Option<&str> {
        self.columns.metadata().get(COMMENT).map(String::as_str)
    }

    /// What is said of its columns.
    pub(super) fn column_comment(&self, at: usize) -> Option<&str> {
        self.columns.fields().get(at).and_then(|field| field.metadata().get(COMMENT)).map(String::as_str)
    }
}

impl Directory {
    /// That of `context`, for a reader of this name.
    pub(super) fn of(context: &SessionContext, reader: &str) -> Self {
        let state = context.state();
        let weak = context.state_weak_ref();
        let home = move || {
            let state = weak.upgrade();
            state.map(|state| state.read().config_options().catalog.default_schema.clone()).unwrap_or_default()
        };
        Self {
            catalogs: Arc::clone(state.catalog_list()),
            database: state.config_options().catalog.default_catalog.clone(),
            reader: reader.to_owned(),
            home: Arc::new(home),
        }
    }

    /// Its name as a database.
    pub(super) fn database(&self) -> &str {
        &self.database
    }

    /// Who reads.
    pub(super) fn reader(&self) -> &str {
        &self.reader
    }

    /// The schema of names without one.
    pub(super) fn home(&self) -> String {
        (self.home)()
    }

    pub(super) fn catalogs(&self) -> Arc<dyn CatalogProviderList> {
        Arc::clone(&self.catalogs)
    }

    fn catalog(&self) -> Option<Arc<dyn CatalogProvider>> {
        self.catalogs.catalog(&self.database)
    }

    /// Every schema with its oid, by name.
    pub(super) fn schemas(&self) -> BTreeMap<String, i32> {
        let mut taken = BTreeSet::new();
        let names: BTreeSet<String> =
            self.catalog().map(|catalog| catalog.schema_names()).into_iter().flatten().collect();
        let oid = |name: String| {
            let oid = match name.as_str() {
                "pg_catalog" => 11,
                "public" => 2200,
                "information_schema" => 13_000,
                other => free(other, &mut taken),
            };
            (name, oid)
        };
        names.into_iter().map(oid).collect()
    }

    /// Every relation, by schema and name.
    pub(super) fn relations(&self) -> Vec<Relation> {
        let mut taken = BTreeSet::new();
        let mut relations = Vec::new();
        for (schema, namespace) in self.schemas() {
            let names: BTreeSet<String> = match schema.as_str() {
                "pg_catalog" => pg_catalog::names(),
                "information_schema" => information_schema::names(),
                other => self
                    .catalog()
                    .and_then(|c| c.schema(other))
                    .map(|s| s.table_names())
                    .into_iter()
                    .flatten()
                    .collect(),
            };
            for (at, name) in (0_i32..).zip(names) {
                let oid = match schema.as_str() {
                    "pg_catalog" => pg_catalog::oid_of_catalogue(&name).unwrap_or(11_000 + at),
                    "information_schema" => 13_100 + at,
                    _ => free(&format!("{schema}.{name}"), &mut taken),
                };
                relations.push(Relation { schema: schema.clone(), name, oid, namespace });
            }
        }
        relations
    }

    /// Every relation with its columns.
    ///
    /// # Errors
    /// A table cannot be had.
    pub(super) async fn described(&self) -> Result<Vec<Described>> {
        let mut described = Vec::new();
        for relation in self.relations() {
            if let Some(one) = self.describe(relation).await? {
                described.push(one);
            }
        }
        Ok(described)
    }

    async fn describe(&self, relation: Relation) -> Result<Option<Described>> {
        let system = match relation.schema.as_str() {
            "pg_catalog" => Some((TableType::Base, pg_catalog::columns(&relation.name)?)),
            "information_schema" => Some((TableType::View, information_schema::columns(&relation.name))),
            _ => None,
        };
        if let Some((kind, columns)) = system {
            return Ok(columns.map(|columns| Described { relation, kind, columns }));
        }
        let Some(schema) = self.catalog().and_then(|catalog| catalog.schema(&relation.schema)) else { return Ok(None) };
        let table = schema.table(&relation.name).await?;
        Ok(table.map(|table| Described { kind: table.table_type(), columns: table.schema(), relation }))
    }

    /// What is known at once of every relation; one that takes waiting is left out.
    pub(super) fn at_once(&self) -> Vec<Described> {
        let relations = self.relations().into_iter();
        relations.filter_map(|relation| self.describe(relation).now_or_never()?.ok()?).collect()
    }

    /// The oid of a relation that is written `name` or `schema.name`.
    pub(super) fn oid_of_relation(&self, written: &str) -> Option<i32> {
        let parts = parts(written);
        let (schema, name) = match parts.as_slice() {
            [name] => (None, name),
            [schema, name] => (Some(schema), name),
            [database, schema, name] if *database == self.database => (Some(schema), name),
            _ => return None,
        };
        let home = self.home();
        let path = schema.map_or_else(|| vec![home.as_str(), "pg_catalog"], |schema| vec![schema.as_str()]);
        let relations = self.relations();
        let find = |schema: &&str| relations.iter().find(|r| r.schema == **schema && r.name == *name).map(|r| r.oid);
        path.iter().find_map(find)
    }

    /// The name of a relation, with its schema where that is needed.
    pub(super) fn name_of_relation(&self, oid: i32) -> Option<String> {
        let relation = self.relations().into_iter().find(|relation| relation.oid == oid)?;
        let plain = relation.schema == self.home() || relation.schema == "pg_catalog";
        Some(if plain { relation.name } else { format!("{}.{}", relation.schema, relation.name) })
    }

    /// The oid of a role.
    pub(super) fn oid_of_role(&self, name: &str) -> Option<i32> {
        match name {
            types::OWNER_NAME => Some(OWNER),
            name => (name == self.reader).then_some(READER),
        }
    }

    /// The name of a role.
    pub(super) fn name_of_role(&self, oid: i32) -> Option<String> {
        match oid {
            OWNER => Some(types::OWNER_NAME.to_owned()),
            READER => Some(self.reader.clone()),
            _ => None,
        }
    }
}

/// An oid from 16384 on that is made of `name` and not taken yet.
fn free(name: &str, taken: &mut BTreeSet<i32>) -> i32 {
    const FIRST: u32 = 16_384;
    const COUNT: u32 = 1 << 30;
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let mut at = hash % COUNT;
    loop {
        let oid = i32::try_from(FIRST + at).unwrap_or(i32::MAX);
        if taken.insert(oid) {
            return oid;
        }
        at = (at + 1) % COUNT;
    }
}

/// The parts of a name as PostgreSQL reads it: folded, unless quoted.
fn parts(written: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for c in written.trim().chars() {
        match (c, parts.last_mut()) {
            ('"', _) => quoted = !quoted,
            ('.', _) if !quoted => parts.push(String::new()),
            (c, Some(part)) if quoted => part.push(c),
            (c, Some(part)) => part.extend(c.to_lowercase()),
            (_, None) => {}
        }
    }
    parts
}
