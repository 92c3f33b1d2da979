//! Reference tables as text: a row per line, the name of its table first. A name alone gives the table without a row.
//!
//! Hours are relative to [`T`](super::T). Rows are about [`HCP`](super::HCP) unless they name another one, and always
//! hold unless `from` or `to` says otherwise.
//!
//! ```text
//! hcps          country=DE account=a            plans         p hcp=hcp-1 account=a from=-100h
//! accounts      a model=coverage                plan_steps    p s1 1 after=s0;s1 min=24h max=48h due=0h..48h
//! affiliations  a primary                       consents      opt_in email captured=-9h      (channel any: every one)
//! panels        x target=false                  consent_rules opt_out country=DE channel=email
//!                                               preferences   email 2
//! ```

use super::{HCP, T, hours};
use touchpoint::reference::{
    AccountRow, AffiliationRow, ConsentRow, ConsentRuleRow, Due, HcpRow, PanelRow, PlanRow, PlanStepRow, PreferenceRow,
    Regime, Tables, Validity,
};
use touchpoint::{Channel, Reference, Word};

/// One line: words by place, then `field=value` pairs.
struct Row<'a> {
    words: Vec<&'a str>,
    pairs: Vec<(&'a str, &'a str)>,
}

impl<'a> Row<'a> {
    fn parse(line: &'a str) -> Self {
        let (pairs, words) = line.split_whitespace().partition::<Vec<_>, _>(|word| word.contains('='));
        Self { words, pairs: pairs.into_iter().filter_map(|pair| pair.split_once('=')).collect() }
    }

    fn text(&self, field: &str) -> Option<String> {
        self.pairs.iter().find(|(name, _)| *name == field).map(|(_, value)| (*value).to_owned())
    }

    fn instant(&self, field: &str) -> Option<i64> {
        self.text(field).map(|text| T + hours(&text))
    }

    fn word<W: Word>(&self, field: &str) -> Option<W> {
        self.text(field).map(|text| W::parse(text.as_bytes()).expect("a word of its vocabulary"))
    }

    fn at(&self, place: usize) -> String {
        self.words[place].to_owned()
    }

    fn channel(&self, place: usize) -> Option<Channel> {
        (self.words[place] != "any").then(|| Channel::parse(self.words[place].as_bytes()).expect("a channel"))
    }

    fn hcp_id(&self) -> String {
        self.text("hcp").unwrap_or_else(|| HCP.to_owned())
    }

    fn validity(&self) -> Validity {
        Validity {
            from: self.instant("from").unwrap_or(Validity::ALWAYS.from),
            to: self.instant("to").unwrap_or(Validity::ALWAYS.to),
        }
    }

    fn step(&self) -> PlanStepRow {
        let due = self.text("due").map(|text| {
            let (from, to) = text.split_once("..").expect("two ends");
            Due { from: hours(from), to: hours(to) }
        });
        PlanStepRow {
            plan_id: self.at(1),
            step: self.at(2),
            position: self.at(3).parse().expect("a position"),
            function: self.word("function"),
            channel: self.word("channel"),
            owner_id: self.text("owner"),
            after: self.text("after").map_or_else(Vec::new, |text| text.split(';').map(str::to_owned).collect()),
            min_gap: self.text("min").map(|text| hours(&text)),
            max_gap: self.text("max").map(|text| hours(&text)),
            due,
            validity: self.validity(),
        }
    }

    fn consent(&self) -> ConsentRow {
        ConsentRow {
            hcp_id: self.hcp_id(),
            channel: self.channel(2),
            opts_in: self.words[1] == "opt_in",
            captured_at: self.instant("captured").expect("when it was captured"),
            validity: self.validity(),
        }
    }
}

/// The tables that `text` gives, whatever their rows say of each other.
pub(super) fn tables(text: &str) -> Tables {
    let mut tables = Tables::default();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        add(&mut tables, &Row::parse(line));
    }
    tables
}

/// The rows of a table that is given, with `row` if its line says more than the name.
fn push<R>(table: &mut Option<Vec<R>>, row: &Row<'_>, read: impl FnOnce(&Row<'_>) -> R) {
    let rows = table.get_or_insert_default();
    if row.words.len() + row.pairs.len() > 1 {
        rows.push(read(row));
    }
}

fn add(tables: &mut Tables, row: &Row<'_>) {
    match row.words[0] {
        "hcps" => push(&mut tables.hcps, row, |r| HcpRow {
            hcp_id: r.hcp_id(),
            country: r.text("country"),
            segment: r.text("segment"),
            account_id: r.text("account"),
            validity: r.validity(),
            ..HcpRow::default()
        }),
        "accounts" => push(&mut tables.accounts, row, |r| AccountRow {
            account_id: r.at(1),
            declared_model: r.word("model"),
            validity: r.validity(),
            ..AccountRow::default()
        }),
        "affiliations" => push(&mut tables.affiliations, row, |r| AffiliationRow {
            hcp_id: r.hcp_id(),
            account_id: r.at(1),
            is_primary: r.words.get(2) == Some(&"primary"),
            validity: r.validity(),
        }),
        "panels" => push(&mut tables.panels, row, |r| PanelRow {
            owner_id: r.at(1),
            hcp_id: r.hcp_id(),
            is_target: r.text("target").is_none_or(|text| text == "true"),
            min_touches: None,
            max_touches: None,
            validity: r.validity(),
        }),
        "plans" => push(&mut tables.plans, row, |r| PlanRow {
            plan_id: r.at(1),
            hcp_id: r.text("hcp"),
            account_id: r.text("account"),
            validity: r.validity(),
            ..PlanRow::default()
        }),
        "plan_steps" => push(&mut tables.plan_steps, row, |r| r.step()),
        "consents" => push(&mut tables.consents, row, |r| r.consent()),
        "consent_rules" => push(&mut tables.consent_rules, row, |r| ConsentRuleRow {
            country: r.text("country"),
            channel: r.word("channel"),
            regime: Regime::parse(r.words[1].as_bytes()).expect("a regime"),
            validity: r.validity(),
        }),
        "preferences" => push(&mut tables.preferences, row, |r| PreferenceRow {
            hcp_id: r.hcp_id(),
            channel: r.channel(1).expect("one channel"),
            share: r.at(2).parse().expect("a share"),
            validity: r.validity(),
        }),
        other => panic!("{other} is no table"),
    }
}

/// The reference data that `text` gives.
pub(super) fn reference(text: &str) -> Reference {
    Reference::try_new(tables(text)).expect("rows that do not contradict each other")
}
