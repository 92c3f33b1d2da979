//! A problem document (RFC 9457): status, title, detail, and members of its own.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// One error answer. `title` names the class of problem, `detail` this one; neither quotes ids or records.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    members: Map<String, Value>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, title: &str, detail: impl Into<String>) -> Self {
        let mut members = Map::new();
        members.insert("type".to_owned(), json!("about:blank"));
        members.insert("title".to_owned(), json!(title));
        members.insert("status".to_owned(), json!(status.as_u16()));
        members.insert("detail".to_owned(), json!(detail.into()));
        Self { status, members }
    }

    /// The problem with an extension member.
    pub(super) fn with(mut self, name: &str, value: Value) -> Self {
        self.members.insert(name.to_owned(), value);
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, Value::Object(self.members).to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}
