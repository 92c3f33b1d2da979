//! Notes of retractions that went to Kafka, as they lie below the data folder.

use anyhow::Context;
use processors::state::retraction::{Elsewhere, Selection};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use store::Store;
use touchpoint::Micros;

/// What a file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    source: String,
    /// Instants in microseconds.
    from: Micros,
    to: Micros,
    topic: Option<String>,
    /// By topic and partition the first and the last offset of each span.
    positions: BTreeMap<String, BTreeMap<i32, Vec<(i64, i64)>>>,
}

/// All that were kept.
///
/// # Errors
/// The place cannot be read, or holds what is no note: without it a restatement would count as the source's own.
pub(super) async fn read(store: &Store) -> anyhow::Result<Vec<Elsewhere>> {
    let parse = |bytes: &Vec<u8>| -> anyhow::Result<Elsewhere> {
        let note: Note = serde_json::from_slice(bytes)
            .with_context(|| format!("a file in {}/retracted is no note of a retraction", store.location()))?;
        Ok(note.into())
    };
    store.retractions().await?.iter().map(parse).collect()
}

/// Keeps one; `at` is when the retraction began.
///
/// # Errors
/// The place cannot be written.
pub(super) async fn keep(store: &Store, note: &Elsewhere, at: Micros) -> anyhow::Result<()> {
    store.enter_retraction(&at.to_string(), serde_json::to_vec(&Note::from(note))?).await?;
    Ok(())
}

/// Spans of offsets that follow each other.
pub(super) fn spans(offsets: &[i64]) -> Vec<RangeInclusive<i64>> {
    let mut spans: Vec<RangeInclusive<i64>> = Vec::new();
    for offset in offsets {
        match spans.last_mut() {
            Some(span) if *span.end() + 1 == *offset => *span = *span.start()..=*offset,
            _ => spans.push(*offset..=*offset),
        }
    }
    spans
}

impl From<&Elsewhere> for Note {
    fn from(note: &Elsewhere) -> Self {
        let Selection { source, from, to, topic } = note.selection.clone();
        let mut positions: BTreeMap<String, BTreeMap<i32, Vec<(i64, i64)>>> = BTreeMap::new();
        for ((topic, partition), spans) in &note.positions {
            let ends = spans.iter().map(|span| (*span.start(), *span.end())).collect();
            positions.entry(topic.clone()).or_default().insert(*partition, ends);
        }
        Self { source, from, to, topic, positions }
    }
}

impl From<Note> for Elsewhere {
    fn from(note: Note) -> Self {
        let Note { source, from, to, topic, positions } = note;
        let selection = Selection { source, from, to, topic };
        let of_topic = |(topic, of): (String, BTreeMap<i32, Vec<(i64, i64)>>)| {
            of.into_iter().map(move |(partition, ends)| {
                ((topic.clone(), partition), ends.into_iter().map(|(first, last)| first..=last).collect())
            })
        };
        Self { selection, positions: positions.into_iter().flat_map(of_topic).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::{Note, spans};
    use processors::state::retraction::{Elsewhere, Selection};
    use std::collections::BTreeMap;

    #[test]
    fn a_note_says_what_it_was_told() {
        assert_eq!(spans(&[]), []);
        assert_eq!(spans(&[3, 4, 5, 9, 11, 12]), [3..=5, 9..=9, 11..=12]);
        let selection = Selection { source: "crm".into(), from: 1, to: 2, topic: Some("engagement.calls".into()) };
        let positions = BTreeMap::from([(("a".to_owned(), 3), spans(&[1, 2])), (("b".to_owned(), 0), spans(&[7]))]);
        for positions in [positions, BTreeMap::new()] {
            let note = Elsewhere { selection: selection.clone(), positions };
            let text = serde_json::to_vec(&Note::from(&note)).unwrap();
            assert_eq!(Elsewhere::from(serde_json::from_slice::<Note>(&text).unwrap()), note);
        }
    }
}
