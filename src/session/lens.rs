//! What of a table's rows and columns reaches a reader.
//!
//! A lens drops rows about whom the reader does not see, makes owners NULL whom it does not see, and makes columns NULL that
//! are not for it. It is applied to batches inside a [`seal`](super::seal), before anything that the reader wrote.

use super::plain::is_plainly_commercial;
use super::sight::Sight;
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray, new_null_array};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use arrow::error::ArrowError;
use std::collections::BTreeSet;
use std::sync::Arc;
use touchpoint::Audience;

/// Whom a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    /// Nobody: numbers of many.
    Nobody,
    /// The HCP of `hcp_id`.
    Hcp,
    /// The account of `account_id`.
    Account,
    /// The HCP of `hcp_id`, or the account of `account_id`; a row without either is about everybody.
    HcpOrAccount,
    /// Everybody in the territory of `territory`.
    Territory,
    /// The HCP that `key` names; and what was rejected may have been medical.
    DeadLetter,
}

/// What becomes of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Treatment {
    /// It stays.
    Open,
    /// Owners out of sight become NULL.
    Owner,
    /// It is NULL.
    Hidden,
}

/// See the module.
#[derive(Debug, Clone)]
pub(super) struct Lens {
    pub(super) subject: Subject,
    pub(super) audience: Audience,
    /// Columns that are not for the reader.
    pub(super) hidden: Vec<&'static str>,
    pub(super) sight: Arc<Sight>,
}

impl Lens {
    /// A lens that lets everything through, for what is the same to all.
    pub(super) fn clear(sight: Arc<Sight>) -> Self {
        Self { subject: Subject::Nobody, audience: Audience::Full, hidden: Vec::new(), sight }
    }

    pub(super) fn treatment(&self, column: &str) -> Treatment {
        match column {
            _ if self.hidden.contains(&column) => Treatment::Hidden,
            "owner_id" if !self.sight.sees_every_owner() => Treatment::Owner,
            _ => Treatment::Open,
        }
    }

    /// The columns by which rows are dropped; none when all stay.
    pub(super) fn judged_by(&self) -> &'static [&'static str] {
        let is_scoped = self.sight.is_scoped();
        match self.subject {
            Subject::DeadLetter if self.audience == Audience::Commercial => &["kind", "payload", "key"],
            Subject::Hcp if is_scoped => &["hcp_id"],
            Subject::Account if is_scoped => &["account_id"],
            Subject::Territory if is_scoped => &["territory"],
            Subject::HcpOrAccount if is_scoped => &["hcp_id", "account_id"],
            Subject::DeadLetter if is_scoped => &["key"],
            _ => &[],
        }
    }

    /// The schema behind the lens: what may become NULL is nullable. Comments stay inside.
    pub(super) fn schema(&self, inside: &Schema) -> SchemaRef {
        let field = |field: &FieldRef| {
            let is_open = self.treatment(field.name()) == Treatment::Open;
            Field::new(field.name(), field.data_type().clone(), field.is_nullable() || !is_open)
        };
        Arc::new(Schema::new(inside.fields().iter().map(field).collect::<Vec<_>>()))
    }

    /// The rows of `batch` that the reader sees, in the columns of `outside`, which are among those behind the lens.
    ///
    /// # Errors
    /// The batch lacks a column that `outside` or [`Lens::judged_by`] names: a bug.
    pub(super) fn through(&self, batch: &RecordBatch, outside: &SchemaRef) -> Result<RecordBatch, ArrowError> {
        let seen = match self.judged_by() {
            [] => batch.clone(),
            _ => filter_record_batch(batch, &self.seen(batch)?)?,
        };
        let column = |field: &FieldRef| -> Result<ArrayRef, ArrowError> {
            match self.treatment(field.name()) {
                Treatment::Open => Ok(named(&seen, field.name())?.clone()),
                Treatment::Owner => Ok(self.owners(named(&seen, field.name())?)),
                Treatment::Hidden => Ok(new_null_array(field.data_type(), seen.num_rows())),
            }
        };
        let columns = outside.fields().iter().map(column).collect::<Result<Vec<_>, _>>()?;
        RecordBatch::try_new(outside.clone(), columns)
    }

    fn seen(&self, batch: &RecordBatch) -> Result<BooleanArray, ArrowError> {
        let text = |name| texts(named(batch, name)?, name);
        let rows = batch.num_rows();
        let sight = &self.sight;
        Ok(match self.subject {
            Subject::Nobody => BooleanArray::from(vec![true; rows]),
            Subject::Hcp => each(text("hcp_id")?, |hcp_id| sight.sees_hcp(hcp_id)),
            Subject::Account => each(text("account_id")?, |account_id| sight.sees_account(account_id)),
            Subject::Territory => each(text("territory")?, |name| sight.sees_territory(name)),
            Subject::HcpOrAccount => {
                let (hcps, accounts) = (text("hcp_id")?, text("account_id")?);
                let seen = |row: usize| match (hcps.is_valid(row), accounts.is_valid(row)) {
                    (true, _) => sight.sees_hcp(hcps.value(row)),
                    (false, true) => sight.sees_account(accounts.value(row)),
                    (false, false) => !sight.is_scoped(),
                };
                (0..rows).map(|row| Some(seen(row))).collect()
            }
            Subject::DeadLetter => return self.seen_letters(batch),
        })
    }

    fn seen_letters(&self, batch: &RecordBatch) -> Result<BooleanArray, ArrowError> {
        let keys = bytes(named(batch, "key")?, "key")?;
        let names_one_in_sight = |row: usize| {
            let key = keys.is_valid(row).then(|| std::str::from_utf8(keys.value(row)).ok()).flatten();
            !self.sight.is_scoped() || key.is_some_and(|hcp_id| self.sight.sees_hcp(hcp_id))
        };
        if self.audience == Audience::Full {
            return Ok((0..batch.num_rows()).map(|row| Some(names_one_in_sight(row))).collect());
        }
        let (kinds, payloads) = (texts(named(batch, "kind")?, "kind")?, bytes(named(batch, "payload")?, "payload")?);
        let seen = |row: usize| {
            let payload = payloads.is_valid(row).then(|| payloads.value(row));
            names_one_in_sight(row) && is_plainly_commercial(kinds.value(row), payload)
        };
        Ok((0..batch.num_rows()).map(|row| Some(seen(row))).collect())
    }

    fn owners(&self, owners: &ArrayRef) -> ArrayRef {
        let Some(owners) = owners.as_string_opt::<i32>() else { return new_null_array(&DataType::Utf8, owners.len()) };
        // Owners are few beside rows.
        let distinct: BTreeSet<&str> = owners.iter().flatten().collect();
        let seen: BTreeSet<&str> = distinct.into_iter().filter(|owner| self.sight.sees_owner(owner)).collect();
        let masked: StringArray = owners.iter().map(|owner| owner.filter(|owner| seen.contains(owner))).collect();
        Arc::new(masked)
    }
}

/// Whether each text is seen; rows of one person often stand together.
fn each(texts: &StringArray, is_seen: impl Fn(&str) -> bool) -> BooleanArray {
    let mut last: Option<(&str, bool)> = None;
    let judged = texts.iter().map(|text| {
        let Some(text) = text else { return Some(false) };
        let seen = match last {
            Some((before, seen)) if before == text => seen,
            _ => is_seen(text),
        };
        last = Some((text, seen));
        Some(seen)
    });
    judged.collect()
}

fn named<'b>(batch: &'b RecordBatch, name: &str) -> Result<&'b ArrayRef, ArrowError> {
    let missing = || ArrowError::SchemaError(format!("column {name} was not read: no lens was known to need it"));
    batch.column_by_name(name).ok_or_else(missing)
}

fn texts<'b>(column: &'b ArrayRef, name: &str) -> Result<&'b StringArray, ArrowError> {
    column.as_string_opt::<i32>().ok_or_else(|| ArrowError::SchemaError(format!("column {name} is no text")))
}

fn bytes<'b>(column: &'b ArrayRef, name: &str) -> Result<&'b arrow::array::BinaryArray, ArrowError> {
    column.as_binary_opt::<i32>().ok_or_else(|| ArrowError::SchemaError(format!("column {name} holds no bytes")))
}
