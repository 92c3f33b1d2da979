//! Reads users and certificate of the SQL server again when they change, or when the process is sent SIGHUP.
//!
//! Good users hold from the next login on: who is no longer among them is not let in any more, and who is connected stays
//! until the connection ends. A file with problems, of which every one is told, changes nothing: the metric
//! `touchload_sql_users_reload_failed` is 1 until it is right again. No name and no verifier is logged.

use super::occasion::{Occasion, Occasions};
use super::watched_text::WatchedText;
use crate::users::{UsersError, load};
use serve::metrics::in_force::{InForceMetrics, Reload};
use serve::postgres::{Encryption, EncryptionFiles, SharedUsers, Users};
use std::path::PathBuf;
use tokio_util::sync::CancellationToken;

/// See the module.
pub(super) struct UsersWatch {
    file: PathBuf,
    text: WatchedText,
    users: SharedUsers,
    certificate: Option<Certificate>,
    metrics: InForceMetrics,
    occasions: Occasions,
}

struct Certificate {
    files: EncryptionFiles,
    texts: [WatchedText; 2],
    encryption: Encryption,
}

impl UsersWatch {
    /// A watch over the files that `users` and what connections are encrypted with were read from.
    ///
    /// # Errors
    /// The system has no room for a signal handler.
    pub(super) fn new(
        file: PathBuf,
        users: SharedUsers,
        encryption: Option<(EncryptionFiles, Encryption)>,
        metrics: InForceMetrics,
    ) -> std::io::Result<Self> {
        let certificate = encryption.map(|(files, encryption)| Certificate {
            texts: [&files.certificate, &files.key].map(|file| WatchedText::new(file.clone())),
            files,
            encryption,
        });
        let (text, occasions) = (WatchedText::new(file.clone()), Occasions::new()?);
        Ok(Self { file, text, users, certificate, metrics, occasions })
    }

    /// Looks until it is time to stop.
    pub(super) async fn run(mut self, quiet: CancellationToken) {
        while let Some(occasion) = self.occasions.next(&quiet).await {
            self.look(occasion).await;
        }
    }

    async fn look(&mut self, occasion: Occasion) {
        if self.text.look(occasion).await.is_some() {
            // Read anew, with a look at who else can read it.
            match load(&self.file) {
                Ok(users) => self.take(users),
                Err(error) => {
                    self.metrics.reloaded(Reload::Failed);
                    tell(&self.text.name(), &error);
                }
            }
        }
        let Some(certificate) = &mut self.certificate else { return };
        let mut changed = false;
        for text in &mut certificate.texts {
            changed |= text.look(occasion).await.is_some();
        }
        if !changed {
            return;
        }
        if let Err(error) = certificate.encryption.reload(&certificate.files) {
            self.metrics.reloaded(Reload::Failed);
            tracing::error!(%error, "the certificate is not taken; the old one stays in force");
        }
    }

    fn take(&self, users: Users) {
        self.metrics.reloaded(Reload::Done);
        let (count, version) = (users.len(), users.version());
        if version == self.users.now().version() {
            tracing::debug!(version, "the users file holds what is in force");
            return;
        }
        self.users.replace(users);
        self.metrics.in_force(&version);
        tracing::info!(version, users = count, "the users file was read and is in force");
    }
}

fn tell(file: &str, error: &UsersError) {
    let problems = match error {
        UsersError::File { source, .. } => vec![source.to_string()],
        UsersError::Open { .. } => vec!["everybody on this machine can read it".to_owned()],
        UsersError::Problems { problems, .. } => problems.iter().map(ToString::to_string).collect(),
    };
    for problem in &problems {
        tracing::error!(file, problem, "a problem of the users file");
    }
    tracing::error!(
        file,
        problems = problems.len(),
        "the users file is not taken; the old users stay in force, those that it was to remove too"
    );
}

#[cfg(test)]
mod tests {
    use super::{Occasion, UsersWatch};
    use crate::users::{load, text, write_file};
    use serve::metrics::in_force::{InForceMetrics, USERS};
    use serve::postgres::{SharedUsers, User, Verifier};
    use serve::{Reader, Role};

    #[tokio::test]
    async fn good_users_hold_at_once_and_a_bad_file_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("users.toml");
        let verifier = Verifier::of("pencil").unwrap();
        let user = |name: &str| {
            let reader = Reader { name: name.into(), role: Role::Analyst, territories: None, owner_id: None };
            User { verifier: verifier.clone(), reader }
        };
        write_file(&file, &text(&[user("a"), user("b")])).unwrap();
        let users = SharedUsers::new(load(&file).unwrap()).unwrap();
        let registry = prometheus::Registry::new();
        let metrics = InForceMetrics::register(&registry, &USERS).unwrap();
        let mut watch = UsersWatch::new(file.clone(), users.clone(), None, metrics).unwrap();
        let names = || ["a", "b", "c"].into_iter().filter(|name| users.now().get(name).is_some()).collect::<String>();
        for (content, expected) in [
            (text(&[user("a"), user("b")]), "ab"),
            (text(&[user("b")]), "b"),
            ("[[users]]".to_owned(), "b"),
            (text(&[user("b"), user("c")]), "bc"),
        ] {
            write_file(&file, &content).unwrap();
            for occasion in [Occasion::Time, Occasion::Signal] {
                watch.look(occasion).await;
                assert_eq!(names(), expected);
            }
        }
    }
}
