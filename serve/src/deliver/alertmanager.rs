//! Alertmanager: the API v2 form of an alert, and the loop that keeps one replica informed.
//!
//! Prometheus' own advice is to let Prometheus alert. Alerts about one HCP cannot go that way, since an HCP is never a
//! label of a metric; so this does what Prometheus would do: every alert goes to every replica, by itself and not through
//! a load balancer, again and again while it fires, with an end that lies ahead, and some minutes more once it has ended.
//!
//! Labels identify an alert and never change during its life; what changes is in annotations.

use super::backoff::{Backoff, chance};
use super::board::{Board, Due, Resending};
use super::client::{Client, PostError};
use super::document::rfc3339;
use super::naming::Naming;
use crate::metrics::alerts::{AlertMetrics, Delivery};
use processors::alert::Transition;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use touchpoint::{Audience, Clock, Micros};

/// Alerts per POST.
const PER_POST: usize = 200;
const RETRY: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(30));
/// An empty board is looked at this often.
const IDLE: Duration = Duration::from_secs(60);

/// An alert as the API takes it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Posted {
    labels: BTreeMap<&'static str, String>,
    annotations: BTreeMap<&'static str, String>,
    #[serde(rename = "startsAt")]
    starts_at: String,
    #[serde(rename = "endsAt")]
    ends_at: String,
}

impl Posted {
    /// What is due, its ids named by `naming`.
    pub fn new(due: &Due, naming: &Naming) -> Self {
        let Due { alert, ends_at } = due;
        let (rule, facts) = (&alert.rule, &alert.facts);
        let labels = [
            ("alertname", camel_case(&rule.name)),
            ("rule", rule.name.to_string()),
            ("severity", rule.severity.to_string()),
            ("audience", rule.audience.as_str().to_owned()),
            ("subject_kind", alert.subject.kind.to_string()),
            ("subject_ref", naming.subject(&alert.subject)),
            ("alert_id", alert.id.to_string()),
        ];
        let mut annotations = BTreeMap::from([
            ("summary", facts.summary.to_string()),
            ("act", rule.act.to_string()),
            ("since", rfc3339(alert.since)),
            ("policy_version", alert.policy_version.to_string()),
        ]);
        annotations.extend(facts.value.map(|value| ("value", value.to_string())));
        annotations.extend(facts.binding.as_deref().map(|binding| ("binding", binding.to_owned())));
        annotations.extend(facts.hold_until.map(|until| ("hold_until", rfc3339(until))));
        if !alert.touches.is_empty() {
            let name = |touch: &processors::alert::TouchRef| {
                let (kind, at) = (touch.kind, rfc3339(touch.occurred_at));
                format!("{kind} {} at {at}", naming.record(&touch.source, &touch.event_id))
            };
            annotations.insert("touches", alert.touches.iter().map(name).collect::<Vec<_>>().join("; "));
        }
        // What ended before it began would be refused.
        let ends_at = rfc3339(*ends_at.max(&alert.since));
        Self { labels: BTreeMap::from(labels), annotations, starts_at: rfc3339(alert.since), ends_at }
    }
}

/// `over_budget` as `TouchloadOverBudget`: alert names are in camel case.
fn camel_case(rule: &str) -> String {
    let words = rule.split('_').map(|word| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    });
    format!("Touchload{}", words.collect::<String>())
}

/// One replica.
#[derive(Debug, Clone)]
pub struct Alertmanager {
    /// Its name in metrics.
    pub name: String,
    /// Its address, without `/api/v2/alerts`.
    pub url: String,
    /// Whose alerts it gets: commercial ones only, or all.
    pub audience: Audience,
    naming: Naming,
    board: Arc<Mutex<Board>>,
    changed: Arc<Notify>,
}

impl Alertmanager {
    /// A replica that was told nothing yet.
    pub fn new(name: String, url: String, audience: Audience, naming: Naming) -> Self {
        let board = Arc::new(Mutex::new(Board::new(Resending::default())));
        Self { name, url, audience, naming, board, changed: Arc::default() }
    }

    /// These are durable: the replica is to know.
    pub fn note(&self, transitions: &[Transition]) {
        let may_see = |t: &&Transition| self.audience == Audience::Full || t.alert.rule.audience == self.audience;
        {
            let mut board = self.board();
            transitions.iter().filter(may_see).for_each(|transition| board.note(transition));
        }
        self.changed.notify_one();
    }

    /// Another process tells the replica from now on.
    pub fn forget(&self) {
        *self.board() = Board::new(Resending::default());
    }

    /// Keeps the replica informed until it is time to stop. What it has not taken then, the next process tells it.
    pub async fn run(self, client: Client, clock: Arc<dyn Clock>, metrics: AlertMetrics, stop: CancellationToken) {
        metrics.receiver(&self.name);
        let mut backoff = Backoff::new(RETRY.0, RETRY.1);
        while !stop.is_cancelled() {
            let wait = match self.tell(&client, clock.as_ref(), &metrics).await {
                Ok(()) => {
                    backoff.succeeded();
                    self.until_next(clock.now())
                }
                Err(error) => {
                    let wait = backoff.failed(chance());
                    metrics.posted(&self.name, Delivery::Failed);
                    let retry_in_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
                    tracing::warn!(receiver = self.name, %error, retry_in_ms, "alertmanager does not take alerts");
                    wait
                }
            };
            let (count, oldest) = self.board().waiting();
            metrics.waiting(&self.name, count, oldest);
            // New alerts cut a rest short, not the wait after a failure: a receiver in trouble is left alone.
            let is_resting = backoff.tries() == 0;
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.changed.notified(), if is_resting => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Tells everything that is due.
    async fn tell(&self, client: &Client, clock: &dyn Clock, metrics: &AlertMetrics) -> Result<(), PostError> {
        self.board().expire(clock.now());
        loop {
            let due = self.board().due(clock.now(), PER_POST);
            if due.is_empty() {
                return Ok(());
            }
            let posted: Vec<Posted> = due.iter().map(|due| Posted::new(due, &self.naming)).collect();
            // Text and numbers: nothing that can fail.
            let body = serde_json::to_vec(&posted).unwrap_or_default();
            client.post(&format!("{}/api/v2/alerts", self.url), &[], body).await?;
            metrics.posted(&self.name, Delivery::Taken);
            for waited in self.board().told(&due, clock.now()) {
                metrics.delivered_after(&self.name, waited);
            }
        }
    }

    fn until_next(&self, now: Micros) -> Duration {
        let next = self.board().next_due();
        let wait = next.map(|due| Duration::from_micros(u64::try_from(due - now).unwrap_or(0)));
        wait.unwrap_or(IDLE).min(IDLE)
    }

    /// A holder that panicked left the board as it was before or after one entry: both are fine.
    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{Posted, camel_case};
    use crate::deliver::board::Due;
    use crate::deliver::document::tests::{naming, transition};
    use crate::deliver::naming::Ids;
    use touchpoint::alert::AlertState;

    #[test]
    fn labels_stay_and_name_nobody_and_annotations_say_what_holds() {
        let posted = |value: f64| {
            let mut alert = transition("H-secret", AlertState::Firing).alert;
            alert.facts.value = Some(value);
            let ends_at = alert.since + 1;
            serde_json::to_value(Posted::new(&Due { alert, ends_at }, &naming(Ids::Pseudonyms))).expect("JSON")
        };
        let (one, two) = (posted(1.5), posted(2.0));
        assert_eq!(one["labels"], two["labels"]);
        assert_ne!(one["annotations"], two["annotations"]);
        assert_eq!(one["labels"]["alertname"], "TouchloadOverBudget");
        assert_eq!(
            (&one["startsAt"], &one["endsAt"]),
            (&"2024-10-04T00:00:00Z".into(), &"2024-10-04T00:00:00.000001Z".into())
        );
        assert_eq!(one["annotations"]["hold_until"], "2024-10-05T00:00:00Z");
        assert!(!one.to_string().contains("secret"), "{one}");
    }

    #[test]
    fn an_end_before_the_beginning_is_moved() {
        let alert = transition("h", AlertState::Firing).alert;
        let ends_at = alert.since - 5;
        let posted = Posted::new(&Due { alert, ends_at }, &naming(Ids::Plain));
        assert_eq!(posted.starts_at, posted.ends_at);
    }

    #[test]
    fn alert_names_are_in_camel_case() {
        assert_eq!(camel_case("fragmentation_of_a_busy_hcp"), "TouchloadFragmentationOfABusyHcp");
    }
}
