//! A byte source cut into blocks of whole lines, so that several threads can decode one file and every line still knows
//! its number.
//!
//! A block holds at most [`BLOCK_BYTES`] (more only where one line may be longer), so what a reader holds is bounded
//! whatever the file looks like: a line too long to be decoded is hashed as it passes by and becomes a block of its own.
//! A byte order mark at the start of the source is passed over.

use crate::batch::Oversized;
use crate::digest;
use memchr::{memchr, memchr_iter, memrchr};
use sha2::{Digest, Sha256};
use std::io::{self, Read};

/// Bytes of a block: several thousand records, and still within the second-level cache.
pub(super) const BLOCK_BYTES: usize = 2 << 20;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Consecutive lines of a source.
#[derive(Debug)]
pub(super) enum Block {
    /// Whole lines with their ends; only the last line of a source may lack its own.
    Lines {
        /// Number of the first line, from 0.
        first: i64,
        /// Their bytes.
        bytes: Vec<u8>,
    },
    /// One line that is too long to be held.
    Oversized {
        /// Its number, from 0.
        line: i64,
        /// What is known of it.
        oversized: Oversized,
    },
}

/// Cuts a source into blocks.
#[derive(Debug)]
pub(super) struct Blocks<R> {
    source: R,
    block_bytes: usize,
    /// The beginning of a line whose end has not been read yet.
    carry: Vec<u8>,
    next_line: i64,
    bytes_read: u64,
    exhausted: bool,
}

impl<R: Read> Blocks<R> {
    /// The blocks of `source`; lines longer than `max_bytes` may come as [`Block::Oversized`], shorter ones never do.
    pub(super) fn new(source: R, max_bytes: usize) -> Self {
        // The longest line that must be held, with a line end of two bytes.
        let block_bytes = BLOCK_BYTES.max(max_bytes.saturating_add(2));
        Self::of_size(source, block_bytes)
    }

    /// Blocks of another size.
    pub(super) fn of_size(source: R, block_bytes: usize) -> Self {
        Self { source, block_bytes, carry: Vec::new(), next_line: 0, bytes_read: 0, exhausted: false }
    }

    /// Bytes taken from the source.
    pub(super) fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    /// The source.
    pub(super) fn source(&self) -> &R {
        &self.source
    }

    /// The next block, `None` at the end.
    pub(super) fn advance(&mut self) -> io::Result<Option<Block>> {
        let mut bytes = std::mem::take(&mut self.carry);
        let is_start = self.bytes_read == 0;
        self.fill(&mut bytes)?;
        if is_start && bytes.starts_with(BYTE_ORDER_MARK) {
            bytes.drain(..BYTE_ORDER_MARK.len());
        }
        if bytes.is_empty() {
            return Ok(None);
        }
        let first = self.next_line;
        match memrchr(b'\n', &bytes) {
            Some(last) if !self.exhausted => self.carry = bytes.split_off(last + 1),
            None if !self.exhausted => {
                self.next_line += 1;
                return Ok(Some(Block::Oversized { line: first, oversized: self.pass_by(bytes)? }));
            }
            _ => {}
        }
        let unended = i64::from(bytes.last() != Some(&b'\n'));
        self.next_line += memchr_iter(b'\n', &bytes).count() as i64 + unended;
        Ok(Some(Block::Lines { first, bytes }))
    }

    /// Reads until `bytes` is as long as a block or the source ends.
    fn fill(&mut self, bytes: &mut Vec<u8>) -> io::Result<()> {
        let wanted = self.block_bytes.saturating_sub(bytes.len());
        bytes.reserve_exact(wanted);
        let read = self.source.by_ref().take(wanted as u64).read_to_end(bytes)?;
        self.bytes_read += read as u64;
        self.exhausted = read < wanted;
        Ok(())
    }

    /// Hashes the line that begins with `piece` up to its end, a block at a time.
    fn pass_by(&mut self, mut piece: Vec<u8>) -> io::Result<Oversized> {
        let (mut hasher, mut length, mut held_back) = (Sha256::new(), 0u64, false);
        loop {
            let end = memchr(b'\n', &piece);
            self.carry = end.map_or_else(Vec::new, |end| piece.split_off(end + 1));
            let line = piece.strip_suffix(b"\n").unwrap_or(&piece);
            if held_back && !line.is_empty() {
                hasher.update(b"\r");
                length += 1;
            }
            // A carriage return at the end of a piece may be part of the line end: it waits for the next piece.
            held_back = line.last().map_or(held_back, |byte| *byte == b'\r');
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            hasher.update(line);
            length += line.len() as u64;
            if end.is_some() || self.exhausted {
                return Ok(Oversized { sha256: digest::hex(hasher), bytes: length });
            }
            piece.clear();
            self.fill(&mut piece)?;
        }
    }
}

/// The lines of a block that are not blank, with their numbers and without their ends.
pub(super) fn lines(first: i64, bytes: &[u8]) -> impl Iterator<Item = (i64, &[u8])> {
    let unended = bytes.last().is_some_and(|byte| *byte != b'\n').then_some(bytes.len());
    let mut start = 0;
    let split = memchr_iter(b'\n', bytes).chain(unended).map(move |end| {
        let line = bytes.get(start..end).unwrap_or_default();
        start = end + 1;
        line.strip_suffix(b"\r").unwrap_or(line)
    });
    let is_blank = |line: &[u8]| line.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r'));
    (first..).zip(split).filter(move |(_, line)| !is_blank(line))
}
