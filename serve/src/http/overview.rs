//! `GET /v1/overview`, `/v1/overview/weeks`, `/v1/overview/access`, `/v1/overview/hcps`: how the HCPs of a filter stand now and
//! stood week by week, whether visits get through to them, and who they are.
//!
//! The first three are about groups, hold no id, and are no view of a person: they are not audited, and pages with the same
//! question share an answer ([`crate::live_page`]). The last names HCPs and is audited before it is answered.

mod access;
mod asked;
mod lists;
mod now;
mod weeks;

pub(super) use lists::list;

use super::HttpState;
use super::asking::{Asking, look};
use super::problem::Problem;
use crate::live_page::{Question, Span};
use asked::Query;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use processors::overview::{Asked, Detail, Filter};
use serde_json::{Value, json};
use touchpoint::Micros;

pub(super) async fn now(state: State<HttpState>, headers: HeaderMap, query: RawQuery) -> Result<Response, Problem> {
    answer(state, headers, query, Span::Now).await
}

pub(super) async fn weeks(state: State<HttpState>, headers: HeaderMap, query: RawQuery) -> Result<Response, Problem> {
    answer(state, headers, query, Span::Weeks).await
}

pub(super) async fn access(state: State<HttpState>, headers: HeaderMap, query: RawQuery) -> Result<Response, Problem> {
    answer(state, headers, query, Span::Year).await
}

async fn answer(
    State(state): State<HttpState>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    span: Span,
) -> Result<Response, Problem> {
    let asking = Asking::admit(&state, &headers)?;
    let Query { window, filter, .. } = match span {
        Span::Now | Span::Weeks => Query::of_groups(query.as_deref())?,
        Span::Year => Query::of_a_year(query.as_deref())?,
    };
    let question = Question { audience: asking.caller.role.audience(), window, filter, span };
    let api = asking.api.clone();
    let compute = async || {
        let (api, question) = (api.clone(), question.clone());
        let found = look(move || match question.span {
            Span::Now => now::found(&api, &question),
            Span::Weeks => weeks::found(&api, &question),
            Span::Year => access::found(&api, &question),
        });
        found.await.map(|found| found.to_string())
    };
    let found = api.live_page.answer(&api, &question, compute).await?;
    let known = headers.get(header::IF_NONE_MATCH).and_then(|tag| tag.to_str().ok());
    let is_known = known.is_some_and(|known| known.split(',').any(|tag| tag.trim() == found.etag));
    let mut response = match is_known {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => ([(header::CONTENT_TYPE, "application/json")], found.body.clone()).into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(tag) = HeaderValue::from_str(&found.etag) {
        headers.insert(header::ETAG, tag);
    }
    Ok(response)
}

fn of_question(question: &Question, at: Micros, detail: Detail) -> Asked {
    let Question { audience, window, ref filter, .. } = *question;
    Asked { audience, at, window, filter: filter.clone(), detail }
}

fn filter(filter: &Filter) -> Value {
    json!({
        "territory": filter.territory,
        "segment": filter.segment,
        "specialty": filter.specialty,
        "product": filter.product,
    })
}
