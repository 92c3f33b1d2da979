//! Alerts around the pipeline: the desk that it asks, and the receivers that run beside it.

use super::ServiceConfig;
use crate::alerts::{AlertDesk, Courier};
use processors::SharedShards;
use serve::deliver::{Alertmanager, Client};
use serve::metrics::alerts::AlertMetrics;
use std::sync::Arc;
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
}

impl Alerting {
    /// Opens everything that alerts need; nothing runs yet.
    pub(super) async fn open(
        config: &ServiceConfig,
        shards: &SharedShards,
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
        Ok(Self { desk: Some(desk), receivers: Receivers { replicas, couriers } })
    }
}

impl Receivers {
    /// Starts telling; ends with `quiet`.
    pub(super) fn start(self, background: &mut JoinSet<()>, clock: &Arc<dyn Clock>, quiet: &CancellationToken) {
        for (replica, client, metrics) in self.replicas {
            background.spawn(replica.run(client, clock.clone(), metrics, quiet.clone()));
        }
        for courier in self.couriers {
            let (runtime, quiet) = (Handle::current(), quiet.clone());
            background.spawn_blocking(move || courier.run(&runtime, &quiet));
        }
    }
}
