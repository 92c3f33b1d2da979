//! Random records: mostly valid, each field now and then at or past the edge of its contract, written in random ways.

use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use touchpoint::{Kind, Word};

pub(crate) struct Generator(ChaCha8Rng);

const FIELDS: &[&str] = &[
    "event_id",
    "hcp_id",
    "occurred_at",
    "status",
    "channel",
    "origin",
    "mode",
    "intake",
    "source",
    "version",
    "op",
    "account_id",
    "owner_id",
    "product",
    "theme",
    "topic",
    "plan_id",
    "plan_step",
    "congress_id",
    "request_id",
    "business_function",
    "purpose",
    "solicited",
    "recorded_at",
    "status_at",
    "answered_at",
    "duration_s",
    "attendees",
    "unknown",
    "Event_id",
    "notes",
    "",
];

/// What no field accepts, and what some do.
const ODD: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "1",
    "-1",
    "1000",
    "1001",
    "86400",
    "86401",
    "1.0",
    "1e2",
    "-0.5e-3",
    "123456789012",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "\"\"",
    "\"x\"",
    "[]",
    "{}",
    "[1,[2,{\"a\":[]}]]",
    "{\"event_id\":\"inner\",\"b\":{\"c\":null}}",
    "\"\\ud83d\\ude00\"",
    "\"2026-03-05\"",
    "\"2026-02-30\"",
    "\"2026-03-05T23:59:60Z\"",
    "\"1969-12-31T23:59:59Z\"",
    "\"2026-03-07T10:00:00.000001+01:00\"",
    "\"9999-12-31\"",
    "\"2026-03-05 10:00:00z\"",
    "\"2030-01-01\"",
    "\"phone\"",
    "\"rep\"",
    "\"delete\"",
    "\"sales\"",
    "\"service\"",
];

/// The text fields and others that any record may have.
const OPTIONAL: &[&str] = &[
    "source",
    "version",
    "account_id",
    "owner_id",
    "product",
    "theme",
    "topic",
    "plan_id",
    "plan_step",
    "congress_id",
    "request_id",
    "purpose",
    "business_function",
    "solicited",
    "status_at",
    "recorded_at",
];

/// Lengths of text at which something may change: a word, a register, a block of marks, the longest allowed.
const LENGTHS: &[usize] = &[1, 2, 7, 8, 9, 10, 15, 16, 17, 31, 32, 33, 62, 63, 64, 65, 66, 100, 127, 128];

impl Generator {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// A JSON object that is meant for a topic of the kind.
    pub(crate) fn record(&mut self) -> (Kind, String) {
        let kind = self.pick(Kind::ALL);
        let mut names: Vec<&str> = vec!["event_id", "hcp_id", "occurred_at", "status", "channel", "origin"];
        let share = self.0.random_range(0..30);
        names.retain(|_| self.0.random_range(0..30) != share);
        for _ in 0..self.0.random_range(0..8) {
            let name = self.pick(FIELDS);
            if !names.contains(&name) || self.chance(20) {
                let at = self.0.random_range(0..=names.len());
                names.insert(at, name);
            }
        }
        let mut text = String::new();
        self.space(&mut text);
        text.push('{');
        for (i, name) in names.into_iter().enumerate() {
            if i > 0 {
                text.push(',');
            }
            self.space(&mut text);
            self.string(name, &mut text);
            self.space(&mut text);
            text.push(':');
            self.space(&mut text);
            self.value(kind, name, &mut text);
            self.space(&mut text);
        }
        text.push('}');
        self.space(&mut text);
        (kind, text)
    }

    /// A record as a producer writes it: without white space, the fields of its kind nearly always in the same order, some
    /// of them left out.
    pub(crate) fn plain_record(&mut self) -> (Kind, String) {
        let kind = self.pick(Kind::ALL);
        let own: &[&str] = match kind {
            Kind::Calls => &["channel", "duration_s", "attendees"],
            Kind::Emails => &["origin"],
            Kind::Congress => &["mode"],
            Kind::Requests => &["intake", "answered_at"],
        };
        let mut names = [&["event_id", "hcp_id", "occurred_at", "status"], own].concat();
        let often = self.0.random_range(1..4);
        names.extend(OPTIONAL.iter().filter(|_| self.0.random_range(0..4) < often));
        if self.chance(6) {
            names.shuffle(&mut self.0);
        }
        if self.chance(8) {
            names.insert(self.0.random_range(0..=names.len()), "note");
        }
        let members: Vec<String> = names.iter().map(|name| self.plain_member(kind, name)).collect();
        (kind, format!("{{{}}}", members.join(",")))
    }

    fn plain_member(&mut self, kind: Kind, name: &str) -> String {
        let mut value = String::new();
        match name {
            "note" => value = format!("\"{}\"", "n".repeat(self.0.random_range(0..300))),
            "version" | "duration_s" | "attendees" | "solicited" | "status" | "status_at" | "recorded_at" => {
                self.value(kind, name, &mut value);
            }
            "occurred_at" | "answered_at" | "purpose" | "business_function" | "channel" | "origin" | "mode"
            | "intake" => self.value(kind, name, &mut value),
            _ => {
                let length = self.pick(LENGTHS) + usize::from(self.chance(200));
                let filling = if self.chance(8) { self.pick(&["é", "€", "𝄞"]) } else { "a" };
                value = format!("\"{:x<length$}\"", filling.repeat(length / filling.len()));
                value.truncate(length + 1);
                value.push('"');
            }
        }
        // A word with a character more, which may be none that is seen.
        if self.chance(100) && value.starts_with('"') {
            value.insert_str(value.len() - 1, self.pick(&["x", "\\u0000", "\\n"]));
        }
        format!("\"{name}\":{value}")
    }

    /// Changes a few bytes.
    pub(crate) fn damage(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..self.0.random_range(1..3) {
            if bytes.is_empty() {
                return;
            }
            let at = self.0.random_range(0..bytes.len());
            match self.0.random_range(0..6) {
                0 => bytes.truncate(at),
                1 => drop(bytes.remove(at)),
                2 => bytes.insert(at, self.pick(b"\"\\{}[]:,0 9-+.eEtfnu\n\x00\x1f\xff\xc3")),
                3 => bytes[at] ^= 1 << self.0.random_range(0..8),
                4 => bytes[at] = self.pick(b"\"\\{}[]:,0 9-+.eEtfnu"),
                _ => {
                    let end = (at + self.0.random_range(1..20)).min(bytes.len());
                    let piece = bytes[at..end].to_vec();
                    let to = self.0.random_range(0..=bytes.len());
                    bytes.splice(to..to, piece);
                }
            }
        }
    }

    /// A few tokens in any order.
    pub(crate) fn noise(&mut self) -> Vec<u8> {
        let tokens: &[&[u8]] = &[
            b"{",
            b"}",
            b"[",
            b"]",
            b",",
            b":",
            b"\"a\"",
            b"\"hcp_id\"",
            b"\"\\u00e9\"",
            b"\"\\ud800\"",
            b"1",
            b"-",
            b"0.5",
            b"1e1",
            b"true",
            b"null",
            b" ",
            b"\n",
            b"{\"a\":",
            b"{\"a\":1}",
            b"[{}]",
            b"{}",
            b"\xc3\xa9",
            b"\"\xff\"",
        ];
        let mut noise = if self.chance(2) { b"{\"a\":".to_vec() } else { Vec::new() };
        for _ in 0..self.0.random_range(0..6) {
            noise.extend_from_slice(self.pick(tokens));
        }
        if self.chance(2) {
            noise.push(b'}');
        }
        noise
    }

    fn value(&mut self, kind: Kind, name: &str, text: &mut String) {
        if self.chance(60) {
            return text.push_str(self.pick(ODD));
        }
        let word = match name {
            "version" => return text.push_str(&self.0.random_range(-3..1000i64).to_string()),
            "duration_s" => return text.push_str(&self.0.random_range(0..=86_400).to_string()),
            "attendees" => return text.push_str(&self.0.random_range(1..=1_000).to_string()),
            "solicited" => return text.push_str(self.pick(&["true", "false"])),
            "unknown" | "notes" => return text.push_str(self.pick(ODD)),
            "occurred_at" | "recorded_at" | "status_at" | "answered_at" => self.instant(name == "occurred_at"),
            "status" => self.pick(kind.statuses()).as_str().to_owned(),
            "channel" => self.pick(&["face_to_face", "phone", "video", "chat"]).to_owned(),
            "origin" => self.pick(&["rep", "hq"]).to_owned(),
            "mode" => self.pick(&["in_person", "virtual"]).to_owned(),
            "intake" => self.pick(&["phone", "rep", "email", "web"]).to_owned(),
            "op" => self.pick(&["upsert", "delete"]).to_owned(),
            "business_function" => {
                self.pick(&["sales", "marketing", "medical", "access", "patient_services"]).to_owned()
            }
            "purpose" => self.pick(&["promotional", "scientific", "service", "safety"]).to_owned(),
            _ => self.words(),
        };
        self.string(&word, text);
    }

    fn instant(&mut self, may_be_a_date: bool) -> String {
        let seconds = self.0.random_range(1_700_000_000..1_773_000_000);
        let at = chrono::DateTime::from_timestamp(seconds, self.0.random_range(0..1_000_000_000)).unwrap();
        match self.0.random_range(0..6) {
            0 if may_be_a_date => at.format("%Y-%m-%d").to_string(),
            1 => at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            2 => at.to_rfc3339_opts(chrono::SecondsFormat::Nanos, true),
            3 => at
                .with_timezone(&chrono::FixedOffset::east_opt(60 * self.0.random_range(-1439..1440)).unwrap())
                .to_rfc3339(),
            4 => (at + chrono::Duration::days(400)).to_rfc3339(),
            _ => at.to_rfc3339_opts(chrono::SecondsFormat::Millis, false),
        }
    }

    fn words(&mut self) -> String {
        let length = if self.chance(20) { self.0.random_range(120..132) } else { self.0.random_range(1..30) };
        let letters: Vec<char> = "abcXYZ019-_ ./:,{}[]\"\\\u{8}\n\té€𝄞\u{7f}\u{0}".chars().collect();
        let mut text = String::new();
        while text.len() < length {
            text.push(if self.chance(4) { self.pick(&letters) } else { 'a' });
        }
        text
    }

    /// A JSON string, some of its characters escaped without need.
    fn string(&mut self, content: &str, text: &mut String) {
        let heavy = self.chance(10);
        text.push('"');
        for letter in content.chars() {
            let needed = matches!(letter, '"' | '\\' | '\u{0}'..='\u{1f}');
            if needed || heavy && self.chance(3) {
                let mut units = [0; 2];
                for unit in letter.encode_utf16(&mut units) {
                    text.push_str(&if self.chance(2) { format!("\\u{unit:04x}") } else { format!("\\u{unit:04X}") });
                }
            } else {
                text.push(letter);
            }
        }
        text.push('"');
    }

    fn space(&mut self, text: &mut String) {
        while self.chance(8) {
            text.push(self.pick(&[' ', '\t', '\n', '\r']));
        }
    }

    fn chance(&mut self, one_in: u32) -> bool {
        self.0.random_range(0..one_in) == 0
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        *from.choose(&mut self.0).unwrap()
    }
}
