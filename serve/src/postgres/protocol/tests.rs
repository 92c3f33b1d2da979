//! Messages of strangers: read within their length, or refused.

use super::{Answers, Ask, Bind, Execute, Opening, Target, Wire, WireError};
use crate::postgres::fault::{Fault, SqlState};
use tokio::io::AsyncWriteExt;
use tokio_util::bytes::Bytes;

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).expect("short");
    [&[kind][..], &length.to_be_bytes(), body].concat()
}

#[test]
fn messages_are_read_as_they_are_written() {
    assert_eq!(Ask::read(b'Q', Bytes::from_static(b"SELECT 1\0")), Ok(Ask::Query("SELECT 1".into())));
    let bind = b"p\0s\0\0\x01\0\x01\0\x02\0\0\0\x01x\xff\xff\xff\xff\0\x01\0\x01";
    let expected = Bind {
        portal: "p".into(),
        statement: "s".into(),
        formats: vec![1],
        values: vec![Some(Bytes::from_static(b"x")), None],
        result_formats: vec![1],
    };
    assert_eq!(Ask::read(b'B', Bytes::from_static(bind)), Ok(Ask::Bind(expected)));
    assert_eq!(
        Ask::read(b'E', Bytes::from_static(b"\0\xff\xff\xff\xff")),
        Ok(Ask::Execute(Execute { portal: String::new(), rows: 0 }))
    );
    assert_eq!(Ask::read(b'D', Bytes::from_static(b"Sx\0")), Ok(Ask::Describe(Target::Statement("x".into()))));
    let start = b"\0\x03\0\0user\0anna\0database\0touchload\0\0";
    let Ok(Opening::Start { minor: 0, parameters }) = Opening::read(Bytes::from_static(start)) else { panic!("start") };
    assert_eq!(parameters.get("user").map(String::as_str), Some("anna"));
}

#[test]
fn no_cut_of_a_message_panics_or_is_taken() {
    let whole: [(u8, &[u8]); 5] = [
        (b'Q', b"SELECT 1\0"),
        (b'P', b"s\0SELECT $1\0\0\x01\0\0\0\x17"),
        (b'B', b"p\0s\0\0\x01\0\x01\0\x02\0\0\0\x01x\xff\xff\xff\xff\0\x01\0\x01"),
        (b'D', b"Sx\0"),
        (b'E', b"\0\0\0\0\0"),
    ];
    for (kind, body) in whole {
        for end in 0..body.len() {
            let cut = Ask::read(kind, Bytes::copy_from_slice(&body[..end]));
            assert_eq!(cut.expect_err("cut").state, SqlState::ProtocolViolation, "{} {end}", char::from(kind));
        }
    }
    let not_utf8 = Ask::read(b'Q', Bytes::from_static(b"SELECT '\xff'\0")).expect_err("refused");
    assert_eq!(not_utf8.state, SqlState::CharacterNotInRepertoire);
    assert!(Opening::read(Bytes::from_static(b"\0\x02\0\0")).is_err(), "protocol 2");
}

#[tokio::test]
async fn a_long_message_is_refused_before_it_is_read() {
    let (mut client, server) = tokio::io::duplex(1 << 10);
    let mut wire = Wire::new(server);
    client.write_all(&message(b'Q', b"SELECT 1\0")).await.expect("written");
    assert!(matches!(wire.ask().await, Ok(Ask::Query(_))));
    // The length says a gigabyte; not a byte of it has to come.
    client.write_all(&[b'Q', 0x40, 0, 0, 0]).await.expect("written");
    let Err(WireError::Fatal(fault)) = wire.ask().await else { panic!("refused") };
    assert_eq!(fault.state, SqlState::ProgramLimitExceeded);
}

#[tokio::test]
async fn a_client_that_hangs_up_is_noticed_and_what_it_sent_before_is_kept() {
    let (mut client, server) = tokio::io::duplex(1 << 10);
    let mut wire = Wire::new(server);
    client.write_all(&message(b'S', b"")).await.expect("written");
    drop(client);
    wire.gone().await;
    assert!(wire.more_waits());
    assert!(matches!(wire.ask().await, Ok(Ask::Sync)));
    assert!(matches!(wire.ask().await, Err(WireError::Gone)));
}

#[test]
fn an_error_says_state_place_and_hint() {
    let mut out = Answers::default();
    out.error(&Fault::new(SqlState::SyntaxError, "no\0pe").with_hint("try").at(7));
    assert_eq!(&out.0[..], &message(b'E', b"SERROR\0VERROR\0C42601\0Mnope\0Htry\0P7\0\0")[..]);
}
