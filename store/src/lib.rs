//! Delta tables: the log that is the checkpoint, and everything derived from it.
