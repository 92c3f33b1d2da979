//! How many rows each table has, and which ones lost most of them from one load to the next.

use super::{Reference, Tables};

/// A table that has lost more than half of its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shrunk {
    /// Its name.
    pub table: &'static str,
    /// Rows before.
    pub before: usize,
    /// Rows now; 0 also where the table is not given any more.
    pub after: usize,
}

/// Rows by table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes([(&'static str, usize); 10]);

impl Sizes {
    pub(super) fn of(tables: &Tables) -> Self {
        fn size<R>(rows: Option<&Vec<R>>) -> usize {
            rows.map_or(0, Vec::len)
        }
        Self([
            ("hcps", size(tables.hcps.as_ref())),
            ("accounts", size(tables.accounts.as_ref())),
            ("affiliations", size(tables.affiliations.as_ref())),
            ("people", size(tables.people.as_ref())),
            ("panels", size(tables.panels.as_ref())),
            ("plans", size(tables.plans.as_ref())),
            ("plan_steps", size(tables.plan_steps.as_ref())),
            ("consents", size(tables.consents.as_ref())),
            ("consent_rules", size(tables.consent_rules.as_ref())),
            ("preferences", size(tables.preferences.as_ref())),
        ])
    }
}

impl Reference {
    /// The tables that have less than half of the rows that they had in `old`: an export that broke off looks like that.
    pub fn shrunk_since(&self, old: &Self) -> impl Iterator<Item = Shrunk> {
        let both = old.sizes.0.into_iter().zip(self.sizes.0);
        let lost = |((table, before), (_, after)): ((&'static str, usize), (&'static str, usize))| {
            (after < before.div_ceil(2)).then_some(Shrunk { table, before, after })
        };
        both.filter_map(lost)
    }
}

#[cfg(test)]
mod tests {
    use super::Shrunk;
    use crate::Reference;
    use crate::reference::{AccountRow, HcpRow, Tables};

    fn loaded(hcps: usize, accounts: Option<usize>) -> Reference {
        let hcp = |n| HcpRow { hcp_id: format!("h{n}"), ..HcpRow::default() };
        let account = |n| AccountRow { account_id: format!("a{n}"), ..AccountRow::default() };
        let accounts = accounts.map(|count| (0..count).map(account).collect());
        Reference::try_new(Tables { hcps: Some((0..hcps).map(hcp).collect()), accounts, ..Tables::default() }).unwrap()
    }

    #[test]
    fn less_than_half_is_told_and_half_is_not() {
        let told = |before: &Reference, after: &Reference| after.shrunk_since(before).collect::<Vec<_>>();
        let ten = loaded(10, Some(3));
        assert_eq!(told(&ten, &loaded(5, Some(2))), []);
        assert_eq!(told(&loaded(0, None), &ten), []);
        let hcps = Shrunk { table: "hcps", before: 10, after: 4 };
        let accounts = Shrunk { table: "accounts", before: 3, after: 0 };
        assert_eq!(told(&ten, &loaded(4, None)), [hcps, accounts]);
        assert_eq!(told(&loaded(1, None), &loaded(0, None)), [Shrunk { table: "hcps", before: 1, after: 0 }]);
    }
}
