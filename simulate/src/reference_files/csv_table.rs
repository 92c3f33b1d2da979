//! A table as a CSV file: all columns of docs/REFERENCE.md, unknown cells empty.

use super::ReferenceFileError;
use crate::calendar::push_instant;
use std::fs;
use std::path::Path;
use touchpoint::Micros;
use touchpoint::reference::{
    AccountRow, AffiliationRow, ConsentRow, ConsentRuleRow, HcpRow, PanelRow, PersonRow, PlanRow, PlanStepRow,
    PreferenceRow, Regime, Validity,
};
use touchpoint::time::{DAY, EARLIEST, HOUR, LATEST};
use touchpoint::words::Word;

/// A row that knows its table. Columns and cells come without `valid_from` and `valid_to`, which every table ends with.
pub(super) trait TableRow {
    /// The table.
    const TABLE: &'static str;
    /// Names.
    const COLUMNS: &'static [&'static str];
    /// Those of them that tell a row from every other one; `valid_from` does too.
    const KEY: &'static [&'static str];
    /// As many as there are columns.
    fn cells(&self) -> Vec<String>;
    /// When it holds.
    fn validity(&self) -> Validity;
}

/// The columns that every table ends with.
pub(super) const VALIDITY: [&str; 2] = ["valid_from", "valid_to"];

/// The cells of a row, those of [`VALIDITY`] at their end.
pub(super) fn all_cells<R: TableRow>(row: &R) -> Vec<String> {
    let (mut cells, validity) = (row.cells(), row.validity());
    cells.push(if validity.from <= EARLIEST { String::new() } else { instant(validity.from) });
    cells.push(if validity.to > LATEST { String::new() } else { instant(validity.to) });
    cells
}

/// Writes `dir/TABLE.csv` under another name, which it has until it is whole. Gives the number of rows.
pub(super) fn write_table<R: TableRow>(dir: &Path, rows: impl Iterator<Item = R>) -> Result<u64, ReferenceFileError> {
    let path = dir.join(format!("{}.csv", R::TABLE));
    let partial = dir.join(format!("{}.csv.partial", R::TABLE));
    let write = || -> Result<u64, csv::Error> {
        let mut file = csv::Writer::from_path(&partial)?;
        file.write_record(R::COLUMNS.iter().chain(&VALIDITY))?;
        let mut written = 0;
        for row in rows {
            file.write_record(&all_cells(&row))?;
            written += 1;
        }
        file.flush()?;
        fs::rename(&partial, &path)?;
        Ok(written)
    };
    write().map_err(|source| ReferenceFileError { path: path.clone(), source })
}

impl TableRow for HcpRow {
    const TABLE: &'static str = "hcps";
    const COLUMNS: &'static [&'static str] =
        &["hcp_id", "specialty", "segment", "territory", "country", "time_zone", "account_id"];
    const KEY: &'static [&'static str] = &["hcp_id"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.hcp_id.clone(),
            text(self.specialty.as_ref()),
            text(self.segment.as_ref()),
            text(self.territory.as_ref()),
            text(self.country.as_ref()),
            self.time_zone.map(|zone| zone.name().to_owned()).unwrap_or_default(),
            text(self.account_id.as_ref()),
        ]
    }

    fn validity(&self) -> Validity {
        self.validity
    }
}

impl TableRow for AccountRow {
    const TABLE: &'static str = "accounts";
    const COLUMNS: &'static [&'static str] = &[
        "account_id",
        "parent_account_id",
        "kind",
        "territory",
        "country",
        "sites",
        "decision_makers",
        "formulary_control",
        "pathway_control",
        "access_status",
        "therapy_complexity",
        "declared_model",
        "required_override",
    ];
    const KEY: &'static [&'static str] = &["account_id"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.account_id.clone(),
            text(self.parent_account_id.as_ref()),
            text(self.kind.as_ref()),
            text(self.territory.as_ref()),
            text(self.country.as_ref()),
            shown(self.sites),
            shown(self.decision_makers),
            shown(self.formulary_control),
            shown(self.pathway_control),
            word(self.access_status),
            shown(self.therapy_complexity),
            word(self.declared_model),
            word(self.required_override),
        ]
    }

    fn validity(&self) -> Validity {
        self.validity
    }
}

impl TableRow for AffiliationRow {
    const TABLE: &'static str = "affiliations";
    const COLUMNS: &'static [&'static str] = &["hcp_id", "account_id", "is_primary"];
    const KEY: &'static [&'static str] = &["hcp_id", "account_id"];

    fn cells(&self) -> Vec<String> {
        vec![self.hcp_id.clone(), self.account_id.clone(), self.is_primary.to_string()]
    }

    fn validity(&self) -> Validity {
        self.validity
    }
}

impl TableRow for PersonRow {
    const TABLE: &'static str = "people";
    const COLUMNS: &'static [&'static str] = &["owner_id", "function", "role", "manager_id", "district"];
    const KEY: &'static [&'static str] = &["owner_id"];

    fn cells(&self) -> Vec<String> {
        let (manager, district) = (text(self.manager_id.as_ref()), text(self.district.as_ref()));
        vec![self.owner_id.clone(), word(self.function), word(self.role), manager, district]
    }

    fn validity(&self) -> Validity {
        self.validity
    }
}

impl TableRow for PanelRow {
    const TABLE: &'static str = "panels";
    const COLUMNS: &'static [&'static str] = &["owner_id", "hcp_id", "is_target", "min_touches", "max_touches"];
    const KEY: &'static [&'static str] = &["owner_id", "hcp_id"];

    fn cells(&self) -> Vec<String> {
        let (least, most) = (shown(self.min_touches), shown(self.max_touches));
        vec![self.owner_id.clone(), self.hcp_id.clone(), self.is_target.to_string(), least, most]
    }

    fn validity(&self) -> Validity {
        self.validity
    }
}

impl TableRow for PlanRow {
    const TABLE: &'static str = "plans";
    const COLUMNS: &'static [&'static str] =
        &["plan_id", "hcp_id", "account_id", "author_id", "revised_at", "decision_id"];
    const KEY: &'static [&'static str] = &["plan_id", "hcp_id", "account_id"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.plan_id.clone(),
            text(self.hcp_id.as_ref()),
            text(self.account_id.as_ref()),
            text(self.author_id.as_ref()),
            self.revised_at.map(instant).unwrap_or_default(),
            text(self.decision_id.as_ref()),
        ]
    }

    fn validity(&self) -> Validity {
        self.validity
    }
}

impl TableRow for PlanStepRow {
    const TABLE: &'static str = "plan_steps";
    const COLUMNS: &'static [&'static str] = &[
        "plan_id",
        "step",
        "position",
        "function",
        "channel",
        "owner_id",
        "after",
        "min_gap_h",
        "max_gap_h",
        "due_from_d",
        "due_to_d",
    ];
    const KEY: &'static [&'static str] = &["plan_id", "step"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.plan_id.clone(),
            self.step.clone(),
            self.position.to_string(),
            word(self.function),
            word(self.channel),
            text(self.owner_id.as_ref()),
            self.after.join(";"),
            shown(self.min_gap.map(|gap| gap / HOUR)),
            shown(self.max_gap.map(|gap| gap / HOUR)),
            shown(self.due.map(|due| due.from / DAY)),
            shown(self.due.map(|due| due.to / DAY)),
        ]
    }

    fn validity(&self) -> Validity {
        self.validity
    }
}

impl TableRow for ConsentRow {
    const TABLE: &'static str = "consents";
    const COLUMNS: &'static [&'static str] = &["hcp_id", "channel", "consent", "captured_at"];
    const KEY: &'static [&'static str] = &["hcp_id", "channel", "consent", "captured_at"];

    fn cells(&self) -> Vec<String> {
        let said = if self.opts_in { Regime::OptIn } else { Regime::OptOut };
        vec![self.hcp_id.clone(), word(self.channel), word(Some(said)), instant(self.captured_at)]
    }

    fn validity(&self) -> Validity {
        self.validity
    }
}

impl TableRow for ConsentRuleRow {
    const TABLE: &'static str = "consent_rules";
    const COLUMNS: &'static [&'static str] = &["country", "channel", "regime"];
    const KEY: &'static [&'static str] = &["country", "channel"];

    fn cells(&self) -> Vec<String> {
        vec![text(self.country.as_ref()), word(self.channel), word(Some(self.regime))]
    }

    fn validity(&self) -> Validity {
        self.validity
    }
}

impl TableRow for PreferenceRow {
    const TABLE: &'static str = "preferences";
    const COLUMNS: &'static [&'static str] = &["hcp_id", "channel", "share"];
    const KEY: &'static [&'static str] = &["hcp_id", "channel"];

    fn cells(&self) -> Vec<String> {
        vec![self.hcp_id.clone(), word(Some(self.channel)), self.share.to_string()]
    }

    fn validity(&self) -> Validity {
        self.validity
    }
}

fn text(text: Option<&String>) -> String {
    text.cloned().unwrap_or_default()
}

fn word<W: Word>(word: Option<W>) -> String {
    word.map(|word| word.as_str().to_owned()).unwrap_or_default()
}

fn shown(number: Option<impl ToString>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}

fn instant(at: Micros) -> String {
    let mut out = Vec::with_capacity(20);
    push_instant(&mut out, at);
    String::from_utf8_lossy(&out).into_owned()
}
