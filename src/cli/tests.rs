//! Every command as it is typed, and what is refused.

use super::{
    AlertReplay, Amendment, CheckFormat, Cli, Command, ConfigAction, LogFormat, ReplayClock, ShownIds, SimulateTarget,
    SqlInput, SqlPlace, TouchChannel, Verbosity, ViewChoice, ViewedBy,
};
use crate::cli::arguments::ImportDays;
use crate::format::OutputFormat;
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use std::path::PathBuf;
use std::time::Duration;
use touchpoint::Kind;

fn typed(line: &str) -> Cli {
    Cli::try_parse_from(line.split(' ')).unwrap_or_else(|e| panic!("{line}: {e}"))
}

fn refused(line: &str) -> clap::Error {
    Cli::try_parse_from(line.split(' ')).map_or_else(|e| e, |cli| panic!("{line} was accepted as {cli:?}"))
}

#[test]
fn the_declaration_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_has_a_line_a_long_help_and_an_example() {
    fn check(command: &clap::Command, path: &str) {
        assert!(command.get_about().is_some(), "{path} lacks its line");
        if !command.has_subcommands() || ["touchload config", "touchload policy"].contains(&path) {
            let example = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(example.contains(&format!("  {path}")), "{path} lacks an example: {example:?}");
        }
        for sub in command.get_subcommands() {
            check(sub, &format!("{path} {}", sub.get_name()));
        }
    }
    let command = Cli::command();
    check(&command, "touchload");
    let names: Vec<_> = command.get_subcommands().map(clap::Command::get_name).collect();
    assert_eq!(
        names,
        [
            "demo", "run", "simulate", "import", "sql", "retract", "erase", "check", "alerts", "ack", "touch",
            "what-if", "config", "user", "policy"
        ]
    );
}

#[test]
fn every_option_says_what_it_is() {
    for command in Cli::command().get_subcommands() {
        for argument in command.get_arguments() {
            assert!(argument.get_help().is_some(), "{} {}", command.get_name(), argument.get_id());
        }
    }
}

#[test]
fn a_what_if_tries_a_policy_or_a_plan_or_both() {
    let Command::WhatIf(asked) = typed("touchload what-if --data d --policy p --plan c.csv --longest-wait 7d").command
    else {
        panic!()
    };
    assert_eq!((asked.alert_replay(), asked.shown_ids()), (AlertReplay::Both, ShownIds::Pseudonyms));
    assert_eq!((asked.longest_wait, asked.every), (Duration::from_secs(7 * 86_400), Duration::from_secs(3_600)));
    assert_eq!((asked.clock, asked.audience), (ReplayClock::AsTaken, ViewedBy::Commercial));
    let Command::WhatIf(asked) = typed("touchload what-if --data d --plan c.csv --skip-alerts --ids").command else {
        panic!()
    };
    assert_eq!((asked.alert_replay(), asked.shown_ids()), (AlertReplay::Skipped, ShownIds::Plain));
    assert_eq!(refused("touchload what-if --data d").kind(), ErrorKind::MissingRequiredArgument);
    let both = refused("touchload what-if --data d --policy p --skip-alerts --alerts a.csv");
    assert_eq!(both.kind(), ErrorKind::ArgumentConflict);
}

#[test]
fn a_check_is_typed_or_in_a_file() {
    let Command::Check(check) = typed("touchload check --hcp h --channel email --at 2026-03-05 --dry").command else {
        panic!()
    };
    assert_eq!((check.hcp.as_deref(), check.channel.as_deref(), check.dry), (Some("h"), Some("email"), true));
    assert_eq!((check.at, check.url.as_str()), (Some(1_772_668_800_000_000), "http://127.0.0.1:8080"));
    let Command::Check(check) = typed("touchload check -f - --format json").command else { panic!() };
    assert_eq!((check.file, check.format), (Some(PathBuf::from("-")), CheckFormat::Json));
    for wrong in
        ["check", "check --hcp h", "check --channel email", "check -f x --hcp h --channel email", "check -f x --dry"]
    {
        refused(&format!("touchload {wrong}"));
    }
}

#[test]
fn alerts_are_listed_and_accepted_and_somebody_is_touched() {
    let Command::Alerts(alerts) = typed("touchload alerts --rule over_budget --limit 7").command else { panic!() };
    assert_eq!((alerts.rule.as_deref(), alerts.limit, alerts.state), (Some("over_budget"), 7, None));
    let Command::Ack(ack) = typed("touchload ack 0a --reason handled").command else { panic!() };
    assert_eq!((ack.id.as_str(), ack.reason.as_str()), ("0a", "handled"));
    let Command::Touch(touch) = typed("touchload touch --brokers b:1 --hcp h").command else { panic!() };
    assert_eq!((touch.channel, touch.count, touch.product.as_str()), (TouchChannel::Phone, 5, "demo-launch"));
    let Command::Touch(touch) = typed("touchload touch --brokers b:1 --hcp h --channel rep_email").command else {
        panic!()
    };
    assert_eq!(touch.channel, TouchChannel::RepEmail);
    for wrong in ["ack 0a", "ack --reason handled", "touch --hcp h", "touch --brokers b:1", "alerts --limit 0"] {
        refused(&format!("touchload {wrong}"));
    }
}

#[test]
fn demo_needs_nothing() {
    let Command::Demo(demo) = typed("touchload demo").command else { panic!() };
    assert_eq!(demo.data, PathBuf::from("./data"));
    assert_eq!(demo.http.to_string(), "127.0.0.1:8080");
    assert_eq!((demo.run_for, demo.view()), (None, ViewChoice::Terminal));
    let Command::Demo(demo) = typed("touchload demo --for 30s --rate 20 --poison 0.5 --no-view").command else {
        panic!()
    };
    assert_eq!(demo.run_for, Some(Duration::from_secs(30)));
    assert_eq!((demo.rate, demo.poison, demo.view()), (20, 0.5, ViewChoice::Lines));
}

#[test]
fn bad_values_are_usage_errors_that_say_what_was_expected() {
    for (line, expected) in [
        ("touchload demo --for 30", "units ms, s, m, h, d"),
        ("touchload demo --for 0s", "expected a duration"),
        ("touchload demo --http localhost", "--http"),
        ("touchload demo --poison 2", "from 0 to 1"),
        ("touchload demo --rate 0", "1..=1000000"),
        ("touchload demo --scenario chaos", "orchestration"),
        ("touchload simulate --out w --from 2026-02-30", "YYYY-MM-DD"),
        ("touchload import --data d --calls c --as-of noon", "RFC 3339"),
    ] {
        let error = refused(line);
        assert_eq!(error.exit_code(), 2, "{line}");
        assert!(error.to_string().contains(expected), "{line}: {error}");
    }
}

#[test]
fn run_needs_its_config() {
    assert_eq!(refused("touchload run").kind(), ErrorKind::MissingRequiredArgument);
    let Command::Run(run) = typed("touchload run --config t.toml --data s3://b/p --http 0.0.0.0:80").command else {
        panic!()
    };
    assert_eq!((run.config, run.data.as_deref()), (PathBuf::from("t.toml"), Some("s3://b/p")));
    assert_eq!(run.http.map(|a| a.port()), Some(80));
}

#[test]
fn simulate_goes_to_exactly_one_place() {
    assert_eq!(refused("touchload simulate").kind(), ErrorKind::MissingRequiredArgument);
    assert_eq!(refused("touchload simulate --out w --kafka k:9092").kind(), ErrorKind::ArgumentConflict);
    let Command::Simulate(args) = typed("touchload simulate --kafka k:9092 --rate 5 --firehose 10").command else {
        panic!()
    };
    assert_eq!(args.target(), Some(SimulateTarget::Kafka("k:9092")));
    assert_eq!((args.rate, args.firehose), (Some(5), Some(10)));
    let Command::Simulate(args) = typed("touchload simulate --out w").command else { panic!() };
    assert_eq!(args.target(), Some(SimulateTarget::Folder(&PathBuf::from("w"))));
    assert_eq!(refused("touchload simulate --out w --rate 5").exit_code(), 2, "a rate makes no sense for files");
    let Command::Simulate(args) = typed("touchload simulate --kafka k:9092 --live 2").command else { panic!() };
    assert_eq!(args.live, Some(2));
    for wrong in ["--out w --live 2", "--kafka k:9092 --live 2 --rate 2", "--kafka k:9092 --live 2 --firehose 5"] {
        assert_eq!(refused(&format!("touchload simulate {wrong}")).kind(), ErrorKind::ArgumentConflict, "{wrong}");
    }
}

#[test]
fn import_takes_files_of_any_kind_but_at_least_one() {
    assert_eq!(refused("touchload import --data d").kind(), ErrorKind::MissingRequiredArgument);
    let line = "touchload import --data d --medical-requests m --calls a --calls b \
                --congress-invitations c --emails e --daily";
    let Command::Import(args) = typed(line).command else { panic!() };
    let files: Vec<_> = args.files().into_iter().map(|(k, f)| (k, f.display().to_string())).collect();
    let expected =
        [(Kind::Calls, "a"), (Kind::Calls, "b"), (Kind::Emails, "e"), (Kind::Congress, "c"), (Kind::Requests, "m")];
    assert_eq!(files, expected.map(|(k, f)| (k, f.to_owned())));
    assert_eq!((args.days(), args.as_of), (ImportDays::Daily, None));
    let Command::Import(args) = typed("touchload import --data d --calls a --as-of 1970-01-02").command else {
        panic!()
    };
    assert_eq!((args.days(), args.as_of), (ImportDays::Final, Some(86_400_000_000)));
}

#[test]
fn sql_reads_text_a_file_or_a_prompt() {
    let Command::Sql(args) = typed("touchload sql --data d --format csv").command else { panic!() };
    assert_eq!((args.input(), args.style().format), (SqlInput::Prompt, OutputFormat::Csv));
    let Command::Sql(args) = typed("touchload sql --data d -f q.sql").command else { panic!() };
    assert_eq!(args.input(), SqlInput::File(&PathBuf::from("q.sql")));
    let Command::Sql(args) = typed("touchload sql --data d -c SELECT").command else { panic!() };
    assert_eq!(args.input(), SqlInput::Text("SELECT"));
    assert_eq!(refused("touchload sql --data d -c S -f q.sql").kind(), ErrorKind::ArgumentConflict);
}

#[test]
fn sql_runs_over_tables_or_on_a_server_and_names_its_output() {
    let Command::Sql(args) = typed("touchload sql --server postgres://a@h -o x.parquet").command else { panic!() };
    assert_eq!(args.place(), SqlPlace::Server("postgres://a@h"));
    assert_eq!((args.style().format, args.output()), (OutputFormat::Parquet, Some(std::path::Path::new("x.parquet"))));
    let Command::Sql(args) = typed("touchload sql --data d -o x.parquet --format csv -x").command else { panic!() };
    assert_eq!((args.place(), args.style().format), (SqlPlace::Data("d"), OutputFormat::Csv));
    assert_eq!(refused("touchload sql -c S").kind(), ErrorKind::MissingRequiredArgument);
    for more in ["--data d", "--policy p.toml", "--reference r"] {
        let line = format!("touchload sql --server postgres://a@h {more}");
        assert_eq!(refused(&line).kind(), ErrorKind::ArgumentConflict, "{line}");
    }
}

#[test]
fn retract_needs_a_source_and_a_span_and_shows_before_it_does() {
    let line = "touchload retract --data d --source crm --ingested-between 1970-01-01 1970-01-02T00:00:00Z";
    let Command::Retract(args) = typed(line).command else { panic!() };
    assert_eq!((args.source.as_str(), args.span(), args.topic.as_deref()), ("crm", (0, 86_400_000_000), None));
    assert_eq!(args.amendment(), Amendment::DryRun);
    let Command::Retract(args) = typed(&format!("{line} --topic import:ab --execute")).command else { panic!() };
    assert_eq!((args.amendment(), args.topic.as_deref()), (Amendment::Executed, Some("import:ab")));
    let Command::Retract(args) = typed(&format!("{line} --to-kafka t.toml")).command else { panic!() };
    assert_eq!((args.amendment(), args.to_kafka), (Amendment::DryRun, Some(PathBuf::from("t.toml"))));
    for line in [
        "touchload retract --data d --source crm",
        "touchload retract --data d --ingested-between 1970-01-01 1970-01-02",
    ] {
        assert_eq!(refused(line).kind(), ErrorKind::MissingRequiredArgument, "{line}");
    }
    assert_eq!(refused("touchload retract --data d --source crm --ingested-between 1970-01-01").exit_code(), 2);
}

#[test]
fn erase_names_one_person_and_shows_before_it_does() {
    let Command::Erase(args) = typed("touchload erase --data d --hcp h1").command else { panic!() };
    assert_eq!((args.hcp.as_str(), args.amendment()), ("h1", Amendment::DryRun));
    let Command::Erase(args) = typed("touchload erase --data d --hcp h1 --execute").command else { panic!() };
    assert_eq!(args.amendment(), Amendment::Executed);
    assert_eq!(args.config, None);
    let Command::Erase(args) = typed("touchload erase --data d --hcp h1 --config t.toml").command else { panic!() };
    assert_eq!(args.config, Some(PathBuf::from("t.toml")));
    assert_eq!(refused("touchload erase --data d").kind(), ErrorKind::MissingRequiredArgument);
    assert_eq!(refused("touchload erase --data d --hcp=").exit_code(), 2);
}

#[test]
fn log_options_stand_anywhere() {
    let cli = typed("touchload config check t.toml -vv --log-format json");
    assert_eq!((cli.verbosity(), cli.log_format), (Verbosity::Trace, Some(LogFormat::Json)));
    let Command::Config { action: ConfigAction::Check { file } } = cli.command else { panic!() };
    assert_eq!(file, PathBuf::from("t.toml"));
    assert_eq!(typed("touchload -q demo").verbosity(), Verbosity::Errors);
    assert_eq!(typed("touchload demo -v").verbosity(), Verbosity::Debug);
    assert_eq!(refused("touchload -q -v demo").kind(), ErrorKind::ArgumentConflict);
}

#[test]
fn reference_data_come_from_options_or_from_a_configuration() {
    let Command::Sql(args) = typed("touchload sql --data d --reference-config t.toml").command else { panic!() };
    assert_eq!(args.reference.config(), Some(std::path::Path::new("t.toml")));
    assert!(!args.reference.input().is_given());
    for more in ["--reference r", "--hcps-file h.csv", "--accounts-file a.csv"] {
        let line = format!("touchload sql --data d --reference-config t.toml {more}");
        assert_eq!(refused(&line).kind(), ErrorKind::ArgumentConflict, "{line}");
    }
}
