//! The standing set: complete, zero from the start, ages from the clock, sources bounded.

use super::commits::TableCommit;
use super::feeds::{Lag, MAX_SOURCES};
use super::progress::StateSize;
use super::words::{Outcome, Rebalance, Table};
use super::{FAMILIES, MetricsSettings, PipelineMetrics};
use crate::page::MetricsPage;
use prometheus::Registry;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use touchpoint::alert::{AlertOrigin, AlertState};
use touchpoint::time::SECOND;
use touchpoint::{Clock, Kind, Micros, RejectReason, SkipReason, Topics, Word};

/// A clock that a test moves.
struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Micros {
        self.0.load(Ordering::Relaxed)
    }
}

fn register() -> (Registry, PipelineMetrics, Arc<HandClock>) {
    let registry = Registry::new();
    let clock = Arc::new(HandClock(AtomicI64::new(1_000 * SECOND)));
    let settings = MetricsSettings { clock: clock.clone(), topics: Topics::default(), version: "0.1.0" };
    let metrics = PipelineMetrics::register(&registry, settings).expect("the registry is new");
    (registry, metrics, clock)
}

fn line(registry: &Registry, series: &str) -> Option<String> {
    let page = MetricsPage::new(registry.clone()).render().expect("page");
    let found = page.lines().find(|line| line.rsplit_once(' ').is_some_and(|(name, _)| name == series));
    found.and_then(|line| line.rsplit_once(' ')).map(|(_, value)| value.to_owned())
}

/// Calls every method once, so that every family has a series.
pub(crate) fn touch_everything(metrics: &PipelineMetrics) {
    metrics.records.accepted(Kind::Calls, 5);
    metrics.records.rejected(Kind::Emails, RejectReason::Malformed, 2);
    metrics.records.skipped(Kind::Calls, SkipReason::AlreadyCommitted, 1);
    metrics.records.late(Kind::Calls, 1);
    metrics.records.too_late(Kind::Calls, 1);
    metrics.records.lateness(Kind::Calls, -SECOND);
    metrics.feeds.lag(Kind::Calls, 3, Lag { records: 7, read_until: Some(940 * SECOND) });
    metrics.feeds.watermark(Some(900 * SECOND));
    metrics.feeds.last_record(Kind::Calls, "crm", 990 * SECOND);
    metrics.commits.committed(TableCommit { table: Table::TouchpointLog, took: SECOND, bytes: 10, at: 999 * SECOND });
    metrics.commits.conflict(Table::TouchpointLog);
    metrics.commits.end_to_end(2 * SECOND);
    metrics.progress.turned(1_000 * SECOND);
    metrics.progress.batch(5, 1_250);
    metrics.progress.evaluated(4, 2);
    metrics.progress.state(StateSize { hcps: 1, records: 5, bytes: 480 });
    metrics.progress.rebalanced(Rebalance::Assigned);
    metrics.progress.restored(3 * SECOND);
    metrics.policy.in_force("older");
    metrics.policy.in_force("policy-1");
    metrics.policy.reloaded(super::in_force::Reload::Failed);
    metrics.checks.answered(processors::check::Verdict::Deny, super::checks::Intent::Real);
    metrics.checks.took(SECOND);
    metrics.checks.audit_failed();
    metrics.alerts.open("over_budget", AlertState::Firing, 2);
    metrics.alerts.transition("over_budget", AlertState::Firing, AlertOrigin::Live);
    metrics.alerts.rules_failed(1);
    metrics.alerts.receiver("pager");
    metrics.alerts.delivered_after("pager", SECOND);
    metrics.reference.in_force("none");
    metrics.reference.in_force("0123456789abcdef");
    metrics.reference.reloaded(super::in_force::Reload::Failed, 2);
    metrics.reference.messages("hcps", super::reference::Effect::States, 3);
    metrics.reference.messages("hcps", super::reference::Effect::Withdraws, 1);
    metrics.tokens.in_force("none");
    metrics.users.in_force("none");
    metrics.sql.connections(1);
    metrics.placement.strangers(super::placement::Strangers::Answered);
    metrics.placement.misplaced(1);
    metrics.gauges.loaded("some_gauge");
    metrics.gauges.ran("some_gauge", SECOND, super::words::GaugeRun::Failed);
}

#[test]
fn the_page_shows_the_declared_families_and_no_other() {
    let (registry, metrics, _) = register();
    touch_everything(&metrics);
    let gathered: BTreeSet<String> = registry.gather().iter().map(|family| family.name().to_owned()).collect();
    let declared: BTreeSet<String> =
        FAMILIES.iter().flat_map(|group| group.iter()).map(|family| family.name.to_owned()).collect();
    assert_eq!(gathered, declared);
}

#[test]
fn one_policy_is_in_force() {
    let (registry, metrics, _) = register();
    assert_eq!(line(&registry, "touchload_policy_reload_failed").as_deref(), Some("0"));
    touch_everything(&metrics);
    assert_eq!(line(&registry, "touchload_policy_info{version=\"policy-1\"}").as_deref(), Some("1"));
    assert_eq!(line(&registry, "touchload_policy_info{version=\"older\"}"), None);
    assert_eq!(line(&registry, "touchload_policy_reload_failed").as_deref(), Some("1"));
    metrics.policy.reloaded(super::in_force::Reload::Done);
    assert_eq!(line(&registry, "touchload_policy_reload_failed").as_deref(), Some("0"));
}

#[test]
fn one_load_of_reference_data_is_in_force() {
    let (registry, metrics, _) = register();
    assert_eq!(line(&registry, "touchload_reference_reload_failed").as_deref(), Some("0"));
    touch_everything(&metrics);
    let series = "touchload_reference_info{version=\"0123456789abcdef\"}";
    assert_eq!(line(&registry, series).as_deref(), Some("1"));
    assert_eq!(line(&registry, "touchload_reference_info{version=\"none\"}"), None);
    assert_eq!(line(&registry, "touchload_reference_reload_failed").as_deref(), Some("1"));
    assert_eq!(line(&registry, "touchload_reference_problems").as_deref(), Some("2"));
    let states = "touchload_reference_messages_total{effect=\"states\",table=\"hcps\"}";
    assert_eq!(line(&registry, states).as_deref(), Some("3"));
}

#[test]
fn closed_words_start_at_zero() {
    let (registry, ..) = register();
    for kind in Kind::ALL {
        let topic = kind.default_topic();
        for outcome in Outcome::ALL.map(Outcome::as_str) {
            let series = format!("touchload_records_total{{outcome=\"{outcome}\",topic=\"{topic}\"}}");
            assert_eq!(line(&registry, &series).as_deref(), Some("0"), "{series}");
        }
        for reason in RejectReason::ALL {
            let series = format!("touchload_rejects_total{{reason=\"{reason}\",topic=\"{topic}\"}}");
            assert_eq!(line(&registry, &series).as_deref(), Some("0"), "{series}");
        }
    }
}

#[test]
fn rejects_and_outcomes_rise_together() {
    let (registry, metrics, _) = register();
    metrics.records.rejected(Kind::Emails, RejectReason::BadValue, 3);
    assert_eq!(metrics.records.total(Kind::Emails, Outcome::Rejected), 3);
    let series = "touchload_rejects_total{reason=\"bad_value\",topic=\"engagement.emails\"}";
    assert_eq!(line(&registry, series).as_deref(), Some("3"));
}

#[test]
fn a_silent_feed_grows_older() {
    let (registry, metrics, clock) = register();
    let crm = "touchload_last_record_age_seconds{topic=\"engagement.calls\",source=\"crm\"}";
    let never = "touchload_last_record_age_seconds{topic=\"engagement.emails\",source=\"none\"}";
    metrics.feeds.last_record(Kind::Calls, "crm", 990 * SECOND);
    metrics.feeds.last_record(Kind::Calls, "crm", 980 * SECOND);
    assert_eq!(line(&registry, crm).as_deref(), Some("10"));
    clock.0.store(1_600 * SECOND, Ordering::Relaxed);
    assert_eq!(line(&registry, crm).as_deref(), Some("610"));
    assert_eq!(line(&registry, never).as_deref(), Some("600"), "silent since the start");
    let newest = "touchload_last_record_timestamp_seconds{topic=\"engagement.calls\"}";
    assert_eq!(line(&registry, newest).as_deref(), Some("990"));
}

#[test]
fn sources_are_bounded() {
    let (registry, metrics, _) = register();
    for i in 0..3 * MAX_SOURCES as i64 {
        metrics.feeds.last_record(Kind::Calls, &format!("source-{i:02}"), (900 + i) * SECOND);
    }
    metrics.feeds.last_record(Kind::Calls, "source-00", 995 * SECOND);
    metrics.feeds.last_record(Kind::Emails, &"x".repeat(65), 995 * SECOND);
    let page = MetricsPage::new(registry.clone()).render().expect("page");
    let of_calls = "touchload_last_record_age_seconds{topic=\"engagement.calls\"";
    assert_eq!(page.lines().filter(|line| line.starts_with(of_calls)).count(), MAX_SOURCES + 1);
    let age = |topic: &str, source: &str| {
        line(&registry, &format!("touchload_last_record_age_seconds{{topic=\"{topic}\",source=\"{source}\"}}"))
    };
    assert_eq!(age("engagement.calls", "source-00").as_deref(), Some("5"), "a known source keeps its name");
    assert_eq!(age("engagement.calls", "other").as_deref(), Some("41"), "the youngest of the pooled");
    assert_eq!(age("engagement.emails", "other").as_deref(), Some("5"), "an overlong name is pooled");
}

#[test]
fn lag_in_seconds_is_zero_at_the_end_and_gone_after_release() {
    let (registry, metrics, _) = register();
    let series = "touchload_consumer_lag_seconds{topic=\"engagement.calls\",partition=\"3\"}";
    metrics.feeds.lag(Kind::Calls, 3, Lag { records: 7, read_until: Some(940 * SECOND) });
    assert_eq!(line(&registry, series).as_deref(), Some("60"));
    metrics.feeds.lag(Kind::Calls, 3, Lag { records: 7, read_until: None });
    assert_eq!(line(&registry, series), None, "unknown is not 0");
    metrics.feeds.lag(Kind::Calls, 3, Lag { records: 0, read_until: Some(940 * SECOND) });
    assert_eq!(line(&registry, series).as_deref(), Some("0"));
    metrics.feeds.released(Kind::Calls, 3);
    assert_eq!(line(&registry, series), None);
    assert_eq!(line(&registry, "touchload_consumer_lag_records{topic=\"engagement.calls\",partition=\"3\"}"), None);
}

#[test]
fn registering_twice_is_an_error() {
    let (registry, _, clock) = register();
    let settings = MetricsSettings { clock, topics: Topics::default(), version: "0.1.0" };
    assert!(PipelineMetrics::register(&registry, settings).is_err());
}
