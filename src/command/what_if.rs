//! `touchload what-if`: reads what is asked, replays ([`crate::what_if`]), and writes what came of it.
//!
//! Tables are only read, also beside a running pipeline. The page is written whole or not at all.

use crate::cli::value::UsageError;
use crate::cli::{ReplayClock, ReportFormat, ShownIds, WhatIfArgs};
use crate::policy;
use crate::progress::ProgressChoice;
use crate::what_if::report::Report;
use crate::what_if::span::LogSpan;
use crate::what_if::{Asked, lists, page, replay};
use anyhow::Context;
use ingest::reference_files::{PlannedTouch, load_planned};
use processors::what_if::Scenario;
use serde_json::{Map, Value, json};
use serve::deliver::{Ids, Naming};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use store::{Arrival, OpenMode, Store};
use touchpoint::{Micros, Policy, SecretKey};

/// The key of a run without one: ids then pair the two replays, and say nothing outside.
const NO_KEY: [u8; 32] = *b"touchload what-if without a key.";

pub(super) async fn what_if(args: &WhatIfArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let reference = args.reference.input().load()?;
    let Inputs { baseline, other, planned } = inputs(args)?;
    let key = key(args.key_file.as_deref())?;
    let store = Store::open(&args.data, OpenMode::MustExist).await?;
    let log = LogSpan::read(&store).await?;
    let (from, to) = log.choose((args.from, args.to), &planned)?;
    let audience = args.audience.into();
    let longest_wait = micros(args.longest_wait);
    let scenario = Scenario { baseline, other, reference, audience, from, to, longest_wait };
    let arrival = match args.clock {
        ReplayClock::AsTaken => Arrival::AsTaken,
        ReplayClock::OnTime => Arrival::OnTime,
    };
    let asked = Asked {
        scenario,
        planned,
        arrival,
        every: micros(args.every),
        alerts: args.alert_replay(),
        memory: args.memory,
        key: key.clone(),
        progress: ProgressChoice::Shown,
    };
    let replayed = replay(&store, &log, asked).await?;
    let ids = match args.shown_ids() {
        ShownIds::Pseudonyms => Ids::Pseudonyms,
        ShownIds::Plain => Ids::Plain,
    };
    let report = Report::new(&replayed);
    tell(args, &report, &Naming::new(key, ids), out)
}

/// What files say.
struct Inputs {
    baseline: Arc<Policy>,
    other: Arc<Policy>,
    planned: Vec<PlannedTouch>,
}

/// Reads every file before any is complained of, so that all of them can be mended at once.
fn inputs(args: &WhatIfArgs) -> anyhow::Result<Inputs> {
    let baseline = policy::in_force(args.baseline.as_deref());
    let other = args.policy.as_deref().map(policy::load).transpose();
    let planned = args.plan.as_deref().map(load_planned).transpose();
    let problems = [
        baseline.as_ref().err().map(ToString::to_string),
        other.as_ref().err().map(ToString::to_string),
        planned.as_ref().err().map(ToString::to_string),
    ];
    let problems: Vec<String> = problems.into_iter().flatten().collect();
    if problems.len() > 1 {
        return Err(UsageError(problems.join("\n")).into());
    }
    let baseline = baseline?;
    let other = other?.map_or_else(|| baseline.clone(), Arc::new);
    if other.version == baseline.version && !policy::means_the_same(&other, &baseline) {
        let what = "have the same version and another meaning; give the one that is tried a version of its own";
        return Err(UsageError(format!("the policies to compare {what} ({})", other.version)).into());
    }
    Ok(Inputs { baseline, other, planned: planned?.unwrap_or_default() })
}

fn key(file: Option<&Path>) -> anyhow::Result<SecretKey> {
    let Some(file) = file else { return Ok(SecretKey::new(&NO_KEY)?) };
    let bytes = std::fs::read(file).with_context(|| format!("reading the key {}", file.display()))?;
    // An editor ends a file with a line break, which is no part of a key.
    SecretKey::new(bytes.trim_ascii_end()).with_context(|| format!("the key {}", file.display()))
}

fn micros(duration: Duration) -> Micros {
    Micros::try_from(duration.as_micros()).unwrap_or(Micros::MAX)
}

fn tell(args: &WhatIfArgs, report: &Report<'_>, naming: &Naming, out: &mut dyn Write) -> anyhow::Result<()> {
    let replayed = report.replayed();
    let held = || lists::held(&replayed.outcome.held, &replayed.what_if.scenario().other, naming);
    if let Some(file) = &args.held {
        let mut text = Vec::new();
        held().write_csv(&mut text)?;
        write_file(file, &text)?;
    }
    if let (Some(file), Some(pairs)) = (&args.alerts, &report.pairs) {
        let mut text = Vec::new();
        lists::alerts(pairs, naming).write_csv(&mut text)?;
        write_file(file, &text)?;
    }
    if let Some(file) = &args.html {
        write_file(file, page::page(report, args.shown_ids()).as_bytes())?;
    }
    match args.format {
        ReportFormat::Table => write_text(report, out)?,
        ReportFormat::Csv => {
            write!(out, "part,group,measure,value\r\n")?;
            report.grids().iter().try_for_each(|grid| grid.write_values(out))?;
        }
        ReportFormat::Json => {
            let lists = [Some(held()), report.pairs.as_ref().map(|pairs| lists::alerts(pairs, naming))];
            let grids = report.grids();
            let members = grids.iter().chain(lists.iter().flatten()).map(|grid| (grid.key.to_owned(), grid.to_json()));
            let mut object: Map<String, Value> = members.collect();
            object.insert("heading".to_owned(), json!(report.heading()));
            object.insert("said".to_owned(), json!(report.sentences()));
            serde_json::to_writer(&mut *out, &Value::Object(object))?;
            writeln!(out)?;
        }
    }
    Ok(out.flush()?)
}

fn write_text(report: &Report<'_>, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "{}\n", report.heading())?;
    report.sentences().iter().try_for_each(|sentence| writeln!(out, "{sentence}"))?;
    // Weeks and bins are for charts and programs.
    let told = report.grids();
    let told = told.iter().filter(|grid| ["channels", "rules", "alerts", "territories"].contains(&grid.key));
    for grid in told {
        grid.write_text(out)?;
    }
    writeln!(out, "\n{}", report.effort())
}

/// Under another name until it is whole.
fn write_file(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let write = || std::fs::write(&partial, bytes).and_then(|()| std::fs::rename(&partial, path));
    write().with_context(|| format!("writing {}", path.display()))
}
