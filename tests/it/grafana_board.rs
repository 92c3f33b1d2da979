//! The dashboards of `dashboards/grafana`, as Grafana reads them: panels, what they ask, and what its variables become.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The data source of every SQL query.
pub(crate) const SQL: &str = "touchload-sql";

/// A file of the repository.
pub(crate) fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// One dashboard.
pub(crate) struct Board {
    /// Its file.
    pub(crate) path: PathBuf,
    json: Value,
}

/// What a panel, a variable or an annotation asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Prometheus, an expression.
    Promql(String),
    /// Prometheus, `label_values(selector, label)`.
    LabelValues(String, String),
    /// The Postgres door, a statement.
    Sql(String),
}

/// A query and where it stands.
pub(crate) struct Query<'a> {
    /// `dashboard, panel "… A"`.
    pub(crate) place: String,
    /// The panel's title with the letter of the query, or what a variable or annotation is called.
    pub(crate) name: String,
    pub(crate) asked: Asked,
    /// The panel; `None` of a variable or an annotation.
    pub(crate) panel: Option<&'a Value>,
    /// The target in it.
    pub(crate) target: &'a Value,
}

impl Board {
    /// Every dashboard, by file name.
    ///
    /// # Panics
    /// There is none, or one cannot be read.
    pub(crate) fn all() -> Vec<Self> {
        let folder = file("dashboards/grafana/dashboards");
        let entries = fs::read_dir(&folder).expect("the folder of the dashboards");
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
        paths.sort();
        assert!(!paths.is_empty(), "no dashboards in {}", folder.display());
        paths.into_iter().map(Self::read).collect()
    }

    fn read(path: PathBuf) -> Self {
        let text = fs::read_to_string(&path).expect("a dashboard");
        let json = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self { path, json }
    }

    /// A dashboard of no file.
    pub(crate) fn of(json: Value) -> Self {
        Self { path: PathBuf::new(), json }
    }

    /// A field of the dashboard itself.
    pub(crate) fn field(&self, name: &str) -> &Value {
        &self.json[name]
    }

    /// Its title.
    pub(crate) fn title(&self) -> &str {
        text(&self.json, "title")
    }

    /// Its uid, which its address is made of.
    pub(crate) fn uid(&self) -> &str {
        text(&self.json, "uid")
    }

    /// What a reader chooses from.
    pub(crate) fn variables(&self) -> &[Value] {
        list(&self.json["templating"]["list"])
    }

    /// The variable of a name.
    pub(crate) fn variable(&self, name: &str) -> Option<&Value> {
        self.variables().iter().find(|variable| variable["name"] == name)
    }

    /// Every panel but the rows, those inside collapsed rows too.
    pub(crate) fn panels(&self) -> Vec<&Value> {
        let top = list(&self.json["panels"]);
        top.iter()
            .flat_map(|panel| if panel["type"] == "row" { list(&panel["panels"]) } else { std::slice::from_ref(panel) })
            .collect()
    }

    /// Every query of panels, variables and annotations.
    ///
    /// # Panics
    /// One asks a data source that the dashboards do not know.
    pub(crate) fn queries(&self) -> Vec<Query<'_>> {
        let mut found = Vec::new();
        for panel in self.panels() {
            for target in list(&panel["targets"]) {
                let name = format!("{} {}", text(panel, "title"), text(target, "refId"));
                let place = format!("{}, panel {name:?}", self.title());
                let asked = match target["datasource"]["uid"].as_str() {
                    Some(SQL) => Asked::Sql(text(target, "rawSql").to_owned()),
                    Some("${datasource}") => Asked::Promql(text(target, "expr").to_owned()),
                    other => panic!("{place} asks {other:?}"),
                };
                found.push(Query { place, name, asked, panel: Some(panel), target });
            }
        }
        for variable in self.variables().iter().filter(|variable| variable["type"] == "query") {
            let name = text(variable, "name").to_owned();
            let place = format!("{}, variable {name}", self.title());
            let asked = match variable["query"].as_str() {
                Some(statement) => Asked::Sql(statement.to_owned()),
                None => label_values(text(&variable["query"], "query")).unwrap_or_else(|| panic!("{place}")),
            };
            found.push(Query { place, name, asked, panel: None, target: variable });
        }
        for annotation in list(&self.json["annotations"]["list"]).iter().filter(|of| of["builtIn"] != 1) {
            let name = text(annotation, "name").to_owned();
            let asked = Asked::Promql(text(&annotation["target"], "expr").to_owned());
            let place = format!("{}, annotation {name:?}", self.title());
            found.push(Query { place, name, asked, panel: None, target: annotation });
        }
        found
    }
}

fn label_values(query: &str) -> Option<Asked> {
    let (selector, label) = query.strip_prefix("label_values(")?.strip_suffix(')')?.rsplit_once(", ")?;
    Some(Asked::LabelValues(selector.to_owned(), label.to_owned()))
}

/// A text of a JSON object.
///
/// # Panics
/// It has none of this name.
pub(crate) fn text<'a>(json: &'a Value, name: &str) -> &'a str {
    json[name].as_str().unwrap_or_else(|| panic!("no text {name} in {json}"))
}

/// A list, empty where there is none.
pub(crate) fn list(json: &Value) -> &[Value] {
    json.as_array().map_or(&[], Vec::as_slice)
}

/// What a reader has chosen: the values of each variable.
#[derive(Debug, Default)]
pub(crate) struct Choices(pub(crate) BTreeMap<String, Vec<String>>);

impl Choices {
    /// A query of Prometheus with its variables: several values become alternatives of a regular expression.
    ///
    /// # Errors
    /// A variable that nothing is chosen of.
    pub(crate) fn in_promql(&self, text: &str) -> Result<String, String> {
        let mut sent = text.replace("$__rate_interval", "5m");
        for (name, values) in &self.0 {
            let value = if values.len() == 1 { values[0].clone() } else { format!("({})", values.join("|")) };
            sent = sent.replace(&format!("${name}"), &value);
        }
        without_variables(sent)
    }

    /// A statement with its variables, all of which are asked for as quoted text.
    ///
    /// # Errors
    /// As [`Choices::in_promql`].
    pub(crate) fn in_sql(&self, text: &str) -> Result<String, String> {
        let mut sent = text.to_owned();
        for (name, values) in &self.0 {
            let quoted: Vec<String> = values.iter().map(|value| format!("'{}'", value.replace('\'', "''"))).collect();
            sent = sent.replace(&format!("${{{name}:sqlstring}}"), &quoted.join(","));
        }
        Ok(sent)
    }
}

fn without_variables(sent: String) -> Result<String, String> {
    if sent.contains('$') { Err(format!("a variable is left in {sent}")) } else { Ok(sent) }
}

/// Words of an expression that name a series of ours, with the matchers behind each.
pub(crate) fn selectors(expr: &str) -> Vec<(&str, &str)> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let mut found = Vec::new();
    let mut rest = expr;
    while let Some(start) = rest.find(|c| is_part(c) || c == '"') {
        rest = &rest[start..];
        // Texts in quotes name no series.
        if let Some(inner) = rest.strip_prefix('"') {
            rest = inner.split_once('"').map_or("", |(_, after)| after);
            continue;
        }
        let (word, behind) = rest.split_at(rest.find(|c| !is_part(c)).unwrap_or(rest.len()));
        rest = behind;
        let recorded = word.starts_with("job") && word.contains(':');
        if word.starts_with("touchload_") || recorded || word == "ALERTS" {
            let braced = behind.strip_prefix('{').and_then(|inner| inner.split_once('}'));
            found.push((word, braced.map_or("", |(matchers, _)| matchers)));
            rest = braced.map_or(behind, |(_, after)| after);
        }
    }
    found
}

#[test]
fn variables_become_what_grafana_sends() {
    let chosen = [("job", vec![".+"]), ("territory", vec!["a", "o'b"])];
    let chosen = chosen.map(|(name, values)| (name.to_owned(), values.into_iter().map(str::to_owned).collect()));
    let choices = Choices(BTreeMap::from(chosen));
    assert_eq!(
        choices.in_promql("x{job=~\"$job\", t=~\"$territory\"}").as_deref(),
        Ok("x{job=~\".+\", t=~\"(a|o'b)\"}")
    );
    assert!(choices.in_promql("x{a=\"$other\"}").is_err());
    assert_eq!(choices.in_sql("t IN (${territory:sqlstring})").as_deref(), Ok("t IN ('a','o''b')"));
    let expr =
        "sum by (le) (rate(touchload_a_bucket{x=\"touchload_no\"}[5m])) / job:touchload_b:sum or ALERTS{y=\"1\"}";
    assert_eq!(
        selectors(expr),
        [("touchload_a_bucket", "x=\"touchload_no\""), ("job:touchload_b:sum", ""), ("ALERTS", "y=\"1\"")]
    );
}
