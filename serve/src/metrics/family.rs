//! A metric family as it is declared: name, type, labels, help; and the ways to put it on a registry.

use prometheus::{
    Gauge, GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry, Result,
};

/// How the numbers of a family behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FamilyType {
    /// Only rises, until the process restarts.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts by cumulative bucket, with sum and count.
    Histogram,
}

/// One metric family.
#[derive(Debug, Clone, Copy)]
pub struct Family {
    /// Full name, with prefix and unit.
    pub name: &'static str,
    /// How its numbers behave.
    pub family_type: FamilyType,
    /// Label names, in the order values are given.
    pub labels: &'static [&'static str],
    /// One sentence: meaning and unit.
    pub help: &'static str,
}

impl Family {
    fn opts(&self) -> Opts {
        Opts::new(self.name, self.help)
    }

    pub(super) fn counter(&self, registry: &Registry) -> Result<IntCounter> {
        let counter = IntCounter::with_opts(self.opts())?;
        registry.register(Box::new(counter.clone()))?;
        Ok(counter)
    }

    pub(super) fn counter_vec(&self, registry: &Registry) -> Result<IntCounterVec> {
        let counters = IntCounterVec::new(self.opts(), self.labels)?;
        registry.register(Box::new(counters.clone()))?;
        Ok(counters)
    }

    /// A gauge on no registry.
    pub(super) fn lone_gauge(&self) -> Result<Gauge> {
        Gauge::with_opts(self.opts())
    }

    pub(super) fn gauge(&self, registry: &Registry) -> Result<Gauge> {
        let gauge = self.lone_gauge()?;
        registry.register(Box::new(gauge.clone()))?;
        Ok(gauge)
    }

    pub(super) fn gauge_vec(&self, registry: &Registry) -> Result<GaugeVec> {
        let gauges = GaugeVec::new(self.opts(), self.labels)?;
        registry.register(Box::new(gauges.clone()))?;
        Ok(gauges)
    }

    pub(super) fn histogram(&self, registry: &Registry, buckets: &[f64]) -> Result<Histogram> {
        let histogram = Histogram::with_opts(HistogramOpts::from(self.opts()).buckets(buckets.to_vec()))?;
        registry.register(Box::new(histogram.clone()))?;
        Ok(histogram)
    }

    pub(super) fn histogram_vec(&self, registry: &Registry, buckets: &[f64]) -> Result<HistogramVec> {
        let histograms = HistogramVec::new(HistogramOpts::from(self.opts()).buckets(buckets.to_vec()), self.labels)?;
        registry.register(Box::new(histograms.clone()))?;
        Ok(histograms)
    }
}
