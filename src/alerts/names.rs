//! Which id a pseudonym is of: found by naming everybody there is, since a keyed hash cannot be inverted.

use processors::Shards;
use serve::deliver::Naming;
use serve::deliver::document::SubjectDocument;
use std::collections::HashMap;
use std::sync::Arc;
use touchpoint::alert::SubjectKind;
use touchpoint::{Micros, Word};

/// The HCPs of a process, and their accounts, by what stands for them.
pub(super) struct Names {
    hcps: HashMap<String, Arc<str>>,
    accounts: HashMap<String, Arc<str>>,
}

impl Names {
    /// Names everybody.
    pub(super) fn of(shards: &Shards, naming: &Naming, now: Micros) -> Self {
        let (mut hcps, mut accounts) = (HashMap::new(), HashMap::new());
        for (_, shard) in shards.iter() {
            for hcp in (0..shard.hcp_count() as u32).filter_map(|number| shard.hcp(number)) {
                hcps.insert(naming.hcp(&hcp.id), hcp.id.clone());
                let row = shards.reference().hcp(&hcp.id, now);
                if let Some(account) = row.and_then(|row| row.account_id.as_deref()) {
                    accounts.entry(naming.account(account)).or_insert_with(|| account.into());
                }
            }
        }
        Self { hcps, accounts }
    }

    /// The id of a subject, `None` when it is nobody of this process.
    pub(super) fn id(&self, subject: &SubjectDocument) -> Option<Arc<str>> {
        match SubjectKind::parse(subject.kind.as_bytes())? {
            SubjectKind::Hcp => self.hcps.get(&subject.reference).cloned(),
            SubjectKind::Account => self.accounts.get(&subject.reference).cloned(),
            SubjectKind::Rule => Some(subject.reference.as_str().into()),
        }
    }
}
