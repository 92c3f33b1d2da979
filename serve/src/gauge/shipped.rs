//! The gauge files that come with Touchload (`sql/gauges/`), embedded so that the binary needs no folder beside it.

use super::file::GaugeFile;
use super::refusal::GaugeRefusals;

/// Name and text of every file of `sql/gauges/`.
pub(super) const FILES: &[(&str, &str)] = &[
    ("coherence_distribution", include_str!("../../../sql/gauges/coherence_distribution.sql")),
    ("collisions", include_str!("../../../sql/gauges/collisions.sql")),
    ("hcps", include_str!("../../../sql/gauges/hcps.sql")),
    ("hcps_by_budget_zone", include_str!("../../../sql/gauges/hcps_by_budget_zone.sql")),
    ("hcps_by_load_and_fragmentation", include_str!("../../../sql/gauges/hcps_by_load_and_fragmentation.sql")),
    ("hcps_by_load_band", include_str!("../../../sql/gauges/hcps_by_load_band.sql")),
    ("hcps_without_coherence", include_str!("../../../sql/gauges/hcps_without_coherence.sql")),
    ("load_distribution", include_str!("../../../sql/gauges/load_distribution.sql")),
    ("requests_past_sla", include_str!("../../../sql/gauges/requests_past_sla.sql")),
    ("requests_within_sla", include_str!("../../../sql/gauges/requests_within_sla.sql")),
    ("touches_by_channel", include_str!("../../../sql/gauges/touches_by_channel.sql")),
    ("unsolicited_by_timing", include_str!("../../../sql/gauges/unsolicited_by_timing.sql")),
    ("unsolicited_pairs", include_str!("../../../sql/gauges/unsolicited_pairs.sql")),
    ("visits_per_week", include_str!("../../../sql/gauges/visits_per_week.sql")),
];

/// The files that come with Touchload, commercial audience throughout.
///
/// # Errors
/// A file's name or HELP text is not sound: a bug of this build.
pub fn shipped() -> Result<Vec<GaugeFile>, GaugeRefusals> {
    let mut refusals = Vec::new();
    let files = FILES.iter().map(|(name, text)| GaugeFile::try_new(*name, *text));
    let sound = files.filter_map(|file| file.map_err(|refusal| refusals.push(refusal)).ok()).collect();
    if refusals.is_empty() { Ok(sound) } else { Err(GaugeRefusals(refusals)) }
}

#[cfg(test)]
mod tests;
