//! The options of `check`.

use crate::cli::value;
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use touchpoint::Micros;

/// How `check` writes its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// For people
    Table,
    /// The answer as it came
    Json,
}

/// Options of `check`. Words are checked by the service, which names those it knows.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("asked").required(true).args(["hcp", "file"]))]
pub struct CheckArgs {
    /// Address of a running touchload
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    pub url: String,
    /// The HCP
    #[arg(long, value_name = "ID", requires = "channel")]
    pub hcp: Option<String>,
    /// Ask what this JSON file says, as POST /v1/check takes it; - is standard input
    #[arg(short = 'f', long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// face_to_face, phone, video, chat, email or congress
    #[arg(long, value_name = "CHANNEL", conflicts_with = "file")]
    pub channel: Option<String>,
    /// Of an e-mail: rep or hq
    #[arg(long, value_name = "ORIGIN", conflicts_with = "file")]
    pub origin: Option<String>,
    /// How many a call would reach: a group from 2 on [default: the HCP alone]
    #[arg(long, value_name = "COUNT", conflicts_with = "file")]
    pub attendees: Option<u16>,
    /// Who would act
    #[arg(long, value_name = "ID", conflicts_with = "file")]
    pub owner: Option<String>,
    /// sales, marketing, medical, access or patient_services
    #[arg(long, value_name = "FUNCTION", conflicts_with = "file")]
    pub function: Option<String>,
    /// promotional, scientific, service or safety
    #[arg(long, value_name = "PURPOSE", conflicts_with = "file")]
    pub purpose: Option<String>,
    /// About which product
    #[arg(long, value_name = "PRODUCT", conflicts_with = "file")]
    pub product: Option<String>,
    /// Of which campaign
    #[arg(long, value_name = "THEME", conflicts_with = "file")]
    pub theme: Option<String>,
    /// Of which engagement plan
    #[arg(long, value_name = "PLAN", conflicts_with = "file")]
    pub plan: Option<String>,
    /// Which step of it
    #[arg(long, value_name = "STEP", conflicts_with = "file")]
    pub step: Option<String>,
    /// The medical request that it would answer
    #[arg(long, value_name = "ID", conflicts_with = "file")]
    pub request: Option<String>,
    /// When [default: now]
    #[arg(long, value_name = "INSTANT", value_parser = value::instant, conflicts_with = "file")]
    pub at: Option<Micros>,
    /// The HCP is said to have asked for it
    #[arg(long, conflicts_with = "file")]
    pub solicited: bool,
    /// Nobody means to act on the answer
    #[arg(long, conflicts_with = "file")]
    pub dry: bool,
    /// File with the bearer token
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// How the answer is written
    #[arg(long, value_enum, default_value_t = CheckFormat::Table)]
    pub format: CheckFormat,
}
