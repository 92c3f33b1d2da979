//! `touchload config check FILE`: the effective configuration, or every problem.

use crate::config::{Overrides, load};
use std::io::Write;
use std::path::Path;

pub(super) fn check(file: &Path, out: &mut dyn Write) -> anyhow::Result<()> {
    let loaded = load(file, &Overrides::default())?;
    super::run::source_config(file, &loaded.config)?;
    loaded.write(&file.display().to_string(), out)?;
    Ok(())
}
