//! The reference data of a world: its HCPs and accounts as effective-dated rows and as the CSV files that users bring.
//!
//! `hcps.csv`: hcp_id, specialty, segment, territory, country, time_zone, account_id, valid_from, valid_to.
//! `accounts.csv`: account_id, kind, territory, country, parent_account_id, valid_from, valid_to. Rows hold in
//! `[valid_from, valid_to)`, RFC 3339; an empty end is open. An HCP or account that moves has two rows that meet.

use crate::calendar::push_instant;
use crate::id::Named;
use crate::seed::Purpose;
use crate::world::{ACCOUNT_KINDS, World};
use std::fs;
use std::path::{Path, PathBuf};
use touchpoint::Micros;
use touchpoint::reference::{AccountRow, HcpRow, Validity};
use touchpoint::time::{DAY, EARLIEST, LATEST};

/// Accounts in one network of accounts.
const NETWORK: u32 = 12;
/// Share of networks that exist; the others are accounts of their own.
const NETWORKED: f64 = 0.4;

/// A file that could not be written. The folder's fault; try again elsewhere.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {source}; choose a folder that can be written and has room", .path.display())]
pub struct ReferenceFileError {
    /// The file.
    pub path: PathBuf,
    /// What was refused.
    pub source: csv::Error,
}

/// Where [`ReferenceFiles::write`] put the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferencePaths {
    /// `hcps.csv`.
    pub hcps: PathBuf,
    /// `accounts.csv`.
    pub accounts: PathBuf,
}

/// The reference data of a world.
#[derive(Debug, Clone, Copy)]
pub struct ReferenceFiles<'a> {
    world: &'a World,
}

impl<'a> ReferenceFiles<'a> {
    /// The reference data of `world`.
    pub fn new(world: &'a World) -> Self {
        Self { world }
    }

    /// Every HCP's rows, by number and then by time.
    pub fn hcp_rows(&self) -> impl Iterator<Item = HcpRow> + 'a {
        let world = self.world;
        (0..world.hcps()).flat_map(move |hcp| {
            let spans = spans(world.move_of(hcp).map(|m| m.at));
            spans.into_iter().map(move |validity| hcp_row(world, hcp, validity))
        })
    }

    /// Every account's rows, by number and then by time.
    pub fn account_rows(&self) -> impl Iterator<Item = AccountRow> + 'a {
        let world = self.world;
        (0..world.accounts()).flat_map(move |account| {
            let spans = spans(moves_at(world, account));
            spans.into_iter().map(move |validity| account_row(world, account, validity))
        })
    }

    /// Writes both files into `dir`, which is made if it is missing.
    ///
    /// # Errors
    /// [`ReferenceFileError`] names the file.
    pub fn write(&self, dir: &Path) -> Result<ReferencePaths, ReferenceFileError> {
        let paths = ReferencePaths { hcps: dir.join("hcps.csv"), accounts: dir.join("accounts.csv") };
        let made = fs::create_dir_all(dir).map_err(csv::Error::from);
        made.map_err(|source| ReferenceFileError { path: dir.to_owned(), source })?;
        write_file(&paths.hcps, HCP_COLUMNS, self.hcp_rows().map(hcp_fields))?;
        write_file(&paths.accounts, ACCOUNT_COLUMNS, self.account_rows().map(account_fields))?;
        Ok(paths)
    }
}

const HCP_COLUMNS: [&str; 9] =
    ["hcp_id", "specialty", "segment", "territory", "country", "time_zone", "account_id", "valid_from", "valid_to"];
const ACCOUNT_COLUMNS: [&str; 7] =
    ["account_id", "kind", "territory", "country", "parent_account_id", "valid_from", "valid_to"];

fn write_file<const N: usize>(
    path: &Path,
    columns: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> Result<(), ReferenceFileError> {
    let partial = path.with_extension("csv.partial");
    let write = || -> Result<(), csv::Error> {
        let mut file = csv::Writer::from_path(&partial)?;
        file.write_record(columns)?;
        for row in rows {
            file.write_record(&row)?;
        }
        file.flush()?;
        fs::rename(&partial, path)?;
        Ok(())
    };
    write().map_err(|source| ReferenceFileError { path: path.to_owned(), source })
}

/// One open span, or two that meet at the move.
fn spans(moved: Option<Micros>) -> Vec<Validity> {
    match moved {
        Some(at) => vec![Validity { to: at, ..Validity::ALWAYS }, Validity { from: at, ..Validity::ALWAYS }],
        None => vec![Validity::ALWAYS],
    }
}

fn hcp_row(world: &World, hcp: u32, validity: Validity) -> HcpRow {
    let known = world.hcp(hcp, validity.from);
    HcpRow {
        hcp_id: known.id,
        specialty: Some(known.specialty.to_owned()),
        segment: Some(known.segment.to_owned()),
        territory: Some(world.territory_id(known.territory)),
        country: Some(known.place.country.to_owned()),
        time_zone: Some(known.place.zone),
        account_id: Some(Named::Account(known.account).id()),
        validity,
    }
}

fn account_row(world: &World, account: u32, validity: Validity) -> AccountRow {
    let first = world.account_members(account).start;
    let territory = world.rep_of(first).number / world.config().reps_per_territory;
    let moved = moves_at(world, account).is_some_and(|at| validity.from >= at);
    let kind = world.seed().below(Purpose::AccountKind, u64::from(account), 0, ACCOUNT_KINDS.len() as u64);
    AccountRow {
        account_id: Named::Account(account).id(),
        kind: ACCOUNT_KINDS.get(kind as usize).map(|k| (*k).to_owned()),
        territory: Some(world.territory_id(territory)),
        country: Some(world.place_of_territory(territory).country.to_owned()),
        // Who moves leaves its network.
        parent_account_id: parent_of(world, account).filter(|_| !moved).map(|p| Named::Account(p).id()),
        validity,
        ..AccountRow::default()
    }
}

/// The head of the account's network; heads have none, so there are no cycles.
fn parent_of(world: &World, account: u32) -> Option<u32> {
    let head = account / NETWORK * NETWORK;
    let networked = world.seed().unit(Purpose::Network, u64::from(head), 0) < NETWORKED;
    (networked && account != head).then_some(head)
}

/// When the account leaves its network, if it does: 00:00 UTC of some day.
fn moves_at(world: &World, account: u32) -> Option<Micros> {
    parent_of(world, account)?;
    let moves = &world.config().moves;
    if world.seed().unit(Purpose::AccountMove, u64::from(account), 0) >= moves.share {
        return None;
    }
    let (first, last) = (moves.within.from.div_euclid(DAY) + 1, moves.within.to.div_euclid(DAY));
    let days = (last - first).max(1).unsigned_abs();
    Some((first + world.seed().below(Purpose::AccountMove, u64::from(account), 1, days) as i64) * DAY)
}

fn hcp_fields(row: HcpRow) -> [String; 9] {
    [
        row.hcp_id,
        row.specialty.unwrap_or_default(),
        row.segment.unwrap_or_default(),
        row.territory.unwrap_or_default(),
        row.country.unwrap_or_default(),
        row.time_zone.map(|zone| zone.name().to_owned()).unwrap_or_default(),
        row.account_id.unwrap_or_default(),
        from_text(row.validity.from),
        to_text(row.validity.to),
    ]
}

fn account_fields(row: AccountRow) -> [String; 7] {
    [
        row.account_id,
        row.kind.unwrap_or_default(),
        row.territory.unwrap_or_default(),
        row.country.unwrap_or_default(),
        row.parent_account_id.unwrap_or_default(),
        from_text(row.validity.from),
        to_text(row.validity.to),
    ]
}

fn from_text(at: Micros) -> String {
    if at <= EARLIEST { String::new() } else { instant_text(at) }
}

fn to_text(at: Micros) -> String {
    if at > LATEST { String::new() } else { instant_text(at) }
}

fn instant_text(at: Micros) -> String {
    let mut out = Vec::with_capacity(20);
    push_instant(&mut out, at);
    String::from_utf8_lossy(&out).into_owned()
}
