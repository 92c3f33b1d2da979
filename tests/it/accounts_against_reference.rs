//! `account_metrics_at` over stored tables against the naive reference of accounts.

use crate::adversary::{self, PRESENT, Sent};
use crate::imports::{Folder, query, table, text};
use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type};
use processors::account::columns::COLUMNS;
use simulate::reference::{self, Cell, Question, ReferenceAccount};
use std::collections::BTreeMap;
use std::sync::Arc;
use touchpoint::reference::{AccessStatus, AccountRow, AffiliationRow, Tables, Validity};
use touchpoint::time::DAY;
use touchpoint::{Audience, Policy, Reference, WindowLength};

/// The accounts of a stream with one above them, and affiliations that move.
fn company() -> Arc<Reference> {
    let tables = adversary::tables();
    let mut accounts = tables.accounts.unwrap_or_default();
    for row in &mut accounts {
        row.parent_account_id = (row.account_id == "acc-1").then(|| "group".to_owned());
        (row.sites, row.decision_makers, row.formulary_control) = (Some(12), Some(3), Some(2));
        row.access_status = Some(AccessStatus::Restricted);
    }
    accounts.push(AccountRow { account_id: "group".into(), ..AccountRow::default() });
    let mut affiliations = tables.affiliations.unwrap_or_default();
    let moved = PRESENT - 20 * DAY;
    let row = |account: &str, validity| AffiliationRow {
        hcp_id: "hcp-4".into(),
        account_id: account.into(),
        is_primary: true,
        validity,
    };
    affiliations.retain(|row| row.hcp_id != "hcp-4");
    affiliations.push(row("acc-1", Validity { to: moved, ..Validity::ALWAYS }));
    affiliations.push(row("acc-2", Validity { from: moved, ..Validity::ALWAYS }));
    let tables = Tables { accounts: Some(accounts), affiliations: Some(affiliations), ..adversary::tables() };
    Arc::new(Reference::try_new(tables).expect("no faults"))
}

/// The stream, some records with an account of their own and a duration.
fn stream(seed: u64) -> Vec<Sent> {
    let mut sent = adversary::stream(seed, 500);
    for (place, record) in sent.iter_mut().enumerate() {
        let Ok(serde_json::Value::Object(mut fields)) = serde_json::from_slice(&record.payload) else { continue };
        if let Some(account) = ["acc-2", "group", "closed-long-ago"].get(place % 11) {
            fields.insert("account_id".into(), (*account).into());
        }
        if record.kind == touchpoint::Kind::Calls && place % 3 == 0 {
            fields.insert("duration_s".into(), (place % 2 * 700).into());
        }
        record.payload = serde_json::to_vec(&fields).expect("JSON");
    }
    sent
}

fn cell(batch: &RecordBatch, column: &str, row: usize) -> Cell {
    let values = batch.column_by_name(column).expect(column);
    if values.is_null(row) {
        return Cell::Null;
    }
    match values.data_type() {
        DataType::Int64 => Cell::Integer(values.as_primitive::<Int64Type>().value(row)),
        DataType::Float64 => Cell::Real(values.as_primitive::<Float64Type>().value(row)),
        _ => Cell::Text(values.as_string::<i32>().value(row).to_owned()),
    }
}

#[tokio::test]
async fn account_metrics_at_equals_the_reference() {
    let (reference, policy) = (company(), Policy::default());
    let mut folder = Folder::new(reference.clone());
    let files = folder.write_kinds("accounts", &stream(91));
    folder.import(&files, &[]);
    let (session, records) = (folder.session().await, folder.records());
    let hcps: Vec<&str> = reference.hcp_ids().into_iter().collect();
    let mut compared = 0;
    for (at, audience) in [PRESENT, PRESENT - 25 * DAY].into_iter().flat_map(|at| Audience::ALL.map(|a| (at, a))) {
        let sql = format!("SELECT * FROM account_metrics_at('{}', '{}')", text(at), audience.as_str());
        let mut found: BTreeMap<(String, String), ReferenceAccount> = BTreeMap::new();
        for batch in query(&session, &sql).await {
            for row in 0..batch.num_rows() {
                let word = |column| match cell(&batch, column, row) {
                    Cell::Text(text) => text,
                    other => panic!("{column} is {other}"),
                };
                let metrics = COLUMNS.iter().map(|column| column.name).filter(|name| *name != "as_of");
                let cells = metrics.map(|name| (name, cell(&batch, name, row))).collect();
                found.insert((word("account_id"), word("window")), cells);
            }
        }
        for window in WindowLength::ALL {
            let question = Question { hcp_id: "", at, window, audience, policy: &policy, reference: &reference };
            let expected = reference::accounts(&records, &hcps, &question);
            let of_window = found.keys().filter(|(_, name)| name == window.as_str()).map(|(account, _)| account);
            assert!(of_window.eq(expected.keys()), "{window:?}: {:?} expected", expected.keys());
            for (account, cells) in &expected {
                let row = &found[&(account.clone(), window.as_str().to_owned())];
                for (column, cell) in cells {
                    let place = format!("{account} {} {} {column}", window.as_str(), audience.as_str());
                    assert!(cell.agrees(&row[column]), "{place}: {} for {cell}", row[column]);
                    compared += usize::from(*cell != Cell::Null);
                }
            }
        }
    }
    assert!(compared > 500, "{compared} values");
}

#[tokio::test]
async fn account_now_is_the_function_at_the_present() {
    let mut folder = Folder::new(company());
    let files = folder.write_kinds("accounts", &stream(92));
    folder.import(&files, &[]);
    let session = folder.session().await;
    let columns = "account_id, \"window\", hcps, touches, promo";
    let now = table(&session, &format!("SELECT {columns} FROM account_now ORDER BY 1, 2")).await;
    let at = table(&session, &format!("SELECT {columns} FROM account_metrics_at(now()) ORDER BY 1, 2")).await;
    assert_eq!(now, at);
    assert!(now.iter().any(|row| row[0] == "group" && row[1] == "28d" && row[2] != "0"));
}

#[tokio::test]
async fn wrong_arguments_are_named() {
    let folder = {
        let mut folder = Folder::new(company());
        let files = folder.write_kinds("few", &adversary::stream(93, 20));
        folder.import(&files, &[]);
        folder
    };
    let session = folder.session().await;
    for (sql, wanted) in [
        ("SELECT * FROM account_metrics_at()", "takes an instant"),
        ("SELECT * FROM account_metrics_at(NULL)", "the instant is NULL"),
        ("SELECT * FROM account_metrics_at('2026-06-01', 'boss')", "'full' or 'commercial'"),
        ("SELECT * FROM touchpoints_at('soon')", "is not an instant"),
        ("SELECT * FROM touchpoints_at('2026-06-01', 1)", "takes an instant"),
    ] {
        let error = session.sql(sql).await.err().unwrap_or_else(|| panic!("{sql} plans"));
        assert!(error.to_string().contains(wanted), "{sql}\n{error}");
    }
}
