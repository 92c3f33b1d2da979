//! Alerts: how many are open, what became of them, and how their delivery goes. Labels are rule names, closed words and the
//! names of receivers; never a subject or an alert id.

use crate::metrics::family::{Family, FamilyType};
use crate::metrics::seconds;
use prometheus::{GaugeVec, Histogram, HistogramVec, IntCounter, IntCounterVec, Registry, Result};
use touchpoint::Micros;
use touchpoint::alert::{AlertOrigin, AlertState};

const OPEN: Family = Family {
    name: "touchload_alerts",
    family_type: FamilyType::Gauge,
    labels: &["rule", "state"],
    help: "Open alerts by rule and state, storms included.",
};
const TRANSITIONS: Family = Family {
    name: "touchload_alert_transitions_total",
    family_type: FamilyType::Counter,
    labels: &["rule", "state", "origin"],
    help: "Transitions of alerts that are durable, by the state they lead to.",
};
const FAILURES: Family = Family {
    name: "touchload_alert_rule_failures_total",
    family_type: FamilyType::Counter,
    labels: &[],
    help: "Runs of alert rules that failed; their alerts stay as they are until everybody is looked at again.",
};
const DELIVERIES: Family = Family {
    name: "touchload_alert_deliveries_total",
    family_type: FamilyType::Counter,
    labels: &["receiver", "outcome"],
    help: "POSTs to receivers of alerts, by outcome: taken, failed (tried again), unreadable (left out).",
};
const LATENCY: Family = Family {
    name: "touchload_alert_delivery_latency_seconds",
    family_type: FamilyType::Histogram,
    labels: &["receiver"],
    help: "Time from a transition to its first delivery to a receiver.",
};
const WAITING: Family = Family {
    name: "touchload_alert_delivery_waiting",
    family_type: FamilyType::Gauge,
    labels: &["receiver"],
    help: "Alerts or transitions that a receiver has not taken yet.",
};
const OLDEST: Family = Family {
    name: "touchload_alert_delivery_oldest_timestamp_seconds",
    family_type: FamilyType::Gauge,
    labels: &["receiver"],
    help: "Since when the oldest of them waits; 0 when none does.",
};

const TURN: Family = Family {
    name: "touchload_alert_turn_seconds",
    family_type: FamilyType::Histogram,
    labels: &[],
    help: "Time that the pipeline spent on a turn of alerts: asking the rules, and making durable what follows.",
};

/// The families of this file.
pub(super) const FAMILIES: &[Family] = &[OPEN, TRANSITIONS, FAILURES, DELIVERIES, LATENCY, WAITING, OLDEST, TURN];

const LATENCY_BUCKETS: &[f64] = &[0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 1800.0];

const TURN_BUCKETS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// How a POST to a receiver ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// The receiver has it.
    Taken,
    /// It is tried again.
    Failed,
    /// What stands in the topic is no transition.
    Unreadable,
}

impl Delivery {
    /// Every outcome.
    pub const ALL: [Self; 3] = [Self::Taken, Self::Failed, Self::Unreadable];

    /// The text in label `outcome`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Failed => "failed",
            Self::Unreadable => "unreadable",
        }
    }
}

/// Numbers of alerts.
#[derive(Clone)]
pub struct AlertMetrics {
    open: GaugeVec,
    transitions: IntCounterVec,
    failures: IntCounter,
    deliveries: IntCounterVec,
    latency: HistogramVec,
    waiting: GaugeVec,
    oldest: GaugeVec,
    turn: Histogram,
}

impl AlertMetrics {
    pub(super) fn register(registry: &Registry) -> Result<Self> {
        Ok(Self {
            open: OPEN.gauge_vec(registry)?,
            transitions: TRANSITIONS.counter_vec(registry)?,
            failures: FAILURES.counter(registry)?,
            deliveries: DELIVERIES.counter_vec(registry)?,
            latency: LATENCY.histogram_vec(registry, LATENCY_BUCKETS)?,
            waiting: WAITING.gauge_vec(registry)?,
            oldest: OLDEST.gauge_vec(registry)?,
            turn: TURN.histogram(registry, TURN_BUCKETS)?,
        })
    }

    /// So many alerts of a rule are open in a state.
    pub fn open(&self, rule: &str, state: AlertState, count: usize) {
        self.open.with_label_values(&[rule, touchpoint::Word::as_str(state)]).set(count as f64);
    }

    /// A transition is durable.
    pub fn transition(&self, rule: &str, state: AlertState, origin: AlertOrigin) {
        use touchpoint::Word;
        self.transitions.with_label_values(&[rule, state.as_str(), origin.as_str()]).inc();
    }

    /// Rules could not answer.
    pub fn rules_failed(&self, count: usize) {
        self.failures.inc_by(count as u64);
    }

    /// A turn took so long.
    pub fn turned(&self, took: Micros) {
        self.turn.observe(seconds(took.max(0)));
    }

    /// A receiver is configured: its numbers start at 0.
    pub fn receiver(&self, receiver: &str) {
        for outcome in Delivery::ALL {
            self.deliveries.with_label_values(&[receiver, outcome.as_str()]).inc_by(0);
        }
        self.waiting(receiver, 0, None);
    }

    /// A POST ended.
    pub fn posted(&self, receiver: &str, outcome: Delivery) {
        self.deliveries.with_label_values(&[receiver, outcome.as_str()]).inc();
    }

    /// A transition reached a receiver for the first time, so long after it happened.
    pub fn delivered_after(&self, receiver: &str, waited: Micros) {
        self.latency.with_label_values(&[receiver]).observe(seconds(waited.max(0)));
    }

    /// What a receiver has not taken yet, and since when the oldest waits.
    pub fn waiting(&self, receiver: &str, count: usize, oldest: Option<Micros>) {
        self.waiting.with_label_values(&[receiver]).set(count as f64);
        self.oldest.with_label_values(&[receiver]).set(oldest.map_or(0.0, seconds));
    }
}
