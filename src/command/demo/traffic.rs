//! The demo's producer: history first, then live traffic, never further ahead of the consumers than the embedded broker
//! can hold.

use crate::broker::SAFE_BACKLOG;
use crate::cli::DemoArgs;
use crate::clock::SystemClock;
use crate::pipeline::Observer;
use crate::publish::{Backlog, Each, Handed, Outgoing, Pace, Publisher, PublisherConfig, publish};
use simulate::{LiveConfig, Span, Workload};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use touchpoint::Clock;

/// How long the producer waits for its last answers; the broker is in this process.
const FLUSH: Duration = Duration::from_secs(2);
/// Pause while nothing is due.
const IDLE: Duration = Duration::from_millis(5);

pub(super) struct Traffic {
    thread: JoinHandle<anyhow::Result<()>>,
}

impl Traffic {
    pub(super) fn start(
        args: &DemoArgs,
        servers: &str,
        workload: Workload,
        span: Span,
        observer: Observer,
        stop: &CancellationToken,
    ) -> anyhow::Result<Self> {
        let consumed = Arc::new(move || observer.tally().read);
        let backlog = Backlog::Limited { consumed, limit: SAFE_BACKLOG };
        let config = PublisherConfig { backlog, ..PublisherConfig::new(servers) };
        let (rate, stop) = (f64::from(args.rate), stop.clone());
        let thread = std::thread::Builder::new().name("traffic".into()).spawn(move || {
            let mut publisher = Publisher::connect(&config)?;
            publish(&mut publisher, &mut Each::of(workload.history(span)), Pace::Unbounded, &stop)?;
            live(&mut publisher, &workload, rate, &stop)?;
            publisher.finish(FLUSH)?;
            Ok(())
        })?;
        Ok(Self { thread })
    }

    /// Waits for the producer, which ends with the token.
    pub(super) fn join(self) -> anyhow::Result<()> {
        match self.thread.join() {
            Ok(result) => result,
            Err(_) => anyhow::bail!("the traffic thread panicked: a bug"),
        }
    }
}

fn live(publisher: &mut Publisher, workload: &Workload, rate: f64, stop: &CancellationToken) -> anyhow::Result<()> {
    let mut traffic = workload.live(LiveConfig::new(rate, SystemClock.now()));
    while !stop.is_cancelled() {
        match traffic.next_due(SystemClock.now()) {
            Some(record) => {
                let outgoing = Outgoing {
                    kind: record.kind,
                    key: Some(record.key.as_bytes()),
                    payload: Some(&record.payload),
                    timestamp: record.arrival,
                };
                if publisher.send(&outgoing, stop)? == Handed::Stopped {
                    return Ok(());
                }
            }
            None => publisher.serve(IDLE),
        }
    }
    Ok(())
}
