//! Arrow types as PostgreSQL names them.

use datafusion::arrow::datatypes::{DataType, Field};
use pgwire::api::Type;

/// Who owns everything.
pub(super) const OWNER_NAME: &str = "touchload";

/// The PostgreSQL type of a column; what has parts is JSON.
pub(super) fn of_field(field: &Field) -> Type {
    let alias = field.metadata().get(arrow_pg::datatypes::PG_OID_ALIAS_KEY);
    match alias.and_then(|kind| arrow_pg::datatypes::pg_type_for_alias_kind(kind)) {
        Some(alias) => alias,
        None => of_data_type(field.data_type()),
    }
}

fn of_data_type(of: &DataType) -> Type {
    match of {
        DataType::Struct(_) | DataType::Map(..) | DataType::Union(..) => Type::JSON,
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _)
            if item.data_type().is_nested() =>
        {
            Type::JSON
        }
        other => arrow_pg::datatypes::into_pg_type(other).unwrap_or(Type::TEXT),
    }
}

/// How `information_schema` calls it.
pub(super) fn in_words(of: &Type) -> String {
    if of.name().starts_with('_') { "ARRAY".to_owned() } else { pretty(of.name()) }
}

/// The SQL name of a type that is called `name` in `pg_type`.
pub(super) fn pretty(name: &str) -> String {
    let word = match name {
        "bool" => "boolean",
        "int2" => "smallint",
        "int4" => "integer",
        "int8" => "bigint",
        "float4" => "real",
        "float8" => "double precision",
        "varchar" => "character varying",
        "bpchar" => "character",
        "char" => "\"char\"",
        "varbit" => "bit varying",
        "time" => "time without time zone",
        "timetz" => "time with time zone",
        "timestamp" => "timestamp without time zone",
        "timestamptz" => "timestamp with time zone",
        other => return other.strip_prefix('_').map_or_else(|| other.to_owned(), |item| format!("{}[]", pretty(item))),
    };
    word.to_owned()
}

/// What a type that is written in SQL is called in `pg_type`.
pub(super) fn plain(written: &str) -> String {
    let written = written.trim().trim_start_matches("pg_catalog.").to_lowercase();
    if let Some(item) = written.strip_suffix("[]") {
        return format!("_{}", plain(item));
    }
    let name = match written.as_str() {
        "boolean" => "bool",
        "smallint" => "int2",
        "integer" | "int" => "int4",
        "bigint" => "int8",
        "real" => "float4",
        "double precision" => "float8",
        "decimal" => "numeric",
        "character varying" => "varchar",
        "character" => "bpchar",
        "time without time zone" => "time",
        "time with time zone" => "timetz",
        "timestamp without time zone" => "timestamp",
        "timestamp with time zone" => "timestamptz",
        other => other.trim_matches('"'),
    };
    name.to_owned()
}

/// Bytes of a value; -1 where they vary.
pub(super) fn length(of: &Type) -> i16 {
    match *of {
        Type::BOOL | Type::CHAR => 1,
        Type::INT2 => 2,
        Type::INT4 | Type::FLOAT4 | Type::DATE | Type::OID => 4,
        Type::INT8 | Type::FLOAT8 | Type::TIMESTAMP | Type::TIMESTAMPTZ | Type::TIME => 8,
        Type::INTERVAL => 16,
        _ => -1,
    }
}

/// Type modifier of a column: digits of a numeric, else -1.
pub(super) fn modifier(of: &DataType) -> i32 {
    match of {
        DataType::Decimal128(precision, scale) => (i32::from(*precision) << 16 | i32::from(*scale) & 0x7ff) + 4,
        _ => -1,
    }
}

/// Digits and digits behind the point of a numeric, by its modifier.
pub(super) fn digits(modifier: i32) -> Option<(i32, i32)> {
    (modifier >= 4).then(|| ((modifier - 4) >> 16 & 0xffff, (modifier - 4) & 0x7ff))
}
