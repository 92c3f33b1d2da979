//! What is said of the connection, and of tables and columns.

use super::super::directory::Directory;
use super::{Answer, Gives};
use crate::postgres::statement::Settings;
use crate::postgres::statement::command::Extent;
use crate::postgres::statement::settings::SERVER_VERSION;
use crate::postgres::{Fault, SqlState};
use datafusion::arrow::array::{Array, BooleanArray, Int32Array, ListBuilder, StringBuilder};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::error::{DataFusionError, Result};
use std::collections::BTreeMap;
use std::sync::Arc;

/// All of them.
pub(super) fn functions(directory: &Directory, settings: &Arc<Settings>) -> Vec<Answer> {
    let mut functions = connection(directory, settings);
    functions.extend(values(settings));
    functions.extend(comments(directory));
    functions
}

fn connection(directory: &Directory, settings: &Arc<Settings>) -> Vec<Answer> {
    let (database, reader) = (directory.database().to_owned(), directory.reader().to_owned());
    let (home, path, backend) = (directory.clone(), directory.clone(), Arc::clone(settings));
    vec![
        Answer::new("version", Gives::Text, |call| Ok(call.always(&format!("PostgreSQL {SERVER_VERSION}")))),
        Answer::new("current_database", Gives::Text, move |call| Ok(call.always(&database))),
        Answer::new("session_user", Gives::Text, move |call| Ok(call.always(&reader))).also(&["user", "current_role"]),
        Answer::new("current_schema", Gives::Text, move |call| Ok(call.always(&home.home()))),
        Answer::new("current_schemas", Gives::Texts, move |call| {
            let implicit = call.arguments.first().map(|argument| cast(argument, &DataType::Boolean)).transpose()?;
            let implicit = implicit.and_then(|flags| flags.as_any().downcast_ref::<BooleanArray>().cloned());
            let mut lists = ListBuilder::new(StringBuilder::new());
            for row in 0..call.rows {
                if implicit.as_ref().is_some_and(|flags| flags.is_valid(row) && flags.value(row)) {
                    lists.values().append_value("pg_catalog");
                }
                lists.values().append_value(path.home());
                lists.append(true);
            }
            Ok(Arc::new(lists.finish()))
        }),
        Answer::new("pg_backend_pid", Gives::Int4, move |call| {
            Ok(Arc::new(Int32Array::from(vec![backend.backend(); call.rows])))
        }),
    ]
}

fn values(settings: &Arc<Settings>) -> Vec<Answer> {
    let (read, write) = (Arc::clone(settings), Arc::clone(settings));
    vec![
        Answer::new("current_setting", Gives::Text, move |call| {
            let names = call.text(0)?;
            let lenient = call.arguments.get(1).map(|flag| cast(flag, &DataType::Boolean)).transpose()?;
            let lenient = lenient.and_then(|flags| flags.as_any().downcast_ref::<BooleanArray>().cloned());
            let one = |row: usize| -> Result<Option<String>> {
                let Some(name) = names.is_valid(row).then(|| names.value(row)) else { return Ok(None) };
                match read.show(name) {
                    Ok(shown) => Ok(Some(shown.value)),
                    Err(_) if lenient.as_ref().is_some_and(|flags| flags.is_valid(row) && flags.value(row)) => Ok(None),
                    Err(fault) => Err(DataFusionError::External(Box::new(fault))),
                }
            };
            let values = (0..call.rows).map(one).collect::<Result<Vec<_>>>()?;
            Ok(call.texts(|row| values.get(row).cloned().flatten()))
        }),
        Answer::new("set_config", Gives::Text, move |call| {
            let (names, values) = (call.text(0)?, call.text(1)?);
            let local = call.text(2)?;
            let one = |row: usize| -> Result<Option<String>> {
                let null = || Fault::new(SqlState::InvalidParameterValue, "set_config needs a name");
                let name = names.is_valid(row).then(|| names.value(row)).ok_or_else(null);
                let value = values.is_valid(row).then(|| values.value(row));
                let is_local = local.is_valid(row) && local.value(row) == "true";
                let extent = if is_local { Extent::Transaction } else { Extent::Session };
                let set = name.and_then(|name| write.set(name, value, extent).and_then(|_| write.show(name)));
                set.map(|shown| Some(shown.value)).map_err(|fault| DataFusionError::External(Box::new(fault)))
            };
            let given = (0..call.rows).map(one).collect::<Result<Vec<_>>>()?;
            Ok(call.texts(|row| given.get(row).cloned().flatten()))
        })
        .volatile(),
    ]
}

fn comments(directory: &Directory) -> Vec<Answer> {
    let (of_objects, of_columns) = (directory.clone(), directory.clone());
    vec![
        Answer::new("obj_description", Gives::Text, move |call| {
            let oids = call.oid(0)?;
            let classes = call.text(1)?;
            let described = of_objects.at_once();
            let said: BTreeMap<i32, &str> =
                described.iter().filter_map(|one| Some((one.relation.oid, one.comment()?))).collect();
            Ok(call.texts(|row| {
                let of_tables = classes.is_null(row) || classes.value(row) == "pg_class";
                let oid = oids.get(row).copied().flatten().filter(|_| of_tables)?;
                said.get(&oid).map(|text| (*text).to_owned())
            }))
        }),
        Answer::new("col_description", Gives::Text, move |call| {
            let (oids, numbers) = (call.oid(0)?, call.number(1)?);
            let described = of_columns.at_once();
            let tables: BTreeMap<i32, usize> =
                described.iter().enumerate().map(|(at, one)| (one.relation.oid, at)).collect();
            Ok(call.texts(|row| {
                let oid = oids.get(row).copied().flatten()?;
                let number = numbers.is_valid(row).then(|| numbers.value(row))?;
                let column = usize::try_from(number).ok()?.checked_sub(1)?;
                described.get(*tables.get(&oid)?)?.column_comment(column).map(str::to_owned)
            }))
        }),
    ]
}
