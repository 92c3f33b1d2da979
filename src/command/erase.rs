//! `touchload erase`: an HCP is forgotten, and a report proves it.
//!
//! First the keyed hash of the id is entered, so that from then on nothing brings the person back; then
//! [`store::erase`] does the rest. Killed anywhere, it is finished by the same command. The id stands on the command line
//! and nowhere else: no log line and no report has it.
//!
//! What Touchload publishes to Kafka will be compacted topics keyed by HCP; their tombstones belong between the entry and
//! the tables. There is none yet.

mod report;

use crate::cli::{Amendment, EraseArgs};
use crate::clock::SystemClock;
use anyhow::Context;
use chrono::{DateTime, SecondsFormat};
use ingest::erased::Erased;
use rand::TryRngCore;
use rand::rngs::OsRng;
use report::{write_done, write_plan};
use std::fmt::Write as _;
use std::io::Write;
use store::{FolderLock, FolderUse, Location, OpenMode, Store};
use touchpoint::{Clock, Micros};

/// Bytes of a new key.
const KEY_BYTES: usize = 32;

pub(super) async fn erase(args: &EraseArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let now = SystemClock.now();
    let location = Location::parse(&args.data)?;
    let store = Store::open_at(location.clone(), OpenMode::MustExist).await?;
    if args.amendment() == Amendment::DryRun {
        return Ok(write_plan(&store.named(&args.hcp, now).await?, out)?);
    }
    let _lock = FolderLock::take(&location, FolderUse::Amend).await?;
    let key = store.erasure_key(fresh_key()?).await?;
    let hash = Erased::keyed(&key).hash(&args.hcp);
    store.enter_erased(&hash, &instant(now)).await?;
    let done = store.erase(&args.hcp, now).await?;
    write_done(&done, out)?;
    // The report has told where.
    anyhow::ensure!(done.scan.mentions.is_empty(), "the id still stands in files of {location}, see above");
    Ok(())
}

/// Random bytes as hex.
fn fresh_key() -> anyhow::Result<Vec<u8>> {
    let mut bytes = [0; KEY_BYTES];
    OsRng.try_fill_bytes(&mut bytes).context("asking the operating system for random bytes")?;
    let mut key = String::new();
    for byte in bytes {
        write!(key, "{byte:02x}")?;
    }
    Ok(key.into_bytes())
}

fn instant(at: Micros) -> String {
    let at = DateTime::from_timestamp_micros(at).unwrap_or_default();
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
