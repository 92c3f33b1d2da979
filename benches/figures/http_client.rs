//! A bare HTTP/1.1 client: one connection that is kept, one question at a time, nothing between the socket and the clock.

use anyhow::{Context, bail};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// What looks back over everybody takes longest.
const ANSWER_WITHIN: Duration = Duration::from_secs(120);

/// A connection that is kept.
pub(crate) struct Connection {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER_WITHIN))?;
        Ok(Self { stream, answer: Vec::with_capacity(16 << 10) })
    }

    /// Sends a whole request and waits for the whole answer; gives its status.
    pub(crate) fn ask(&mut self, request: &[u8]) -> anyhow::Result<u16> {
        self.stream.write_all(request)?;
        self.answer.clear();
        let mut part = [0; 16 << 10];
        loop {
            let read = self.stream.read(&mut part)?;
            if read == 0 {
                bail!("the connection was closed before its answer");
            }
            self.answer.extend_from_slice(part.get(..read).unwrap_or_default());
            let Some(head) = self.answer.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
            let (status, length) = parse_head(self.answer.get(..head).unwrap_or_default())?;
            if self.answer.len() >= head + 4 + length {
                return Ok(status);
            }
        }
    }

    /// The last answer, head and body.
    pub(crate) fn last(&self) -> &[u8] {
        &self.answer
    }
}

/// Status and length of the body.
fn parse_head(head: &[u8]) -> anyhow::Result<(u16, usize)> {
    let head = std::str::from_utf8(head)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).context("an answer without a status")?;
    // What has not changed comes without a body.
    let length = header(head, "content-length").and_then(|length| length.parse().ok()).or((status == 304).then_some(0));
    Ok((status, length.context("an answer without a length")?))
}

/// The value of a header of an answer.
pub(crate) fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines().find_map(|line| {
        let (of, value) = line.split_once(':')?;
        of.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}
