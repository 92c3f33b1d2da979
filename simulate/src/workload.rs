//! What a world produces: its history over a span, live traffic, or load.

use crate::config::{ConfigError, Span};
use crate::firehose::{Firehose, FirehoseConfig};
use crate::history::History;
use crate::live::{Live, LiveConfig};
use crate::world::World;
use std::sync::Arc;

/// The records of one world. The same calls on equal worlds give the same bytes.
#[derive(Debug, Clone)]
pub struct Workload {
    world: Arc<World>,
}

impl Workload {
    /// The workload of `world`.
    pub fn new(world: Arc<World>) -> Self {
        Self { world }
    }

    /// The world it comes from.
    pub fn world(&self) -> &Arc<World> {
        &self.world
    }

    /// Everything that arrives in `span`, in order of arrival.
    pub fn history(&self, span: Span) -> History {
        History::new(self.world.clone(), span)
    }

    /// Traffic from an instant on, at a rate.
    pub fn live(&self, config: LiveConfig) -> Live {
        Live::new(self.world.clone(), config)
    }

    /// Records as fast as possible.
    ///
    /// # Errors
    /// [`ConfigError`] when the world's config cannot make a small company to copy from; a validated one always can.
    pub fn firehose(&self, config: FirehoseConfig) -> Result<Firehose, ConfigError> {
        Firehose::new(self.world.clone(), config)
    }
}

#[cfg(test)]
mod tests;
