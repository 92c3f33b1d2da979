//! Which version of an interaction is live, and for whom.

use super::{T, ask, check, full, story};
use crate::reference::{audible, by_hcp, live};
use touchpoint::{Audience, WindowLength};

/// The theme of each live record of the story, sorted.
fn themes(text: &str) -> Vec<String> {
    let records = story(text);
    let mut themes: Vec<_> = live(&records).into_iter().filter_map(|r| r.theme.clone()).collect();
    themes.sort();
    themes
}

#[test]
fn version_then_rank_then_position() {
    let cases = [
        ("emails e -1h theme=a version=2 status=sent\n emails e -1h theme=b version=1 status=clicked", "a"),
        ("emails e -1h theme=a status=clicked\n emails e -1h theme=b status=sent", "a"),
        ("emails e -1h theme=a status=delivered\n emails e -1h theme=b status=bounced", "b"),
        ("emails e -1h theme=a status=opened\n emails e -1h theme=b status=opened", "b"),
        ("emails e -1h theme=a version=-1\n emails e -1h theme=b", "b"),
        ("calls c -1h theme=a status=no_access\n calls c -1h theme=b status=cancelled", "a"),
        ("requests r -1h theme=a status=closed\n requests r -1h theme=b status=withdrawn", "b"),
        ("congress g -1h theme=a status=attended\n congress g -1h theme=b status=no_show", "a"),
    ];
    for (text, theme) in cases {
        assert_eq!(themes(text), [theme], "{text}");
    }
}

#[test]
fn a_delete_outranks_its_version_in_any_order() {
    let gone = ["calls c -1h theme=a\n calls c -1h op=delete", "calls c -1h op=delete\n calls c -1h theme=a"];
    for text in gone {
        assert_eq!(themes(text), [""; 0], "{text}");
    }
    assert_eq!(themes("calls c -1h op=delete\n calls c -1h theme=a version=1"), ["a"]);
    assert_eq!(themes("calls c -1h op=delete version=1\n calls c -1h theme=a"), [""; 0]);
}

#[test]
fn identity_is_kind_source_event_and_hcp() {
    let four = "
        calls  x -1h theme=a
        emails x -1h theme=b
        calls  x -1h theme=c source=crm
        calls  y -1h theme=d
        calls  x -1h theme=e hcp_id=hcp-2
        ";
    assert_eq!(themes(four), ["a", "b", "c", "d", "e"]);
    assert_eq!(themes("calls x -1h theme=a\n calls x -1h theme=b source=engagement.calls"), ["b"]);
    let groups: Vec<_> = by_hcp(&story(four)).into_iter().map(|(hcp, records)| (hcp, records.len())).collect();
    assert_eq!(groups, [("hcp-1".to_owned(), 4), ("hcp-2".to_owned(), 1)]);
}

#[test]
fn the_live_version_decides_before_any_time_filter() {
    let moved_out = story("calls c -1h\n calls c -1000h version=1\n calls d -1h");
    check(&full(&moved_out, WindowLength::Week), "touches=1");
    let moved_ahead = story("calls c -1h\n calls c 5h version=1\n calls d -1h");
    check(&full(&moved_ahead, WindowLength::Week), "touches=1");
}

#[test]
fn commercial_readers_never_see_a_medical_version() {
    let records = story(
        "
        calls    a -9h
        calls    b -8h
        calls    b -8h version=1 business_function=medical
        calls    c -7h business_function=medical
        calls    c -7h version=1
        calls    d -6h business_function=medical
        calls    e -5h
        calls    e -5h version=1 op=delete
        calls    f -4h
        calls    f -4h version=1 op=delete business_function=medical
        requests r -3h business_function=sales
        ",
    );
    let ids = |audience| {
        let known = audible(&records, audience);
        let mut ids: Vec<_> = live(&known).into_iter().map(|r| r.event_id.clone()).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids(Audience::Full), ["a", "b", "c", "d", "r"]);
    assert_eq!(ids(Audience::Commercial), ["a", "b", "c", "f"]);
    let commercial = ask(&records, T, WindowLength::Day, Audience::Commercial).expect("a row");
    check(&commercial, "touches=4 requests=0 function_voices=1 responsiveness=NULL");
}
