//! A webhook: one signed POST per transition, tried again until the receiver takes it.
//!
//! | header | |
//! |---|---|
//! | `x-touchload-delivery` | `<alert_id>:<state>:<at in microseconds>`: the same for the same transition, however often it comes |
//! | `x-touchload-timestamp` | seconds since 1970 when this try was made |
//! | `x-touchload-signature` | `v1=<hex>`: HMAC-SHA-256 with the shared secret over the timestamp, a full stop and the body |
//!
//! A receiver recomputes the signature over the bytes it got, refuses timestamps far from its own clock, and remembers
//! deliveries that it has taken.

use super::backoff::{Backoff, chance};
use super::client::Client;
use crate::metrics::alerts::{AlertMetrics, Delivery};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use touchpoint::keyed::hex;
use touchpoint::time::SECOND;
use touchpoint::{Audience, Clock, Micros, SecretKey};

const RETRY: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(60));

/// One receiver.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// Its name in metrics.
    pub name: String,
    /// Where.
    pub url: String,
    /// Whose alerts it gets: commercial ones only, or all.
    pub audience: Audience,
    /// Signs; `None`: nothing is signed.
    pub secret: Option<SecretKey>,
}

/// What is POSTed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// The same for the same content.
    pub delivery: String,
    /// The body.
    pub body: Vec<u8>,
    /// When it happened.
    pub at: Micros,
}

/// What ended a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The receiver has it.
    Taken,
    /// It is time to stop; the receiver may or may not have it.
    Stopped,
}

impl Webhook {
    /// POSTs until the receiver takes it or it is time to stop.
    pub async fn deliver(
        &self,
        parcel: &Parcel,
        client: &Client,
        (clock, metrics): (&Arc<dyn Clock>, &AlertMetrics),
        stop: &CancellationToken,
    ) -> Ended {
        let mut backoff = Backoff::new(RETRY.0, RETRY.1);
        loop {
            let headers = self.headers(parcel, clock.now() / SECOND);
            let posted = tokio::select! {
                posted = client.post(&self.url, &headers, parcel.body.clone()) => posted,
                () = stop.cancelled() => return Ended::Stopped,
            };
            let Err(error) = posted else {
                metrics.posted(&self.name, Delivery::Taken);
                metrics.delivered_after(&self.name, clock.now() - parcel.at);
                return Ended::Taken;
            };
            metrics.posted(&self.name, Delivery::Failed);
            metrics.waiting(&self.name, 1, Some(parcel.at));
            let wait = backoff.failed(chance());
            let retry_in_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            tracing::warn!(receiver = self.name, %error, retry_in_ms, "a webhook does not take a transition");
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = stop.cancelled() => return Ended::Stopped,
            }
        }
    }

    fn headers(&self, parcel: &Parcel, timestamp: i64) -> Vec<(&'static str, String)> {
        let mut headers =
            vec![("x-touchload-delivery", parcel.delivery.clone()), ("x-touchload-timestamp", timestamp.to_string())];
        if let Some(secret) = &self.secret {
            headers.push(("x-touchload-signature", signature(secret, timestamp, &parcel.body)));
        }
        headers
    }
}

/// The signature of `body`, sent at `timestamp`.
pub fn signature(secret: &SecretKey, timestamp: i64, body: &[u8]) -> String {
    let mut signed = timestamp.to_string().into_bytes();
    signed.push(b'.');
    signed.extend_from_slice(body);
    format!("v1={}", hex(&secret.code(&signed)))
}

#[cfg(test)]
mod tests {
    use super::signature;
    use touchpoint::SecretKey;

    #[test]
    fn a_signature_depends_on_secret_time_and_every_byte() {
        let of =
            |secret: u8, at, body: &[u8]| signature(&SecretKey::new(&[secret; 16]).expect("long enough"), at, body);
        let one = of(1, 5, b"{}");
        assert_eq!((one.len(), one.starts_with("v1=")), (67, true));
        assert_eq!(one, of(1, 5, b"{}"));
        for other in [of(2, 5, b"{}"), of(1, 6, b"{}"), of(1, 5, b"{ }")] {
            assert_ne!(one, other);
        }
    }
}
