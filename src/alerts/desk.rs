//! A turn of alerts: the rules are asked, what follows becomes durable, and then the receivers are told.

use super::AlertSettings;
use super::names::Names;
use super::stored::Stored;
use super::topic::{AlertLog, AlertLogError, Entry, Found};
use super::unwritten::{AlertRows, Unwritten, WrittenUntil};
use arrow::error::ArrowError;
use ingest::kafka::KafkaConfig;
use processors::alert::{Acknowledgement, Occasion, StormLimit, Transition, Turn};
use processors::state::hcp::Changed;
use processors::{Ownership, SharedShards};
use serve::alert_rule::RuleRefusals;
use serve::alert_watch::{AlertWatch, WatchError, WatchSettings, Watched};
use serve::deliver::document::SubjectDocument;
use serve::deliver::{Alertmanager, Document, Ids, Naming};
use serve::metrics::alerts::AlertMetrics;
use serve::open_alerts::{AckRequest, OpenAlerts};
use std::sync::{Arc, PoisonError};
use store::alerts::AlertMarks;
use tokio::sync::mpsc;
use touchpoint::alert::AlertState;
use touchpoint::{Audience, Micros, Policy};

/// Why alerts cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum AlertError {
    /// Rule files are refused, or their tables could not be set up.
    #[error("alert rules cannot be used")]
    Rules(#[from] WatchError),
    /// The topics cannot be used.
    #[error("alerts cannot be made durable")]
    Log(#[from] AlertLogError),
}

/// See the module.
pub struct AlertDesk {
    watch: AlertWatch,
    log: AlertLog,
    shards: SharedShards,
    /// Pseudonyms stand in the topics, whatever receivers get.
    naming: Naming,
    replicas: Vec<Alertmanager>,
    metrics: AlertMetrics,
    /// What the API and views show.
    open: OpenAlerts,
    requests: mpsc::Receiver<AckRequest>,
    unwritten: Unwritten,
    written_until: WrittenUntil,
}

impl AlertDesk {
    /// Plans the rules and opens the topics.
    ///
    /// # Errors
    /// A rule file is refused, or a topic cannot be used.
    pub async fn open(
        settings: &AlertSettings,
        kafka: &KafkaConfig,
        shards: SharedShards,
        policy: &Policy,
        metrics: AlertMetrics,
    ) -> Result<Self, AlertError> {
        let files = serve::alert_rule::shipped().map_err(WatchError::from)?;
        let watching = WatchSettings { key: settings.key.clone(), storm: StormLimit::default() };
        let watch = AlertWatch::load(&files, &shards, policy, watching).await?;
        let log = AlertLog::open(kafka, settings.topics.clone()).await?;
        let replica = |(number, url): (usize, &String)| {
            let naming = Naming::new(settings.key.clone(), settings.ids);
            Alertmanager::new(format!("alertmanager-{number}"), url.clone(), Audience::Commercial, naming)
        };
        let replicas = settings.alertmanagers.iter().enumerate().map(replica).collect();
        let naming = Naming::new(settings.key.clone(), Ids::Pseudonyms);
        let (open, requests) = OpenAlerts::new();
        let (unwritten, written_until) = (Unwritten::default(), WrittenUntil::default());
        Ok(Self { watch, log, shards, naming, replicas, metrics, open, requests, unwritten, written_until })
    }

    /// What is open now, and the way to accept it.
    pub fn open_alerts(&self) -> &OpenAlerts {
        &self.open
    }

    /// Until when everything is in the table.
    pub fn written_until(&self) -> &WrittenUntil {
        &self.written_until
    }

    /// The replicas that are told; whoever opens a desk runs them.
    pub fn replicas(&self) -> &[Alertmanager] {
        &self.replicas
    }

    /// Goes on where the topics stand, for the HCPs that the process holds now: everybody is looked at once. What the topics
    /// have and the table, as far as `stored` says, has not, waits for the next cycle.
    ///
    /// # Errors
    /// The topics cannot be read or written.
    pub async fn start(&mut self, now: Micros, marks: AlertMarks, stored: Stored) -> Result<(), AlertError> {
        self.forget();
        self.unwritten = Unwritten::new(marks);
        let Found { last: left, recent } = self.log.read(stored.since())?;
        let (names, sole) = {
            let shards = self.shards.read().unwrap_or_else(PoisonError::into_inner);
            let names = (!left.is_empty()).then(|| Names::of(&shards, &self.naming, now));
            (names, shards.ownership() == Ownership::Sole)
        };
        self.unwritten.extend(missing(recent, stored, |subject| match names.as_ref()?.id(subject) {
            // A sole owner knows everybody: who is not there is gone, and their rows have no id.
            None if sole => Some("".into()),
            known => known,
        }));
        let (mut last, mut gone) = (Vec::new(), Vec::new());
        for document in left {
            match names.as_ref().and_then(|names| names.id(&document.subject)).map(|id| document.transition(id)) {
                Some(Ok(transition)) => last.push(transition),
                Some(Err(error)) => tracing::warn!(%error, "a transition of the alerts topics is left out"),
                // Of a part of the HCPs nobody can say that the others are gone.
                None if sole && !document.is_over() => gone.push(document.vanished(now)),
                None => {}
            }
        }
        self.append_documents(&gone).await?;
        self.unwritten.extend(gone.iter().filter_map(|document| document.transition("".into()).ok()));
        let open: Vec<Transition> = last.iter().filter(|t| t.state != AlertState::Resolved).cloned().collect();
        tracing::info!(open = open.len(), vanished = gone.len(), "alerts were read back");
        self.watch.restore(last);
        self.open.note(&open);
        self.replicas.iter().for_each(|replica| replica.note(&open));
        self.turn(now, Occasion::Start, &[]).await
    }

    /// Looks at what a turn changed.
    ///
    /// # Errors
    /// What follows cannot be made durable: nobody was told of it.
    pub async fn turn(
        &mut self,
        now: Micros,
        occasion: Occasion,
        changed: &[(i32, Changed)],
    ) -> Result<(), AlertError> {
        let policy_version = {
            let shards = self.shards.read().unwrap_or_else(PoisonError::into_inner);
            shards.policy().version.as_str().into()
        };
        let turn = Turn { now, occasion, policy_version };
        let Watched { transitions, failures } = self.watch.turn(&self.shards, &turn, changed).await;
        for failure in &failures {
            tracing::warn!(%failure, "an alert rule could not answer");
        }
        self.metrics.rules_failed(failures.len());
        if !transitions.is_empty() {
            self.tell(&transitions).await?;
        }
        for (rule, state, count) in self.watch.census() {
            self.metrics.open(&rule, state, count);
        }
        Ok(())
    }

    /// Makes transitions durable, and only then tells of them.
    async fn tell(&mut self, transitions: &[Transition]) -> Result<(), AlertError> {
        fail::fail_point!("alerts::before_append");
        let documents: Vec<Document> = transitions.iter().map(|t| Document::new(t, &self.naming)).collect();
        self.append_documents(&documents).await?;
        fail::fail_point!("alerts::after_append");
        self.unwritten.extend(transitions.iter().cloned());
        self.open.note(transitions);
        for transition in transitions {
            self.metrics.transition(&transition.alert.rule.name, transition.state, transition.alert.origin);
        }
        self.replicas.iter().for_each(|replica| replica.note(transitions));
        Ok(())
    }

    /// Takes up whoever has accepted an alert since the last call, and answers when that is durable.
    ///
    /// # Errors
    /// It cannot be made durable: nobody was answered.
    pub async fn accept(&mut self, now: Micros) -> Result<(), AlertError> {
        // Each at an instant of its own: alert, state and instant make a transition the one it is.
        let mut at = now;
        while let Ok(AckRequest { id, reason, answer }) = self.requests.try_recv() {
            let accepted = self.watch.acknowledge(&id, Acknowledgement { reason, at });
            if let Ok(transition) = &accepted {
                self.tell(std::slice::from_ref(transition)).await?;
                at += 1;
            }
            // Who no longer waits asks again.
            answer.send(accepted).unwrap_or_default();
        }
        Ok(())
    }

    /// The turn took so long, for metrics.
    pub fn took(&self, time: Micros) {
        self.metrics.turned(time);
    }

    /// Whether transitions wait for a cycle.
    pub fn has_unwritten(&self) -> bool {
        !self.unwritten.is_empty()
    }

    /// What the next cycle takes along.
    ///
    /// # Errors
    /// A bug: the columns are built to the schema.
    pub fn take_unwritten(&mut self) -> Result<AlertRows, ArrowError> {
        self.unwritten.take()
    }

    /// Another policy takes force. The next turn is one of [`Occasion::PolicyChange`].
    ///
    /// # Errors
    /// A rule does not plan under it; the rules go on under the old one.
    pub async fn set_policy(&mut self, policy: &Policy) -> Result<(), RuleRefusals> {
        self.watch.set_policy(policy).await
    }

    /// The partitions are another's now: so are the alerts.
    pub fn forget(&mut self) {
        self.watch.clear();
        self.open.forget();
        self.unwritten = Unwritten::default();
        self.replicas.iter().for_each(Alertmanager::forget);
    }

    async fn append_documents(&self, documents: &[Document]) -> Result<(), AlertLogError> {
        let entry = |document: &Document| Entry {
            // What says nobody's name is for the fewest.
            audience: document.audience().unwrap_or(Audience::Full),
            alert_id: document.alert_id.clone(),
            value: document.to_bytes(),
        };
        let entries: Vec<Entry> = documents.iter().map(entry).collect();
        // Of one alert only the last entry would be left by compaction: that is its state.
        self.log.append(&entries).await
    }
}

/// The transitions among `recent` that are not stored, each once, about whom `id` names; the others are left out.
fn missing(
    recent: Vec<Document>,
    mut stored: Stored,
    id: impl Fn(&SubjectDocument) -> Option<Arc<str>>,
) -> Vec<Transition> {
    let of = |document: Document| document.transition(id(&document.subject)?).ok();
    recent.into_iter().filter_map(of).filter(|transition| stored.add(transition)).collect()
}
