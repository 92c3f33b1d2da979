//! When files that were read are looked at again: now and then, and when the process is sent SIGHUP.

use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// How often.
const EVERY: Duration = Duration::from_secs(3);

/// Why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Occasion {
    /// It is time.
    Time,
    /// Somebody asked for it.
    Signal,
}

/// The occasions of one watch.
pub(super) struct Occasions {
    hangup: Signal,
}

impl Occasions {
    /// Signals count from now on.
    ///
    /// # Errors
    /// The system has no room for a signal handler.
    pub(super) fn new() -> std::io::Result<Self> {
        Ok(Self { hangup: signal(SignalKind::hangup())? })
    }

    /// Waits for the next one; `None` when it is time to stop.
    pub(super) async fn next(&mut self, quiet: &CancellationToken) -> Option<Occasion> {
        tokio::select! {
            () = tokio::time::sleep(EVERY) => Some(Occasion::Time),
            _ = self.hangup.recv() => Some(Occasion::Signal),
            () = quiet.cancelled() => None,
        }
    }
}
