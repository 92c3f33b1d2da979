//! Functions that say the same whatever they are asked.

use super::{Answer, Call, Gives};
use datafusion::arrow::array::{ArrayRef, Int32Array, Int64Array, new_null_array};
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;
use std::sync::Arc;

/// There is no such thing, or it is not told.
const NULL_TEXT: [&str; 18] = [
    "pg_get_constraintdef",
    "pg_get_expr",
    "pg_get_function_sqlbody",
    "pg_get_functiondef",
    "pg_get_indexdef",
    "pg_get_partition_constraintdef",
    "pg_get_partkeydef",
    "pg_get_ruledef",
    "pg_get_serial_sequence",
    "pg_get_statisticsobjdef",
    "pg_get_statisticsobjdef_columns",
    "pg_get_triggerdef",
    "pg_get_viewdef",
    "pg_advisory_unlock_all",
    "pg_tablespace_location",
    "pg_relation_filepath",
    "shobj_description",
    "inet_server_addr",
];

/// Everything that is listed can be named without its schema, or is of no schema.
const TRUE: [&str; 8] = [
    "pg_collation_is_visible",
    "pg_conversion_is_visible",
    "pg_function_is_visible",
    "pg_opclass_is_visible",
    "pg_operator_is_visible",
    "pg_opfamily_is_visible",
    "pg_type_is_visible",
    "pg_has_role",
];

const FALSE: [&str; 4] =
    ["pg_is_in_recovery", "pg_is_other_temp_schema", "pg_relation_is_publishable", "row_security_active"];

/// Sizes are not told.
const NULL_SIZE: [&str; 6] = [
    "pg_database_size",
    "pg_indexes_size",
    "pg_relation_size",
    "pg_stat_get_numscans",
    "pg_table_size",
    "pg_total_relation_size",
];

const RIGHTS: [&str; 9] = [
    "has_any_column_privilege",
    "has_column_privilege",
    "has_database_privilege",
    "has_function_privilege",
    "has_language_privilege",
    "has_schema_privilege",
    "has_sequence_privilege",
    "has_table_privilege",
    "has_type_privilege",
];

/// All of them.
pub(super) fn functions() -> Vec<Answer> {
    let mut functions = Vec::new();
    for name in NULL_TEXT {
        functions.push(Answer::new(name, Gives::Text, |call| Ok(new_null_array(&DataType::Utf8, call.rows))));
    }
    functions.extend(TRUE.map(|name| Answer::new(name, Gives::Flag, |call| Ok(call.flags(true)))));
    functions.extend(FALSE.map(|name| Answer::new(name, Gives::Flag, |call| Ok(call.flags(false)))));
    for name in NULL_SIZE {
        functions.push(Answer::new(name, Gives::Int8, |call| Ok(new_null_array(&DataType::Int64, call.rows))));
    }
    functions.extend(RIGHTS.map(|name| Answer::new(name, Gives::Flag, rights)));
    functions
        .push(Answer::new("pg_my_temp_schema", Gives::Oid, |call| Ok(Arc::new(Int32Array::from(vec![0; call.rows])))));
    // No type here has columns.
    functions
        .push(Answer::new("pg_no_oids", Gives::Oids, |call| Ok(new_null_array(&Gives::Oids.data_type(), call.rows))));
    functions.push(Answer::new("pg_partition_ancestors", Gives::Oid, |call| {
        Ok(Arc::new(call.oid(0)?.into_iter().collect::<Int32Array>()))
    }));
    functions.push(Answer::new("pg_size_pretty", Gives::Text, |call| {
        let bytes = call.number(0)?;
        let texts: Vec<Option<String>> =
            bytes.iter().map(|bytes| bytes.map(|bytes| format!("{bytes} bytes"))).collect();
        Ok(call.texts(|row| texts.get(row).cloned().flatten()))
    }));
    functions.push(Answer::new("pg_encoding_to_char", Gives::Text, |call| {
        let codes: Int64Array = call.number(0)?;
        let name = |code: Option<i64>| code.map(|code| if code == 6 { "UTF8" } else { "" }.to_owned());
        let names: Vec<Option<String>> = codes.iter().map(name).collect();
        Ok(call.texts(|row| names.get(row).cloned().flatten()))
    }));
    functions.push(
        Answer::new("pg_client_encoding", Gives::Text, |call| Ok(call.always("UTF8"))).also(&["getdatabaseencoding"]),
    );
    functions
}

/// Whether one of the rights that are asked for is to read.
fn rights(call: &Call) -> Result<ArrayRef> {
    const READING: [&str; 4] = ["select", "usage", "connect", "execute"];
    let asked = call.text(call.arguments.len().saturating_sub(1))?;
    let may = |asked: Option<&str>| {
        asked.map(|asked| asked.split(',').any(|right| READING.contains(&right.trim().to_lowercase().as_str())))
    };
    Ok(Arc::new(asked.iter().map(may).collect::<datafusion::arrow::array::BooleanArray>()))
}
