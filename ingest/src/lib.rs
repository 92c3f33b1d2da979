//! Bytes in, Arrow columns out: Kafka consumers, file readers, decoding and validation.
//!
//! Data enters as a [`batch::Message`], from a Kafka partition or from a line of a file, and leaves as a
//! [`batch::DecodedBatch`]: accepted records, dead letters, next offsets and what was seen. Both ways share one
//! decoder, so that a record is accepted from a file exactly when it is accepted from a topic.
//!
//! | module | one noun |
//! |---|---|
//! | [`decode`] | the decoder: one JSON record or CloudEvent to one row, or the reason why not |
//! | [`batch`] | messages of one partition number become one Arrow batch |
//! | [`encode`] | a row back into the JSON that it is decoded from |
//! | [`erased`] | the HCPs who were erased and must not come back |
//! | [`kafka`] | the consumer group over the four topics |
//! | [`file`] | NDJSON files for the bounded import |
//! | [`reference_files`] | reference data: ten tables from CSV, NDJSON and Parquet, and from what topics hold |
//! | [`reference_topics`] | the consumers of compacted topics of reference data |

pub mod batch;
mod dead_letter;
pub mod decode;
mod digest;
pub mod encode;
pub mod erased;
pub mod file;
mod instant;
pub mod kafka;
mod message;
pub mod reference_files;
pub mod reference_topics;
