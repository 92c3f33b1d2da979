//! Where results are shown: a terminal with its size and its pager, or any output.
//!
//! On a terminal a table is fitted to the width, and what is longer than the screen goes through the pager: `$PAGER`, or
//! `less -S`. Everything else is written as it is. A pager that is left early stops the statement, and is no error.

use crate::format::{Delivered, FormatError, OutputFormat, Style, write_results};
use datafusion::execution::SendableRecordBatchStream;
use ratatui::crossterm::terminal;
use std::io::{Error, IsTerminal, Result, Write};
use std::process::{Child, Command, Stdio};

/// Whether long results go through a pager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pager {
    /// If they are longer than the screen.
    IfLong,
    /// Never.
    Off,
}

/// A terminal that shows results.
#[derive(Debug, Clone)]
pub struct Terminal {
    pager: String,
    size: fn() -> Result<(u16, u16)>,
}

impl Terminal {
    /// The terminal that is standard output; `None` if that is something else.
    pub fn of_standard_output() -> Option<Self> {
        let pager = std::env::var("PAGER").ok().filter(|pager| !pager.trim().is_empty());
        std::io::stdout()
            .is_terminal()
            .then(|| Self { pager: pager.unwrap_or_else(|| "less -S".to_owned()), size: terminal::size })
    }
}

/// See the module.
pub struct Screen<'a> {
    out: &'a mut dyn Write,
    terminal: Option<Terminal>,
    /// Whether long results are paged.
    pub pager: Pager,
}

impl<'a> Screen<'a> {
    /// An output that is no terminal.
    pub fn plain(out: &'a mut dyn Write) -> Self {
        Self::on(out, None)
    }

    /// An output that is this terminal.
    pub fn on(out: &'a mut dyn Write, terminal: Option<Terminal>) -> Self {
        Self { out, terminal, pager: Pager::IfLong }
    }

    /// Whether somebody looks at it.
    pub fn is_terminal(&self) -> bool {
        self.terminal.is_some()
    }

    /// Shows a result.
    ///
    /// # Errors
    /// As [`write_results`]; [`FormatError::Terminal`] for Parquet on a terminal.
    pub async fn show(
        &mut self,
        rows: SendableRecordBatchStream,
        style: Style,
    ) -> std::result::Result<Delivered, FormatError> {
        let Some(terminal) = &self.terminal else { return write_results(rows, style, self.out).await };
        if style.format == OutputFormat::Parquet {
            return Err(FormatError::Terminal);
        }
        let (width, height) = (terminal.size)().unwrap_or((80, 24));
        let fitted = Style { width: (width > 0).then_some(usize::from(width)), ..style };
        if self.pager == Pager::Off {
            return write_results(rows, fitted, self.out).await;
        }
        // Two lines stay for the count of rows and the next prompt.
        let room = usize::from(height.saturating_sub(2));
        let mut paged = Paged { out: self.out, command: &terminal.pager, room, held: Held::default(), pager: None };
        let delivered = write_results(rows, fitted, &mut paged).await;
        let was_paged = paged.end()?;
        match delivered {
            Ok(Delivered::Closed) if was_paged => Ok(Delivered::Left),
            other => other,
        }
    }
}

impl Write for Screen<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> Result<()> {
        self.out.flush()
    }
}

/// What was written and not yet shown.
#[derive(Default)]
struct Held {
    bytes: Vec<u8>,
    lines: usize,
}

/// Holds back a screenful; beyond it a pager gets everything.
struct Paged<'a> {
    out: &'a mut dyn Write,
    command: &'a str,
    room: usize,
    held: Held,
    pager: Option<Child>,
}

impl Paged<'_> {
    fn hand_over(&mut self) -> Result<()> {
        self.out.flush()?;
        let mut pager = Command::new("sh").args(["-c", self.command]).stdin(Stdio::piped()).spawn()?;
        let held = std::mem::take(&mut self.held.bytes);
        let input = pager.stdin.as_mut().ok_or_else(|| Error::other("a pager without an input"))?;
        let written = input.write_all(&held);
        self.pager = Some(pager);
        written
    }

    /// Shows what is left, and waits until the pager is left; whether there was one.
    fn end(mut self) -> Result<bool> {
        match self.pager.take() {
            Some(mut pager) => {
                drop(pager.stdin.take());
                pager.wait()?;
                Ok(true)
            }
            None => {
                self.out.write_all(&self.held.bytes)?;
                self.out.flush()?;
                Ok(false)
            }
        }
    }
}

impl Write for Paged<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        if let Some(input) = self.pager.as_mut().and_then(|pager| pager.stdin.as_mut()) {
            return input.write(bytes);
        }
        self.held.bytes.extend_from_slice(bytes);
        self.held.lines += bytes.iter().filter(|&&byte| byte == b'\n').count();
        if self.held.lines > self.room {
            self.hand_over()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        self.pager.as_mut().and_then(|pager| pager.stdin.as_mut()).map_or(Ok(()), Write::flush)
    }
}

impl Drop for Paged<'_> {
    fn drop(&mut self) {
        // A cancelled statement: what the pager has can still be read.
        if let Some(mut pager) = self.pager.take() {
            drop(pager.stdin.take());
            if let Err(error) = pager.wait() {
                tracing::debug!(%error, "nobody waits for the pager");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Pager, Screen, Terminal};
    use crate::format::{Delivered, FormatError, OutputFormat};
    use datafusion::prelude::SessionContext;

    async fn shown(
        sql: &str,
        pager: Pager,
        command: &str,
        format: OutputFormat,
    ) -> (Result<Delivered, FormatError>, String) {
        let rows = SessionContext::new().sql(sql).await.unwrap().execute_stream().await.unwrap();
        let mut out = Vec::new();
        let terminal = Terminal { pager: command.to_owned(), size: || Ok((30, 12)) };
        let mut screen = Screen::on(&mut out, Some(terminal));
        screen.pager = pager;
        let delivered = screen.show(rows, format.into()).await;
        (delivered, String::from_utf8(out).unwrap())
    }

    #[tokio::test]
    async fn what_is_longer_than_the_screen_goes_to_the_pager() {
        let folder = tempfile::tempdir().unwrap();
        let seen = folder.path().join("seen");
        let pager = format!("cat > {}", seen.display());
        let rows = |n: usize| format!("SELECT * FROM generate_series(1, {n}) AS t(v)");

        let (delivered, text) = shown(&rows(5), Pager::IfLong, &pager, OutputFormat::Table).await;
        assert_eq!((delivered.unwrap(), text.lines().count(), seen.exists()), (Delivered::Complete(5), 9, false));

        let (delivered, text) = shown(&rows(500), Pager::IfLong, &pager, OutputFormat::Table).await;
        assert_eq!((delivered.unwrap(), text.as_str()), (Delivered::Complete(500), ""));
        assert_eq!(std::fs::read_to_string(&seen).unwrap().lines().count(), 504);

        let (_, text) = shown(&rows(500), Pager::Off, &pager, OutputFormat::Table).await;
        assert_eq!(text.lines().count(), 504);
    }

    #[tokio::test]
    async fn a_pager_that_is_left_early_is_no_error() {
        let many = "SELECT * FROM generate_series(1, 2000000) AS t(v)";
        let (delivered, _) = shown(many, Pager::IfLong, "head -1 > /dev/null", OutputFormat::Csv).await;
        assert_eq!(delivered.unwrap(), Delivered::Left);
    }

    #[tokio::test]
    async fn a_terminal_gets_tables_of_its_width_and_no_parquet() {
        let wide = "SELECT repeat('x', 100) AS x, 1 AS n";
        let (_, text) = shown(wide, Pager::IfLong, "cat", OutputFormat::Table).await;
        assert!(text.lines().take(5).all(|line| line.chars().count() <= 30), "{text}");
        let (refused, text) = shown(wide, Pager::IfLong, "cat", OutputFormat::Parquet).await;
        assert!(matches!(refused, Err(FormatError::Terminal)) && text.is_empty());
    }
}
