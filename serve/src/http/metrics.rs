//! `/metrics`: the scrape page.

use super::HttpState;
use super::problem::Problem;
use crate::page::CONTENT_TYPE;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;

pub(super) async fn show(State(state): State<HttpState>) -> Result<impl IntoResponse, Problem> {
    match state.page.render() {
        Ok(page) => Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], page)),
        Err(error) => {
            tracing::error!(%error, "metrics page not written");
            let title = "metrics page not written";
            Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, title, error.to_string()))
        }
    }
}
