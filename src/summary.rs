//! What a command did, said once at its end: aligned, calm, complete. Every record that was read is accounted for.
//!
//! Counts are records; `hcps` are HCPs with at least one accepted record. Rate = records read per second of `elapsed`.

use std::io::{Result, Write};
use std::time::Duration;
use touchpoint::words::Word;
use touchpoint::{RejectReason, SkipReason};

/// One table and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableVersion {
    /// Its name.
    pub name: String,
    /// Its Delta version now.
    pub version: i64,
}

/// Alerts of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlertCounts {
    /// How often one began to fire.
    pub fired: u64,
    /// Open at the end.
    pub open: u64,
}

/// What a command did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// What ran, as `demo` or `import`.
    pub command: &'static str,
    /// Records accepted.
    pub accepted: u64,
    /// Records rejected, by reason; zeros are not shown.
    pub rejected: Vec<(RejectReason, u64)>,
    /// Records skipped, by reason; zeros are not shown.
    pub skipped: Vec<(SkipReason, u64)>,
    /// HCPs with records.
    pub hcps: u64,
    /// Alerts; `None` where nobody looked for any.
    pub alerts: Option<AlertCounts>,
    /// Tables with their versions.
    pub tables: Vec<TableVersion>,
    /// Folder or URL that holds them.
    pub location: String,
    /// How long it ran.
    pub elapsed: Duration,
}

const LABEL: usize = 22;
const NUMBER: usize = 15;

impl Summary {
    /// Accepted, rejected and skipped together: every record that was read.
    pub fn read(&self) -> u64 {
        let rejected: u64 = self.rejected.iter().map(|(_, n)| n).sum();
        let skipped: u64 = self.skipped.iter().map(|(_, n)| n).sum();
        self.accepted + rejected + skipped
    }

    /// Writes it.
    ///
    /// # Errors
    /// The output refuses bytes.
    pub fn write(&self, out: &mut dyn Write) -> Result<()> {
        let elapsed = self.elapsed.as_secs_f64();
        let read = self.read();
        write!(out, "{} took {}", self.command, spoken(self.elapsed))?;
        if read > 0 && elapsed > 0.0 {
            write!(out, ", {} records/s", grouped((read as f64 / elapsed).round() as u64))?;
        }
        writeln!(out)?;
        row(out, "records read", read)?;
        row(out, "  accepted", self.accepted)?;
        let rejected = self.rejected.iter().map(|(reason, n)| (reason.as_str(), *n)).collect();
        account(out, "  rejected", rejected)?;
        let skipped = self.skipped.iter().map(|(reason, n)| (reason.as_str(), *n)).collect();
        account(out, "  skipped", skipped)?;
        row(out, "HCPs", self.hcps)?;
        if let Some(alerts) = self.alerts {
            row(out, "alerts fired", alerts.fired)?;
            row(out, "  open at the end", alerts.open)?;
        }
        writeln!(out, "{:<LABEL$}{}", "tables in", self.location)?;
        for table in &self.tables {
            let label = format!("  {}", table.name);
            writeln!(out, "{label:<LABEL$}{:>NUMBER$}", format!("version {}", table.version))?;
        }
        out.flush()
    }
}

fn row(out: &mut dyn Write, label: &str, number: u64) -> Result<()> {
    writeln!(out, "{label:<LABEL$}{:>NUMBER$}", grouped(number))
}

/// A sum and its parts, the greatest first.
fn account(out: &mut dyn Write, label: &str, mut parts: Vec<(&'static str, u64)>) -> Result<()> {
    row(out, label, parts.iter().map(|(_, n)| n).sum())?;
    parts.retain(|(_, n)| *n > 0);
    parts.sort_by_key(|(reason, n)| (std::cmp::Reverse(*n), *reason));
    parts.iter().try_for_each(|(reason, n)| row(out, &format!("    {reason}"), *n))
}

/// A count with commas between thousands.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count of things as people say it: `1 record`, `1,234 records`.
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// A duration as people say it: `850 ms`, `12.3 s`, `4 min 05 s`, `3 h 07 min`.
pub fn spoken(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0 => format!("{} ms", duration.as_millis()),
        1..60 => format!("{:.1} s", (duration.as_secs_f64() * 10.0).floor() / 10.0),
        60..3_600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::{AlertCounts, Duration, RejectReason, SkipReason, Summary, TableVersion, counted, grouped, spoken};

    #[test]
    fn everything_is_accounted_for_in_aligned_lines() {
        let summary = Summary {
            command: "import",
            accepted: 1_234_567,
            rejected: vec![(RejectReason::BadValue, 12), (RejectReason::Malformed, 345), (RejectReason::Tombstone, 0)],
            skipped: vec![(SkipReason::RepeatedImport, 76)],
            hcps: 9_876,
            alerts: Some(AlertCounts { fired: 1_024, open: 12 }),
            tables: vec![
                TableVersion { name: "touchpoint_log".to_owned(), version: 3 },
                TableVersion { name: "dead_letters".to_owned(), version: 1 },
            ],
            location: "./data".to_owned(),
            elapsed: Duration::from_millis(12_350),
        };
        let mut out = Vec::new();
        summary.write(&mut out).unwrap();
        let expected = "\
import took 12.3 s, 100,000 records/s
records read                1,235,000
  accepted                  1,234,567
  rejected                        357
    malformed                     345
    bad_value                      12
  skipped                          76
    repeated_import                76
HCPs                            9,876
alerts fired                    1,024
  open at the end                  12
tables in             ./data
  touchpoint_log            version 3
  dead_letters              version 1
";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn nothing_read_has_no_rate() {
        let summary = Summary {
            command: "demo",
            accepted: 0,
            rejected: Vec::new(),
            skipped: Vec::new(),
            hcps: 0,
            alerts: None,
            tables: Vec::new(),
            location: "x".to_owned(),
            elapsed: Duration::ZERO,
        };
        let mut out = Vec::new();
        summary.write(&mut out).unwrap();
        assert!(String::from_utf8(out).unwrap().starts_with("demo took 0 ms\nrecords read                        0\n"));
    }

    #[test]
    fn one_is_not_many() {
        let said = [0, 1, 2, 1_000].map(|number| counted(number, "touch", "touches"));
        assert_eq!(said, ["0 touches", "1 touch", "2 touches", "1,000 touches"]);
    }

    #[test]
    fn numbers_and_durations_as_people_write_them() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
        let said =
            [(0.85, "850 ms"), (12.35, "12.3 s"), (59.99, "59.9 s"), (245.0, "4 min 05 s"), (11_220.0, "3 h 07 min")];
        for (seconds, text) in said {
            assert_eq!(spoken(Duration::from_secs_f64(seconds)), text);
        }
    }
}
