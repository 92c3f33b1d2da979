//! The rows of the tables that are the session's own.

use super::super::directory::{Described, Directory, OWNER, READER};
use super::super::functions::Routines;
use super::super::grid::Cell;
use super::super::types;
use super::oid;
use crate::postgres::statement::Settings;
use datafusion::arrow::array::{Array, StringArray};
use datafusion_pg_catalog::pg_catalog::PgCatalogStaticTables;
use pgwire::api::Type;
use std::collections::BTreeSet;

pub(super) type Row = Vec<(&'static str, Cell)>;

fn flags(row: &mut Row, names: &[&'static str], value: bool) {
    row.extend(names.iter().map(|name| (*name, Cell::Flag(value))));
}

fn zeros(row: &mut Row, names: &[&'static str]) {
    row.extend(names.iter().map(|name| (*name, Cell::Number(0))));
}

/// `pg_class`.
pub(super) fn classes(described: &[Described]) -> Vec<Row> {
    const FALSE: [&str; 9] = [
        "relhasindex",
        "relisshared",
        "relhasrules",
        "relhastriggers",
        "relhassubclass",
        "relrowsecurity",
        "relforcerowsecurity",
        "relispartition",
        "relispopulated",
    ];
    const ZERO: [&str; 9] = [
        "reltype",
        "reloftype",
        "relam",
        "relfilenode",
        "reltablespace",
        "relpages",
        "relallvisible",
        "reltoastrelid",
        "relchecks",
    ];
    let row = |one: &Described| {
        let mut row: Row = vec![
            ("oid", one.relation.oid.into()),
            ("relname", one.relation.name.as_str().into()),
            ("relnamespace", one.relation.namespace.into()),
            ("relowner", OWNER.into()),
            // Not counted.
            ("reltuples", (-1_i32).into()),
            ("relpersistence", "p".into()),
            ("relkind", one.letter().into()),
            ("relnatts", i32::try_from(one.columns.fields().len()).unwrap_or(i32::MAX).into()),
            ("relreplident", "n".into()),
            ("relrewrite", 0_i32.into()),
            ("relfrozenxid", "0".into()),
            ("relminmxid", "0".into()),
        ];
        flags(&mut row, &FALSE, false);
        zeros(&mut row, &ZERO);
        row
    };
    described.iter().map(row).collect()
}

/// `pg_attribute`.
pub(super) fn attributes(described: &[Described]) -> Vec<Row> {
    let row = |one: &Described, at: usize| {
        let field = one.columns.field(at);
        let of = types::of_field(field);
        let oid = i32::try_from(of.oid()).unwrap_or_default();
        let mut row: Row = vec![
            ("attrelid", one.relation.oid.into()),
            ("attname", field.name().as_str().into()),
            ("atttypid", oid.into()),
            ("attlen", i32::from(types::length(&of)).into()),
            ("attnum", i32::try_from(at + 1).unwrap_or(i32::MAX).into()),
            ("attcacheoff", (-1_i32).into()),
            ("atttypmod", types::modifier(field.data_type()).into()),
            ("attndims", i32::from(of.name().starts_with('_')).into()),
            ("attbyval", (types::length(&of) > 0 && of != Type::INTERVAL).into()),
            ("attalign", if types::length(&of) == 8 { "d" } else { "i" }.into()),
            ("attstorage", if types::length(&of) > 0 { "p" } else { "x" }.into()),
            ("attcompression", "".into()),
            ("attnotnull", (!field.is_nullable()).into()),
            ("attidentity", "".into()),
            ("attgenerated", "".into()),
            ("attislocal", true.into()),
            ("attstattarget", (-1_i32).into()),
        ];
        flags(&mut row, &["atthasdef", "atthasmissing", "attisdropped"], false);
        zeros(&mut row, &["attinhcount", "attcollation"]);
        row
    };
    described.iter().flat_map(|one| (0..one.columns.fields().len()).map(move |at| row(one, at))).collect()
}

/// `pg_description`: what is said of tables, columns and functions.
pub(super) fn descriptions(described: &[Described], routines: &Routines) -> Vec<Row> {
    let row = |of: i32, class: &str, part: usize, text: &str| -> Row {
        vec![
            ("objoid", of.into()),
            ("classoid", oid(class).into()),
            ("objsubid", i32::try_from(part).unwrap_or(i32::MAX).into()),
            ("description", text.into()),
        ]
    };
    let mut rows = Vec::new();
    for one in described {
        rows.extend(one.comment().map(|text| row(one.relation.oid, "pg_class", 0, text)));
        let columns = 0..one.columns.fields().len();
        let said = columns.filter_map(|at| one.column_comment(at).map(|text| (at + 1, text)));
        rows.extend(said.map(|(number, text)| row(one.relation.oid, "pg_class", number, text)));
    }
    let said = routines.all().into_iter().filter_map(|routine| Some((routine.oid, routine.comment?)));
    rows.extend(said.map(|(oid, text)| row(oid, "pg_proc", 0, &text)));
    rows
}

/// `pg_tables` and `pg_views`.
pub(super) fn listed(described: &[Described], which: &str) -> Vec<Row> {
    let (letter, name, owner) = match which {
        "pg_tables" => ("r", "tablename", "tableowner"),
        _ => ("v", "viewname", "viewowner"),
    };
    let row = |one: &Described| {
        let mut row: Row = vec![
            ("schemaname", one.relation.schema.as_str().into()),
            (name, one.relation.name.as_str().into()),
            (owner, types::OWNER_NAME.into()),
        ];
        flags(&mut row, &["hasindexes", "hasrules", "hastriggers", "rowsecurity"], false);
        row
    };
    described.iter().filter(|one| one.letter() == letter).map(row).collect()
}

/// `pg_namespace`.
pub(super) fn namespaces(directory: &Directory) -> Vec<Row> {
    let row =
        |(name, oid): (String, i32)| vec![("oid", oid.into()), ("nspname", name.into()), ("nspowner", OWNER.into())];
    directory.schemas().into_iter().map(row).collect()
}

/// `pg_database`: the one.
pub(super) fn databases(directory: &Directory) -> Vec<Row> {
    vec![vec![
        ("oid", 5_i32.into()),
        ("datname", directory.database().into()),
        ("datdba", OWNER.into()),
        ("encoding", 6_i32.into()),
        ("datlocprovider", "c".into()),
        ("datistemplate", false.into()),
        ("datallowconn", true.into()),
        ("datconnlimit", (-1_i32).into()),
        ("datfrozenxid", "0".into()),
        ("datminmxid", "0".into()),
        ("dattablespace", 0_i32.into()),
        ("datcollate", "C".into()),
        ("datctype", "C".into()),
    ]]
}

/// `pg_roles` and `pg_user`: who owns everything, and who reads.
pub(super) fn roles(directory: &Directory) -> Vec<Row> {
    let row = |name: &str, oid: i32| -> Row {
        let mut row: Row = vec![
            ("rolname", name.into()),
            ("usename", name.into()),
            ("rolinherit", true.into()),
            ("rolcanlogin", (oid == READER).into()),
            ("rolconnlimit", (-1_i32).into()),
            ("oid", oid.into()),
            ("usesysid", oid.into()),
        ];
        let never =
            ["rolsuper", "rolcreaterole", "rolcreatedb", "rolreplication", "rolbypassrls", "usecreatedb", "usesuper"];
        flags(&mut row, &never, false);
        row
    };
    vec![row(types::OWNER_NAME, OWNER), row(directory.reader(), READER)]
}

/// `pg_proc`: the functions of the session, and the names by which types say how they are sent.
pub(super) fn routines(routines: &Routines, fixed: &PgCatalogStaticTables) -> Vec<Row> {
    let mut rows: Vec<Row> = routines
        .all()
        .into_iter()
        .map(|one| proc(one.oid, &one.name, one.namespace, (one.kind.letter(), one.kind.is_set())))
        .collect();
    let named = sent_by(fixed);
    rows.extend((0_i32..).zip(&named).map(|(at, name)| proc(14_000 + at, name, 11, ("f", false))));
    rows
}

fn proc(oid: i32, name: &str, namespace: i32, (letter, is_set): (&'static str, bool)) -> Row {
    let mut row: Row = vec![
        ("oid", oid.into()),
        ("proname", name.into()),
        ("pronamespace", namespace.into()),
        ("proowner", OWNER.into()),
        ("prolang", 12_i32.into()),
        ("procost", 1_i32.into()),
        ("prokind", letter.into()),
        ("proretset", is_set.into()),
        ("provolatile", "s".into()),
        ("proparallel", "s".into()),
        ("proargtypes", "".into()),
        ("prosrc", name.into()),
        // Not told.
        (
            "prorettype",
            i32::try_from(if is_set { Type::RECORD.oid() } else { Type::ANY.oid() }).unwrap_or_default().into(),
        ),
    ];
    flags(&mut row, &["prosecdef", "proleakproof", "proisstrict"], false);
    zeros(&mut row, &["prorows", "provariadic", "pronargs", "pronargdefaults"]);
    row
}

fn sent_by(fixed: &PgCatalogStaticTables) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for batch in fixed.pg_type.data() {
        for column in ["typinput", "typoutput", "typreceive", "typsend"] {
            let column = batch.column_by_name(column).and_then(|column| column.as_any().downcast_ref::<StringArray>());
            names.extend(column.into_iter().flatten().flatten().filter(|name| *name != "-").map(str::to_owned));
        }
    }
    names
}

/// `pg_settings`.
pub(super) fn settings(settings: &Settings) -> Vec<Row> {
    let row = |shown: crate::postgres::statement::settings::Shown| -> Row {
        vec![
            ("name", shown.name.into()),
            ("setting", shown.value.clone().into()),
            ("category", "Connection".into()),
            ("short_desc", shown.about.into()),
            ("context", "user".into()),
            ("vartype", "string".into()),
            ("source", "session".into()),
            ("reset_val", shown.value.into()),
            ("pending_restart", false.into()),
        ]
    };
    settings.all().into_iter().map(row).collect()
}
