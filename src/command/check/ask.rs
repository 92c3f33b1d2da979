//! One question over HTTP.

use crate::cli::value::UsageError;
use anyhow::{Context, bail};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, StatusCode, Url};
use serde_json::Value;
use std::time::Duration;

/// Longest time for a whole answer.
const ANSWERS_WITHIN: Duration = Duration::from_secs(30);
/// Longest time for a connection.
const CONNECTS_WITHIN: Duration = Duration::from_secs(5);

/// The answer to `body`, asked at `url`. Nothing is sent anywhere else: redirects are not followed, proxies not used.
pub(super) async fn ask(url: &str, token: Option<&str>, body: String) -> anyhow::Result<String> {
    let url = endpoint(url)?;
    let client = Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECTS_WITHIN)
        .timeout(ANSWERS_WITHIN)
        .build()
        .context("preparing an HTTP client")?;
    let mut request = client.post(url.clone()).header(CONTENT_TYPE, "application/json").body(body);
    if let Some(token) = token {
        let mut value = HeaderValue::from_str(&format!("Bearer {token}")).context("the token is no header value")?;
        value.set_sensitive(true);
        request = request.header(AUTHORIZATION, value);
    }
    let sent = request.send().await;
    let answer = sent.with_context(|| format!("asking {url}; is touchload running there?"))?;
    let status = answer.status();
    let text = answer.text().await.with_context(|| format!("reading the answer of {url}"))?;
    if status == StatusCode::OK { Ok(text) } else { refused(status, &text) }
}

fn endpoint(url: &str) -> anyhow::Result<Url> {
    // Messages name the address: one with a password would tell it, and a token has a file of its own.
    let is_plain = |url: &Url| url.username().is_empty() && url.password().is_none();
    let is_http = |url: &Url| matches!(url.scheme(), "http" | "https") && url.host_str().is_some();
    let parsed = Url::parse(url).ok().filter(|url| is_http(url) && is_plain(url));
    let expected = || {
        let said = "--url: expected http://HOST:PORT or https://HOST without a user, such as http://127.0.0.1:8080";
        UsageError(said.to_owned())
    };
    let mut url = parsed.ok_or_else(expected)?;
    let path = format!("{}/v1/check", url.path().trim_end_matches('/'));
    url.set_path(&path);
    Ok(url)
}

/// What a problem document says; what the proposals are to blame for is bad usage.
fn refused(status: StatusCode, text: &str) -> anyhow::Result<String> {
    let problem: Value = serde_json::from_str(text).unwrap_or_default();
    let part = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
    let mut said = format!("refused with {}: {}: {}", status.as_u16(), part("title"), part("detail"));
    for error in problem["errors"].as_array().into_iter().flatten() {
        let text = |name: &str| error[name].as_str().unwrap_or_default();
        said.push_str(&format!("\n  - {}: expected {}", text("pointer"), text("expected")));
    }
    match status {
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY | StatusCode::PAYLOAD_TOO_LARGE => {
            Err(UsageError(said).into())
        }
        _ => bail!("{said}"),
    }
}

#[cfg(test)]
mod tests {
    use super::endpoint;

    #[test]
    fn an_address_gets_the_path_of_checks() {
        let of = |url| endpoint(url).map(|url| url.to_string()).ok();
        assert_eq!(of("http://127.0.0.1:8080").as_deref(), Some("http://127.0.0.1:8080/v1/check"));
        assert_eq!(of("https://x.example/touchload/").as_deref(), Some("https://x.example/touchload/v1/check"));
        for wrong in ["", "127.0.0.1:8080", "ftp://x", "http://", "file:///etc/passwd", "http://me:secret@x"] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
    }
}
