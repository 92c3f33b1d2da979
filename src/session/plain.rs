//! Whether a rejected record was plainly not a medical one.
//!
//! A dead letter was never decoded, so nobody can say for sure what it was. A commercial reader sees it only if its payload
//! is there, is a JSON object, and its bytes nowhere say `medical`, nor `delete` (a delete need not name its function), nor
//! `data_base64`, nor spell anything by `\u`. Looking at bytes leaves no room for names given twice or texts within texts.
//! Whatever is in doubt stays out of sight.

use serde_json::Value;

const FEEDS: [&str; 3] = ["calls", "emails", "congress"];
const DOUBTFUL: [&str; 4] = ["medical", "delete", "data_base64", "\\u"];

/// `kind` is the word in `dead_letters`; there is no payload of medical requests, and none after its retention.
pub(super) fn is_plainly_commercial(kind: &str, payload: Option<&[u8]>) -> bool {
    let Some(text) = payload.and_then(|payload| std::str::from_utf8(payload).ok()) else { return false };
    let lower = text.to_ascii_lowercase();
    FEEDS.contains(&kind)
        && !DOUBTFUL.iter().any(|word| lower.contains(word))
        && matches!(serde_json::from_str(text), Ok(Value::Object(_)))
}

#[cfg(test)]
mod tests {
    use super::is_plainly_commercial;

    #[test]
    fn what_may_have_been_medical_stays_out_of_sight() {
        let shown = |payload: &str| is_plainly_commercial("calls", Some(payload.as_bytes()));
        assert!(shown(r#"{"event_id": "e1", "status": "nonsense"}"#));
        assert!(shown(r#"{"business_function": "sales", "nested": [{"a": 1}]}"#));
        for doubtful in [
            r#"{"business_function": "medical"}"#,
            r#"{"business_function": "MEDICAL "}"#,
            r#"{"business_function": "medical", "business_function": "sales"}"#,
            r#"{"business_function": "\u006dedical", "business_function": "sales"}"#,
            r#"{"data": {"business_function": "medical"}}"#,
            r#"{"data_base64": "e30="}"#,
            r#"{"op": "delete", "op": "upsert"}"#,
            r#"["calls"]"#,
            "{",
            "",
        ] {
            assert!(!shown(doubtful), "{doubtful}");
        }
        assert!(!is_plainly_commercial("calls", None));
        assert!(!is_plainly_commercial("calls", Some(b"{\"a\": \"\xff\"}")));
        assert!(!is_plainly_commercial("requests", Some(b"{}")));
        assert!(!is_plainly_commercial("news", Some(b"{}")));
    }
}
