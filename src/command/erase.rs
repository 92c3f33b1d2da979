//! `touchload erase`: an HCP is forgotten, and a report proves it.
//!
//! First the keyed hash of the id is entered, so that from then on nothing brings the person back; then
//! [`store::erase`] does the rest. Killed anywhere, it is finished by the same command. The id stands on the command line
//! and nowhere else: no log line and no report has it.
//!
//! What Touchload writes to Kafka are the compacted topics of alerts: with the configuration of `run` they are cleared
//! between the entry and the tables, and read back. What others write there is theirs: of reference topics it is said which
//! rows are to be withdrawn.
//!
//! | module | one noun |
//! |---|---|
//! | [`report`] | what is told |
//! | [`topics`] | what stands in Kafka |

mod report;
mod topics;

use crate::cli::{Amendment, EraseArgs};
use crate::clock::SystemClock;
use crate::service::AUDIT;
use anyhow::Context;
use chrono::{DateTime, SecondsFormat};
use ingest::erased::Erased;
use rand::TryRngCore;
use rand::rngs::OsRng;
use report::{Report, write_done, write_plan};
use serve::audit::forget;
use std::fmt::Write as _;
use std::io::Write;
use store::{FolderLock, FolderUse, Location, OpenMode, Store};
use topics::Topics;
use touchpoint::{Clock, Micros};

/// Who stands in the audit log where an erased person stood: not the hash, or lines could be told to be of one person.
const ERASED: &str = "erased";

/// Bytes of a new key.
const KEY_BYTES: usize = 32;

pub(super) async fn erase(args: &EraseArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let now = SystemClock.now();
    let location = Location::parse(&args.data)?;
    let topics = args.config.as_deref().map(|file| Topics::of(file, &args.hcp)).transpose()?;
    let store = Store::open_at(location.clone(), OpenMode::MustExist).await?;
    if args.amendment() == Amendment::DryRun {
        let outside = topics.as_ref().map(Topics::look).transpose()?;
        return Ok(write_plan(&store.named(&args.hcp, now).await?, outside.as_ref(), out)?);
    }
    let _lock = FolderLock::take(&location, FolderUse::Amend).await?;
    let key = store.erasure_key(fresh_key()?).await?;
    let hash = Erased::keyed(&key).hash(&args.hcp);
    store.enter_erased(&hash, &instant(now)).await?;
    let audited = match location.local_path() {
        Some(folder) => forget(&folder.join(AUDIT), &args.hcp, ERASED).context("erasing in the audit log")?,
        None => 0,
    };
    let outside = match &topics {
        Some(topics) => Some(topics.clear(now).await.context(
            "the alert topics could not be cleared, and the tables are as they were; records of the person are skipped \
             already. Run the same command again when Kafka answers, or without --config to erase the tables now, and \
             once more with it later",
        )?),
        None => None,
    };
    let tables = store.erase(&args.hcp, now).await?;
    write_done(&Report { tables: &tables, audited, outside: outside.as_ref() }, out)?;
    // The report has told where.
    anyhow::ensure!(tables.scan.mentions.is_empty(), "the id still stands in files of {location}, see above");
    let named = outside.and_then(|outside| outside.alerts).map_or(0, |alerts| alerts.after.named);
    anyhow::ensure!(
        named == 0,
        "{named} alerts of the person came back to their topics: is a pipeline running? stop it"
    );
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
