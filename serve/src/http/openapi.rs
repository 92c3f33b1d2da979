//! `GET /v1/openapi.json`: the API as a document that programs read. It needs no token and says nothing of anybody.

use axum::http::header;
use axum::response::IntoResponse;

/// OpenAPI 3.1. Every answer of the tests is held against it.
pub(super) const DOCUMENT: &str = include_str!("openapi.json");

pub(super) async fn show() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT)
}
