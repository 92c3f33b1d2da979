//! Cached headline values of every HCP, in chunks that a snapshot shares and a writer copies.
//!
//! A reader clones the list of chunks under the lock (microseconds) and then reads at leisure; the writer copies a chunk
//! only when a reader still holds it. The load decays by itself, so it is stored with its instant and brought to T when
//! read.

use crate::kernel::load::decay;
use crate::kernel::{Overall, Standing, WindowValues};
use std::sync::Arc;
use touchpoint::Audience;
use touchpoint::time::Micros;

/// HCPs per chunk: what a writer copies at most while a snapshot is alive.
const CHUNK: usize = 256;

/// Headline values of one HCP for one audience.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Headline {
    /// Values of the headline window.
    pub values: WindowValues,
    overall: Overall,
    at: Micros,
}

impl Headline {
    /// Values of the headline window and what does not depend on it, evaluated at `at`.
    pub fn new(values: WindowValues, overall: Overall, at: Micros) -> Self {
        Self { values, overall, at }
    }

    /// The budgets.
    pub fn standing(&self) -> Standing {
        self.overall.standing
    }

    /// Load and budgets at `at`, no earlier than the evaluation.
    pub fn overall(&self, at: Micros, half_life: Micros) -> Overall {
        Overall { load: self.overall.load * decay(at - self.at, half_life), ..self.overall }
    }
}

/// Headline values of one HCP. `None` for an audience means that the HCP has no row there.
#[derive(Debug, Clone, Copy)]
pub enum Headlines {
    /// An HCP without medical records: both audiences see the same.
    Shared(Headline),
    /// An HCP with medical records.
    Apart {
        /// What audience full sees.
        full: Option<Headline>,
        /// What audience commercial sees.
        commercial: Option<Headline>,
    },
}

/// One HCP in a chunk: small where nothing is known, since most HCPs of a large universe are idle; cheap to copy, since
/// a chunk is copied while a reader holds it.
#[derive(Debug, Clone)]
pub struct Cell {
    /// HCP id.
    pub id: Arc<str>,
    headlines: Option<Arc<Headlines>>,
}

impl Cell {
    /// An HCP that has no row yet.
    pub fn empty(id: Arc<str>) -> Self {
        Self { id, headlines: None }
    }

    /// Values for an audience.
    pub fn headline(&self, audience: Audience) -> Option<&Headline> {
        match (self.headlines.as_deref()?, audience) {
            (Headlines::Shared(headline), _) => Some(headline),
            (Headlines::Apart { full, .. }, Audience::Full) => full.as_ref(),
            (Headlines::Apart { commercial, .. }, Audience::Commercial) => commercial.as_ref(),
        }
    }

    /// Sets the values, `None` for an HCP without a row for anybody. Readers of a snapshot keep the old ones.
    pub fn set(&mut self, headlines: Option<Headlines>) {
        match (headlines, self.headlines.as_mut().and_then(Arc::get_mut)) {
            (Some(new), Some(own)) => *own = new,
            (new, _) => self.headlines = new.map(Arc::new),
        }
    }
}

/// All chunks.
#[derive(Debug, Default)]
pub struct Live {
    chunks: Vec<Arc<Vec<Cell>>>,
}

impl Live {
    /// Adds an HCP; its number is the number of HCPs before it.
    pub fn push(&mut self, id: Arc<str>) {
        match self.chunks.last_mut().filter(|c| c.len() < CHUNK) {
            Some(chunk) => Arc::make_mut(chunk).push(Cell::empty(id)),
            None => {
                let mut chunk = Vec::with_capacity(CHUNK);
                chunk.push(Cell::empty(id));
                self.chunks.push(Arc::new(chunk));
            }
        }
    }

    /// The cell of an HCP.
    pub fn cell(&self, hcp: u32) -> Option<&Cell> {
        self.chunks.get(hcp as usize / CHUNK)?.get(hcp as usize % CHUNK)
    }

    /// The cell of an HCP, for writing.
    pub fn cell_mut(&mut self, hcp: u32) -> Option<&mut Cell> {
        let chunk = self.chunks.get_mut(hcp as usize / CHUNK)?;
        Arc::make_mut(chunk).get_mut(hcp as usize % CHUNK)
    }

    /// A consistent view of all HCPs at `as_of`.
    pub fn snapshot(&self, as_of: Micros) -> LiveSnapshot {
        LiveSnapshot { as_of, chunks: self.chunks.clone() }
    }
}

/// A consistent view of all HCPs.
#[derive(Debug, Clone)]
pub struct LiveSnapshot {
    /// T.
    pub as_of: Micros,
    /// Chunks of cells.
    pub chunks: Vec<Arc<Vec<Cell>>>,
}

impl LiveSnapshot {
    /// Every HCP, rows or not.
    pub fn cells(&self) -> impl Iterator<Item = &Cell> {
        self.chunks.iter().flat_map(|c| c.iter())
    }
}
