//! Reference files: the good ones, and every problem at once.

use super::{ReferenceError, ReferenceFiles, load};
use touchpoint::Reference;
use touchpoint::reference::HcpRow;
use touchpoint::time::{EARLIEST, LATEST};

fn loaded(hcps: Option<&[u8]>, accounts: Option<&[u8]>) -> Result<Reference, ReferenceError> {
    let folder = tempfile::tempdir().unwrap();
    let written = |name: &str, content: Option<&[u8]>| {
        content.map(|content| {
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            path
        })
    };
    load(&ReferenceFiles { hcps: written("hcps.csv", hcps), accounts: written("accounts.csv", accounts) })
}

/// File name, line, column and expectation of every problem.
fn problems(hcps: Option<&[u8]>, accounts: Option<&[u8]>) -> Vec<(String, Option<u64>, Option<&'static str>, String)> {
    let error = loaded(hcps, accounts).expect_err("there are problems");
    let name = |path: &std::path::Path| path.file_name().unwrap().to_string_lossy().into_owned();
    error.problems.into_iter().map(|p| (name(&p.file), p.line, p.column, p.expected)).collect()
}

#[test]
fn whole_rows_of_both_files() {
    let hcps = b"\xef\xbb\xbfvalid_to,hcp_id,specialty,segment,territory,country,time_zone,account_id,valid_from\r\n\
        2026-01-01,h1,cardiology,A,north,DE,Europe/Berlin,a1,2025-01-01T00:00:00+01:00\r\n\
        ,h1,\"onco, logy\",, south ,,,\"\",2026-01-01\r\n\
        \r\n\
        ,h2,,,,,,,\r\n";
    let accounts =
        b"account_id,kind,territory,country,parent_account_id,valid_from,valid_to\na1,hospital,north,DE,a0,,\n";
    let reference = loaded(Some(hcps), Some(accounts)).unwrap();
    let new_year = 1_767_225_600_000_000;
    let first = reference.hcp("h1", new_year - 1).unwrap();
    let expected = HcpRow {
        hcp_id: "h1".into(),
        specialty: Some("cardiology".into()),
        segment: Some("A".into()),
        territory: Some("north".into()),
        country: Some("DE".into()),
        time_zone: Some(chrono_tz::Europe::Berlin),
        account_id: Some("a1".into()),
        valid_from: 1_735_686_000_000_000,
        valid_to: new_year,
    };
    assert_eq!(first, &expected);
    let second = reference.hcp("h1", new_year).unwrap();
    assert_eq!((second.territory.as_deref(), second.segment.as_deref(), second.time_zone), (Some("south"), None, None));
    assert_eq!((second.valid_from, second.valid_to), (new_year, LATEST + 1));
    let open = reference.hcp("h2", EARLIEST).unwrap();
    assert_eq!((open.valid_from, open.valid_to), (EARLIEST, LATEST + 1));
    let account = reference.account("a1", 0).unwrap();
    assert_eq!((account.kind.as_deref(), account.parent_account_id.as_deref()), (Some("hospital"), Some("a0")));
}

#[test]
fn optional_columns_and_files_may_be_missing() {
    assert_eq!(loaded(Some(b"hcp_id\r\nh1\r\n\r\n \r\nh2"), None).unwrap().hcp_count(), 2);
    assert_eq!(loaded(None, None).unwrap().hcp_count(), 0);
    assert_eq!(loaded(Some(b"hcp_id,territory\n"), None).unwrap().hcp_count(), 0);
}

#[test]
fn every_problem_of_every_file_at_once() {
    let hcps = b"hcp_id,time_zone,valid_from,valid_to\nh1,Mars/Base,,\n\
        ,UTC,2026-02-30,x\nh2,UTC\nh3,UTC,2026-01-02,2026-01-02\n\
        h4,UTC,,\nh4,UTC,2026-01-01,\n\xff,UTC,,\nh5,UTC,,\n";
    let accounts = format!("account_id,kind\na1,{}\n", "k".repeat(129));
    let found = problems(Some(hcps), Some(accounts.as_bytes()));
    let places: Vec<_> = found.iter().map(|(file, line, column, _)| (file.as_str(), *line, *column)).collect();
    assert_eq!(
        places,
        [
            ("hcps.csv", Some(2), Some("time_zone")),
            ("hcps.csv", Some(3), Some("hcp_id")),
            ("hcps.csv", Some(3), Some("valid_from")),
            ("hcps.csv", Some(3), Some("valid_to")),
            ("hcps.csv", Some(4), None),
            ("hcps.csv", Some(5), Some("valid_to")),
            ("hcps.csv", Some(8), None),
            ("accounts.csv", Some(2), Some("kind")),
            ("hcps.csv", Some(7), Some("valid_from")),
        ]
    );
    assert!(found[0].3.contains("Europe/Berlin"));
    let crlf: Vec<u8> = hcps.iter().flat_map(|b| if *b == b'\n' { vec![b'\r', b'\n'] } else { vec![*b] }).collect();
    assert_eq!(problems(Some(&crlf), Some(accounts.as_bytes())), found, "line ends make no difference");
    assert!(found[8].3.contains("line 6"), "{}", found[8].3);
    let shown = loaded(Some(hcps), None).unwrap_err().to_string();
    assert!(shown.contains("hcps.csv, line 2, column time_zone: expected an IANA time zone"), "{shown}");
    assert!(!shown.contains("Mars") && !shown.contains("h4"), "content is not quoted: {shown}");
}

#[test]
fn headers_are_checked_whole() {
    let found = problems(Some(b"id,time_zone,territory,time_zone,Segment\nh1,,,,\n"), None);
    assert_eq!(found.len(), 4);
    assert!(found[0].3.contains("hcp_id, specialty, segment") && found[0].3.contains("place 1"), "{}", found[0].3);
    assert!(found[1].3.contains("place 4") && found[2].3.contains("place 5"));
    assert_eq!((found[3].1, found[3].2), (Some(1), Some("hcp_id")));
    let empty = problems(Some(b""), Some(b"kind\nx\n"));
    assert_eq!(empty.iter().map(|p| p.2).collect::<Vec<_>>(), [Some("hcp_id"), Some("account_id")]);
}

#[test]
fn a_file_that_cannot_be_read_is_one_problem() {
    let error = load(&ReferenceFiles { hcps: Some("/nonexistent/hcps.csv".into()), accounts: None }).unwrap_err();
    assert_eq!((error.problems.len(), error.problems[0].line), (1, None));
    assert!(error.to_string().contains("/nonexistent/hcps.csv: expected a file that can be read"));
}

#[test]
fn a_long_list_is_shown_in_part_and_counted_whole() {
    let hcps = "hcp_id,time_zone\n".to_owned() + &"h,Nowhere\n".repeat(60);
    let error = loaded(Some(hcps.as_bytes()), None).unwrap_err();
    assert_eq!(error.problems.len(), 60);
    assert_eq!(error.to_string().lines().count(), 52);
    assert!(error.to_string().ends_with("and 10 more"));
}
