//! Reference files: the good ones in every format, and every problem at once.

mod formats;
mod topics;

use super::{Origin, Place, Problem, ReferenceError, ReferenceFiles, ReferenceTable, Retry, load};
use std::path::Path;
use touchpoint::Reference;
use touchpoint::reference::{AccessStatus, AccountRow, HcpRow, Role, Validity};
use touchpoint::time::{DAY, EARLIEST, HOUR, LATEST};
use touchpoint::{Audience, BusinessFunction, Channel};

/// Files by their names, in a folder.
fn loaded(files: &[(&str, &[u8])]) -> Result<Reference, ReferenceError> {
    let folder = written(files);
    load(&ReferenceFiles::in_folder(folder.path()))
}

fn written(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

/// File name, line and column of every problem.
fn places(problems: &[Problem]) -> Vec<(String, Option<Place>, Option<&'static str>)> {
    let name = |origin: &Origin| match origin {
        Origin::File(path) => path.file_name().unwrap().to_string_lossy().into_owned(),
        Origin::Topic(name) => name.clone(),
    };
    problems.iter().map(|problem| (name(&problem.origin), problem.place, problem.column)).collect()
}

fn problems(files: &[(&str, &[u8])]) -> Vec<Problem> {
    loaded(files).expect_err("there are problems").problems
}

/// What is expected of problems of one file, all of them on a line of their own.
fn at_lines(
    file: &str,
    expected: &[(u64, Option<&'static str>)],
) -> Vec<(String, Option<Place>, Option<&'static str>)> {
    expected.iter().map(|(line, column)| (file.to_owned(), Some(Place::Line(*line)), *column)).collect()
}

#[test]
fn whole_rows_of_hcps_and_accounts() {
    let hcps = b"\xef\xbb\xbfvalid_to,hcp_id,specialty,segment,territory,country,time_zone,account_id,valid_from\r\n\
        2026-01-01,h1,cardiology,A,north,DE,Europe/Berlin,a1,2025-01-01T00:00:00+01:00\r\n\
        ,h1,\"onco, logy\",, south ,,,\"\",2026-01-01\r\n\
        \r\n\
        ,h2,,,,,,,\r\n";
    let accounts = b"account_id,kind,territory,country,parent_account_id,sites,formulary_control,access_status,\
        declared_model\n\
        a1,hospital,north,DE,a0,12,2,restricted,orchestration\n";
    let reference = loaded(&[("hcps.csv", hcps), ("accounts.csv", accounts)]).unwrap();
    let new_year = 1_767_225_600_000_000;
    let expected = HcpRow {
        hcp_id: "h1".into(),
        specialty: Some("cardiology".into()),
        segment: Some("A".into()),
        territory: Some("north".into()),
        country: Some("DE".into()),
        time_zone: Some(chrono_tz::Europe::Berlin),
        account_id: Some("a1".into()),
        validity: Validity { from: 1_735_686_000_000_000, to: new_year },
    };
    assert_eq!(reference.hcp("h1", new_year - 1).unwrap(), &expected);
    let second = reference.hcp("h1", new_year).unwrap();
    assert_eq!((second.territory.as_deref(), second.segment.as_deref(), second.time_zone), (Some("south"), None, None));
    assert_eq!(second.validity, Validity { from: new_year, to: LATEST + 1 });
    assert_eq!(reference.hcp("h2", EARLIEST).unwrap().validity, Validity::ALWAYS);
    let expected = AccountRow {
        account_id: "a1".into(),
        parent_account_id: Some("a0".into()),
        kind: Some("hospital".into()),
        territory: Some("north".into()),
        country: Some("DE".into()),
        sites: Some(12),
        formulary_control: Some(2),
        access_status: Some(AccessStatus::Restricted),
        declared_model: Some(touchpoint::policy::ExecutionModel::Orchestration),
        ..AccountRow::default()
    };
    assert_eq!(reference.account("a1", 0).unwrap(), &expected);
}

#[test]
fn whole_rows_of_the_other_tables() {
    let reference = loaded(&[
        ("people.csv", b"owner_id,function,role,manager_id,district\nrep-1,sales,rep,m-1,d-1\n"),
        ("affiliations.csv", b"hcp_id,account_id,is_primary\nh1,a1,true\nh1,a2,false\nh1,a3,\n"),
        ("panels.csv", b"owner_id,hcp_id,is_target,min_touches,max_touches\nrep-1,h1,,2,6\nrep-1,h2,false,,\n"),
        ("plans.csv", b"plan_id,hcp_id,valid_from,revised_at\np1,h1,2026-01-01,2026-01-02T03:04:05Z\n"),
        (
            "plan_steps.csv",
            b"plan_id,step,position,function,channel,after,min_gap_h,max_gap_h,due_from_d,due_to_d\n\
              p1,s1,1,medical,video,,,,0,7\np1,s2,2,,, s1 ;s2,1.5,72,,\n",
        ),
        ("consents.csv", b"hcp_id,channel,consent,captured_at,valid_to\nh1,email,opt_in,1970-01-02,1970-01-04\n"),
        ("consent_rules.csv", b"country,channel,regime\nDE,,opt_in\n"),
        ("preferences.csv", b"hcp_id,channel,share\nh1,email,0.75\nh1,phone,.25\n"),
    ])
    .unwrap();
    let person = reference.person("rep-1", 0).unwrap();
    assert_eq!((person.function, person.role), (Some(BusinessFunction::Sales), Some(Role::Rep)));
    assert_eq!((person.manager_id.as_deref(), person.district.as_deref()), (Some("m-1"), Some("d-1")));
    assert_eq!(reference.account_of("h1", 0), Some("a1"));
    assert!(reference.is_target("h1", 0) && !reference.is_target("h2", 0));
    let plan = reference.enrolments("h1", 0).next().unwrap();
    assert_eq!((plan.validity.from, plan.revised_at), (1_767_225_600_000_000, Some(1_767_323_045_000_000)));
    let steps = reference.steps().unwrap();
    let first = steps.find("p1", "s1", 0, Audience::Full).unwrap();
    assert_eq!((first.function, first.channel), (Some(BusinessFunction::Medical), Some(Channel::Video)));
    assert_eq!(first.due.map(|due| (due.from, due.to)), Some((0, 7 * DAY)));
    let second = steps.find("p1", "s2", 0, Audience::Full).unwrap();
    assert_eq!((second.after.as_slice(), second.due), (&["s1".to_owned(), "s2".to_owned()][..], None));
    assert_eq!((second.min_gap, second.max_gap), (Some(HOUR + HOUR / 2), Some(72 * HOUR)));
    let permissions = reference.permissions().unwrap();
    let captured = |day| permissions.captured("h1", Channel::Email, day * DAY).map(|capture| capture.allows);
    assert_eq!([0, 1, 3].map(captured), [None, Some(true), Some(false)]);
    assert!(!permissions.allows_unasked(Some("DE"), Channel::Phone, 0));
    assert_eq!(reference.preferences("h1", 0).map(|row| row.share).sum::<f64>(), 1.0);
    assert_eq!(reference.version().len(), 16);
}

#[test]
fn optional_columns_and_files_may_be_missing() {
    assert_eq!(loaded(&[("hcps.csv", b"hcp_id\r\nh1\r\n\r\n \r\nh2")]).unwrap().hcp_count(), 2);
    assert_eq!(loaded(&[("hcps.csv", b"hcp_id,territory\n")]).unwrap().hcp_count(), 0);
    assert_eq!(loaded(&[("hcps.ndjson", b"")]).unwrap().hcp_count(), 0);
    let none = load(&ReferenceFiles::default()).unwrap();
    assert_eq!((none.hcp_count(), none.version()), (0, "none"));
    let empty = loaded(&[("plan_steps.csv", b"plan_id,step,position\n"), ("consents.ndjson", b"\n \n")]).unwrap();
    assert!(empty.steps().is_some() && empty.permissions().is_some(), "a table without rows was given all the same");
}

#[test]
fn every_problem_of_every_file_at_once() {
    let hcps = b"hcp_id,time_zone,valid_from,valid_to\nh1,Mars/Base,,\n\
        ,UTC,2026-02-30,x\nh2,UTC\nh3,UTC,2026-01-02,2026-01-02\n\
        h4,UTC,,\nh4,UTC,2026-01-01,\n\xff,UTC,,\nh5,UTC,,\n";
    let accounts = format!("account_id,parent_account_id,kind\na1,,{}\na2,a3,\na3,a2,\n", "k".repeat(129));
    let found = problems(&[("hcps.csv", hcps), ("accounts.csv", accounts.as_bytes())]);
    let mut expected = at_lines(
        "hcps.csv",
        &[
            (2, Some("time_zone")),
            (3, Some("hcp_id")),
            (3, Some("valid_from")),
            (3, Some("valid_to")),
            (4, None),
            (5, Some("valid_to")),
            (8, None),
        ],
    );
    expected.extend(at_lines("accounts.csv", &[(2, Some("kind"))]));
    expected.extend(at_lines("hcps.csv", &[(7, Some("valid_from"))]));
    expected.extend(at_lines("accounts.csv", &[(3, Some("parent_account_id")), (4, Some("parent_account_id"))]));
    assert_eq!(places(&found), expected);
    assert!(found[0].expected.contains("Europe/Berlin"));
    let overlap = &found[8].expected;
    assert!(overlap.contains("line 6") && overlap.contains("2026-01-01T00:00:00"), "{overlap}");
    let crlf: Vec<u8> = hcps.iter().flat_map(|b| if *b == b'\n' { vec![b'\r', b'\n'] } else { vec![*b] }).collect();
    let again = problems(&[("hcps.csv", &crlf), ("accounts.csv", accounts.as_bytes())]);
    assert_eq!(places(&again), expected, "line ends make no difference");
    let shown = found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    assert!(shown.contains("hcps.csv, line 2, column time_zone: expected an IANA time zone"), "{shown}");
    // The name of the temporary folder is random and can contain anything.
    let told: String = found.iter().map(|problem| format!("{:?} {}\n", problem.column, problem.expected)).collect();
    assert!(!told.contains("Mars") && !told.contains("h4"), "content is not quoted: {told}");
}

#[test]
fn words_and_numbers_are_checked() {
    let accounts = b"account_id,sites,formulary_control,therapy_complexity,access_status,required_override\n\
        a1,-1,3,2.5,Open,chase\na2,1e3,x,+2,open,coverage\n";
    let steps = b"plan_id,step,position,min_gap_h,max_gap_h,due_from_d,due_to_d,after,channel,function\n\
        p1,s1,0,-1,,,,,,\np1,s2,2,5,4,,,,,\np1,s3,3,,,3,,s1;;s2,medical_request,it\n\
        p1,s4,4,,,,3,,,\np1,s5,5,,,3,3,,,\np1,s6,6,nan,inf,,4000,,,\n";
    let found = problems(&[
        ("accounts.csv", accounts),
        ("plan_steps.csv", steps),
        ("panels.csv", b"owner_id,hcp_id,is_target,min_touches,max_touches\nr1,h1,yes,,\nr1,h2,,3,2\n"),
        ("preferences.csv", b"hcp_id,channel,share\nh1,fax,1\nh2,email,-0.1\nh3,email,\n"),
        ("consents.csv", b"hcp_id,consent,captured_at\nh1,maybe,1969-12-31\nh2,,\n"),
        ("plans.csv", b"plan_id,hcp_id,valid_from\np1,h1,\n"),
    ]);
    let mut expected = at_lines(
        "accounts.csv",
        &[
            (2, Some("sites")),
            (2, Some("formulary_control")),
            (2, Some("access_status")),
            (2, Some("therapy_complexity")),
            (2, Some("required_override")),
            (3, Some("sites")),
            (3, Some("formulary_control")),
        ],
    );
    expected.extend(at_lines("panels.csv", &[(2, Some("is_target")), (3, Some("max_touches"))]));
    expected.extend(at_lines("plans.csv", &[(2, Some("valid_from"))]));
    expected.extend(at_lines(
        "plan_steps.csv",
        &[
            (2, Some("min_gap_h")),
            (2, Some("position")),
            (3, Some("max_gap_h")),
            (4, Some("due_to_d")),
            (4, Some("function")),
            (4, Some("channel")),
            (4, Some("after")),
            (5, Some("due_from_d")),
            (6, Some("due_to_d")),
            (7, Some("min_gap_h")),
            (7, Some("max_gap_h")),
            (7, Some("due_to_d")),
        ],
    ));
    expected.extend(at_lines(
        "consents.csv",
        &[(2, Some("consent")), (2, Some("captured_at")), (3, Some("consent")), (3, Some("captured_at"))],
    ));
    let preferences = [(2, Some("channel")), (3, Some("share")), (4, Some("share"))];
    expected.extend(at_lines("preferences.csv", &preferences));
    assert_eq!(places(&found), expected);
    let said = |column| found.iter().find(|problem| problem.column == Some(column)).unwrap().expected.clone();
    assert_eq!(said("formulary_control"), "a whole number from 0 to 2");
    assert_eq!(said("access_status"), "one of open, restricted, closed");
    assert_eq!(said("channel"), "one of face_to_face, phone, video, chat, email, congress");
}

#[test]
fn headers_are_checked_whole() {
    let found = problems(&[("hcps.csv", b"id,time_zone,territory,time_zone,Segment\nh1,,,,\n")]);
    assert_eq!(found.len(), 4);
    assert!(found[0].expected.contains("hcp_id, specialty, segment") && found[0].expected.contains("place 1"));
    assert!(found[1].expected.contains("place 4") && found[2].expected.contains("place 5"));
    assert_eq!((found[3].place, found[3].column), (Some(Place::Line(1)), Some("hcp_id")));
    let empty = problems(&[("hcps.csv", b""), ("plan_steps.csv", b"step\nx\n")]);
    let columns: Vec<_> = empty.iter().map(|p| p.column).collect();
    assert_eq!(columns, [Some("hcp_id"), Some("plan_id"), Some("position")]);
}

#[test]
fn a_file_that_cannot_be_read_is_one_problem() {
    let mut files = ReferenceFiles::default();
    files.set(ReferenceTable::Hcps, "/nonexistent/hcps.csv".into());
    files.set(ReferenceTable::Plans, "/nonexistent/plans.txt".into());
    let error = load(&files).unwrap_err();
    assert_eq!((error.problems.len(), error.problems[0].place, error.retry), (2, None, Retry::MayHelp));
    let shown = error.to_string();
    assert!(shown.contains("/nonexistent/hcps.csv: expected a file that can be read"), "{shown}");
    assert!(shown.contains("/nonexistent/plans.txt: expected a file name that ends in .csv, .ndjson or .parquet"));
}

#[test]
fn a_folder_has_a_table_by_its_name() {
    let folder = written(&[("hcps.csv", b""), ("consent_rules.NDJSON", b""), ("notes.txt", b""), ("README.md", b"")]);
    std::fs::create_dir(folder.path().join("old.csv")).unwrap();
    let files = ReferenceFiles::in_folder(folder.path());
    let tables: Vec<_> = files.iter().map(|(table, _)| table).collect();
    assert_eq!(tables, [ReferenceTable::Hcps, ReferenceTable::ConsentRules]);
    assert_eq!(files.path(ReferenceTable::Hcps), Some(folder.path().join("hcps.csv").as_path()));

    let found = problems(&[("hcp.csv", b""), ("plans.csv", b"plan\n"), ("plans.parquet", b""), ("plans.ndjson", b"")]);
    let names: Vec<_> = places(&found).into_iter().map(|(name, ..)| name).collect();
    let expected = ["hcp.csv", "plans.ndjson", "plans.parquet", "plans.csv", "plans.csv", "plans.csv"];
    assert_eq!(names, expected, "the folder, then the files that there are");
    assert!(found[0].expected.contains("hcps, accounts, affiliations"), "{}", found[0]);
    assert!(found[1].expected.contains("plans.csv is there too"), "{}", found[1]);

    assert!(problems(&[("notes.txt", b"")])[0].expected.contains("at least one of the tables"));
    let missing = load(&ReferenceFiles::in_folder(Path::new("/nonexistent"))).unwrap_err();
    assert_eq!(missing.problems.len(), 1);
}

#[test]
fn a_long_list_is_shown_in_part_and_counted_whole() {
    let hcps = "hcp_id,time_zone\n".to_owned() + &"h,Nowhere\n".repeat(60);
    let error = loaded(&[("hcps.csv", hcps.as_bytes()), ("plans.csv", b"plan_id,valid_from\np,x\n")]).unwrap_err();
    assert_eq!((error.problems.len(), error.count(), error.retry), (21, 61, Retry::Useless));
    let shown = error.to_string();
    assert_eq!(shown.lines().count(), 23);
    assert!(shown.contains("(61 found)") && shown.ends_with("hcps.csv: and 40 more"), "{shown}");
    assert!(shown.contains("plans.csv, line 2"), "a long list of one file hides no other: {shown}");
}

#[test]
fn countries_are_codes_of_two_letters_in_any_case() {
    let reference = loaded(&[("hcps.csv", b"hcp_id,country\nh1,de\nh2, Gb \n")]).unwrap();
    assert_eq!(["h1", "h2"].map(|hcp| reference.hcp(hcp, 0).unwrap().country.as_deref()), [Some("DE"), Some("GB")]);
    let found = problems(&[("consent_rules.csv", b"country,regime\nUK,opt_in\nGermany,opt_in\n,opt_in\n")]);
    assert_eq!(places(&found), at_lines("consent_rules.csv", &[(2, Some("country")), (3, Some("country"))]));
}

#[test]
fn what_overlaps_is_said() {
    let found = problems(&[
        ("affiliations.csv", b"hcp_id,account_id,is_primary\nh1,a1,true\nh1,a2,true\n"),
        ("plan_steps.csv", b"plan_id,step,position\np1,s1,1\np1,s2,1\n"),
        ("people.csv", b"owner_id\nr1\nr1\n"),
    ]);
    let said: Vec<_> = found.iter().map(|problem| problem.expected.as_str()).collect();
    let all = said.join("\n");
    for part in ["describes the same key", "is a primary affiliation of the same HCP", "has the same position"] {
        assert!(all.contains(part), "{part}: {all}");
    }
}
