//! What open pages ask for again and again, computed once for all of them.
//!
//! An answer about groups is kept per question (audience, window, filter, which span) for a while: pages with the same
//! filter share it. The first who finds it stale computes it while the others of that question wait for the same result;
//! different questions are computed one after the other, but nobody who asks about now waits for what looks back. How long it is kept grows with what it took
//! ([`RESTS`]), so that any number of pages takes a small part of one core, however many HCPs there are.

use crate::api::{Api, NotReady};
use processors::arrivals::Arrivals;
use processors::overview::Filter;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use touchpoint::time::SECOND;
use touchpoint::{Audience, Micros, Topics, WindowLength};

/// An answer is kept for so many times what it took to compute: one core is busy with them for a tenth of the time.
const RESTS: i64 = 9;
/// Questions whose answers are kept; the least recently asked is dropped.
const QUESTIONS: usize = 64;

/// Which answer about groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Span {
    /// As of now.
    Now,
    /// Week by week.
    Weeks,
    /// Access in the last year; the window says nothing.
    Year,
}

impl Span {
    /// How long an answer is kept at least.
    fn kept(self) -> Micros {
        match self {
            Self::Now => 2 * SECOND,
            Self::Weeks => 600 * SECOND,
            // What a day adds to a year is nothing that anybody sees at once.
            Self::Year => 60 * SECOND,
        }
    }
}

/// What a page asks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Question {
    /// Whose view.
    pub audience: Audience,
    /// Trailing window.
    pub window: WindowLength,
    /// Which HCPs.
    pub filter: Filter,
    /// Which answer.
    pub span: Span,
}

/// One answer, as it goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// JSON.
    pub body: String,
    /// Strong entity tag, quotes included.
    pub etag: String,
}

impl Answer {
    /// An answer with its tag.
    pub fn new(body: String) -> Self {
        let etag = etag(body.as_bytes());
        Self { body, etag }
    }
}

/// The entity tag of bytes: the same for the same bytes.
pub(crate) fn etag(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hex}\"")
}

#[derive(Debug)]
struct Kept {
    answer: Arc<Answer>,
    until: Micros,
}

/// How late records come, as each audience sees it.
#[derive(Debug)]
pub struct Learnt {
    /// Of every record.
    pub full: Arrivals,
    /// As if medical records did not exist.
    pub commercial: Arrivals,
}

impl Learnt {
    /// What an audience is told from.
    pub fn of(&self, audience: Audience) -> &Arrivals {
        match audience {
            Audience::Full => &self.full,
            Audience::Commercial => &self.commercial,
        }
    }
}

type Slot = Arc<tokio::sync::Mutex<Option<Kept>>>;

/// See the module.
#[derive(Debug)]
pub struct LivePage {
    /// The topics that feeds are told by.
    pub topics: Topics,
    learnt: Mutex<Option<Arc<Learnt>>>,
    slots: Mutex<HashMap<Question, (Slot, u64)>>,
    asked: std::sync::atomic::AtomicU64,
    computing: tokio::sync::Mutex<()>,
    looking_back: tokio::sync::Mutex<()>,
}

impl LivePage {
    /// Nothing is kept yet.
    pub fn new(topics: Topics) -> Self {
        Self {
            topics,
            learnt: Mutex::default(),
            slots: Mutex::default(),
            asked: 0.into(),
            computing: tokio::sync::Mutex::default(),
            looking_back: tokio::sync::Mutex::default(),
        }
    }

    /// How late records come is known anew.
    pub fn learnt(&self, learnt: Learnt) {
        *self.learnt.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(learnt));
    }

    /// How late records come; `None` before it was looked at.
    pub(crate) fn arrivals(&self) -> Option<Arc<Learnt>> {
        self.learnt.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The answer to a question: a kept one while it is fresh, else what `compute` says.
    ///
    /// # Errors
    /// Those of `compute`; nothing is kept then.
    pub async fn answer<E>(
        &self,
        api: &Api,
        question: &Question,
        compute: impl AsyncFnOnce() -> Result<String, E>,
    ) -> Result<Arc<Answer>, E> {
        let slot = self.slot(question);
        let mut kept = slot.lock().await;
        if let Some(fresh) = kept.as_ref().filter(|kept| api.clock.now() < kept.until) {
            return Ok(fresh.answer.clone());
        }
        let turn = match question.span {
            Span::Now => &self.computing,
            Span::Weeks | Span::Year => &self.looking_back,
        };
        let _alone = turn.lock().await;
        let begun = api.clock.now();
        let answer = Arc::new(Answer::new(compute().await?));
        let ended = api.clock.now();
        let rest = ended.saturating_sub(begun).saturating_mul(RESTS).max(question.span.kept());
        *kept = Some(Kept { answer: answer.clone(), until: ended.saturating_add(rest) });
        Ok(answer)
    }

    fn slot(&self, question: &Question) -> Slot {
        let turn = self.asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        // What is under the lock is a map of whole answers: a panic elsewhere leaves nothing half written.
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if !slots.contains_key(question) && slots.len() >= QUESTIONS {
            let oldest = slots.iter().min_by_key(|(_, (_, turn))| *turn).map(|(question, _)| question.clone());
            oldest.and_then(|oldest| slots.remove(&oldest));
        }
        let (slot, last) = slots.entry(question.clone()).or_default();
        *last = turn;
        slot.clone()
    }
}

/// Runs `look` over every HCP of every shard, so many at a time under the lock, as of one instant.
///
/// # Errors
/// The state is not complete, or ceases to be meanwhile.
pub(crate) fn for_everybody(
    api: &Api,
    mut look: impl FnMut(&processors::Shard, std::ops::Range<u32>),
) -> Result<(), NotReady> {
    /// HCPs looked at under one lock: a millisecond or less.
    const SLICE: u32 = 256;
    let counts = |shards: &processors::Shards, _| {
        shards.iter().map(|(number, shard)| (number, shard.hcp_count() as u32)).collect::<Vec<_>>()
    };
    for (number, count) in api.read(counts)? {
        for from in (0..count).step_by(SLICE as usize) {
            api.read(|shards, _| {
                if let Some(shard) = shards.get(number) {
                    look(shard, from..from.saturating_add(SLICE).min(count));
                }
            })?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Answer, etag};

    #[test]
    fn equal_answers_have_equal_tags() {
        let tag = |body: &str| Answer::new(body.to_owned()).etag;
        assert_eq!(tag("{}"), tag("{}"));
        assert_ne!(tag("{}"), tag("[]"));
        assert_eq!(etag(b"").len(), 18);
    }
}
