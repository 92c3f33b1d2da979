//! What the HTTP API answers from: the live state, who may ask, and the audit log.
//!
//! Every answer is computed under the read lock of the state, for few HCPs at a time, so that the writer never waits long.
//! Whether the state is complete is looked at under the same lock: what belongs to a share that is being restored is not
//! answered from.

use crate::access::SharedAccess;
use crate::audit::AuditLog;
use crate::health::Health;
use crate::live_page::LivePage;
use crate::metrics::checks::CheckMetrics;
use crate::open_alerts::OpenAlerts;
use processors::check::{Answer, Asked, Proposal, check};
use processors::kernel::Scratch;
use processors::{Askers, Shards, SharedShards};
use std::sync::Arc;
use tokio::sync::oneshot;
use touchpoint::{Audience, Clock, Micros};

/// See the module.
pub struct Api {
    /// The live state.
    pub shards: SharedShards,
    /// Those whom the pipeline answers or lets in.
    pub askers: Askers,
    /// Now.
    pub clock: Arc<dyn Clock>,
    /// Whether the state is complete.
    pub health: Arc<Health>,
    /// Who may ask.
    pub access: SharedAccess,
    /// Who asked what.
    pub audit: AuditLog,
    /// Numbers of it.
    pub metrics: CheckMetrics,
    /// Open alerts; `None` where alerts are off.
    pub alerts: Option<OpenAlerts>,
    /// Answers about groups, shared by the pages that ask for them.
    pub live_page: LivePage,
    /// Held by the one request that looks at every HCP.
    pub scan: tokio::sync::Mutex<()>,
}

/// Whether there is an API.
#[derive(Clone)]
pub enum Door {
    /// It answers.
    Open(Arc<Api>),
    /// It does not; the text says what is missing.
    Closed(&'static str),
}

/// Partitions are not assigned, or their state is not restored yet. It passes; a retry helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotReady;

impl Api {
    /// Looks at the state as of now.
    ///
    /// # Errors
    /// The state is not complete, or will not be mended before the process starts again.
    pub fn read<T>(&self, look: impl FnOnce(&Shards, Micros) -> T) -> Result<T, NotReady> {
        self.look(&self.askers.read(&self.shards), look)
    }

    fn look<T>(&self, shards: &Shards, look: impl FnOnce(&Shards, Micros) -> T) -> Result<T, NotReady> {
        // Only a writer that panicked poisons the lock: what it left may be half written.
        let sound = !self.shards.is_poisoned() && self.health.readiness().is_ready();
        if sound { Ok(look(shards, self.clock.now())) } else { Err(NotReady) }
    }

    /// Judges proposals, each as of its own now.
    ///
    /// # Errors
    /// The state is not complete.
    pub fn judge(&self, proposals: &[Proposal], audience: Audience) -> Result<Vec<Answer>, NotReady> {
        let mut scratch = Scratch::default();
        let judge = |proposal: &Proposal| {
            self.read(|shards, now| check(shards, proposal, Asked { audience, now }, &mut scratch))
        };
        proposals.iter().map(judge).collect()
    }

    /// As [`Api::judge`] for a few proposals, all as of one now, by whoever holds the lock: the caller's thread never waits. What
    /// it gives ends without a value when judging panics, which is a bug.
    pub fn judge_soon(self: &Arc<Self>, proposals: Vec<Proposal>, audience: Audience) -> oneshot::Receiver<Judged> {
        let (tell, told) = oneshot::channel();
        let api = self.clone();
        let question = move |shards: &Shards| {
            let mut scratch = Scratch::default();
            let judged = api.look(shards, |shards, now| {
                let asked = Asked { audience, now };
                proposals.iter().map(|proposal| check(shards, proposal, asked, &mut scratch)).collect()
            });
            // Who no longer waits needs no answer.
            tell.send(judged.map(|answers| (proposals, answers))).unwrap_or_default();
        };
        self.askers.ask(&self.shards, Box::new(question));
        told
    }
}

/// Proposals with their answers, or why there are none.
pub type Judged = Result<(Vec<Proposal>, Vec<Answer>), NotReady>;

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Open(_) => f.write_str("Open"),
            Self::Closed(why) => f.debug_tuple("Closed").field(why).finish(),
        }
    }
}
