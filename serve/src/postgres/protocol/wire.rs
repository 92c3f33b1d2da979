//! One connection: messages in, bytes out.
//!
//! What goes out is gathered and written when it is much or when the client waits for it; a client that reads slowly is
//! waited for, so nothing piles up. While a statement runs, [`Wire::gone`] reads ahead, a little and no further: it is the
//! only way to notice that nobody waits for the answer any more.

use super::answers::Answers;
use super::ask::{Ask, Opening};
use crate::postgres::fault::{Fault, SqlState};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_util::bytes::{Buf, BytesMut};

/// Bytes that are written without waiting for more.
const FULL: usize = 64 << 10;
/// Bytes that are read ahead of a running statement.
const AHEAD: usize = 64 << 10;
/// Longest first message, and longest one before a client is known, as in PostgreSQL.
const LONGEST_UNKNOWN: usize = 10_000;
/// Bytes of a message's type and length.
const HEAD: usize = 5;

/// Why no message can be had.
#[derive(Debug)]
pub(in crate::postgres) enum WireError {
    /// The client is gone; there is nobody to tell.
    Gone,
    /// What it said cannot be read; it is told, and the connection ends.
    Fatal(Fault),
}

impl From<std::io::Error> for WireError {
    fn from(_: std::io::Error) -> Self {
        Self::Gone
    }
}

/// See the module.
pub(in crate::postgres) struct Wire<S> {
    stream: S,
    read: BytesMut,
    longest: usize,
    /// What goes out next.
    pub(in crate::postgres) out: Answers,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    pub(in crate::postgres) fn new(stream: S) -> Self {
        Self { stream, read: BytesMut::new(), longest: LONGEST_UNKNOWN, out: Answers::default() }
    }

    /// The stream, of which not a byte more was read than the messages so far.
    pub(in crate::postgres) fn into_stream(self) -> Result<S, Fault> {
        if self.read.is_empty() {
            return Ok(self.stream);
        }
        // Bytes that came in plain would be taken for encrypted ones: somebody in between may have put them there.
        Err(Fault::new(SqlState::ProtocolViolation, "received unencrypted data after a request to encrypt"))
    }

    /// From now on messages of up to `longest` bytes are read: the client is known.
    pub(in crate::postgres) fn known(&mut self, longest: usize) {
        self.longest = longest;
    }

    /// The first message of a connection.
    pub(in crate::postgres) async fn opening(&mut self) -> Result<Opening, WireError> {
        self.read_to(4).await?;
        let length = length(&self.read, 0);
        if !(8..=LONGEST_UNKNOWN).contains(&length) {
            return Err(WireError::Fatal(Fault::new(SqlState::ProtocolViolation, "invalid length of startup packet")));
        }
        self.read_to(length).await?;
        let mut body = self.read.split_to(length).freeze();
        body.advance(4);
        Opening::read(body).map_err(WireError::Fatal)
    }

    /// The next message.
    pub(in crate::postgres) async fn ask(&mut self) -> Result<Ask, WireError> {
        self.read_to(HEAD).await?;
        let kind = self.read.first().copied().unwrap_or_default();
        let length = length(&self.read, 1);
        if length < 4 {
            return Err(WireError::Fatal(Fault::new(SqlState::ProtocolViolation, "invalid message length")));
        }
        if length > self.longest {
            let fault = Fault::new(SqlState::ProgramLimitExceeded, "the message is longer than the server reads")
                .with_detail(format!("It has {length} bytes; {} are read.", self.longest));
            return Err(WireError::Fatal(fault));
        }
        self.read_to(1 + length).await?;
        let mut body = self.read.split_to(1 + length).freeze();
        body.advance(HEAD);
        Ask::read(kind, body).map_err(WireError::Fatal)
    }

    /// Whether more messages wait that were read already.
    pub(in crate::postgres) fn more_waits(&self) -> bool {
        self.read.len() >= HEAD && self.read.len() > length(&self.read, 1)
    }

    async fn read_to(&mut self, bytes: usize) -> Result<(), WireError> {
        while self.read.len() < bytes {
            self.read.reserve((bytes - self.read.len()).max(4 << 10));
            if self.stream.read_buf(&mut self.read).await? == 0 {
                return Err(WireError::Gone);
            }
        }
        Ok(())
    }

    /// Returns when the client is gone. May be dropped and called again: nothing read is lost.
    pub(in crate::postgres) async fn gone(&mut self) {
        while self.read.len() < AHEAD {
            self.read.reserve(4 << 10);
            if !matches!(self.stream.read_buf(&mut self.read).await, Ok(read) if read > 0) {
                return;
            }
        }
        std::future::pending::<()>().await;
    }

    /// Writes what goes out if it is much.
    pub(in crate::postgres) async fn relieve(&mut self) -> Result<(), WireError> {
        if self.out.0.len() >= FULL { self.flush().await } else { Ok(()) }
    }

    /// Writes what goes out.
    pub(in crate::postgres) async fn flush(&mut self) -> Result<(), WireError> {
        self.stream.write_all_buf(&mut self.out.0).await?;
        Ok(self.stream.flush().await?)
    }

    /// One byte in answer to a request to encrypt.
    pub(in crate::postgres) async fn byte(&mut self, byte: u8) -> Result<(), WireError> {
        self.stream.write_all(&[byte]).await?;
        Ok(self.stream.flush().await?)
    }

    /// Says why the connection ends, and ends it.
    pub(in crate::postgres) async fn end(mut self, fault: &Fault) {
        self.out.fatal(fault);
        if self.flush().await.is_ok() {
            // A client that hung up before it read this has lost nothing.
            self.stream.shutdown().await.unwrap_or_default();
        }
    }
}

/// The four bytes at `at`, which are there.
fn length(read: &[u8], at: usize) -> usize {
    let bytes = read.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).unwrap_or_default();
    usize::try_from(u32::from_be_bytes(bytes)).unwrap_or(usize::MAX)
}
