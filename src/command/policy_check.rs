//! `touchload policy`: what a policy file does, in plain words, and policies to begin with.

use crate::policy::template::{TEMPLATES, Template, named};
use crate::policy::{explain, load};
use std::io::Write;
use std::path::Path;

/// Says what a file does, or every problem of it.
pub(super) fn check(file: &Path, out: &mut dyn Write) -> anyhow::Result<()> {
    Ok(explain(&load(file)?, out)?)
}

/// Prints the template of a name; without one, the names of all.
pub(super) fn template(name: Option<&str>, out: &mut dyn Write) -> anyhow::Result<()> {
    let Some(name) = name else {
        let width = TEMPLATES.iter().map(|template| template.name.len()).max().unwrap_or_default();
        for template in TEMPLATES {
            writeln!(out, "{:width$}  {}", template.name, template.title())?;
        }
        return Ok(());
    };
    // The command line knows the names: another one does not come this far.
    let text = named(name).map(|Template { text, .. }| *text).unwrap_or_default();
    Ok(out.write_all(text.as_bytes())?)
}
