//! `/healthz`: whether the loop turns.

use super::HttpState;
use super::problem::Problem;
use crate::health::Liveness;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};
use touchpoint::Micros;
use touchpoint::time::SECOND;

pub(super) async fn show(State(state): State<HttpState>) -> Result<Json<Value>, Problem> {
    match state.health.liveness() {
        Liveness::Turning { age } => Ok(Json(json!({ "alive": true, "last_turn_age_seconds": seconds(age) }))),
        Liveness::Stalled { age, limit } => {
            let (age, limit) = (seconds(age), seconds(limit));
            let detail = format!("the processing loop last turned {age:.1} s ago; at most {limit:.1} s are expected");
            let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "processing loop stalled", detail);
            Err(problem.with("last_turn_age_seconds", json!(age)))
        }
    }
}

fn seconds(length: Micros) -> f64 {
    length as f64 / SECOND as f64
}
