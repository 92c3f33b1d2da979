//! What runs beside the pipeline: HTTP, gauges, maintenance. None of it may stop the pipeline.

use datafusion::prelude::SessionContext;
use serve::{GaugeSet, HttpState};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;
use store::{Maintenance, MaintenanceSettings, Store};
use tokio_util::sync::CancellationToken;
use touchpoint::Clock;

pub(super) async fn http(listener: TcpListener, state: HttpState, quiet: CancellationToken) {
    if let Err(error) = serve::http::serve(listener, state, quiet).await {
        tracing::error!(%error, "http stopped");
    }
}

pub(super) async fn gauges(set: Arc<GaugeSet>, context: SessionContext, every: Duration, quiet: CancellationToken) {
    loop {
        // Failures are counted, logged and shown by the set itself; the next tick tries again.
        drop(set.refresh(&context).await);
        if !wait(every, &quiet).await {
            return;
        }
    }
}

pub(super) async fn maintenance(store: Arc<Store>, clock: Arc<dyn Clock>, every: Duration, quiet: CancellationToken) {
    let mut maintenance = Maintenance::new(store, MaintenanceSettings::default());
    while wait(every, &quiet).await {
        match maintenance.run_once(clock.now()).await {
            Ok(report) => tracing::debug!(?report, "maintenance done"),
            Err(error) => tracing::warn!(%error, "maintenance failed; the next round tries again"),
        }
    }
}

/// Waits; false when it is time to stop.
async fn wait(time: Duration, quiet: &CancellationToken) -> bool {
    tokio::select! {
        () = tokio::time::sleep(time) => true,
        () = quiet.cancelled() => false,
    }
}
