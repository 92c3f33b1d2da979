//! The text that Prometheus scrapes: the standing set, then the families of the gauge files.
//!
//! Format 0.0.4, valid for `promtool check metrics`. A family is on the page once; gauge files may not take a name of
//! the standing set.

use crate::gauge::GaugeSet;
use prometheus::proto::MetricFamily;
use prometheus::{Registry, TextEncoder};
use std::sync::Arc;

/// The content type of the page.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The standing set could not be written: two collectors disagree. A bug; a retry does not help.
#[derive(Debug, thiserror::Error)]
#[error("the metrics page could not be written: {0}")]
pub struct PageError(#[from] prometheus::Error);

/// What stands on the page.
#[derive(Clone)]
pub struct MetricsPage {
    registry: Registry,
    gauges: Option<Arc<GaugeSet>>,
}

impl MetricsPage {
    /// A page of the registry's families alone.
    pub fn new(registry: Registry) -> Self {
        Self { registry, gauges: None }
    }

    /// The page with the families of the gauge files after the registry's.
    #[must_use]
    pub fn with_gauges(mut self, gauges: Arc<GaugeSet>) -> Self {
        self.gauges = Some(gauges);
        self
    }

    /// The families of the standing set, as of now.
    pub(crate) fn standing(&self) -> Vec<MetricFamily> {
        self.registry.gather()
    }

    /// The page as of now.
    ///
    /// # Errors
    /// The registry's families cannot be written.
    pub fn render(&self) -> Result<String, PageError> {
        let mut page = String::with_capacity(32 * 1024);
        TextEncoder::new().encode_utf8(&self.registry.gather(), &mut page)?;
        if let Some(gauges) = &self.gauges {
            gauges.render(&mut page);
        }
        Ok(page)
    }
}
