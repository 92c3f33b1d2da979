//! The HTTP server: one file per resource, one error form.
//!
//! | path | answer |
//! |---|---|
//! | `/metrics` | the scrape page, text format 0.0.4 |
//! | `/healthz` | 200 while the loop turned within the limit, else 503 |
//! | `/readyz` | 200 when assigned and restored, else 503; the body names what is missing |
//! | `POST /v1/check` | may these HCPs be touched |
//! | `/v1/hcps/{id}`, `/v1/accounts/{id}` | what is known of one |
//! | `/v1/alerts`, `/v1/alerts/{id}` | open alerts |
//! | `POST /v1/alerts/{id}/acknowledge` | one is accepted |
//! | `/v1/forecast`, `/v1/hcps/{id}/forecast` | who goes over in the days ahead, and which planned touch to move |
//! | `/v1/overview`, `/v1/overview/weeks` | how the HCPs of a filter stand, now and week by week |
//! | `/v1/overview/hcps` | the HCPs behind a count |
//! | `/v1/pipeline` | how fresh and how sound it is |
//! | `/v1/openapi.json` | the API for programs |
//! | `/`, `/page/…` | the live page; to whoever asks for text, these paths |
//!
//! Every error is a problem document (RFC 9457, `application/problem+json`) and holds no id and no record's content. Below
//! `/v1` a caller needs a token, or this machine; each check, view and acknowledgement is in the audit log before it is answered. The caller
//! of [`serve`] binds the socket, so that a port in use is its error, with its words.

use crate::api::Door;
use crate::health::Health;
use crate::page::MetricsPage;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::routing::{get, post};
use doorway::{Admitted, Doorway};
use problem::Problem;
use std::future::IntoFuture;
use std::net::TcpListener;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

mod accounts;
mod alerts;
mod asking;
mod check;
mod doorway;
mod forecasts;
mod hcps;
mod healthz;
mod index;
mod json;
mod live_page;
mod metrics;
mod openapi;
mod overview;
mod pipeline;
mod problem;
mod proposals;
mod query;
mod readyz;
mod words;

#[cfg(test)]
mod tests;

pub use doorway::HttpLimits;

/// How long open requests may take to end once the server is told to stop.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// What the resources show.
#[derive(Clone)]
pub struct HttpState {
    /// The scrape page.
    pub page: Arc<MetricsPage>,
    /// Liveness and readiness.
    pub health: Arc<Health>,
    /// The API.
    pub api: Door,
}

/// The server could not start or had to stop: the machine's fault (descriptors, socket); starting again may help.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The socket cannot be used by the runtime.
    #[error("the bound HTTP socket could not be taken over: {0}")]
    Socket(#[source] std::io::Error),
    /// Accepting connections failed for good.
    #[error("the HTTP server stopped accepting connections: {0}")]
    Accept(#[source] std::io::Error),
}

/// Serves on `listener` until `shutdown` is cancelled and open requests have ended, or [`STOP_WITHIN`] later.
///
/// # Errors
/// The socket cannot be taken over, or accepting fails for good.
pub async fn serve(
    listener: TcpListener,
    state: HttpState,
    limits: HttpLimits,
    shutdown: CancellationToken,
) -> Result<(), HttpError> {
    listener.set_nonblocking(true).map_err(HttpError::Socket)?;
    let listener = tokio::net::TcpListener::from_std(listener).map_err(HttpError::Socket)?;
    let stop = shutdown.clone().cancelled_owned();
    let answers = router(state).into_make_service_with_connect_info::<Admitted>();
    let serving = axum::serve(Doorway::new(listener, limits), answers);
    let mut server = pin!(serving.with_graceful_shutdown(stop).into_future());
    let ended = tokio::select! {
        ended = &mut server => Some(ended),
        () = shutdown.cancelled() => tokio::time::timeout(STOP_WITHIN, server).await.ok(),
    };
    match ended {
        Some(ended) => ended.map_err(HttpError::Accept),
        None => {
            tracing::warn!(seconds = STOP_WITHIN.as_secs(), "open http requests were cut off at shutdown");
            Ok(())
        }
    }
}

fn router(state: HttpState) -> Router {
    Router::new()
        .route("/", get(live_page::index))
        .route("/page/{*path}", get(live_page::asset))
        .route("/metrics", get(metrics::show))
        .route("/healthz", get(healthz::show))
        .route("/readyz", get(readyz::show))
        .route("/v1/check", post(check::answer))
        .route("/v1/hcps/{id}", get(hcps::show))
        .route("/v1/hcps/{id}/forecast", get(forecasts::of_hcp))
        .route("/v1/forecast", get(forecasts::list))
        .route("/v1/accounts/{id}", get(accounts::show))
        .route("/v1/overview", get(overview::now))
        .route("/v1/overview/weeks", get(overview::weeks))
        .route("/v1/overview/hcps", get(overview::list))
        .route("/v1/pipeline", get(pipeline::show))
        .route("/v1/alerts", get(alerts::list))
        .route("/v1/alerts/{id}", get(alerts::show))
        .route("/v1/alerts/{id}/acknowledge", post(alerts::acknowledge))
        .route("/v1/openapi.json", get(openapi::show))
        .fallback(async || Problem::new(StatusCode::NOT_FOUND, "not found", "see / for the paths that exist"))
        .method_not_allowed_fallback(async || {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method not allowed",
                "the header Allow names the methods of this path",
            )
        })
        .layer(DefaultBodyLimit::max(asking::LARGEST))
        .layer(from_fn(doorway::serve_or_tell))
        .with_state(state)
}
