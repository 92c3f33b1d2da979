//! The HCPs that a filter names: `hcp_id = 'x'`, `hcp_id IN (…)`, and what `AND` and `OR` make of them.
//!
//! Whoever asks about one HCP among a million should pay for one. What is found may be more than what passes, never less.

use datafusion::common::ScalarValue;
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{BinaryExpr, Column, InListExpr, Literal};
use std::collections::BTreeSet;
use std::sync::Arc;

/// More are looked for in one pass over everybody.
const MOST: usize = 1_000;

/// At most these HCPs pass all of `predicates`; `None` when any may.
pub(super) fn named(predicates: &[Arc<dyn PhysicalExpr>]) -> Option<BTreeSet<String>> {
    let smallest = predicates.iter().filter_map(|predicate| by(predicate.as_ref())).min_by_key(BTreeSet::len);
    smallest.filter(|ids| ids.len() <= MOST)
}

fn by(predicate: &dyn PhysicalExpr) -> Option<BTreeSet<String>> {
    if let Some(list) = predicate.downcast_ref::<InListExpr>() {
        let is_one_of = !list.negated() && is_hcp_id(list.expr().as_ref());
        return if is_one_of { list.list().iter().map(|id| text(id.as_ref())).collect() } else { None };
    }
    let binary = predicate.downcast_ref::<BinaryExpr>()?;
    let (left, right) = (binary.left().as_ref(), binary.right().as_ref());
    match binary.op() {
        Operator::And => by(left).or_else(|| by(right)),
        Operator::Or => Some(by(left)?.into_iter().chain(by(right)?).collect()),
        Operator::Eq if is_hcp_id(left) => text(right).map(|id| BTreeSet::from([id])),
        Operator::Eq if is_hcp_id(right) => text(left).map(|id| BTreeSet::from([id])),
        _ => None,
    }
}

fn is_hcp_id(side: &dyn PhysicalExpr) -> bool {
    side.downcast_ref::<Column>().is_some_and(|column| column.name() == "hcp_id")
}

fn text(side: &dyn PhysicalExpr) -> Option<String> {
    match side.downcast_ref::<Literal>()?.value() {
        ScalarValue::Utf8(id) | ScalarValue::LargeUtf8(id) | ScalarValue::Utf8View(id) => id.clone(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::named;
    use datafusion::logical_expr::Operator;
    use datafusion::logical_expr::Operator::{And, Eq, Gt, Or};
    use datafusion::physical_expr::PhysicalExpr;
    use datafusion::physical_expr::expressions::{BinaryExpr, Column, lit};
    use std::sync::Arc;

    type Expr = Arc<dyn PhysicalExpr>;

    fn of(left: Expr, op: Operator, right: Expr) -> Expr {
        Arc::new(BinaryExpr::new(left, op, right))
    }

    fn is(id: &str) -> Expr {
        of(Arc::new(Column::new("hcp_id", 3)), Eq, lit(id))
    }

    fn load() -> Expr {
        of(Arc::new(Column::new("interruption_load", 0)), Gt, lit(2.0))
    }

    fn found(predicates: &[Expr]) -> Option<Vec<String>> {
        named(predicates).map(|ids| ids.into_iter().collect())
    }

    #[test]
    fn names_are_found_where_nobody_else_can_pass() {
        assert_eq!(found(&[load(), is("a")]), Some(vec!["a".into()]));
        assert_eq!(found(&[of(lit("a"), Eq, Arc::new(Column::new("hcp_id", 0)))]), Some(vec!["a".into()]));
        assert_eq!(found(&[of(is("a"), Or, is("b"))]), Some(vec!["a".into(), "b".into()]));
        assert_eq!(found(&[of(load(), And, is("b"))]), Some(vec!["b".into()]));
        assert_eq!(found(&[of(is("a"), Or, is("b")), is("c")]), Some(vec!["c".into()]));
    }

    #[test]
    fn nothing_is_named_where_others_may_pass() {
        assert_eq!(found(&[]), None);
        assert_eq!(found(&[of(load(), Or, is("a"))]), None);
        assert_eq!(found(&[of(Arc::new(Column::new("hcp_id", 0)), Gt, lit("a"))]), None);
        assert_eq!(found(&[of(Arc::new(Column::new("territory", 0)), Eq, lit("a"))]), None);
    }
}
