//! A problem document (RFC 9457): status, title, detail, and members of its own.

use super::proposals::FieldProblems;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// One error answer. `title` names the class of problem, `detail` this one; neither quotes ids or records.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    members: Map<String, Value>,
    header: Option<(HeaderName, &'static str)>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, title: &str, detail: impl Into<String>) -> Self {
        let mut members = Map::new();
        members.insert("type".to_owned(), json!("about:blank"));
        members.insert("title".to_owned(), json!(title));
        members.insert("status".to_owned(), json!(status.as_u16()));
        members.insert("detail".to_owned(), json!(detail.into()));
        Self { status, members, header: None }
    }

    /// A body whose fields are not as expected: each of them is listed.
    pub(super) fn of_fields(problems: &FieldProblems) -> Self {
        let count = problems.count();
        let detail = format!("{count} problems; each is listed in errors with its place and what was expected there");
        let detail =
            if count == 1 { "1 problem; errors has its place and what was expected there".to_owned() } else { detail };
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "fields are not as expected", detail)
            .with("errors", problems.errors())
    }

    /// The problem with an extension member.
    pub(super) fn with(mut self, name: &str, value: Value) -> Self {
        self.members.insert(name.to_owned(), value);
        self
    }

    /// The problem with a header.
    pub(super) fn with_header(self, name: HeaderName, value: &'static str) -> Self {
        Self { header: Some((name, value)), ..self }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, Value::Object(self.members).to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some((name, value)) = self.header {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }
}
