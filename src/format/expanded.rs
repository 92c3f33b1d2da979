//! A table with a block per row and a line per column: every value whole, however many columns there are.

use super::cells::Column;
use std::io::{Result, Write};
use unicode_width::UnicodeWidthStr;

/// Writes the blocks; without rows there is nothing to write.
pub(super) fn write(columns: &[Column], out: &mut dyn Write) -> Result<()> {
    let width = columns.iter().map(Column::name_width).max().unwrap_or(0);
    for row in 0..columns.first().map_or(0, |c| c.cells.len()) {
        writeln!(out, "-- row {} {}", row + 1, "-".repeat((width + 12).saturating_sub(row.to_string().len())))?;
        for column in columns {
            let cell = column.cells.get(row).map_or("", String::as_str);
            let mut name = column.name.as_str();
            for line in cell.split('\n') {
                let pad = " ".repeat(width - name.width());
                writeln!(out, "{}", format!("{name}{pad} | {line}").trim_end())?;
                name = "";
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::cells::{Column, Side};
    use super::write;

    #[test]
    fn a_block_per_row_and_a_line_per_line() {
        let column = |name: &str, cells: [&str; 2]| Column {
            name: name.to_owned(),
            side: Side::Left,
            cells: cells.map(str::to_owned).into(),
        };
        let mut out = Vec::new();
        write(&[column("id", ["h1", ""]), column("what", ["one\ntwo", "NULL"])], &mut out).unwrap();
        let expected = "\
-- row 1 ---------------
id   | h1
what | one
     | two
-- row 2 ---------------
id   |
what | NULL
";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
