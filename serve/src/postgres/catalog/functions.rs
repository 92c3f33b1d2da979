//! What PostgreSQL's catalogue functions say here.
//!
//! They take arguments of any type, as PostgreSQL's casts between oids, names and numbers would let them. What would speak
//! of the server (sizes, definitions, other backends) is NULL; what asks for a right is answered by what is true of every
//! reader: it may read what it sees and nothing else.

mod answers;
mod named;
mod routines;
mod said;

pub(super) use routines::Routines;
#[cfg(test)]
pub(super) use routines::names;

use super::directory::Directory;
use crate::postgres::statement::Settings;
use datafusion::arrow::array::{Array, ArrayRef, BooleanArray, Int64Array, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};
use datafusion::prelude::SessionContext;
use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Adds the functions to a session, and says which functions were its own before.
pub(super) fn install(context: &SessionContext, directory: &Directory, settings: &Arc<Settings>) -> Routines {
    let before = routines::names(context);
    let own = answers::functions().into_iter();
    let own = own.chain(named::functions(directory)).chain(said::functions(directory, settings));
    for function in own {
        context.register_udf(ScalarUDF::new_from_impl(function));
    }
    context.register_udf(datafusion_pg_catalog::pg_catalog::quote_ident_udf::create_quote_ident_udf());
    context.register_udf(datafusion_pg_catalog::pg_catalog::quote_ident_udf::create_parse_ident_udf());
    context.register_udf(datafusion_pg_catalog::pg_catalog::array_bounds_udf::create_array_upper_udf());
    context.register_udf(datafusion_pg_catalog::pg_catalog::array_bounds_udf::create_array_lower_udf());
    if let Ok(fixed) = super::pg_catalog::fixed() {
        context.register_udtf("pg_get_keywords", fixed.pg_get_keywords.clone());
    }
    let mut postgres = routines::names(context);
    postgres.retain(|name| !before.contains(name));
    postgres.extend(routines::TOLD.map(str::to_owned));
    let routines = Routines::of(context, directory, postgres);
    for function in routines::functions(&routines) {
        context.register_udf(ScalarUDF::new_from_impl(function));
    }
    routines
}

/// The arguments of a call.
struct Call {
    arguments: Vec<ArrayRef>,
    rows: usize,
}

impl Call {
    /// An argument as text; NULL where there is none.
    fn text(&self, at: usize) -> Result<StringArray> {
        let all = match self.arguments.get(at) {
            Some(argument) => cast(argument, &DataType::Utf8)?,
            None => datafusion::arrow::array::new_null_array(&DataType::Utf8, self.rows),
        };
        Ok(all.as_any().downcast_ref::<StringArray>().cloned().unwrap_or_else(|| StringArray::new_null(self.rows)))
    }

    /// An argument as a number; NULL where it is none.
    fn number(&self, at: usize) -> Result<Int64Array> {
        let all = match self.arguments.get(at) {
            Some(argument) => cast(argument, &DataType::Int64)?,
            None => datafusion::arrow::array::new_null_array(&DataType::Int64, self.rows),
        };
        Ok(all.as_any().downcast_ref::<Int64Array>().cloned().unwrap_or_else(|| Int64Array::new_null(self.rows)))
    }

    /// An argument as an oid.
    fn oid(&self, at: usize) -> Result<Vec<Option<i32>>> {
        Ok(self.number(at)?.iter().map(|number| number.and_then(|number| i32::try_from(number).ok())).collect())
    }

    /// Text of each row.
    fn texts(&self, of: impl Fn(usize) -> Option<String>) -> ArrayRef {
        Arc::new((0..self.rows).map(of).collect::<StringArray>())
    }

    /// The same for all rows.
    fn always(&self, text: &str) -> ArrayRef {
        self.texts(|_| Some(text.to_owned()))
    }

    fn flags(&self, flag: bool) -> ArrayRef {
        Arc::new(BooleanArray::from(vec![flag; self.rows]))
    }
}

/// What a function gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gives {
    Text,
    Flag,
    Int4,
    Int8,
    Oid,
    Oids,
    Texts,
}

impl Gives {
    fn data_type(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Flag => DataType::Boolean,
            Self::Int4 | Self::Oid => DataType::Int32,
            Self::Int8 => DataType::Int64,
            Self::Oids => DataType::List(Arc::new(as_oid(Field::new_list_field(DataType::Int32, true)))),
            Self::Texts => DataType::new_list(DataType::Utf8, true),
        }
    }
}

/// A field that says that its numbers are oids.
fn as_oid(field: Field) -> Field {
    let key = arrow_pg::datatypes::PG_OID_ALIAS_KEY.to_owned();
    field.with_metadata(HashMap::from([(key, "oid".to_owned())]))
}

type Body = Arc<dyn Fn(&Call) -> Result<ArrayRef> + Send + Sync>;

/// A function of any arguments.
struct Answer {
    name: &'static str,
    aliases: Vec<String>,
    gives: Gives,
    signature: Signature,
    body: Body,
}

impl Answer {
    fn new(name: &'static str, gives: Gives, body: impl Fn(&Call) -> Result<ArrayRef> + Send + Sync + 'static) -> Self {
        let any = vec![TypeSignature::Nullary, TypeSignature::VariadicAny];
        let signature = Signature::one_of(any, Volatility::Stable);
        Self { name, aliases: Vec::new(), gives, signature, body: Arc::new(body) }
    }

    fn also(mut self, names: &[&str]) -> Self {
        self.aliases = names.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// It does something, and so is called as often as it stands there.
    fn volatile(mut self) -> Self {
        self.signature.volatility = Volatility::Volatile;
        self
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("name", &self.name).finish_non_exhaustive()
    }
}

impl PartialEq for Answer {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && Arc::ptr_eq(&self.body, &other.body)
    }
}
impl Eq for Answer {}
impl Hash for Answer {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl ScalarUDFImpl for Answer {
    fn name(&self) -> &str {
        self.name
    }

    fn aliases(&self) -> &[String] {
        &self.aliases
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.gives.data_type())
    }

    fn return_field_from_args(&self, _: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let field = Field::new(self.name, self.gives.data_type(), true);
        Ok(Arc::new(match self.gives {
            Gives::Oid => as_oid(field),
            _ => field,
        }))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let constant = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { args.number_rows };
        let arguments = args.args.iter().map(|arg| arg.to_array(rows)).collect::<Result<_>>()?;
        let given = (self.body)(&Call { arguments, rows })?;
        match constant {
            true => datafusion::scalar::ScalarValue::try_from_array(&given, 0).map(ColumnarValue::Scalar),
            false => Ok(ColumnarValue::Array(given)),
        }
    }
}
