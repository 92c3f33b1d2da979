//! What stands in Kafka of the person: in the alert topics, which are ours, and in the topics of reference data, which are
//! their writer's.

use crate::alerts::{Forgetting, ForgottenAlerts};
use crate::command::run::{alert_topics, secret_key, source_config};
use crate::config::{Overrides, load};
use ingest::kafka::KafkaConfig;
use ingest::reference_topics::{ReferenceTopics, TopicsReader};
use std::path::Path;
use touchpoint::Micros;

/// What stands for the person where a key is shown.
const PERSON: &str = "\"<ID>\"";

/// What is looked through.
pub(super) struct Topics {
    hcp_id: String,
    kafka: KafkaConfig,
    /// `None` without a key: nobody can tell whom alerts name.
    alerts: Option<Forgetting>,
    reference: ReferenceTopics,
}

/// What was found, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outside {
    /// `None` where the configuration has no key of alerts.
    pub(super) alerts: Option<Alerts>,
    /// Rows about the person, by topic and place, or why a topic could not be read.
    pub(super) reference: Result<Vec<String>, String>,
}

/// The alert topics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Alerts {
    /// Alerts that were taken out.
    pub(super) withdrawn: usize,
    /// What stands there now, read back.
    pub(super) after: ForgottenAlerts,
}

impl Topics {
    /// The topics of a configuration.
    ///
    /// # Errors
    /// The configuration, or the key of alerts that it names, cannot be used.
    pub(super) fn of(file: &Path, hcp_id: &str) -> anyhow::Result<Self> {
        let config = load(file, &Overrides::default())?.config;
        let kafka = source_config(file, &config)?;
        // Also while alerts are off: they may have been on.
        let key = config.alerts.key_file.as_deref().map(secret_key).transpose()?;
        let topics = alert_topics(&config.alerts);
        let alerts = key.map(|key| Forgetting::of(hcp_id, key, &kafka, topics));
        Ok(Self { hcp_id: hcp_id.to_owned(), kafka, alerts, reference: config.reference_topics })
    }

    /// Looks, and changes nothing.
    ///
    /// # Errors
    /// The alert topics cannot be read.
    pub(super) fn look(&self) -> anyhow::Result<Outside> {
        tokio::task::block_in_place(|| {
            let found = self.alerts.as_ref().map(Forgetting::look).transpose()?;
            let alerts = found.map(|after| Alerts { withdrawn: 0, after });
            Ok(Outside { alerts, reference: self.reference() })
        })
    }

    /// Takes the person out of the alert topics, and reads them back.
    ///
    /// # Errors
    /// The alert topics cannot be read or written.
    pub(super) async fn clear(&self, now: Micros) -> anyhow::Result<Outside> {
        let withdrawn = match &self.alerts {
            Some(alerts) => alerts.withdraw(now).await?,
            None => 0,
        };
        let Outside { alerts, reference } = self.look()?;
        Ok(Outside { alerts: alerts.map(|alerts| Alerts { withdrawn, ..alerts }), reference })
    }

    /// The rows about the person. The report names nobody, so keys are shown without the id.
    fn reference(&self) -> Result<Vec<String>, String> {
        if self.reference.is_empty() {
            return Ok(Vec::new());
        }
        let reader = TopicsReader::open(&self.kafka, &self.reference).map_err(|error| error.to_string())?;
        let mut rows = Vec::new();
        for held in reader.tables().into_iter().flat_map(|tables| tables.values()) {
            for row in held.rows_of(&self.hcp_id) {
                let key = row.key.replace(&format!("\"{}\"", self.hcp_id), PERSON);
                let key = if key.contains(&self.hcp_id) { String::new() } else { format!(", key {key}") };
                rows.push(format!("{}, partition {}, offset {}{key}", held.topic(), row.partition, row.offset));
            }
        }
        Ok(rows)
    }
}
