//! What a client says: one message, read within its own length.
//!
//! Text has to be UTF-8 and ends with a zero byte; a count must be of what follows. Whatever is not so ends the connection:
//! after it nothing says where the next message begins.

use crate::postgres::fault::{Fault, SqlState};
use std::collections::BTreeMap;
use tokio_util::bytes::{Buf, Bytes};

/// Code of a request to speak TLS, in place of a protocol version.
const SSL_REQUEST: u32 = 80_877_103;
/// Code of a request to speak GSSAPI.
const GSS_REQUEST: u32 = 80_877_104;
/// Code of a request to cancel what another connection runs.
const CANCEL_REQUEST: u32 = 80_877_102;
/// The major version that is spoken.
const MAJOR: u32 = 3;

/// What may come first on a connection.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::postgres) enum Opening {
    /// TLS from here on?
    Tls,
    /// GSSAPI from here on?
    Gss,
    /// End what this connection runs.
    Cancel {
        /// Its number.
        backend: i32,
        /// Its secret.
        secret: Bytes,
    },
    /// A session.
    Start {
        /// The minor version asked for; 0 is spoken.
        minor: u32,
        /// `user`, `database`, and settings to begin with.
        parameters: BTreeMap<String, String>,
    },
}

impl Opening {
    /// The message whose bytes behind the length are `body`.
    pub(in crate::postgres) fn read(body: Bytes) -> Result<Self, Fault> {
        let mut body = Body(body);
        match body.u32()? {
            SSL_REQUEST => Ok(Self::Tls),
            GSS_REQUEST => Ok(Self::Gss),
            CANCEL_REQUEST => Ok(Self::Cancel { backend: body.i32()?, secret: body.0 }),
            version if version >> 16 == MAJOR => {
                let mut parameters = BTreeMap::new();
                loop {
                    let name = body.text()?;
                    if name.is_empty() {
                        return Ok(Self::Start { minor: version & 0xFFFF, parameters });
                    }
                    parameters.insert(name, body.text()?);
                }
            }
            version => {
                Err(malformed(&format!("protocol version {}.{} is not spoken here", version >> 16, version & 0xFFFF)))
            }
        }
    }
}

/// A message of a session.
#[derive(Debug, PartialEq)]
pub(in crate::postgres) enum Ask {
    Query(String),
    Parse(Parse),
    Bind(Bind),
    Describe(Target),
    Execute(Execute),
    Close(Target),
    Flush,
    Sync,
    Terminate,
    /// A message of a copy, of which none is ever begun; read past, as PostgreSQL does.
    Copy,
    /// A step of a login.
    Secret(Bytes),
}

/// A statement to be kept under a name; the empty one is replaced silently.
#[derive(Debug, PartialEq)]
pub(in crate::postgres) struct Parse {
    pub(in crate::postgres) name: String,
    pub(in crate::postgres) sql: String,
    /// Types of the first parameters; 0: not said.
    pub(in crate::postgres) types: Vec<u32>,
}

/// Values for the parameters of a statement.
#[derive(Debug, PartialEq)]
pub(in crate::postgres) struct Bind {
    pub(in crate::postgres) portal: String,
    pub(in crate::postgres) statement: String,
    pub(in crate::postgres) formats: Vec<i16>,
    pub(in crate::postgres) values: Vec<Option<Bytes>>,
    pub(in crate::postgres) result_formats: Vec<i16>,
}

/// What is described or closed.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::postgres) enum Target {
    Statement(String),
    Portal(String),
}

/// Rows of a portal.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::postgres) struct Execute {
    pub(in crate::postgres) portal: String,
    /// At most so many; 0: all.
    pub(in crate::postgres) rows: u32,
}

impl Ask {
    /// The message of a type and the bytes behind its length.
    pub(in crate::postgres) fn read(kind: u8, body: Bytes) -> Result<Self, Fault> {
        let mut body = Body(body);
        Ok(match kind {
            b'Q' => Self::Query(body.text()?),
            b'P' => {
                let (name, sql) = (body.text()?, body.text()?);
                Self::Parse(Parse { name, sql, types: body.list(Body::u32)? })
            }
            b'B' => Self::Bind(Bind {
                portal: body.text()?,
                statement: body.text()?,
                formats: body.list(Body::i16)?,
                values: body.list(Body::value)?,
                result_formats: body.list(Body::i16)?,
            }),
            b'D' => Self::Describe(body.target()?),
            b'C' => Self::Close(body.target()?),
            b'E' => {
                let portal = body.text()?;
                // A negative number of rows is all of them, as in PostgreSQL.
                Self::Execute(Execute { portal, rows: u32::try_from(body.i32()?).unwrap_or(0) })
            }
            b'H' => Self::Flush,
            b'S' => Self::Sync,
            b'X' => Self::Terminate,
            b'c' | b'd' | b'f' => Self::Copy,
            b'p' => Self::Secret(body.0),
            other => return Err(malformed(&format!("invalid frontend message type {other}"))),
        })
    }

    /// Whether a fault in it is followed by reading on to the next [`Ask::Sync`].
    pub(in crate::postgres) fn is_extended(&self) -> bool {
        !matches!(self, Self::Query(_))
    }
}

fn malformed(what: &str) -> Fault {
    Fault::new(SqlState::ProtocolViolation, what)
}

/// The bytes of one message that are not read yet.
struct Body(Bytes);

impl Body {
    fn i16(&mut self) -> Result<i16, Fault> {
        self.0.try_get_i16().map_err(|_| short())
    }

    fn i32(&mut self) -> Result<i32, Fault> {
        self.0.try_get_i32().map_err(|_| short())
    }

    fn u32(&mut self) -> Result<u32, Fault> {
        self.0.try_get_u32().map_err(|_| short())
    }

    fn text(&mut self) -> Result<String, Fault> {
        let end = self.0.iter().position(|byte| *byte == 0).ok_or_else(short)?;
        let text = self.0.split_to(end);
        self.0.advance(1);
        String::from_utf8(text.into())
            .map_err(|_| Fault::new(SqlState::CharacterNotInRepertoire, "invalid byte sequence for encoding \"UTF8\""))
    }

    fn value(&mut self) -> Result<Option<Bytes>, Fault> {
        let Ok(length) = usize::try_from(self.i32()?) else { return Ok(None) };
        if length > self.0.len() {
            return Err(short());
        }
        Ok(Some(self.0.split_to(length)))
    }

    fn list<T>(&mut self, item: fn(&mut Self) -> Result<T, Fault>) -> Result<Vec<T>, Fault> {
        let count = self.0.try_get_u16().map_err(|_| short())?;
        (0..count).map(|_| item(self)).collect()
    }

    fn target(&mut self) -> Result<Target, Fault> {
        match self.0.try_get_u8().map_err(|_| short())? {
            b'S' => Ok(Target::Statement(self.text()?)),
            b'P' => Ok(Target::Portal(self.text()?)),
            other => Err(malformed(&format!("invalid target {other} of a message"))),
        }
    }
}

fn short() -> Fault {
    malformed("a message ends before what it says it holds")
}
