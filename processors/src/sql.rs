//! Tables and functions that DataFusion plans over the live state and over history.
//!
//! | module | one noun |
//! |---|---|
//! | [`layout`] | the columns of a metric table, and their rows |
//! | `constants` | constants that a statement names, where it uses them |
//! | `kept` | parts of a statement that it names more than once, computed once |
//! | [`kept_side`] | which side of a join is kept in memory |
//! | [`live_table`] | `hcp_now` and `hcp_now_windows` over the live state |
//! | [`built_table`] | the frame of a table whose rows are built when a plan runs; `built_exec` in a plan |
//! | [`sieve`] | what rows have to pass before they are built whole |
//! | `live_rows` | the live state, read a slice at a time |
//! | `named` | the HCPs that a filter names |
//! | [`changed`] | `changed`, `changed_windows`, `changed_touches`: what a turn of the alert rules looks at |
//! | [`account_table`] | `account_now`, and the table function `account_metrics_at(timestamp [, audience])` |
//! | [`touchpoints_at`] | the table function `touchpoints_at(timestamp)` |
//! | [`calendar`] | `calendar` |
//! | [`reference_table`] | `hcps`, `accounts` and their histories |
//! | [`output`] | what a table gives of each HCP: metrics, or [`forecast_rows`] |
//! | `arguments` | instants, days and audiences as table functions are given them |
//! | [`reading`] | which statements are run: those that read, and their plans |
//! | [`sums_table`] | `touches_now` and `requests_now` over the live state |
//! | [`window_exec`] | `HcpWindowExec`: the kernel as an operator over log rows partitioned by HCP |
//! | `targets` | the targets at an instant, as rows beside the log |
//! | [`history_table`] | what the operator gives at an instant, as a table |
//! | [`history_function`] | the table functions `hcp_metrics_at` and `budget_shares`, whose rows are [`share_rows`] |
//! | [`forecast_function`] | the table function `forecast(timestamp [, days [, audience]])`; `live_forecasts` over the live state |
//! | [`reference_tables`] | `affiliations_history`, `people_history`, … : every row of other reference data |
//! | [`metric_functions`] | a function per metric column over `touch_metrics`, all of one list |
//! | [`function_docs`] | what each function is, takes and gives |
//! | [`yielding()`] | plans that can be ended while they compute |
//! | [`sessions`] | what every session starts from, and those that can open no file |
//! | `single_pass` | nested-loop joins that read the side they keep once |
//! | [`statement_memory`] | the memory of a session, and who of its operators gets how much |
//! | `trailing` | counts over trailing windows, faster |
//! | [`touch_metrics`] | the aggregate function `touch_metrics(…)`: all columns of a set of touches, as a struct |

pub mod account_table;
mod arguments;
mod built_exec;
pub mod built_table;
pub mod calendar;
pub mod changed;
mod constants;
pub mod forecast_function;
pub mod forecast_rows;
pub mod function_docs;
pub mod history_function;
pub mod history_table;
mod kept;
pub mod kept_side;
pub mod layout;
mod live_forecasts;
mod live_rows;
pub mod live_table;
pub mod metric_functions;
mod named;
pub mod output;
pub mod reading;
pub mod reference_table;
pub mod reference_tables;
pub mod sessions;
pub mod share_rows;
pub mod sieve;
mod single_pass;
pub mod statement_memory;
pub mod sums_table;
mod targets;
pub mod touch_metrics;
pub mod touchpoints_at;
mod trailing;
pub mod window_exec;
mod yielding;

pub use changed::{ChangedRows, ChangedTable, ChangedTables, LookAt, Needs, Passing};
pub use forecast_function::ForecastFunction;
pub use history_function::HistoryFunction;
pub use history_table::HistoryTable;
pub use layout::Layout;
pub use live_table::LiveTable;
pub use sums_table::SumsTable;
pub use touch_metrics::touch_metrics;
pub use yielding::{Held, Leash, yielding};
