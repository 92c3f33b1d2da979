//! Bad records with a known reason, made of good ones.
//!
//! Each is a copy of a good record with an id of its own and exactly one fault, so that any reader that keeps the
//! contract names the same reason. Bad records are added, never put in place of good ones: without them the stream is
//! the same, byte for byte. Deletes are not copied, for they lack the fields that most faults need.

mod fault;

use crate::config::PoisonConfig;
use crate::draft::{Dispatch, Draft, Extra};
use crate::id::Named;
use crate::produced::Produced;
use crate::seed::Purpose;
use crate::world::World;
use crate::write::write_record;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use std::collections::VecDeque;
use touchpoint::RejectReason;
use touchpoint::words::Op;

/// Turns dispatches into messages, with bad ones in between.
#[derive(Debug, Clone)]
pub(crate) struct Emitter {
    rng: ChaCha8Rng,
    /// Bad records that the share still asks for.
    owed: f64,
    number: u32,
    waiting: VecDeque<Produced>,
}

impl Emitter {
    /// An emitter for one stream; `stream` keeps the streams of a world apart.
    pub(crate) fn new(world: &World, stream: i64) -> Self {
        let rng = world.seed().generator(Purpose::Poison, stream);
        Self { rng, owed: 0.5, number: 0, waiting: VecDeque::new() }
    }

    /// A bad record that is due; ask before every [`Emitter::emit`].
    pub(crate) fn take_bad(&mut self) -> Option<Produced> {
        self.waiting.pop_front()
    }

    /// The message of a good record.
    pub(crate) fn emit(&mut self, world: &World, dispatch: &Dispatch) -> Produced {
        let config = &world.config().poison;
        self.owed += config.share / (1.0 - config.share);
        if dispatch.draft.op == Op::Upsert {
            while self.owed >= 1.0 && !config.reasons.is_empty() {
                self.owed -= 1.0;
                let bad = self.spoil(world, dispatch, config);
                self.waiting.push_back(bad);
            }
        }
        produced(dispatch, None)
    }

    fn spoil(&mut self, world: &World, dispatch: &Dispatch, config: &PoisonConfig) -> Produced {
        let turn = self.number as usize % config.reasons.len().max(1);
        let reason = config.reasons.get(turn).copied().unwrap_or(RejectReason::Malformed);
        let draft = Draft {
            event: dispatch.draft.event.poisoned(self.number),
            version: 0,
            extra: Extra::Nothing,
            ..dispatch.draft
        };
        self.number = self.number.wrapping_add(1);
        let dispatch = Dispatch { draft, ..*dispatch };
        let variant = self.rng.random();
        match reason {
            RejectReason::MissingField => fault::missing_field(&dispatch, variant),
            RejectReason::BadValue => fault::bad_value(&dispatch, variant),
            RejectReason::FutureTimestamp => fault::future_timestamp(dispatch, variant),
            RejectReason::KeyMismatch => {
                let key = Named::Hcp(world.hcps() + draft.hcp).id();
                Produced { key, ..produced(&dispatch, Some(reason)) }
            }
            RejectReason::Oversized => fault::oversized(&dispatch, config.oversized_bytes),
            // The other two are refused with the config.
            RejectReason::Malformed | RejectReason::Tombstone | RejectReason::UnsupportedEnvelope => {
                fault::malformed(&dispatch, variant)
            }
        }
    }
}

/// The message of a dispatch as it is.
pub(crate) fn produced(dispatch: &Dispatch, expected: Option<RejectReason>) -> Produced {
    let mut payload = Vec::with_capacity(384);
    write_record(&dispatch.draft, &mut payload);
    let draft = &dispatch.draft;
    Produced { kind: draft.kind, key: Named::Hcp(draft.hcp).id(), payload, arrival: dispatch.arrival, expected }
}
