//! Alerts around the pipeline: the desk that it asks, and the receivers that run beside it.

use super::ServiceConfig;
use crate::alerts::{AlertDesk, Courier, DailyDigest, DigestSource};
use processors::SharedShards;
use serve::OpenAlerts;
use serve::deliver::{Alertmanager, Client, Ids, Naming};
use serve::metrics::alerts::AlertMetrics;
use std::sync::Arc;
use store::{Owner, Store};
use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use touchpoint::Clock;

/// What the pipeline asks, and who is told; nothing of both where alerts are off.
#[derive(Default)]
pub(super) struct Alerting {
    pub(super) desk: Option<AlertDesk>,
    pub(super) receivers: Receivers,
}

/// Who is told.
#[derive(Default)]
pub(super) struct Receivers {
    replicas: Vec<(Alertmanager, Client, AlertMetrics)>,
    couriers: Vec<Courier>,
    digest: Option<DailyDigest>,
}

impl Alerting {
    /// Opens everything that alerts need; nothing runs yet.
    pub(super) async fn open(
        config: &ServiceConfig,
        shards: &SharedShards,
        (store, owner): (&Arc<Store>, &Owner),
        metrics: AlertMetrics,
    ) -> anyhow::Result<Self> {
        let Some(settings) = &config.alerts else { return Ok(Self::default()) };
        let clock: Arc<dyn Clock> = Arc::new(crate::clock::SystemClock);
        let client = Client::new()?;
        let desk = AlertDesk::open(settings, &config.kafka, shards.clone(), &config.policy, metrics.clone()).await?;
        let replicas = desk.replicas().iter().map(|r| (r.clone(), client.clone(), metrics.clone())).collect();
        let courier = |webhook: &serve::deliver::Webhook| {
            let tools = (client.clone(), clock.clone(), metrics.clone());
            Courier::new(webhook.clone(), (&config.kafka, &settings.topics), tools)
        };
        let couriers = settings.webhooks.iter().map(courier).collect::<Result<_, _>>()?;
        let digest = settings.digest.clone().map(|digest| {
            let source = DigestSource {
                store: store.clone(),
                owner: owner.clone(),
                shards: shards.clone(),
                written: desk.written_until().clone(),
                key: settings.key.clone(),
                naming: Naming::new(settings.key.clone(), Ids::Pseudonyms),
            };
            DailyDigest::new(digest, source, (client.clone(), clock.clone(), metrics.clone()))
        });
        Ok(Self { desk: Some(desk), receivers: Receivers { replicas, couriers, digest } })
    }

    /// What is open, and the way to accept it; `None` where alerts are off.
    pub(super) fn open_alerts(&self) -> Option<OpenAlerts> {
        self.desk.as_ref().map(|desk| desk.open_alerts().clone())
    }
}

impl Receivers {
    /// Starts telling; ends with `quiet`.
    pub(super) fn start(self, background: &mut JoinSet<()>, clock: &Arc<dyn Clock>, quiet: &CancellationToken) {
        for (replica, client, metrics) in self.replicas {
            background.spawn(replica.run(client, clock.clone(), metrics, quiet.clone()));
        }
        if let Some(digest) = self.digest {
            background.spawn(digest.run(quiet.clone()));
        }
        for courier in self.couriers {
            let (runtime, quiet) = (Handle::current(), quiet.clone());
            background.spawn_blocking(move || courier.run(&runtime, &quiet));
        }
    }
}
