//! The rows of accounts, written from docs/TABLES.md alone: every row goes through all records anew.

use super::facts::holds;
use super::live::{audible, live};
use super::metrics::Question;
use super::record::Record;
use super::view::{Basis, View, is_touch};
use super::{Cell, interruption};
use std::collections::{BTreeMap, BTreeSet};
use touchpoint::reference::AccountRow;
use touchpoint::{Kind, Micros};

/// Cells of one account by column.
pub type ReferenceAccount = BTreeMap<&'static str, Cell>;

/// The rows of all accounts in the window of `question`, whose HCP is of no matter; `hcps` are those that reference data
/// know.
pub fn accounts(records: &[Record], hcps: &[&str], question: &Question<'_>) -> BTreeMap<String, ReferenceAccount> {
    let everybody = everybody(records, hcps, question);
    let mut names: BTreeSet<String> = question
        .reference
        .account_rows()
        .filter(|r| holds(r.validity, question.at))
        .map(|r| r.account_id.clone())
        .collect();
    for hcp in &everybody {
        names.extend(above(&home(hcp.question.hcp_id, question.at, question), question));
        for touch in hcp.touches_of_90_days() {
            names.extend(above(&place(touch, question), question));
        }
    }
    let row = |name: String| {
        let row = row(&name, &everybody, question);
        (name, row)
    };
    names.into_iter().map(row).collect()
}

/// One HCP as the audience knows it.
struct Person<'a> {
    question: Question<'a>,
    live: Vec<&'a Record>,
}

impl<'a> Person<'a> {
    fn view(&self) -> View<'_> {
        View { question: &self.question, live: self.live.clone() }
    }

    /// As if the HCP's only touches were those that count for `account`.
    fn of_account(&self, account: &str) -> View<'_> {
        let counts = |r: &&Record| !is_touch(r) || above(&place(r, &self.question), &self.question).contains(account);
        View { question: &self.question, live: self.live.iter().copied().filter(counts).collect() }
    }

    fn touches_of_90_days(&self) -> Vec<&Record> {
        let from = self.question.at - 90 * super::view::DAY;
        self.view().touches_of_400_days().into_iter().filter(|r| r.occurred_at > Some(from)).collect()
    }

    /// Whether the touch was asked for beyond its own say, and no request verifies a fourth.
    fn is_verified(&self, touch: &Record) -> bool {
        let view = self.view();
        match view.basis(touch) {
            Some(Basis::Exempt) => true,
            Some(Basis::Request) => {
                let answers = |r: &&&Record| r.request_id == touch.request_id && view.basis(r) == Some(Basis::Request);
                let all = view.touches_of_400_days();
                let same: Vec<&&Record> = all.iter().filter(|r| answers(r)).collect();
                same.iter().take(3).any(|r| std::ptr::eq::<Record>(**r, touch)) || came(touch)
            }
            _ => came(touch),
        }
    }
}

fn came(touch: &Record) -> bool {
    touch.kind == Kind::Congress && matches!(touch.status.as_deref(), Some("accepted" | "attended"))
}

fn everybody<'a>(records: &'a [Record], hcps: &[&'a str], question: &Question<'a>) -> Vec<Person<'a>> {
    let known = audible(records, question.audience);
    let live = live(&known);
    let recent =
        |r: &&&Record| r.occurred_at.is_some_and(|t| question.at - 400 * super::view::DAY < t && t <= question.at);
    let mut ids: BTreeSet<String> = hcps.iter().map(|id| (*id).to_owned()).collect();
    ids.extend(live.iter().filter(recent).map(|r| r.hcp_id.clone()));
    let person = |id: String| {
        let own: Vec<&'a Record> = records.iter().filter(|r| r.hcp_id == id && live.iter().any(|l| *l == *r)).collect();
        let hcp_id = own.first().map(|r| r.hcp_id.as_str()).or_else(|| hcps.iter().copied().find(|h| *h == id));
        Person { question: Question { hcp_id: hcp_id.unwrap_or_default(), ..*question }, live: own }
    };
    ids.into_iter().map(person).collect()
}

fn home(hcp_id: &str, at: Micros, question: &Question<'_>) -> String {
    let rows = question.reference.rows();
    let primary = rows.affiliations(hcp_id).iter().find(|r| r.is_primary && holds(r.validity, at));
    let described = rows.hcps(hcp_id).iter().find(|r| holds(r.validity, at));
    let account = primary.map(|r| r.account_id.clone()).or_else(|| described.and_then(|r| r.account_id.clone()));
    account.unwrap_or_else(|| "unassigned".to_owned())
}

/// The account that a touch counts for.
fn place(touch: &Record, question: &Question<'_>) -> String {
    let at = touch.occurred_at.unwrap_or_default();
    let rows = |account: &str| question.reference.rows().accounts(account).iter().any(|r| holds(r.validity, at));
    let named = touch.account_id.clone().filter(|account| rows(account));
    named.unwrap_or_else(|| home(&touch.hcp_id, at, question))
}

/// An account and all that pool it.
fn above(account: &str, question: &Question<'_>) -> BTreeSet<String> {
    let mut all = BTreeSet::from([account.to_owned()]);
    let mut here = account.to_owned();
    while let Some(parent) = described(&here, question).and_then(|r| r.parent_account_id.clone()) {
        if !all.insert(parent.clone()) {
            break;
        }
        here = parent;
    }
    all
}

fn described<'a>(account: &str, question: &Question<'a>) -> Option<&'a AccountRow> {
    question.reference.rows().accounts(account).iter().find(|r| holds(r.validity, question.at))
}

fn row(name: &str, everybody: &[Person<'_>], question: &Question<'_>) -> ReferenceAccount {
    let mut cells = counts(name, everybody, question);
    let short = question.window.micros() < 28 * super::view::DAY;
    for (column, cell) in rates(name, everybody, question) {
        cells.insert(column, if short { Cell::Null } else { cell });
    }
    let account = described(name, question);
    let points = account.map(complexity_points).unwrap_or_default();
    let complexity =
        (points.len() >= 4).then(|| 12.0 * points.iter().map(|p| *p as f64).sum::<f64>() / (2.0 * points.len() as f64));
    cells.insert("complexity", real(complexity));
    let by_complexity = complexity.map(|c| match c {
        c if c < 4.0 => "coverage",
        c if c < 8.0 => "navigation",
        _ => "orchestration",
    });
    let required = account.and_then(|r| r.required_override).map(touchpoint::Word::as_str).or(by_complexity);
    cells.insert("required_model", required.map_or(Cell::Null, |text| Cell::Text(text.to_owned())));
    cells
}

fn real(value: Option<f64>) -> Cell {
    value.map_or(Cell::Null, Cell::Real)
}

fn pools<'a, 'p>(name: &'a str, everybody: &'a [Person<'p>]) -> impl Iterator<Item = (&'a Person<'p>, View<'a>)> {
    everybody.iter().map(move |person| (person, person.of_account(name)))
}

fn is_home(name: &str, person: &Person<'_>, question: &Question<'_>) -> bool {
    above(&home(person.question.hcp_id, question.at, question), question).contains(name)
}

fn counts(name: &str, everybody: &[Person<'_>], question: &Question<'_>) -> ReferenceAccount {
    let mut sums: BTreeMap<&'static str, i64> = BTreeMap::new();
    let mut functions = BTreeSet::new();
    for (person, view) in pools(name, everybody) {
        let touches = view.touches();
        let mut add = |column, n: usize| *sums.entry(column).or_default() += n as i64;
        let at_home = is_home(name, person, question);
        add("hcps", usize::from(at_home));
        add("hcps_touched", usize::from(at_home && !touches.is_empty()));
        add("touches", touches.len());
        let basis = |wanted: fn(Option<Basis>) -> bool| touches.iter().filter(|t| wanted(view.basis(t))).count();
        add("unsolicited", basis(|b| b.is_none()));
        add("solicited", basis(|b| b.is_some()));
        add("declared", basis(|b| b == Some(Basis::Declared)));
        let promo = touches.iter().filter(|t| view.basis(t).is_none() && t.purpose.as_deref() == Some("promotional"));
        add("promo", promo.count());
        functions.extend(touches.iter().filter_map(|t| t.business_function.clone()));
    }
    sums.insert("functions_active", functions.len() as i64);
    sums.into_iter().map(|(column, n)| (column, Cell::Integer(n))).collect()
}

fn rates(name: &str, everybody: &[Person<'_>], question: &Question<'_>) -> ReferenceAccount {
    let mut cells = loads(name, everybody, question);
    let (mut collisions, mut pairs, mut chance) = (0, 0, 0.0);
    let (mut within, mut pooled) = ([0, 0], Vec::new());
    let (mut dialogues, mut told, mut functions) = (0, 0, BTreeMap::<String, i64>::new());
    for (person, view) in pools(name, everybody) {
        let (touches, own) = (view.touches(), (view.unsolicited().len() as i64 - 1).max(0));
        collisions += interruption::collisions(&view);
        pairs += own;
        chance += interruption::chance_collision_rate(&view).unwrap_or(0.0) * own as f64;
        let [num, den] = agreeing(&touches);
        within = [within[0] + num, within[1] + den];
        for touch in &touches {
            *functions.entry(touch.business_function.clone().unwrap_or_default()).or_default() += 1;
            let long = touch.duration_s.is_some_and(|s| s >= 600);
            let is_dialogue = person.is_verified(touch) || long;
            let unknown = touch.kind == Kind::Calls && view.basis(touch).is_none() && touch.duration_s.is_none();
            dialogues += i64::from(is_dialogue);
            told += i64::from(is_dialogue || !unknown);
        }
        pooled.extend(touches);
    }
    share(&mut cells, ["collision_rate", "collision_rate_num", "collision_rate_den"], [collisions, pairs]);
    cells.insert("chance_collision_rate", real((pairs >= 10).then(|| chance / pairs as f64)));
    share(&mut cells, ["agreement_within", "agreement_within_num", "agreement_within_den"], within);
    share(&mut cells, ["agreement_pooled", "agreement_pooled_num", "agreement_pooled_den"], agreeing(&pooled));
    share(&mut cells, ["dialogue_share", "dialogue_share_num", "dialogue_share_den"], [dialogues, told]);
    let (n, squares) = (functions.values().sum::<i64>(), functions.values().map(|n| n * n).sum::<i64>());
    cells.insert("function_breadth", real((n >= 10).then(|| (n * n) as f64 / squares as f64)));
    let hcps = everybody.iter().filter(|person| is_home(name, person, question)).count();
    let touched = pools(name, everybody).filter(|(p, view)| is_home(name, p, question) && !view.touches().is_empty());
    cells.insert("stakeholder_breadth", real((hcps >= 3).then(|| touched.count() as f64 / hcps as f64)));
    cells
}

fn share(cells: &mut ReferenceAccount, [rate, num, den]: [&'static str; 3], [n, d]: [i64; 2]) {
    cells.insert(rate, real((d >= 10).then(|| n as f64 / d as f64)));
    cells.insert(num, Cell::Integer(n));
    cells.insert(den, Cell::Integer(d));
}

/// Pairs of touches with a theme by different functions, and those of them with the same theme.
fn agreeing(touches: &[&Record]) -> [i64; 2] {
    let known: Vec<_> = touches.iter().filter(|t| t.theme.is_some()).collect();
    let mut found = [0, 0];
    for (place, a) in known.iter().enumerate() {
        for b in known.iter().skip(place + 1).filter(|b| a.business_function != b.business_function) {
            found[1] += 1;
            found[0] += i64::from(a.theme == b.theme);
        }
    }
    found
}

fn loads(name: &str, everybody: &[Person<'_>], question: &Question<'_>) -> ReferenceAccount {
    let at_home = everybody.iter().filter(|person| is_home(name, person, question));
    let mut loads: Vec<f64> = at_home.map(|person| interruption::interruption_load(&person.view())).collect();
    loads.sort_by(f64::total_cmp);
    // Nearest rank: the smallest load with at least that share of all at or below it.
    let rank = |tenths: usize| {
        let enough = |n: &usize| n * 10 >= tenths * loads.len();
        (1..=loads.len()).find(enough).and_then(|n| loads.get(n - 1).copied())
    };
    let sum = (!loads.is_empty()).then(|| loads.iter().sum());
    BTreeMap::from([("load_p50", real(rank(5))), ("load_p90", real(rank(9))), ("load_sum", real(sum))])
}

fn complexity_points(row: &AccountRow) -> Vec<u32> {
    let size = |n: u32, two: u32| {
        if n <= 1 {
            0
        } else if n < two {
            1
        } else {
            2
        }
    };
    let status = row.access_status.map(|status| match touchpoint::Word::as_str(status) {
        "open" => 0,
        "restricted" => 1,
        _ => 2,
    });
    let points = [
        row.sites.map(|n| size(n, 10)),
        row.decision_makers.map(|n| size(n, 6)),
        row.formulary_control,
        row.pathway_control,
        row.therapy_complexity,
        status,
    ];
    points.into_iter().flatten().collect()
}
