//! A gauge file: its name, its HELP text, its query; and what a name may be.

use super::refusal::GaugeRefusal;
use crate::metrics::FAMILIES;

const PREFIX: &str = "touchload_";
/// Endings that other family types own; a gauge with one misleads every reader of the page.
const FOREIGN_ENDINGS: [&str; 5] = ["_total", "_bucket", "_sum", "_count", "_info"];
/// Metric types; a name that holds one fails the linter.
const TYPE_NAMES: [&str; 4] = ["counter", "gauge", "histogram", "summary"];

/// One gauge file whose name and HELP text are sound. The query is checked when a [`super::GaugeSet`] loads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GaugeFile {
    name: String,
    help: String,
    sql: String,
}

impl GaugeFile {
    /// The file `<name>.sql` with this text.
    ///
    /// # Errors
    /// The name is no metric name, ends like another family type or repeats a family of the standing set; or the text
    /// does not begin with a comment.
    pub fn try_new(name: impl Into<String>, text: impl Into<String>) -> Result<Self, GaugeRefusal> {
        let (name, sql) = (name.into(), text.into());
        if let Some(reason) = name_fault(&name) {
            return Err(GaugeRefusal::BadName { file: name, reason });
        }
        let first = sql.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim();
        let help = first.strip_prefix("--").unwrap_or_default().trim().to_owned();
        if help.is_empty() {
            return Err(GaugeRefusal::NoHelp { file: name });
        }
        Ok(Self { name, help, sql })
    }

    /// The file's name without `.sql`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The metric family.
    pub fn family(&self) -> String {
        format!("{PREFIX}{}", self.name)
    }

    /// The HELP text.
    pub fn help(&self) -> &str {
        &self.help
    }

    /// The query, comments included.
    pub fn sql(&self) -> &str {
        &self.sql
    }
}

fn name_fault(name: &str) -> Option<&'static str> {
    if !is_lower_snake(name) {
        return Some("use lower-case letters, digits and underscores, a letter first");
    }
    if FOREIGN_ENDINGS.iter().any(|ending| name.ends_with(ending)) {
        return Some("_total, _bucket, _sum, _count and _info belong to other metric types");
    }
    if name.split('_').any(|part| TYPE_NAMES.contains(&part)) {
        return Some("a metric name may not hold counter, gauge, histogram or summary");
    }
    let taken =
        FAMILIES.iter().flat_map(|group| group.iter()).any(|family| family.name.strip_prefix(PREFIX) == Some(name));
    taken.then_some("the pipeline's own metrics have a family of this name")
}

/// Whether `name` is `[a-z][a-z0-9_]*`.
pub(crate) fn is_lower_snake(name: &str) -> bool {
    let rest = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(rest)
}
