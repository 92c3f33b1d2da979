//! The body of `POST /v1/check`: `{"proposals": [{…}, …]}`, 1 to 1,000 of them, read strictly. Every problem of every
//! field is found, each with its place (a JSON pointer) and what was expected there.

use super::json::Node;
use super::words;
use chrono::DateTime;
use processors::check::Proposal;
use serde_json::{Value, json};
use std::ops::RangeInclusive;
use touchpoint::time::{DAY, EARLIEST, LATEST};
use touchpoint::{Channel, Kind, Micros, Word};

/// Most proposals of one request.
const MOST: usize = 1_000;
/// Longest text of a field, as in records.
const LONGEST: usize = 128;
/// How many a call can reach, as in records.
const ATTENDEES: RangeInclusive<i32> = 1..=1_000;
/// How far back an instant may lie: clocks differ, and a queue may be slow. It is judged as of now.
const BACK: Micros = DAY;
/// How far ahead: as far as budgets look.
const AHEAD: Micros = 400 * DAY;
/// Most problems that are listed; a request is refused by the first.
const LISTED: usize = 1_000;

/// The fields of a proposal.
const FIELDS: [&str; 15] = [
    "hcp_id",
    "channel",
    "origin",
    "attendees",
    "owner_id",
    "business_function",
    "purpose",
    "product",
    "theme",
    "plan_id",
    "plan_step",
    "request_id",
    "solicited",
    "at",
    "dry",
];

/// The problems of a body.
#[derive(Debug, Default, PartialEq)]
pub(super) struct FieldProblems {
    listed: Vec<(String, String)>,
    found: usize,
}

impl FieldProblems {
    pub(super) fn add(&mut self, pointer: String, expected: impl Into<String>) {
        self.found += 1;
        if self.listed.len() < LISTED {
            self.listed.push((pointer, expected.into()));
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.found
    }

    /// As the member `errors` of a problem document.
    pub(super) fn errors(&self) -> Value {
        self.listed.iter().map(|(pointer, expected)| json!({ "pointer": pointer, "expected": expected })).collect()
    }
}

/// The proposals of a body that was received at `now`.
///
/// # Errors
/// Every problem, not only the first.
pub(super) fn read(body: Node, now: Micros) -> Result<Vec<Proposal>, FieldProblems> {
    let mut problems = FieldProblems::default();
    let proposals = list(body, &mut problems).unwrap_or_default();
    let mut reader = Reader { now, problems, place: String::new() };
    let read: Vec<Proposal> = (0..).zip(proposals).filter_map(|(n, node)| reader.proposal(n, node)).collect();
    if reader.problems.count() == 0 { Ok(read) } else { Err(reader.problems) }
}

/// The elements of `proposals`, the only member of the body.
fn list(body: Node, problems: &mut FieldProblems) -> Option<Vec<Node>> {
    let Node::Object(members) = body else {
        problems.add("#".to_owned(), "an object with the member proposals");
        return None;
    };
    let mut found = None;
    for (name, value) in members {
        match (name.as_str(), &found) {
            ("proposals", None) => found = Some(value),
            ("proposals", Some(_)) => problems.add("#/proposals".to_owned(), "the member once"),
            _ => problems.add(format!("#/{}", escaped(&name)), "no other member than proposals"),
        }
    }
    match found {
        Some(Node::List(list)) if (1..=MOST).contains(&list.len()) => Some(list),
        _ => {
            problems.add("#/proposals".to_owned(), format!("a list of 1 to {MOST} proposals"));
            None
        }
    }
}

/// A name as part of a JSON pointer in a fragment, shortened.
pub(super) fn escaped(name: &str) -> String {
    let mut escaped = String::new();
    for c in name.chars().take(60) {
        match c {
            '~' => escaped.push_str("~0"),
            '/' => escaped.push_str("~1"),
            c if c.is_ascii_alphanumeric() || "-._".contains(c) => escaped.push(c),
            c => {
                let mut bytes = [0; 4];
                c.encode_utf8(&mut bytes).bytes().for_each(|byte| escaped.push_str(&format!("%{byte:02X}")));
            }
        }
    }
    escaped
}

struct Reader {
    now: Micros,
    problems: FieldProblems,
    /// Pointer of the proposal that is read.
    place: String,
}

impl Reader {
    fn wrong(&mut self, field: &str, expected: impl Into<String>) {
        let pointer = if field.is_empty() { self.place.clone() } else { format!("{}/{}", self.place, escaped(field)) };
        self.problems.add(pointer, expected);
    }

    fn proposal(&mut self, number: usize, node: Node) -> Option<Proposal> {
        self.place = format!("#/proposals/{number}");
        let Node::Object(members) = node else {
            self.wrong("", "an object with hcp_id and channel");
            return None;
        };
        let mut fields: [Option<Node>; FIELDS.len()] = Default::default();
        for (name, value) in members {
            match FIELDS.iter().position(|field| *field == name).and_then(|place| fields.get_mut(place)) {
                None => self.wrong(&name, format!("no such field; the fields are {}", FIELDS.join(", "))),
                Some(Some(_)) => self.wrong(&name, "the field once"),
                // As in records: null says nothing.
                Some(free) => *free = (value != Node::Null).then_some(value),
            }
        }
        let [hcp, channel, origin, attendees, owner, function, fields @ ..] = fields;
        let [purpose, product, theme, plan, step, request, solicited, at, dry] = fields;
        let hcp_id = self.required("hcp_id", hcp).and_then(|node| self.text("hcp_id", Some(node)));
        let channel = self.required("channel", channel).and_then(|node| self.channel(node));
        let origin = self.word("origin", origin);
        if origin.is_some() && channel.is_some_and(|channel| channel != Channel::Email) {
            self.wrong("origin", "no origin beside a channel other than email");
        }
        let attendees = self.attendees(attendees);
        if attendees.is_some() && channel.is_some_and(|channel| Proposal::new("", channel).kind() != Kind::Calls) {
            self.wrong("attendees", "no attendees beside a channel other than face_to_face, phone, video or chat");
        }
        let proposal = Proposal {
            origin,
            attendees,
            owner_id: self.text("owner_id", owner),
            business_function: self.word("business_function", function),
            purpose: self.word("purpose", purpose),
            product: self.text("product", product),
            theme: self.text("theme", theme),
            plan_id: self.text("plan_id", plan),
            plan_step: self.text("plan_step", step),
            request_id: self.text("request_id", request),
            solicited: self.flag("solicited", solicited),
            at: self.instant("at", at),
            dry: self.flag("dry", dry),
            ..Proposal::new(hcp_id?, channel?)
        };
        Some(proposal)
    }

    fn required(&mut self, field: &str, node: Option<Node>) -> Option<Node> {
        if node.is_none() {
            self.wrong(field, "a value: the field is required");
        }
        node
    }

    fn text(&mut self, field: &str, node: Option<Node>) -> Option<String> {
        match node? {
            Node::Text(text) if (1..=LONGEST).contains(&text.len()) => Some(text),
            _ => {
                self.wrong(field, format!("a string of 1 to {LONGEST} bytes"));
                None
            }
        }
    }

    fn attendees(&mut self, node: Option<Node>) -> Option<i32> {
        let attendees = match node? {
            Node::Integer(number) => i32::try_from(number).ok().filter(|number| ATTENDEES.contains(number)),
            _ => None,
        };
        if attendees.is_none() {
            self.wrong("attendees", format!("an integer from {} to {}", ATTENDEES.start(), ATTENDEES.end()));
        }
        attendees
    }

    fn channel(&mut self, node: Node) -> Option<Channel> {
        let channel = self.word::<Channel>("channel", Some(node))?;
        if channel == Channel::MedicalRequest {
            self.wrong("channel", "a channel that reaches the HCP: a medical request comes from the HCP");
            return None;
        }
        Some(channel)
    }

    fn word<W: Word>(&mut self, field: &str, node: Option<Node>) -> Option<W> {
        let node = node?;
        let word = if let Node::Text(text) = &node { W::parse(text.as_bytes()) } else { None };
        if word.is_none() {
            self.wrong(field, format!("one of {}", words::all::<W>().join(", ")));
        }
        word
    }

    fn flag(&mut self, field: &str, node: Option<Node>) -> bool {
        match node {
            None => false,
            Some(Node::Flag(flag)) => flag,
            Some(_) => {
                self.wrong(field, "true or false");
                false
            }
        }
    }

    fn instant(&mut self, field: &str, node: Option<Node>) -> Option<Micros> {
        let at = match node? {
            Node::Text(text) => DateTime::parse_from_rfc3339(&text).ok().map(|at| at.timestamp_micros()),
            _ => None,
        };
        let range = (self.now - BACK).max(EARLIEST)..=(self.now + AHEAD).min(LATEST);
        let at = at.filter(|at| range.contains(at));
        if at.is_none() {
            self.wrong(field, "an RFC 3339 instant with an offset, from a day ago to 400 days ahead");
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::super::json;
    use super::{DAY, read};
    use processors::check::Proposal;
    use touchpoint::{BusinessFunction, Channel, Micros, Origin, Purpose};

    const NOW: Micros = 20_000 * DAY;

    fn of(text: &str) -> Result<Vec<Proposal>, Vec<(String, String)>> {
        read(json::read(text.as_bytes()).expect("JSON"), NOW).map_err(|problems| problems.listed)
    }

    fn pointers(text: &str) -> Vec<String> {
        of(text).expect_err(text).into_iter().map(|(pointer, _)| pointer).collect()
    }

    #[test]
    fn every_field_is_read() {
        let text = r#"{"proposals": [{"hcp_id": "h", "channel": "email", "origin": "hq", "owner_id": "o",
            "business_function": "medical", "purpose": "safety", "product": "p", "theme": "t", "plan_id": "pl",
            "plan_step": "s", "request_id": "r", "solicited": true, "at": "2024-10-05T02:00:00.5+02:00", "dry": true},
            {"hcp_id": "i", "channel": "chat", "at": null, "attendees": 2}]}"#;
        let own = |text: &str| Some(text.to_owned());
        let full = Proposal {
            origin: Some(Origin::Hq),
            owner_id: own("o"),
            business_function: Some(BusinessFunction::Medical),
            purpose: Some(Purpose::Safety),
            product: own("p"),
            theme: own("t"),
            plan_id: own("pl"),
            plan_step: own("s"),
            request_id: own("r"),
            solicited: true,
            at: Some(NOW + DAY + 500_000),
            dry: true,
            ..Proposal::new("h", Channel::Email)
        };
        let group = Proposal { attendees: Some(2), ..Proposal::new("i", Channel::Chat) };
        assert_eq!(of(text), Ok(vec![full, group]));
    }

    #[test]
    fn every_problem_is_found_with_its_place() {
        let text = r#"{"proposals": [{"hcp_id": "", "channel": "pigeon", "extra/~ä": 1, "dry": "yes"},
            {"channel": "medical_request", "hcp_id": 7, "at": "2024-10-01", "solicited": null},
            {"hcp_id": "h", "channel": "chat", "channel": "email", "origin": "rep"}, 5,
            {"hcp_id": "h", "channel": "chat", "attendees": 0}, {"hcp_id": "h", "channel": "chat", "attendees": 2.5},
            {"hcp_id": "h", "channel": "email", "attendees": 2}], "more": {}}"#;
        let mut found = pointers(text);
        found.sort();
        let expected = [
            "#/more",
            "#/proposals/0/channel",
            "#/proposals/0/dry",
            "#/proposals/0/extra~1~0%C3%A4",
            "#/proposals/0/hcp_id",
            "#/proposals/1/at",
            "#/proposals/1/channel",
            "#/proposals/1/hcp_id",
            "#/proposals/2/channel",
            "#/proposals/2/origin",
            "#/proposals/3",
            "#/proposals/4/attendees",
            "#/proposals/5/attendees",
            "#/proposals/6/attendees",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn the_body_holds_1_to_1000_proposals() {
        for text in ["[]", "{}", "null", "{\"proposals\": []}", "{\"proposals\": {}}", "{\"proposals\": null}"] {
            assert!(of(text).is_err(), "{text}");
        }
        let many =
            |n: usize| format!("{{\"proposals\": [{}]}}", vec!["{\"hcp_id\":\"h\",\"channel\":\"chat\"}"; n].join(","));
        assert_eq!(of(&many(1_000)).map(|proposals| proposals.len()), Ok(1_000));
        assert_eq!(pointers(&many(1_001)), ["#/proposals"]);
    }

    #[test]
    fn an_instant_is_near() {
        let at = |at: &str| of(&format!(r#"{{"proposals": [{{"hcp_id": "h", "channel": "chat", "at": "{at}"}}]}}"#));
        assert!(at("2024-10-03T00:00:00Z").is_ok() && at("2025-11-08T00:00:00Z").is_ok());
        for wrong in ["2024-10-02T23:59:59Z", "2025-11-08T00:00:01Z", "2024-10-04", "2024-10-04T00:00:00", "now"] {
            assert!(at(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_list_of_problems_is_bounded() {
        let members = (0..5_000).map(|n| format!("\"x{n}\":1")).collect::<Vec<_>>().join(",");
        let body = json::read(format!("{{\"proposals\": [{{{members}}}]}}").as_bytes()).expect("JSON");
        let problems = read(body, NOW).expect_err("unknown fields");
        assert_eq!((problems.listed.len(), problems.count()), (1_000, 5_002));
    }
}
