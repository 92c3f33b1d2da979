//! What each function is, takes and gives: the text of `SHOW FUNCTIONS` and of docs/FUNCTIONS.md.

use datafusion::logical_expr::{DocSection, Documentation};
use touchpoint::metric::{METRICS, MetricColumn, MetricType};

/// One function.
#[derive(Debug, Clone)]
pub struct FunctionDoc {
    /// Name in SQL.
    pub name: &'static str,
    /// How it is called.
    pub call: String,
    /// What it gives, and when that is NULL.
    pub meaning: String,
    /// Type and unit.
    pub returns: &'static str,
    /// Where it is defined.
    pub source: &'static str,
    /// Names and meanings of its arguments.
    pub arguments: Vec<(&'static str, &'static str)>,
}

const SECTION: DocSection = DocSection { include: true, label: "Touchload", description: None };

const ASKED: [(&str, &str); 3] = [
    ("as_of", "instant T, of several the greatest; rows after it do not count"),
    ("width", "length of the window (T - width, T] as an interval of days or less"),
    ("audience", "'full' or 'commercial'; left out: the widest that the session may see"),
];

const COLUMNS: (&str, &str) = (
    "columns",
    "the columns of touchpoints, in the order hcp_id, occurred_at, source, event_id, kind, status, channel, origin, \
     business_function, purpose, owner_id, product, theme, plan_id, plan_step, request_id, status_at, answered_at, \
     precision, solicited; all of them with all of the others, or none: then those of the rows are taken",
);

const INSTANT: (&str, &str) = ("timestamp", "T: text (RFC 3339 or a date), a timestamp or now(); a literal, not NULL");
const AUDIENCE: (&str, &str) = ("audience", "'full' or 'commercial'; left out: the widest that the session may see");
const DAYS: (&str, &str) = ("days", "how far ahead, 1 to 90; left out: 14");

impl FunctionDoc {
    /// As DataFusion keeps it.
    pub fn documentation(&self) -> Documentation {
        let text = format!("{} Returns {}. Source: {}.", self.meaning, self.returns, self.source);
        let start = Documentation::builder(SECTION, text, self.call.clone());
        self.arguments.iter().fold(start, |doc, (name, meaning)| doc.with_argument(*name, *meaning)).build()
    }
}

/// `touch_metrics`.
pub fn touch_metrics() -> FunctionDoc {
    FunctionDoc {
        name: "touch_metrics",
        call: call("touch_metrics"),
        meaning:
            "Every metric column of a set of touchpoints of one HCP, as a struct; over a frame those of its rows. \
                  NULL when no row counts for the audience, unless the HCP is a target at T."
                .to_owned(),
        returns: "a struct with a field for each metric column",
        source: "metrics.md §3 to §5",
        arguments: arguments(),
    }
}

/// The function of a metric column.
pub fn of_metric(metric: &MetricColumn) -> FunctionDoc {
    let meaning = metric.meaning;
    FunctionDoc {
        name: metric.name,
        call: call(metric.name),
        meaning: format!(
            "Of a set of touchpoints of one HCP: {meaning}. NULL also when no row counts for the audience."
        ),
        returns: unit(metric),
        source: source(metric),
        arguments: arguments(),
    }
}

fn call(name: &str) -> String {
    format!("{name}([columns…,] as_of, width [, audience])")
}

fn arguments() -> Vec<(&'static str, &'static str)> {
    std::iter::once(COLUMNS).chain(ASKED).collect()
}

/// Type and unit of a metric.
pub fn unit(metric: &MetricColumn) -> &'static str {
    match (metric.name, metric.metric_type) {
        ("interruption_load", _) => "Float64, in face-to-face visits of this moment",
        ("visits_per_week", _) => "Float64, in face-to-face visits per week",
        ("burstiness", _) => "Float64 from -1 (regular) to 1",
        ("voices" | "function_voices", _) => "Float64 from 1, an effective number",
        ("budget_use", _) => "Float64 from 0, a share of the cap",
        ("peak_24h", _) => "Int64, touches",
        (_, MetricType::Count) => "Int64, a count",
        (_, MetricType::Real) => "Float64 from 0 to 1, a share",
        (_, MetricType::Text) => "Utf8",
        (_, MetricType::Instant) => "Timestamp, UTC",
    }
}

fn source(metric: &MetricColumn) -> &'static str {
    let place = |name| METRICS.iter().position(|m| m.name == name);
    let (coherence, budgets, here) = (place("theme_coverage"), place("budget_use"), place(metric.name));
    match () {
        () if here >= budgets => "metrics.md §5",
        () if here >= coherence => "metrics.md §4",
        () => "metrics.md §3",
    }
}

/// The table functions.
pub fn table_functions() -> Vec<FunctionDoc> {
    let of = |name, call: &str, meaning: &str, source, arguments: &[(&'static str, &'static str)]| FunctionDoc {
        name,
        call: call.to_owned(),
        meaning: meaning.to_owned(),
        returns: "a table",
        source,
        arguments: arguments.to_vec(),
    };
    vec![
        of(
            "hcp_metrics_at",
            "hcp_metrics_at(timestamp [, audience])",
            "Every HCP with a record up to T, and every target at T, by window: all metric columns.",
            "metrics.md §3 to §5",
            &[INSTANT, AUDIENCE],
        ),
        of(
            "account_metrics_at",
            "account_metrics_at(timestamp [, audience])",
            "Every account that holds at T or has touches, by window: its HCPs, touches, load, collisions, agreement, \
             complexity and dialogue, rates with their numerators and denominators.",
            "TABLES.md",
            &[INSTANT, AUDIENCE],
        ),
        of(
            "touchpoints_at",
            "touchpoints_at(timestamp)",
            "The rows of touchpoints with occurred_at up to T, as they are known today.",
            "metrics.md §1",
            &[INSTANT],
        ),
        of(
            "forecast",
            "forecast(timestamp [, days [, audience]])",
            "Every planned touch of the days after T, what it would break and, of each HCP that goes over, the one to \
             move.",
            "FORECAST.md",
            &[INSTANT, DAYS, AUDIENCE],
        ),
    ]
}

/// Every function.
pub fn all() -> Vec<FunctionDoc> {
    let metrics = METRICS.iter().map(of_metric);
    std::iter::once(touch_metrics()).chain(metrics).chain(table_functions()).collect()
}

/// docs/FUNCTIONS.md.
pub fn page() -> String {
    let mut page = String::from(HEAD);
    let functions = all();
    let row = |page: &mut String, doc: &FunctionDoc| {
        page.push_str(&format!("| `{}` | {} | {} | {} |\n", doc.name, doc.meaning, doc.returns, doc.source));
    };
    functions.iter().filter(|doc| doc.returns != "a table").for_each(|doc| row(&mut page, doc));
    page.push_str(TABLE_HEAD);
    functions.iter().filter(|doc| doc.returns == "a table").for_each(|doc| {
        page.push_str(&format!("| `{}` | {} | {} |\n", doc.call, doc.meaning, doc.source));
    });
    page.push_str("\n## Arguments\n\n| argument | meaning |\n|---|---|\n");
    for (name, meaning) in std::iter::once(COLUMNS).chain(ASKED).chain([INSTANT, DAYS]) {
        page.push_str(&format!("| `{name}` | {meaning} |\n"));
    }
    page
}

const HEAD: &str = include_str!("function_docs/head.txt");

const TABLE_HEAD: &str = "
## Table functions

Their arguments are literals; a client's parameters are bound before planning. A wrong or NULL argument is an error that
says what is taken.

| call | gives | source |
|---|---|---|
";

#[cfg(test)]
mod tests {
    #[test]
    fn the_page_in_docs_says_what_the_functions_say() {
        let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("docs");
        let path = docs.join("FUNCTIONS").with_extension("md");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, super::page()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap(), super::page(), "UPDATE_GOLDEN=1 writes it anew");
    }
}
