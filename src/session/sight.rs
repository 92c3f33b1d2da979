//! What a reader may see of whom: the one place that says so.
//!
//! - **HCPs and accounts**: a reader with territories sees those whose territory, valid now, is one of them. Whoever has no
//!   territory is for readers without scope alone.
//! - **Owners**: compliance and admin see every owner; an analyst sees none; the others see themselves, when they are an
//!   owner, and those below them in the line (`people.manager_id`, valid now). Whom they do not see counts only in the pools
//!   of `owners_pooled`.

use serve::{Reader, Role};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use touchpoint::{Clock, Reference};

/// Longest line from an owner up; reference data with a longer one, or with a circle, say nothing beyond.
const LEVELS: usize = 16;

/// Which owners a reader sees.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Owners {
    All,
    Nobody,
    /// This one and whoever is below it.
    LineOf(String),
}

/// What one reader may see, by the reference data in force.
#[derive(Clone)]
pub(super) struct Sight {
    territories: Option<BTreeSet<String>>,
    owners: Owners,
    reference: Arc<Reference>,
    now: Arc<dyn Clock>,
}

impl Sight {
    /// The sight of a reader; `now` is that of its running statement.
    pub(super) fn of(reader: &Reader, reference: Arc<Reference>, now: Arc<dyn Clock>) -> Self {
        let owners = match (reader.role, &reader.owner_id) {
            (Role::Compliance | Role::Admin, _) => Owners::All,
            (Role::Commercial | Role::Medical, Some(owner_id)) => Owners::LineOf(owner_id.clone()),
            (Role::Commercial | Role::Medical, None) | (Role::Analyst, _) => Owners::Nobody,
        };
        let territories = reader.territories.as_ref().map(|names| names.iter().cloned().collect());
        Self { territories, owners, reference, now }
    }

    /// Whether some HCPs or accounts may be out of sight.
    pub(super) fn is_scoped(&self) -> bool {
        self.territories.is_some()
    }

    /// Whether no owner is out of sight.
    pub(super) fn sees_every_owner(&self) -> bool {
        self.owners == Owners::All
    }

    pub(super) fn sees_hcp(&self, hcp_id: &str) -> bool {
        self.is_in(|| self.reference.hcp(hcp_id, self.now.now())?.territory.as_deref())
    }

    pub(super) fn sees_account(&self, account_id: &str) -> bool {
        self.is_in(|| self.reference.account(account_id, self.now.now())?.territory.as_deref())
    }

    pub(super) fn sees_territory(&self, name: &str) -> bool {
        self.is_in(|| Some(name))
    }

    fn is_in<'r>(&self, territory: impl FnOnce() -> Option<&'r str>) -> bool {
        match &self.territories {
            None => true,
            Some(names) => territory().is_some_and(|name| names.contains(name)),
        }
    }

    pub(super) fn sees_owner(&self, owner_id: &str) -> bool {
        match &self.owners {
            Owners::All => true,
            Owners::Nobody => false,
            Owners::LineOf(top) => self.line_of(owner_id).any(|above| above == top),
        }
    }

    /// The owner, its manager, the manager's manager, ….
    fn line_of<'s>(&'s self, owner_id: &'s str) -> impl Iterator<Item = &'s str> {
        let now = self.now.now();
        let above = move |below: &&'s str| self.reference.person(below, now)?.manager_id.as_deref();
        std::iter::successors(Some(owner_id), above).take(LEVELS)
    }

    /// The district, valid now, of an owner whom the reader does not see by itself; every owner's for who sees them all.
    pub(super) fn district_of_pooled(&self, owner_id: &str) -> Option<&str> {
        let is_pooled = self.sees_every_owner() || !self.sees_owner(owner_id);
        let person = is_pooled.then(|| self.reference.person(owner_id, self.now.now()))?;
        person?.district.as_deref()
    }
}

impl fmt::Debug for Sight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither owners nor territories: plans are shown to people.
        f.debug_struct("Sight").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{Reader, Role, Sight};
    use std::sync::Arc;
    use touchpoint::reference::{AccountRow, HcpRow, PersonRow, Tables, Validity};
    use touchpoint::{Clock, Micros, Reference};

    struct At(Micros);
    impl Clock for At {
        fn now(&self) -> Micros {
            self.0
        }
    }

    fn reader(role: Role, territories: Option<&[&str]>, owner_id: Option<&str>) -> Reader {
        Reader {
            name: "somebody".into(),
            role,
            territories: territories.map(|names| names.iter().map(|name| (*name).to_owned()).collect()),
            owner_id: owner_id.map(Into::into),
        }
    }

    fn person(id: &str, manager: Option<&str>, validity: Validity) -> PersonRow {
        let (manager_id, district) = (manager.map(Into::into), Some(format!("district of {id}")));
        PersonRow { owner_id: id.into(), manager_id, district, validity, ..PersonRow::default() }
    }

    fn reference() -> Arc<Reference> {
        let until = Validity { to: 100, ..Validity::ALWAYS };
        let from = Validity { from: 100, ..Validity::ALWAYS };
        let hcp = |id: &str, territory: Option<&str>, validity| HcpRow {
            hcp_id: id.into(),
            territory: territory.map(Into::into),
            validity,
            ..HcpRow::default()
        };
        let tables = Tables {
            people: Some(vec![
                person("rep", Some("lead"), Validity::ALWAYS),
                person("moved", Some("lead"), until),
                person("moved", Some("other"), from),
                person("lead", Some("head"), Validity::ALWAYS),
                person("a", Some("b"), Validity::ALWAYS),
                person("b", Some("a"), Validity::ALWAYS),
            ]),
            hcps: Some(vec![
                hcp("north", Some("north"), until),
                hcp("north", Some("south"), from),
                hcp("nowhere", None, Validity::ALWAYS),
            ]),
            accounts: Some(vec![AccountRow {
                account_id: "clinic".into(),
                territory: Some("north".into()),
                ..AccountRow::default()
            }]),
            ..Tables::default()
        };
        Arc::new(Reference::try_new(tables).unwrap())
    }

    fn sight(reader: &Reader, at: Micros) -> Sight {
        Sight::of(reader, reference(), Arc::new(At(at)))
    }

    #[test]
    fn owners_are_seen_by_themselves_and_from_above() {
        let seen = |role, owner_id: Option<&str>, at| {
            let sight = sight(&reader(role, None, owner_id), at);
            let owners = ["rep", "moved", "lead", "head", "a", "stranger"];
            owners.into_iter().filter(|owner| sight.sees_owner(owner)).collect::<Vec<_>>()
        };
        for role in [Role::Commercial, Role::Medical] {
            assert_eq!(seen(role, Some("rep"), 0), ["rep"]);
            assert_eq!(seen(role, Some("lead"), 0), ["rep", "moved", "lead"]);
            assert_eq!(seen(role, Some("lead"), 100), ["rep", "lead"], "by the rows valid now");
            assert_eq!(seen(role, Some("head"), 0), ["rep", "moved", "lead", "head"]);
            assert_eq!(seen(role, Some("stranger"), 0), ["stranger"]);
            assert_eq!(seen(role, Some("b"), 0), ["a"], "a circle ends");
            assert!(seen(role, None, 0).is_empty());
        }
        assert!(seen(Role::Analyst, Some("head"), 0).is_empty());
        for role in [Role::Compliance, Role::Admin] {
            assert_eq!(seen(role, None, 0).len(), 6);
        }
    }

    #[test]
    fn nobody_is_pooled_and_seen_at_once() {
        let lead = sight(&reader(Role::Commercial, None, Some("lead")), 0);
        assert_eq!(lead.district_of_pooled("rep"), None);
        assert_eq!(lead.district_of_pooled("a"), Some("district of a"));
        assert_eq!(lead.district_of_pooled("stranger"), None, "of no district");
        let admin = sight(&reader(Role::Admin, None, None), 0);
        assert_eq!(admin.district_of_pooled("rep"), Some("district of rep"));
    }

    #[test]
    fn territories_are_those_valid_now() {
        let seen = |territories: Option<&[&str]>, at| {
            let sight = sight(&reader(Role::Commercial, territories, None), at);
            ["north", "nowhere", "stranger"].map(|hcp| sight.sees_hcp(hcp))
        };
        assert_eq!(seen(None, 0), [true; 3]);
        assert_eq!(seen(Some(&["north"]), 0), [true, false, false]);
        assert_eq!(seen(Some(&["north"]), 100), [false; 3]);
        assert_eq!(seen(Some(&["south", "north"]), 100), [true, false, false]);
        assert_eq!(seen(Some(&["unknown"]), 0), [false; 3], "unknown is no territory");
        assert_eq!(seen(Some(&[]), 0), [false; 3]);
        let scoped = sight(&reader(Role::Medical, Some(&["north"]), None), 0);
        assert!(scoped.sees_account("clinic") && !scoped.sees_account("stranger"));
    }
}
