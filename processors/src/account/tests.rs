//! A few HCPs of a few accounts, by hand.

use super::columns::COLUMNS;
use super::{AccountBook, Asked, UNASSIGNED};
use crate::rows::Value;
use touchpoint::record::RecordRow;
use touchpoint::reference::{AccessStatus, AccountRow, AffiliationRow, Tables, Validity};
use touchpoint::time::{DAY, HOUR};
use touchpoint::{Audience, BusinessFunction, Micros, Policy, Reference, WindowLength};

const T: Micros = 1_000 * DAY;

fn affiliation(hcp_id: &str, account_id: &str, validity: Validity) -> AffiliationRow {
    AffiliationRow { hcp_id: hcp_id.into(), account_id: account_id.into(), is_primary: true, validity }
}

/// A hospital with a ward below it; `h1` came to the ward ten days ago, `h2` is at the hospital, `h3` nowhere.
fn reference() -> Reference {
    let account = |account_id: &str, parent: Option<&str>| AccountRow {
        account_id: account_id.into(),
        parent_account_id: parent.map(Into::into),
        sites: Some(9),
        decision_makers: Some(6),
        formulary_control: Some(2),
        access_status: Some(AccessStatus::Closed),
        ..AccountRow::default()
    };
    let (before, after) =
        (Validity { to: T - 10 * DAY, ..Validity::ALWAYS }, Validity { from: T - 10 * DAY, ..Validity::ALWAYS });
    let tables = Tables {
        affiliations: Some(vec![
            affiliation("h1", "elsewhere", before),
            affiliation("h1", "ward", after),
            affiliation("h2", "hospital", Validity::ALWAYS),
        ]),
        ..Tables::of(Vec::new(), vec![account("hospital", None), account("ward", Some("hospital"))])
    };
    Reference::try_new(tables).unwrap()
}

fn visit(days_ago: i64, event_id: &'static str, owner: &'static str) -> RecordRow<'static> {
    RecordRow { event_id, owner_id: Some(owner), ..RecordRow::visit(T - days_ago * DAY) }
}

/// The cell of a column for an account and window.
fn cell(book: &AccountBook<'_>, (account, window): (&str, WindowLength), column: &str) -> Value {
    let mut rows = book.rows().filter(|row| {
        row.value("account_id") == Value::Text(account.into())
            && row.value("window") == Value::Text(window.as_str().into())
    });
    rows.next().unwrap_or_else(|| panic!("no row of {account}")).value(column)
}

#[test]
fn touches_count_where_the_hcp_was_then_and_parents_pool_each_once() {
    let (reference, policy) = (reference(), Policy::default());
    let mut book =
        AccountBook::new(Asked { as_of: T, audience: Audience::Full, policy: &policy, reference: &reference });
    let named = RecordRow { account_id: Some("hospital"), ..visit(2, "c", "z") };
    let unknown = RecordRow { account_id: Some("gone"), ..visit(1, "d", "y") };
    let ours = |hcp_id, row| RecordRow { hcp_id, ..row };
    let of_h1 = [visit(20, "a", "x"), visit(3, "b", "y"), named, unknown].map(|row| ours("h1", row));
    book.add("h1", &of_h1).unwrap();
    book.add("h2", &[]).unwrap();
    book.add("h3", &[ours("h3", visit(1, "e", "x"))]).unwrap();

    let month = WindowLength::FourWeeks;
    let touches = |account| cell(&book, (account, month), "touches");
    assert_eq!(touches("elsewhere"), Value::Count(1), "before it moved");
    assert_eq!(touches("ward"), Value::Count(2), "after it moved, and where the named account is not known");
    assert_eq!(touches("hospital"), Value::Count(3), "what names it, and those of its ward");
    assert_eq!(touches(UNASSIGNED), Value::Count(1));
    for (account, hcps, touched) in [("hospital", 2, 1), ("ward", 1, 1), ("elsewhere", 0, 0), (UNASSIGNED, 1, 1)] {
        assert_eq!(cell(&book, (account, month), "hcps"), Value::Count(hcps), "{account}");
        assert_eq!(cell(&book, (account, month), "hcps_touched"), Value::Count(touched), "{account}");
    }
    assert_eq!(cell(&book, ("ward", month), "collision_rate_den"), Value::Count(1));
    assert_eq!(cell(&book, ("hospital", month), "collision_rate_num"), Value::Count(2), "y and z, z and y");
    assert_eq!(cell(&book, ("hospital", month), "collision_rate"), Value::Null, "too few pairs");
    assert_eq!(cell(&book, ("hospital", month), "load_p50"), Value::Real(0.0), "the lower of two");
    assert_eq!(cell(&book, ("hospital", WindowLength::Week), "load_p50"), Value::Null, "counts alone");
    assert_eq!(cell(&book, ("hospital", month), "complexity"), Value::Real(12.0 * 7.0 / 8.0));
    assert_eq!(cell(&book, ("hospital", month), "required_model"), Value::Text("orchestration".into()));
    assert_eq!(cell(&book, (UNASSIGNED, month), "complexity"), Value::Null);
}

#[test]
fn pairs_of_functions_agree_within_hcps_and_over_all() {
    let (reference, policy) = (Reference::default(), Policy::default());
    let mut book =
        AccountBook::new(Asked { as_of: T, audience: Audience::Full, policy: &policy, reference: &reference });
    let ids = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    for (hcp_id, theme) in [("h1", "one"), ("h2", "two")] {
        let touch = |place: usize| {
            let function = if place < 5 { BusinessFunction::Sales } else { BusinessFunction::Marketing };
            let at = Some(T - DAY - place as i64 * HOUR);
            let duration_s = (place == 0).then_some(600);
            let row = RecordRow { hcp_id, event_id: ids[place], theme: Some(theme), ..RecordRow::visit(T) };
            RecordRow { business_function: Some(function), occurred_at: at, duration_s, ..row }
        };
        let touches: Vec<RecordRow<'_>> = (0..10).map(touch).collect();
        book.add(hcp_id, &touches).unwrap();
    }
    let of = |column| cell(&book, (UNASSIGNED, WindowLength::Quarter), column);
    assert_eq!((of("agreement_within_num"), of("agreement_within_den")), (Value::Count(50), Value::Count(50)));
    assert_eq!((of("agreement_pooled_num"), of("agreement_pooled_den")), (Value::Count(50), Value::Count(100)));
    assert_eq!((of("agreement_within"), of("agreement_pooled")), (Value::Real(1.0), Value::Real(0.5)));
    assert_eq!(of("function_breadth"), Value::Real(2.0));
    assert_eq!((of("dialogue_share_num"), of("dialogue_share_den")), (Value::Count(2), Value::Count(2)));
    assert_eq!(of("dialogue_share"), Value::Null, "calls of unknown duration are left out");
}

#[test]
fn the_document_has_every_column() {
    let document = include_str!("../../../docs/TABLES.md");
    for column in COLUMNS {
        assert!(document.contains(&format!("`{}`", column.name)), "{} is not in TABLES.md", column.name);
    }
}
