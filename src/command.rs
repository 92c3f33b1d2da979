//! One file per command; each is a function of its arguments and of where to write.

mod alerts;
mod ask;
mod check;
mod config_check;
mod demo;
mod erase;
mod import;
mod live_traffic;
mod logging;
mod named;
mod policy_check;
mod reference;
mod retract;
mod run;
mod simulate;
mod sql;
mod stop;
mod touch;
mod user;
mod what_if;

pub(crate) use run::started;

use crate::cli::value::UsageError;
use crate::cli::{Cli, Command, ConfigAction, ExitStatus, PolicyAction};
use crate::config::ConfigError;
use crate::policy::PolicyError;
use crate::tokens::TokensError;
use crate::users::UsersError;
use ingest::reference_files::{PlannedError, ReferenceError};
use serve::postgres::EncryptionError;
use std::io::Write;
use store::{FolderError, StoreError};

/// Runs a command to its end and writes its error, if any, to standard error.
pub fn execute(cli: Cli) -> ExitStatus {
    match dispatch(cli) {
        Ok(status) => status,
        Err(error) => {
            let usage = is_bad_usage(&error);
            // Without a standard error there is nobody to tell.
            drop(writeln!(std::io::stderr(), "touchload: {}", told(&error)));
            if usage { ExitStatus::BadUsage } else { ExitStatus::Failed }
        }
    }
}

/// Whether the command line or the configuration is wrong, so that nothing was done.
fn is_bad_usage(error: &anyhow::Error) -> bool {
    let location = match error.downcast_ref::<FolderError>() {
        Some(FolderError::Store(error)) => Some(error),
        _ => error.downcast_ref::<StoreError>(),
    };
    error.is::<ConfigError>()
        || error.is::<PolicyError>()
        || error.is::<TokensError>()
        || error.is::<UsersError>()
        || error.is::<EncryptionError>()
        || error.is::<UsageError>()
        || error.is::<ReferenceError>()
        || error.is::<PlannedError>()
        || error.is::<config_check::CheckError>()
        || matches!(location, Some(StoreError::Location { .. }))
}

/// The error and its causes, each said once: many errors repeat their cause in their own text.
fn told(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

fn dispatch(cli: Cli) -> anyhow::Result<ExitStatus> {
    let verbosity = cli.verbosity();
    let out = &mut std::io::stdout();
    match &cli.command {
        Command::Config { action: ConfigAction::Check { file } } => {
            return config_check::check(file, out).map(|()| ExitStatus::Done);
        }
        Command::Policy { action: PolicyAction::Check { file } } => {
            return policy_check::check(file, out).map(|()| ExitStatus::Done);
        }
        Command::Policy { action: PolicyAction::Template { name } } => {
            return policy_check::template(name.as_deref(), out).map(|()| ExitStatus::Done);
        }
        Command::User { action } => return user::user(action, out).map(|()| ExitStatus::Done),
        _ => {}
    }
    // Two threads at least: a query that never yields must not hold up HTTP.
    let workers = std::thread::available_parallelism().map_or(2, |n| n.get().max(2));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build()?;
    match cli.command {
        Command::Demo(args) => {
            logging::start(logging::Quiet::ForView(args.view()), cli.log_format, verbosity);
            runtime.block_on(demo::demo(args, out))
        }
        Command::Run(args) => run::run(args, cli.log_format, verbosity, &runtime, out),
        Command::Simulate(args) => {
            logging::start(logging::Quiet::No, cli.log_format, verbosity);
            simulate::simulate(&args, &runtime, out)
        }
        Command::Import(args) => {
            logging::start(logging::Quiet::No, cli.log_format, verbosity);
            runtime.block_on(import::import(&args, out))
        }
        Command::Check(args) => {
            logging::start(logging::Quiet::No, cli.log_format, verbosity);
            return runtime.block_on(check::check(&args, out));
        }
        Command::Alerts(args) => {
            logging::start(logging::Quiet::No, cli.log_format, verbosity);
            runtime.block_on(alerts::alerts(&args, out))
        }
        Command::Ack(args) => {
            logging::start(logging::Quiet::No, cli.log_format, verbosity);
            runtime.block_on(alerts::ack(&args, out))
        }
        Command::Touch(args) => {
            logging::start(logging::Quiet::No, cli.log_format, verbosity);
            touch::touch(&args, out)
        }
        Command::Sql(args) => {
            logging::start(logging::Quiet::No, cli.log_format, verbosity);
            return sql::leave(sql::sql(&args, &runtime, out), runtime);
        }
        Command::Retract(args) => {
            logging::start(logging::Quiet::No, cli.log_format, verbosity);
            runtime.block_on(retract::retract(&args, out))
        }
        Command::Erase(args) => {
            logging::start(logging::Quiet::No, cli.log_format, verbosity);
            runtime.block_on(erase::erase(&args, out))
        }
        Command::WhatIf(args) => {
            logging::start(logging::Quiet::No, cli.log_format, verbosity);
            runtime.block_on(what_if::what_if(&args, out))
        }
        Command::Config { .. } | Command::Policy { .. } | Command::User { .. } => Ok(()),
    }?;
    Ok(ExitStatus::Done)
}

#[cfg(test)]
mod tests {
    use super::{is_bad_usage, told};
    use store::{FolderError, Location};

    #[test]
    fn a_cause_is_said_once() {
        let missing = || anyhow::anyhow!("no such file");
        assert_eq!(told(&missing()), "no such file");
        assert_eq!(told(&missing().context("cannot read a.toml: no such file")), "cannot read a.toml: no such file");
        assert_eq!(told(&missing().context("reading a.toml").context("start")), "start: reading a.toml: no such file");
    }

    #[test]
    fn a_location_that_cannot_be_meant_is_bad_usage_and_a_folder_in_use_is_not() {
        let refused = || Location::parse("ftp://host/x").expect_err("no such store");
        assert!(is_bad_usage(&refused().into()));
        assert!(is_bad_usage(&FolderError::Store(refused()).into()));
        assert!(is_bad_usage(&anyhow::Error::from(refused()).context("opening the tables")));
        assert!(!is_bad_usage(&FolderError::InUse { folder: "x".to_owned() }.into()));
        assert!(!is_bad_usage(&anyhow::anyhow!("a disk is full")));
    }
}
