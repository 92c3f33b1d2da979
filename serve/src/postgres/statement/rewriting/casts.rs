//! Casts to types that only PostgreSQL has.

use super::call;
use crate::postgres::statement::arrays;
use datafusion::sql::sqlparser::ast::{
    Array, ArrayElemTypeDef, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, ObjectName,
    Value, ValueWithSpan, VisitorMut,
};
use std::ops::ControlFlow;

/// Rewrites them, from the inside out.
pub(super) struct Casts;

impl VisitorMut for Casts {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            Expr::AnyOp { right, .. } | Expr::AllOp { right, .. } => {
                if let Some(array) = array(right) {
                    **right = array;
                }
            }
            Expr::Cast { expr: inner, data_type, .. } => {
                if let Some(instead) = instead(inner, data_type) {
                    *expr = instead;
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// What a cast becomes; `None`: it stays a cast, of a type that is known here.
fn instead(inner: &mut Expr, to: &mut DataType) -> Option<Expr> {
    if let Expr::Cast { expr, data_type, .. } = &*inner
        && let Some(kind) = catalog_name(data_type).filter(|kind| NAMED.contains(&kind.as_str()))
        && is_text(to)
    {
        return Some(call("pg_name_of", vec![text(&kind), expr.as_ref().clone()]));
    }
    if let Some(kind) = oid_of(inner).filter(|_| is_text(to)) {
        return Some(call("pg_name_of", vec![kind, inner.clone()]));
    }
    let name = catalog_name(to).unwrap_or_default();
    match name.as_str() {
        "regproc" | "regprocedure" => Some(match &*inner {
            Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(name), .. }) => {
                text(name.rsplit('.').next().unwrap_or(name))
            }
            other => other.clone(),
        }),
        kind if NAMED.contains(&kind) => match &*inner {
            Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(name), .. })
                if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                Some(Expr::Value(Value::Number(name.clone(), false).with_empty_span()))
            }
            Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(_) | Value::Placeholder(_), .. }) => {
                Some(call("pg_oid_of", vec![text(kind), inner.clone()]))
            }
            _ => None,
        },
        _ => {
            if matches!(to, DataType::Array(_))
                && let Some(array) = array(inner)
            {
                *inner = array;
            }
            known(to);
            None
        }
    }
}

/// Of which kind an oid is that was a name before.
fn oid_of(expr: &Expr) -> Option<Expr> {
    let Expr::Function(Function { name, args: FunctionArguments::List(list), .. }) = expr else { return None };
    match list.args.first() {
        Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(kind))) if name.to_string() == "pg_oid_of" => {
            Some(kind.clone())
        }
        _ => None,
    }
}

/// Types whose values are oids that have names.
const NAMED: [&str; 4] = ["regclass", "regtype", "regnamespace", "regrole"];

fn text(text: &str) -> Expr {
    Expr::Value(Value::SingleQuotedString(text.to_owned()).with_empty_span())
}

fn array(expr: &Expr) -> Option<Expr> {
    let Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(written), .. }) = expr else { return None };
    let item =
        |item: Option<String>| item.map_or_else(|| Expr::Value(Value::Null.with_empty_span()), |item| text(&item));
    let elem = arrays::items(written)?.into_iter().map(item).collect();
    Some(Expr::Array(Array { elem, named: true }))
}

fn is_text(of: &DataType) -> bool {
    matches!(of, DataType::Text | DataType::Varchar(_))
        || catalog_name(of).is_some_and(|name| matches!(name.as_str(), "text" | "varchar" | "name"))
}

/// The name of a type that only catalogues have, without a schema.
fn catalog_name(of: &DataType) -> Option<String> {
    match of {
        DataType::Regclass => Some("regclass".to_owned()),
        DataType::Custom(ObjectName(parts), arguments) if arguments.is_empty() => {
            parts.last().and_then(|part| part.as_ident()).map(|ident| ident.value.to_lowercase())
        }
        _ => None,
    }
}

/// Puts a type that is known here in place of one that is not.
fn known(of: &mut DataType) {
    if let DataType::Array(ArrayElemTypeDef::SquareBracket(item, _)) = of {
        known(item);
    }
    if matches!(of, DataType::Uuid) {
        *of = DataType::Text;
    }
    let instead = match catalog_name(of).as_deref() {
        Some("text" | "name" | "bpchar" | "varchar" | "char" | "citext" | "xid" | "oidvector" | "int2vector") => {
            DataType::Text
        }
        Some("pg_node_tree" | "cstring" | "unknown" | "inet" | "xml") => DataType::Text,
        Some("int2") => DataType::SmallInt(None),
        Some("int4") => DataType::Integer(None),
        Some("int8") => DataType::BigInt(None),
        Some("float4") => DataType::Real,
        Some("float8") => DataType::DoublePrecision,
        Some("bool") => DataType::Boolean,
        Some("bytea") => DataType::Bytea,
        Some("date") => DataType::Date,
        _ => return,
    };
    *of = instead;
}
