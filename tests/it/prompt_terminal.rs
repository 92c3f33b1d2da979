//! `touchload sql` as people meet it: at a terminal, and with its results in files.

use crate::imports::{Folder, nothing_known};
use crate::pseudo_terminal::PseudoTerminal;
use crate::run_process::until;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use touchpoint::Kind;

const ENDLESS: &str = "SELECT count(*) FROM generate_series(1, 10000000) AS a(x), \
                       generate_series(1, 10000000) AS b(y) WHERE x % 7 = y % 5";

fn folder() -> Folder {
    let mut folder = Folder::new(nothing_known());
    let call = r#"{"event_id":"e1","hcp_id":"h1","occurred_at":"2026-03-10T09:00:00Z","status":"completed","channel":"phone"}"#;
    let file = folder.write("calls.ndjson", [call.as_bytes()]);
    folder.import(&[(Kind::Calls, file)], &[]);
    folder
}

fn sql(folder: &Folder, options: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_touchload"))
        .args(["-q", "sql", "--data"])
        .arg(folder.data())
        .args(options)
        .stdin(Stdio::null())
        .output()
        .expect("touchload starts")
}

#[test]
fn a_person_is_helped_at_the_prompt() {
    let folder = folder();
    let state = folder.data().with_file_name("state");
    let mut terminal = PseudoTerminal::start(&format!("-q sql --data {}", folder.data().display()), &state);
    terminal.wait_for("touchload> ");

    terminal.press("\\d\r");
    terminal.wait_for("| touchpoint_log");
    terminal.wait_for("touchload> ");
    terminal.press("SELECT count(*) AS n FROM touchpoint_l");
    until("the rest of the name", || {
        terminal.press("\t");
        terminal.sees("touchpoint_log").then_some(())
    });
    terminal.press(";\r");
    let shown = terminal.wait_for("(1 row)");
    assert!(shown.contains("| 1 |"), "{shown}");

    terminal.press(" SELECT 'kept out' AS a;\r");
    terminal.wait_for("(1 row)");
    terminal.press("SELECT repeat('x', 300) AS long\r");
    terminal.wait_for("...> ");
    terminal.press(";\r");
    let shown = terminal.wait_for("too narrow");
    assert!(shown.contains("xxx…"), "{shown}");
    terminal.press("SELECT nothing FROM touchpoint_log;\r");
    terminal.wait_for("error: ");
    terminal.wait_for("         ^");
    terminal.press("SELECT v FROM generate_series(1, 90) AS t(v);\r");
    terminal.wait_for("(90 rows)");

    terminal.press(&format!("{ENDLESS};\r"));
    until("the end of a statement without one", || {
        terminal.press("\u{3}");
        terminal.sees("cancelled").then_some(())
    });
    assert_eq!(terminal.press_until_end("\\q\r"), Some(0));

    let file = state.join("touchload/sql_history");
    let kept = std::fs::read_to_string(&file).expect("a history");
    assert!(kept.contains("FROM touchpoint_log;") && !kept.contains("kept out"), "{kept}");
    assert_eq!(std::fs::metadata(&file).expect("a history").permissions().mode() & 0o777, 0o600);
}

#[test]
fn parquet_goes_into_files_and_pipes_and_not_onto_a_terminal() {
    let folder = folder();
    let out = folder.data().with_file_name("log.parquet");
    let name = out.to_str().expect("UTF-8");
    let ended = sql(&folder, &["-c", "SELECT hcp_id, occurred_at FROM touchpoint_log", "-o", name]);
    assert!(ended.status.success() && ended.stdout.is_empty(), "{ended:?}");
    let written = std::fs::read(&out).expect("a file");
    assert!(written.starts_with(b"PAR1") && written.ends_with(b"PAR1"));

    let piped = sql(&folder, &["-c", "SELECT hcp_id, occurred_at FROM touchpoint_log", "--format", "parquet"]);
    assert!(piped.stdout.starts_with(b"PAR1") && piped.stdout.ends_with(b"PAR1"));

    let script = folder.write("one.sql", [&b"SELECT 1"[..]]);
    let words = format!("-q sql --data {} -f {} --format parquet", folder.data().display(), script.display());
    let mut terminal = PseudoTerminal::start(&words, &folder.data().with_file_name("state"));
    terminal.wait_for("parquet is not for a terminal");
    assert_eq!(terminal.wait_end(), Some(1));
}

#[test]
fn a_file_is_never_half() {
    let folder = folder();
    let out = folder.data().with_file_name("out.csv");
    let name = out.to_str().expect("UTF-8");
    std::fs::write(&out, "before").expect("written");
    let failed = sql(&folder, &["-c", "SELECT 1 AS a; SELECT nothing", "-o", name]);
    assert_eq!((failed.status.code(), std::fs::read_to_string(&out).expect("a file").as_str()), (Some(1), "before"));
    let told = String::from_utf8_lossy(&failed.stderr).into_owned();
    assert!(told.contains("statement 2: ") && told.contains("  SELECT nothing\n         ^"), "{told}");

    let child = Command::new(env!("CARGO_BIN_EXE_touchload"))
        .args(["-q", "sql", "--data"])
        .arg(folder.data())
        .args(["-c", &format!("SELECT 1 AS a; {ENDLESS}"), "-o", name])
        .spawn()
        .expect("touchload starts");
    let folder_of = out.parent().expect("a folder");
    until("a file that is not finished", || partial(folder_of).then_some(()));
    let told = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(told.success());
    let ended = child.wait_with_output().expect("it ends");
    assert_eq!(ended.status.code(), Some(130));
    assert_eq!(std::fs::read_to_string(&out).expect("a file"), "before");
    assert!(!partial(folder_of), "nothing is left of it");
}

fn partial(folder: &Path) -> bool {
    let names =
        std::fs::read_dir(folder).expect("a folder").filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.into_iter().any(|name| name.ends_with(".partial"))
}
