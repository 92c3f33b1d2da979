//! Reads the tokens file of the API again when it changes, or when the process is sent SIGHUP.
//!
//! Good tokens hold from the next request on, and who is no longer among them is not let in any more. A file with problems,
//! of which every one is told, changes nothing: the metric `touchload_tokens_reload_failed` is 1 until it is right again, and
//! a token that was taken out of it lets in until then. No token, no hash and no name of one is logged.

use super::occasion::{Occasion, Occasions};
use super::watched_text::WatchedText;
use crate::tokens::{TokensError, read};
use serve::metrics::in_force::{InForceMetrics, Reload};
use serve::{Access, SharedAccess, Token};
use std::path::PathBuf;
use tokio_util::sync::CancellationToken;

/// See the module.
pub(super) struct TokensWatch {
    text: WatchedText,
    access: SharedAccess,
    metrics: InForceMetrics,
    occasions: Occasions,
}

impl TokensWatch {
    /// A watch over a file that `access` was read from.
    ///
    /// # Errors
    /// The system has no room for a signal handler.
    pub(super) fn new(file: PathBuf, access: SharedAccess, metrics: InForceMetrics) -> std::io::Result<Self> {
        let (text, occasions) = (WatchedText::new(file), Occasions::new()?);
        Ok(Self { text, access, metrics, occasions })
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
        let tokens = match text {
            Ok(text) => read(&name, &text),
            Err(source) => Err(TokensError::Unreadable { file: name.clone(), source }),
        };
        match tokens {
            Ok(tokens) => self.take(tokens),
            Err(error) => {
                self.metrics.reloaded(Reload::Failed);
                tell(&name, &error);
            }
        }
    }

    fn take(&self, tokens: Vec<Token>) {
        self.metrics.reloaded(Reload::Done);
        let (count, access) = (tokens.len(), Access::Tokens(tokens));
        let version = access.version();
        if version == self.access.now().version() {
            tracing::debug!(version, "the tokens file holds what is in force");
            return;
        }
        self.access.replace(access);
        self.metrics.in_force(&version);
        tracing::info!(version, tokens = count, "the tokens file was read and is in force");
    }
}

fn tell(file: &str, error: &TokensError) {
    let problems = match error {
        TokensError::Unreadable { source, .. } => vec![source.to_string()],
        TokensError::Problems { problems, .. } => problems.iter().map(ToString::to_string).collect(),
    };
    for problem in &problems {
        tracing::error!(file, problem, "a problem of the tokens file");
    }
    tracing::error!(
        file,
        problems = problems.len(),
        "the tokens file is not taken; the old tokens stay in force, those that it was to revoke too"
    );
}

#[cfg(test)]
mod tests {
    use super::{Occasion, TokensWatch};
    use serve::metrics::in_force::{InForceMetrics, TOKENS};
    use serve::{Access, SharedAccess};

    /// A file of tokens by the first digits of their hashes.
    fn text(tokens: &[char]) -> String {
        let token = |digit: &char| {
            let hash = digit.to_string().repeat(64);
            format!("[[tokens]]\nname = \"{digit}\"\nsha256 = \"{hash}\"\nrole = \"commercial\"\n")
        };
        tokens.iter().map(token).collect()
    }

    #[tokio::test]
    async fn good_tokens_hold_at_once_and_a_bad_file_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tokens.toml");
        std::fs::write(&file, text(&['a', 'b'])).unwrap();
        let access = SharedAccess::new(Access::Tokens(crate::tokens::load(&file).unwrap()));
        let registry = prometheus::Registry::new();
        let metrics = InForceMetrics::register(&registry, &TOKENS).unwrap();
        let mut watch = TokensWatch::new(file.clone(), access.clone(), metrics).unwrap();
        let failed = || {
            let family = registry.gather().into_iter().find(|f| f.name() == "touchload_tokens_reload_failed").unwrap();
            family.get_metric()[0].get_gauge().get_value()
        };
        let names = || match &*access.now() {
            Access::Tokens(tokens) => tokens.iter().map(|token| token.name.clone()).collect::<String>(),
            Access::Loopback => "everybody".to_owned(),
        };
        // What to write (nothing: the file goes), who is let in then, whether the reload failed.
        for (text, in_force, fails) in [
            (Some(text(&['a', 'b'])), "ab", 0.0),
            (Some(text(&['b'])), "b", 0.0),
            (Some(text(&['c', 'c'])), "b", 1.0),
            (Some(String::new()), "b", 1.0),
            (None, "b", 1.0),
            (Some(text(&['b'])), "b", 0.0),
            (Some(text(&['c', 'b'])), "cb", 0.0),
        ] {
            match &text {
                Some(text) => std::fs::write(&file, text).unwrap(),
                None => std::fs::remove_file(&file).unwrap(),
            }
            for occasion in [Occasion::Time, Occasion::Time, Occasion::Signal] {
                watch.look(occasion).await;
                assert_eq!((names().as_str(), failed()), (in_force, fails), "{text:?}");
            }
        }
    }
}
