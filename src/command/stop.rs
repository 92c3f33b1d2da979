//! When to stop: Ctrl-C, SIGTERM, or after a while. A second Ctrl-C does not wait for anything.

use crate::cli::ExitStatus;
use std::io::Write;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// A token that is cancelled by a signal or, if given, by time.
pub(super) fn token(after: Option<Duration>) -> anyhow::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let cancel = stop.clone();
    tokio::task::spawn(async move {
        let time = async {
            match after {
                Some(time) => tokio::time::sleep(time).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            () = time => {}
        }
        cancel.cancel();
        // A store that is down can hold up an orderly end for as long as it is tried again.
        if interrupt.recv().await.is_some() {
            end_at_once();
        }
    });
    Ok(stop)
}

/// As a crash would, which every start recovers from: what is not committed is read again.
#[expect(clippy::exit, reason = "the second Ctrl-C asks for exactly that, and nobody else is left to listen")]
fn end_at_once() {
    // Without a standard error there is nobody to tell.
    drop(writeln!(std::io::stderr(), "touchload: ended by the second Ctrl-C; what was not committed is read again"));
    std::process::exit(ExitStatus::Interrupted.code().into());
}
