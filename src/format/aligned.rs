//! A table with a line per row, fitted to a terminal where it is shown on one.
//!
//! What does not fit is made narrower in this order: names of columns and texts, the widest first, down to [`NARROW`]
//! columns, where `…` stands for the rest; then columns are left out from the right. Numbers and NULL are never cut. A line
//! below the table says what was done.

use super::cells::{Column, Side};
use std::io::{Result, Write};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// No text is made narrower than this.
const NARROW: usize = 10;

/// Writes the table, no wider than `room`.
pub(super) fn write(mut columns: Vec<Column>, room: Option<usize>, out: &mut dyn Write) -> Result<()> {
    let all = columns.len();
    let whole: Vec<usize> = columns.iter().map(|c| c.cell_width().max(c.name_width())).collect();
    let widths = match room {
        Some(room) => fitted(&columns, &whole, room),
        None => whole.clone(),
    };
    columns.truncate(widths.len());
    let rule = rule(&widths);
    writeln!(out, "{rule}")?;
    let names: Vec<&str> = columns.iter().map(|c| c.name.as_str()).collect();
    write_row(&names, &columns, &widths, out)?;
    writeln!(out, "{rule}")?;
    for row in 0..columns.first().map_or(0, |c| c.cells.len()) {
        let cells: Vec<&str> = columns.iter().map(|c| c.cells.get(row).map_or("", String::as_str)).collect();
        write_row(&cells, &columns, &widths, out)?;
    }
    writeln!(out, "{rule}")?;
    let cut = widths.iter().zip(&whole).any(|(fitted, whole)| fitted < whole);
    match (cut, all - widths.len()) {
        (false, 0) => Ok(()),
        (true, 0) => writeln!(out, "-- … marks what the terminal is too narrow for; \\x (or -x) shows it whole"),
        (_, 1) => writeln!(out, "-- the terminal is too narrow for the last column; \\x (or -x) shows it"),
        (_, left) => writeln!(out, "-- the terminal is too narrow for the last {left} columns; \\x (or -x) shows them"),
    }
}

/// The widths of as many columns, from the first, as fit into `room`.
fn fitted(columns: &[Column], whole: &[usize], room: usize) -> Vec<usize> {
    let least: Vec<usize> = columns
        .iter()
        .zip(whole)
        .map(|(column, _)| match column.side {
            Side::Right => column.cell_width().max(NARROW),
            Side::Left => NARROW,
        })
        .zip(whole)
        .map(|(least, whole)| least.min(*whole))
        .collect();
    let mut kept = columns.len();
    while kept > 1 && total(least.iter().take(kept)) > room {
        kept -= 1;
    }
    let widest = whole.iter().take(kept).max().copied().unwrap_or(0);
    let at_most = |cap: usize| whole.iter().zip(&least).take(kept).map(move |(w, l)| (*w).min(cap).max(*l));
    // The widest cap that fits; a single column too wide for the terminal is shown as narrow as it gets.
    let (mut fits, mut too_wide) = (0, widest + 1);
    while too_wide - fits > 1 {
        let cap = fits + (too_wide - fits) / 2;
        if total(at_most(cap).collect::<Vec<_>>().iter()) <= room { fits = cap } else { too_wide = cap }
    }
    at_most(fits).collect()
}

fn total<'a>(widths: impl Iterator<Item = &'a usize>) -> usize {
    widths.map(|width| width + 3).sum::<usize>() + 1
}

fn rule(widths: &[usize]) -> String {
    let dashes: Vec<String> = widths.iter().map(|width| "-".repeat(width + 2)).collect();
    format!("+{}+", dashes.join("+"))
}

fn write_row(cells: &[&str], columns: &[Column], widths: &[usize], out: &mut dyn Write) -> Result<()> {
    let lines = cells.iter().map(|cell| cell.split('\n').count()).max().unwrap_or(1);
    for line in 0..lines {
        for ((cell, column), width) in cells.iter().zip(columns).zip(widths) {
            let text = cut(cell.split('\n').nth(line).unwrap_or(""), *width);
            let pad = " ".repeat(width.saturating_sub(text.width()));
            match column.side {
                Side::Left => write!(out, "| {text}{pad} ")?,
                Side::Right => write!(out, "| {pad}{text} ")?,
            }
        }
        writeln!(out, "|")?;
    }
    Ok(())
}

/// The beginning of a text, with `…` for the rest, in `width` columns.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        kept.push(c);
    }
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use super::super::cells::{Column, Side};
    use super::write;

    fn column(name: &str, side: Side, cells: &[&str]) -> Column {
        Column { name: name.to_owned(), side, cells: cells.iter().map(|&c| c.to_owned()).collect() }
    }

    fn table(columns: Vec<Column>, room: usize) -> String {
        let mut out = Vec::new();
        write(columns, Some(room), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn three() -> Vec<Column> {
        vec![
            column("name", Side::Left, &["a name of many words", "ö"]),
            column("number_of_something", Side::Right, &["123456789012345", "-1"]),
            column("note", Side::Left, &["two\nlines", ""]),
        ]
    }

    #[test]
    fn what_fits_is_whole() {
        let expected = "\
+----------------------+---------------------+-------+
| name                 | number_of_something | note  |
+----------------------+---------------------+-------+
| a name of many words |     123456789012345 | two   |
|                      |                     | lines |
| ö                    |                  -1 |       |
+----------------------+---------------------+-------+
";
        assert_eq!(table(three(), 54), expected);
    }

    #[test]
    fn texts_and_names_are_cut_first_and_numbers_never() {
        let text = table(three(), 42);
        assert!(text.lines().take(6).all(|line| line.chars().count() <= 42), "{text}");
        assert!(text.contains("a name of m…") && text.contains("123456789012345"), "{text}");
        assert!(text.contains("number_of_some… |"), "{text}");
        assert!(text.ends_with("\\x (or -x) shows it whole\n"), "{text}");
    }

    #[test]
    fn then_columns_are_left_out_and_counted() {
        let text = table(three(), 24);
        assert!(text.starts_with("+----------------------+\n| name "), "{text}");
        assert!(text.ends_with("too narrow for the last 2 columns; \\x (or -x) shows them\n"), "{text}");
        let text = table(three(), 3);
        assert!(text.contains("| a name of… |"), "one column stays however narrow the terminal is: {text}");
    }
}
