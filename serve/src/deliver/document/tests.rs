//! What is written is read back; what is not understood is refused; nobody is named.

use super::super::naming::{Ids, Naming};
use super::{Document, DocumentError};
use processors::alert::{Alert, AlertId, AlertRule, Facts, Subject, TouchRef, Transition};
use std::sync::Arc;
use touchpoint::alert::{AckReason, AlertAct, AlertOrigin, AlertState, Resolution, Severity, SubjectKind};
use touchpoint::time::{DAY, SECOND};
use touchpoint::{Audience, Kind, SecretKey};

pub(crate) fn naming(ids: Ids) -> Naming {
    Naming::new(SecretKey::new(&[3; 32]).expect("long enough"), ids)
}

/// A live alert of rule over_budget about `hcp_id`, in `state`.
pub(crate) fn transition(hcp_id: &str, state: AlertState) -> Transition {
    let rule = AlertRule {
        name: "over_budget".into(),
        severity: Severity::Warning,
        audience: Audience::Commercial,
        subject: SubjectKind::Hcp,
        pending: 0,
        act: AlertAct::Hold,
    };
    let subject = Subject { kind: SubjectKind::Hcp, id: hcp_id.into() };
    let since = 20_000 * DAY;
    let touch = TouchRef { kind: Kind::Calls, source: "crm".into(), event_id: "E-secret".into(), occurred_at: since };
    let facts = Facts {
        value: Some(1.5),
        binding: Some("rep-email".into()),
        hold_until: Some(since + DAY),
        summary: "budget rep-email is over its cap".into(),
    };
    let alert = Alert {
        id: AlertId::new(&SecretKey::new(&[3; 32]).expect("long enough"), &rule, &subject, since),
        rule: Arc::new(rule),
        subject,
        since,
        origin: AlertOrigin::Live,
        facts,
        touches: Arc::from([touch]),
        policy_version: "p1".into(),
    };
    let resolution = (state == AlertState::Resolved).then_some(Resolution::Cleared);
    let from = (state != AlertState::Firing).then_some(AlertState::Firing);
    Transition { alert, from, state, at: since + 3 * SECOND / 2, resolution, ack_reason: None }
}

#[test]
fn what_is_written_is_read_back() {
    for state in [AlertState::Pending, AlertState::Firing, AlertState::Acknowledged, AlertState::Resolved] {
        let mut written = transition("H-secret", state);
        written.ack_reason = Some(AckReason::Exception);
        written.alert.facts.value = Some(f64::INFINITY);
        let bytes = Document::new(&written, &naming(Ids::Plain)).to_bytes();
        let read = Document::parse(&bytes).expect("a document").transition("H-secret".into()).expect("understood");
        // The source of a record is not told; its reference is.
        written.alert.touches =
            written.alert.touches.iter().map(|t| TouchRef { source: "".into(), ..t.clone() }).collect();
        assert_eq!(read, written);
    }
}

#[test]
fn pseudonyms_name_nobody_and_stay_the_same() {
    let document = |ids| {
        let bytes = Document::new(&transition("H-secret", AlertState::Firing), &naming(ids)).to_bytes();
        String::from_utf8(bytes).expect("text")
    };
    assert!(!document(Ids::Pseudonyms).contains("secret"), "{}", document(Ids::Pseudonyms));
    assert_eq!(document(Ids::Pseudonyms), document(Ids::Pseudonyms));
    assert!(document(Ids::Plain).contains("H-secret"));
    assert!(document(Ids::Plain).contains("\"since\":\"2024-10-04T00:00:00Z\""), "{}", document(Ids::Plain));
}

#[test]
fn what_is_no_transition_is_refused_without_being_quoted() {
    for bytes in [&b"{\"secret\": 1}"[..], b"", b"\xff", b"[]"] {
        let error = Document::parse(bytes).expect_err("no document");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    let bytes = Document::new(&transition("h", AlertState::Firing), &naming(Ids::Plain)).to_bytes();
    let text = String::from_utf8(bytes).expect("text");
    for (from, to, field) in [
        ("\"firing\"", "\"burning\"", "state"),
        ("\"live\"", "\"dead\"", "origin"),
        ("2024-10-04T00:00:00Z\",\"at\"", "yesterday\",\"at\"", "since"),
    ] {
        let changed = Document::parse(text.replace(from, to).as_bytes()).expect("a document");
        assert_eq!(changed.transition("h".into()), Err(DocumentError::Value(field)));
    }
}
