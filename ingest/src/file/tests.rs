//! Files: lines and their numbers, blocks, order, bounds, and the errors.

use super::blocks::{BLOCK_BYTES, Block, Blocks, lines};
use super::{FileError, FileReader, ImportFile};
use crate::batch::{DecodedBatch, Oversized};
use crate::decode::{DecodeOptions, Decoder, KeyRule};
use crate::digest::sha256_hex;
use std::io::{Read, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
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

fn read(files: &[ImportFile], max_bytes: usize, decoders: usize) -> Result<Vec<DecodedBatch>, FileError> {
    let reader = FileReader::new(&decoder(max_bytes), STARTED, NonZeroUsize::new(decoders).unwrap());
    let (mut batches, mut bytes_read) = (Vec::new(), 0);
    reader.read(files, |batch| {
        assert!(batch.bytes_read >= bytes_read, "progress goes forward");
        bytes_read = batch.bytes_read;
        batches.push(batch.batch);
        Ok::<_, FileError>(())
    })?;
    assert_eq!(bytes_read, files.iter().map(|file| file.bytes).sum::<u64>());
    Ok(batches)
}

fn batches(content: &[u8], max_bytes: usize) -> (ImportFile, Vec<DecodedBatch>) {
    let folder = tempfile::tempdir().unwrap();
    let file = ImportFile::open(written(&folder, "calls.ndjson", content), Kind::Calls).unwrap();
    let batches = read(std::slice::from_ref(&file), max_bytes, 2).unwrap();
    (file, batches)
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

/// The lines of `content` in blocks of `size` bytes.
fn lines_of(content: &[u8], size: usize, step: usize) -> Vec<(i64, Result<Vec<u8>, Oversized>)> {
    let mut blocks = Blocks::of_size(Trickle(content, step), size);
    let mut all = Vec::new();
    while let Some(block) = blocks.advance().unwrap() {
        match block {
            Block::Lines { first, bytes } => {
                assert!(bytes.len() <= size, "{} bytes in a block of {size}", bytes.len());
                all.extend(lines(first, &bytes).map(|(number, line)| (number, Ok(line.to_vec()))));
            }
            Block::Oversized { line, oversized } => all.push((line, Err(oversized))),
        }
    }
    assert_eq!(blocks.bytes_read(), content.len() as u64);
    all
}

#[test]
fn lines_end_and_count_as_promised_wherever_blocks_end() {
    let content = b"\xef\xbb\xbfa\r\n\n \t\r\nbb\n\xef\xbb\xbfc\r\r\n\r\n\nlast";
    let expected: Vec<(i64, Result<Vec<u8>, Oversized>)> = vec![
        (0, Ok(b"a".to_vec())),
        (3, Ok(b"bb".to_vec())),
        (4, Ok(b"\xef\xbb\xbfc\r".to_vec())),
        (7, Ok(b"last".to_vec())),
    ];
    for size in (8..content.len() + 3).chain([1 << 20]) {
        for step in [1, 3, 7, 1 << 20] {
            assert_eq!(lines_of(content, size, step), expected, "blocks of {size}, {step} bytes at a time");
        }
        let ended = [&content[..], b"\n"].concat();
        assert_eq!(lines_of(&ended, size, 5), expected, "a last line end makes no line");
    }
    for nothing in [&b""[..], b"\n", b"\r\n \n\t", b"\xef\xbb\xbf"] {
        assert_eq!(lines_of(nothing, 8, 3), []);
    }
}

#[test]
fn a_line_too_long_to_hold_passes_by_as_its_hash() {
    let long = [b"x".repeat(40), b"\r".to_vec(), b"y".repeat(13)].concat();
    let of_long = Oversized { sha256: sha256_hex(&long), bytes: 54 };
    // One block that ends within the long line, one that ends with its carriage return, and others.
    for size in 12..=50 {
        for end in [&b"\n"[..], b"\r\n"] {
            let content = [b"a", &end[..], &long, end, b"b", end].concat();
            let found = lines_of(&content, size, 9);
            assert_eq!(found[0], (0, Ok(b"a".to_vec())));
            assert_eq!(found[1], (1, Err(of_long.clone())), "blocks of {size}");
            assert_eq!(found[2], (2, Ok(b"b".to_vec())));
            assert_eq!(lines_of(&long, size, 9), [(0, Err(of_long.clone()))]);
        }
    }
    // A line at the limit is held, whatever its end.
    for content in [&b"0123456789\n"[..], b"0123456789\r\n", b"0123456789"] {
        assert_eq!(lines_of(content, 12, 4), [(0, Ok(b"0123456789".to_vec()))]);
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
fn several_decoders_give_what_one_gives_in_the_order_of_lines() {
    let folder = tempfile::tempdir().unwrap();
    let (mut content, mut good, mut bad) = (Vec::new(), Vec::new(), 0);
    // Lines of many lengths, some bad, some blank, one longer than a block.
    for line in 0.. {
        match line % 11 {
            3 => content.extend_from_slice(b"{}\n"),
            7 => content.extend_from_slice(b" \r\n"),
            _ if line == 5_000 => content.extend_from_slice(&[&b"z".repeat(2 * BLOCK_BYTES + 5)[..], b"\n"].concat()),
            _ => {
                content.extend_from_slice(format!("{GOOD}{}\n", " ".repeat(line as usize % 97)).as_bytes());
                good.push(line);
            }
        }
        bad += u64::from(line % 11 == 3 || line == 5_000);
        if content.len() > 6 * BLOCK_BYTES {
            break;
        }
    }
    let calls = written(&folder, "calls.ndjson", &content);
    let more = written(&folder, "more.ndjson", GOOD.as_bytes());
    let files = [ImportFile::open(calls, Kind::Calls).unwrap(), ImportFile::open(more, Kind::Calls).unwrap()];
    let alone = read(&files, 1_000, 1).unwrap();
    let together = read(&files, 1_000, 4).unwrap();
    assert!(alone.len() >= 6, "{} batches", alone.len());
    assert_eq!(alone.len(), together.len());
    for (one, other) in alone.iter().zip(&together) {
        assert_eq!((&one.records, &one.dead_letters, &one.next), (&other.records, &other.dead_letters, &other.next));
        assert_eq!(one.seen, other.seen);
    }
    let offsets = |batch: &DecodedBatch| RecordColumns::try_new(&batch.records).unwrap().kafka_offset.values().to_vec();
    good.push(0); // the only line of the second file
    assert_eq!(together.iter().flat_map(offsets).collect::<Vec<i64>>(), good);
    let rejected: u64 = together.iter().flat_map(|batch| &batch.seen).map(|seen| seen.rejected.total()).sum();
    assert_eq!(rejected, bad);
}

#[test]
fn a_failure_of_the_taker_ends_the_reading() {
    let folder = tempfile::tempdir().unwrap();
    let content = format!("{GOOD}\n").repeat(8 * BLOCK_BYTES / GOOD.len());
    let file = ImportFile::open(written(&folder, "calls.ndjson", content.as_bytes()), Kind::Calls).unwrap();
    let reader = FileReader::new(&decoder(1_000), STARTED, NonZeroUsize::MIN);
    let mut taken = 0;
    let ended = reader.read(&[file], |_| {
        taken += 1;
        Err(FileError::Changed { path: PathBuf::from("stop") })
    });
    assert!(matches!(ended, Err(FileError::Changed { path }) if path == PathBuf::from("stop")));
    assert_eq!(taken, 1);
}

#[test]
fn an_empty_file_has_no_row() {
    for content in [&b""[..], b"\n\r\n"] {
        let (_, batches) = batches(content, 1_000);
        assert!(batches.iter().all(|batch| batch.records.num_rows() == 0 && batch.next.is_empty()));
    }
}

#[test]
fn files_are_named_side_by_side_in_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let name = |i: usize| (Kind::Calls, written(&folder, &format!("{i}.ndjson"), &GOOD.as_bytes()[i..]));
    let files: Vec<(Kind, PathBuf)> = (0..9).map(name).collect();
    let alone: Vec<ImportFile> = files.iter().map(|(kind, path)| ImportFile::open(path, *kind).unwrap()).collect();
    for threads in [1, 3, 20] {
        let read = AtomicU64::new(0);
        let count = |bytes| assert!(read.fetch_add(bytes, Ordering::Relaxed) < u64::MAX);
        let found = ImportFile::open_all(&files, NonZeroUsize::new(threads).unwrap(), &count).unwrap();
        assert_eq!(found, alone);
        assert_eq!(read.into_inner(), alone.iter().map(|file| file.bytes).sum::<u64>());
    }
    let missing = [files[0].clone(), (Kind::Calls, folder.path().join("none")), (Kind::Calls, folder.path().join("x"))];
    let error = ImportFile::open_all(&missing, NonZeroUsize::new(2).unwrap(), &|_| {}).unwrap_err();
    assert!(error.to_string().contains("none"), "the first file that fails is named: {error}");
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
    assert!(matches!(read(&[file], 1_000, 2), Err(FileError::Changed { .. })));
}
