//! Names of oids, and oids of names.

use super::super::directory::Directory;
use super::super::{pg_catalog, types};
use super::{Answer, Call, Gives};
use crate::postgres::{Fault, SqlState};
use datafusion::arrow::array::{Array, ArrayRef, BooleanArray, Int32Array, StringArray};
use datafusion::error::{DataFusionError, Result};
use std::collections::BTreeMap;
use std::sync::Arc;

/// All of them.
pub(super) fn functions(directory: &Directory) -> Vec<Answer> {
    let with = |name, gives, body: fn(&Directory, &Call) -> Result<ArrayRef>| {
        let directory = directory.clone();
        Answer::new(name, gives, move |call| body(&directory, call))
    };
    vec![
        with("to_regclass", Gives::Oid, |directory, call| lookup(call, 0, |name| directory.oid_of_relation(name))),
        with("to_regtype", Gives::Oid, |_, call| {
            let known = oids_of_types()?;
            lookup(call, 0, |name| known.get(&types::plain(name)).copied())
        }),
        with("to_regnamespace", Gives::Oid, |directory, call| {
            let known = directory.schemas();
            lookup(call, 0, |name| known.get(name).copied())
        }),
        with("to_regrole", Gives::Oid, |directory, call| lookup(call, 0, |name| directory.oid_of_role(name))),
        with("pg_oid_of", Gives::Oid, oid_of),
        with("pg_name_of", Gives::Text, name_of),
        with("format_type", Gives::Text, |_, call| format_type(call)),
        with("pg_get_userbyid", Gives::Text, |directory, call| {
            let oids = call.oid(0)?;
            let name = |oid: i32| directory.name_of_role(oid).unwrap_or_else(|| format!("unknown (OID={oid})"));
            Ok(call.texts(|row| oids.get(row).copied().flatten().map(name)))
        }),
        with("pg_table_is_visible", Gives::Flag, |directory, call| {
            let home = directory.home();
            let relations = directory.relations();
            let plain = relations.iter().filter(|one| one.schema == home || one.schema == "pg_catalog");
            let plain: std::collections::BTreeSet<i32> = plain.map(|one| one.oid).collect();
            let seen = call.oid(0)?.into_iter().map(|oid| oid.map(|oid| plain.contains(&oid)));
            Ok(Arc::new(seen.collect::<BooleanArray>()))
        }),
    ]
}

fn lookup(call: &Call, at: usize, oid: impl Fn(&str) -> Option<i32>) -> Result<ArrayRef> {
    let names = call.text(at)?;
    Ok(Arc::new(names.iter().map(|name| name.and_then(&oid)).collect::<Int32Array>()))
}

fn columns_of_types<T>(read: impl Fn(i32, &str) -> T) -> Result<Vec<T>> {
    let fixed = pg_catalog::fixed()?;
    let mut read_all = Vec::new();
    for batch in fixed.pg_type.data() {
        let oids = batch.column_by_name("oid").and_then(|column| column.as_any().downcast_ref::<Int32Array>());
        let names = batch.column_by_name("typname").and_then(|column| column.as_any().downcast_ref::<StringArray>());
        let pairs = oids.into_iter().flatten().zip(names.into_iter().flatten());
        read_all.extend(pairs.filter_map(|(oid, name)| Some(read(oid?, name?))));
    }
    Ok(read_all)
}

fn oids_of_types() -> Result<BTreeMap<String, i32>> {
    Ok(columns_of_types(|oid, name| (name.to_owned(), oid))?.into_iter().collect())
}

fn names_of_types() -> Result<BTreeMap<i32, String>> {
    Ok(columns_of_types(|oid, name| (oid, types::pretty(name)))?.into_iter().collect())
}

/// `'x'::regclass` and its like, which fail for what is not there.
fn oid_of(directory: &Directory, call: &Call) -> Result<ArrayRef> {
    let (kinds, names) = (call.text(0)?, call.text(1)?);
    let known = oids_of_types()?;
    let schemas = directory.schemas();
    let one = |(kind, name): (Option<&str>, Option<&str>)| -> Result<Option<i32>> {
        let Some(name) = name else { return Ok(None) };
        if let Ok(number) = name.parse() {
            return Ok(Some(number));
        }
        let (state, what, oid) = match kind {
            Some("regtype") => (SqlState::UndefinedObject, "type", known.get(&types::plain(name)).copied()),
            Some("regnamespace") => (SqlState::InvalidSchemaName, "schema", schemas.get(name).copied()),
            Some("regrole") => (SqlState::UndefinedObject, "role", directory.oid_of_role(name)),
            _ => (SqlState::UndefinedTable, "relation", directory.oid_of_relation(name)),
        };
        oid.map(Some).ok_or_else(|| {
            DataFusionError::External(Box::new(Fault::new(state, format!("{what} \"{name}\" does not exist"))))
        })
    };
    let oids = kinds.iter().zip(names.iter()).map(one).collect::<Result<Vec<_>>>()?;
    Ok(Arc::new(Int32Array::from(oids)))
}

/// `oid::regclass::text` and its like, which give the number of what is not there.
fn name_of(directory: &Directory, call: &Call) -> Result<ArrayRef> {
    let (kinds, oids) = (call.text(0)?, call.oid(1)?);
    let kind = kinds.iter().next().flatten().unwrap_or_default().to_owned();
    let names: BTreeMap<i32, String> = match kind.as_str() {
        "regtype" => names_of_types()?,
        "regnamespace" => directory.schemas().into_iter().map(|(name, oid)| (oid, name)).collect(),
        "regrole" => oids.iter().flatten().filter_map(|oid| Some((*oid, directory.name_of_role(*oid)?))).collect(),
        _ => {
            let asked: std::collections::BTreeSet<i32> = oids.iter().flatten().copied().collect();
            asked.into_iter().filter_map(|oid| Some((oid, directory.name_of_relation(oid)?))).collect()
        }
    };
    Ok(call.texts(|row| {
        oids.get(row).copied().flatten().map(|oid| match oid {
            0 => "-".to_owned(),
            oid => names.get(&oid).cloned().unwrap_or_else(|| oid.to_string()),
        })
    }))
}

fn format_type(call: &Call) -> Result<ArrayRef> {
    let (oids, modifiers) = (call.oid(0)?, call.number(1)?);
    let names = names_of_types()?;
    Ok(call.texts(|row| {
        let oid = oids.get(row).copied().flatten()?;
        let modifier =
            modifiers.is_valid(row).then(|| modifiers.value(row)).and_then(|number| i32::try_from(number).ok());
        let name = names.get(&oid).map_or_else(|| if oid == 0 { "-" } else { "???" }.to_owned(), Clone::clone);
        Some(match (name.as_str(), modifier.and_then(types::digits)) {
            ("numeric", Some((precision, scale))) => format!("numeric({precision},{scale})"),
            ("character varying" | "character", Some(_)) => format!("{name}({})", modifier.unwrap_or(4) - 4),
            _ => name,
        })
    }))
}
