//! The rows of the two files.

use super::table::Cells;
use chrono_tz::Tz;
use touchpoint::reference::{AccountRow, HcpRow};

/// Columns of `hcps`, the key first.
pub(super) const HCP_COLUMNS: &[&str] =
    &["hcp_id", "specialty", "segment", "territory", "country", "time_zone", "account_id", "valid_from", "valid_to"];

/// Columns of `accounts`, the key first.
pub(super) const ACCOUNT_COLUMNS: &[&str] =
    &["account_id", "kind", "territory", "country", "parent_account_id", "valid_from", "valid_to"];

/// A row of `hcps`, if all its cells are in order.
pub(super) fn hcp_row(cells: &mut Cells<'_, '_>) -> Option<HcpRow> {
    let time_zone = |name: &str| name.parse::<Tz>().ok();
    let hcp_id = cells.key("hcp_id");
    let (valid_from, valid_to) = cells.validity();
    let row = HcpRow {
        hcp_id,
        specialty: cells.text("specialty"),
        segment: cells.text("segment"),
        territory: cells.text("territory"),
        country: cells.text("country"),
        time_zone: cells.parsed("time_zone", time_zone, "an IANA time zone, such as Europe/Berlin"),
        account_id: cells.text("account_id"),
        valid_from,
        valid_to,
    };
    cells.are_sound().then_some(row)
}

/// A row of `accounts`, if all its cells are in order.
pub(super) fn account_row(cells: &mut Cells<'_, '_>) -> Option<AccountRow> {
    let account_id = cells.key("account_id");
    let (valid_from, valid_to) = cells.validity();
    let row = AccountRow {
        account_id,
        kind: cells.text("kind"),
        territory: cells.text("territory"),
        country: cells.text("country"),
        parent_account_id: cells.text("parent_account_id"),
        valid_from,
        valid_to,
    };
    cells.are_sound().then_some(row)
}
