//! The one integration binary: every crate together, on real parts.

mod adversary;
mod budget_policies;
mod day_rows;
mod embedded;
mod faults;
mod import_ends;
mod imports;
mod kafka_broker;
mod kafka_job;
mod kafka_ledger;
mod kernel_against_reference;
mod leaks;
mod ledger_check;
mod object_store;
mod object_store_server;
mod pipeline_on_kafka;
mod policies;
mod prometheus_tools;
mod prompt;
mod python_readers;
mod readers;
mod run_process;
mod security;
mod sql_against_reference;
mod sqllogic;
mod test_setup;
