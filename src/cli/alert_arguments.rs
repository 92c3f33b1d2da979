//! The options of `alerts` and `ack`. Words are checked by the service, which names those it knows.

use crate::cli::CheckFormat;
use clap::Args;
use std::path::PathBuf;

/// Options of `alerts`.
#[derive(Debug, Args)]
pub struct AlertsArgs {
    /// Address of a running touchload
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    pub url: String,
    /// Only alerts of this rule, such as over_budget
    #[arg(long, value_name = "RULE")]
    pub rule: Option<String>,
    /// Only alerts that are pending, firing or acknowledged
    #[arg(long, value_name = "STATE")]
    pub state: Option<String>,
    /// Only alerts about HCPs and accounts of this territory
    #[arg(long, value_name = "TERRITORY")]
    pub territory: Option<String>,
    /// At most so many, the ones that began last
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub limit: u32,
    /// File with the bearer token
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// How the answer is written
    #[arg(long, value_enum, default_value_t = CheckFormat::Table)]
    pub format: CheckFormat,
}

/// Options of `ack`.
#[derive(Debug, Args)]
pub struct AckArgs {
    /// The alert's id
    #[arg(value_name = "ID")]
    pub id: String,
    /// Why: agreed_with_hcp, exception, data_error or handled
    #[arg(long, value_name = "REASON")]
    pub reason: String,
    /// Address of a running touchload
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    pub url: String,
    /// File with the bearer token
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// How the answer is written
    #[arg(long, value_enum, default_value_t = CheckFormat::Table)]
    pub format: CheckFormat,
}
