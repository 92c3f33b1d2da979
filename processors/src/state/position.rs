//! Which of two records with equal identity, version and rank came later (metrics.md §1).
//!
//! Within Kafka the greater offset is later. Within an import the later line is; of two files the one whose import began
//! later, and within one import, where the order of files is no time, the one with the greater content hash, so that the
//! order on the command line changes nothing. A Kafka record is later than any imported one: an import brings history.

use std::cmp::Ordering;
use std::collections::HashMap;
use touchpoint::time::Micros;

const KAFKA: u64 = 1 << 63;
const LINE_BITS: u32 = 40;
const IMPORT_PREFIX: &str = "import:";

/// Packs positions into 64 bits and compares them. Imported files are numbered as they are met; their order comes from
/// when their import began and from their hash, never from the number.
#[derive(Debug, Default)]
pub struct Positions {
    files: Vec<(Micros, String)>,
    /// Numbers of the files by name: one for each import that had it.
    numbers: HashMap<String, HashMap<Micros, usize>>,
}

impl Positions {
    /// The packed position of a record.
    pub fn pack(&mut self, topic: &str, ingested_at: Micros, offset: i64) -> u64 {
        let offset = u64::try_from(offset).unwrap_or(0);
        if !topic.starts_with(IMPORT_PREFIX) {
            return KAFKA | offset;
        }
        // Rows of one file come together, so the newest file is nearly always the right one.
        let newest = self.files.len().checked_sub(1);
        let is_newest = self.files.last().is_some_and(|(at, file)| *at == ingested_at && file == topic);
        let file = newest.filter(|_| is_newest).unwrap_or_else(|| self.number_or_new(topic, ingested_at));
        (file as u64) << LINE_BITS | offset & ((1 << LINE_BITS) - 1)
    }

    fn number_or_new(&mut self, topic: &str, ingested_at: Micros) -> usize {
        let known = self.numbers.get(topic).and_then(|imports| imports.get(&ingested_at));
        known.copied().unwrap_or_else(|| {
            let new = self.files.len();
            self.numbers.entry(topic.to_owned()).or_default().insert(ingested_at, new);
            self.files.push((ingested_at, topic.to_owned()));
            new
        })
    }

    /// Orders two packed positions, earlier first.
    pub fn compare(&self, a: u64, b: u64) -> Ordering {
        let from_kafka = |p: u64| p & KAFKA != 0;
        let (file_a, file_b) = (a >> LINE_BITS, b >> LINE_BITS);
        if from_kafka(a) || from_kafka(b) || file_a == file_b {
            return a.cmp(&b);
        }
        let began = |file: u64| self.files.get(file as usize);
        began(file_a).cmp(&began(file_b))
    }
}

#[cfg(test)]
mod tests {
    use super::Positions;
    use std::cmp::Ordering;

    #[test]
    fn kafka_beats_import_and_files_order_by_start_then_hash() {
        let mut positions = Positions::default();
        let late_b = positions.pack("import:b", 20, 0);
        let early = positions.pack("import:c", 10, 9);
        let late_a = positions.pack("import:a", 20, 5);
        let late_a_next = positions.pack("import:a", 20, 6);
        let kafka = positions.pack("engagement.calls", 1, 0);
        assert_eq!(positions.compare(early, late_b), Ordering::Less);
        assert_eq!(positions.compare(late_a, late_b), Ordering::Less);
        assert_eq!(positions.compare(late_a, late_a_next), Ordering::Less);
        assert_eq!(positions.compare(late_b, kafka), Ordering::Less);
        let next = positions.pack("engagement.calls", 1, 1);
        assert_eq!(positions.compare(kafka, next), Ordering::Less);
    }
}
