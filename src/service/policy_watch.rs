//! Reads the policy file again when it changes, or when the process is sent SIGHUP.
//!
//! A good text that means something else goes to the pipeline, which puts it in force between two batches. A bad one is told
//! with all its problems and changes nothing; the metric `touchload_policy_reload_failed` is 1 until the file is right again.

use super::occasion::{Occasion, Occasions};
use super::watched_text::WatchedText;
use crate::policy::{PolicyError, means_the_same, reload};
use serve::metrics::in_force::{InForceMetrics, Reload};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use touchpoint::Policy;

/// See the module.
pub(super) struct PolicyWatch {
    text: WatchedText,
    /// Every policy that was in force since the start, the last one last.
    taken: Vec<Arc<Policy>>,
    pipeline: watch::Sender<Arc<Policy>>,
    metrics: InForceMetrics,
    occasions: Occasions,
}

impl PolicyWatch {
    /// A watch over a file that `in_force` was read from.
    ///
    /// # Errors
    /// The system has no room for a signal handler.
    pub(super) fn new(
        file: PathBuf,
        in_force: Arc<Policy>,
        pipeline: watch::Sender<Arc<Policy>>,
        metrics: InForceMetrics,
    ) -> std::io::Result<Self> {
        let (text, occasions) = (WatchedText::new(file), Occasions::new()?);
        Ok(Self { text, taken: vec![in_force], pipeline, metrics, occasions })
    }

    /// Looks until it is time to stop.
    pub(super) async fn run(mut self, quiet: CancellationToken) {
        while let Some(occasion) = self.occasions.next(&quiet).await {
            self.look(occasion).await;
        }
    }

    async fn look(&mut self, occasion: Occasion) {
        let Some(text) = self.text.look(occasion).await else { return };
        let name = self.text.name();
        let read = match text {
            Ok(text) => reload(&name, &text, &self.taken),
            Err(source) => Err(PolicyError::Unreadable { file: name.clone(), source }),
        };
        match read {
            Ok(policy) => self.take(policy, occasion),
            Err(error) => {
                self.metrics.reloaded(Reload::Failed);
                self.tell(&name, &error);
            }
        }
    }

    fn take(&mut self, policy: Policy, occasion: Occasion) {
        self.metrics.reloaded(Reload::Done);
        if self.taken.last().is_some_and(|in_force| means_the_same(in_force, &policy)) {
            match occasion {
                Occasion::Signal => tracing::info!(version = policy.version, "the policy file means what is in force"),
                Occasion::Time => tracing::debug!(version = policy.version, "the policy file means what is in force"),
            }
            return;
        }
        tracing::info!(version = policy.version, "the policy file was read and takes force");
        let policy = Arc::new(policy);
        self.taken.retain(|taken| taken.version != policy.version);
        self.taken.push(policy.clone());
        self.pipeline.send_replace(policy);
    }

    fn tell(&self, file: &str, error: &PolicyError) {
        let version = self.taken.last().map(|policy| policy.version.as_str());
        let problems = match error {
            PolicyError::Unreadable { source, .. } => vec![source.to_string()],
            PolicyError::Problems { problems, .. } => problems.iter().map(ToString::to_string).collect(),
        };
        for problem in &problems {
            tracing::error!(file, problem, "a problem of the policy file");
        }
        let count = problems.len();
        tracing::error!(
            file,
            problems = count,
            in_force = version,
            "the policy file is not taken; the old policy stays in force"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::{Occasion, PolicyWatch};
    use serve::metrics::in_force::{InForceMetrics, POLICY};
    use std::path::Path;
    use std::sync::Arc;
    use tokio::sync::watch;
    use touchpoint::Policy;

    fn watched(file: &Path, registry: &prometheus::Registry) -> (PolicyWatch, watch::Receiver<Arc<Policy>>) {
        let in_force = Arc::new(crate::policy::load(file).unwrap());
        let (sender, receiver) = watch::channel(in_force.clone());
        let metrics = InForceMetrics::register(registry, &POLICY).unwrap();
        (PolicyWatch::new(file.to_owned(), in_force, sender, metrics).unwrap(), receiver)
    }

    #[tokio::test]
    async fn a_good_text_goes_on_and_a_bad_one_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("p.toml");
        let write = |text: &str| std::fs::write(&file, text).unwrap();
        write("version = \"v1\"");
        let registry = prometheus::Registry::new();
        let (mut watch, mut pipeline) = watched(&file, &registry);
        let failed = || {
            let family = registry.gather().into_iter().find(|f| f.name() == "touchload_policy_reload_failed").unwrap();
            family.get_metric()[0].get_gauge().get_value()
        };
        // What to write (nothing: the file goes), the version that is new, whether the reload failed.
        for (text, taken, fails) in [
            (Some("version = \"v1\""), None, 0.0),
            (Some("version = \"v1\"\nzones.near = 0.8"), None, 1.0),
            (Some("version = \"v2\"\nzones.near = 0.8"), Some("v2"), 0.0),
            (Some("version = \"v2\"\nzones.near = 8"), None, 1.0),
            (None, None, 1.0),
            (Some("version = \"v2\"\nzones.near = 0.8"), None, 0.0),
            // A version that was in force before still means what it meant.
            (Some("version = \"v1\"\nzones.near = 0.7"), None, 1.0),
            (Some("version = \"v1\""), Some("v1"), 0.0),
        ] {
            match text {
                Some(text) => write(text),
                None => std::fs::remove_file(&file).unwrap(),
            }
            for occasion in [Occasion::Time, Occasion::Time, Occasion::Signal] {
                watch.look(occasion).await;
                assert_eq!(failed(), fails, "{text:?}");
            }
            let new = pipeline.has_changed().unwrap().then(|| pipeline.borrow_and_update().version.clone());
            assert_eq!(new.as_deref(), taken, "{text:?}");
        }
    }
}
