//! Files: lines and their numbers, bounds, and the errors.

use super::lines::{Line, Lines};
use super::{BATCH_ROWS, FileBatches, FileError, ImportFile};
use crate::batch::{DecodedBatch, Oversized};
use crate::decode::{DecodeOptions, Decoder, KeyRule};
use crate::digest::sha256_hex;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::Arc;
use touchpoint::record::RecordColumns;
use touchpoint::{Kind, RejectReason, TopicPartition};

const STARTED: i64 = 1_772_704_800_000_000;
const GOOD: &str =
    r#"{"event_id":"e","hcp_id":"h","occurred_at":"2026-03-05T10:00:00Z","status":"completed","channel":"video"}"#;

fn decoder(max_bytes: usize) -> Decoder {
    let key_rule = KeyRule::MustEqualHcpId;
    Decoder::new(Arc::default(), DecodeOptions { max_bytes, key_rule, ..DecodeOptions::default() })
}

fn written(folder: &tempfile::TempDir, name: &str, content: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    path
}

fn batches(content: &[u8], max_bytes: usize) -> (ImportFile, Vec<DecodedBatch>) {
    let folder = tempfile::tempdir().unwrap();
    let file = ImportFile::open(written(&folder, "calls.ndjson", content), Kind::Calls).unwrap();
    let batches = FileBatches::new(file.clone(), &decoder(max_bytes), STARTED).unwrap();
    (file, batches.map(Result::unwrap).collect())
}

/// Gives at most `step` bytes at a time.
struct Trickle<'a>(&'a [u8], usize);

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.1.min(self.0.len()).min(buffer.len());
        buffer[..length].copy_from_slice(&self.0[..length]);
        self.0 = &self.0[length..];
        Ok(length)
    }
}

fn lines(content: &[u8], max_bytes: usize, step: usize) -> Vec<(i64, Result<Vec<u8>, Oversized>)> {
    let mut lines = Lines::new(Trickle(content, step), max_bytes);
    let mut all = Vec::new();
    while let Some((number, line)) = lines.advance().unwrap() {
        all.push((
            number,
            match line {
                Line::Whole(range) => Ok(lines.content(&range).to_vec()),
                Line::Oversized(oversized) => Err(oversized),
            },
        ));
    }
    assert_eq!(lines.bytes_read(), content.len() as u64);
    all
}

#[test]
fn lines_end_and_count_as_promised() {
    let content = b"\xef\xbb\xbfa\r\n\n \t\r\nbb\n\xef\xbb\xbfc\r\r\n\r\n\nlast";
    let expected: Vec<(i64, Result<Vec<u8>, Oversized>)> = vec![
        (0, Ok(b"a".to_vec())),
        (3, Ok(b"bb".to_vec())),
        (4, Ok(b"\xef\xbb\xbfc\r".to_vec())),
        (7, Ok(b"last".to_vec())),
    ];
    for step in [3, 4, 5, 7, 1 << 20] {
        assert_eq!(lines(content, 100, step), expected, "{step} bytes at a time");
        let ended = [&content[..], b"\n"].concat();
        assert_eq!(lines(&ended, 100, step), expected, "a last line end makes no line");
    }
    for nothing in [&b""[..], b"\n", b"\r\n \n\t", b"\xef\xbb\xbf"] {
        assert_eq!(lines(nothing, 100, 3), []);
    }
}

#[test]
fn a_line_too_long_to_hold_passes_by_as_its_hash() {
    let long = [b"x".repeat(40), b"\r".to_vec(), b"y".repeat(13)].concat();
    let of_long = Oversized { sha256: sha256_hex(&long), bytes: 54 };
    for step in 1..9 {
        for end in [&b"\n"[..], b"\r\n"] {
            let content = [b"a", &end[..], &long, end, b"b", end].concat();
            let found = lines(&content, 10, step);
            assert_eq!(found[0], (0, Ok(b"a".to_vec())));
            assert_eq!(found[1], (1, Err(of_long.clone())), "{step} bytes at a time");
            assert_eq!(found[2], (2, Ok(b"b".to_vec())));
            assert_eq!(lines(&long, 10, step), [(0, Err(of_long.clone()))]);
        }
    }
    // A line at the limit is held, whatever its end; one byte more may or may not be, the decoder judges it.
    for content in [&b"0123456789\n"[..], b"0123456789\r\n", b"0123456789"] {
        assert_eq!(lines(content, 10, 4), [(0, Ok(b"0123456789".to_vec()))]);
    }
}

#[test]
fn a_file_becomes_batches_with_line_positions() {
    let content = format!("{GOOD}\r\n\n{{}}\n{GOOD} trailing\n{}\n{GOOD}", "x".repeat(5_000));
    let (file, batches) = batches(content.as_bytes(), 1_000);
    assert_eq!((file.sha256.as_str(), file.bytes), (sha256_hex(content.as_bytes()).as_str(), content.len() as u64));
    let [batch] = batches.as_slice() else { panic!("one batch") };
    let columns = RecordColumns::try_new(&batch.records).unwrap();
    let rows: Vec<_> = (0..batch.records.num_rows()).map(|row| columns.row(row).unwrap()).collect();
    assert_eq!(rows.iter().map(|row| row.kafka_offset).collect::<Vec<_>>(), [0, 5]);
    for row in rows {
        assert_eq!((row.kafka_topic, row.kafka_partition), (format!("import:{}", file.sha256).as_str(), 0));
        assert_eq!((row.ingested_at, row.kafka_timestamp, row.source), (STARTED, STARTED, "engagement.calls"));
    }
    let rejected = &batch.seen[0].rejected;
    let count = |reason| rejected.of(reason);
    assert_eq!(
        (count(RejectReason::MissingField), count(RejectReason::Malformed), count(RejectReason::Oversized)),
        (1, 1, 1)
    );
    assert_eq!(batch.next.get(&TopicPartition::new(file.topic(), 0)), Some(&6));
}

#[test]
fn a_large_file_comes_in_bounded_batches() {
    let content = format!("{GOOD}\n").repeat(BATCH_ROWS + 10);
    let (_, batches) = batches(content.as_bytes(), 1_000);
    assert_eq!(batches.iter().map(|b| b.records.num_rows()).collect::<Vec<_>>(), [BATCH_ROWS, 10]);
    let next: Vec<i64> = batches.iter().flat_map(|b| b.next.values().copied()).collect();
    assert_eq!(next, [BATCH_ROWS as i64, BATCH_ROWS as i64 + 10]);
}

#[test]
fn an_empty_file_has_no_batch() {
    assert!(batches(b"", 1_000).1.is_empty());
    assert!(batches(b"\n\r\n", 1_000).1.is_empty());
}

#[test]
fn compressed_files_say_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in
        [("calls.ndjson.gz", &b"{}"[..]), ("calls.ZST", b"{}"), ("calls.ndjson", b"\x1f\x8b\x08\x00")]
    {
        let error = ImportFile::open(written(&folder, name, content), Kind::Calls).unwrap_err();
        assert!(matches!(error, FileError::Compressed { .. }), "{name}: {error}");
        assert!(error.to_string().contains("decompress it first") && error.to_string().contains(name));
    }
}

#[test]
fn files_that_cannot_be_read_or_change_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = ImportFile::open(folder.path().join("none.ndjson"), Kind::Calls).unwrap_err();
    assert!(matches!(missing, FileError::Read { .. }) && missing.to_string().contains("none.ndjson"), "{missing}");
    assert!(matches!(ImportFile::open(folder.path(), Kind::Calls), Err(FileError::Read { .. })));
    let path = written(&folder, "calls.ndjson", format!("{GOOD}\n").as_bytes());
    let file = ImportFile::open(&path, Kind::Calls).unwrap();
    std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(GOOD.as_bytes()).unwrap();
    let mut batches = FileBatches::new(file, &decoder(1_000), STARTED).unwrap();
    assert!(matches!(batches.next(), Some(Err(FileError::Changed { .. }))));
    assert!(batches.next().is_none(), "an error is the end");
}
