//! A rule file: where it stands, its header, its query.

use super::evidence::Evidence;
use super::header::Header;
use super::refusal::{RuleProblem, RuleRefusal};
use super::template::Template;
use crate::gauge::is_lower_snake;
use processors::alert::AlertRule;
use touchpoint::Audience;
use touchpoint::alert::SubjectKind;

/// Where a rule file stands, and so whose view it looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folder {
    /// `sql/alerts/`.
    Alerts,
    /// `sql/alerts/medical/`: for medical and compliance only.
    Medical,
}

/// One rule file whose name and header are sound. The query is checked when a [`super::RuleSet`] loads it.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleFile {
    name: String,
    folder: Folder,
    header: Header,
    sql: String,
}

impl RuleFile {
    /// The file `<name>.sql` of `folder` with this text.
    ///
    /// # Errors
    /// Every problem of the name and the header.
    pub fn try_new(folder: Folder, name: &str, text: &str) -> Result<Self, Vec<RuleRefusal>> {
        let refused = |problem| RuleRefusal { file: path(folder, name), problem };
        let mut problems: Vec<RuleRefusal> = Vec::new();
        if !is_lower_snake(name) {
            problems.push(refused(RuleProblem::BadName));
        }
        match Header::read(name, text) {
            Ok(header) if problems.is_empty() => {
                Ok(Self { name: name.to_owned(), folder, header, sql: text.to_owned() })
            }
            Ok(_) => Err(problems),
            Err(more) => {
                problems.extend(more.into_iter().map(refused));
                Err(problems)
            }
        }
    }

    /// The rule's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is, in words.
    pub fn about(&self) -> &str {
        &self.header.about
    }

    /// Whose view it looks at.
    pub fn audience(&self) -> Audience {
        match self.folder {
            Folder::Alerts => Audience::Commercial,
            Folder::Medical => Audience::Full,
        }
    }

    /// What its alerts are about.
    pub fn subject(&self) -> SubjectKind {
        self.header.subject
    }

    /// Which touches its alerts name.
    pub fn touches(&self) -> Option<Evidence> {
        self.header.touches
    }

    /// What the state machine knows of it.
    pub fn rule(&self) -> AlertRule {
        AlertRule {
            name: self.name.as_str().into(),
            severity: self.header.severity,
            audience: self.audience(),
            subject: self.header.subject,
            pending: self.header.pending,
            act: self.header.act,
        }
    }

    pub(super) fn sql(&self) -> &str {
        &self.sql
    }

    pub(super) fn summary(&self) -> &Template {
        &self.header.summary
    }

    pub(super) fn refused(&self, problem: RuleProblem) -> RuleRefusal {
        RuleRefusal { file: path(self.folder, &self.name), problem }
    }
}

fn path(folder: Folder, name: &str) -> String {
    match folder {
        Folder::Alerts => format!("{name}.sql"),
        Folder::Medical => format!("medical/{name}.sql"),
    }
}
