//! What runs beside the pipeline: HTTP, gauges, maintenance. None of it may stop the pipeline.

use crate::threads::{Threads, Urgency};
use anyhow::Context;
use datafusion::prelude::SessionContext;
use serve::{GaugeSet, HttpLimits, HttpState};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;
use store::{Maintenance, MaintenanceSettings, Store};
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use touchpoint::Clock;

/// Threads that answer HTTP. Each question takes microseconds; two, so that a long answer does not hold up the others.
const HTTP_THREADS: usize = 2;
/// Threads of gauges and maintenance.
const PATIENT: usize = 2;
/// Of a thread that plans our own statements.
const PATIENT_STACK: usize = 8 << 20;

/// Answers on threads of its own: writing Parquet and running queries take the runtime's for tens of milliseconds at a time,
/// and somebody waits for each of these answers.
pub(super) async fn http(entrance: (TcpListener, HttpLimits), state: HttpState, quiet: CancellationToken) {
    // When this task is dropped, its threads end too.
    let quiet = quiet.child_token();
    let _end = quiet.clone().drop_guard();
    let serving = tokio::task::spawn_blocking(move || {
        let mut threads = Builder::new_multi_thread();
        let runtime = threads.worker_threads(HTTP_THREADS).thread_name("http").enable_all().build()?;
        Ok::<_, std::io::Error>(runtime.block_on(serve::http::serve(entrance.0, state, entrance.1, quiet)))
    });
    match serving.await {
        Ok(Ok(Ok(()))) => {}
        Ok(Ok(Err(error))) => tracing::error!(%error, "http stopped"),
        Ok(Err(error)) => tracing::error!(%error, "http has no threads; it did not start"),
        Err(error) => tracing::error!(%error, "http stopped"),
    }
}

/// Starts both on threads that come last, which are kept by the caller.
///
/// # Errors
/// The system has no room for the threads.
pub(super) fn patiently(
    background: &mut JoinSet<()>,
    (gauging, maintaining): (impl Future<Output = ()> + Send + 'static, impl Future<Output = ()> + Send + 'static),
) -> anyhow::Result<Threads> {
    let threads = Threads::start("patient", PATIENT, PATIENT_STACK, Urgency::Last);
    let threads = threads.context("starting the threads of gauges")?;
    let handle = threads.handle().context("the threads are gone: a bug")?;
    background.spawn_on(gauging, &handle);
    background.spawn_on(maintaining, &handle);
    Ok(threads)
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
