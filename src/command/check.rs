//! `touchload check`: asks a running pipeline whether HCPs may be touched.

mod answer;

use super::ask::Api;
use super::named;
use crate::cli::{CheckArgs, CheckFormat, ExitStatus};
use anyhow::Context;
use chrono::{DateTime, SecondsFormat};
use serde_json::{Map, Value, json};
use std::io::{Read, Write};
use std::path::Path;

/// Asks, writes the answer, and says whether any touch was denied.
pub(super) async fn check(args: &CheckArgs, out: &mut dyn Write) -> anyhow::Result<ExitStatus> {
    let body = match &args.file {
        Some(file) => read(file)?,
        None => json!({ "proposals": [proposal(args)] }).to_string(),
    };
    let text = Api::at(&args.url, args.token_file.as_deref())?.post(&["check"], body).await?;
    let answer: Value = serde_json::from_str(&text).context("the answer is no JSON; is this a touchload?")?;
    let results = answer["results"].as_array().context("the answer has no results; is this a touchload?")?;
    match args.format {
        CheckFormat::Json => writeln!(out, "{text}")?,
        CheckFormat::Table => answer::write(results, out)?,
    }
    let is_denied = results.iter().any(|result| result["verdict"] == "deny");
    Ok(if is_denied { ExitStatus::Denied } else { ExitStatus::Done })
}

/// What was typed as the API takes it.
fn proposal(args: &CheckArgs) -> Value {
    let at =
        args.at.and_then(DateTime::from_timestamp_micros).map(|at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true));
    let texts = [
        ("hcp_id", &args.hcp),
        ("channel", &args.channel),
        ("origin", &args.origin),
        ("owner_id", &args.owner),
        ("business_function", &args.function),
        ("purpose", &args.purpose),
        ("product", &args.product),
        ("theme", &args.theme),
        ("plan_id", &args.plan),
        ("plan_step", &args.step),
        ("request_id", &args.request),
        ("at", &at),
    ];
    let given = texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), Value::from(text.clone()?))));
    let attendees = args.attendees.map(|count| ("attendees".to_owned(), Value::from(count)));
    let flags = [("solicited", args.solicited), ("dry", args.dry)];
    let raised = flags.into_iter().filter(|(_, raised)| *raised).map(|(name, _)| (name.to_owned(), Value::from(true)));
    Value::Object(given.chain(attendees).chain(raised).collect::<Map<_, _>>())
}

fn read(file: &Path) -> anyhow::Result<String> {
    if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("reading proposals from standard input")?;
        return Ok(text);
    }
    Ok(named::text(file)?)
}
