//! Whole files: what they give, and every problem of a bad one at once.

use super::keys::{KEYS, Presence};
use super::{ConfigError, DEFAULT_TOML, Loaded, Overrides, Problem, document, load, parse};
use crate::cli::LogFormat;
use crate::config::settings::Origin;
use ingest::decode::KeyRule;
use ingest::reference_files::{ReferenceFiles, ReferenceTable};
use std::time::Duration;
use touchpoint::Kind;

const SMALL: &str = "[kafka]\nbootstrap_servers = \"k1:9092, k2:9092\"\n";

fn accepted(text: &str) -> Loaded {
    parse("t.toml", text, &Overrides::default()).unwrap_or_else(|e| panic!("{e}"))
}

fn problems(text: &str) -> Vec<Problem> {
    match parse("t.toml", text, &Overrides::default()) {
        Err(ConfigError::Problems { problems, .. }) => problems,
        other => panic!("{other:?}"),
    }
}

fn shown(loaded: &Loaded) -> String {
    let mut out = Vec::new();
    loaded.write("t.toml", &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn default_toml_holds_every_default_and_nothing_else() {
    let (settings, problems) = document::read(DEFAULT_TOML, |_| Origin::Default);
    assert_eq!(problems, []);
    for key in KEYS {
        let has_default = settings.get(key.path).is_some();
        assert_eq!(has_default, key.presence == Presence::Defaulted, "{}", key.path);
        let name = key.path.rsplit('.').next().unwrap();
        assert!(DEFAULT_TOML.contains(name), "{name} is documented");
    }
}

#[test]
fn a_small_file_is_enough() {
    let config = accepted(SMALL).config;
    assert_eq!(config.kafka.bootstrap_servers, "k1:9092, k2:9092");
    for kind in [Kind::Calls, Kind::Emails, Kind::Congress, Kind::Requests] {
        assert_eq!(config.kafka.topics.of(kind), kind.default_topic());
    }
    assert_eq!((config.pipeline_name.as_str(), config.kafka.group.as_str()), ("touchload", "touchload"));
    assert_eq!(config.ingest.keys, KeyRule::MustEqualHcpId);
    assert_eq!(config.ingest.future_tolerance, Duration::from_secs(86_400));
    assert_eq!((config.store.commit_bytes, config.reference), (16 << 20, ReferenceFiles::default()));
    assert_eq!(config.log.level, tracing::Level::INFO);
}

const EVERY_KEY: &str = r#"
        [pipeline]
        name = "p"
        [kafka]
        bootstrap_servers = "k:1"
        group = "g"
        partitioner = "crc32"
        topics = { calls = "a", emails = "b", congress = "c", requests = "d" }
        properties = { security.protocol = "SASL_SSL", "session.timeout.ms" = 6_000, "socket.keepalive.enable" = true }
        [ingest]
        memory_mb = 0x40
        batch_records = 7
        batch_ms = 8
        accept_unkeyed = true
        future_tolerance = "0s"
        [store]
        data = "s3://bucket/path"
        commit_interval = "500ms"
        commit_bytes = "1MiB"
        maintenance = "1h"
        options = { region = "eu-1", AWS_SECRET_ACCESS_KEY = "s", allow_http = true }
        [http]
        connections = 7
        idle_timeout = "61s"
        listen = "[::1]:9"
        tokens = "t.toml"
        audit = "log"
        [sql]
        enabled = true
        listen = "[::1]:8"
        users = "u.toml"
        tls_certificate = "c.crt"
        tls_key = "c.key"
        connections = 3
        connections_per_user = 2
        login_timeout = "11s"
        idle_timeout = "31m"
        statement_timeout = "61s"
        statements = 5
        threads = 3
        rows = 7
        bytes = "1GiB"
        message_bytes = "2MiB"
        memory = "1GiB"
        memory_per_connection = "512MiB"
        spill = "1GiB"
        spill_folder = "/spill"
        staleness = "2s"
        audit_text = true
        [reference]
        hcps = "h.csv"
        accounts = "a.ndjson"
        affiliations = "f.parquet"
        people = "p.csv"
        panels = "n.csv"
        plans = "l.csv"
        plan_steps = "s.csv"
        consents = "c.CSV"
        consent_rules = "r.csv"
        preferences = "e.csv"
        [policy]
        file = "p.toml"
        [alerts]
        enabled = true
        topic = "x"
        medical_topic = "y"
        key_file = "k"
        plain_ids = true
        alertmanagers = "http://a:1/, https://b"
        webhook_url = "https://w/x"
        webhook_secret_file = "s"
        digest_url = "https://d"
        digest_hour = 22
        digest_time_zone = "Asia/Tokyo"
        [log]
        level = "debug"
        format = "json"
    "#;

#[test]
fn every_key_can_be_set() {
    let loaded = accepted(EVERY_KEY);
    let config = &loaded.config;
    let properties: Vec<_> = config.kafka.properties.iter().collect();
    let expected =
        [("security.protocol", "SASL_SSL"), ("session.timeout.ms", "6000"), ("socket.keepalive.enable", "true")];
    assert_eq!(properties, expected);
    let options: Vec<_> = config.store.options.iter().collect();
    assert_eq!(options, [("allow_http", "true"), ("aws_secret_access_key", "s"), ("region", "eu-1")]);
    assert_eq!((config.ingest.memory_mb, config.ingest.keys), (64, KeyRule::AcceptAny));
    assert_eq!((config.http_listen.port(), config.log.format), (9, LogFormat::Json));
    assert_eq!(config.policy_file.as_deref(), Some(std::path::Path::new("p.toml")));
    let named = |path: &Option<std::path::PathBuf>| path.as_ref().map(|path| path.display().to_string());
    assert_eq!((named(&config.http_tokens), named(&config.http_audit)), (Some("t.toml".into()), Some("log".into())));
    assert_eq!(config.alerts.alertmanagers, ["http://a:1", "https://b"]);
    assert_eq!((config.alerts.digest_hour, config.alerts.digest_zone.name()), (22, "Asia/Tokyo"));
    assert_eq!(config.reference.iter().count(), ReferenceTable::ALL.len());
    let consents = config.reference.path(ReferenceTable::Consents);
    assert_eq!(consents, Some(std::path::Path::new("c.CSV")));
    assert!(!shown(&loaded).contains("# default"), "a default that cannot be overridden");
}

#[test]
fn a_table_of_reference_data_has_a_file_or_a_topic_of_its_own() {
    let topics: String =
        ReferenceTable::ALL.iter().map(|t| format!("{}_topic = \"ref.{}\"\n", t.name(), t.name())).collect();
    let config = accepted(&format!("{SMALL}[reference]\n{topics}")).config;
    assert_eq!(config.reference_topics.len(), ReferenceTable::ALL.len());
    assert_eq!(config.reference_topics.get(&ReferenceTable::PlanSteps).map(String::as_str), Some("ref.plan_steps"));
    let text = format!(
        "{SMALL}[reference]\nhcps = \"h.csv\"\nhcps_topic = \"a\"\nplans_topic = \"engagement.calls\"\n\
         people_topic = \"b\"\npanels_topic = \"b\"\naccounts_topic = \"no topic\"\n"
    );
    let found: Vec<_> = problems(&text).iter().map(ToString::to_string).collect();
    let expected = [
        ("line 5: reference.hcps_topic: ", "beside reference.hcps"),
        ("line 6: reference.plans_topic: ", "same topic as kafka.topics.calls"),
        ("line 8: reference.panels_topic: ", "same topic as reference.people_topic"),
        ("line 9: reference.accounts_topic: ", "a topic name"),
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (line, (start, part)) in found.iter().zip(expected) {
        assert!(line.starts_with(start) && line.contains(part), "{line} / {start} {part}");
    }
}

#[test]
fn alerts_need_a_key_and_addresses() {
    let text =
        format!("{SMALL}\n[alerts]\nenabled = true\nwebhook_url = \"secret-host\"\ndigest_time_zone = \"Mars\"\n");
    let found: Vec<_> = problems(&text).iter().map(ToString::to_string).collect();
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[2].contains("alerts.digest_time_zone: expected the name of a time zone"), "{found:?}");
    assert!(found[0].contains("alerts.key_file: is needed"), "{found:?}");
    assert!(found[1].contains("alerts.webhook_url: expected http") && !found[1].contains("secret"), "{found:?}");
}

#[test]
fn all_problems_are_listed_with_line_key_and_remedy() {
    let text = "[kafka]\n\
        group = 7\n\
        topics.calls = \"no spaces\"\n\
        [kafka.properties]\n\
        \"enable.auto.commit\" = true\n\
        \"sasl.pasword\" = \"hunter2\"\n\
        \"session.timeout.ms\" = 100\n\
        [ingest]\n\
        batch_recrods = 5\n\
        batch_ms = 0\n\
        future_tolerance = \"1 day\"\n\
        data = \"x\"\n\
        [stor]\n\
        data = \"x\"\n\
        [log]\n\
        level = \"loud\"\n\
        [reference]\n\
        hcps = \"hcps.xlsx\"\n\
        plan_step = \"s.csv\"\n";
    let lines: Vec<_> = problems(text).iter().map(ToString::to_string).collect();
    let expected = [
        ("line 2: kafka.group: ", "found 7"),
        ("line 3: kafka.topics.calls: ", "1 to 249"),
        ("line 5: kafka.properties.enable.auto.commit: ", "the tables hold the offsets"),
        ("line 6: kafka.properties.sasl.pasword: ", "no property"),
        ("line 7: kafka.properties.session.timeout.ms: ", "at least 6000"),
        ("line 9: ingest.batch_recrods: ", "did you mean ingest.batch_records?"),
        ("line 10: ingest.batch_ms: ", "an integer from 1 to 10000, found 0"),
        ("line 11: ingest.future_tolerance: ", "found \"1 day\""),
        ("line 12: ingest.data: ", "did you mean store.data?"),
        ("line 13: stor: ", "did you mean store?"),
        ("line 16: log.level: ", "\"trace\""),
        ("line 18: reference.hcps: ", "ends in .csv, .ndjson or .parquet"),
        ("line 19: reference.plan_step: ", "did you mean reference.plan_steps?"),
        ("kafka.bootstrap_servers: ", "is required"),
    ];
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for (line, (start, part)) in lines.iter().zip(expected) {
        assert!(line.starts_with(start) && line.contains(part), "{line} / {start} {part}");
    }
    assert!(!lines.concat().contains("hunter2"));
}

#[test]
fn syntax_errors_are_listed_beside_the_rest() {
    let found = problems("[kafka]\nbootstrap_servers = \"k:1\"\ngroup = \n[store]\ndato = 1\nsecret = \"hunter2\n");
    let lines: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert!(lines.iter().any(|l| l.starts_with("line 3: is not TOML")), "{lines:#?}");
    assert!(lines.iter().any(|l| l.starts_with("line 5: store.dato")), "{lines:#?}");
    assert!(lines.iter().any(|l| l.starts_with("line 6: is not TOML")), "{lines:#?}");
    assert!(!lines.concat().contains("hunter2"));
    let twice = problems("[kafka]\nbootstrap_servers = \"k:1\"\nbootstrap_servers = \"k:2\"\n");
    assert!(twice.iter().any(|p| p.line == Some(3)), "{twice:?}");
}

#[test]
fn values_out_of_shape_are_refused() {
    for (line, part) in [
        ("http.listen = \"localhost:80\"", "IP:PORT"),
        ("store.commit_bytes = \"1KiB\"", "from 64KiB"),
        ("store.commit_bytes = 5", "a size"),
        ("store.data = \" \"", "not blank"),
        ("store.data = \"ftp://host/x\"", "s3://"),
        ("store.options.regoin = \"x\"", "no option of any object store"),
        ("store.options.bucket = \"x\"", "the URL of the tables names it"),
        ("store.options = \"x\"", "table"),
        ("store = { data = \"gs://b/p\", options = { region = \"x\" } }", "no option of Google Cloud Storage"),
        ("ingest.accept_unkeyed = \"yes\"", "true or false"),
        ("ingest.memory_mb = 99999999999999999999", "an integer"),
        ("kafka.bootstrap_servers = \"k\"", "host:port"),
        ("kafka.bootstrap_servers = \"k:0\"", "host:port"),
        ("kafka.properties = 1", "table"),
        ("kafka = 1", "expected a section"),
        ("kafka.topics.calls = \"engagement.emails\"", "same topic"),
        ("ingest.batch_records = 0", "from 1"),
        ("state.shards = 2", "is not a known key"),
        ("store.windows = [\"28d\"]", "is not a known key"),
    ] {
        let needed = if line.starts_with("kafka") { "" } else { "kafka.bootstrap_servers = \"k:1\"\n" };
        let found = problems(&format!("{needed}{line}\n"));
        assert!(found.iter().any(|p| p.line.is_some() && p.what.contains(part)), "{line}: {found:?}");
    }
}

#[test]
fn the_command_line_wins_and_the_origin_is_shown() {
    let overrides = Overrides {
        data: Some("/elsewhere".to_owned()),
        http: Some("0.0.0.0:1".parse().unwrap()),
        sql: None,
        log_format: Some(LogFormat::Json),
    };
    let loaded = parse("t.toml", &format!("{SMALL}[store]\ndata = \"/here\"\n"), &overrides).unwrap();
    assert_eq!((loaded.config.store.data.as_str(), loaded.config.http_listen.port()), ("/elsewhere", 1));
    let text = shown(&loaded);
    for line in [
        "bootstrap_servers = \"k1:9092, k2:9092\"       # t.toml:2",
        "group = \"touchload\"                          # default",
        "data = \"/elsewhere\"                          # command line",
        "# accounts is not set: accounts are unknown",
    ] {
        assert!(text.contains(line), "{line} is missing in\n{text}");
    }
}

#[test]
fn secrets_are_masked_wherever_a_configuration_is_shown() {
    let loaded = accepted(&format!(
        "{SMALL}[kafka.properties]\n\"sasl.username\" = \"me\"\n\"sasl.password\" = \"hunter2\"\n\
         [store.options]\nsecret_access_key = \"hunter2\"\nregion = \"eu-me\"\n"
    ));
    for text in [shown(&loaded), format!("{loaded:?}"), format!("{:?}", loaded.config)] {
        assert!(!text.contains("hunter2") && text.contains("********") && text.contains("me"), "{text}");
    }
    assert!(loaded.config.kafka.properties.iter().any(|(_, value)| value == "hunter2"), "the client gets it");
}

#[test]
fn what_is_shown_can_be_read_back() {
    let loaded = accepted(&format!("{SMALL}[store]\ndata = 'C:\\a \"b\"'\n"));
    assert_eq!(accepted(&shown(&loaded)).config, loaded.config);
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = load(std::path::Path::new("/nowhere/t.toml"), &Overrides::default()).unwrap_err();
    assert!(error.to_string().starts_with("cannot read the configuration /nowhere/t.toml: "), "{error}");
}

#[test]
fn the_example_of_the_readme_is_accepted() {
    let readme = include_str!("../../README.md");
    let examples: Vec<_> = readme.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let [example] = examples[..] else { panic!("one example is expected, there are {}", examples.len()) };
    let config = accepted(example).config;
    let defaults = accepted(SMALL).config;
    assert_eq!(config.kafka.bootstrap_servers, "kafka-1:9093,kafka-2:9093");
    assert_eq!((config.kafka.topics, config.store), (defaults.kafka.topics, defaults.store), "it shows the defaults");

    // What is commented out is right too, once it is wanted.
    let wanted = example.lines().map(|line| match line.strip_prefix("# ") {
        Some(setting) if setting.contains(" = ") => setting,
        _ => line,
    });
    let config = accepted(&wanted.collect::<Vec<_>>().join("\n")).config;
    assert!(config.kafka.properties.iter().any(|(name, value)| (name, value) == ("security.protocol", "SASL_SSL")));
    assert_eq!(config.reference.iter().count(), 2);
}
