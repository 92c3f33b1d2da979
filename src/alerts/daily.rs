//! The daily round of digests: at a configured hour by the clock of a zone, one document per orchestrator to one receiver.
//!
//! A digest is made from table `alerts`, once everything that happened before its hour is there. Which day was sent last
//! stands in the table too: a process that was down at the hour sends what is due when it is up again, day by day and
//! [`MOST_DAYS`] back at most. A day is noted when the receiver has taken all its digests: a process that dies in between
//! sends them again, with the same ids. The first start of all notes the day and sends nothing.
//!
//! Where several processes share the work the owner of partition number 0 sends, some time after the hour, so that the
//! others have written theirs.

mod whose;

use super::WrittenUntil;
use arrow::error::ArrowError;
use chrono::{DateTime, NaiveDate, TimeDelta, TimeZone};
use futures::TryStreamExt;
use processors::SharedShards;
use processors::alert::{Transition, rows};
use serve::deliver::digest::digests;
use serve::deliver::webhook::{Ended, Parcel};
use serve::deliver::{Client, Digest, Naming, Webhook};
use serve::metrics::alerts::AlertMetrics;
use std::ops::Range;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use store::{CommitError, Owner, Store, StoreError};
use tokio_util::sync::CancellationToken;
use touchpoint::time::{DAY, SECOND};
use touchpoint::{Clock, Micros, SecretKey, Tz};

/// How often it is looked whether a digest is due.
const LOOK: Duration = Duration::from_secs(20);
/// How long after its hour a digest is made.
const AFTER: Micros = 60 * SECOND;
/// Days that are made up for after a long pause.
const MOST_DAYS: i64 = 31;
/// Who owns this partition number sends.
const SENDER: i32 = 0;

/// Who gets the digest, and when.
#[derive(Debug, Clone)]
pub struct DigestSettings {
    /// The receiver.
    pub webhook: Webhook,
    /// The hour, 0 to 23, by the clock of `zone`.
    pub hour: u32,
    /// Whose clock.
    pub zone: Tz,
}

/// Why no digest was sent. It is tried again.
#[derive(Debug, thiserror::Error)]
pub enum DigestError {
    /// The table cannot be read.
    #[error("table alerts could not be read for the digest")]
    Read(#[from] StoreError),
    /// The day could not be read or noted.
    #[error("the day of the last digest could not be read or noted in table alerts")]
    Note(#[from] CommitError),
    /// Rows of the table are not understood.
    #[error("table alerts holds rows that are not understood")]
    Rows(#[from] ArrowError),
}

/// What a digest is made from.
#[derive(Clone)]
pub struct DigestSource {
    /// Holds table `alerts`.
    pub store: Arc<Store>,
    /// Names the transaction of the day.
    pub owner: Owner,
    /// Reference data, and what the process owns.
    pub shards: SharedShards,
    /// Until when the table is complete.
    pub written: WrittenUntil,
    /// Makes ids and pseudonyms.
    pub key: SecretKey,
    /// What the receiver gets to see of ids.
    pub naming: Naming,
}

/// See the module.
pub struct DailyDigest {
    settings: DigestSettings,
    source: DigestSource,
    client: Client,
    clock: Arc<dyn Clock>,
    metrics: AlertMetrics,
}

impl DailyDigest {
    /// A round that has not begun.
    pub fn new(
        settings: DigestSettings,
        source: DigestSource,
        (client, clock, metrics): (Client, Arc<dyn Clock>, AlertMetrics),
    ) -> Self {
        metrics.receiver(&settings.webhook.name);
        Self { settings, source, client, clock, metrics }
    }

    /// Sends what is due, day after day, until it is time to stop.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.look(&stop).await {
                tracing::warn!(%error, receiver = self.settings.webhook.name, "a digest is delayed");
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Sends what is due now, and gives how many days that were.
    ///
    /// # Errors
    /// [`DigestError`]; what the receiver has taken may come again.
    pub async fn look(&self, stop: &CancellationToken) -> Result<usize, DigestError> {
        let written = self.source.written.get();
        if written == Micros::MIN || !self.is_sender() {
            return Ok(0);
        }
        let today = self.settings.last_due(self.clock.now().min(written) - AFTER);
        let (store, owner, receiver) = (&self.source.store, &self.source.owner, &self.settings.webhook.name);
        let Some(last) = store.last_digest(owner, receiver).await? else {
            store.digest_taken(owner, receiver, today).await?;
            return Ok(0);
        };
        let mut sent = 0;
        for day in (last + 1).max(today - MOST_DAYS + 1)..=today {
            let span = self.settings.due(day - 1)..self.settings.due(day);
            for digest in self.digests(&span).await? {
                let parcel = Parcel { delivery: digest.digest_id.clone(), body: digest.to_bytes(), at: span.end };
                let tools = (&self.clock, &self.metrics);
                if self.settings.webhook.deliver(&parcel, &self.client, tools, stop).await == Ended::Stopped {
                    return Ok(sent);
                }
                self.metrics.waiting(receiver, 0, None);
            }
            fail::fail_point!("alerts::before_digest_taken", |_| Ok(sent));
            store.digest_taken(owner, receiver, day).await?;
            sent += 1;
        }
        Ok(sent)
    }

    fn is_sender(&self) -> bool {
        self.source.shards.read().unwrap_or_else(PoisonError::into_inner).get(SENDER).is_some()
    }

    async fn digests(&self, span: &Range<Micros>) -> Result<Vec<Digest>, DigestError> {
        let mut batches = self.source.store.read_alerts(span.clone()).await?;
        let mut transitions: Vec<Transition> = Vec::new();
        while let Some(batch) = batches.try_next().await? {
            transitions.extend(rows::from_rows(&batch)?);
        }
        let reference = self.source.shards.read().unwrap_or_else(PoisonError::into_inner).reference().clone();
        let of = (span, self.settings.webhook.audience);
        let named = (&self.source.naming, &self.source.key);
        Ok(digests(&transitions, of, named, |subject| whose::orchestrator(&reference, subject, span.end)))
    }
}

impl DigestSettings {
    /// The last day, in days since 1970, whose hour has come at `at`.
    fn last_due(&self, at: Micros) -> i64 {
        let local = DateTime::from_timestamp_micros(at).unwrap_or_default().with_timezone(&self.zone).date_naive();
        let day = local.signed_duration_since(NaiveDate::default()).num_days();
        if self.due(day) <= at { day } else { day - 1 }
    }

    /// The instant of a day's hour: the first of two, the next one of none.
    fn due(&self, day: i64) -> Micros {
        let local = NaiveDate::default().and_hms_opt(self.hour, 0, 0).unwrap_or_default();
        let local = local + TimeDelta::days(day);
        let hour = TimeDelta::hours(1);
        let found = [local, local + hour].iter().find_map(|local| self.zone.from_local_datetime(local).earliest());
        found.map_or(day * DAY, |instant| instant.timestamp_micros())
    }
}

#[cfg(test)]
mod tests {
    use super::DigestSettings;
    use serve::deliver::Webhook;
    use touchpoint::Audience;
    use touchpoint::time::{HOUR, SECOND};

    fn at(hour: u32, zone: &str) -> DigestSettings {
        let webhook =
            Webhook { name: "d".into(), url: "http://x".into(), audience: Audience::Commercial, secret: None };
        DigestSettings { webhook, hour, zone: zone.parse().expect("a zone") }
    }

    fn instant(text: &str) -> i64 {
        chrono::DateTime::parse_from_rfc3339(text).expect("an instant").timestamp_micros()
    }

    #[test]
    fn a_day_is_due_at_its_hour_by_the_clock_on_the_wall() {
        let berlin = at(7, "Europe/Berlin");
        let day = berlin.last_due(instant("2026-03-05T06:00:00Z"));
        assert_eq!(day, instant("2026-03-05T00:00:00Z") / (24 * HOUR));
        assert_eq!(berlin.last_due(instant("2026-03-05T05:59:59Z")), day - 1);
        assert_eq!(berlin.due(day), instant("2026-03-05T06:00:00Z"));
        let tokyo = at(7, "Asia/Tokyo");
        assert_eq!(tokyo.last_due(instant("2026-03-04T22:00:00Z")), day, "a new day there");
    }

    #[test]
    fn days_with_23_and_25_hours_have_one_hour_each() {
        // Clocks go from 02:00 to 03:00, and back from 03:00 to 02:00.
        for (hour, gap, twice) in [(2, "2026-03-29T01:00:00Z", "2026-10-25T00:00:00Z")] {
            let berlin = at(hour, "Europe/Berlin");
            for due in [gap, twice] {
                let day = berlin.last_due(instant(due));
                assert_eq!(berlin.due(day), instant(due));
                assert_eq!(berlin.last_due(instant(due) - SECOND), day - 1);
                assert!((23..=25).contains(&((berlin.due(day + 1) - berlin.due(day)) / HOUR)));
            }
        }
    }
}
