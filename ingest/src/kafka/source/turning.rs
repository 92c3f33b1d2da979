//! The loop: one turn serves the group, the pipeline and the messages, and never waits long for any of them.
//!
//! Back-pressure. Messages and the group's decisions come by two queues of the client. While something waits for room
//! in the channel, no message is taken, and librdkafka stops fetching once its bounded queue is full; the group is
//! served as always, so that rebalances and the poll interval hold however long the pipeline takes. Nothing that was
//! fetched is thrown away, and at most one round of batches waits. (Pausing the partitions would empty the queue and
//! fetch it again.)

use super::Shared;
use super::filling::{Bounds, Eagerness, Filling, Fullness};
use super::group::{Member, Severity, severity};
use super::outbox::{Delivery, Outbox};
use super::phase::{Afterwards, Phase};
use super::reading::{Obstacle, Reading};
use crate::decode::Decoder;
use crate::kafka::config::KafkaConfig;
use crate::kafka::context::SourceContext;
use crate::kafka::error::IngestError;
use crate::kafka::event::SourceEvent;
use crate::kafka::native::MessageView;
use crate::kafka::ownership::PartitionCounts;
use crate::kafka::stats::{Counters, add, held};
use crate::kafka::topics::{Sighting, TopicWatch};
use crossbeam_channel::Sender;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use touchpoint::{Clock, TopicPartition};

/// Batches of the client per turn: enough to make the rest of a turn cheap, few enough to keep turns short.
const BATCHES_PER_TURN: usize = 16;
/// The longest wait for a message or for room.
const PATIENCE: Duration = Duration::from_millis(20);
/// The pipeline's clock where no record comes: a record that has just come waits so long at most for its turn to be noticed.
const TURN_INTERVAL: Duration = Duration::from_millis(25);
const SEEK_INTERVAL: Duration = Duration::from_secs(1);
const COUNT_INTERVAL: Duration = Duration::from_secs(30);
const COMPLAINT_INTERVAL: Duration = Duration::from_secs(10);

/// Whether the pipeline keeps up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Free,
    Stalled,
}

/// How the loop ends.
#[derive(Debug)]
pub(super) enum End {
    /// As asked.
    Left,
    /// Nobody receives.
    Gone,
    /// With this last event.
    Last(Box<SourceEvent>),
}

impl From<IngestError> for End {
    fn from(error: IngestError) -> Self {
        Self::Last(Box::new(SourceEvent::Failed(error)))
    }
}

/// Everything that the thread owns.
pub(super) struct Source {
    pub(super) config: KafkaConfig,
    pub(super) member: Member,
    pub(super) watch: TopicWatch,
    pub(super) counts: Option<PartitionCounts>,
    pub(super) reading: Reading,
    pub(super) filling: Filling,
    pub(super) outbox: Outbox,
    pub(super) phase: Phase,
    pub(super) counters: Arc<Counters>,
    shared: Arc<Shared>,
    clock: Arc<dyn Clock>,
    flow: Flow,
    turn_sent: Instant,
    asked: Option<Instant>,
    complained: Option<Instant>,
}

impl Source {
    pub(super) fn new(
        config: KafkaConfig,
        decoder: Arc<Decoder>,
        clock: Arc<dyn Clock>,
        (shared, events): (Arc<Shared>, Sender<SourceEvent>),
    ) -> Result<Self, IngestError> {
        let counters = Arc::clone(&shared.counters);
        let bounds = Bounds {
            records: config.batch_records,
            bytes: config.batch_bytes,
            age: Duration::from_millis(config.batch_age_ms),
            all_bytes: config.filling_bytes(),
        };
        Ok(Self {
            member: Member::new(&config.consumer(), SourceContext::new(Arc::clone(&counters)))?,
            watch: TopicWatch::spawn(&config)?,
            counts: None,
            reading: Reading::new(config.topics.clone(), Arc::clone(&counters)),
            filling: Filling::new(decoder, Arc::clone(&clock), bounds),
            outbox: Outbox::new(events),
            phase: Phase::Seeking,
            counters,
            shared,
            clock,
            flow: Flow::Free,
            turn_sent: Instant::now(),
            asked: None,
            complained: None,
            config,
        })
    }

    /// Turns until the end, and says how it came.
    pub(super) fn run(mut self) {
        let end = loop {
            let begun = Instant::now();
            let turned = self.turn();
            self.counters.turned(begun.elapsed());
            if let Err(end) = turned {
                break end;
            }
        };
        let last = match end {
            End::Left => return tracing::info!("kafka: left the group"),
            End::Gone => return tracing::info!("kafka: nobody receives any more"),
            End::Last(event) => *event,
        };
        if let Ok(batches) = self.filling.all() {
            batches.into_iter().for_each(|batch| self.outbox.push(SourceEvent::Batch(batch)));
        }
        tracing::error!(reason = ?last, "kafka: the source stops");
        self.outbox.push(last);
        // The reason must arrive; only someone who asked for the end anyway may miss it.
        let stopping = || self.shared.stop.load(Ordering::SeqCst);
        while self.outbox.deliver(PATIENCE) == Delivery::Full && !stopping() {}
    }

    fn turn(&mut self) -> Result<(), End> {
        let returning = matches!(self.phase, Phase::Returning { then: Afterwards::Leave, .. } | Phase::Left);
        if self.shared.stop.load(Ordering::SeqCst) && !returning {
            self.give_back(Afterwards::Leave)?;
        }
        self.look_for_topics()?;
        if let Some(decision) = self.member.context().next_decision() {
            self.take_up(decision)?;
        }
        self.advance()?;
        self.refresh_lag();
        self.tell_group();
        let eagerness = if self.outbox.is_idle() { Eagerness::Hungry } else { Eagerness::Busy };
        for batch in self.filling.due(eagerness)? {
            self.outbox.push(SourceEvent::Batch(batch));
        }
        self.deliver()?;
        if matches!(self.phase, Phase::Left) && !self.outbox.is_waiting() {
            return Err(End::Left);
        }
        self.serve_group()?;
        match self.phase {
            Phase::Reading { .. } if self.flow == Flow::Free => self.read(),
            _ => Ok(()),
        }
    }

    fn take_up(&mut self, decision: crate::kafka::context::Rebalance) -> Result<(), IngestError> {
        // What the group decides while the source is leaving changes nothing: leaving gives everything back.
        let leaving = matches!(self.phase, Phase::Returning { then: Afterwards::Leave, .. } | Phase::Left);
        if leaving { Ok(()) } else { self.decided(decision) }
    }

    /// Hands events on; whether messages are read depends on how that goes.
    fn deliver(&mut self) -> Result<(), End> {
        match self.outbox.deliver(PATIENCE) {
            Delivery::Gone => return Err(End::Gone),
            Delivery::Done => self.flow = Flow::Free,
            Delivery::Full => {
                if self.flow == Flow::Free {
                    add(&self.counters.stalls, 1);
                }
                self.flow = Flow::Stalled;
            }
        }
        if self.turn_sent.elapsed() >= TURN_INTERVAL {
            let turn = SourceEvent::Turn { at: self.clock.now() };
            match self.outbox.offer(turn) {
                Delivery::Gone => return Err(End::Gone),
                Delivery::Done => self.turn_sent = Instant::now(),
                Delivery::Full => {}
            }
        }
        Ok(())
    }

    /// Serves rebalances, errors and statistics, and the message that came here although it was redirected.
    fn serve_group(&mut self) -> Result<(), End> {
        // Only where no messages are read is this the place to wait.
        let mut wait = if matches!(self.phase, Phase::Reading { .. }) { Duration::ZERO } else { PATIENCE / 4 };
        for _ in 0..BATCHES_PER_TURN {
            // The message borrows the consumer, so the parts that take it in are named one by one.
            let Self { member, reading, filling, .. } = self;
            let taken = match member.consumer().poll(wait) {
                None => break,
                Some(Ok(message)) => reading.take(MessageView::of(&message), filling),
                Some(Err(error)) => Err(Obstacle::Client(error)),
            };
            wait = Duration::ZERO;
            taken.map_or_else(|obstacle| self.hit(obstacle), |_| Ok(()))?;
        }
        Ok(())
    }

    /// Reads what was fetched, until a batch is full or the turn has been long enough.
    fn read(&mut self) -> Result<(), End> {
        // What is due was handed on a moment ago, or grows because the pipeline is busy: never spin for it.
        let mut wait = self.filling.until_due().map_or(PATIENCE, |due| due.clamp(Duration::from_millis(1), PATIENCE));
        for _ in 0..BATCHES_PER_TURN {
            let Self { member, reading, filling, .. } = self;
            let (mut full, mut came, mut obstacles) = (Fullness::Room, 0, Vec::new());
            // What was taken from the queue does not come again: the batch is read to its end.
            for message in member.take(wait) {
                came += 1;
                match reading.take(message.view(), filling) {
                    Ok(Fullness::Room) => {}
                    Ok(Fullness::Full) => full = Fullness::Full,
                    Err(obstacle) => obstacles.push(obstacle),
                }
            }
            obstacles.into_iter().try_for_each(|obstacle| self.hit(obstacle))?;
            if came == 0 || full == Fullness::Full {
                break;
            }
            wait = Duration::ZERO;
        }
        Ok(())
    }

    fn hit(&self, obstacle: Obstacle) -> Result<(), End> {
        let error = match obstacle {
            Obstacle::Error(error) => return Err(error.into()),
            Obstacle::Gap { partition, wanted } => {
                let (low, high) = self.member.watermarks(&partition).unwrap_or((-1, -1));
                return Err(End::Last(Box::new(SourceEvent::OffsetGap { partition, wanted, low, high })));
            }
            Obstacle::Client(error) => error,
        };
        match severity(&error) {
            Severity::Transient => Ok(()),
            Severity::Fatal(error) => Err(error.into()),
            Severity::OffsetOutOfRange(cause) => Err(IngestError::OffsetReset { cause }.into()),
        }
    }

    fn look_for_topics(&mut self) -> Result<(), IngestError> {
        let seeking = matches!(self.phase, Phase::Seeking | Phase::Counting { .. });
        let interval = if seeking { SEEK_INTERVAL } else { COUNT_INTERVAL };
        if self.asked.is_none_or(|asked| asked.elapsed() >= interval) && self.watch.ask().is_some() {
            self.asked = Some(Instant::now());
        }
        while let Some((ask, sighting)) = self.watch.answer() {
            match sighting {
                Sighting::Complete(counts) => {
                    self.counters.set_missing_topics(Vec::new());
                    self.counted(ask, counts)?;
                }
                Sighting::Missing(topics) => {
                    self.complain(|| {
                        tracing::warn!(?topics, "kafka: waiting for topics that do not exist or may not be read")
                    });
                    self.counters.set_missing_topics(topics);
                }
                Sighting::Unreachable(cause) => {
                    self.complain(|| tracing::warn!("kafka: no broker says which topics exist: {cause}"));
                }
            }
        }
        Ok(())
    }

    fn complain(&mut self, say: impl FnOnce()) {
        if self.complained.is_none_or(|last| last.elapsed() >= COMPLAINT_INTERVAL) {
            self.complained = Some(Instant::now());
            say();
        }
    }

    /// Passes on how far the table has come.
    pub(super) fn tell_group(&mut self) {
        let next = std::mem::take(&mut *held(&self.shared.committed));
        if !next.is_empty() {
            self.member.tell(&next, &self.counters);
        }
    }

    fn refresh_lag(&self) {
        let Some(extents) = self.member.context().take_extents() else { return };
        let lag = |place: &TopicPartition, next: Option<i64>| {
            let extent = extents.get(place)?;
            Some((extent.end - next.unwrap_or(extent.low)).max(0))
        };
        let slots = self.filling.slots();
        let lags = slots.filter_map(|slot| Some((slot.partition.clone(), lag(&slot.partition, slot.next)?)));
        self.counters.set_lag(lags.collect());
    }
}
