//! Seeded streams of awkward records: few HCPs and few ids, so that versions, duplicates, deletes, moves between
//! functions, ties in time, date-only touches and future records meet each other all the time.

use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};
use touchpoint::time::{DAY, HOUR, SECOND};
use touchpoint::{Kind, Micros, Word};

/// One record as a producer would send it.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    /// Feed.
    pub(crate) kind: Kind,
    /// HCP, the key.
    pub(crate) hcp_id: String,
    /// JSON text.
    pub(crate) payload: Vec<u8>,
}

/// The instant around which a stream happens: 2026-06-01 00:00 UTC.
pub(crate) const PRESENT: Micros = 1_780_272_000 * SECOND;

/// Generates `count` records around [`PRESENT`].
pub(crate) fn stream(seed: u64, count: usize) -> Vec<Sent> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut sent: Vec<Sent> = Vec::with_capacity(count);
    while sent.len() < count {
        let repeat = rng.random_bool(0.08).then(|| sent.choose(&mut rng).cloned()).flatten();
        let next = repeat.unwrap_or_else(|| record(&mut rng));
        sent.push(next);
    }
    sent
}

fn record(rng: &mut ChaCha8Rng) -> Sent {
    let kind = *Kind::ALL.choose(rng).expect("four kinds");
    let hcp_id = format!("hcp-{}", rng.random_range(0..5));
    let mut fields = Map::new();
    fields.insert("event_id".into(), json!(format!("e{}", rng.random_range(0..60))));
    fields.insert("hcp_id".into(), json!(hcp_id));
    let delete = rng.random_bool(0.05);
    if delete {
        fields.insert("op".into(), json!("delete"));
    }
    if !delete || rng.random_bool(0.3) {
        state(rng, kind, &mut fields);
    }
    maybe(rng, 0.3, &mut fields, "source", &["crm", "mailer"]);
    if rng.random_bool(0.5) {
        fields.insert("version".into(), json!(rng.random_range(-1..4)));
    }
    words(rng, &mut fields);
    let payload = serde_json::to_vec(&Value::Object(fields)).expect("json");
    Sent { kind, hcp_id, payload }
}

fn state(rng: &mut ChaCha8Rng, kind: Kind, fields: &mut Map<String, Value>) {
    let status = kind.statuses().choose(rng).expect("statuses");
    fields.insert("status".into(), json!(status.as_str()));
    // Times cluster on a few days so that ties and short gaps are common; some lie ahead, some beyond retention.
    let days = match rng.random_range(0..20) {
        0 => rng.random_range(-420..-380),
        1..=3 => rng.random_range(-100..-28),
        4 => rng.random_range(0..3),
        _ => rng.random_range(-28..0),
    };
    let at = PRESENT + days * DAY + i64::from(rng.random_range(0..8)) * 6 * HOUR + rng.random_range(0..2) * 12_345_678;
    let text = chrono::DateTime::from_timestamp_micros(at).expect("in range");
    let occurred_at = match rng.random_range(0..6) {
        0 => text.format("%Y-%m-%d").to_string(),
        1 => text.with_timezone(&chrono::FixedOffset::east_opt(19_800).expect("offset")).to_rfc3339(),
        _ => text.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
    };
    fields.insert("occurred_at".into(), json!(occurred_at));
    match kind {
        Kind::Calls => maybe(rng, 1.0, fields, "channel", &["face_to_face", "face_to_face", "phone", "video", "chat"]),
        Kind::Emails => maybe(rng, 1.0, fields, "origin", &["rep", "hq"]),
        Kind::Congress => maybe(rng, 0.5, fields, "mode", &["in_person", "virtual"]),
        Kind::Requests => {
            let answered = at + rng.random_range(0..140) * HOUR;
            let answered = chrono::DateTime::from_timestamp_micros(answered).expect("in range").to_rfc3339();
            if rng.random_bool(0.6) {
                fields.insert("answered_at".into(), json!(answered));
            }
        }
    }
}

fn words(rng: &mut ChaCha8Rng, fields: &mut Map<String, Value>) {
    let functions = ["sales", "sales", "marketing", "medical", "access", "patient_services"];
    maybe(rng, 0.5, fields, "business_function", &functions);
    maybe(rng, 0.2, fields, "purpose", &["promotional", "scientific", "service", "safety"]);
    maybe(rng, 0.7, fields, "owner_id", &["rep-1", "rep-2", "msl-1"]);
    maybe(rng, 0.6, fields, "theme", &["launch", "safety", "access"]);
    maybe(rng, 0.5, fields, "product", &["alpha", "beta"]);
    maybe(rng, 0.2, fields, "plan_id", &["plan-1", "plan-2"]);
    if rng.random_bool(0.3) {
        fields.insert("request_id".into(), json!(format!("e{}", rng.random_range(0..60))));
    }
    if rng.random_bool(0.15) {
        fields.insert("solicited".into(), json!(true));
    }
    if rng.random_bool(0.1) {
        fields.insert("note_nobody_keeps".into(), json!({"free": ["text", 1, null]}));
    }
}

fn maybe(rng: &mut ChaCha8Rng, share: f64, fields: &mut Map<String, Value>, name: &str, values: &[&str]) {
    if rng.random_bool(share) {
        fields.insert(name.into(), json!(values.choose(rng).expect("values")));
    }
}
