//! Which PostgreSQL type a column is.

use crate::postgres::fault::{Fault, SqlState};
use crate::postgres::protocol::Described;
use arrow::datatypes::{DataType, Field};
use arrow_pg::datatypes::{PG_OID_ALIAS_KEY, is_pg_char_field, pg_type_for_alias_kind};
use pgwire::api::Type;

/// What stands behind a name that a result has more than once, and before what tells the columns apart. Clients are not
/// told of it.
pub(in crate::postgres) const AGAIN: char = '\u{1}';

/// How values of a column are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::postgres) enum Format {
    Text,
    Binary,
}

impl Format {
    /// Of a code of the protocol.
    pub(in crate::postgres) fn of(code: i16) -> Result<Self, Fault> {
        match code {
            0 => Ok(Self::Text),
            1 => Ok(Self::Binary),
            other => Err(Fault::new(SqlState::ProtocolViolation, format!("unsupported format code: {other}"))),
        }
    }
}

/// The formats that a client asks for: none (text), one for all columns, or one for each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::postgres) struct Formats(Vec<Format>);

impl Formats {
    /// One for all columns.
    pub(in crate::postgres) fn all(format: Format) -> Self {
        Self(vec![format])
    }

    /// Of codes of the protocol.
    pub(in crate::postgres) fn read(codes: &[i16]) -> Result<Self, Fault> {
        codes.iter().map(|code| Format::of(*code)).collect::<Result<_, _>>().map(Self)
    }

    /// One for each of so many columns.
    pub(in crate::postgres) fn of(&self, columns: usize) -> Result<Vec<Format>, Fault> {
        match self.0.as_slice() {
            [] => Ok(vec![Format::Text; columns]),
            [one] => Ok(vec![*one; columns]),
            each if each.len() == columns => Ok(each.to_vec()),
            each => {
                let what = format!("{} formats were asked for, there are {columns} values", each.len());
                Err(Fault::new(SqlState::ProtocolViolation, what))
            }
        }
    }
}

/// One column of a result.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::postgres) struct Column {
    name: String,
    pub(super) data_type: DataType,
    pub(super) pg_type: Type,
    modifier: i32,
    pub(super) format: Format,
}

impl Column {
    pub(super) fn new(field: &Field, format: Format) -> Result<Self, Fault> {
        let modifier = match field.data_type() {
            DataType::Decimal128(precision, scale) if *scale >= 0 => {
                (i32::from(*precision) << 16 | i32::from(*scale)) + 4
            }
            _ => -1,
        };
        let name = field.name().split(AGAIN).next().unwrap_or_default().to_owned();
        let data_type = field.data_type().clone();
        Ok(Self { name, data_type, pg_type: of_field(field)?, modifier, format })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn described(&self) -> Described<'_> {
        Described {
            name: &self.name,
            oid: self.pg_type.oid(),
            size: size(&self.pg_type),
            modifier: self.modifier,
            format: match self.format {
                Format::Text => 0,
                Format::Binary => 1,
            },
        }
    }
}

/// Bytes of a value where all have as many.
fn size(pg_type: &Type) -> i16 {
    match *pg_type {
        Type::BOOL | Type::CHAR => 1,
        Type::INT2 => 2,
        Type::INT4 | Type::FLOAT4 | Type::DATE | Type::OID => 4,
        Type::INT8 | Type::FLOAT8 | Type::TIMESTAMP | Type::TIMESTAMPTZ | Type::TIME => 8,
        Type::INTERVAL => 16,
        Type::REGPROC | Type::REGPROCEDURE | Type::REGOPER | Type::REGOPERATOR | Type::REGCLASS => 4,
        Type::REGTYPE | Type::REGNAMESPACE | Type::REGROLE | Type::REGCONFIG | Type::REGDICTIONARY => 4,
        Type::REGCOLLATION => 4,
        _ => -1,
    }
}

fn of_field(field: &Field) -> Result<Type, Fault> {
    if let Some(alias) = of_alias(field) {
        return Ok(alias);
    }
    if is_pg_char_field(field) { Ok(Type::CHAR) } else { type_of(field.data_type()) }
}

/// The type of a field that is marked as one of the catalogues' own.
fn of_alias(field: &Field) -> Option<Type> {
    pg_type_for_alias_kind(field.metadata().get(PG_OID_ALIAS_KEY)?)
}

/// The type that says what `data_type` says.
pub(in crate::postgres) fn type_of(data_type: &DataType) -> Result<Type, Fault> {
    Ok(match data_type {
        DataType::Null | DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Type::TEXT,
        DataType::Boolean => Type::BOOL,
        DataType::Int8 | DataType::Int16 | DataType::UInt8 => Type::INT2,
        DataType::Int32 | DataType::UInt16 => Type::INT4,
        DataType::Int64 | DataType::UInt32 => Type::INT8,
        DataType::UInt64
        | DataType::Decimal32(..)
        | DataType::Decimal64(..)
        | DataType::Decimal128(..)
        | DataType::Decimal256(..) => Type::NUMERIC,
        DataType::Float16 | DataType::Float32 => Type::FLOAT4,
        DataType::Float64 => Type::FLOAT8,
        DataType::Timestamp(_, Some(_)) => Type::TIMESTAMPTZ,
        DataType::Timestamp(_, None) => Type::TIMESTAMP,
        DataType::Date32 | DataType::Date64 => Type::DATE,
        DataType::Time32(_) | DataType::Time64(_) => Type::TIME,
        DataType::Interval(_) | DataType::Duration(_) => Type::INTERVAL,
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => Type::BYTEA,
        DataType::Dictionary(_, values) => type_of(values)?,
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => match of_alias(item) {
            Some(Type::OID) => Type::OID_ARRAY,
            _ => array_of(&type_of(item.data_type())?).unwrap_or(Type::JSON),
        },
        DataType::Struct(_) | DataType::Map(..) => Type::JSON,
        other => return Err(Fault::unsupported(&format!("a column of the type {other}"))),
    })
}

/// The type of arrays of a type that has one here.
fn array_of(item: &Type) -> Option<Type> {
    Some(match *item {
        Type::TEXT => Type::TEXT_ARRAY,
        Type::BOOL => Type::BOOL_ARRAY,
        Type::INT2 => Type::INT2_ARRAY,
        Type::INT4 => Type::INT4_ARRAY,
        Type::INT8 => Type::INT8_ARRAY,
        Type::NUMERIC => Type::NUMERIC_ARRAY,
        Type::FLOAT4 => Type::FLOAT4_ARRAY,
        Type::FLOAT8 => Type::FLOAT8_ARRAY,
        Type::TIMESTAMPTZ => Type::TIMESTAMPTZ_ARRAY,
        Type::TIMESTAMP => Type::TIMESTAMP_ARRAY,
        Type::DATE => Type::DATE_ARRAY,
        Type::TIME => Type::TIME_ARRAY,
        Type::INTERVAL => Type::INTERVAL_ARRAY,
        Type::BYTEA => Type::BYTEA_ARRAY,
        _ => return None,
    })
}
