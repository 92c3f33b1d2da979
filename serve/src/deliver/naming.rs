//! Pseudonyms or ids: what stands for an HCP, an account or a record outside.

use processors::alert::Subject;
use touchpoint::SecretKey;
use touchpoint::alert::SubjectKind;

/// What a receiver gets to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ids {
    /// Keyed pseudonyms.
    #[default]
    Pseudonyms,
    /// The ids as they are: for a receiver inside the same protection as the tables.
    Plain,
}

/// Names subjects and records.
#[derive(Debug, Clone)]
pub struct Naming {
    key: SecretKey,
    ids: Ids,
}

impl Naming {
    /// Names with this key.
    pub fn new(key: SecretKey, ids: Ids) -> Self {
        Self { key, ids }
    }

    /// What stands for a subject. A rule is no person and keeps its name.
    pub fn subject(&self, subject: &Subject) -> String {
        match subject.kind {
            SubjectKind::Hcp => self.hcp(&subject.id),
            SubjectKind::Account => self.of("account", &subject.id),
            SubjectKind::Rule => subject.id.to_string(),
        }
    }

    /// What stands for an HCP.
    pub fn hcp(&self, hcp_id: &str) -> String {
        self.of("hcp", hcp_id)
    }

    /// What stands for an account.
    pub fn account(&self, account_id: &str) -> String {
        self.of("account", account_id)
    }

    /// What stands for whoever acts for the company.
    pub fn owner(&self, owner_id: &str) -> String {
        self.of("owner", owner_id)
    }

    /// What stands for a record of a source.
    pub fn record(&self, source: &str, event_id: &str) -> String {
        match self.ids {
            Ids::Plain => event_id.to_owned(),
            Ids::Pseudonyms => self.key.pseudonym("record", &format!("{source}\0{event_id}")),
        }
    }

    fn of(&self, domain: &str, id: &str) -> String {
        match self.ids {
            Ids::Plain => id.to_owned(),
            Ids::Pseudonyms => self.key.pseudonym(domain, id),
        }
    }
}
