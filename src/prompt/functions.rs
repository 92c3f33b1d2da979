//! What `\df` shows: functions by name, kind and use; all that is said of one when it is the only one.

use crate::prompt::catalog::rows;
use crate::prompt::{Source, SqlError, SqlSession};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::logical_expr::Documentation;

/// What a function takes and gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FunctionKind {
    Scalar,
    Aggregate,
    Window,
    Table,
}

impl FunctionKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Aggregate => "aggregate",
            Self::Window => "window",
            Self::Table => "table",
        }
    }

    /// The kind that a server names.
    pub(super) fn named(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "aggregate" => Self::Aggregate,
            "window" => Self::Window,
            "table" => Self::Table,
            _ => Self::Scalar,
        }
    }
}

/// A function and what is said of it; texts are empty where nothing is.
#[derive(Debug, Clone)]
pub(super) struct Documented {
    pub(super) name: String,
    pub(super) kind: FunctionKind,
    pub(super) usage: String,
    pub(super) description: String,
    pub(super) arguments: Vec<(String, String)>,
    pub(super) example: String,
}

impl Documented {
    /// What its author wrote.
    pub(super) fn of(name: &str, kind: FunctionKind, documentation: Option<&Documentation>) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            usage: documentation.map_or_else(|| format!("{name}(…)"), |d| d.syntax_example.trim().to_owned()),
            description: documentation.map(|d| d.description.trim().to_owned()).unwrap_or_default(),
            arguments: documentation.and_then(|d| d.arguments.clone()).unwrap_or_default(),
            example: documentation.and_then(|d| d.sql_example.clone()).map(without_fence).unwrap_or_default(),
        }
    }

    /// Everything that is said of it, as text.
    fn told(&self) -> String {
        let mut text = format!("{}   ({} function)\n", self.usage, self.kind.as_str());
        let mut line = |begin: &str, said: &str| {
            if !said.is_empty() {
                text.push_str(begin);
                text.push_str(said);
                text.push('\n');
            }
        };
        line("", &self.description);
        for (name, said) in &self.arguments {
            line("", &format!("  {name}: {said}"));
        }
        line("Example:\n", &self.example);
        text
    }
}

fn without_fence(example: String) -> String {
    let lines = example.lines().filter(|line| !line.trim_start().starts_with("```"));
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// What `\df` has to show.
pub(super) enum Found {
    /// Nothing of that name.
    Nothing,
    /// All that is said of the only one.
    One(String),
    /// The list.
    Many(SendableRecordBatchStream),
}

/// The functions whose name fits a pattern: `*` stands for anything, and a pattern without it may stand anywhere.
pub(super) async fn find(session: &SqlSession, pattern: Option<&str>) -> Result<Found, SqlError> {
    let mut functions = match &session.source {
        Source::Tables(tables) => tables.functions(),
        Source::Server(server) => server.functions().await?,
    };
    if let Some(pattern) = pattern {
        let exact = functions.iter().find(|f| f.name.eq_ignore_ascii_case(pattern));
        if let Some(function) = exact {
            return Ok(Found::One(function.told()));
        }
        let pattern = if pattern.contains('*') { pattern.to_owned() } else { format!("*{pattern}*") };
        functions.retain(|function| fits(&function.name.to_lowercase(), &pattern.to_lowercase()));
    }
    match functions.as_slice() {
        [] => Ok(Found::Nothing),
        [function] => Ok(Found::One(function.told())),
        many => listed(many).map(Found::Many),
    }
}

fn listed(functions: &[Documented]) -> Result<SendableRecordBatchStream, SqlError> {
    let text = |of: fn(&Documented) -> &str| functions.iter().map(|f| of(f).to_owned()).collect();
    rows(vec![
        ("function", text(|f| &f.name)),
        ("kind", text(|f| f.kind.as_str())),
        ("usage", text(|f| f.usage.lines().next().unwrap_or_default())),
        ("description", text(|f| f.description.lines().next().unwrap_or_default())),
    ])
}

fn fits(name: &str, pattern: &str) -> bool {
    match pattern.split_once('*') {
        None => name == pattern,
        Some((begin, rest)) => name.strip_prefix(begin).is_some_and(|name| {
            (0..=name.len()).filter(|&at| name.is_char_boundary(at)).any(|at| fits(&name[at..], rest))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::{Found, find, fits};
    use crate::format::OutputFormat;
    use crate::prompt::SqlSession;
    use datafusion::prelude::SessionContext;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, fitting, not) in
            [("date_*", "date_trunc", "to_date"), ("*max*", "max", "min"), ("a*c", "abc", "ab")]
        {
            assert!(fits(fitting, pattern) && !fits(not, pattern), "{pattern}");
        }
    }

    #[tokio::test]
    async fn the_only_one_is_told_whole() {
        let session = SqlSession::new(SessionContext::new(), OutputFormat::Table);
        let Found::One(told) = find(&session, Some("date_trunc")).await.unwrap() else { panic!("one") };
        assert!(told.contains("scalar function") && told.contains("  precision: "), "{told}");
        assert!(matches!(find(&session, Some("date_*")).await.unwrap(), Found::Many(_)));
        assert!(matches!(find(&session, Some("no such thing")).await.unwrap(), Found::Nothing));
    }
}
