//! Who and when: every held touch, and every alert of both policies. People stand there by their pseudonyms, unless ids were
//! asked for.

use super::figures;
use super::grid::{Cell, Grid};
use super::pairs::Pair;
use processors::what_if::{Fate, HeldTouch};
use serve::deliver::Naming;
use touchpoint::time::DAY;
use touchpoint::{Micros, Policy, Word};

fn text(text: impl Into<String>) -> Cell {
    Cell::Text(text.into())
}

fn instant(at: Option<Micros>) -> Cell {
    at.map_or(Cell::Missing, |at| text(figures::instant(at)))
}

/// Every held touch, in order of time.
pub fn held(touches: &[HeldTouch], policy: &Policy, naming: &Naming) -> Grid {
    let row = |touch: &HeldTouch| {
        let goes_at = match touch.fate {
            Fate::Later(at) => Some(at),
            Fate::Never => None,
        };
        vec![
            text(naming.hcp(&touch.hcp_id)),
            text(figures::channel_word(touch.channel)),
            text(figures::instant(touch.at)),
            text(figures::rule(touch.by, policy)),
            text(if goes_at.is_some() { "later" } else { "never" }),
            instant(goes_at),
            goes_at.map(|at| (at - touch.at) as f64 / DAY as f64).into(),
        ]
    };
    Grid {
        key: "held_touches",
        title: "Held touches",
        note: String::new(),
        columns: vec![
            ("hcp", "HCP"),
            ("channel", "channel"),
            ("at", "at"),
            ("held_by", "held by"),
            ("fate", "fate"),
            ("goes_at", "would go at"),
            ("wait_days", "days"),
        ],
        rows: touches.iter().map(row).collect(),
    }
}

/// Every alert of both policies.
pub fn alerts(pairs: &[Pair], naming: &Naming) -> Grid {
    let row = |pair: &Pair| {
        let either = pair.either()?;
        let (before, after) = (pair.before.as_ref(), pair.after.as_ref());
        Some(vec![
            text(either.rule.to_string()),
            text(either.audience.as_str()),
            text(either.subject.kind.as_str()),
            text(naming.subject(&either.subject)),
            text(pair.difference().as_str()),
            before.map_or(Cell::Missing, |span| text(span.id.as_str())),
            instant(before.map(|span| span.since)),
            instant(before.and_then(|span| span.ended)),
            before.map_or(Cell::Missing, |span| text(span.origin.as_str())),
            after.map_or(Cell::Missing, |span| text(span.id.as_str())),
            instant(after.map(|span| span.since)),
            instant(after.and_then(|span| span.ended)),
            after.map_or(Cell::Missing, |span| text(span.origin.as_str())),
        ])
    };
    Grid {
        key: "alert_list",
        title: "Alerts of both policies",
        note: String::new(),
        columns: vec![
            ("rule", "rule"),
            ("audience", "audience"),
            ("subject_kind", "of"),
            ("subject", "subject"),
            ("difference", "difference"),
            ("id_before", "id before"),
            ("since_before", "since before"),
            ("ended_before", "ended before"),
            ("origin_before", "origin before"),
            ("id_after", "id after"),
            ("since_after", "since after"),
            ("ended_after", "ended after"),
            ("origin_after", "origin after"),
        ],
        rows: pairs.iter().filter_map(row).collect(),
    }
}
