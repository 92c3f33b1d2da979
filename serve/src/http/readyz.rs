//! `/readyz`: whether partitions are assigned and their state is restored.

use super::HttpState;
use super::problem::Problem;
use crate::health::{Assignment, Commit, Restore};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

pub(super) async fn show(State(state): State<HttpState>) -> Result<Json<Value>, Problem> {
    let readiness = state.health.readiness();
    let assigned = readiness.assignment == Assignment::Assigned;
    let restored = readiness.restore == Restore::Done;
    let committed = readiness.commit == Commit::Done;
    let steps = [("assigned", assigned), ("restored", restored), ("committed", committed)];
    let missing: Vec<&str> = steps.iter().filter(|(_, done)| !done).map(|(step, _)| *step).collect();
    if readiness.is_ready() {
        return Ok(Json(json!({ "ready": true, "missing": missing })));
    }
    let detail = if assigned {
        "the state of the assigned partitions is being restored from touchpoint_log"
    } else {
        "the consumer group has not assigned partitions to this process"
    };
    let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not ready", detail);
    Err(problem.with("ready", json!(false)).with("missing", json!(missing)))
}
