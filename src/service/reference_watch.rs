//! Follows the topics of reference data, and reads the files again when one changes, or when the process is sent SIGHUP.
//!
//! Every few seconds topics are read as far as they go, and names, sizes and times of all files are looked at. What has
//! changed is loaded once it has stood still from one look to the next: so a file that is being written is left alone, and
//! messages that belong together come together. For safety write another file and rename it; a topic that never rests is
//! loaded after half a minute all the same. Good data go to the decoder, and to the pipeline, which puts them in force
//! between two batches. Problems, of which every one is told, change nothing; `touchload_reference_reload_failed` is 1
//! until they are put right.
//!
//! Of a table that has lost more than half of its rows the log warns; consents that have are not taken, since without them
//! people who refused are touched: SIGHUP, by which somebody says that it is meant, takes them.

use crate::reference::{Look, ReferenceSource};
use ingest::decode::Decoder;
use ingest::reference_files::{ReferenceError, Retry, Taken};
use serve::metrics::in_force::Reload;
use serve::metrics::reference::{Effect, ReferenceMetrics};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use touchpoint::Reference;
use touchpoint::reference::Shrunk;

/// How often the files are looked at, and topics followed.
const EVERY: Duration = Duration::from_secs(3);
/// Looks after which a topic that never rests is loaded.
const RESTLESS: u32 = 10;
/// Looks after which topics are read from their beginning: half a day, well before compaction removes the tombstones of a
/// day ago, which a reader that was cut off for long could miss.
const LOOKS_PER_BEGINNING: u32 = 14_400;
/// The table that must not shrink by mistake.
const CONSENTS: &str = "consents";

/// Why files and topics are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Occasion {
    Time,
    Signal,
}

/// Where good data go.
pub(super) struct Takers {
    /// Places dates.
    pub(super) decoder: Arc<Decoder>,
    /// Evaluates HCPs.
    pub(super) pipeline: watch::Sender<Arc<Reference>>,
    /// Says how it went.
    pub(super) metrics: ReferenceMetrics,
}

/// See the module.
pub(super) struct ReferenceWatch {
    source: Arc<Mutex<ReferenceSource>>,
    in_force: Arc<Reference>,
    takers: Takers,
    /// How everything looked when it was last loaded, and at the last look.
    read: Look,
    seen: Look,
    /// Looks since it was last loaded or at rest.
    restless: u32,
    looks: u32,
    /// Somebody asked for a load, and it has not come yet.
    asked: Occasion,
    told: Option<ReferenceError>,
    hangup: Signal,
}

impl ReferenceWatch {
    /// A watch over what `in_force` was just read from.
    ///
    /// # Errors
    /// The system has no room for a signal handler.
    pub(super) fn new(
        source: Arc<Mutex<ReferenceSource>>,
        in_force: Arc<Reference>,
        takers: Takers,
    ) -> std::io::Result<Self> {
        let hangup = signal(SignalKind::hangup())?;
        // Files may have been replaced since they were read: they are read once more as soon as they stand still.
        let (read, seen) = (Look::default(), held(&source).look());
        let (restless, looks, asked, told) = (0, 0, Occasion::Time, None);
        Ok(Self { source, in_force, takers, read, seen, restless, looks, asked, told, hangup })
    }

    /// Looks until it is time to stop.
    pub(super) async fn run(mut self, quiet: CancellationToken) {
        loop {
            let occasion = tokio::select! {
                () = tokio::time::sleep(EVERY) => Occasion::Time,
                _ = self.hangup.recv() => Occasion::Signal,
                () = quiet.cancelled() => return,
            };
            tokio::select! {
                () = self.look(occasion) => {}
                () = quiet.cancelled() => return,
            }
        }
    }

    async fn look(&mut self, occasion: Occasion) {
        self.looks = self.looks.wrapping_add(1);
        let is_anew = occasion == Occasion::Signal || self.looks.is_multiple_of(LOOKS_PER_BEGINNING);
        let source = self.source.clone();
        let looking = move || {
            let mut source = held(&source);
            if is_anew {
                source.start_over();
            }
            (source.look(), source.take_counts())
        };
        // A thread that panicked or was cancelled at the end of the process has seen nothing.
        let Ok((now, counts)) = tokio::task::spawn_blocking(looking).await else { return };
        for ((table, taken), count) in counts {
            let effect = if taken == Taken::Stated { Effect::States } else { Effect::Withdraws };
            self.takers.metrics.messages(table.name(), effect, count);
        }
        if occasion == Occasion::Signal {
            self.asked = Occasion::Signal;
        }
        if self.is_due(occasion, now) {
            self.load().await;
        }
    }

    /// Whether it is time to load.
    fn is_due(&mut self, occasion: Occasion, now: Look) -> bool {
        let (is_still, has_same_files) = (now == self.seen, now.has_files_of(&self.seen));
        self.seen = now;
        let is_news = self.seen != self.read || self.asked == Occasion::Signal;
        self.restless = if is_news { self.restless.saturating_add(1) } else { 0 };
        let has_rested = is_still || has_same_files && self.restless >= RESTLESS;
        self.seen.is_whole() && (occasion == Occasion::Signal || is_news && has_rested)
    }

    async fn load(&mut self) {
        self.read = self.seen.clone();
        self.restless = 0;
        let asked = std::mem::replace(&mut self.asked, Occasion::Time);
        let source = self.source.clone();
        let Ok(loaded) = tokio::task::spawn_blocking(move || held(&source).load()).await else { return };
        match loaded {
            Ok(reference) => self.take(reference, asked),
            Err(error) => {
                if error.retry == Retry::MayHelp {
                    // Nothing need change for the next try.
                    self.read = Look::default();
                }
                self.refuse(error);
            }
        }
    }

    fn take(&mut self, reference: Arc<Reference>, asked: Occasion) {
        self.told = None;
        let version = reference.version();
        if version == self.in_force.version() {
            self.takers.metrics.reloaded(Reload::Done, 0);
            tracing::info!(version, "reference data hold what is in force");
            return;
        }
        let mut is_refused = false;
        for Shrunk { table, before, after } in reference.shrunk_since(&self.in_force) {
            tracing::warn!(table, before, after, "a table of reference data has lost most of its rows");
            is_refused |= table == CONSENTS && asked == Occasion::Time;
        }
        if is_refused {
            self.takers.metrics.reloaded(Reload::Failed, 1);
            tracing::error!(
                in_force = self.in_force.version(),
                "consents that lost most of their rows are not taken, and nothing else is: the old reference data stay in \
                 force. If it is meant, send the process SIGHUP; otherwise bring the rows back"
            );
            return;
        }
        self.takers.metrics.reloaded(Reload::Done, 0);
        tracing::info!(version, "reference data were read and take force");
        self.takers.decoder.set_reference(reference.clone());
        self.takers.pipeline.send_replace(reference.clone());
        self.in_force = reference;
    }

    /// Each error is told once, however often it is tried again.
    fn refuse(&mut self, error: ReferenceError) {
        self.takers.metrics.reloaded(Reload::Failed, error.count());
        if self.told.as_ref() == Some(&error) {
            return;
        }
        for problem in error.lines() {
            tracing::error!(problem, "a problem of the reference data");
        }
        tracing::error!(
            problems = error.count(),
            in_force = self.in_force.version(),
            "the reference data are not taken; the old ones stay in force"
        );
        self.told = Some(error);
    }
}

fn held(source: &Mutex<ReferenceSource>) -> std::sync::MutexGuard<'_, ReferenceSource> {
    source.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::{Occasion, ReferenceWatch, Takers};
    use crate::reference::{ReferenceInput, ReferenceSource};
    use ingest::decode::{DecodeOptions, Decoder};
    use serve::metrics::reference::ReferenceMetrics;
    use std::path::Path;
    use std::sync::Arc;
    use tokio::sync::watch;
    use touchpoint::Reference;

    struct Watched {
        watch: ReferenceWatch,
        taken: watch::Receiver<Arc<Reference>>,
        registry: prometheus::Registry,
    }

    impl Watched {
        fn over(folder: &Path) -> Self {
            let input = ReferenceInput { folder: Some(folder.to_owned()), ..ReferenceInput::default() };
            let in_force = input.load().unwrap();
            let registry = prometheus::Registry::new();
            let metrics = ReferenceMetrics::register(&registry).unwrap();
            let decoder = Arc::new(Decoder::new(in_force.clone(), DecodeOptions::default()));
            let (pipeline, taken) = watch::channel(in_force.clone());
            let source = ReferenceSource::of_files(input).shared();
            let watch = ReferenceWatch::new(source, in_force, Takers { decoder, pipeline, metrics }).unwrap();
            Self { watch, taken, registry }
        }

        fn gauge(&self, name: &str) -> f64 {
            let family = self.registry.gather().into_iter().find(|f| f.name() == name);
            family.unwrap().get_metric()[0].get_gauge().get_value()
        }

        async fn look(&mut self, occasion: Occasion) {
            self.watch.look(occasion).await;
        }

        /// HCPs of what was taken since this was last asked.
        fn news(&mut self) -> Option<usize> {
            self.taken.has_changed().unwrap().then(|| self.taken.borrow_and_update().hcp_count())
        }
    }

    #[tokio::test]
    async fn good_files_go_on_and_bad_ones_change_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let write = |text: &str| std::fs::write(folder.path().join("hcps.csv"), text).unwrap();
        write("hcp_id\nh1\n");
        let mut watched = Watched::over(folder.path());
        // What to write (nothing: the file goes), how many HCPs are new, how many problems there are.
        for (text, new, problems) in [
            (Some("hcp_id\nh1\nh2\n"), Some(2), 0.0),
            (Some("hcp_id\nh2\nh1\n\n"), None, 0.0),
            (Some("hcp_id,time_zone\nh1,Mars/Base\nh2,Mars/Base\n"), None, 2.0),
            (None, None, 1.0),
            (Some("hcp_id\nh1\nh2\n"), None, 0.0),
            (Some("hcp_id\nh1\nh2\nh3\n"), Some(3), 0.0),
        ] {
            match text {
                Some(text) => write(text),
                None => std::fs::remove_file(folder.path().join("hcps.csv")).unwrap(),
            }
            watched.look(Occasion::Time).await;
            assert_eq!(watched.news(), None, "it may still be written: {text:?}");
            watched.look(Occasion::Time).await;
            assert_eq!(watched.gauge("touchload_reference_reload_failed"), f64::from(problems > 0.0), "{text:?}");
            assert_eq!(watched.gauge("touchload_reference_problems"), problems, "{text:?}");
            assert_eq!(watched.news(), new, "{text:?}");
        }
        write("hcp_id\nh9\n");
        watched.look(Occasion::Signal).await;
        assert_eq!(watched.news(), Some(1), "a signal does not wait");
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_tried_again_though_nothing_changes() {
        let folder = tempfile::tempdir().unwrap();
        let hcps = folder.path().join("hcps.csv");
        std::fs::write(&hcps, "hcp_id\nh1\n").unwrap();
        let mut watched = Watched::over(folder.path());
        watched.look(Occasion::Time).await;
        // A folder's times and size do not tell that it can be opened and not read.
        std::fs::remove_file(&hcps).unwrap();
        std::os::unix::fs::symlink(folder.path().join("elsewhere"), &hcps).unwrap();
        for _ in 0..3 {
            watched.look(Occasion::Time).await;
        }
        assert_eq!(watched.gauge("touchload_reference_reload_failed"), 1.0);
        let read = watched.watch.read.clone();
        assert_ne!(read, watched.watch.seen, "the next look tries again");
        std::fs::write(folder.path().join("elsewhere"), "hcp_id\nh1\nh2\n").unwrap();
        watched.look(Occasion::Time).await;
        watched.look(Occasion::Time).await;
        assert_eq!((watched.news(), watched.gauge("touchload_reference_reload_failed")), (Some(2), 0.0));
    }

    #[tokio::test]
    async fn consents_that_vanish_are_taken_only_when_somebody_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        let header = "hcp_id,consent,captured_at\n";
        let row = |n: u32| format!("h{n},opt_out,2026-01-01\n");
        let four: String = (0..4).map(row).collect();
        write("consents.csv", &format!("{header}{four}"));
        write("hcps.csv", "hcp_id\nh1\nh2\nh3\n");
        let mut watched = Watched::over(folder.path());
        // Of HCPs it is only said.
        write("hcps.csv", "hcp_id\nh1\n");
        watched.look(Occasion::Time).await;
        watched.look(Occasion::Time).await;
        assert_eq!(watched.news(), Some(1));
        write("consents.csv", header);
        watched.look(Occasion::Time).await;
        watched.look(Occasion::Time).await;
        assert_eq!((watched.news(), watched.gauge("touchload_reference_reload_failed")), (None, 1.0));
        watched.look(Occasion::Signal).await;
        assert_eq!((watched.news(), watched.gauge("touchload_reference_reload_failed")), (Some(1), 0.0));
    }
}
