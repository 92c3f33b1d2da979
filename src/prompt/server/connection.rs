//! One connection: greeting, password, one statement at a time, and the request that ends one.

use super::values::{Columns, RowsOfText};
use super::{Address, Refusal, Secrecy, ServerError, password::Password, secure};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;
use fallible_iterator::FallibleIterator;
use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256};
use postgres_protocol::message::backend::{ErrorFields, Header, Message};
use postgres_protocol::message::frontend;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::bytes::BytesMut;

/// No message of an honest server is longer.
const LONGEST: usize = 256 << 20;

/// A stream of bytes in both directions.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// What names a connection to whoever asks to cancel its statement.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Key {
    process: i32,
    secret: i32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Ready,
    Busy,
}

/// See the module.
pub(super) struct Connection {
    stream: Box<dyn Duplex>,
    input: BytesMut,
    address: Address,
    key: Key,
    state: State,
}

/// The columns of a statement's rows.
pub(super) struct Answer {
    columns: Columns,
}

impl Answer {
    /// As Arrow names them.
    pub(super) fn schema(&self) -> SchemaRef {
        self.columns.schema()
    }
}

/// Connects and says who asks.
///
/// # Errors
/// As [`super::Server::connect`].
pub(super) async fn open(address: &Address, password: Option<&Password>) -> Result<Connection, ServerError> {
    let stream = reach(address).await?;
    let (input, address) = (BytesMut::new(), address.clone());
    let mut connection = Connection { stream, input, address, key: Key::default(), state: State::Busy };
    connection.greet(password).await?;
    Ok(connection)
}

/// Asks the server to end the statement that runs on the connection of this key.
///
/// # Errors
/// The server cannot be reached; that the statement ended is seen on its own connection.
pub(super) async fn cancel(address: &Address, key: Key) -> Result<(), ServerError> {
    let mut stream = reach(address).await?;
    let mut request = BytesMut::new();
    frontend::cancel_request(key.process, key.secret, &mut request);
    stream.write_all(&request).await.map_err(|error| address.lost(&error))?;
    stream.flush().await.map_err(|error| address.lost(&error))?;
    // The server answers nothing and closes: how it does that says nothing.
    let mut nothing = [0; 1];
    let _closed = stream.read(&mut nothing).await;
    Ok(())
}

async fn reach(address: &Address) -> Result<Box<dyn Duplex>, ServerError> {
    let stream = TcpStream::connect((address.host.as_str(), address.port)).await.map_err(|e| address.lost(&e))?;
    stream.set_nodelay(true).map_err(|error| address.lost(&error))?;
    secure::wrap(address, stream).await
}

impl Connection {
    /// Names it to [`cancel`].
    pub(super) fn key(&self) -> Key {
        self.key
    }

    /// Whether a statement runs, or its rows are still on their way.
    pub(super) fn is_busy(&self) -> bool {
        self.state == State::Busy
    }

    async fn greet(&mut self, password: Option<&Password>) -> Result<(), ServerError> {
        let (user, database) = (self.address.user.clone(), self.address.database.clone());
        let told = [
            ("user", user.as_str()),
            ("database", database.as_str()),
            ("client_encoding", "UTF8"),
            ("application_name", "touchload sql"),
        ];
        self.send(|buffer| frontend::startup_message(told, buffer)).await?;
        loop {
            match self.receive().await? {
                Message::AuthenticationOk | Message::ParameterStatus(_) | Message::NoticeResponse(_) => {}
                Message::AuthenticationSasl(body) => {
                    let offered: Vec<String> =
                        body.mechanisms().map(|m| Ok(m.to_owned())).collect().map_err(garbled)?;
                    if !offered.iter().any(|mechanism| mechanism == SCRAM_SHA_256) {
                        return Err(ServerError::unexpected(format!("asks for {}", offered.join(" or "))));
                    }
                    self.prove(password.ok_or(ServerError::NoPassword)?).await?;
                }
                Message::AuthenticationCleartextPassword if self.address.secrecy != Secrecy::Plain => {
                    let password = password.ok_or(ServerError::NoPassword)?;
                    self.send(|buffer| frontend::password_message(password.bytes(), buffer)).await?;
                }
                Message::AuthenticationCleartextPassword | Message::AuthenticationMd5Password(_) => {
                    return Err(ServerError::unexpected(
                        "asks for a password that others could read; it should ask with SCRAM",
                    ));
                }
                Message::BackendKeyData(body) => {
                    self.key = Key { process: body.process_id(), secret: body.secret_key() };
                }
                Message::ReadyForQuery(_) => {
                    self.state = State::Ready;
                    return Ok(());
                }
                Message::ErrorResponse(body) => return Err(refused(body.fields())?),
                _ => return Err(ServerError::unexpected("greets in a way that is not known")),
            }
        }
    }

    /// SCRAM-SHA-256: proves that the password is known without telling it, and that the server knows it too.
    async fn prove(&mut self, password: &Password) -> Result<(), ServerError> {
        let mut scram = ScramSha256::new(password.bytes(), ChannelBinding::unsupported());
        let first = scram.message().to_vec();
        self.send(|buffer| frontend::sasl_initial_response(SCRAM_SHA_256, &first, buffer)).await?;
        let Message::AuthenticationSaslContinue(body) = self.receive_unless_refused().await? else {
            return Err(ServerError::unexpected("does not go on with SCRAM"));
        };
        scram.update(body.data()).map_err(garbled)?;
        let proof = scram.message().to_vec();
        self.send(|buffer| frontend::sasl_response(&proof, buffer)).await?;
        let Message::AuthenticationSaslFinal(body) = self.receive_unless_refused().await? else {
            return Err(ServerError::unexpected("does not finish SCRAM"));
        };
        let unproven = |_| ServerError::unexpected("does not know the password itself: it is not who it says it is");
        scram.finish(body.data()).map_err(unproven)
    }

    async fn receive_unless_refused(&mut self) -> Result<Message, ServerError> {
        match self.receive().await? {
            Message::ErrorResponse(body) => Err(refused(body.fields())?),
            message => Ok(message),
        }
    }

    /// Sends a statement and waits for its columns; one without rows has run then.
    ///
    /// # Errors
    /// [`ServerError::Refused`] leaves the connection as it was; after any other it is lost.
    pub(super) async fn ask(&mut self, sql: &str) -> Result<Answer, ServerError> {
        self.state = State::Busy;
        self.send(|buffer| frontend::query(sql, buffer)).await?;
        loop {
            match self.receive().await? {
                Message::RowDescription(body) => return Ok(Answer { columns: Columns::of(&body).map_err(garbled)? }),
                Message::CommandComplete(_) | Message::EmptyQueryResponse => {
                    self.settle().await?;
                    return Ok(Answer { columns: Columns::default() });
                }
                message => self.heed(message).await?,
            }
        }
    }

    /// The next rows; `None` when there are no more.
    ///
    /// # Errors
    /// As [`Connection::ask`].
    pub(super) async fn next(&mut self, answer: &mut Answer) -> Result<Option<RecordBatch>, ServerError> {
        let mut rows = RowsOfText::of(&answer.columns);
        while self.state == State::Busy && !rows.is_full() {
            match self.receive().await? {
                Message::DataRow(body) => rows.add(&body)?,
                Message::CommandComplete(_) => self.settle().await?,
                message => self.heed(message).await?,
            }
        }
        if rows.is_empty() { Ok(None) } else { rows.finish(&answer.columns).map(Some) }
    }

    /// Reads what is still on its way until the server waits for the next statement.
    ///
    /// # Errors
    /// The connection is lost.
    pub(super) async fn settle(&mut self) -> Result<(), ServerError> {
        while self.state == State::Busy {
            if let Message::ReadyForQuery(_) = self.receive().await? {
                self.state = State::Ready;
            }
        }
        Ok(())
    }

    /// What may come at any time.
    async fn heed(&mut self, message: Message) -> Result<(), ServerError> {
        match message {
            Message::ErrorResponse(body) => {
                let error = refused(body.fields())?;
                // A server that ends the connection says why first: that is what counts.
                if let Err(error) = self.settle().await {
                    tracing::debug!(%error, "the server ended the connection");
                }
                Err(error)
            }
            Message::NoticeResponse(body) => {
                tracing::info!("the server says: {}", read(body.fields())?.message);
                Ok(())
            }
            Message::ParameterStatus(_) | Message::NotificationResponse(_) => Ok(()),
            _ => Err(ServerError::unexpected("answers in a way that is not known")),
        }
    }

    async fn send(&mut self, write: impl FnOnce(&mut BytesMut) -> std::io::Result<()>) -> Result<(), ServerError> {
        let mut buffer = BytesMut::new();
        write(&mut buffer).map_err(garbled)?;
        self.stream.write_all(&buffer).await.map_err(|error| self.address.lost(&error))?;
        self.stream.flush().await.map_err(|error| self.address.lost(&error))
    }

    async fn receive(&mut self) -> Result<Message, ServerError> {
        loop {
            let header = Header::parse(&self.input).map_err(garbled)?;
            if header.is_some_and(|header| usize::try_from(header.len()).map_or(true, |length| length > LONGEST)) {
                return Err(ServerError::unexpected("sends a message that is too long"));
            }
            if let Some(message) = Message::parse(&mut self.input).map_err(garbled)? {
                return Ok(message);
            }
            let read = self.stream.read_buf(&mut self.input).await.map_err(|error| self.address.lost(&error))?;
            if read == 0 {
                return Err(self.address.lost(&std::io::Error::from(std::io::ErrorKind::UnexpectedEof)));
            }
        }
    }
}

fn garbled(error: std::io::Error) -> ServerError {
    ServerError::unexpected(format!("sends what cannot be read: {error}"))
}

fn refused(fields: ErrorFields<'_>) -> Result<ServerError, ServerError> {
    Ok(ServerError::Refused(Box::new(read(fields)?)))
}

fn read(mut fields: ErrorFields<'_>) -> Result<Refusal, ServerError> {
    let mut refusal = Refusal::default();
    while let Some(field) = fields.next().map_err(garbled)? {
        let text = String::from_utf8_lossy(field.value_bytes()).into_owned();
        match field.type_() {
            b'C' => refusal.code = text,
            b'M' => refusal.message = text,
            b'D' => refusal.detail = text,
            b'H' => refusal.hint = text,
            b'P' => refusal.position = text.parse().ok(),
            _ => {}
        }
    }
    Ok(refusal)
}
