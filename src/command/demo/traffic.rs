//! The demo's producer: history first, then live traffic, never further ahead of the consumers than the embedded broker
//! can hold.

use crate::broker::SAFE_BACKLOG;
use crate::cli::DemoArgs;
use crate::command::live_traffic::publish_live;
use crate::pipeline::Observer;
use crate::publish::{Backlog, Each, Pace, Publisher, PublisherConfig, publish};
use simulate::{Span, Workload};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long the producer waits for its last answers; the broker is in this process.
const FLUSH: Duration = Duration::from_secs(2);

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
            publish_live(&mut publisher, &workload, rate, &stop)?;
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
