//! `touchload touch`: some touches of one HCP as records in Kafka, to see what follows.

use crate::cli::TouchArgs;
use crate::clock::SystemClock;
use crate::publish::{Outgoing, Publisher, PublisherConfig};
use anyhow::bail;
use chrono::{DateTime, SecondsFormat};
use serde_json::{Value, json};
use std::io::Write;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use touchpoint::time::SECOND;
use touchpoint::{Channel, Clock, Kind, Micros, Origin, Word};

/// The source system that the records name.
const SOURCE: &str = "touchload-touch";
/// How long to wait for the last acknowledgements.
const FLUSH: Duration = Duration::from_secs(20);

pub(super) fn touch(args: &TouchArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let now = SystemClock.now();
    let (channel, origin) = args.channel.channel();
    let kind = kind(channel);
    let mut publisher = Publisher::connect(&PublisherConfig::new(args.brokers.as_str()))?;
    for place in 0..args.count {
        let at = now - Micros::from(args.count - 1 - place) * SECOND;
        let event_id = format!("{now}-{place}");
        let payload = record(args, (channel, origin), &event_id, at).to_string();
        let (key, payload) = (Some(args.hcp.as_bytes()), Some(payload.as_bytes()));
        publisher.send(&Outgoing { kind, key, payload, timestamp: now }, &CancellationToken::new())?;
    }
    let report = publisher.finish(FLUSH)?;
    if report.delivered < u64::from(args.count) {
        bail!(
            "{} of {} records were not acknowledged by {}",
            report.failures() + report.unanswered,
            args.count,
            args.brokers
        );
    }
    let how = origin.map_or_else(|| channel.to_string(), |origin| format!("{channel} ({origin})"));
    writeln!(out, "{} records of channel {how} about {} are in {}", args.count, args.hcp, kind.default_topic())?;
    Ok(())
}

fn kind(channel: Channel) -> Kind {
    match channel {
        Channel::FaceToFace | Channel::Phone | Channel::Video | Channel::Chat => Kind::Calls,
        Channel::Email => Kind::Emails,
        Channel::Congress => Kind::Congress,
        Channel::MedicalRequest => Kind::Requests,
    }
}

/// A touch that has happened.
fn record(args: &TouchArgs, (channel, origin): (Channel, Option<Origin>), event_id: &str, at: Micros) -> Value {
    let occurred_at = DateTime::from_timestamp_micros(at).unwrap_or_default();
    let mut record = json!({
        "event_id": event_id,
        "hcp_id": args.hcp,
        "source": SOURCE,
        "occurred_at": occurred_at.to_rfc3339_opts(SecondsFormat::AutoSi, true),
        "owner_id": args.owner,
        "product": args.product,
        "business_function": "sales",
    });
    let (status, how) = match kind(channel) {
        Kind::Calls => ("completed", Some(("channel", channel.as_str()))),
        Kind::Emails => ("sent", origin.map(|origin| ("origin", origin.as_str()))),
        Kind::Congress => ("invited", None),
        Kind::Requests => ("received", None),
    };
    record["status"] = status.into();
    if let Some((field, word)) = how {
        record[field] = word.into();
    }
    record
}

#[cfg(test)]
mod tests {
    use super::{kind, record};
    use crate::cli::{TouchArgs, TouchChannel};
    use clap::ValueEnum;
    use ingest::batch::Message;
    use ingest::decode::{DecodeOptions, Decoder, Scratch};
    use std::sync::Arc;
    use touchpoint::Reference;

    const NOW: i64 = 1_772_704_800_000_000;

    #[test]
    fn every_channel_gives_a_record_that_is_accepted() {
        let decoder = Decoder::new(Arc::new(Reference::default()), DecodeOptions::default());
        for way in TouchChannel::value_variants() {
            let args = TouchArgs {
                brokers: String::new(),
                hcp: "h".into(),
                channel: *way,
                count: 1,
                product: "p".into(),
                owner: "o".into(),
            };
            let (channel, origin) = way.channel();
            let (kind, payload) = (kind(channel), record(&args, (channel, origin), "e", NOW).to_string());
            let message = Message {
                kind,
                topic: kind.default_topic(),
                partition: 0,
                offset: 0,
                timestamp: Some(NOW),
                key: Some(b"h"),
                headers: &[],
                payload: Some(payload.as_bytes()),
            };
            let mut scratch = Scratch::default();
            let row = decoder.decode(&message, NOW, &mut scratch).expect("accepted");
            assert_eq!((row.channel, row.origin, row.occurred_at), (Some(channel), origin, Some(NOW)));
            assert_eq!((row.product, row.owner_id), (Some("p"), Some("o")));
        }
    }
}
