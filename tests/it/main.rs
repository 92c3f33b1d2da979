//! The one integration binary: every crate together, on real parts.

mod adversary;
mod day_rows;
mod embedded;
mod faults;
mod imports;
mod kafka_broker;
mod kafka_job;
mod kafka_ledger;
mod kernel_against_reference;
mod leaks;
mod ledger_check;
mod pipeline_on_kafka;
mod prometheus_tools;
mod python_readers;
mod readers;
mod run_process;
mod sql_against_reference;
mod sqllogic;
mod test_setup;
