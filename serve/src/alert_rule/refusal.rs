//! Why a rule file is refused, and why a run of one failed.
//!
//! A refusal quotes the file: its author reads it. A failure quotes nothing that came from a table: it goes to the log.

use crate::gauge::error_class;
use datafusion::common::DataFusionError;
use std::time::Duration;

/// What is wrong with a file. Each is the author's fault; only a changed file helps.
#[derive(Debug, thiserror::Error)]
pub enum RuleProblem {
    /// The file's name.
    #[error("the file name must be lower-case letters, digits and underscores, a letter first")]
    BadName,
    /// Two files of one name.
    #[error("another rule file has this name; names stand in alert ids and metric labels")]
    RepeatedName,
    /// No words at the top.
    #[error("the first line must be a comment that says what the rule is (-- ...), before the keys")]
    NoDescription,
    /// Neither key nor value.
    #[error("header line `{line}` is no `-- key: value` with one of {expected}")]
    UnknownLine {
        /// The line.
        line: String,
        /// The keys there are.
        expected: String,
    },
    /// A key twice.
    #[error("header key {key} is given twice")]
    RepeatedKey {
        /// The key.
        key: String,
    },
    /// A key that must be there.
    #[error("the header needs `-- {key}: …`")]
    MissingKey {
        /// The key.
        key: &'static str,
    },
    /// The name says another file.
    #[error("header key name says {found}; it must be the file's name without .sql")]
    NameDiffers {
        /// What it says.
        found: String,
    },
    /// A value outside its vocabulary.
    #[error("header key {key} is `{found}`; expected {expected}")]
    BadWord {
        /// The key.
        key: &'static str,
        /// What it may be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// Accounts are not touched.
    #[error("header key touches is for rules about HCPs")]
    TouchesOfAccount,
    /// Not one query over the tables there are.
    #[error("expected one read-only query over its tables: {0}")]
    NotOneQuery(#[source] Box<DataFusionError>),
    /// A table of the other kind of rule.
    #[error("table {table} is not for this rule: rules about HCPs read {hcp}, rules about accounts hcp_now")]
    WrongTable {
        /// The table.
        table: String,
        /// Those for rules about HCPs.
        hcp: String,
    },
    /// A column that must be there.
    #[error("the query must give column {column} ({expected}); it gives {found}")]
    MissingColumn {
        /// The column.
        column: &'static str,
        /// Its type.
        expected: &'static str,
        /// The columns it gives.
        found: String,
    },
    /// A column of another type.
    #[error("column {column} must be {expected}, not {found}")]
    ColumnType {
        /// The column.
        column: String,
        /// What it must be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// A column that tells of a person.
    #[error("column {column} derives from {source_column}, which identifies persons or records; alerts tell no ids")]
    PersonalColumn {
        /// The column.
        column: String,
        /// Where it comes from.
        source_column: String,
    },
    /// A column that nobody reads.
    #[error("column {column} is neither of the contract nor named in the summary; leave it out")]
    UnusedColumn {
        /// The column.
        column: String,
    },
    /// A place in the summary without a column.
    #[error("the summary names column {column}, which the query does not give, or which tells whom it is about")]
    UnknownPlace {
        /// The column.
        column: String,
    },
}

/// A file and what is wrong with it.
#[derive(Debug, thiserror::Error)]
#[error("alert rule {file}: {problem}")]
pub struct RuleRefusal {
    /// The file, below `sql/alerts/`.
    pub file: String,
    /// What is wrong.
    #[source]
    pub problem: RuleProblem,
}

/// Everything that is wrong with the files.
#[derive(Debug)]
pub struct RuleRefusals(pub Vec<RuleRefusal>);

impl std::fmt::Display for RuleRefusals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, refusal) in self.0.iter().enumerate() {
            let separator = if i == 0 { "" } else { "\n" };
            write!(f, "{separator}{refusal}")?;
        }
        Ok(())
    }
}

impl std::error::Error for RuleRefusals {}

/// Why a run failed. Nothing is known of the rule's alerts then, so they stay as they are; everybody is looked at later.
#[derive(Debug, thiserror::Error)]
pub enum RuleFailure {
    /// The query failed while running.
    #[error("alert rule {rule}: the query failed while running ({class})")]
    Running {
        /// Rule.
        rule: String,
        /// Class of the error.
        class: &'static str,
    },
    /// It took too long.
    #[error("alert rule {rule}: no answer within {limit:?}")]
    TimedOut {
        /// Rule.
        rule: String,
        /// Time allowed.
        limit: Duration,
    },
    /// Two rows of one subject and instant.
    #[error("alert rule {rule}: two rows speak of one subject at one instant; group by both")]
    RepeatedSubject {
        /// Rule.
        rule: String,
    },
}

impl RuleFailure {
    pub(super) fn running(rule: &str, error: &DataFusionError) -> Self {
        Self::Running { rule: rule.to_owned(), class: error_class(error) }
    }
}
