//! Answers against the document of the API: whatever status, media type or member it does not name is an error.

use super::Answer;
use crate::http::openapi::DOCUMENT;
use serde_json::Value;

pub(super) fn document() -> Value {
    serde_json::from_str(DOCUMENT).expect("the document is JSON")
}

/// Holds an answer against what the document says of the method and path.
///
/// # Panics
/// It says nothing of such an answer, or something else.
pub(super) fn hold(answer: &Answer, method: &str, path: &str) {
    let document = document();
    let responses = &document["paths"][path][method.to_lowercase()]["responses"];
    let response = &responses[answer.status.to_string()];
    assert!(response.is_object(), "{method} {path} answers {}: not in the document", answer.status);
    let (media_type, content) = response["content"].as_object().and_then(|c| c.iter().next()).expect("a media type");
    let sent = answer.head.lines().find_map(|line| line.strip_prefix("content-type: "));
    assert_eq!(sent, Some(media_type.as_str()), "{method} {path}");
    let found = misfits(&document, &content["schema"], &answer.json());
    assert!(found.is_empty(), "{method} {path} {}: {found:?}\n{}", answer.status, answer.body);
}

/// What a value has that a schema does not know, and the other way round.
fn misfits(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    Holder { document, found: &mut found }.hold(schema, value, "#");
    found
}

struct Holder<'a> {
    document: &'a Value,
    found: &'a mut Vec<String>,
}

impl Holder<'_> {
    fn hold(&mut self, schema: &Value, value: &Value, place: &str) {
        if let Some(reference) = schema["$ref"].as_str() {
            let pointer = reference.strip_prefix('#').expect("a reference within the document");
            let schema = self.document.pointer(pointer).expect("a schema of that name").clone();
            return self.hold(&schema, value, place);
        }
        if let Some(choices) = schema["anyOf"].as_array() {
            let fits = |choice: &Value| {
                let mut found = Vec::new();
                Holder { document: self.document, found: &mut found }.hold(choice, value, place);
                found.is_empty()
            };
            if !choices.iter().any(fits) {
                self.found.push(format!("{place}: none of the choices"));
            }
            return;
        }
        let types: Vec<&str> = match &schema["type"] {
            Value::String(one) => vec![one],
            Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
            _ => panic!("{place}: a schema without a type"),
        };
        if !types.iter().any(|name| is_a(value, name)) {
            self.found.push(format!("{place}: {value} is none of {types:?}"));
        }
        if schema["enum"].as_array().is_some_and(|words| !words.contains(value)) {
            self.found.push(format!("{place}: {value} is no word of the list"));
        }
        match value {
            Value::Object(members) => self.members(schema, members, place),
            Value::Array(items) => {
                let few = schema["minItems"].as_u64().is_some_and(|least| (items.len() as u64) < least);
                let many = schema["maxItems"].as_u64().is_some_and(|most| items.len() as u64 > most);
                if few || many {
                    self.found.push(format!("{place}: {} items", items.len()));
                }
                for (n, item) in items.iter().enumerate() {
                    self.hold(&schema["items"], item, &format!("{place}/{n}"));
                }
            }
            Value::Number(number) => {
                let below = schema["minimum"].as_f64().zip(number.as_f64()).is_some_and(|(least, is)| is < least);
                let above = schema["maximum"].as_f64().zip(number.as_f64()).is_some_and(|(most, is)| is > most);
                if below || above {
                    self.found.push(format!("{place}: {number} is out of range"));
                }
            }
            Value::String(text) if schema["format"] == "date-time" => {
                if chrono::DateTime::parse_from_rfc3339(text).is_err() {
                    self.found.push(format!("{place}: {text} is no instant"));
                }
            }
            _ => {}
        }
    }

    fn members(&mut self, schema: &Value, members: &serde_json::Map<String, Value>, place: &str) {
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !members.contains_key(name) {
                self.found.push(format!("{place}: {name} is missing"));
            }
        }
        for (name, value) in members {
            let known = &schema["properties"][name];
            if known.is_object() {
                self.hold(known, value, &format!("{place}/{name}"));
            } else if schema["additionalProperties"] == false {
                self.found.push(format!("{place}: {name} is not in the document"));
            }
        }
    }
}

fn is_a(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => panic!("{name} is no type"),
    }
}

#[test]
fn the_document_names_what_the_code_knows() {
    use processors::check::{Code, Verdict};
    use touchpoint::metric::METRICS;
    let (document, texts) = (document(), |value: &Value| -> Vec<String> {
        value.as_array().expect("a list").iter().filter_map(|v| v.as_str().map(str::to_owned)).collect()
    });
    let schemas = &document["components"]["schemas"];
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(texts(&schemas["Reason"]["properties"]["code"]["enum"]), codes);
    let verdicts: Vec<&str> = Verdict::ALL.iter().map(|verdict| verdict.as_str()).collect();
    assert_eq!(texts(&schemas["Result"]["properties"]["verdict"]["enum"]), verdicts);
    let metrics: Vec<&str> = METRICS.iter().map(|metric| metric.name).collect();
    assert_eq!(texts(&schemas["Metrics"]["required"]), metrics);
    let reasons = texts(&schemas["Acknowledgement"]["properties"]["reason"]["enum"]);
    assert_eq!(reasons, super::super::words::all::<touchpoint::alert::AckReason>());
    let channels = texts(&schemas["Proposal"]["properties"]["channel"]["enum"]);
    let known = super::super::words::all::<touchpoint::Channel>();
    assert_eq!(channels, known[..known.len() - 1], "every channel but the request");
}

/// The schema of each kept answer that the pictures of the live page are taken with.
const KEPT: [(&str, &str); 13] = [
    ("account", "Account"),
    ("account_weeks", "AccountWeeks"),
    ("alerts", "Alerts"),
    ("forecasts", "Forecasts"),
    ("hcp", "Hcp"),
    ("hcp_forecast", "HcpForecast"),
    ("overview", "Overview"),
    ("overview_access", "OverviewAccess"),
    ("overview_hcps_hold", "OverviewHcps"),
    ("overview_hcps_over", "OverviewHcps"),
    ("overview_hcps_untouched", "OverviewHcps"),
    ("overview_weeks", "OverviewWeeks"),
    ("pipeline", "Pipeline"),
];

#[test]
fn the_pictures_of_the_page_are_taken_with_answers_as_they_are() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/live_page/answers");
    let document = document();
    let mut files = 0;
    for file in std::fs::read_dir(&folder).expect("answers are kept") {
        let file = file.expect("a file").path();
        let name = file.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned();
        let (_, schema) = KEPT.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("what is {name}?"));
        let text = std::fs::read_to_string(&file).expect("text");
        let found =
            misfits(&document, &document["components"]["schemas"][schema], &serde_json::from_str(&text).expect("JSON"));
        assert!(found.is_empty(), "{name}: {found:?}");
        files += 1;
    }
    assert_eq!(files, KEPT.len());
}

#[test]
fn a_wrong_answer_is_seen() {
    let document = document();
    let result = serde_json::json!({ "results": [{ "verdict": "maybe", "extra": 1 }] });
    let found = misfits(&document, &document["components"]["schemas"]["Results"], &result);
    let seen = |text: &str| found.iter().any(|problem| problem.contains(text));
    assert!(
        seen("extra is not in the document") && seen("hcp_id is missing") && seen("no word of the list"),
        "{found:?}"
    );
}
