//! The HTTP client: fixed destinations, no redirects, bounded time, and no answer read beyond its status.

use std::time::Duration;
use tokio::time::timeout;

/// Longest time a POST may take, connecting included.
const POST_TIME: Duration = Duration::from_secs(10);
const CONNECT_TIME: Duration = Duration::from_secs(3);

/// Why a POST did not go well. It names no address and quotes no answer: addresses may hold secrets.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// Nobody answered, or the connection broke. Trying again may help.
    #[error("the receiver cannot be reached ({0})")]
    Unreachable(&'static str),
    /// The receiver cannot take it now. Trying again may help.
    #[error("the receiver answered {0}; it is tried again")]
    Busy(u16),
    /// The receiver will not take it: its configuration or ours is wrong. It is tried again, since nothing is given up.
    #[error("the receiver refuses with {0}; look at its address, its secret and its log")]
    Refused(u16),
}

/// A client. Cloning shares its connections.
#[derive(Debug, Clone)]
pub struct Client(reqwest::Client);

impl Client {
    /// A client that follows no redirect and uses no proxy but the one that the environment names.
    ///
    /// # Errors
    /// The TLS of this machine cannot be set up (no root certificates).
    pub fn new() -> Result<Self, PostError> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIME)
            .timeout(POST_TIME)
            .user_agent(concat!("touchload/", env!("CARGO_PKG_VERSION")))
            .build();
        client.map(Self).map_err(|_| PostError::Unreachable("TLS cannot be set up"))
    }

    /// POSTs JSON.
    ///
    /// # Errors
    /// No answer, or another one than 2xx.
    pub async fn post(&self, url: &str, headers: &[(&'static str, String)], body: Vec<u8>) -> Result<(), PostError> {
        let mut request = self.0.post(url).header("content-type", "application/json").body(body);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        // The client's own bound does not cover a name look-up that hangs.
        let answer = timeout(POST_TIME + CONNECT_TIME, request.send()).await;
        let answer = answer.map_err(|_| PostError::Unreachable("no answer in time"))?.map_err(|error| {
            PostError::Unreachable(match &error {
                error if error.is_timeout() => "no answer in time",
                error if error.is_connect() => "no connection",
                _ => "the connection broke",
            })
        })?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            status if status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429) => {
                Err(PostError::Busy(status.as_u16()))
            }
            status => Err(PostError::Refused(status.as_u16())),
        }
    }
}
