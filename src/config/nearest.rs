//! The known name that a misspelt one most likely meant.

/// The candidate with the fewest edits, if few enough: at most a third of the name, at least 2.
pub(crate) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (name.chars().count() / 3).max(2);
    let scored = candidates.map(|candidate| (edits(name, candidate), candidate));
    scored
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance in characters.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut next = Vec::with_capacity(row.len());
        next.push(i + 1);
        for ((to, pair), left) in b.iter().zip(row.windows(2)).zip(i + 1..) {
            let (diagonal, above) = (pair.first().copied().unwrap_or(left), pair.last().copied().unwrap_or(left));
            let before = next.last().copied().unwrap_or(left);
            next.push((diagonal + usize::from(from != *to)).min(above + 1).min(before + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{edits, nearest};

    #[test]
    fn edits_are_counted() {
        for (a, b, distance) in
            [("", "", 0), ("", "abc", 3), ("kitten", "sitting", 3), ("flaw", "lawn", 2), ("same", "same", 0)]
        {
            assert_eq!((edits(a, b), edits(b, a)), (distance, distance), "{a} {b}");
        }
    }

    #[test]
    fn a_near_name_is_found_and_a_far_one_is_not() {
        let names = ["batch_records", "batch_ms", "memory_mb"];
        assert_eq!(nearest("batch_record", names.into_iter()), Some("batch_records"));
        assert_eq!(nearest("memroy_mb", names.into_iter()), Some("memory_mb"));
        assert_eq!(nearest("zzz", names.into_iter()), None);
    }
}
