//! `hcps`, `accounts` and their histories: reference data as tables.
//!
//! The histories have every row with the span `[valid_from, valid_to)` in which it holds; the others those that hold at T.

use super::built_table::{BuildRows, BuiltTable, Wanted};
use super::history_table::AsOf;
use crate::account::{complexity, required_model};
use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::common::Result;
use std::sync::Arc;
use touchpoint::reference::{AccountRow, HcpRow, Validity};
use touchpoint::time::LATEST;
use touchpoint::{Micros, Reference, Word};

/// Which table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// HCPs.
    Hcps,
    /// Accounts.
    Accounts,
}

/// Which rows.
#[derive(Debug, Clone)]
pub enum Valid {
    /// Those that hold at an instant.
    At(AsOf),
    /// All, with their spans.
    Ever,
}

/// See the module.
#[derive(Debug, Clone)]
pub struct ReferenceTable {
    reference: Arc<Reference>,
    about: About,
    valid: Valid,
    schema: SchemaRef,
}

/// Names and values.
type Columns = Vec<(&'static str, ArrayRef)>;

impl ReferenceTable {
    /// A table of reference data.
    pub fn table(reference: Arc<Reference>, about: About, valid: Valid) -> BuiltTable<Self> {
        let mut table = Self { reference, about, valid, schema: Arc::new(Schema::empty()) };
        let none = match about {
            About::Hcps => table.hcps(&[], 0),
            About::Accounts => table.accounts(&[]),
        };
        let field = |(name, column): &(&str, ArrayRef)| {
            let is_key = matches!(*name, "hcp_id" | "valid_from" | "is_target")
                || (*name, about) == ("account_id", About::Accounts);
            Field::new(*name, column.data_type().clone(), !is_key)
        };
        table.schema = Arc::new(Schema::new(none.iter().map(field).collect::<Vec<_>>()));
        BuiltTable(table)
    }

    fn is_wanted(&self, validity: Validity, now: Option<Micros>) -> bool {
        now.is_none_or(|now| validity.holds(now))
    }

    fn hcps(&self, rows: &[&HcpRow], now: Micros) -> Columns {
        let text = |of: &dyn for<'r> Fn(&'r HcpRow) -> Option<&'r str>| -> ArrayRef {
            Arc::new(rows.iter().map(|row| of(row)).collect::<StringArray>())
        };
        let account = |row: &HcpRow| match self.valid {
            Valid::At(_) => self.reference.account_of(&row.hcp_id, now).map(str::to_owned),
            Valid::Ever => row.account_id.clone(),
        };
        let mut columns: Columns = vec![
            ("hcp_id", text(&|row| Some(&row.hcp_id))),
            ("specialty", text(&|row| row.specialty.as_deref())),
            ("segment", text(&|row| row.segment.as_deref())),
            ("territory", text(&|row| row.territory.as_deref())),
            ("country", text(&|row| row.country.as_deref())),
            ("time_zone", text(&|row| row.time_zone.map(|zone| zone.name()))),
            ("account_id", Arc::new(rows.iter().map(|row| account(row)).collect::<StringArray>())),
        ];
        match self.valid {
            Valid::At(_) => {
                let target = rows.iter().map(|row| Some(self.reference.is_target(&row.hcp_id, now)));
                columns.push(("is_target", Arc::new(target.collect::<BooleanArray>())));
            }
            Valid::Ever => columns.extend(spans(rows.iter().map(|row| row.validity))),
        }
        columns
    }

    fn accounts(&self, rows: &[&AccountRow]) -> Columns {
        let text = |of: &dyn for<'r> Fn(&'r AccountRow) -> Option<&'r str>| -> ArrayRef {
            Arc::new(rows.iter().map(|row| of(row)).collect::<StringArray>())
        };
        let count = |of: fn(&AccountRow) -> Option<u32>| -> ArrayRef {
            Arc::new(rows.iter().map(|row| of(row).map(i64::from)).collect::<Int64Array>())
        };
        let mut columns: Columns = vec![
            ("account_id", text(&|row| Some(&row.account_id))),
            ("parent_account_id", text(&|row| row.parent_account_id.as_deref())),
            ("kind", text(&|row| row.kind.as_deref())),
            ("territory", text(&|row| row.territory.as_deref())),
            ("country", text(&|row| row.country.as_deref())),
            ("sites", count(|row| row.sites)),
            ("decision_makers", count(|row| row.decision_makers)),
            ("formulary_control", count(|row| row.formulary_control)),
            ("pathway_control", count(|row| row.pathway_control)),
            ("access_status", text(&|row| row.access_status.map(Word::as_str))),
            ("therapy_complexity", count(|row| row.therapy_complexity)),
            ("declared_model", text(&|row| row.declared_model.map(Word::as_str))),
            ("required_override", text(&|row| row.required_override.map(Word::as_str))),
            ("complexity", Arc::new(rows.iter().map(|row| complexity(row)).collect::<Float64Array>())),
            ("required_model", text(&|row| required_model(row).map(Word::as_str))),
        ];
        if matches!(self.valid, Valid::Ever) {
            columns.extend(spans(rows.iter().map(|row| row.validity)));
        }
        columns
    }
}

fn spans(rows: impl Iterator<Item = Validity> + Clone) -> Columns {
    let from = rows.clone().map(|validity| Some(validity.from)).collect::<TimestampMicrosecondArray>();
    let to = rows.map(|validity| (validity.to <= LATEST).then_some(validity.to)).collect::<TimestampMicrosecondArray>();
    vec![("valid_from", Arc::new(from.with_timezone("UTC"))), ("valid_to", Arc::new(to.with_timezone("UTC")))]
}

impl BuildRows for ReferenceTable {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn about(&self) -> Option<usize> {
        Some(match self.about {
            About::Hcps => self.reference.hcp_count(),
            About::Accounts => self.reference.account_count(),
        })
    }

    fn batches(self, _: Wanted) -> impl Iterator<Item = Result<RecordBatch>> + Send + 'static {
        std::iter::once_with(move || {
            let now = if let Valid::At(as_of) = &self.valid { Some(as_of.instant()) } else { None };
            let columns = match self.about {
                About::Hcps => {
                    let wanted = |row: &&HcpRow| self.is_wanted(row.validity, now);
                    let mut rows: Vec<&HcpRow> = self.reference.hcp_rows().filter(wanted).collect();
                    rows.sort_by_key(|row| (&row.hcp_id, row.validity));
                    self.hcps(&rows, now.unwrap_or_default())
                }
                About::Accounts => {
                    let wanted = |row: &&AccountRow| self.is_wanted(row.validity, now);
                    let mut rows: Vec<&AccountRow> = self.reference.account_rows().filter(wanted).collect();
                    rows.sort_by_key(|row| (&row.account_id, row.validity));
                    self.accounts(&rows)
                }
            };
            let columns = columns.into_iter().map(|(_, column)| column).collect();
            Ok(RecordBatch::try_new(self.schema.clone(), columns)?)
        })
    }
}
