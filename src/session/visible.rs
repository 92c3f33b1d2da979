//! Which tables, views and functions a role has, and through which lens.
//!
//! Closed lists: what is in none of them is in no role's schema, however it came into a session. docs/SQL.md says the same
//! to readers, column by column.

use super::lens::{Lens, Subject};
use super::sight::Sight;
use serve::Role;
use std::sync::Arc;
use touchpoint::Audience;

/// One name of a schema.
#[derive(Debug)]
pub(super) struct Visible {
    pub(super) name: &'static str,
    subject: Subject,
    readers: Readers,
    /// Columns that would tell commercial readers of medical records.
    medical: &'static [&'static str],
    pub(super) rows: Rows,
}

/// What a table has a row for, which is all that a plan may go by: how many there are is knowledge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    /// An HCP, an account, a person, a day: a join keeps them while events go by.
    Entities,
    /// Something that happened: as many as a log has.
    Events,
}

/// Who has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Readers {
    Everyone,
    /// Roles that see medical records: there is no such thing without them.
    FullAudience,
    /// Compliance and admin: it is about owners.
    Overseers,
}

const fn visible(name: &'static str, subject: Subject) -> Visible {
    Visible { name, subject, readers: Readers::Everyone, medical: &[], rows: Rows::Entities }
}

const fn events(name: &'static str, subject: Subject) -> Visible {
    Visible { rows: Rows::Events, ..visible(name, subject) }
}

/// Offsets have gaps where medical records lie between others, a file's name is the hash of all that is in it, and how far
/// a partition has come depends on the slowest topic.
const LOG: &[&str] = &["request_id", "late", "supersedes", "kafka_topic", "kafka_partition", "kafka_offset"];

/// The tables and views.
pub(super) static TABLES: [Visible; 25] = [
    Visible { medical: LOG, ..events("touchpoint_log", Subject::Hcp) },
    Visible { medical: LOG, ..events("touchpoints", Subject::Hcp) },
    visible("hcp_now", Subject::Hcp),
    visible("hcp_now_windows", Subject::Hcp),
    // Stored for the full audience; the latest of them are computed anew for others.
    Visible { readers: Readers::FullAudience, ..events("hcp_metrics", Subject::Hcp) },
    visible("hcp_metrics_latest", Subject::Hcp),
    events("alerts", Subject::HcpOrAccount),
    events("alerts_latest", Subject::HcpOrAccount),
    Visible {
        medical: &["payload_sha256", "payload_bytes", "kafka_topic", "kafka_partition", "kafka_offset"],
        ..events("dead_letters", Subject::DeadLetter)
    },
    visible("account_now", Subject::Account),
    visible("hcps", Subject::Hcp),
    visible("hcps_history", Subject::Hcp),
    visible("accounts", Subject::Account),
    visible("accounts_history", Subject::Account),
    visible("calendar", Subject::Nobody),
    // Without partitions and offsets for commercial readers: another view inside.
    visible("lineage", Subject::Nobody),
    visible("completeness", Subject::Territory),
    visible("affiliations_history", Subject::Hcp),
    Visible { readers: Readers::Overseers, ..visible("people_history", Subject::Nobody) },
    Visible { readers: Readers::Overseers, ..visible("panels_history", Subject::Hcp) },
    visible("targets_history", Subject::Hcp),
    Visible { readers: Readers::Overseers, ..visible("plans_history", Subject::Nobody) },
    Visible { readers: Readers::Overseers, ..visible("plan_steps_history", Subject::Nobody) },
    visible("medical_activity", Subject::Nobody),
    visible("owners_pooled", Subject::Nobody),
];

/// The table functions.
pub(super) static FUNCTIONS: [Visible; 5] = [
    visible("hcp_metrics_at", Subject::Hcp),
    visible("account_metrics_at", Subject::Account),
    visible("budget_shares", Subject::Hcp),
    Visible { medical: LOG, ..events("touchpoints_at", Subject::Hcp) },
    Visible { medical: &["request_id"], ..visible("forecast", Subject::Hcp) },
];

impl Visible {
    /// How `role` sees it, `None` when it has no such thing.
    pub(super) fn lens(&self, role: Role, sight: &Arc<Sight>) -> Option<Lens> {
        let audience = role.audience();
        if self.readers == Readers::FullAudience && audience == Audience::Commercial {
            return None;
        }
        if self.readers == Readers::Overseers && !matches!(role, Role::Compliance | Role::Admin) {
            return None;
        }
        if self.subject == Subject::Nobody {
            return Some(Lens::clear(sight.clone()));
        }
        let mut hidden = Vec::new();
        if audience == Audience::Commercial {
            hidden.extend_from_slice(self.medical);
        }
        if self.subject == Subject::DeadLetter && role != Role::Compliance {
            // Whatever a producer sent may stand in it.
            hidden.push("payload");
        }
        Some(Lens { subject: self.subject, audience, hidden, sight: sight.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::{FUNCTIONS, Role, Sight, TABLES};
    use serve::Reader;
    use std::sync::Arc;
    use touchpoint::{Clock, Micros, Reference};

    struct Never;
    impl Clock for Never {
        fn now(&self) -> Micros {
            0
        }
    }

    fn names(role: Role) -> Vec<&'static str> {
        let reader = Reader { role, ..Reader::loopback() };
        let sight = Arc::new(Sight::of(&reader, Arc::new(Reference::default()), Arc::new(Never)));
        let all = TABLES.iter().chain(&FUNCTIONS);
        all.filter(|visible| visible.lens(role, &sight).is_some()).map(|visible| visible.name).collect()
    }

    #[test]
    fn commercial_roles_lack_what_is_stored_for_the_full_audience() {
        for role in Role::ALL {
            let has = names(role).contains(&"hcp_metrics");
            assert_eq!(has, role.audience() == touchpoint::Audience::Full, "{}", role.as_str());
        }
    }

    #[test]
    fn payloads_are_for_compliance_alone() {
        let letters = TABLES.iter().find(|table| table.name == "dead_letters").unwrap();
        for role in Role::ALL {
            let reader = Reader { role, ..Reader::loopback() };
            let sight = Arc::new(Sight::of(&reader, Arc::new(Reference::default()), Arc::new(Never)));
            let lens = letters.lens(role, &sight).unwrap();
            assert_eq!(lens.hidden.contains(&"payload"), role != Role::Compliance, "{}", role.as_str());
        }
    }
}
