//! A small client of the PostgreSQL protocol that keeps what a server said: columns, types, rows as text, SQLSTATEs.
//!
//! For what the well-known clients hide: which protocol a statement went by, what was answered before an error, what a server
//! does with a client that misbehaves. Blocking; without TLS. What cannot be sent or received is a [`Refused`] with the code
//! [`LOST`], as a client of a server that went away would report it.

use bytes::BytesMut;
use fallible_iterator::FallibleIterator;
use postgres_protocol::IsNull;
use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256};
use postgres_protocol::message::backend::{DataRowBody, ErrorFields, Message, RowDescriptionBody};
use postgres_protocol::message::frontend;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// The connection failed: nobody said why.
pub(crate) const LOST: &str = "08006";
/// Longer than any statement of a test may take.
const PATIENCE: Duration = Duration::from_secs(60);
const CHUNK: usize = 64 * 1024;

/// Who logs in, where.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    pub(crate) address: SocketAddr,
    pub(crate) user: String,
    pub(crate) password: String,
}

/// Why a statement or a login failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    /// The SQLSTATE.
    pub(crate) code: String,
    pub(crate) message: String,
    /// Every further field: detail, hint, position, and what else was said.
    pub(crate) more: String,
}

/// A column as described.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) type_oid: u32,
}

/// The answer to one statement.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Answer {
    pub(crate) columns: Vec<Column>,
    /// Values as the server wrote them in text.
    pub(crate) rows: Vec<Vec<Option<String>>>,
    /// Such as `SELECT 3`; empty for an empty statement.
    pub(crate) tag: String,
}

/// What stops a statement from another connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CancelKey {
    address: SocketAddr,
    process_id: i32,
    secret_key: i32,
}

/// One connection that has logged in.
pub(crate) struct PostgresClient {
    stream: TcpStream,
    received: BytesMut,
    cancel_key: CancelKey,
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self { code: LOST.to_owned(), message: error.to_string(), more: String::new() }
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.code, self.message, self.more)
    }
}

impl std::error::Error for Refused {}

impl CancelKey {
    /// The key of somebody who knows the process and guesses the rest.
    pub(crate) fn guessed(self) -> Self {
        Self { secret_key: self.secret_key.wrapping_add(1), ..self }
    }

    /// Asks the server to stop what this connection runs. Nobody answers.
    pub(crate) fn cancel(self) -> io::Result<()> {
        let mut message = BytesMut::new();
        frontend::cancel_request(self.process_id, self.secret_key, &mut message);
        let mut stream = TcpStream::connect(self.address)?;
        stream.write_all(&message)?;
        // The server closes when it has understood.
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.read_to_end(&mut Vec::new()).map(drop)
    }
}

impl PostgresClient {
    /// Connects and logs in.
    ///
    /// # Errors
    /// What the server said, or [`LOST`].
    pub(crate) fn connect(login: &Login) -> Result<Self, Refused> {
        let stream = TcpStream::connect(login.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        let cancel_key = CancelKey { address: login.address, process_id: 0, secret_key: 0 };
        let mut client = Self { stream, received: BytesMut::new(), cancel_key };
        let names = [("user", login.user.as_str()), ("database", "touchload"), ("application_name", "tests")];
        client.send(|out| frontend::startup_message(names, out))?;
        client.authenticate(&login.password)?;
        client.until_ready()?;
        Ok(client)
    }

    /// What stops a statement of this connection.
    pub(crate) fn cancel_key(&self) -> CancelKey {
        self.cancel_key
    }

    /// The simple protocol: every statement of `sql` with its answer.
    ///
    /// # Errors
    /// The first error; the connection goes on.
    pub(crate) fn simple(&mut self, sql: &str) -> Result<Vec<Answer>, Refused> {
        self.send(|out| frontend::query(sql, out))?;
        self.answers()
    }

    /// The answer to a text of one statement by the simple protocol.
    ///
    /// # Errors
    /// As [`PostgresClient::simple`].
    pub(crate) fn one(&mut self, sql: &str) -> Result<Answer, Refused> {
        Ok(self.simple(sql)?.pop().unwrap_or_default())
    }

    /// The extended protocol: parsed, bound to `values` (their types left to the server), described, executed.
    ///
    /// # Errors
    /// As [`PostgresClient::simple`].
    pub(crate) fn extended(&mut self, sql: &str, values: &[Option<&str>]) -> Result<Answer, Refused> {
        self.send(|out| {
            frontend::parse("", sql, [], out)?;
            let written = |value: &Option<&str>, out: &mut BytesMut| match value {
                Some(text) => {
                    out.extend_from_slice(text.as_bytes());
                    Ok(IsNull::No)
                }
                None => Ok(IsNull::Yes),
            };
            frontend::bind("", "", [], values, written, [], out)
                .map_err(|_| io::Error::other("the values cannot be sent"))?;
            frontend::describe(b'P', "", out)?;
            frontend::execute("", 0, out)?;
            frontend::sync(out);
            Ok(())
        })?;
        Ok(self.answers()?.pop().unwrap_or_default())
    }

    /// Sends a statement and reads nothing of its answer.
    pub(crate) fn ask(&mut self, sql: &str) -> Result<(), Refused> {
        self.send(|out| frontend::query(sql, out))
    }

    /// Asks and counts: rows and bytes.
    ///
    /// # Errors
    /// As [`PostgresClient::simple`].
    pub(crate) fn count(&mut self, sql: &str) -> Result<(u64, u64), Refused> {
        self.ask(sql)?;
        self.drain()
    }

    /// Reads what [`PostgresClient::ask`] is answered, counting rows instead of keeping them: rows and bytes.
    ///
    /// # Errors
    /// As [`PostgresClient::simple`].
    pub(crate) fn drain(&mut self) -> Result<(u64, u64), Refused> {
        let (mut rows, mut bytes, mut refused) = (0, 0, None);
        loop {
            match self.receive()? {
                Message::DataRow(row) => (rows, bytes) = (rows + 1, bytes + row.buffer().len() as u64),
                Message::ErrorResponse(body) => refused = refused.or(Some(told(body.fields()))),
                Message::ReadyForQuery(_) => return refused.map_or(Ok((rows, bytes)), Err),
                _ => {}
            }
        }
    }

    fn send(&mut self, write: impl FnOnce(&mut BytesMut) -> io::Result<()>) -> Result<(), Refused> {
        let mut message = BytesMut::new();
        write(&mut message)?;
        Ok(self.stream.write_all(&message)?)
    }

    fn receive(&mut self) -> Result<Message, Refused> {
        loop {
            if let Some(message) = Message::parse(&mut self.received)? {
                return Ok(message);
            }
            let mut chunk = [0; CHUNK];
            let read = self.stream.read(&mut chunk)?;
            if read == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
            self.received.extend_from_slice(&chunk[..read]);
        }
    }

    fn authenticate(&mut self, password: &str) -> Result<(), Refused> {
        let mut scram = ScramSha256::new(password.as_bytes(), ChannelBinding::unsupported());
        loop {
            match self.receive()? {
                Message::AuthenticationSasl(_) => {
                    self.send(|out| frontend::sasl_initial_response(SCRAM_SHA_256, scram.message(), out))?;
                }
                Message::AuthenticationSaslContinue(body) => {
                    scram.update(body.data())?;
                    self.send(|out| frontend::sasl_response(scram.message(), out))?;
                }
                Message::AuthenticationSaslFinal(body) => scram.finish(body.data())?,
                Message::AuthenticationOk => return Ok(()),
                Message::ErrorResponse(body) => return Err(told(body.fields())),
                _ => return Err(io::Error::other("another way to log in is asked for").into()),
            }
        }
    }

    fn until_ready(&mut self) -> Result<(), Refused> {
        loop {
            match self.receive()? {
                Message::BackendKeyData(body) => {
                    let address = self.cancel_key.address;
                    let (process_id, secret_key) = (body.process_id(), body.secret_key());
                    self.cancel_key = CancelKey { address, process_id, secret_key };
                }
                Message::ReadyForQuery(_) => return Ok(()),
                Message::ErrorResponse(body) => return Err(told(body.fields())),
                _ => {}
            }
        }
    }

    fn answers(&mut self) -> Result<Vec<Answer>, Refused> {
        let (mut answers, mut answer, mut refused) = (Vec::new(), Answer::default(), None);
        loop {
            match self.receive()? {
                Message::RowDescription(body) => answer.columns = columns(&body)?,
                Message::DataRow(body) => answer.rows.push(values(&body)?),
                Message::CommandComplete(body) => {
                    answer.tag = body.tag()?.to_owned();
                    answers.push(std::mem::take(&mut answer));
                }
                Message::EmptyQueryResponse => answers.push(std::mem::take(&mut answer)),
                Message::ErrorResponse(body) => refused = refused.or(Some(told(body.fields()))),
                Message::ReadyForQuery(_) => return refused.map_or(Ok(answers), Err),
                _ => {}
            }
        }
    }
}

fn columns(body: &RowDescriptionBody) -> io::Result<Vec<Column>> {
    body.fields().map(|field| Ok(Column { name: field.name().to_owned(), type_oid: field.type_oid() })).collect()
}

fn values(body: &DataRowBody) -> io::Result<Vec<Option<String>>> {
    let text = |range: std::ops::Range<usize>| String::from_utf8_lossy(&body.buffer()[range]).into_owned();
    body.ranges().map(|range| Ok(range.map(text))).collect()
}

fn told(mut fields: ErrorFields<'_>) -> Refused {
    let mut refused = Refused { code: String::new(), message: String::new(), more: String::new() };
    while let Ok(Some(field)) = fields.next() {
        let value = String::from_utf8_lossy(field.value_bytes());
        match field.type_() {
            b'C' => refused.code = value.into_owned(),
            b'M' => refused.message = value.into_owned(),
            kind => refused.more.push_str(&format!("{}={value} ", char::from(kind))),
        }
    }
    refused
}
