//! Questions over HTTP to a running touchload, for the commands that ask.

use super::named;
use crate::cli::value::UsageError;
use anyhow::{Context, bail};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, RequestBuilder, StatusCode, Url};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

/// Longest time for a whole answer.
const ANSWERS_WITHIN: Duration = Duration::from_secs(30);
/// Longest time for a connection.
const CONNECTS_WITHIN: Duration = Duration::from_secs(5);

/// Whom to ask, and as whom. Nothing is sent anywhere else: redirects are not followed, proxies not used.
pub(super) struct Api {
    base: Url,
    token: Option<HeaderValue>,
    client: Client,
}

impl Api {
    /// The API of the touchload at `url`, with the token of a file.
    ///
    /// # Errors
    /// The URL is none, or the file holds no token.
    pub(super) fn at(url: &str, token_file: Option<&Path>) -> anyhow::Result<Self> {
        let base = base(url)?;
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECTS_WITHIN)
            .timeout(ANSWERS_WITHIN)
            .build()
            .context("preparing an HTTP client")?;
        Ok(Self { base, token: token_file.map(token).transpose()?, client })
    }

    /// What is at a path below `/v1`, with these parameters.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub(super) async fn get(&self, path: &[&str], query: &[(&str, String)]) -> anyhow::Result<String> {
        let mut url = endpoint(&self.base, path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.answer(&url, self.client.get(url.clone())).await
    }

    /// The answer to a JSON body that is sent to a path below `/v1`.
    ///
    /// # Errors
    /// As [`Api::get`].
    pub(super) async fn post(&self, path: &[&str], body: String) -> anyhow::Result<String> {
        let url = endpoint(&self.base, path);
        let request = self.client.post(url.clone()).header(CONTENT_TYPE, "application/json").body(body);
        self.answer(&url, request).await
    }

    async fn answer(&self, url: &Url, mut request: RequestBuilder) -> anyhow::Result<String> {
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, token.clone());
        }
        let sent = request.send().await;
        let answer = sent.with_context(|| format!("asking {url}; is touchload running there?"))?;
        let status = answer.status();
        let text = answer.text().await.with_context(|| format!("reading the answer of {url}"))?;
        if status == StatusCode::OK { Ok(text) } else { refused(status, &text) }
    }
}

fn base(url: &str) -> anyhow::Result<Url> {
    // Messages name the address: one with a password would tell it, and a token has a file of its own.
    let is_plain = |url: &Url| url.username().is_empty() && url.password().is_none();
    let is_http = |url: &Url| matches!(url.scheme(), "http" | "https") && url.host_str().is_some();
    let parsed = Url::parse(url).ok().filter(|url| is_http(url) && is_plain(url));
    let expected = || {
        let said = "--url: expected http://HOST:PORT or https://HOST without a user, such as http://127.0.0.1:8080";
        UsageError(said.to_owned())
    };
    Ok(parsed.ok_or_else(expected)?)
}

fn endpoint(base: &Url, path: &[&str]) -> Url {
    let mut url = base.clone();
    // An http URL always has a path.
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().push("v1").extend(path);
    }
    url
}

/// The token of a file, as it is sent; blanks and line ends around it are not its own.
fn token(file: &Path) -> anyhow::Result<HeaderValue> {
    let text = named::text(file)?;
    let token = text.trim();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(UsageError(format!("{} holds no token: expected one word of visible ASCII", file.display())).into());
    }
    let mut value = HeaderValue::from_str(&format!("Bearer {token}")).context("the token is no header value")?;
    value.set_sensitive(true);
    Ok(value)
}

/// What a problem document says; what the request is to blame for is bad usage.
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
    use super::{base, endpoint};

    #[test]
    fn an_address_gets_the_path_of_the_api() {
        let of = |url, path: &[&str]| base(url).map(|base| endpoint(&base, path).to_string()).ok();
        assert_eq!(of("http://127.0.0.1:8080", &["check"]).as_deref(), Some("http://127.0.0.1:8080/v1/check"));
        let nested = of("https://x.example/touchload/", &["alerts", "a/b", "acknowledge"]);
        assert_eq!(nested.as_deref(), Some("https://x.example/touchload/v1/alerts/a%2Fb/acknowledge"));
        for wrong in ["", "127.0.0.1:8080", "ftp://x", "http://", "file:///etc/passwd", "http://me:secret@x"] {
            assert_eq!(of(wrong, &["check"]), None, "{wrong}");
        }
    }
}
