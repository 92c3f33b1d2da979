//! The four Kafka topics, by kind.
//!
//! Whoever configures them sees to it that they differ: a topic shared by two kinds would be read as the first of them.
//! The name of a topic says nothing about its records: their default `source` is [`Kind::default_topic`], whatever the
//! topic is called.

use crate::words::{Kind, Word};

/// The topic of each kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topics {
    /// Topic of calls.
    pub calls: String,
    /// Topic of e-mails.
    pub emails: String,
    /// Topic of congress invitations.
    pub congress: String,
    /// Topic of medical requests.
    pub requests: String,
}

impl Topics {
    /// The topic of `kind`.
    pub fn of(&self, kind: Kind) -> &str {
        match kind {
            Kind::Calls => &self.calls,
            Kind::Emails => &self.emails,
            Kind::Congress => &self.congress,
            Kind::Requests => &self.requests,
        }
    }

    /// The kind that is read from `topic`; `None` for a topic that is not among the four.
    pub fn kind(&self, topic: &str) -> Option<Kind> {
        self.iter().find(|(_, name)| *name == topic).map(|(kind, _)| kind)
    }

    /// Kinds and their topics, in the order of [`Kind`].
    pub fn iter(&self) -> impl Iterator<Item = (Kind, &str)> {
        Kind::ALL.iter().map(|kind| (*kind, self.of(*kind)))
    }
}

/// Every kind's default topic.
impl Default for Topics {
    fn default() -> Self {
        let name = |kind: Kind| kind.default_topic().to_owned();
        Self {
            calls: name(Kind::Calls),
            emails: name(Kind::Emails),
            congress: name(Kind::Congress),
            requests: name(Kind::Requests),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Topics, Word};

    #[test]
    fn names_and_kinds_are_each_others_inverse() {
        let topics = Topics { emails: "mail".to_owned(), ..Topics::default() };
        assert_eq!(topics.of(Kind::Emails), "mail");
        assert_eq!(topics.of(Kind::Requests), Kind::Requests.default_topic());
        for kind in Kind::ALL {
            assert_eq!(topics.kind(topics.of(*kind)), Some(*kind));
        }
        assert_eq!(topics.kind("engagement.emails"), None, "the default name is not read once it is replaced");
    }
}
