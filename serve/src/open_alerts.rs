//! The alerts that are open, as of their last transition, for whoever looks; and the way to the pipeline for whoever accepts
//! one.
//!
//! The pipeline notes what is durable, never before. A request to accept waits in a bounded queue until the pipeline takes
//! it, and is answered when its transition is durable.

use processors::alert::{AckError, AlertId, Transition};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::sync::oneshot;
use touchpoint::Audience;
use touchpoint::alert::{AckReason, AlertState};

/// Requests that may wait for the pipeline.
const WAITING: usize = 64;
/// The pipeline must have answered within this.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

/// Somebody accepts an alert.
#[derive(Debug)]
pub struct AckRequest {
    /// Which.
    pub id: AlertId,
    /// Why.
    pub reason: AckReason,
    /// Told when it is durable, or that it is not open.
    pub answer: oneshot::Sender<Result<Transition, AckError>>,
}

/// Why an alert was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAccepted {
    /// Looking again helps.
    #[error(transparent)]
    NotOpen(#[from] AckError),
    /// The pipeline is busy, or stopping. Trying again helps; accepting twice does no harm.
    #[error("the pipeline did not take it up in time")]
    NotNow,
}

/// See the module. Cloning shares them.
#[derive(Debug, Clone)]
pub struct OpenAlerts {
    alerts: Arc<RwLock<BTreeMap<AlertId, Transition>>>,
    fired: Arc<AtomicU64>,
    requests: Sender<AckRequest>,
}

impl OpenAlerts {
    /// None yet, and where requests come out.
    pub fn new() -> (Self, Receiver<AckRequest>) {
        let (requests, taken) = mpsc::channel(WAITING);
        (Self { alerts: Arc::default(), fired: Arc::default(), requests }, taken)
    }

    /// These are durable, in this order.
    pub fn note(&self, transitions: &[Transition]) {
        let mut alerts = self.alerts.write().unwrap_or_else(PoisonError::into_inner);
        for transition in transitions {
            let id = &transition.alert.id;
            match transition.state {
                AlertState::Resolved => drop(alerts.remove(id)),
                _ => drop(alerts.insert(id.clone(), transition.clone())),
            }
            if transition.state == AlertState::Firing && transition.from != Some(AlertState::Firing) {
                self.fired.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// How often an alert began to fire, as far as was noted; those of an earlier process that still fire among them.
    pub fn fired(&self) -> u64 {
        self.fired.load(Ordering::Relaxed)
    }

    /// Another process looks after them from now on.
    pub fn forget(&self) {
        self.alerts.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Those that `audience` may see and `wanted` lets through, the ones that began last first.
    pub fn list(&self, audience: Audience, wanted: impl Fn(&Transition) -> bool) -> Vec<Transition> {
        let alerts = self.alerts.read().unwrap_or_else(PoisonError::into_inner);
        let shown = alerts.values().filter(|open| may_see(audience, open) && wanted(open));
        let mut shown: Vec<Transition> = shown.cloned().collect();
        shown.sort_by(|a, b| place(a).cmp(&place(b)));
        shown
    }

    /// The one with this id, if `audience` may see it.
    pub fn get(&self, id: &str, audience: Audience) -> Option<Transition> {
        let alerts = self.alerts.read().unwrap_or_else(PoisonError::into_inner);
        alerts.get(&AlertId::from_text(id)).filter(|open| may_see(audience, open)).cloned()
    }

    /// Accepts one, and waits until that is durable.
    ///
    /// # Errors
    /// [`NotAccepted`].
    pub async fn acknowledge(&self, id: AlertId, reason: AckReason) -> Result<Transition, NotAccepted> {
        let (answer, answered) = oneshot::channel();
        self.requests.try_send(AckRequest { id, reason, answer }).map_err(|_| NotAccepted::NotNow)?;
        match tokio::time::timeout(ANSWERED_WITHIN, answered).await {
            Ok(Ok(accepted)) => Ok(accepted?),
            Ok(Err(_)) | Err(_) => Err(NotAccepted::NotNow),
        }
    }
}

/// The place of an alert in a list: the ones that began last first.
pub fn place(open: &Transition) -> (std::cmp::Reverse<touchpoint::Micros>, &str) {
    (std::cmp::Reverse(open.alert.since), open.alert.id.as_str())
}

/// Alerts of rules that look at medical records are for who may see those.
fn may_see(audience: Audience, open: &Transition) -> bool {
    audience == Audience::Full || open.alert.rule.audience == Audience::Commercial
}

#[cfg(test)]
mod tests {
    use super::{AckRequest, NotAccepted, OpenAlerts, WAITING};
    use crate::deliver::document::tests::transition;
    use processors::alert::{AckError, AlertId, AlertRule, Transition};
    use std::sync::Arc;
    use tokio::sync::oneshot;
    use touchpoint::Audience;
    use touchpoint::alert::{AckReason, AlertState};

    fn medical(mut transition: Transition) -> Transition {
        let rule = AlertRule { audience: Audience::Full, ..(*transition.alert.rule).clone() };
        transition.alert.rule = Arc::new(rule);
        transition.alert.id = AlertId::from_text("medical");
        transition
    }

    #[test]
    fn what_is_open_is_listed_as_far_as_the_audience_sees() {
        let (open, _requests) = OpenAlerts::new();
        let fired = transition("h", AlertState::Firing);
        open.note(&[fired.clone(), medical(fired.clone())]);
        let seen = |audience| open.list(audience, |_| true).len();
        assert_eq!((seen(Audience::Commercial), seen(Audience::Full)), (1, 2));
        assert!(open.get("medical", Audience::Commercial).is_none() && open.get("medical", Audience::Full).is_some());
        assert!(open.list(Audience::Full, |open| open.state == AlertState::Pending).is_empty());
        open.note(&[transition("h", AlertState::Resolved)]);
        assert_eq!((seen(Audience::Commercial), seen(Audience::Full)), (0, 1));
        open.forget();
        assert_eq!((seen(Audience::Full), open.fired()), (0, 2));
    }

    #[tokio::test]
    async fn a_request_is_answered_by_the_pipeline_or_not_now() {
        let (open, mut requests) = OpenAlerts::new();
        let id = || AlertId::from_text("a");
        let pipeline = async {
            let request = requests.recv().await.expect("a request");
            assert_eq!((request.id, request.reason), (id(), AckReason::Handled));
            request.answer.send(Err(AckError::NotOpen)).expect("somebody waits");
            drop(requests.recv().await.expect("another"));
            requests
        };
        let asking = async {
            let not_open = open.acknowledge(id(), AckReason::Handled).await;
            (not_open, open.acknowledge(id(), AckReason::Exception).await)
        };
        let (requests, told) = tokio::join!(pipeline, asking);
        assert_eq!(told, (Err(NotAccepted::NotOpen(AckError::NotOpen)), Err(NotAccepted::NotNow)));
        for _ in 0..WAITING {
            let (answer, _nobody) = oneshot::channel();
            let request = AckRequest { id: id(), reason: AckReason::Handled, answer };
            open.requests.try_send(request).expect("there is room");
        }
        assert_eq!(open.acknowledge(id(), AckReason::Handled).await, Err(NotAccepted::NotNow), "the queue is full");
        drop(requests);
        assert_eq!(open.acknowledge(id(), AckReason::Handled).await, Err(NotAccepted::NotNow), "it is stopping");
    }
}
