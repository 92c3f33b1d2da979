//! Taking a feed back by records of Kafka, for a pipeline that runs and for everybody else who reads the topics.
//!
//! The records are those that the log would get, each written so that it is read as it is meant ([`ingest::encode`]), in
//! one transaction: all of them or none are there. Before it is committed a note is kept of where they stand, so that no
//! later retraction takes them for what the source sent. Killed before the commit, nobody reads them, and the note speaks
//! of records that are not there, which does no harm; killed after it, it is done.
//!
//! The tables follow when the pipeline has read the records. Run again before that, they are produced again, with the same
//! versions and the same content, which changes nothing.

use super::notes;
use crate::command::reference;
use crate::command::run::source_config;
use crate::config::{Overrides, load};
use crate::publish::{Backlog, Outgoing, PublisherConfig, Transaction};
use anyhow::Context;
use arrow::array::RecordBatch;
use ingest::decode::DecodeOptions;
use ingest::encode::{Encoder, Unwritable};
use ingest::kafka::{Candidates, KafkaConfig, PartitionerCheck, PartitionerChoice};
use processors::state::retraction::{Elsewhere, Restated, Selection};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use store::Store;
use touchpoint::record::RecordColumns;
use touchpoint::{Kind, Micros, Reference};

/// Where records go.
pub(super) struct Target {
    kafka: KafkaConfig,
    options: DecodeOptions,
    /// What the pipeline has beside files of the command line.
    pub(super) reference: Arc<Reference>,
}

/// A record on its way.
struct Record {
    kind: Kind,
    hcp_id: String,
    payload: Vec<u8>,
}

impl Target {
    /// The topics of a configuration, and its reference data.
    ///
    /// # Errors
    /// The configuration or the reference data that it names cannot be used.
    pub(super) fn of(file: &Path) -> anyhow::Result<Self> {
        let config = load(file, &Overrides::default())?.config;
        let kafka = source_config(file, &config)?;
        let future_tolerance = Micros::try_from(config.ingest.future_tolerance.as_micros())?;
        let options = DecodeOptions { future_tolerance, key_rule: config.ingest.keys, ..DecodeOptions::default() };
        let reference = reference::of_config(&config, &kafka)?;
        Ok(Self { kafka, options, reference })
    }

    /// The same, with other reference data.
    pub(super) fn with_reference(self, reference: Arc<Reference>) -> Self {
        Self { reference, ..self }
    }

    /// Produces what was restated, and keeps the note.
    ///
    /// # Errors
    /// A record cannot be written as it is meant, nobody can tell how producers hash keys, or Kafka refuses: then nothing
    /// was done.
    pub(super) async fn produce(
        &self,
        store: &Store,
        (selection, restated): (&Selection, &Restated),
        hashing: PartitionerCheck,
        at: Micros,
    ) -> anyhow::Result<()> {
        let records = self.records(&restated.batches, at)?;
        let mut note = Elsewhere { selection: selection.clone(), positions: BTreeMap::new() };
        if records.is_empty() {
            return notes::keep(store, &note, at).await;
        }
        let publisher = self.publisher(hashing)?;
        let id = format!("{}.retract", self.kafka.group_id);
        let transaction = tokio::task::block_in_place(|| -> anyhow::Result<Transaction> {
            let mut transaction = Transaction::begin(&publisher, &id)?;
            for Record { kind, hcp_id, payload } in &records {
                let (key, payload) = (Some(hcp_id.as_bytes()), Some(payload.as_slice()));
                transaction.send(&Outgoing { kind: *kind, key, payload, timestamp: at })?;
            }
            note.positions =
                transaction.positions()?.into_iter().map(|(p, offsets)| (p, notes::spans(&offsets))).collect();
            Ok(transaction)
        })
        .context("nothing was taken back")?;
        notes::keep(store, &note, at).await?;
        fail::fail_point!("retract::noted");
        Ok(tokio::task::block_in_place(|| transaction.commit())?)
    }

    /// Every restatement as a record.
    fn records(&self, batches: &[RecordBatch], at: Micros) -> anyhow::Result<Vec<Record>> {
        let encoder = Encoder::new(self.reference.clone(), self.options);
        let (mut records, mut dates, mut others) = (Vec::new(), 0_u64, 0_u64);
        for batch in batches {
            let columns = RecordColumns::try_new(batch)?;
            for row in (0..batch.num_rows()).filter_map(|i| columns.row(i)) {
                match encoder.encode(&row, at) {
                    Ok(payload) => records.push(Record { kind: row.kind, hcp_id: row.hcp_id.to_owned(), payload }),
                    Err(Unwritable::Date) => dates += 1,
                    Err(Unwritable::Otherwise) => others += 1,
                }
            }
        }
        anyhow::ensure!(
            dates + others == 0,
            "nothing was taken back: {dates} touches that are known to the day only are not where the reference data place \
             them ([reference] of the configuration must be what they were read with), and {others} records cannot be \
             written so that they are read as they are meant. Stop the pipeline and take the feed back in the log, without \
             --to-kafka"
        );
        Ok(records)
    }

    /// Keys are hashed as the producers do: otherwise a record would land with another process than its HCP.
    fn publisher(&self, hashing: PartitionerCheck) -> anyhow::Result<PublisherConfig> {
        let partitioner = match (hashing.candidates(), self.options.key_rule) {
            (Candidates::Murmur2, _) => "murmur2_random",
            (Candidates::Crc32, _) => "consistent_random",
            // One process owns every partition, so that it does not matter.
            (Candidates::Either, ingest::decode::KeyRule::AcceptAny) => "murmur2_random",
            (Candidates::Either, ingest::decode::KeyRule::MustEqualHcpId) => anyhow::bail!(
                "nothing was taken back: the records of the feed do not tell how the producers hash keys; set \
                 kafka.partitioner to murmur2 (Java clients) or crc32 (librdkafka)"
            ),
        };
        let mut properties = self.kafka.properties.clone();
        properties.insert("partitioner".to_owned(), partitioner.to_owned());
        // Of a consumer, which this is not.
        properties.remove("group.instance.id");
        Ok(PublisherConfig {
            bootstrap_servers: self.kafka.bootstrap_servers.clone(),
            topics: self.kafka.topics.clone(),
            properties,
            backlog: Backlog::Unlimited,
        })
    }

    /// Finds out, from records of the log, how producers hash keys.
    pub(super) fn hashing(&self) -> anyhow::Result<Hashing> {
        let check = PartitionerCheck::new(self.kafka.partitioner);
        let counts = match self.kafka.partitioner {
            PartitionerChoice::Auto => tokio::task::block_in_place(|| ingest::kafka::partition_counts(&self.kafka))?,
            PartitionerChoice::Murmur2 | PartitionerChoice::Crc32 => BTreeMap::new(),
        };
        Ok(Hashing { check, counts })
    }
}

/// What records tell of the producers.
pub(super) struct Hashing {
    check: PartitionerCheck,
    /// Partitions by topic, where it is to be found out.
    counts: BTreeMap<String, i32>,
}

impl Hashing {
    /// Looks at rows of the log.
    ///
    /// # Errors
    /// They are not rows of the log, or no partitioner puts them where they stand.
    pub(super) fn see(&mut self, batch: &RecordBatch) -> anyhow::Result<()> {
        if self.counts.is_empty() {
            return Ok(());
        }
        let columns = RecordColumns::try_new(batch)?;
        for row in (0..batch.num_rows()).filter_map(|i| columns.row(i)) {
            if let Some(count) = self.counts.get(row.kafka_topic) {
                let judged = self.check.check(row.kafka_topic, row.hcp_id.as_bytes(), row.kafka_partition, *count);
                judged.context("nobody can tell how the producers hash keys; set kafka.partitioner")?;
            }
        }
        Ok(())
    }

    /// What was found.
    pub(super) fn found(self) -> PartitionerCheck {
        // With one partition in every topic there is nothing to find: any partitioner puts every key there.
        if !self.counts.is_empty() && self.counts.values().all(|count| *count == 1) {
            return PartitionerCheck::new(PartitionerChoice::Murmur2);
        }
        self.check
    }
}
