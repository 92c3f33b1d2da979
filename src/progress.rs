//! Bars and spinners on standard error while long work runs. They show on a terminal only, and leave nothing behind:
//! not when they finish, not when they are dropped on an error.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::borrow::Cow;
use std::time::Duration;

/// Whether progress may be shown. Even then it shows only if standard error is a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgressChoice {
    /// On a terminal.
    Shown,
    /// Never (`--quiet`).
    Hidden,
}

/// What the numbers of a bar count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgressUnit {
    /// Records, rows, HCPs.
    Items,
    /// Bytes, shown as KiB, MiB, …
    Bytes,
}

const TICK: Duration = Duration::from_millis(120);
const ITEMS: &str = "{msg:<24} {bar:30} {human_pos}/{human_len} {per_sec} {eta}";
const BYTES: &str = "{msg:<24} {bar:30} {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} {eta}";
const UNKNOWN_LENGTH: &str = "{spinner} {msg:<24} {human_pos} {elapsed}";

/// The progress of one piece of work.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Work of known length.
    pub fn bar(choice: ProgressChoice, label: &'static str, total: u64, unit: ProgressUnit) -> Self {
        let template = match unit {
            ProgressUnit::Items => ITEMS,
            ProgressUnit::Bytes => BYTES,
        };
        Self::drawn(choice, ProgressBar::with_draw_target(Some(total), target(choice)), label, template)
    }

    /// Work of unknown length: counts, and shows that something moves.
    pub fn spinner(choice: ProgressChoice, label: &'static str) -> Self {
        let bar = ProgressBar::with_draw_target(None, target(choice));
        Self::drawn(choice, bar, label, UNKNOWN_LENGTH)
    }

    fn drawn(choice: ProgressChoice, bar: ProgressBar, label: &'static str, template: &str) -> Self {
        // The templates are constants that a test reads; the plain style stands in if one were wrong.
        bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(label);
        if choice == ProgressChoice::Shown && !bar.is_hidden() {
            bar.enable_steady_tick(TICK);
        }
        Self { bar }
    }

    /// So much more is done.
    pub fn advance(&self, by: u64) {
        self.bar.inc(by);
    }

    /// So much is done in all.
    pub fn set(&self, done: u64) {
        self.bar.set_position(done);
    }

    /// What is being done now.
    pub fn say(&self, label: impl Into<Cow<'static, str>>) {
        self.bar.set_message(label);
    }

    /// Done so far.
    pub fn position(&self) -> u64 {
        self.bar.position()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn target(choice: ProgressChoice) -> ProgressDrawTarget {
    match choice {
        ProgressChoice::Shown => ProgressDrawTarget::stderr(),
        ProgressChoice::Hidden => ProgressDrawTarget::hidden(),
    }
}

#[cfg(test)]
mod tests {
    use super::{BYTES, ITEMS, Progress, ProgressChoice, ProgressUnit, UNKNOWN_LENGTH};
    use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};
    use std::io::Result;
    use std::sync::{Arc, Mutex};

    /// A terminal of one line: what stands on it now, and all that ever stood there.
    #[derive(Debug, Clone, Default)]
    struct Line(Arc<Mutex<(String, String)>>);

    impl TermLike for Line {
        fn width(&self) -> u16 {
            100
        }
        fn move_cursor_up(&self, _: usize) -> Result<()> {
            Ok(())
        }
        fn move_cursor_down(&self, _: usize) -> Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> Result<()> {
            Ok(())
        }
        fn write_line(&self, text: &str) -> Result<()> {
            self.write_str(text)
        }
        fn write_str(&self, text: &str) -> Result<()> {
            let mut line = self.0.lock().unwrap();
            line.0.push_str(text);
            line.1.push_str(text);
            Ok(())
        }
        fn clear_line(&self) -> Result<()> {
            self.0.lock().unwrap().0.clear();
            Ok(())
        }
        fn flush(&self) -> Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_templates_are_valid() {
        for template in [ITEMS, BYTES, UNKNOWN_LENGTH] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }

    #[test]
    fn it_counts_when_hidden() {
        let progress = Progress::bar(ProgressChoice::Hidden, "reading", 10, ProgressUnit::Items);
        progress.advance(3);
        progress.advance(4);
        assert_eq!(progress.position(), 7);
        progress.set(9);
        progress.say("writing");
        assert_eq!(progress.position(), 9);
        assert!(progress.bar.is_hidden());
    }

    #[test]
    fn it_shows_on_a_terminal_and_leaves_nothing_behind() {
        let line = Line::default();
        let bar = ProgressBar::with_draw_target(Some(4_096), ProgressDrawTarget::term_like(Box::new(line.clone())));
        let progress = Progress::drawn(ProgressChoice::Hidden, bar, "reading calls.ndjson", BYTES);
        progress.set(2_048);
        progress.bar.tick();
        drop(progress);
        let (now, ever) = line.0.lock().unwrap().clone();
        assert!(ever.contains("reading calls.ndjson") && ever.contains("2.00 KiB/4.00 KiB"), "{ever}");
        assert_eq!(now.trim(), "");
    }
}
