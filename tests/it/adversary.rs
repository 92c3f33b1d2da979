//! Seeded streams of awkward records: few HCPs and few ids, so that versions, duplicates, deletes, moves between
//! functions, ties in time, date-only touches and future records meet each other all the time. And awkward reference data
//! for them: whatever can begin, end, overlap or be said twice does so near the present.

use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};
use touchpoint::policy::ExecutionModel;
use touchpoint::reference::{
    AccountRow, AffiliationRow, ConsentRow, ConsentRuleRow, Due, HcpRow, PanelRow, PlanRow, PlanStepRow, PreferenceRow,
    Regime, Tables, Validity,
};
use touchpoint::time::{DAY, HOUR, SECOND};
use touchpoint::{BusinessFunction, Channel, Kind, Micros, Word};

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
        Kind::Emails => {
            maybe(rng, 1.0, fields, "origin", &["rep", "hq"]);
            // Mostly after the e-mail, sometimes at once, sometimes before.
            let status_at = at + rng.random_range(-4..20) * 6 * HOUR;
            if rng.random_bool(0.5) {
                let status_at = chrono::DateTime::from_timestamp_micros(status_at).expect("in range");
                fields.insert("status_at".into(), json!(status_at.to_rfc3339()));
            }
        }
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
    maybe(rng, 0.5, fields, "plan_id", &["plan-1", "plan-1", "plan-1", "plan-2", "plan-2", "plan-3", "plan-9"]);
    maybe(rng, 0.6, fields, "plan_step", &["s1", "s1", "s2", "s3", "s4", "s9"]);
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

/// Reference data of the five HCPs of a stream and of four more, hcp-5 to hcp-8, of whom nothing is ever heard.
pub(crate) fn tables() -> Tables {
    Tables {
        hcps: Some(hcps()),
        accounts: Some(accounts()),
        affiliations: Some(affiliations()),
        panels: Some(panels()),
        plans: Some(plans()),
        plan_steps: Some([steps_of_plan_1(), steps_of_other_plans()].concat()),
        consents: Some(consents()),
        consent_rules: Some(consent_rules()),
        preferences: Some(preferences()),
        ..Tables::default()
    }
}

/// Days from [`PRESENT`].
fn day(days: i64) -> Micros {
    PRESENT + days * DAY
}

fn between(from: i64, to: i64) -> Validity {
    Validity { from: day(from), to: day(to) }
}

fn from(days: i64) -> Validity {
    Validity { from: day(days), ..Validity::ALWAYS }
}

fn until(days: i64) -> Validity {
    Validity { to: day(days), ..Validity::ALWAYS }
}

/// Three with zones and segments (one moves), a target, the others without.
fn hcps() -> Vec<HcpRow> {
    let row = |id: &str, zone: &str, segment: &str, validity: Validity| HcpRow {
        hcp_id: id.into(),
        segment: Some(segment.into()),
        territory: Some("north".into()),
        time_zone: zone.parse().ok(),
        validity,
        ..HcpRow::default()
    };
    let placed = |row: HcpRow, country: &str, account: Option<&str>| HcpRow {
        country: Some(country.into()),
        account_id: account.map(Into::into),
        ..row
    };
    vec![
        placed(row("hcp-0", "Europe/Berlin", "A", Validity::ALWAYS), "DE", Some("acc-1")),
        placed(row("hcp-1", "America/New_York", "A", until(-10)), "US", None),
        row("hcp-1", "Asia/Tokyo", "B", from(-10)),
        placed(row("hcp-2", "Asia/Kolkata", "C", from(-20)), "FR", Some("acc-2")),
        placed(row("hcp-5", "Europe/Berlin", "A", from(-30)), "DE", Some("acc-1")),
    ]
}

fn accounts() -> Vec<AccountRow> {
    let row = |id: &str, declared_model, validity| AccountRow {
        account_id: id.into(),
        declared_model: Some(declared_model),
        validity,
        ..AccountRow::default()
    };
    vec![
        row("acc-1", ExecutionModel::Orchestration, Validity::ALWAYS),
        row("acc-2", ExecutionModel::Coverage, until(-5)),
        row("acc-2", ExecutionModel::Navigation, from(-5)),
    ]
}

fn affiliations() -> Vec<AffiliationRow> {
    let row = |hcp: &str, account: &str, is_primary, validity| AffiliationRow {
        hcp_id: hcp.into(),
        account_id: account.into(),
        is_primary,
        validity,
    };
    vec![
        row("hcp-0", "acc-2", false, Validity::ALWAYS),
        row("hcp-1", "acc-1", true, from(-15)),
        row("hcp-3", "acc-1", true, between(-60, -8)),
        row("hcp-3", "acc-2", true, between(-8, 6)),
    ]
}

fn panels() -> Vec<PanelRow> {
    let row = |owner: &str, hcp: &str, is_target, validity| PanelRow {
        owner_id: owner.into(),
        hcp_id: hcp.into(),
        is_target,
        min_touches: Some(1),
        max_touches: None,
        validity,
    };
    vec![
        row("rep-1", "hcp-0", true, Validity::ALWAYS),
        row("rep-1", "hcp-2", true, between(-50, -2)),
        row("rep-1", "hcp-5", true, Validity::ALWAYS),
        row("rep-1", "hcp-6", true, between(-12, 9)),
        row("rep-2", "hcp-6", true, between(-3, 11)),
        row("rep-2", "hcp-6", true, from(20)),
        row("rep-1", "hcp-7", false, Validity::ALWAYS),
        row("rep-2", "hcp-8", true, until(-7)),
    ]
}

/// Who is on which plan: twice, by itself and by its account at once, for too short a time, and nobody.
fn plans() -> Vec<PlanRow> {
    let row = |plan: &str, hcp: Option<&str>, account: Option<&str>, validity| PlanRow {
        plan_id: plan.into(),
        hcp_id: hcp.map(Into::into),
        account_id: account.map(Into::into),
        validity,
        ..PlanRow::default()
    };
    vec![
        row("plan-1", Some("hcp-0"), None, from(-25)),
        row("plan-1", Some("hcp-0"), None, from(-6)),
        row("plan-1", None, Some("acc-1"), from(-25)),
        row("plan-2", Some("hcp-1"), None, between(-70, -40)),
        row("plan-2", Some("hcp-2"), None, between(-40, -12)),
        row("plan-2", None, Some("acc-2"), from(-12)),
        row("plan-3", Some("hcp-4"), None, from(-10)),
        row("plan-1", Some("hcp-5"), None, from(-9)),
        row("plan-3", None, None, from(-30)),
    ]
}

fn step(plan: &str, step: &str, position: u32) -> PlanStepRow {
    PlanStepRow { plan_id: plan.into(), step: step.into(), position, ..PlanStepRow::default() }
}

fn due(row: PlanStepRow, from: i64, to: i64) -> PlanStepRow {
    PlanStepRow { due: Some(Due { from: from * DAY, to: to * DAY }), ..row }
}

/// At least and at most so many hours after the touch before.
fn gap(row: PlanStepRow, min: Option<i64>, max: Option<i64>) -> PlanStepRow {
    PlanStepRow { min_gap: min.map(|h| h * HOUR), max_gap: max.map(|h| h * HOUR), ..row }
}

fn after(row: PlanStepRow, steps: &[&str]) -> PlanStepRow {
    PlanStepRow { after: steps.iter().map(|step| (*step).to_owned()).collect(), ..row }
}

fn medical(row: PlanStepRow) -> PlanStepRow {
    PlanStepRow { function: Some(BusinessFunction::Medical), ..row }
}

/// A medical step in the middle; one step is another one from nine days ago on.
fn steps_of_plan_1() -> Vec<PlanStepRow> {
    let third = step("plan-1", "s3", 3);
    vec![
        due(step("plan-1", "s1", 1), 0, 10),
        medical(due(gap(step("plan-1", "s2", 2), Some(6), None), 3, 20)),
        PlanStepRow { validity: until(-9), ..due(gap(third.clone(), None, Some(240)), 5, 15) },
        PlanStepRow { position: 4, validity: from(-9), ..due(third, 8, 24) },
        due(after(gap(step("plan-1", "s4", 5), Some(12), Some(150)), &["s1", "s4"]), 20, 28),
    ]
}

fn steps_of_other_plans() -> Vec<PlanStepRow> {
    vec![
        due(step("plan-2", "s1", 1), 0, 20),
        due(after(gap(step("plan-2", "s2", 2), None, Some(720)), &["s1", "s2", "s3"]), 10, 45),
        medical(due(after(step("plan-2", "s3", 3), &["s2"]), 0, 14)),
        step("plan-3", "s2", 2),
        PlanStepRow { validity: from(-30), ..gap(step("plan-3", "s3", 4), Some(24), Some(2_400)) },
        medical(due(step("plan-3", "s1", 9), 0, 12)),
    ]
}

/// Said in time and too late, for a time, for every channel, and both at once. Every HCP of a stream said something of
/// e-mail in time to overrule what it may have unsubscribed from before the 400 days that the state remembers.
fn consents() -> Vec<ConsentRow> {
    let row = |hcp: &str, channel: Option<Channel>, opts_in, captured: i64| ConsentRow {
        hcp_id: hcp.into(),
        channel,
        opts_in,
        captured_at: day(captured),
        validity: Validity::ALWAYS,
    };
    let (email, phone, visit) = (Some(Channel::Email), Some(Channel::Phone), Some(Channel::FaceToFace));
    vec![
        row("hcp-0", email, true, -90),
        row("hcp-0", None, false, -20),
        row("hcp-0", phone, true, -20),
        row("hcp-0", email, true, -14),
        row("hcp-0", visit, true, -13),
        row("hcp-0", email, false, -7),
        ConsentRow { validity: until(-1), ..row("hcp-0", email, true, -3) },
        row("hcp-1", email, true, -390),
        ConsentRow { validity: from(-18), ..row("hcp-1", None, true, -60) },
        row("hcp-2", email, true, -100),
        row("hcp-2", visit, false, -15),
        row("hcp-2", email, false, -4),
        row("hcp-2", email, true, -4),
        row("hcp-3", email, true, -390),
        row("hcp-4", email, true, -200),
        row("hcp-6", None, false, -50),
    ]
}

fn consent_rules() -> Vec<ConsentRuleRow> {
    let row = |country: Option<&str>, channel: Option<Channel>, regime, validity| ConsentRuleRow {
        country: country.map(Into::into),
        channel,
        regime,
        validity,
    };
    vec![
        row(Some("DE"), Some(Channel::Email), Regime::OptIn, Validity::ALWAYS),
        row(Some("DE"), None, Regime::OptOut, Validity::ALWAYS),
        row(Some("FR"), None, Regime::OptIn, until(-10)),
        row(Some("FR"), None, Regime::OptOut, from(-10)),
        row(Some("US"), Some(Channel::FaceToFace), Regime::OptIn, Validity::ALWAYS),
        row(None, Some(Channel::Phone), Regime::OptIn, from(-22)),
        row(None, None, Regime::OptOut, between(-25, -12)),
    ]
}

fn preferences() -> Vec<PreferenceRow> {
    let row = |hcp: &str, channel, share, validity| PreferenceRow { hcp_id: hcp.into(), channel, share, validity };
    vec![
        row("hcp-0", Channel::Email, 3.0, Validity::ALWAYS),
        row("hcp-0", Channel::FaceToFace, 1.0, Validity::ALWAYS),
        row("hcp-1", Channel::Video, 0.7, between(-12, 1)),
        row("hcp-1", Channel::Phone, 0.3, from(-5)),
        row("hcp-2", Channel::Email, 0.0, Validity::ALWAYS),
        row("hcp-3", Channel::Congress, 1.0, from(1)),
        row("hcp-5", Channel::Phone, 1.0, Validity::ALWAYS),
    ]
}
