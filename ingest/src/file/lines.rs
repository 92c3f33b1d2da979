//! The lines of a byte source through one buffer, which grows to the longest line that may be decoded and no further.

use super::{CHUNK, read_some};
use crate::batch::Oversized;
use crate::digest;
use memchr::memchr;
use sha2::{Digest, Sha256};
use std::io::{self, Read};
use std::ops::Range;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One line that is not blank.
#[derive(Debug)]
pub(super) enum Line {
    /// In the buffer until the next [`Lines::advance`].
    Whole(Range<usize>),
    /// Too long to be held; it was hashed as it passed by.
    Oversized(Oversized),
}

/// Splits a source into lines.
#[derive(Debug)]
pub(super) struct Lines<R> {
    source: R,
    buffer: Vec<u8>,
    /// What is buffered and not yet given out.
    pending: Range<usize>,
    /// Up to where `pending` is known to hold no line end.
    searched: usize,
    max_bytes: usize,
    next_number: i64,
    bytes_read: u64,
    exhausted: bool,
}

impl<R: Read> Lines<R> {
    /// The lines of `source`; those longer than `max_bytes` may come as [`Line::Oversized`].
    pub(super) fn new(source: R, max_bytes: usize) -> Self {
        Self {
            source,
            buffer: Vec::new(),
            pending: 0..0,
            searched: 0,
            max_bytes,
            next_number: 0,
            bytes_read: 0,
            exhausted: false,
        }
    }

    /// Bytes taken from the source.
    pub(super) fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    /// The source.
    pub(super) fn source(&self) -> &R {
        &self.source
    }

    /// The bytes of a [`Line::Whole`].
    pub(super) fn content(&self, range: &Range<usize>) -> &[u8] {
        self.buffer.get(range.clone()).unwrap_or_default()
    }

    /// The next line that is not blank, with its number from 0.
    pub(super) fn advance(&mut self) -> io::Result<Option<(i64, Line)>> {
        loop {
            let line = if let Some(end) = self.line_end() {
                let line = self.pending.start..end;
                self.pending.start = end + 1;
                self.searched = end + 1;
                Line::Whole(line)
            } else if self.pending.len() > self.max_bytes + 1 {
                Line::Oversized(self.pass_by()?)
            } else if !self.exhausted {
                self.refill()?;
                continue;
            } else if !self.pending.is_empty() {
                let line = self.pending.clone();
                self.pending.start = self.pending.end;
                Line::Whole(line)
            } else {
                return Ok(None);
            };
            let number = self.next_number;
            self.next_number += 1;
            match line {
                Line::Whole(range) => {
                    if let Some(range) = self.trimmed(range) {
                        return Ok(Some((number, Line::Whole(range))));
                    }
                }
                oversized @ Line::Oversized(_) => return Ok(Some((number, oversized))),
            }
        }
    }

    fn line_end(&mut self) -> Option<usize> {
        let found = memchr(b'\n', self.content(&(self.searched..self.pending.end)));
        let end = found.map(|at| self.searched + at);
        self.searched = self.pending.end;
        end
    }

    /// Without the carriage return of its end; `None` when it is blank.
    fn trimmed(&self, range: Range<usize>) -> Option<Range<usize>> {
        let content = self.content(&range);
        let cut = usize::from(content.last() == Some(&b'\r'));
        let blank = content.iter().all(|b| matches!(b, b' ' | b'\t' | b'\r'));
        (!blank).then_some(range.start..range.end - cut)
    }

    /// Moves what is pending to the front and reads more behind it.
    fn refill(&mut self) -> io::Result<()> {
        self.buffer.copy_within(self.pending.clone(), 0);
        self.pending = 0..self.pending.len();
        self.searched = self.pending.end;
        let wanted = self.pending.end + CHUNK;
        if self.buffer.len() < wanted {
            self.buffer.resize(wanted, 0);
        }
        let room = self.buffer.get_mut(self.pending.end..).unwrap_or_default();
        let length = read_some(&mut self.source, room)?;
        self.exhausted = length == 0;
        self.pending.end += length;
        let is_start = self.bytes_read == 0;
        self.bytes_read += length as u64;
        // A short first read could split the mark, but no file system gives less than three bytes of a longer file.
        if is_start && self.content(&self.pending).starts_with(BYTE_ORDER_MARK) {
            self.pending.start = BYTE_ORDER_MARK.len();
            self.searched = self.pending.start;
        }
        Ok(())
    }

    /// Hashes the line that begins at `pending` up to its end, a chunk at a time.
    fn pass_by(&mut self) -> io::Result<Oversized> {
        let (mut hasher, mut bytes, mut held_back) = (Sha256::new(), 0u64, false);
        loop {
            let end = memchr(b'\n', self.content(&self.pending)).map(|at| self.pending.start + at);
            let piece = self.content(&(self.pending.start..end.unwrap_or(self.pending.end)));
            if held_back && !piece.is_empty() {
                hasher.update(b"\r");
                bytes += 1;
            }
            // A carriage return at the end of a piece may be part of the line end: it waits for the next piece.
            held_back = piece.last().map_or(held_back, |b| *b == b'\r');
            let piece = piece.strip_suffix(b"\r").unwrap_or(piece);
            hasher.update(piece);
            bytes += piece.len() as u64;
            self.pending.start = end.map_or(self.pending.end, |end| end + 1);
            self.searched = self.pending.start;
            if end.is_some() || self.exhausted {
                return Ok(Oversized { sha256: digest::hex(hasher), bytes });
            }
            self.refill()?;
        }
    }
}
