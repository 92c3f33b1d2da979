//! What tools ask when they connect (`tests/wire/startup`), and what panels of Grafana ask (`tests/wire/grafana.sql`), by both
//! protocols.
//!
//! Statements are separated by empty lines. Above each may stand what its answer must have: `-- rows: N`, `-- columns: …` (the
//! first names), `-- value: …` (somewhere in it); and `-- bound: …`, the values of $1, $2 …, then only the extended protocol is
//! used. `{schema}` is the schema of the user. Each tool has a connection of its own.

use crate::grafana_macros::Panel;
use crate::postgres_client::{Answer, PostgresClient, Refused};
use crate::sql_findings::Findings;
use crate::sql_server::SqlServer;
use crate::wire_questions::Question;
use std::fs;
use std::path::Path;

/// The week in which most of the records lie.
pub(crate) const PANEL: Panel =
    Panel { from: 1_772_409_600_000_000, to: 1_773_273_600_500_000, interval_seconds: 3_600 };

/// One statement of a tool.
struct Startup {
    sql: String,
    bound: Vec<String>,
    expected: Vec<(String, String)>,
}

impl Startup {
    fn read(text: &str) -> Self {
        let mut startup = Self { sql: String::new(), bound: Vec::new(), expected: Vec::new() };
        let mut lines = text.trim().lines().peekable();
        while let Some((key, value)) = lines.peek().and_then(|line| line.strip_prefix("-- ")?.split_once(": ")) {
            if key == "bound" {
                startup.bound = value.split(", ").map(str::to_owned).collect();
            } else {
                startup.expected.push((key.to_owned(), value.to_owned()));
            }
            lines.next();
        }
        startup.sql = lines.collect::<Vec<_>>().join("\n");
        startup
    }

    fn judge(&self, answer: &Answer) -> Result<(), String> {
        for (key, value) in &self.expected {
            let names: Vec<&str> = answer.columns.iter().map(|column| column.name.as_str()).collect();
            let mut values = answer.rows.iter().flatten().flatten();
            let holds = match key.as_str() {
                "rows" => answer.rows.len().to_string() == *value,
                "columns" => names.starts_with(&value.split(", ").collect::<Vec<_>>()),
                "value" => values.any(|found| found == value),
                other => return Err(format!("{other} is nothing to expect")),
            };
            if !holds {
                let shown: Vec<_> = answer.rows.iter().take(5).collect();
                return Err(format!(
                    "{key} {value} expected; columns {names:?}, {} rows: {shown:?}",
                    answer.rows.len()
                ));
            }
        }
        Ok(())
    }
}

/// What the tools ask.
pub(crate) fn ask_startups(server: &SqlServer, findings: &mut Findings) -> Result<(), Refused> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire/startup");
    for entry in fs::read_dir(folder).expect("tests/wire/startup") {
        let path = entry.expect("an entry").path();
        let tool = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).expect("a file");
        for extended in [false, true] {
            let mut client = server.connect("admin")?;
            let schema = client.one("SELECT current_schema()")?.rows.concat().into_iter().flatten().next();
            let text = text.replace("{schema}", &schema.unwrap_or_default());
            for startup in text.split("\n\n").skip(1).map(Startup::read) {
                let how = format!("{tool} by the {} protocol", if extended { "extended" } else { "simple" });
                let first: String = startup.sql.split_whitespace().take(12).collect::<Vec<_>>().join(" ");
                let values: Vec<Option<&str>> = startup.bound.iter().map(|value| Some(value.as_str())).collect();
                let answer = match extended {
                    true => client.extended(&startup.sql, &values),
                    false if values.is_empty() => client.one(&startup.sql),
                    false => continue,
                };
                let outcome = answer.map_err(|error| error.to_string()).and_then(|answer| startup.judge(&answer));
                findings.holds(&how, &first, outcome);
            }
        }
    }
    Ok(())
}

/// The questions, by our own client and both protocols.
pub(crate) fn ask_plainly(client: &mut PostgresClient, questions: &[Question], findings: &mut Findings) {
    for question in questions {
        let values: Vec<Option<&str>> = question.values.iter().map(|(_, value)| Some(value.as_str())).collect();
        let simple = client.one(&question.sql);
        findings.answered("simple protocol", &question.name, judged(question, simple));
        let extended = client.extended(&question.bound_sql, &values);
        findings.answered("extended protocol", &question.name, judged(question, extended));
    }
}

fn judged(question: &Question, answer: Result<Answer, Refused>) -> Result<(), String> {
    let answer = answer.map_err(|error| error.to_string())?;
    let names: Vec<&str> = answer.columns.iter().map(|column| column.name.as_str()).collect();
    let expected: Vec<&str> = question.columns.iter().map(|column| column.name.as_str()).collect();
    if names != expected {
        return Err(format!("columns {names:?} instead of {expected:?}"));
    }
    if answer.tag != format!("SELECT {}", answer.rows.len()) {
        return Err(format!("the tag {:?} of {} rows", answer.tag, answer.rows.len()));
    }
    question.compare_texts(&answer.rows)
}

/// What the simple protocol allows beside one statement: several, none, a comment.
pub(crate) fn ask_several(client: &mut PostgresClient) -> Result<(), String> {
    let refused = |error: Refused| error.to_string();
    let shape = |answers: Vec<Answer>| answers.into_iter().map(|answer| answer.rows.concat()).collect::<Vec<_>>();
    let one = |text: &str| vec![Some(text.to_owned())];
    let both = shape(client.simple("SELECT 1; SELECT 'a;b' -- ; not here\n;").map_err(refused)?);
    if both != [one("1"), one("a;b")] {
        return Err(format!("two statements: {both:?}"));
    }
    for nothing in ["-- ping", "", ";", "/* nothing */"] {
        let answers = client.simple(nothing).map_err(refused)?;
        if answers.iter().any(|answer| !answer.columns.is_empty() || !answer.tag.is_empty()) {
            return Err(format!("{nothing:?}: {answers:?}"));
        }
        client.extended(nothing, &[]).map_err(refused)?;
    }
    // What fails ends the text; what came before it was answered, nothing behind it runs.
    match client.simple("SELECT 1; SELECT * FROM nothing_of_the_kind; SELECT 2") {
        Err(error) if error.code == "42P01" => {}
        other => return Err(format!("an error among statements: {other:?}")),
    }
    match client.extended("SELECT 1; SELECT 2", &[]) {
        Err(error) if error.code == "42601" => Ok(()),
        other => Err(format!("two statements in one of the extended protocol: {other:?}")),
    }
}
