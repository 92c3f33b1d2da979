//! The newest arrival of each kind and source among many rows, told to the feeds' metrics once instead of row by row.
//!
//! Sources are few as a rule, so they are kept in a list; since producers choose them, the list is told and begun anew
//! when it is full. Telling a source twice, or an older arrival after a newer one, changes nothing.

use serve::metrics::feeds::FeedMetrics;
use touchpoint::{Kind, Micros};

/// Sources kept before they are told.
const KEPT: usize = 64;

/// Arrivals of rows whose kind is still a `K`, which is made a [`Kind`] once per source.
pub(super) struct Newest<'a, K> {
    feeds: &'a FeedMetrics,
    kind: fn(K) -> Option<Kind>,
    arrivals: Vec<(K, &'a str, Micros)>,
}

impl<'a, K: Copy + PartialEq> Newest<'a, K> {
    /// None seen yet; rows of what is no kind are left out.
    pub(super) fn new(feeds: &'a FeedMetrics, kind: fn(K) -> Option<Kind>) -> Self {
        Self { feeds, kind, arrivals: Vec::new() }
    }

    /// A row of `source` arrived at `at`.
    pub(super) fn see(&mut self, kind: K, source: &'a str, at: Micros) {
        if let Some(known) = self.arrivals.iter_mut().find(|(k, s, _)| *k == kind && *s == source) {
            known.2 = known.2.max(at);
            return;
        }
        if self.arrivals.len() == KEPT {
            self.tell();
        }
        self.arrivals.push((kind, source, at));
    }

    /// Tells what was seen.
    pub(super) fn tell(&mut self) {
        for (kind, source, at) in self.arrivals.drain(..) {
            if let Some(kind) = (self.kind)(kind) {
                self.feeds.last_record(kind, source, at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT, Newest};
    use prometheus::Registry;
    use serve::PipelineMetrics;
    use serve::metrics::MetricsSettings;
    use std::sync::Arc;
    use touchpoint::time::{FixedClock, SECOND};
    use touchpoint::{Kind, Topics, Word};

    /// Values of a family by the labels' values, joined by a blank.
    fn values(registry: &Registry, name: &str) -> Vec<(String, f64)> {
        let families = registry.gather();
        let family = families.iter().find(|family| family.name() == name).unwrap();
        let of = |metric: &prometheus::proto::Metric| {
            let labels: Vec<&str> = metric.get_label().iter().map(|label| label.value()).collect();
            (labels.join(" "), metric.get_gauge().get_value())
        };
        family.get_metric().iter().map(of).collect()
    }

    #[test]
    fn the_newest_of_every_source_is_told_however_many_there_are() {
        let registry = Registry::new();
        let clock = Arc::new(FixedClock(1_000 * SECOND));
        let settings = MetricsSettings { clock, topics: Topics::default(), version: "0" };
        let metrics = PipelineMetrics::register(&registry, settings).unwrap();
        let names: Vec<String> = (0..=KEPT).map(|n| format!("crm-{n}")).collect();
        let mut newest = Newest::new(&metrics.feeds, Kind::from_code);
        for (name, at) in names.iter().zip(100..) {
            newest.see(Kind::Calls.code(), name, at * SECOND);
            newest.see(Kind::Calls.code(), name, 5 * SECOND);
        }
        newest.see(Kind::Emails.code(), "crm-0", 900 * SECOND);
        newest.see(u8::MAX, "crm-0", 999 * SECOND);
        newest.tell();
        let last = values(&registry, "touchload_last_record_timestamp_seconds");
        let expected = [("engagement.calls".to_owned(), (100 + KEPT) as f64), ("engagement.emails".to_owned(), 900.0)];
        assert_eq!(last, expected);
        let ages = values(&registry, "touchload_last_record_age_seconds");
        assert!(ages.contains(&("engagement.calls crm-0".to_owned(), 900.0)), "{ages:?}");
        assert!(ages.contains(&("engagement.emails crm-0".to_owned(), 100.0)), "{ages:?}");
    }
}
