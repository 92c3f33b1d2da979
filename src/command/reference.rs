//! The reference data that a command is given: files of the command line, or what the configuration of `run` names.

use super::run::source_config;
use crate::cli::ReferenceArgs;
use crate::config::{Overrides, RunConfig, load};
use crate::reference::{ReferenceInput, ReferenceSource};
use ingest::kafka::KafkaConfig;
use std::sync::Arc;
use touchpoint::Reference;

/// Loads them, topics as they are now. Blocks its thread, which must not be one of the runtime's.
///
/// # Errors
/// Problems of the configuration, of files or of topics; a topic that cannot be read.
pub(super) fn given(args: &ReferenceArgs) -> anyhow::Result<Arc<Reference>> {
    let Some(file) = args.config() else { return Ok(args.input().load()?) };
    let config = load(file, &Overrides::default())?.config;
    of_config(&config, &source_config(file, &config)?)
}

/// Loads what a configuration names.
///
/// # Errors
/// Problems of files or topics; a topic that cannot be read.
pub(super) fn of_config(config: &RunConfig, kafka: &KafkaConfig) -> anyhow::Result<Arc<Reference>> {
    let (files, topics) = (config.reference.clone(), config.reference_topics.clone());
    Ok(ReferenceSource::open(ReferenceInput { folder: None, files, topics }, kafka)?.load()?)
}
