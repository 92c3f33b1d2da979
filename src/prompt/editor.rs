//! Lines typed at a terminal, with editing, completion and a history that only its owner can read.
//!
//! The history is `$XDG_STATE_HOME/touchload/sql_history`, else `~/.local/state/touchload/sql_history`; without either
//! variable there is none. A history that cannot be read or written is no reason to refuse a prompt. What begins with a
//! space is not kept.

use crate::prompt::completion::{Offer, offer};
use crate::prompt::conversation::{LineSource, TypedLine};
use crate::prompt::vocabulary::Vocabulary;
use rustyline::completion::{Completer, FilenameCompleter, Pair};
use rustyline::config::Configurer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::DefaultHistory;
use rustyline::validate::Validator;
use rustyline::{CompletionType, Config, Context, Editor, Helper};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// Statements kept in the history.
const HISTORY_ENTRIES: usize = 1_000;

/// A terminal that does not take lines. Outside causes; use `-c` or `-f` instead.
#[derive(Debug, thiserror::Error)]
#[error("cannot read from the terminal (use -c or -f instead): {0}")]
pub struct EditorError(#[from] ReadlineError);

/// What stands behind Tab.
#[derive(Default)]
struct Names {
    /// The earlier lines of the statement.
    before: String,
    known: Arc<OnceLock<Vocabulary>>,
    nothing: Vocabulary,
    files: FilenameCompleter,
}

impl Completer for Names {
    type Candidate = Pair;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        match offer(&self.before, line, at, self.known.get().unwrap_or(&self.nothing)) {
            Offer::Names(start, names) => {
                let pair = |name: String| Pair { display: name.clone(), replacement: name };
                Ok((start, names.into_iter().map(pair).collect()))
            }
            Offer::Files => self.files.complete_path(line, at),
        }
    }
}

impl Hinter for Names {
    type Hint = String;
}

impl Highlighter for Names {}
impl Validator for Names {}
impl Helper for Names {}

/// The terminal as a source of lines.
pub struct TerminalLines {
    editor: Editor<Names, DefaultHistory>,
    history: Option<PathBuf>,
}

impl TerminalLines {
    /// Takes the terminal and loads the history of earlier sessions.
    ///
    /// # Errors
    /// The terminal cannot be used.
    pub fn open() -> Result<Self, EditorError> {
        let state_home = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from);
        let home = std::env::var_os("HOME").map(PathBuf::from);
        Self::with_history(history_file(state_home.as_deref(), home.as_deref()))
    }

    fn with_history(history: Option<PathBuf>) -> Result<Self, EditorError> {
        let config = Config::builder()
            .history_ignore_space(true)
            .completion_type(CompletionType::List)
            .completion_show_all_if_ambiguous(true)
            .build();
        let mut editor = Editor::with_config(config)?;
        editor.set_helper(Some(Names::default()));
        editor.set_max_history_size(HISTORY_ENTRIES)?;
        if let Some(file) = &history
            && let Err(error) = editor.load_history(file)
        {
            tracing::debug!(%error, "no SQL history was loaded");
        }
        Ok(Self { editor, history })
    }
}

impl LineSource for TerminalLines {
    type Error = EditorError;

    fn read(&mut self, prompt: &str, before: &str) -> Result<TypedLine, EditorError> {
        if let Some(names) = self.editor.helper_mut() {
            names.before = before.to_owned();
        }
        match self.editor.readline(prompt) {
            Ok(line) => Ok(TypedLine::Text(line)),
            Err(ReadlineError::Interrupted) => Ok(TypedLine::Interrupted),
            Err(ReadlineError::Eof) => Ok(TypedLine::End),
            Err(error) => Err(error.into()),
        }
    }

    fn remember(&mut self, entry: &str) {
        let Some(file) = &self.history else { return };
        let kept = file.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(ReadlineError::from);
        let kept = kept.and_then(|()| self.editor.add_history_entry(entry)).and_then(|new| {
            // The entries of other prompts that run at the same time stay: append, never rewrite.
            if new { self.editor.append_history(file) } else { Ok(()) }
        });
        if let Err(error) = kept {
            tracing::debug!(%error, "the SQL history was not written");
        }
    }

    fn know(&mut self, vocabulary: Arc<OnceLock<Vocabulary>>) {
        if let Some(names) = self.editor.helper_mut() {
            names.known = vocabulary;
        }
    }
}

/// The history file of a user with these directories.
fn history_file(state_home: Option<&Path>, home: Option<&Path>) -> Option<PathBuf> {
    let absolute = |path: Option<&Path>| path.filter(|p| p.is_absolute()).map(Path::to_path_buf);
    let state = absolute(state_home).or_else(|| absolute(home).map(|h| h.join(".local/state")))?;
    Some(state.join("touchload").join("sql_history"))
}

#[cfg(test)]
mod tests {
    use super::{Path, PathBuf, TerminalLines, history_file};
    use crate::prompt::conversation::LineSource;

    #[test]
    fn the_history_lies_in_the_state_directory() {
        let (state, home) = (Path::new("/s"), Path::new("/h"));
        assert_eq!(history_file(Some(state), Some(home)), Some(PathBuf::from("/s/touchload/sql_history")));
        assert_eq!(history_file(None, Some(home)), Some(PathBuf::from("/h/.local/state/touchload/sql_history")));
        assert_eq!(history_file(Some(Path::new("relative")), None), None);
    }

    #[test]
    fn what_was_typed_is_there_next_time_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deep/sql_history");
        let mut first = TerminalLines::with_history(Some(file.clone())).unwrap();
        first.remember("SELECT 1;");
        first.remember("SELECT 2;");
        first.remember(" SELECT 'kept out';");
        let again = TerminalLines::with_history(Some(file.clone())).unwrap();
        let entries: Vec<_> = again.editor.history().iter().cloned().collect();
        assert_eq!(entries, ["SELECT 1;", "SELECT 2;"]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o077, 0);
        }
    }
}
