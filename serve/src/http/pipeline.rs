//! `GET /v1/pipeline`: how fresh and how sound what is shown is: feeds, lag, records by what became of them, commits.
//!
//! The numbers are those of `/metrics`, read from the same families. The feed of medical requests is told to audience full
//! alone: how many came in, and when, is nothing for a commercial reader.

use super::HttpState;
use super::asking::Asking;
use super::problem::Problem;
use super::words::{instant, maybe_instant};
use crate::page::MetricsPage;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use prometheus::proto::{Metric, MetricFamily, MetricType};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use touchpoint::time::SECOND;
use touchpoint::{Audience, Kind, Micros};

pub(super) async fn show(State(state): State<HttpState>, headers: HeaderMap) -> Result<Response, Problem> {
    let asking = Asking::admit(&state, &headers)?;
    let audience = asking.caller.role.audience();
    let now = asking.api.clock.now();
    let hidden = match audience {
        Audience::Full => None,
        Audience::Commercial => Some(asking.api.live_page.topics.of(Kind::Requests)),
    };
    let told = Told { families: families(&state.page), hidden };
    let readiness = state.health.readiness();
    let watermark = told.first("touchload_watermark_timestamp_seconds").map(micros);
    let mut response = Json(json!({
        "as_of": instant(now),
        "audience": audience.as_str(),
        "is_ready": readiness.is_ready(),
        "watermark": maybe_instant(watermark),
        "feeds": feeds(&told),
        "lag": lag(&told),
        "records": records(&told),
        "rejects": rejects(&told),
        "commits": commits(&told, now),
        "state_hcps": told.first("touchload_state_hcps"),
        "state_records": told.first("touchload_state_records").filter(|_| audience == Audience::Full),
        "state_bytes": told.first("touchload_state_bytes"),
    }))
    .into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn families(page: &MetricsPage) -> BTreeMap<String, MetricFamily> {
    page.standing().into_iter().map(|family| (family.name().to_owned(), family)).collect()
}

/// The standing families, without what a reader is not told.
struct Told<'a> {
    families: BTreeMap<String, MetricFamily>,
    hidden: Option<&'a str>,
}

impl Told<'_> {
    /// The series of a family: labels and value.
    fn series(&self, name: &str) -> Vec<(BTreeMap<&str, &str>, f64)> {
        let Some(family) = self.families.get(name) else { return Vec::new() };
        let of = |metric| {
            let labels: BTreeMap<&str, &str> = labels(metric);
            (labels, value(family.get_field_type(), metric))
        };
        let is_told = |(labels, _): &(BTreeMap<&str, &str>, f64)| {
            self.hidden.is_none_or(|hidden| labels.get("topic") != Some(&hidden))
        };
        family.get_metric().iter().map(of).filter(is_told).collect()
    }

    fn first(&self, name: &str) -> Option<f64> {
        self.series(name).first().map(|(_, value)| *value)
    }
}

fn labels(metric: &Metric) -> BTreeMap<&str, &str> {
    metric.get_label().iter().map(|pair| (pair.name(), pair.value())).collect()
}

fn value(of: MetricType, metric: &Metric) -> f64 {
    if of == MetricType::COUNTER { metric.get_counter().get_value() } else { metric.get_gauge().get_value() }
}

fn micros(seconds: f64) -> Micros {
    (seconds * SECOND as f64) as Micros
}

fn label<'l>(labels: &BTreeMap<&str, &'l str>, name: &str) -> &'l str {
    labels.get(name).copied().unwrap_or_default()
}

/// Source `none`: nothing came since the process started, and the age is the process's.
fn feeds(told: &Told<'_>) -> Vec<Value> {
    let feed = |(labels, age): (BTreeMap<&str, &str>, f64)| {
        json!({
            "topic": label(&labels, "topic"),
            "source": label(&labels, "source"),
            "last_record_age_seconds": age,
        })
    };
    told.series("touchload_last_record_age_seconds").into_iter().map(feed).collect()
}

fn lag(told: &Told<'_>) -> Vec<Value> {
    let seconds: BTreeMap<_, _> = told.series("touchload_consumer_lag_seconds").into_iter().collect();
    let lag = |(labels, records): (BTreeMap<&str, &str>, f64)| {
        json!({
            "topic": label(&labels, "topic"),
            "partition": label(&labels, "partition"),
            "lag_records": records as u64,
            "lag_seconds": seconds.get(&labels),
        })
    };
    told.series("touchload_consumer_lag_records").into_iter().map(lag).collect()
}

/// What became of the records of each topic since the process started.
fn records(told: &Told<'_>) -> Vec<Value> {
    let mut topics: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
    for (labels, count) in told.series("touchload_records_total") {
        topics.entry(label(&labels, "topic")).or_default().insert(label(&labels, "outcome"), count as u64);
    }
    for (name, family) in [("late", "touchload_late_records_total"), ("too_late", "touchload_too_late_total")] {
        for (labels, count) in told.series(family) {
            topics.entry(label(&labels, "topic")).or_default().insert(name, count as u64);
        }
    }
    let topic = |(topic, counts): (&str, BTreeMap<&str, u64>)| {
        let of = |name: &str| counts.get(name).copied().unwrap_or_default();
        json!({
            "topic": topic,
            "accepted": of("accepted"),
            "rejected": of("rejected"),
            "skipped": of("skipped"),
            "late": of("late"),
            "too_late": of("too_late"),
        })
    };
    topics.into_iter().map(topic).collect()
}

/// Reasons that occurred since the process started.
fn rejects(told: &Told<'_>) -> Vec<Value> {
    let occurred = told.series("touchload_rejects_total").into_iter().filter(|(_, count)| *count > 0.0);
    let reason = |(labels, count): (BTreeMap<&str, &str>, f64)| json!({ "topic": label(&labels, "topic"), "reason": label(&labels, "reason"), "records": count as u64 });
    occurred.map(reason).collect()
}

/// How long ago each table was last committed to; none that was not yet.
fn commits(told: &Told<'_>, now: Micros) -> Vec<Value> {
    let committed = told.series("touchload_last_commit_timestamp_seconds").into_iter().filter(|(_, at)| *at > 0.0);
    let commit = |(labels, at): (BTreeMap<&str, &str>, f64)| {
        let age = now.saturating_sub(micros(at)).max(0) as f64 / SECOND as f64;
        json!({ "table": label(&labels, "table"), "last_commit_age_seconds": age })
    };
    committed.map(commit).collect()
}
