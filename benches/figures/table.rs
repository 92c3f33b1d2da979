//! The table that is printed: what, figure, limit of the same run, ratio, target, met or not.

/// One line of the table.
#[derive(Debug)]
pub(crate) struct Row {
    what: String,
    figure: String,
    limit: String,
    ratio: String,
    target: &'static str,
    verdict: &'static str,
}

impl Row {
    /// A figure without limit and target.
    pub(crate) fn new(what: impl Into<String>, figure: impl Into<String>) -> Self {
        let (what, figure) = (what.into(), figure.into());
        Self { what, figure, limit: String::new(), ratio: String::new(), target: "", verdict: "" }
    }

    /// The limit of the same run, and figure over limit.
    pub(crate) fn beside(mut self, limit: impl Into<String>, ratio: f64) -> Self {
        (self.limit, self.ratio) = (limit.into(), format!("{ratio:.2}"));
        self
    }

    /// The target of the design, and whether the figure meets it.
    pub(crate) fn against(mut self, target: &'static str, met: bool) -> Self {
        (self.target, self.verdict) = (target, if met { "yes" } else { "no" });
        self
    }

    /// A figure that could not be measured.
    pub(crate) fn failed(what: &str) -> Self {
        Self::new(what, "not measured")
    }
}

/// The rows as a Markdown table.
pub(crate) fn of(rows: &[Row]) -> String {
    let mut table =
        "| what | figure | limit in the same run | ratio | target | met |\n|---|---|---|---|---|---|\n".to_owned();
    for Row { what, figure, limit, ratio, target, verdict } in rows {
        table.push_str(&format!("| {what} | {figure} | {limit} | {ratio} | {target} | {verdict} |\n"));
    }
    table
}

/// A count with commas between thousands.
pub(crate) fn count(number: f64) -> String {
    touchload::summary::grouped(number.round() as u64)
}

/// Nanoseconds.
pub(crate) fn nanos(number: f64) -> String {
    format!("{number:.0} ns")
}
