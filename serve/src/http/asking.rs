//! What every question to the API passes through: an open door, a known caller, a body of the right kind and size, and,
//! before its answer goes out, the audit log.

use super::HttpState;
use super::problem::Problem;
use super::words::instant;
use crate::access::{Caller, Refusal};
use crate::api::{Api, Door, NotReady};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use touchpoint::Micros;

/// Largest body.
pub(super) const LARGEST: usize = 1 << 20;
/// How long a body may take to arrive.
const ARRIVES_WITHIN: Duration = Duration::from_secs(10);

/// A caller who may ask, and whom.
pub(super) struct Asking {
    pub(super) api: Arc<Api>,
    pub(super) caller: Caller,
}

impl Asking {
    /// # Errors
    /// 503 where there is no API; 401 without a known token; 403 for a name that is not this machine's.
    pub(super) fn admit(state: &HttpState, headers: &HeaderMap) -> Result<Self, Problem> {
        let api = match &state.api {
            Door::Open(api) => api.clone(),
            Door::Closed(why) => return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the API is off", *why)),
        };
        let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let caller = api.access.now().admit(text(header::AUTHORIZATION), text(header::HOST)).map_err(refused)?;
        Ok(Self { api, caller })
    }

    /// A line of the audit log: when, who, and what was asked and answered.
    ///
    /// # Errors
    /// 503: JSON cannot say `rest`, which is a bug.
    pub(super) fn line(&self, at: Micros, action: &str, rest: impl Serialize) -> Result<String, Problem> {
        let line = Line {
            at: instant(at),
            caller: &self.caller.name,
            role: self.caller.role.as_str(),
            audience: self.caller.role.audience().as_str(),
            action,
            rest,
        };
        let mut text = serde_json::to_string(&line).map_err(|error| self.withheld(&error))?;
        text.push('\n');
        Ok(text)
    }

    /// Writes audit lines; only then may an answer go out.
    ///
    /// # Errors
    /// 503: the lines could not be written.
    pub(super) async fn audit(&self, at: Micros, lines: String) -> Result<(), Problem> {
        self.api.audit.write(at, lines).await.map_err(|error| self.withheld(&error))
    }

    /// What cannot be audited is not answered.
    fn withheld(&self, error: &impl std::error::Error) -> Problem {
        self.api.metrics.audit_failed();
        tracing::error!(%error, "an answer was withheld");
        let detail = "the audit log could not be written, so no answer is given; the log of the process says why";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "answers cannot be audited", detail)
    }
}

#[derive(Serialize)]
struct Line<'a, R> {
    at: String,
    caller: &'a str,
    role: &'a str,
    audience: &'a str,
    action: &'a str,
    #[serde(flatten)]
    rest: R,
}

fn refused(refusal: Refusal) -> Problem {
    let unauthorized = |detail| Problem::new(StatusCode::UNAUTHORIZED, "not authorized", detail);
    match refusal {
        Refusal::NoToken => unauthorized("send a token: `Authorization: Bearer TOKEN`")
            .with_header(header::WWW_AUTHENTICATE, "Bearer realm=\"touchload\""),
        Refusal::UnknownToken => unauthorized("nobody has this token")
            .with_header(header::WWW_AUTHENTICATE, "Bearer realm=\"touchload\", error=\"invalid_token\""),
        Refusal::ForeignHost => {
            let detail = "without tokens only localhost and loopback addresses are answered as the host of a request";
            Problem::new(StatusCode::FORBIDDEN, "not this machine", detail)
        }
    }
}

/// The body of a request that sends JSON.
///
/// # Errors
/// 415 of another kind, 413 when it is too large, 408 when it takes too long, 400 when the connection breaks.
pub(super) async fn json_body(request: Request, state: &HttpState) -> Result<Bytes, Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = kind.and_then(|kind| kind.split(';').next()).map(str::trim).unwrap_or_default();
    if !essence.eq_ignore_ascii_case("application/json") {
        let detail = "send `Content-Type: application/json`";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not JSON", detail));
    }
    let Ok(body) = tokio::time::timeout(ARRIVES_WITHIN, Bytes::from_request(request, state)).await else {
        let detail = format!("the body did not arrive within {} s", ARRIVES_WITHIN.as_secs());
        return Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "body too slow", detail));
    };
    body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            let detail = format!("a body has at most {LARGEST} bytes; send fewer proposals at once");
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body too large", detail)
        }
        _ => Problem::new(StatusCode::BAD_REQUEST, "body not received", "the body broke off"),
    })
}

/// Runs `work`, which waits for the lock of the state, where waiting harms nobody.
///
/// # Errors
/// 503 when the state is not complete; 500 when `work` panics, which is a bug.
pub(super) async fn look<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, NotReady> + Send + 'static,
) -> Result<T, Problem> {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(why)) => Err(not_ready(why)),
        Err(_) => Err(not_answered()),
    }
}

/// Looking panicked, which is a bug.
pub(super) fn not_answered() -> Problem {
    let detail = "a fault of the program; the log of the process says where";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "not answered", detail)
}

/// There is no answer yet.
pub(super) fn not_ready(_: NotReady) -> Problem {
    let detail = "the state of this process is not complete yet; /readyz says what is missing";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not ready", detail)
}

/// An answer that holds ids of persons: nobody between may keep it.
pub(super) fn private(body: impl Serialize) -> Response {
    let mut response = Json(body).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
