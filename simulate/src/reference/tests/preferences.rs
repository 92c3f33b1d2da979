//! Hand-computed examples for `channel_fit`.

use super::tables::reference;
use super::{check, row_of, story};
use touchpoint::{Audience, WindowLength};

fn fit(tables: &str, text: &str, fit: &str) {
    let row = row_of(&story(text), &reference(tables), WindowLength::FourWeeks, Audience::Full);
    check(&row, &format!("channel_fit={fit}"));
}

const TWO: &str = "calls a -9h\n calls b -8h channel=phone";

#[test]
fn shares_of_touches_are_compared_with_preferred_shares() {
    for (preferences, expected) in [
        ("preferences face_to_face 1\n preferences phone 1", "1"),
        ("preferences face_to_face 0.5\n preferences phone 0.5", "1"),
        ("preferences face_to_face 20\n preferences phone 20\n preferences chat 0", "1"),
        ("preferences face_to_face 3\n preferences phone 1", "3/4"),
        ("preferences face_to_face 7", "1/2"),
        ("preferences face_to_face 1\n preferences phone 1\n preferences email 2", "1/2"),
        ("preferences email 1", "0"),
        ("preferences email 3\n preferences congress 1", "0"),
        ("preferences email 0", "NULL"),
        ("preferences", "NULL"),
        ("preferences phone 1 hcp=hcp-2", "NULL"),
        ("", "NULL"),
    ] {
        fit(preferences, TWO, expected);
    }
}

#[test]
fn every_touch_of_the_window_counts() {
    let preferences = "preferences face_to_face 2\n preferences email 1\n preferences congress 1";
    let touches = "
        calls    a -9h solicited=true
        emails   b -8h origin=hq
        emails   c -7h
        congress d -6h
        requests r -5h
        calls    e -4h status=no_access
        calls    f -3h channel=phone status=planned
        calls    g -700h channel=chat
        ";
    fit(preferences, touches, "3/4");
    fit(preferences, "calls e -4h status=no_access", "NULL");
}

#[test]
fn preferences_are_those_that_hold_at_t() {
    let changed = "preferences phone 1 to=0h\n preferences face_to_face 1 from=0h\n preferences phone 1 from=1h";
    fit(changed, TWO, "1/2");
    fit(changed, "calls a -9h", "1");
    fit("preferences phone 1 to=0h", TWO, "NULL");
    fit("preferences phone 1 from=1h", TWO, "NULL");
}
