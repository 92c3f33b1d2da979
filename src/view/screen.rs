//! The terminal while the view has it: the alternate screen in raw mode, given back when the view ends, is dropped or
//! panics.
//!
//! Blocks the calling thread. In raw mode Ctrl-C is a key like any other; other signals are the caller's, who cancels.

use crate::view::{ViewModel, draw};
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, poll, read};
use std::io::Result;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Time between two drawings.
const REFRESH: Duration = Duration::from_millis(500);
/// How soon a cancellation is seen.
const LOOK: Duration = Duration::from_millis(100);

/// Why the view ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViewEnd {
    /// The user pressed q or Ctrl-C.
    Quit,
    /// The caller cancelled.
    Cancelled,
}

/// The terminal, taken over.
pub struct TerminalView {
    terminal: DefaultTerminal,
}

impl TerminalView {
    /// Takes the terminal; standard output must be one.
    ///
    /// # Errors
    /// It cannot be put into raw mode or does not tell its size. It is left as it was.
    pub fn open() -> Result<Self> {
        // `try_init` hooks into panics first, and a failure half-way must not leave the terminal raw.
        ratatui::try_init().map(|terminal| Self { terminal }).inspect_err(|_| ratatui::restore())
    }

    /// Shows what `model` gives, until quit or cancelled.
    ///
    /// # Errors
    /// The terminal went away.
    pub fn run(&mut self, mut model: impl FnMut() -> ViewModel, stop: &CancellationToken) -> Result<ViewEnd> {
        loop {
            let shown = model();
            self.terminal.draw(|frame| draw(&shown, frame))?;
            let drawn = Instant::now();
            while let Some(left) = REFRESH.checked_sub(drawn.elapsed()).filter(|left| !left.is_zero()) {
                if stop.is_cancelled() {
                    return Ok(ViewEnd::Cancelled);
                }
                if !poll(left.min(LOOK))? {
                    continue;
                }
                match read()? {
                    Event::Key(key) if quits(&key) => return Ok(ViewEnd::Quit),
                    // A terminal of another size needs its drawing now.
                    Event::Resize(..) => break,
                    _ => {}
                }
            }
        }
    }
}

impl Drop for TerminalView {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

fn quits(key: &KeyEvent) -> bool {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    key.kind != KeyEventKind::Release
        && match key.code {
            KeyCode::Char('q' | 'Q') => !control,
            KeyCode::Char('c') => control,
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::{KeyCode, KeyEvent, KeyModifiers, quits};

    #[test]
    fn q_and_ctrl_c_quit_and_nothing_else() {
        let key = |code, modifiers| KeyEvent::new(code, modifiers);
        assert!(quits(&key(KeyCode::Char('q'), KeyModifiers::NONE)));
        assert!(quits(&key(KeyCode::Char('c'), KeyModifiers::CONTROL)));
        assert!(!quits(&key(KeyCode::Char('c'), KeyModifiers::NONE)));
        assert!(!quits(&key(KeyCode::Esc, KeyModifiers::NONE)));
    }
}
