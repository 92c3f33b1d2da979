//! A table of the report, and how it is written as text, CSV and JSON.
//!
//! In CSV and JSON numbers are plain; what is not known, or not told since it would be of too few HCPs, is empty or null.

use crate::summary::grouped;
use serde_json::{Map, Value, json};
use std::io::{Result, Write};

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// A name.
    Text(String),
    /// A count.
    Count(u64),
    /// A number of two decimals.
    Number(f64),
    /// Not known, or not told.
    Missing,
}

impl From<Option<f64>> for Cell {
    fn from(value: Option<f64>) -> Self {
        value.map_or(Self::Missing, Self::Number)
    }
}

impl Cell {
    /// As people read it.
    pub fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect(),
            Self::Count(count) => grouped(*count),
            Self::Number(number) => format!("{number:.2}"),
            Self::Missing => "–".to_owned(),
        }
    }

    /// As programs read it.
    fn plain(&self) -> String {
        match self {
            Self::Text(text) => quoted(text),
            Self::Count(count) => count.to_string(),
            Self::Number(number) => rounded(*number).to_string(),
            Self::Missing => String::new(),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Text(text) => json!(text),
            Self::Count(count) => json!(count),
            Self::Number(number) => json!(rounded(*number)),
            Self::Missing => Value::Null,
        }
    }

    /// Whether it stands to the right.
    pub fn is_number(&self) -> bool {
        !matches!(self, Self::Text(_))
    }
}

/// Sums of many loads differ in their last digits by the order in which they were added: four decimals do not.
fn rounded(number: f64) -> f64 {
    (number * 10_000.0).round() / 10_000.0
}

/// A column: its key for programs, its title for people.
pub type GridColumn = (&'static str, &'static str);

/// See the module.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// For programs.
    pub key: &'static str,
    /// For people.
    pub title: &'static str,
    /// What to know beside it; may be empty.
    pub note: String,
    /// The first one names the row.
    pub columns: Vec<GridColumn>,
    /// As many cells as there are columns.
    pub rows: Vec<Vec<Cell>>,
}

impl Grid {
    /// Aligned lines under the title.
    ///
    /// # Errors
    /// The output refuses bytes.
    pub fn write_text(&self, out: &mut dyn Write) -> Result<()> {
        writeln!(out, "\n{}", self.title)?;
        if self.rows.is_empty() {
            return writeln!(out, "  none");
        }
        let shown: Vec<Vec<String>> = self.rows.iter().map(|row| row.iter().map(Cell::shown).collect()).collect();
        let width = |column: usize| {
            let cells = shown.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
            let title = self.columns.get(column).map_or(0, |(_, title)| title.chars().count());
            cells.chain([title]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let titles: Vec<String> = self.columns.iter().map(|(_, title)| (*title).to_owned()).collect();
        for line in std::iter::once(&titles).chain(&shown) {
            let mut text = String::new();
            for (place, (cell, width)) in line.iter().zip(&widths).enumerate() {
                let pad = " ".repeat(width.saturating_sub(cell.chars().count()));
                let cell = if place == 0 { format!("{cell}{pad}") } else { format!("{pad}{cell}") };
                text.push_str("  ");
                text.push_str(&cell);
            }
            writeln!(out, "{}", text.trim_end())?;
        }
        if self.note.is_empty() { Ok(()) } else { writeln!(out, "  {}", self.note) }
    }

    /// One line per value: part, group, measure, value.
    ///
    /// # Errors
    /// The output refuses bytes.
    pub fn write_values(&self, out: &mut dyn Write) -> Result<()> {
        for row in &self.rows {
            let Some((group, values)) = row.split_first() else { continue };
            for ((key, _), value) in self.columns.iter().skip(1).zip(values) {
                write!(out, "{},{},{key},{}\r\n", self.key, group.plain(), value.plain())?;
            }
        }
        Ok(())
    }

    /// A header, and one line per row.
    ///
    /// # Errors
    /// The output refuses bytes.
    pub fn write_csv(&self, out: &mut dyn Write) -> Result<()> {
        let line = |cells: Vec<String>| cells.join(",");
        write!(out, "{}\r\n", line(self.columns.iter().map(|(key, _)| (*key).to_owned()).collect()))?;
        self.rows.iter().try_for_each(|row| write!(out, "{}\r\n", line(row.iter().map(Cell::plain).collect())))
    }

    /// A list of objects.
    pub fn to_json(&self) -> Value {
        let object = |row: &Vec<Cell>| {
            let members = self.columns.iter().zip(row).map(|((key, _), cell)| ((*key).to_owned(), cell.json()));
            Value::Object(members.collect::<Map<_, _>>())
        };
        self.rows.iter().map(object).collect()
    }
}

/// A CSV field: quoted where it must be.
fn quoted(text: &str) -> String {
    let is_plain = !text.contains([',', '"', '\r', '\n']);
    if is_plain { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\"\"")) }
}

#[cfg(test)]
mod tests {
    use super::{Cell, Grid};

    fn grid() -> Grid {
        let text = |text: &str| Cell::Text(text.to_owned());
        Grid {
            key: "loads",
            title: "Loads",
            note: "A note.".to_owned(),
            columns: vec![("name", "name"), ("n", "how many"), ("mean", "mean")],
            rows: vec![
                vec![text("a, \"b\""), Cell::Count(1_234), Cell::Number(0.123_456_7)],
                vec![text("c"), Cell::Count(5), Cell::Missing],
            ],
        }
    }

    fn written(write: impl Fn(&Grid, &mut dyn std::io::Write) -> std::io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&grid(), &mut out).expect("memory takes bytes");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn a_table_for_people_is_aligned() {
        let expected =
            "\nLoads\n  name    how many  mean\n  a, \"b\"     1,234  0.12\n  c              5     –\n  A note.\n";
        assert_eq!(written(Grid::write_text), expected);
    }

    #[test]
    fn programs_get_plain_numbers() {
        let values =
            "loads,\"a, \"\"b\"\"\",n,1234\r\nloads,\"a, \"\"b\"\"\",mean,0.1235\r\nloads,c,n,5\r\nloads,c,mean,\r\n";
        assert_eq!(written(Grid::write_values), values);
        assert_eq!(written(Grid::write_csv), "name,n,mean\r\n\"a, \"\"b\"\"\",1234,0.1235\r\nc,5,\r\n");
        let json = r#"[{"mean":0.1235,"n":1234,"name":"a, \"b\""},{"mean":null,"n":5,"name":"c"}]"#;
        assert_eq!(grid().to_json(), serde_json::from_str::<serde_json::Value>(json).expect("JSON"));
    }
}
