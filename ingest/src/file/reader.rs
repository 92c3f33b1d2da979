//! Files into batches, in the order of files and lines, decoded by several threads.
//!
//! ```text
//! cutter ──blocks──► decoders ──batches──► each
//!    └──────────── their order ─────────────▲
//! ```
//!
//! One thread cuts files into blocks; each block carries the place where its batch is awaited, so batches are handed on
//! in order whichever decoder was first. At most [`AHEAD`] blocks or batches per decoder wait between cutting and
//! handing on, of [`BLOCK_BYTES`](super::blocks::BLOCK_BYTES) each, whatever the files look like.

use super::blocks::{Block, Blocks, lines};
use super::{FileError, ImportFile};
use crate::batch::{BatchBuilder, DecodedBatch, Message};
use crate::decode::{Decoder, KeyRule};
use crossbeam_channel::{Receiver, Sender, bounded};
use std::fs::File;
use std::num::NonZeroUsize;
use std::sync::Arc;
use touchpoint::Micros;

/// Blocks per decoder that may wait.
const AHEAD: usize = 2;

/// Consecutive lines of one file, decoded.
#[derive(Debug)]
pub struct FileBatch {
    /// The lines; without rows when all of them are blank.
    pub batch: DecodedBatch,
    /// Bytes of all files up to the end of these lines, for progress.
    pub bytes_read: u64,
}

/// Reads files with several decoders.
#[derive(Debug)]
pub struct FileReader {
    decoder: Arc<Decoder>,
    started_at: Micros,
    decoders: NonZeroUsize,
}

type Decoded = Result<FileBatch, FileError>;

/// A block on its way to a decoder.
struct Work<'f> {
    file: &'f ImportFile,
    block: Block,
    bytes_read: u64,
    reply: Sender<Decoded>,
}

impl FileReader {
    /// `decoder` gives options and reference data; its key rule is set aside, since lines have no keys. `started_at` is
    /// the start of the import: timestamp and `ingested_at` of every record.
    pub fn new(decoder: &Decoder, started_at: Micros, decoders: NonZeroUsize) -> Self {
        Self { decoder: Arc::new(decoder.with_key_rule(KeyRule::AcceptAny)), started_at, decoders }
    }

    /// Hands every batch of `files` to `each`, in order, on this thread, until one fails. A file that has changed since
    /// it was named fails after its last batch.
    ///
    /// # Errors
    /// [`FileError`], or what `each` returns.
    pub fn read<E: From<FileError>>(
        &self,
        files: &[ImportFile],
        mut each: impl FnMut(FileBatch) -> Result<(), E>,
    ) -> Result<(), E> {
        let room = AHEAD * self.decoders.get();
        let (work, blocks) = bounded::<Work<'_>>(room);
        let (order, awaited) = bounded::<Receiver<Decoded>>(room);
        std::thread::scope(|scope| {
            let max_bytes = self.decoder.options().max_bytes;
            scope.spawn(move || Cutter { work, order, before: 0 }.cut_all(files, max_bytes));
            for _ in 0..self.decoders.get() {
                let blocks = blocks.clone();
                scope.spawn(move || self.decode_all(&blocks));
            }
            drop(blocks);
            // Leaving early drops `awaited`: the cutter then finds nobody waiting and ends, and the decoders after it.
            for batch in awaited {
                // Without a sender its decoder has panicked, and the scope passes that on.
                let Ok(batch) = batch.recv() else { break };
                each(batch?)?;
            }
            Ok(())
        })
    }

    fn decode_all(&self, blocks: &Receiver<Work<'_>>) {
        let mut builder = BatchBuilder::new(Arc::clone(&self.decoder), 0);
        for Work { file, block, bytes_read, reply } in blocks {
            self.push(&mut builder, file, block);
            let batch = builder.finish().map(|batch| FileBatch { batch, bytes_read });
            let batch = batch.map_err(|source| FileError::Columns { path: file.path.clone(), source });
            // Whoever no longer waits has failed before this block.
            reply.send(batch).ok();
        }
    }

    fn push(&self, builder: &mut BatchBuilder, file: &ImportFile, block: Block) {
        let topic = file.topic();
        let message = Message {
            kind: file.kind,
            topic: &topic,
            partition: 0,
            offset: 0,
            timestamp: Some(self.started_at),
            key: None,
            headers: &[],
            payload: None,
        };
        match block {
            Block::Lines { first, bytes } => {
                for (offset, line) in lines(first, &bytes) {
                    builder.push(&Message { offset, payload: Some(line), ..message }, self.started_at);
                }
            }
            Block::Oversized { line, oversized } => {
                builder.push_oversized(&Message { offset: line, ..message }, oversized, self.started_at);
            }
        }
    }
}

/// Cuts files into blocks and lines up the places of their batches. `None` from a method: nobody waits any more.
struct Cutter<'f> {
    work: Sender<Work<'f>>,
    order: Sender<Receiver<Decoded>>,
    /// Bytes of the files before the present one.
    before: u64,
}

impl<'f> Cutter<'f> {
    fn cut_all(mut self, files: &'f [ImportFile], max_bytes: usize) -> Option<()> {
        for file in files {
            self.cut(file, max_bytes)?;
            self.before += file.bytes;
        }
        Some(())
    }

    fn cut(&self, file: &'f ImportFile, max_bytes: usize) -> Option<()> {
        let failed = |source| FileError::Read { path: file.path.clone(), source };
        let mut blocks = match File::open(&file.path) {
            Ok(opened) => Blocks::new(opened, max_bytes),
            Err(error) => return self.fail(failed(error)),
        };
        loop {
            match blocks.advance() {
                Ok(Some(block)) => self.give(file, block, self.before + blocks.bytes_read())?,
                Ok(None) => break,
                Err(error) => return self.fail(failed(error)),
            }
        }
        match file.is_unchanged(blocks.source(), blocks.bytes_read()) {
            Ok(true) => Some(()),
            Ok(false) => self.fail(FileError::Changed { path: file.path.clone() }),
            Err(error) => self.fail(failed(error)),
        }
    }

    fn give(&self, file: &'f ImportFile, block: Block, bytes_read: u64) -> Option<()> {
        let (reply, batch) = bounded(1);
        self.order.send(batch).ok()?;
        self.work.send(Work { file, block, bytes_read, reply }).ok()
    }

    /// Puts an error where the next batch would stand; nothing follows it.
    fn fail(&self, error: FileError) -> Option<()> {
        let (reply, batch) = bounded(1);
        self.order.send(batch).ok()?;
        reply.send(Err(error)).ok()?;
        None
    }
}
