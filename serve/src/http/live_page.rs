//! `/` and `/page/…`: the live page, whose files are in the binary.
//!
//! It needs nothing from elsewhere and is allowed nothing from elsewhere: the policy below lets it load and ask this
//! server alone, run no inline script, and stand in no other page. It holds no data; what it shows it asks `/v1` for, as
//! any caller does.

mod files;

use super::index;
use super::problem::Problem;
use crate::live_page::etag;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use files::{File, HTML, files};

/// The charting library puts one style element into each chart, always with this text: its hash is all that is allowed
/// inline.
const POLICY: &str = "default-src 'none'; script-src 'self'; \
    style-src 'self' 'sha256-+TfQir1nvDucAdvE6XUQBt4ayUjpAWkbw2kCdSfekHM='; img-src 'self'; \
    connect-src 'self'; font-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What every file of the page is sent with.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    // Kept, but asked for each time: a new binary brings new files under the same names.
    (header::CACHE_CONTROL, "no-cache"),
];

pub(super) async fn index(headers: HeaderMap) -> Response {
    let accepts = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if accepts.contains("text/html") { sent(&HTML, &headers) } else { index::text().into_response() }
}

pub(super) async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    let file = files().find(|file| file.path == path).ok_or_else(|| {
        Problem::new(StatusCode::NOT_FOUND, "not found", "the live page has no such file; it begins at /")
    })?;
    Ok(sent(file, &headers))
}

fn sent(file: &File, asked: &HeaderMap) -> Response {
    let tag = etag(file.text.as_bytes());
    let known = asked.get(header::IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    let mut response = match known.is_some_and(|known| known.split(',').any(|one| one.trim() == tag)) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => ([(header::CONTENT_TYPE, file.content_type)], file.text).into_response(),
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(header::VARY, HeaderValue::from_static("accept"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::{HTML, POLICY, files};

    #[test]
    fn the_whole_page_is_a_megabyte_at_most_and_names_only_files_that_exist() {
        let bytes: usize = files().chain([&HTML]).map(|file| file.text.len()).sum();
        assert!(bytes <= 1 << 20, "{bytes} bytes");
        for file in files().chain([&HTML]).filter(|file| !file.path.starts_with("vendor/")) {
            for named in file.text.split("\"/page/").skip(1).filter_map(|rest| rest.split('"').next()) {
                assert!(files().any(|other| other.path == named), "{} names {named}", file.path);
            }
            for (n, line) in file.text.lines().enumerate() {
                let is_outside = line.contains("http://") || line.contains("https://");
                let is_harmless = line.contains("http://www.w3.org/") || line.contains("source");
                assert!(!is_outside || is_harmless, "{}:{}: an address elsewhere", file.path, n + 1);
                assert!(!line.contains("innerHTML"), "{}:{}: text is set as text", file.path, n + 1);
            }
        }
    }

    #[test]
    fn the_policy_lets_nothing_in_from_elsewhere() {
        assert!(!POLICY.contains("unsafe") && !POLICY.contains("http") && !POLICY.contains('*'));
        assert!(!HTML.text.contains(" style=") && !HTML.text.contains("<style") && !HTML.text.contains(" onclick="));
    }
}
