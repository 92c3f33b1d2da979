//! Files hold what the streams and rows hold.

use super::{config, object, reference, span, workload};
use crate::ndjson::{file_name, write_ndjson};
use crate::reference_files::ReferenceFiles;
use crate::{PoisonConfig, Scenario, WorldConfig};
use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use touchpoint::RejectReason;
use touchpoint::words::{Kind, Word};

/// A folder of this process that is gone when the test is.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("simulate-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

#[test]
fn ndjson_files_hold_every_record_of_their_kind_in_order() {
    let folder = Folder::new("ndjson");
    let poison = PoisonConfig { share: 0.05, reasons: PoisonConfig::ALL.to_vec(), oversized_bytes: 2_000 };
    let workload = workload(WorldConfig { poison, ..config(Scenario::Coverage, 600, 60) });
    let mut reported = 0;
    let counts = write_ndjson(&folder.0, workload.history(span(60)), |c| reported = c.total()).unwrap();
    assert_eq!(reported, counts.total());
    let mut bytes = 0;
    for kind in Kind::ALL {
        let content = fs::read(folder.0.join(file_name(*kind))).unwrap();
        bytes += content.len() as u64;
        let of_kind = workload.history(span(60)).filter(|i| i.kind == *kind);
        let expected: Vec<_> = of_kind.filter(|i| i.expected != Some(RejectReason::KeyMismatch)).collect();
        let lines: Vec<_> = content.strip_suffix(b"\n").unwrap().split(|b| *b == b'\n').collect();
        assert_eq!(lines.len() as u64, counts.records[kind]);
        assert_eq!(lines, expected.iter().map(|i| i.payload.as_slice()).collect::<Vec<_>>());
    }
    assert_eq!(bytes, counts.bytes);
    assert_eq!(counts.expected.len(), 5);
    assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 4, "nothing unfinished is left");
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = Folder::new("blocked");
    let file = folder.0.join("file");
    fs::write(&file, b"").unwrap();
    let error = write_ndjson(&file, std::iter::empty(), |_| ()).unwrap_err();
    assert!(error.to_string().contains("file"), "{error}");
    let workload = workload(config(Scenario::Coverage, 10, 30));
    assert!(ReferenceFiles::new(workload.world()).write(&file).is_err());
}

#[test]
fn reference_rows_meet_without_overlap_and_are_what_the_csv_files_say() {
    let folder = Folder::new("reference");
    let workload = workload(config(Scenario::Coverage, 3_000, 120));
    let files = ReferenceFiles::new(workload.world());
    let loaded = reference(workload.world());
    assert_eq!(loaded.hcp_count(), 3_000);
    let mut rows: HashMap<String, Vec<_>> = HashMap::new();
    files.hcp_rows().for_each(|row| rows.entry(row.hcp_id.clone()).or_default().push(row));
    let moved: Vec<_> = rows.values().filter(|r| r.len() == 2).collect();
    assert!((30..90).contains(&moved.len()), "{} moves", moved.len());
    for pair in &moved {
        assert_eq!(pair[0].validity.to, pair[1].validity.from);
        assert_ne!(pair[0].account_id, pair[1].account_id);
    }
    assert!(moved.iter().any(|p| p[0].time_zone != p[1].time_zone), "somebody changes zone");
    assert!(files.account_rows().count() > workload.world().accounts() as usize, "some account moves");

    let written = files.write(&folder.0).unwrap();
    let names: Vec<_> = fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(names.len() == 10 && names.iter().all(|path| path.extension().is_some_and(|e| e == "csv")), "{names:?}");
    let rows = names.iter().map(|path| csv::Reader::from_path(path).unwrap().into_records().count() as u64);
    assert_eq!(rows.sum::<u64>(), written);
    let mut hcps = csv::Reader::from_path(folder.0.join("hcps.csv")).unwrap();
    let read: Vec<_> = hcps.records().map(|r| r.unwrap()).collect();
    assert_eq!(read.len(), files.hcp_rows().count());
    for (row, line) in files.hcp_rows().zip(&read) {
        assert_eq!((row.hcp_id.as_str(), row.account_id.as_deref().unwrap()), (&line[0], &line[6]));
        assert_eq!(line[5].parse::<chrono_tz::Tz>().ok(), row.time_zone);
        assert_eq!(line[7].is_empty(), row.validity.from == 0);
    }
    let accounts = csv::Reader::from_path(folder.0.join("accounts.csv")).unwrap().into_records().count();
    assert_eq!(accounts, files.account_rows().count());
}

#[test]
fn records_name_the_account_of_their_instant() {
    let workload = workload(config(Scenario::Coverage, 800, 120));
    let loaded = reference(workload.world());
    let mut checked = 0;
    for item in workload.history(span(120)) {
        let fields = object(&item);
        if let (Some(at), Some(account)) = (super::instant(&fields, "occurred_at"), super::text(&fields, "account_id"))
        {
            if workload
                .world()
                .move_of(item.key[4..].parse().unwrap())
                .is_some_and(|m| (m.at - at).abs() < 3_600_000_000)
            {
                // A call can be held up to 45 minutes from its appointment, on the other side of a move.
                continue;
            }
            assert_eq!(loaded.hcp(&item.key, at).unwrap().account_id.as_deref(), Some(account));
            checked += 1;
        }
    }
    assert!(checked > 5_000);
}
