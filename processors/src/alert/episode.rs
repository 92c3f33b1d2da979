//! Spans over which a condition held, told from what it said at a row of instants.

use touchpoint::Micros;
use touchpoint::policy::Verdict;

/// `[since, until)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Episode {
    /// The first instant at which it fired.
    pub(super) since: Micros,
    /// The first instant after it at which it had ended; `None` while it holds.
    pub(super) until: Option<Micros>,
}

impl Episode {
    pub(super) fn holds_at(&self, at: Micros) -> bool {
        self.since <= at && self.until.is_none_or(|until| at < until)
    }

    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let ends_after = |a: &Self, b: &Self| a.until.is_none_or(|until| until > b.since);
        ends_after(self, other) && ends_after(other, self)
    }
}

/// The episodes of a row of instants, oldest first. `carried` is the beginning of an episode that holds already when the
/// row begins.
pub(super) fn episodes(carried: Option<Micros>, verdicts: impl IntoIterator<Item = (Micros, Verdict)>) -> Vec<Episode> {
    let mut found = Vec::new();
    let mut holding = carried;
    for (at, verdict) in verdicts {
        match (verdict, holding) {
            (Verdict::Fires, None) => holding = Some(at),
            (Verdict::Ends, Some(since)) => {
                found.push(Episode { since, until: Some(at) });
                holding = None;
            }
            _ => {}
        }
    }
    found.extend(holding.map(|since| Episode { since, until: None }));
    found
}

#[cfg(test)]
mod tests {
    use super::{Episode, episodes};
    use touchpoint::policy::Verdict::{Ends, Fires, Stays};

    #[test]
    fn a_span_begins_where_it_fires_and_ends_where_it_ends() {
        let ended = |since, until| Episode { since, until: Some(until) };
        let holding = |since| Episode { since, until: None };
        for (carried, verdicts, expected) in [
            (None, vec![], vec![]),
            (None, vec![(1, Stays), (2, Ends)], vec![]),
            (None, vec![(1, Fires), (2, Stays), (3, Fires)], vec![holding(1)]),
            (None, vec![(1, Fires), (2, Ends), (3, Stays), (4, Fires)], vec![ended(1, 2), holding(4)]),
            (Some(0), vec![(5, Stays)], vec![holding(0)]),
            (Some(0), vec![(5, Ends), (6, Stays)], vec![ended(0, 5)]),
        ] {
            assert_eq!(episodes(carried, verdicts.clone()), expected, "{carried:?} {verdicts:?}");
        }
    }

    #[test]
    fn spans_overlap_where_they_share_an_instant() {
        let of = |since, until| Episode { since, until };
        assert!(of(1, Some(3)).overlaps(&of(2, None)));
        assert!(of(2, None).overlaps(&of(1, Some(3))));
        assert!(!of(1, Some(2)).overlaps(&of(2, Some(3))));
        assert!(!of(2, Some(3)).overlaps(&of(1, Some(2))));
        assert!(of(1, Some(2)).holds_at(1) && !of(1, Some(2)).holds_at(2) && of(1, None).holds_at(9));
    }
}
