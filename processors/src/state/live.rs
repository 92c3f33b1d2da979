//! Cached headline values of every HCP, in chunks that a snapshot shares and a writer copies.
//!
//! A reader clones the list of chunks under the lock (microseconds) and then reads at leisure; the writer copies a chunk
//! only when a reader still holds it. The load decays by itself, so it is stored with its instant and brought to T when
//! read.

use crate::kernel::load::decay;
use crate::kernel::{Evaluation, WindowValues};
use std::sync::Arc;
use touchpoint::time::Micros;
use touchpoint::{Audience, WindowLength};

/// HCPs per chunk: what a writer copies at most while a snapshot is alive.
const CHUNK: usize = 256;

/// Headline values of one HCP for one audience.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Headline {
    /// Values of the headline window, without load.
    pub values: WindowValues,
    load: f64,
    load_at: Micros,
}

impl Headline {
    /// From an evaluation at `at`.
    pub fn new(evaluation: &Evaluation, at: Micros) -> Self {
        let values = evaluation.windows[WindowLength::HEADLINE.index()];
        Self { values, load: evaluation.load, load_at: at }
    }

    /// The load at `at`, no earlier than the evaluation.
    pub fn load(&self, at: Micros, half_life: Micros) -> f64 {
        self.load * decay(at - self.load_at, half_life)
    }
}

/// One HCP in a chunk. `None` for an audience means that the HCP has no row there.
#[derive(Debug, Clone)]
pub struct Cell {
    /// HCP id.
    pub id: Arc<str>,
    full: Option<Headline>,
    commercial: Commercial,
}

#[derive(Debug, Clone)]
enum Commercial {
    SameAsFull,
    Own(Option<Box<Headline>>),
}

impl Cell {
    /// An HCP that has no row yet.
    pub fn empty(id: Arc<str>) -> Self {
        Self { id, full: None, commercial: Commercial::SameAsFull }
    }

    /// Values for an audience.
    pub fn headline(&self, audience: Audience) -> Option<&Headline> {
        match (audience, &self.commercial) {
            (Audience::Full, _) | (Audience::Commercial, Commercial::SameAsFull) => self.full.as_ref(),
            (Audience::Commercial, Commercial::Own(own)) => own.as_deref(),
        }
    }

    /// Sets the values of an HCP without medical records: both audiences see the same.
    pub fn set_shared(&mut self, headline: Option<Headline>) {
        self.full = headline;
        self.commercial = Commercial::SameAsFull;
    }

    /// Sets the values of an HCP with medical records.
    pub fn set(&mut self, full: Option<Headline>, commercial: Option<Headline>) {
        self.full = full;
        self.commercial = Commercial::Own(commercial.map(Box::new));
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
