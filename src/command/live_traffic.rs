//! Records of the present, at a rate, until it is time to stop: what `demo` shows and `simulate --live` publishes.

use crate::clock::SystemClock;
use crate::publish::{Handed, Outgoing, Publisher};
use simulate::{LiveConfig, Workload};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use touchpoint::Clock;

/// Pause while nothing is due.
const IDLE: Duration = Duration::from_millis(5);

/// Publishes `rate` records per second of what the company of `workload` does now.
///
/// # Errors
/// The client gave up.
pub(super) fn publish_live(
    publisher: &mut Publisher,
    workload: &Workload,
    rate: f64,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
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
