//! Bytes in, Arrow columns out: Kafka consumers, file readers, decoding and validation.
