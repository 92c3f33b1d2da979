//! Reads the reference files again when one changes, or when the process is sent SIGHUP.
//!
//! Names, sizes and times of all files are looked at; what has changed is read once it has stood still from one look to
//! the next, so that a file that is being written is left alone. For safety write another file and rename it. Good files go
//! to the decoder, and to the pipeline, which puts them in force between two batches. Files with problems, of which every
//! one is told, change nothing; `touchload_reference_reload_failed` is 1 until they are right again.

use crate::reference::ReferenceInput;
use ingest::decode::Decoder;
use ingest::reference_files::{ReferenceError, ReferenceFiles};
use serve::metrics::in_force::{InForceMetrics, Reload};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use touchpoint::Reference;

/// How often the files are looked at.
const EVERY: Duration = Duration::from_secs(3);
/// How many problems the log names; the rest is counted.
const TOLD: usize = 50;

/// Why the files are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Occasion {
    Time,
    Signal,
}

/// What tells one state of the files from another: a size and a time, unless the file cannot be looked at.
type Look = (ReferenceFiles, Vec<Option<(u64, SystemTime)>>);

/// Where good files go.
pub(super) struct Takers {
    /// Places dates.
    pub(super) decoder: Arc<Decoder>,
    /// Evaluates HCPs.
    pub(super) pipeline: watch::Sender<Arc<Reference>>,
    /// Says how it went.
    pub(super) metrics: InForceMetrics,
}

/// See the module.
pub(super) struct ReferenceWatch {
    input: ReferenceInput,
    in_force: Arc<Reference>,
    takers: Takers,
    /// How the files looked when they were last read, and at the last look.
    read: Look,
    seen: Look,
    hangup: Signal,
}

impl ReferenceWatch {
    /// A watch over files that `in_force` was just read from.
    ///
    /// # Errors
    /// The system has no room for a signal handler.
    pub(super) fn new(input: ReferenceInput, in_force: Arc<Reference>, takers: Takers) -> std::io::Result<Self> {
        let hangup = signal(SignalKind::hangup())?;
        // They may have been replaced since they were read: they are read once more as soon as they stand still.
        let (read, seen) = (Look::default(), look(&input));
        Ok(Self { input, in_force, takers, read, seen, hangup })
    }

    /// Looks until it is time to stop.
    pub(super) async fn run(mut self, quiet: CancellationToken) {
        loop {
            let occasion = tokio::select! {
                () = tokio::time::sleep(EVERY) => Occasion::Time,
                _ = self.hangup.recv() => Occasion::Signal,
                () = quiet.cancelled() => return,
            };
            self.look(occasion).await;
        }
    }

    async fn look(&mut self, occasion: Occasion) {
        let input = self.input.clone();
        // A thread that panicked or was cancelled at the end of the process has seen nothing.
        let Ok(now) = tokio::task::spawn_blocking(move || look(&input)).await else { return };
        let still = now == self.seen;
        self.seen = now;
        if occasion == Occasion::Time && (!still || self.seen == self.read) {
            return;
        }
        self.read = self.seen.clone();
        let input = self.input.clone();
        let Ok(loaded) = tokio::task::spawn_blocking(move || input.load()).await else { return };
        match loaded {
            Ok(reference) => self.take(reference),
            Err(error) => {
                self.takers.metrics.reloaded(Reload::Failed);
                self.tell(&error);
            }
        }
    }

    fn take(&mut self, reference: Arc<Reference>) {
        self.takers.metrics.reloaded(Reload::Done);
        let version = reference.version();
        if version == self.in_force.version() {
            tracing::info!(version, "the reference files hold what is in force");
            return;
        }
        tracing::info!(version, "the reference files were read and take force");
        self.takers.decoder.set_reference(reference.clone());
        self.takers.pipeline.send_replace(reference.clone());
        self.in_force = reference;
    }

    fn tell(&self, error: &ReferenceError) {
        for problem in error.problems.iter().take(TOLD) {
            tracing::error!(problem = %problem, "a problem of the reference files");
        }
        tracing::error!(
            problems = error.problems.len(),
            in_force = self.in_force.version(),
            "the reference files are not taken; the old ones stay in force"
        );
    }
}

fn look(input: &ReferenceInput) -> Look {
    let files = input.files();
    let state = |path: &Path| {
        let metadata = std::fs::metadata(path).ok()?;
        Some((metadata.len(), metadata.modified().ok()?))
    };
    let states = files.iter().map(|(_, path)| state(path)).collect();
    (files, states)
}

#[cfg(test)]
mod tests {
    use super::{Occasion, ReferenceWatch, Takers};
    use crate::reference::ReferenceInput;
    use ingest::decode::{DecodeOptions, Decoder};
    use serve::metrics::in_force::{InForceMetrics, REFERENCE};
    use std::sync::Arc;
    use tokio::sync::watch;

    #[tokio::test]
    async fn good_files_go_on_and_bad_ones_change_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let write = |text: &str| std::fs::write(folder.path().join("hcps.csv"), text).unwrap();
        write("hcp_id\nh1\n");
        let input = ReferenceInput { folder: Some(folder.path().to_owned()), ..ReferenceInput::default() };
        let in_force = input.load().unwrap();
        let registry = prometheus::Registry::new();
        let metrics = InForceMetrics::register(&registry, &REFERENCE).unwrap();
        let decoder = Arc::new(Decoder::new(in_force.clone(), DecodeOptions::default()));
        let (pipeline, mut taken) = watch::channel(in_force.clone());
        let takers = Takers { decoder, pipeline, metrics };
        let mut watch = ReferenceWatch::new(input, in_force, takers).unwrap();
        let failed = || {
            let family = registry.gather().into_iter().find(|f| f.name() == "touchload_reference_reload_failed");
            family.unwrap().get_metric()[0].get_gauge().get_value()
        };
        // What to write (nothing: the file goes), how many HCPs are new, whether the reload failed.
        for (text, new, fails) in [
            (Some("hcp_id\nh1\nh2\n"), Some(2), 0.0),
            (Some("hcp_id\nh2\nh1\n\n"), None, 0.0),
            (Some("hcp_id,time_zone\nh1,Mars/Base\n"), None, 1.0),
            (None, None, 1.0),
            (Some("hcp_id\nh1\nh2\n"), None, 0.0),
            (Some("hcp_id\nh1\nh2\nh3\n"), Some(3), 0.0),
        ] {
            match text {
                Some(text) => write(text),
                None => std::fs::remove_file(folder.path().join("hcps.csv")).unwrap(),
            }
            watch.look(Occasion::Time).await;
            assert!(!taken.has_changed().unwrap(), "it may still be written: {text:?}");
            watch.look(Occasion::Time).await;
            assert_eq!(failed(), fails, "{text:?}");
            let count = taken.has_changed().unwrap().then(|| taken.borrow_and_update().hcp_count());
            assert_eq!(count, new, "{text:?}");
        }
        write("hcp_id\nh9\n");
        watch.look(Occasion::Signal).await;
        assert_eq!(taken.borrow_and_update().hcp_count(), 1, "a signal does not wait");
    }
}
