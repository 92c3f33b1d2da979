//! The ten tables: of each its columns, and a row made of their values.

use super::ReferenceTable;
use super::cells::Cells;
use super::column::Kind::{Flag, Instant, Number, Text, Whole};
use super::column::{Column, optional, required};
use touchpoint::Micros;
use touchpoint::reference::{
    AccountRow, AffiliationRow, ConsentRow, ConsentRuleRow, Due, HcpRow, PanelRow, PersonRow, PlanRow, PlanStepRow,
    PreferenceRow, Regime,
};
use touchpoint::time::{DAY, HOUR};

/// Most of what is counted: sites, decision makers, touches, positions.
const MOST: u32 = 1_000_000;
/// Highest mark of what is judged from 0 on.
const MARK: u32 = 2;
/// Longest gap, hours: ten years.
const MOST_HOURS: f64 = 87_600.0;
/// Longest time from the start of a plan to the end of a step's span, days: ten years.
const MOST_DAYS: f64 = 3_650.0;
/// Largest share. Shares count by their proportion, so hundreds and thousandths are as good as parts of one.
const MOST_SHARE: f64 = 1e9;

/// A table: the columns that its files may have, and what makes a row of them. The row is used only if the cells are sound.
pub(super) struct Shape<R> {
    pub(super) table: ReferenceTable,
    pub(super) columns: &'static [Column],
    /// What tells a row from every other one: the columns of its key in a topic. Texts and instants.
    pub(super) key: &'static [&'static str],
    pub(super) make: fn(&mut Cells<'_, '_>) -> R,
}

const VALID_FROM: Column = optional("valid_from", Instant);
const VALID_TO: Column = optional("valid_to", Instant);

pub(super) const HCPS: Shape<HcpRow> = Shape {
    table: ReferenceTable::Hcps,
    columns: &[
        required("hcp_id", Text),
        optional("specialty", Text),
        optional("segment", Text),
        optional("territory", Text),
        optional("country", Text),
        optional("time_zone", Text),
        optional("account_id", Text),
        VALID_FROM,
        VALID_TO,
    ],
    key: &["hcp_id", "valid_from"],
    make: |cells| HcpRow {
        hcp_id: cells.key("hcp_id"),
        specialty: cells.text("specialty"),
        segment: cells.text("segment"),
        territory: cells.text("territory"),
        country: cells.country("country"),
        time_zone: cells.time_zone("time_zone"),
        account_id: cells.text("account_id"),
        validity: cells.validity(),
    },
};

pub(super) const ACCOUNTS: Shape<AccountRow> = Shape {
    table: ReferenceTable::Accounts,
    columns: &[
        required("account_id", Text),
        optional("parent_account_id", Text),
        optional("kind", Text),
        optional("territory", Text),
        optional("country", Text),
        optional("sites", Whole),
        optional("decision_makers", Whole),
        optional("formulary_control", Whole),
        optional("pathway_control", Whole),
        optional("access_status", Text),
        optional("therapy_complexity", Whole),
        optional("declared_model", Text),
        optional("required_override", Text),
        VALID_FROM,
        VALID_TO,
    ],
    key: &["account_id", "valid_from"],
    make: |cells| AccountRow {
        account_id: cells.key("account_id"),
        parent_account_id: cells.text("parent_account_id"),
        kind: cells.text("kind"),
        territory: cells.text("territory"),
        country: cells.country("country"),
        sites: cells.whole("sites", 0..=MOST),
        decision_makers: cells.whole("decision_makers", 0..=MOST),
        formulary_control: cells.whole("formulary_control", 0..=MARK),
        pathway_control: cells.whole("pathway_control", 0..=MARK),
        access_status: cells.word("access_status"),
        therapy_complexity: cells.whole("therapy_complexity", 0..=MARK),
        declared_model: cells.word("declared_model"),
        required_override: cells.word("required_override"),
        validity: cells.validity(),
    },
};

pub(super) const AFFILIATIONS: Shape<AffiliationRow> = Shape {
    table: ReferenceTable::Affiliations,
    columns: &[
        required("hcp_id", Text),
        required("account_id", Text),
        optional("is_primary", Flag),
        VALID_FROM,
        VALID_TO,
    ],
    key: &["hcp_id", "account_id", "valid_from"],
    make: |cells| AffiliationRow {
        hcp_id: cells.key("hcp_id"),
        account_id: cells.key("account_id"),
        is_primary: cells.flag("is_primary").unwrap_or(false),
        validity: cells.validity(),
    },
};

pub(super) const PEOPLE: Shape<PersonRow> = Shape {
    table: ReferenceTable::People,
    columns: &[
        required("owner_id", Text),
        optional("function", Text),
        optional("role", Text),
        optional("manager_id", Text),
        optional("district", Text),
        VALID_FROM,
        VALID_TO,
    ],
    key: &["owner_id", "valid_from"],
    make: |cells| PersonRow {
        owner_id: cells.key("owner_id"),
        function: cells.word("function"),
        role: cells.word("role"),
        manager_id: cells.text("manager_id"),
        district: cells.text("district"),
        validity: cells.validity(),
    },
};

pub(super) const PANELS: Shape<PanelRow> = Shape {
    table: ReferenceTable::Panels,
    columns: &[
        required("owner_id", Text),
        required("hcp_id", Text),
        optional("is_target", Flag),
        optional("min_touches", Whole),
        optional("max_touches", Whole),
        VALID_FROM,
        VALID_TO,
    ],
    key: &["owner_id", "hcp_id", "valid_from"],
    make: |cells| {
        let (least, most) = (cells.whole("min_touches", 0..=MOST), cells.whole("max_touches", 0..=MOST));
        if least > most && most.is_some() {
            cells.note("max_touches", "a number that is not below min_touches");
        }
        PanelRow {
            owner_id: cells.key("owner_id"),
            hcp_id: cells.key("hcp_id"),
            is_target: cells.flag("is_target").unwrap_or(true),
            min_touches: least,
            max_touches: most,
            validity: cells.validity(),
        }
    },
};

pub(super) const PLANS: Shape<PlanRow> = Shape {
    table: ReferenceTable::Plans,
    columns: &[
        required("plan_id", Text),
        optional("hcp_id", Text),
        optional("account_id", Text),
        optional("author_id", Text),
        optional("revised_at", Instant),
        optional("decision_id", Text),
        required("valid_from", Instant),
        VALID_TO,
    ],
    key: &["plan_id", "hcp_id", "account_id", "valid_from"],
    make: |cells| PlanRow {
        plan_id: cells.key("plan_id"),
        hcp_id: cells.text("hcp_id"),
        account_id: cells.text("account_id"),
        author_id: cells.text("author_id"),
        revised_at: cells.instant("revised_at"),
        decision_id: cells.text("decision_id"),
        validity: cells.validity(),
    },
};

pub(super) const PLAN_STEPS: Shape<PlanStepRow> = Shape {
    table: ReferenceTable::PlanSteps,
    columns: &[
        required("plan_id", Text),
        required("step", Text),
        required("position", Whole),
        optional("function", Text),
        optional("channel", Text),
        optional("owner_id", Text),
        optional("after", Text),
        optional("min_gap_h", Number),
        optional("max_gap_h", Number),
        optional("due_from_d", Number),
        optional("due_to_d", Number),
        VALID_FROM,
        VALID_TO,
    ],
    key: &["plan_id", "step", "valid_from"],
    make: plan_step,
};

pub(super) const CONSENTS: Shape<ConsentRow> = Shape {
    table: ReferenceTable::Consents,
    columns: &[
        required("hcp_id", Text),
        optional("channel", Text),
        required("consent", Text),
        required("captured_at", Instant),
        VALID_FROM,
        VALID_TO,
    ],
    key: &["hcp_id", "channel", "consent", "captured_at", "valid_from"],
    make: |cells| ConsentRow {
        hcp_id: cells.key("hcp_id"),
        channel: cells.channel("channel"),
        opts_in: cells.word("consent") == Some(Regime::OptIn),
        captured_at: cells.instant("captured_at").unwrap_or_default(),
        validity: cells.validity(),
    },
};

pub(super) const CONSENT_RULES: Shape<ConsentRuleRow> = Shape {
    table: ReferenceTable::ConsentRules,
    columns: &[optional("country", Text), optional("channel", Text), required("regime", Text), VALID_FROM, VALID_TO],
    key: &["country", "channel", "valid_from"],
    make: |cells| ConsentRuleRow {
        country: cells.country("country"),
        channel: cells.channel("channel"),
        regime: cells.word("regime").unwrap_or(Regime::OptIn),
        validity: cells.validity(),
    },
};

pub(super) const PREFERENCES: Shape<PreferenceRow> = Shape {
    table: ReferenceTable::Preferences,
    columns: &[required("hcp_id", Text), required("channel", Text), required("share", Number), VALID_FROM, VALID_TO],
    key: &["hcp_id", "channel", "valid_from"],
    make: |cells| PreferenceRow {
        hcp_id: cells.key("hcp_id"),
        channel: cells.channel("channel").unwrap_or(touchpoint::Channel::Email),
        share: cells.number("share", MOST_SHARE).unwrap_or_default(),
        validity: cells.validity(),
    },
};

fn plan_step(cells: &mut Cells<'_, '_>) -> PlanStepRow {
    let (min_gap, max_gap) = (span(cells, "min_gap_h"), span(cells, "max_gap_h"));
    if min_gap > max_gap && max_gap.is_some() {
        cells.note("max_gap_h", "a number that is not below min_gap_h");
    }
    let due = match (span(cells, "due_from_d"), span(cells, "due_to_d")) {
        (Some(from), Some(to)) if from < to => Some(Due { from, to }),
        (Some(_), Some(_)) => {
            cells.note("due_to_d", "a number above due_from_d");
            None
        }
        // Sound cells of which one alone is known; what was not understood is noted already.
        (Some(_), None) if cells.are_sound() => {
            cells.note("due_to_d", "a number, since due_from_d has one; or neither");
            None
        }
        (None, Some(_)) if cells.are_sound() => {
            cells.note("due_from_d", "a number, since due_to_d has one; or neither");
            None
        }
        _ => None,
    };
    PlanStepRow {
        plan_id: cells.key("plan_id"),
        step: cells.key("step"),
        position: cells.whole("position", 1..=MOST).unwrap_or_default(),
        function: cells.word("function"),
        channel: cells.channel("channel"),
        owner_id: cells.text("owner_id"),
        after: cells.list("after"),
        min_gap,
        max_gap,
        due,
        validity: cells.validity(),
    }
}

/// A number of hours or days, whichever the column's name ends in, as microseconds.
fn span(cells: &mut Cells<'_, '_>, column: &'static str) -> Option<Micros> {
    let (most, unit) = if column.ends_with("_h") { (MOST_HOURS, HOUR) } else { (MOST_DAYS, DAY) };
    Some((cells.number(column, most)? * unit as f64).round() as Micros)
}
