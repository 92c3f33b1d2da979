//! Completeness of feeds made by hand.

use super::{Arrival, Arrivals, DAYS, ENOUGH};
use touchpoint::Kind;
use touchpoint::time::{DAY, HOUR, Micros};

const NOW: Micros = 20_000 * DAY + 12 * HOUR;

/// A feed of 300 calls a day at noon since 125 days, half of which come in at once and half 54 hours later.
fn calls(territory: &str, until: Micros) -> Arrivals {
    let mut arrivals = Arrivals::new(NOW);
    for day in 0..=125 {
        let occurred_at = NOW - day * DAY;
        for n in 0..300 {
            let ingested_at = if n % 2 == 0 { occurred_at + HOUR } else { occurred_at + 2 * DAY + 6 * HOUR };
            if ingested_at <= until {
                arrivals.add(territory, Arrival { kind: Kind::Calls, occurred_at, ingested_at });
            }
        }
    }
    arrivals
}

#[test]
fn recent_days_hold_the_share_that_came_so_soon_before() {
    let arrivals = calls("north", NOW);
    let days = arrivals.days(None);
    assert_eq!((days.len(), days[DAYS - 1].day), (DAYS, 19_999 * DAY));
    assert_eq!(days[DAYS - 1].share, None, "150 of yesterday are too few");
    assert_eq!(days[0].share, Some(1.0));
    // Days 1 and 2 came to half, days 3 and 4 are whole.
    let share = arrivals.share(None, 1..=4).expect("900 records");
    assert!((share - 900.0 / 1_200.0).abs() < 1e-12, "{share}");
    assert_eq!(arrivals.share(Some("north"), 1..=4), Some(share));
    assert_eq!(arrivals.share(Some("south"), 1..=4), None, "nothing is known of it");
}

#[test]
fn a_feed_that_fell_silent_says_nothing() {
    assert_eq!(calls("north", NOW - 3 * DAY).share(None, 4..=7), None);
}

#[test]
fn without_old_events_nothing_is_known_of_lateness() {
    let mut arrivals = Arrivals::new(NOW);
    for n in 0..2 * ENOUGH as i64 {
        let occurred_at = NOW - (1 + n % 20) * DAY;
        arrivals.add("north", Arrival { kind: Kind::Emails, occurred_at, ingested_at: occurred_at + HOUR });
    }
    arrivals.add("north", Arrival { kind: Kind::Emails, occurred_at: NOW, ingested_at: NOW });
    assert_eq!(arrivals.share(None, 1..=20), None);
}
