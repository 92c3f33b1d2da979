//! Why an HCP stands where it stands, in a few words built from its row. States what the columns say and nothing more.
//!
//! The clauses, strongest first: several voices close together, a crowded day, one voice again and again, touches
//! outside working hours, one channel that makes up most of it. At most as many as fit the width are said; there is
//! always one.

use crate::view::model::InterruptedHcp;

/// Touches within a day that make it crowded.
const CROWDED: i64 = 3;
/// Collisions, follow-ups and untimely touches worth a word.
const REPEATED: i64 = 2;

/// The reason in at most `width` characters; a clause that does not fit is left out, the first is cut.
pub(super) fn reason(hcp: &InterruptedHcp, width: usize) -> String {
    let mut said = String::new();
    for clause in clauses(hcp) {
        if said.is_empty() {
            said = clause.chars().take(width).collect();
        } else if said.chars().count() + 2 + clause.chars().count() <= width {
            said.push_str(", ");
            said.push_str(&clause);
        }
    }
    said
}

fn clauses(hcp: &InterruptedHcp) -> Vec<String> {
    let mut clauses = Vec::new();
    if hcp.collisions > 0 {
        let who = match (effective(hcp.function_voices), effective(hcp.voices)) {
            (functions, _) if functions >= 2 => "functions",
            (_, voices) if voices >= 2 => "owners",
            _ => "voices",
        };
        clauses.push(format!("{who} collide {}×", hcp.collisions));
    }
    if hcp.peak_24h >= CROWDED {
        clauses.push(format!("{} in one day", hcp.peak_24h));
    }
    if hcp.follow_ups >= REPEATED {
        clauses.push(format!("same voice again {}×", hcp.follow_ups));
    }
    if let Some(untimely) = hcp.untimely.filter(|n| *n >= REPEATED) {
        clauses.push(format!("{untimely} after hours"));
    }
    let channels = [("calls", hcp.calls), ("e-mails", hcp.emails), ("invitations", hcp.invitations)];
    if let Some((name, count)) = channels.into_iter().max_by_key(|(_, count)| *count).filter(|(_, count)| *count > 0) {
        let all = if count == hcp.touches { "only" } else { "mostly" };
        clauses.push(format!("{all} {name} ({count} of {})", hcp.touches));
    }
    if clauses.is_empty() {
        clauses.push("earlier touches still weigh".to_owned());
    }
    clauses
}

/// An effective number, rounded; 1.5 and more make two.
fn effective(voices: Option<f64>) -> i64 {
    voices.map_or(0, |v| v.round() as i64)
}

#[cfg(test)]
mod tests {
    use super::reason;
    use crate::view::InterruptedHcp;
    use crate::view::tests::quiet;

    #[test]
    fn the_strongest_cause_comes_first() {
        let hcp = InterruptedHcp {
            touches: 9,
            unsolicited: 8,
            calls: 6,
            emails: 3,
            collisions: 4,
            peak_24h: 3,
            function_voices: Some(1.8),
            ..quiet()
        };
        assert_eq!(reason(&hcp, 80), "functions collide 4×, 3 in one day, mostly calls (6 of 9)");
        assert_eq!(reason(&hcp, 40), "functions collide 4×, 3 in one day");
        assert_eq!(reason(&hcp, 9), "functions");
    }

    #[test]
    fn each_clause_follows_its_columns() {
        let one_owner = InterruptedHcp { collisions: 1, voices: Some(2.0), ..quiet() };
        assert_eq!(reason(&one_owner, 80), "owners collide 1×");
        let unknown = InterruptedHcp { collisions: 2, ..quiet() };
        assert_eq!(reason(&unknown, 80), "voices collide 2×");
        let again = InterruptedHcp { touches: 5, emails: 5, follow_ups: 3, untimely: Some(2), ..quiet() };
        assert_eq!(reason(&again, 80), "same voice again 3×, 2 after hours, only e-mails (5 of 5)");
        assert_eq!(reason(&quiet(), 80), "earlier touches still weigh");
    }
}
