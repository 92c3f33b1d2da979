//! The source against librdkafka's mock cluster: real consumer groups, real rebalances, brokers that go down.
//!
//! `cluster` holds the broker side, `pipeline` a pipeline that remembers what a table would. Every wait is for an event
//! with a deadline; a rebalance of the mock cluster takes three seconds.

mod cluster;
mod faults;
mod pipeline;
mod sharing;
mod single;
