//! Every shipped gauge file over rows written by hand, against values computed by hand.

use super::{FILES, shipped};
use crate::gauge::sample_tables::{HcpSample, context, metrics};
use crate::gauge::{GaugeLimits, GaugeSet};
use std::collections::BTreeMap;

/// Four HCPs: a busy and fragmented one, a moderate coherent one, one too thin to judge, one untouched.
const HCPS: &[HcpSample] = &[
    HcpSample {
        hcp_id: "H-1",
        territory: "north",
        basis: Some("agreement+coordination"),
        metrics: &[
            ("touches", 9.0),
            ("unsolicited", 8.0),
            ("interruption_load", 5.0),
            ("visits_per_week", 3.5),
            ("collisions", 4.0),
            ("chance_collision_rate", 0.25),
            ("untimely", 3.0),
            ("coherence", 0.3),
            ("fragmentation", 0.7),
        ],
    },
    HcpSample {
        hcp_id: "H-2",
        territory: "north",
        basis: Some("agreement+coordination+plan"),
        metrics: &[
            ("touches", 3.0),
            ("unsolicited", 3.0),
            ("interruption_load", 1.0),
            ("visits_per_week", 0.7),
            ("collisions", 0.0),
            ("chance_collision_rate", 0.5),
            ("untimely", 0.0),
            ("coherence", 0.95),
            ("fragmentation", 0.05),
        ],
    },
    HcpSample {
        hcp_id: "H-3",
        territory: "south",
        basis: None,
        metrics: &[("touches", 1.0), ("unsolicited", 1.0), ("interruption_load", 0.2), ("visits_per_week", 0.14)],
    },
    HcpSample { hcp_id: "H-4", territory: "unknown", basis: None, metrics: &[("interruption_load", 0.0)] },
];

/// The series of a family, without its name.
async fn series(family: &str, hcps: &[HcpSample]) -> BTreeMap<String, f64> {
    let files = shipped().expect("shipped files are sound").into_iter().filter(|file| file.name() == family).collect();
    let context = context(hcps);
    let set = GaugeSet::load(files, &context, GaugeLimits::default(), metrics().1).await.expect("loads");
    let failures = set.refresh(&context).await;
    assert!(failures.is_empty(), "{failures:?}");
    let mut page = String::new();
    set.render(&mut page);
    let lines = page.lines().filter(|line| !line.starts_with('#'));
    let pairs = lines.map(|line| line.rsplit_once(' ').expect("name and value"));
    let prefix = format!("touchload_{family}");
    pairs
        .map(|(labels, value)| {
            (labels.strip_prefix(&prefix).expect("family").to_owned(), value.parse().expect("number"))
        })
        .collect()
}

async fn expect(family: &str, expected: &[(&str, f64)]) {
    let expected: BTreeMap<String, f64> = expected.iter().map(|(labels, v)| ((*labels).to_owned(), *v)).collect();
    assert_eq!(series(family, HCPS).await, expected, "{family}");
}

#[test]
fn the_embedded_files_are_the_folder() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../sql/gauges");
    let entries = std::fs::read_dir(folder).expect("sql/gauges").map(|entry| entry.expect("entry").path());
    let on_disk = entries.filter(|path| path.extension().is_some_and(|extension| extension == "sql"));
    let mut on_disk: Vec<String> =
        on_disk.map(|path| path.file_stem().expect("stem").to_string_lossy().into_owned()).collect();
    on_disk.sort();
    let embedded: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
    assert_eq!(embedded, on_disk);
}

#[tokio::test]
async fn hcps() {
    expect("hcps", &[("{activity=\"touched\"}", 3.0), ("{activity=\"quiet\"}", 1.0)]).await;
}

#[tokio::test]
async fn hcps_by_load_band() {
    expect(
        "hcps_by_load_band",
        &[
            ("{territory=\"north\",load_band=\"very_heavy\"}", 1.0),
            ("{territory=\"north\",load_band=\"moderate\"}", 1.0),
            ("{territory=\"south\",load_band=\"light\"}", 1.0),
            ("{territory=\"unknown\",load_band=\"none\"}", 1.0),
        ],
    )
    .await;
}

#[tokio::test]
async fn territories_beyond_fifty_are_pooled() {
    let name = |i: usize| -> &'static str { format!("t{i:03}").leak() };
    let hcp =
        |i: usize| HcpSample { hcp_id: "H", territory: name(i), basis: None, metrics: &[("visits_per_week", 1.0)] };
    // Territories 0..60; the first ten have a second HCP, so that they are among the largest whatever their name.
    let hcps: Vec<HcpSample> = (0..60).chain(50..60).map(hcp).collect();
    let bands = series("hcps_by_load_band", &hcps).await;
    assert_eq!(bands.len(), 51);
    assert_eq!(bands.get("{territory=\"other\",load_band=\"heavy\"}"), Some(&10.0));
    assert_eq!(bands.get("{territory=\"t055\",load_band=\"heavy\"}"), Some(&2.0));
    assert_eq!(bands.values().sum::<f64>(), 70.0);
}

#[tokio::test]
async fn visits_per_week() {
    let expected =
        [("{territory=\"north\"}", 3.5 + 0.7), ("{territory=\"south\"}", 0.14), ("{territory=\"unknown\"}", 0.0)];
    expect("visits_per_week", &expected).await;
}

#[tokio::test]
async fn hcps_by_load_and_fragmentation() {
    expect(
        "hcps_by_load_and_fragmentation",
        &[
            ("{load_band=\"very_heavy\",fragmentation=\"fragmented\"}", 1.0),
            ("{load_band=\"moderate\",fragmentation=\"coherent\"}", 1.0),
            ("{load_band=\"light\",fragmentation=\"unknown\"}", 1.0),
            ("{load_band=\"none\",fragmentation=\"unknown\"}", 1.0),
        ],
    )
    .await;
}

#[tokio::test]
async fn load_distribution_is_cumulative() {
    expect(
        "load_distribution",
        &[
            ("{le=\"0.1\"}", 1.0),
            ("{le=\"0.25\"}", 2.0),
            ("{le=\"0.5\"}", 2.0),
            ("{le=\"1\"}", 3.0),
            ("{le=\"1.5\"}", 3.0),
            ("{le=\"2\"}", 3.0),
            ("{le=\"3\"}", 3.0),
            ("{le=\"4\"}", 3.0),
            ("{le=\"6\"}", 4.0),
            ("{le=\"8\"}", 4.0),
            ("{le=\"12\"}", 4.0),
            ("{le=\"+Inf\"}", 4.0),
        ],
    )
    .await;
    assert_eq!(series("load_distribution", &[]).await.get("{le=\"+Inf\"}"), Some(&0.0), "nobody is 0, not absent");
}

#[tokio::test]
async fn coherence_distribution_keeps_bases_apart() {
    let found = series("coherence_distribution", HCPS).await;
    assert_eq!(found.len(), 2 * 10);
    let thin = |le: &str| found.get(&format!("{{basis=\"agreement+coordination\",le=\"{le}\"}}")).copied();
    assert_eq!([thin("0.2"), thin("0.3"), thin("+Inf")], [Some(0.0), Some(1.0), Some(1.0)]);
    let full = |le: &str| found.get(&format!("{{basis=\"agreement+coordination+plan\",le=\"{le}\"}}")).copied();
    assert_eq!([full("0.3"), full("0.9"), full("+Inf")], [Some(0.0), Some(0.0), Some(1.0)]);
}

#[tokio::test]
async fn hcps_without_coherence() {
    let expected = [("{reason=\"no_touches\"}", 1.0), ("{reason=\"thin_support\"}", 1.0)];
    expect("hcps_without_coherence", &expected).await;
}

#[tokio::test]
async fn collisions_stand_beside_chance() {
    // Chance: 0.25 of 7 pairs and 0.5 of 2 pairs.
    expect("collisions", &[("{kind=\"observed\"}", 4.0), ("{kind=\"expected_by_chance\"}", 1.75 + 1.0)]).await;
    expect("unsolicited_pairs", &[("", 7.0 + 2.0)]).await;
    assert_eq!(series("collisions", &[]).await, BTreeMap::new(), "no HCP gives no number, not a NULL");
}

#[tokio::test]
async fn unsolicited_by_timing_adds_up_to_unsolicited() {
    expect(
        "unsolicited_by_timing",
        &[
            ("{timing=\"outside_working_hours\"}", 3.0),
            ("{timing=\"in_or_unclear\"}", 5.0 + 3.0),
            ("{timing=\"time_zone_unknown\"}", 1.0),
        ],
    )
    .await;
}

#[tokio::test]
async fn touches_by_channel_has_two_windows() {
    let labels = |window: &str, channel: &str, function: &str, asked: &str| {
        format!(
            "{{window=\"{window}\",channel=\"{channel}\",business_function=\"{function}\",solicitation=\"{asked}\"}}"
        )
    };
    let expected = BTreeMap::from([
        (labels("7d", "email", "marketing", "unsolicited"), 6.0),
        (labels("7d", "email", "marketing", "solicited"), 1.0),
        (labels("28d", "face_to_face", "sales", "unsolicited"), 9.0),
        (labels("28d", "face_to_face", "sales", "solicited"), 1.0),
    ]);
    assert_eq!(series("touches_by_channel", HCPS).await, expected);
}

#[tokio::test]
async fn requests_by_sla() {
    expect("requests_past_sla", &[("{state=\"past_sla\"}", 5.0), ("{state=\"answered_late\"}", 4.0)]).await;
    expect("requests_within_sla", &[("{state=\"open\"}", 1.0), ("{state=\"answered_in_time\"}", 7.0)]).await;
}
