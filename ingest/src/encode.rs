//! A row back into a record: the JSON that the decoder makes the same row of.
//!
//! What comes out is decoded before it is given away, so that a row which no record says, or which the reference data of
//! today would place on another day, is refused and never written differently.

use crate::decode::{DecodeOptions, Decoder, KeyRule, Scratch};
use crate::message::Message;
use chrono::{DateTime, NaiveDate, SecondsFormat};
use serde_json::{Map, Value};
use std::sync::Arc;
use touchpoint::record::RecordRow;
use touchpoint::time::DAY;
use touchpoint::{Micros, Op, Precision, Reference, Word};

/// A row that no record says. The reference data or the row are at fault; a retry does not help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    /// It is known to the day only, and no day has its noon there.
    #[error("no date is placed where this touch is; the reference data that placed it are needed")]
    Date,
    /// It is decoded otherwise, or not at all.
    #[error("the record would be read otherwise than this row")]
    Otherwise,
}

/// Writes records for one pipeline.
#[derive(Debug)]
pub struct Encoder {
    reference: Arc<Reference>,
    decoder: Decoder,
}

impl Encoder {
    /// Records for a pipeline with these reference data, which judges as strictly as this.
    pub fn new(reference: Arc<Reference>, options: DecodeOptions) -> Self {
        let options = DecodeOptions { key_rule: KeyRule::AcceptAny, ..options };
        Self { decoder: Decoder::new(reference.clone(), options), reference }
    }

    /// The record of a row, to be produced at `timestamp`.
    ///
    /// # Errors
    /// [`Unwritable`].
    pub fn encode(&self, row: &RecordRow<'_>, timestamp: Micros) -> Result<Vec<u8>, Unwritable> {
        let date = match (row.precision, row.occurred_at) {
            (Some(Precision::Date), Some(at)) => Some(self.date(row.hcp_id, at).ok_or(Unwritable::Date)?),
            _ => None,
        };
        let payload = Value::Object(object(row, date)).to_string().into_bytes();
        let message = Message {
            kind: row.kind,
            topic: row.kafka_topic,
            partition: row.kafka_partition,
            offset: row.kafka_offset,
            timestamp: Some(timestamp),
            key: None,
            headers: &[],
            payload: Some(&payload),
        };
        let (ingested_at, kafka_timestamp) = (row.ingested_at, row.kafka_timestamp);
        let mut scratch = Scratch::default();
        let read = self.decoder.decode(&message, ingested_at, &mut scratch);
        let is_same = read.is_ok_and(|read| RecordRow { kafka_timestamp, ..read } == *row);
        if is_same { Ok(payload) } else { Err(Unwritable::Otherwise) }
    }

    /// The date whose noon is at `at` for this HCP; far from Greenwich that is not the date in UTC.
    fn date(&self, hcp_id: &str, at: Micros) -> Option<NaiveDate> {
        let near = [0, -DAY, DAY].map(|days| DateTime::from_timestamp_micros(at + days).map(|at| at.date_naive()));
        near.into_iter().flatten().find(|date| self.reference.noon(hcp_id, *date) == at)
    }
}

/// Every field that the row has, under its name.
fn object(row: &RecordRow<'_>, date: Option<NaiveDate>) -> Map<String, Value> {
    let mut object = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            object.insert(name.to_owned(), value);
        }
    };
    let text = |text: Option<&str>| text.map(Value::from);
    let instant = |at: Option<Micros>| at.and_then(rfc3339).map(Value::from);
    put("event_id", text(Some(row.event_id)));
    put("hcp_id", text(Some(row.hcp_id)));
    put("source", text(Some(row.source)));
    put("version", Some(Value::from(row.version)));
    put("op", (row.op == Op::Delete).then(|| Value::from(row.op.as_str())));
    put("status", word(row.status));
    put("occurred_at", date.map(|date| Value::from(date.to_string())).or_else(|| instant(row.occurred_at)));
    put("channel", word(row.channel));
    put("origin", word(row.origin));
    put("mode", word(row.mode));
    put("intake", word(row.intake));
    put("business_function", word(row.business_function));
    put("purpose", word(row.purpose));
    put("account_id", text(row.account_id));
    put("owner_id", text(row.owner_id));
    put("product", text(row.product));
    put("theme", text(row.theme));
    put("topic", text(row.topic));
    put("plan_id", text(row.plan_id));
    put("plan_step", text(row.plan_step));
    put("congress_id", text(row.congress_id));
    put("request_id", text(row.request_id));
    put("solicited", row.solicited.then_some(Value::Bool(true)));
    put("recorded_at", instant(row.recorded_at));
    put("status_at", instant(row.status_at));
    put("answered_at", instant(row.answered_at));
    put("duration_s", row.duration_s.map(Value::from));
    put("attendees", row.attendees.map(Value::from));
    object
}

fn word<W: Word>(word: Option<W>) -> Option<Value> {
    word.map(|word| Value::from(word.as_str()))
}

fn rfc3339(at: Micros) -> Option<String> {
    Some(DateTime::from_timestamp_micros(at)?.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

#[cfg(test)]
mod tests {
    use super::{Encoder, Unwritable};
    use crate::decode::{DecodeOptions, Decoder, Scratch};
    use crate::message::Message;
    use simulate::{Scenario, Span, Workload, World, WorldConfig};
    use std::sync::Arc;
    use touchpoint::record::RecordRow;
    use touchpoint::time::DAY;
    use touchpoint::{BusinessFunction, Kind, Op, Reference};

    const FROM: i64 = 20_000 * DAY;

    #[test]
    fn every_record_of_a_world_comes_back_as_the_row_it_was() {
        let span = Span { from: FROM, to: FROM + 30 * DAY };
        let mut config = WorldConfig::new(Scenario::Orchestration, 300, 5, span);
        config.poison.share = 0.0;
        let world = Arc::new(World::build(config).unwrap());
        let tables = simulate::ReferenceFiles::new(&world).tables();
        let reference = Arc::new(Reference::try_new(tables).unwrap());
        let decoder = Decoder::new(reference.clone(), DecodeOptions::default());
        let encoder = Encoder::new(reference, DecodeOptions::default());
        let (mut kinds, mut dates, mut deletes) = ([0; 4], 0, 0);
        for item in Workload::new(world).history(span) {
            let (key, payload) = (Some(item.key.as_bytes()), Some(item.payload.as_slice()));
            let (topic, timestamp) = (item.kind.default_topic(), Some(item.arrival));
            let message =
                Message { kind: item.kind, topic, partition: 1, offset: 2, timestamp, key, headers: &[], payload };
            let mut scratch = Scratch::default();
            let row = decoder.decode(&message, item.arrival, &mut scratch).unwrap();
            encoder.encode(&row, item.arrival + DAY).unwrap_or_else(|error| panic!("{error}: {row:?}"));
            kinds[usize::from(touchpoint::Word::code(item.kind))] += 1;
            dates += u32::from(row.precision == Some(touchpoint::Precision::Date));
            deletes += u32::from(row.op == Op::Delete);
        }
        assert!(kinds.iter().all(|count| *count > 10) && dates > 10 && deletes > 10, "{kinds:?} {dates} {deletes}");
    }

    #[test]
    fn what_no_record_says_is_refused() {
        let encoder = Encoder::new(Arc::default(), DecodeOptions::default());
        let bare = RecordRow { event_id: "e\"\u{1}", hcp_id: "h", source: "crm", version: -3, ..RecordRow::BARE };
        assert!(encoder.encode(&bare, FROM).is_ok());
        let medical = RecordRow { business_function: Some(BusinessFunction::Medical), ..bare };
        assert!(encoder.encode(&medical, FROM).is_ok(), "a delete for those who see medical records");
        assert_eq!(encoder.encode(&RecordRow { hcp_id: "", ..bare }, FROM), Err(Unwritable::Otherwise));
        let request = RecordRow { kind: Kind::Requests, topic: Some("t"), ..bare };
        assert_eq!(encoder.encode(&request, FROM), Err(Unwritable::Otherwise));
        let precision = Some(touchpoint::Precision::Date);
        let date = RecordRow { precision, occurred_at: Some(FROM + DAY / 2), ..bare };
        assert!(encoder.encode(&date, FROM).is_ok());
        let elsewhere = RecordRow { occurred_at: Some(FROM + DAY / 3), ..date };
        assert_eq!(encoder.encode(&elsewhere, FROM), Err(Unwritable::Date));
    }
}
