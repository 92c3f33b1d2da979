//! The tables of docs/PERFORMANCE.md: one per figure, between two comments that name it, so that a figure that is taken
//! again leaves the others as they are.

use anyhow::Context;
use std::fs;
use std::path::Path;

/// Puts a table in the place of the one of the same name.
///
/// # Errors
/// The file has no place for it.
pub(crate) fn put(file: &Path, name: &str, table: &str) -> anyhow::Result<()> {
    let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    let (begin, end) = marks(name);
    let place = || format!("{} has no place for {name}: write {begin} and {end}, each on a line", file.display());
    let (before, rest) = text.split_once(&begin).with_context(place)?;
    let (_, after) = rest.split_once(&end).with_context(place)?;
    fs::write(file, format!("{before}{begin}\n{table}{end}{after}"))?;
    Ok(())
}

/// The comments before and after a table.
fn marks(name: &str) -> (String, String) {
    (format!("<!-- bench:{name} -->"), format!("<!-- bench:{name} ends -->"))
}
