//! Statements on a server that plays a part: it says what a server says, byte by byte.

use super::{Address, Server, ServerError};
use crate::format::OutputFormat;
use crate::prompt::{SqlError, SqlSession, place};
use futures::TryStreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const CANCEL: i32 = 80_877_102;

fn message(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
    [&[tag][..], &length, body].concat()
}

fn ready() -> Vec<u8> {
    message(b'Z', b"I")
}

fn error(code: &str, text: &str, position: &str) -> Vec<u8> {
    message(b'E', format!("SERROR\0C{code}\0M{text}\0P{position}\0\0").as_bytes())
}

/// Columns `n` (int8) and `said` (text).
fn columns() -> Vec<u8> {
    let mut body = 2_u16.to_be_bytes().to_vec();
    for (name, oid) in [("n", 20_u32), ("said", 25)] {
        body.extend([name.as_bytes(), b"\0", &[0; 6], &oid.to_be_bytes(), &[0, 8, 255, 255, 255, 255, 0, 0]].concat());
    }
    message(b'T', &body)
}

fn row(number: &str, said: Option<&str>) -> Vec<u8> {
    let mut body = 2_u16.to_be_bytes().to_vec();
    for text in [Some(number), said] {
        match text {
            Some(text) => {
                body.extend([&u32::try_from(text.len()).unwrap().to_be_bytes()[..], text.as_bytes()].concat())
            }
            None => body.extend((-1_i32).to_be_bytes()),
        }
    }
    message(b'D', &body)
}

async fn body(stream: &mut TcpStream) -> Vec<u8> {
    let length = stream.read_u32().await.unwrap() - 4;
    let mut body = vec![0; usize::try_from(length).unwrap()];
    stream.read_exact(&mut body).await.unwrap();
    body
}

/// Takes a connection and says that it is ready; `None` if it came to cancel, with the right key.
async fn greeted(listener: &TcpListener) -> Option<TcpStream> {
    let (mut stream, _) = listener.accept().await.unwrap();
    let greeting = body(&mut stream).await;
    if greeting[..4] == CANCEL.to_be_bytes() {
        assert_eq!(greeting[4..], [0, 0, 0, 7, 0, 0, 0, 9]);
        return None;
    }
    assert!(greeting.windows(9).any(|w| w == b"user\0ana\0"));
    let key = message(b'K', &[0, 0, 0, 7, 0, 0, 0, 9]);
    stream.write_all(&[message(b'R', &[0; 4]), key, ready()].concat()).await.unwrap();
    Some(stream)
}

/// Answers one statement after another by what it asks.
async fn play(listener: TcpListener) {
    let mut stream = greeted(&listener).await.unwrap();
    while stream.read_u8().await.is_ok_and(|tag| tag == b'Q') {
        let sql = String::from_utf8(body(&mut stream).await).unwrap();
        let answer = match sql.trim_end_matches('\0') {
            "two" => [columns(), row("1", None), row("-2", Some("")), message(b'C', b"SELECT 2\0"), ready()].concat(),
            "set" => [message(b'C', b"SET\0"), ready()].concat(),
            "wrong" => [error("42703", "no such column", "3"), ready()].concat(),
            "endless" => {
                stream.write_all(&[columns(), row("1", None)].concat()).await.unwrap();
                assert!(greeted(&listener).await.is_none(), "somebody else came");
                [error("57014", "canceling statement due to user request", ""), ready()].concat()
            }
            other => panic!("{other}"),
        };
        stream.write_all(&answer).await.unwrap();
    }
}

async fn session() -> SqlSession {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("postgres://ana@{}", listener.local_addr().unwrap());
    tokio::spawn(play(listener));
    let server = Server::connect(Address::read(&url).unwrap(), None).await.unwrap();
    SqlSession::with(server, OutputFormat::Json)
}

#[tokio::test]
async fn rows_have_the_types_that_the_server_names() {
    let session = session().await;
    let mut out = Vec::new();
    session.run_script("set; two", &mut out).await.unwrap();
    let expected = "{\"n\":1,\"said\":null}\n{\"n\":-2,\"said\":\"\"}\n";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[tokio::test]
async fn an_error_has_its_place_and_the_next_statement_runs() {
    let session = session().await;
    let refused = session.start("wrong").await.err().unwrap();
    assert_eq!(refused.to_string(), "no such column (42703)");
    assert_eq!(place::shown("wrong", &refused).unwrap(), "  wrong\n    ^");
    assert_eq!(session.start("two").await.unwrap().try_collect::<Vec<_>>().await.unwrap()[0].num_rows(), 2);
}

#[tokio::test]
async fn a_dropped_statement_is_cancelled_and_the_connection_stays() {
    let session = session().await;
    let rows = session.start("endless").await.unwrap();
    drop(rows);
    session.cancel().await;
    assert_eq!(session.start("two").await.unwrap().try_collect::<Vec<_>>().await.unwrap()[0].num_rows(), 2);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = listener.local_addr().unwrap().to_string();
    drop(listener);
    let address = Address::read(&format!("postgres://ana@{place}")).unwrap();
    let error = Server::connect(address, None).await.err().unwrap();
    assert!(matches!(&error, ServerError::Unreachable { .. }) && error.to_string().contains(&place), "{error}");
    assert!(SqlError::from(error).to_string().contains(&place));
}
