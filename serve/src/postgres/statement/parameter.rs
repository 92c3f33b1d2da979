//! Where a statement has parameters, what types they can have there, and how values take their places.

use crate::postgres::{Fault, SqlState};
use arrow_pg::datatypes::PG_OID_ALIAS_KEY;
use datafusion::arrow::datatypes::{DataType, Field, TimeUnit};
use datafusion::common::ScalarValue;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{Expr as Planned, LogicalPlan};
use datafusion::sql::sqlparser::ast::{
    ArrayElemTypeDef, DataType as Written, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments,
    LimitClause, Query, Select, SelectItem, Statement, TableFactor, TimezoneInfo, Value, ValueWithSpan, Visit,
    VisitMut, Visitor, VisitorMut,
};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

/// The parameters of a statement, by number.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    count: usize,
    cast: BTreeMap<usize, DataType>,
    counts: Vec<usize>,
    bare: Vec<usize>,
    arguments: Vec<usize>,
    of_tables: BTreeMap<usize, usize>,
    /// Those behind `ANY` and `ALL`, which are arrays of what they are compared with.
    arrays: BTreeSet<usize>,
}

/// What stands for parameters that have no value yet, by number.
pub(super) type StandIns = BTreeMap<usize, ScalarValue>;

impl Places {
    pub(super) fn of(statement: &Statement) -> Self {
        let mut places = Self::default();
        let ControlFlow::Continue(()) = statement.visit(&mut places);
        places
    }

    /// The highest number.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Whether this one is an argument of a table function.
    pub(super) fn is_of_table(&self, number: usize) -> bool {
        self.of_tables.contains_key(&number)
    }

    /// Makes the type of an item that of an array of them, if this one is an array.
    pub(super) fn gather(&self, number: usize, of: &mut DataType) {
        if self.arrays.contains(&number) {
            *of = DataType::new_list(of.clone(), true);
        }
    }

    /// What a parameter is taken for of which nothing is known.
    pub(super) fn unknown(&self, number: usize) -> DataType {
        let mut of = DataType::Utf8;
        self.gather(number, &mut of);
        of
    }

    /// What is known without planning: what the client declared, else what a cast or the place says.
    pub(super) fn known(&self, declared: &[Option<DataType>]) -> BTreeMap<usize, DataType> {
        let mut known = self.cast.clone();
        known.extend(self.counts.iter().map(|number| (*number, DataType::Int64)));
        known.extend(self.bare.iter().filter(|number| !self.cast.contains_key(number)).map(|n| (*n, DataType::Utf8)));
        known.extend(declared.iter().enumerate().filter_map(|(at, of)| of.clone().map(|of| (at + 1, of))));
        known
    }

    /// The same, the rest of the arguments of functions taken for text.
    pub(super) fn guessed(&self, known: &BTreeMap<usize, DataType>) -> BTreeMap<usize, DataType> {
        let rest = self.arguments.iter().filter(|number| !known.contains_key(number));
        rest.map(|number| (*number, DataType::Utf8)).chain(known.clone()).collect()
    }

    /// Values of the types that are known, in every combination that the arguments of table functions may need.
    pub(super) fn stand_ins(&self, known: &BTreeMap<usize, DataType>) -> Vec<StandIns> {
        let mut sets = vec![StandIns::new()];
        for number in 1..=self.count {
            let of = known.get(&number);
            let values = match self.of_tables.get(&number) {
                Some(place) => argument(*place, of),
                None => of.and_then(|of| ScalarValue::try_from(of).ok()).into_iter().collect(),
            };
            if !values.is_empty() {
                let each = |set: StandIns| {
                    values
                        .iter()
                        .map(move |v| (set.clone(), v))
                        .map(|(mut s, v)| {
                            s.insert(number, v.clone());
                            s
                        })
                        .collect::<Vec<_>>()
                };
                sets = sets.into_iter().flat_map(each).take(16).collect();
            }
        }
        sets
    }
}

/// What can stand at a place of a table function's arguments.
fn argument(place: usize, of: Option<&DataType>) -> Vec<ScalarValue> {
    let text = |text: &str| ScalarValue::Utf8(Some(text.to_owned()));
    match (of, place) {
        (Some(DataType::Utf8), _) => vec![text("2000-01-01T00:00:00Z"), text("commercial")],
        (Some(of), _) if of.is_integer() => ScalarValue::Int64(Some(1)).cast_to(of).into_iter().collect(),
        (Some(of @ (DataType::Timestamp(..) | DataType::Date32)), _) => {
            text("2000-01-01T00:00:00Z").cast_to(of).into_iter().collect()
        }
        (Some(of), _) => ScalarValue::try_from(of).into_iter().collect(),
        (None, 0) => vec![
            ScalarValue::TimestampMicrosecond(Some(946_684_800_000_000), Some("UTC".into())),
            ScalarValue::Int64(Some(1)),
        ],
        (None, _) => vec![ScalarValue::Int64(Some(1)), text("commercial")],
    }
}

impl Places {
    fn argument(&mut self, at: usize, arg: &FunctionArg, of_table: OfTable) {
        let (FunctionArg::Unnamed(arg) | FunctionArg::Named { arg, .. } | FunctionArg::ExprNamed { arg, .. }) = arg;
        let FunctionArgExpr::Expr(expr) = arg else { return };
        let inside = match expr {
            Expr::Cast { expr, .. } | Expr::Nested(expr) => expr,
            expr => expr,
        };
        match (number(inside), of_table) {
            (Some(number), OfTable::Yes) => {
                self.of_tables.insert(number, at);
            }
            (Some(number), OfTable::No) => self.arguments.push(number),
            (None, _) => {}
        }
    }

    fn limit(&mut self, expr: Option<&Expr>) {
        self.counts.extend(expr.and_then(number));
    }
}

enum OfTable {
    Yes,
    No,
}

impl Visitor for Places {
    type Break = std::convert::Infallible;

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Self::Break> {
        match expr {
            Expr::Cast { expr, data_type, .. } => {
                if let (Some(number), Some(of)) = (number(expr), type_written(data_type)) {
                    self.cast.entry(number).or_insert(of);
                }
            }
            Expr::Function(Function { args: FunctionArguments::List(list), .. }) => {
                list.args.iter().enumerate().for_each(|(at, arg)| self.argument(at, arg, OfTable::No));
            }
            Expr::AnyOp { right, .. } | Expr::AllOp { right, .. } => self.arrays.extend(number(bare(right))),
            expr => self.count = self.count.max(number(expr).unwrap_or(0)),
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<Self::Break> {
        for item in &select.projection {
            if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item {
                self.bare.extend(number(expr));
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Self::Break> {
        match &query.limit_clause {
            Some(LimitClause::LimitOffset { limit, offset, .. }) => {
                self.limit(limit.as_ref());
                self.limit(offset.as_ref().map(|offset| &offset.value));
            }
            Some(LimitClause::OffsetCommaLimit { offset, limit }) => {
                self.limit(Some(limit));
                self.limit(Some(offset));
            }
            None => {}
        }
        self.limit(query.fetch.as_ref().and_then(|fetch| fetch.quantity.as_ref()));
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<Self::Break> {
        let args = match factor {
            TableFactor::Table { args: Some(args), .. } => &args.args,
            TableFactor::Function { args, .. } => args,
            _ => return ControlFlow::Continue(()),
        };
        args.iter().enumerate().for_each(|(at, arg)| self.argument(at, arg, OfTable::Yes));
        ControlFlow::Continue(())
    }
}

/// An expression without the parentheses around it.
fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Nested(inner) => bare(inner),
        expr => expr,
    }
}

/// Puts `x = $1` in place of `x = ANY ($1)`, of which a planner can tell what an item is.
pub(super) fn compare_items(statement: &mut Statement) {
    struct Items;
    impl VisitorMut for Items {
        type Break = std::convert::Infallible;
        fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
            if let Expr::AnyOp { left, compare_op, right, .. } | Expr::AllOp { left, compare_op, right } = expr
                && number(bare(right)).is_some()
            {
                let right = Box::new(bare(right).clone());
                *expr = Expr::BinaryOp { left: left.clone(), op: compare_op.clone(), right };
            }
            ControlFlow::Continue(())
        }
    }
    let ControlFlow::Continue(()) = statement.visit(&mut Items);
}

/// The number of a parameter, if `expr` is one; 0 if it is none that PostgreSQL has.
fn number(expr: &Expr) -> Option<usize> {
    match expr {
        Expr::Value(ValueWithSpan { value: Value::Placeholder(name), .. }) => {
            Some(name.strip_prefix('$').and_then(|digits| digits.parse().ok()).unwrap_or(0))
        }
        _ => None,
    }
}

/// Puts values in the places of parameters, where there are any.
///
/// # Errors
/// 42P02 for a parameter that is not `$1`, `$2` …; what the value says.
pub(super) fn replace(
    statement: &mut Statement,
    value: &dyn Fn(usize) -> Option<Result<Expr, Fault>>,
) -> Result<(), Fault> {
    struct Values<'a>(&'a dyn Fn(usize) -> Option<Result<Expr, Fault>>);
    impl VisitorMut for Values<'_> {
        type Break = Fault;
        fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Fault> {
            let Some(number) = number(expr) else { return ControlFlow::Continue(()) };
            if number == 0 {
                let message = "parameters are written $1, $2 and so on";
                return ControlFlow::Break(Fault::new(SqlState::UndefinedParameter, message));
            }
            match (self.0)(number) {
                Some(Ok(value)) => *expr = value,
                Some(Err(fault)) => return ControlFlow::Break(fault),
                None => {}
            }
            ControlFlow::Continue(())
        }
    }
    match statement.visit(&mut Values(value)) {
        ControlFlow::Break(fault) => Err(fault),
        ControlFlow::Continue(()) => Ok(()),
    }
}

/// The types that the planner gave the parameters that are left in a plan.
pub(super) fn types_in(plan: &LogicalPlan) -> BTreeMap<usize, DataType> {
    let mut types = BTreeMap::new();
    let mut note = |expr: &Planned| {
        if let Planned::Placeholder(placeholder) = expr {
            let number = placeholder.id.strip_prefix('$').and_then(|digits| digits.parse().ok());
            if let (Some(number), Some(field)) = (number, &placeholder.field) {
                types.entry(number).or_insert_with(|| plain(field.data_type()));
            }
        }
        Ok(TreeNodeRecursion::Continue)
    };
    // The visitor never fails.
    let visited = plan.apply_with_subqueries(|node| node.apply_expressions(|expr| expr.apply(&mut note)));
    drop(visited);
    types
}

/// A type that drivers have values of.
fn plain(of: &DataType) -> DataType {
    match of {
        DataType::Utf8View | DataType::LargeUtf8 | DataType::Dictionary(..) | DataType::Null => DataType::Utf8,
        DataType::Int8 | DataType::UInt8 => DataType::Int16,
        DataType::UInt16 => DataType::Int32,
        DataType::UInt32 | DataType::UInt64 => DataType::Int64,
        other => other.clone(),
    }
}

/// The type that SQL writes so; `None` for types that parameters do not have.
pub(super) fn type_written(of: &Written) -> Option<DataType> {
    let micros = |zone: &TimezoneInfo| match zone {
        TimezoneInfo::None | TimezoneInfo::WithoutTimeZone => DataType::Timestamp(TimeUnit::Microsecond, None),
        TimezoneInfo::Tz | TimezoneInfo::WithTimeZone => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
    };
    Some(match of {
        Written::Boolean | Written::Bool => DataType::Boolean,
        Written::SmallInt(_) | Written::Int2(_) => DataType::Int16,
        Written::Int(_) | Written::Integer(_) | Written::Int4(_) => DataType::Int32,
        Written::BigInt(_) | Written::Int8(_) => DataType::Int64,
        Written::Real | Written::Float4 => DataType::Float32,
        Written::Float(_) | Written::Double(_) | Written::DoublePrecision | Written::Float8 => DataType::Float64,
        Written::Numeric(_) | Written::Decimal(_) => DataType::Decimal128(38, 10),
        Written::Text | Written::Varchar(_) | Written::CharacterVarying(_) | Written::Char(_) | Written::Uuid => {
            DataType::Utf8
        }
        Written::Bytea => DataType::Binary,
        Written::Date => DataType::Date32,
        Written::Timestamp(_, zone) => micros(zone),
        Written::Array(of) => match of {
            ArrayElemTypeDef::SquareBracket(of, _) if is_oid(of) => DataType::List(Arc::new(oid_item())),
            ArrayElemTypeDef::SquareBracket(of, _) => DataType::new_list(type_written(of)?, true),
            _ => return None,
        },
        // An oid, a name of one, or what PostgreSQL keeps in its catalogues.
        Written::Regclass | Written::Custom(..) => return None,
        _ => return None,
    })
}

fn is_oid(of: &Written) -> bool {
    matches!(of, Written::Custom(name, arguments) if arguments.is_empty()
        && name.0.last().and_then(|part| part.as_ident()).is_some_and(|name| name.value.eq_ignore_ascii_case("oid")))
}

/// What an array of oids holds: numbers that say that they are oids, since drivers know such arrays by that alone.
fn oid_item() -> Field {
    let marks = [(PG_OID_ALIAS_KEY.to_owned(), "oid".to_owned())];
    Field::new_list_field(DataType::Int64, true).with_metadata(marks.into_iter().collect())
}
