//! The exchange against the vector of RFC 7677, and what strangers and wrong passwords see.

use super::{Challenge, SharedUsers, User, Users, Verifier};
use crate::access::Reader;
use crate::postgres::fault::{Fault, SqlState};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::num::NonZeroU32;

const CLIENT_NONCE: &str = "rOprNGfwEbeRWgbNEkqO";

fn users(password: &str) -> SharedUsers {
    let reader = Reader { name: "anna".into(), ..Reader::loopback() };
    SharedUsers::new(Users::new([User { verifier: Verifier::of(password).expect("a password"), reader }]))
        .expect("random")
}

/// A client that knows `password`.
fn log_in(users: &SharedUsers, name: &str, password: &str) -> Result<(Reader, String), Fault> {
    let bare = format!("n=,r={CLIENT_NONCE}");
    let challenge = Challenge::new(users, name, format!("SCRAM-SHA-256\0\0\0\0\x20n,,{bare}").as_bytes())?;
    let server_first = challenge.text.clone();
    let field = |key: &str| server_first.split(',').find_map(|f| f.strip_prefix(key)).expect("a field").to_owned();
    let (nonce, salt) = (field("r="), STANDARD.decode(field("s=")).expect("base64"));
    assert!(nonce.starts_with(CLIENT_NONCE) && nonce.len() > CLIENT_NONCE.len());
    let rounds: NonZeroU32 = field("i=").parse().expect("rounds");
    let said = format!("c=biws,r={nonce}");
    let all = format!("{bare},{server_first},{said}");
    challenge.prove(format!("{said},p={}", STANDARD.encode(proof(password, &salt, rounds, &all))).as_bytes())
}

fn proof(password: &str, salt: &[u8], rounds: NonZeroU32, all: &str) -> Vec<u8> {
    let mut salted = [0; 32];
    ring::pbkdf2::derive(ring::pbkdf2::PBKDF2_HMAC_SHA256, rounds, salt, password.as_bytes(), &mut salted);
    let client_key = super::verifier::sign(&salted, b"Client Key");
    let signature = super::verifier::sign(&super::verifier::hash(&client_key), all.as_bytes());
    client_key.iter().zip(signature).map(|(key, byte)| key ^ byte).collect()
}

#[test]
fn a_verifier_is_that_of_the_rfc() {
    // RFC 7677, section 3: user `user`, password `pencil`.
    let salt = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").expect("base64");
    let rounds = NonZeroU32::new(4096).expect("not zero");
    let verifier = Verifier::salted("pencil", &salt, rounds);
    let nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    let all = format!("n=user,r={CLIENT_NONCE},r={nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r={nonce}");
    assert_eq!(STANDARD.encode(proof("pencil", &salt, rounds, &all)), "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
    let own = super::verifier::sign(&verifier.server_key, all.as_bytes());
    assert_eq!(STANDARD.encode(own), "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}

#[test]
fn a_verifier_survives_its_text_and_nothing_else_is_one() {
    let verifier = Verifier::of("pencil").expect("a password");
    let text = verifier.text();
    assert_eq!(Verifier::parse(&text).as_ref(), Some(&verifier));
    assert!(!format!("{verifier:?}").contains('$'));
    for other in ["", "pencil", "md5abc", "SCRAM-SHA-256$", "SCRAM-SHA-256$0:YQ==$YQ==:YQ==", &text[..text.len() - 4]] {
        assert_eq!(Verifier::parse(other), None, "{other}");
    }
    assert!(Verifier::of("").is_err() && Verifier::of("a\nb").is_err());
}

#[test]
fn the_password_lets_in_and_nothing_else_does() {
    let users = users("pencil");
    assert_eq!(log_in(&users, "anna", "pencil").expect("let in").0.name, "anna");
    let wrong = log_in(&users, "anna", "pen").expect_err("wrong");
    let unknown = log_in(&users, "bert", "pencil").expect_err("unknown");
    assert_eq!((wrong.state, unknown.state), (SqlState::InvalidPassword, SqlState::InvalidPassword));
    assert_eq!(wrong.message.replace("anna", "bert"), unknown.message);
    // Passwords are compared as SASLprep writes them: a soft hyphen is nothing, U+2168 is IX.
    assert!(log_in(&self::users("I\u{ad}X"), "anna", "IX").is_ok());
    users.replace(Users::default());
    assert!(log_in(&users, "anna", "pencil").is_err());
}

#[test]
fn a_name_that_nobody_has_is_challenged_alike_every_time() {
    let users = users("pencil");
    let salt = |name: &str| {
        let initial = format!("SCRAM-SHA-256\0\0\0\0\x20n,,n=,r={CLIENT_NONCE}");
        let text = Challenge::new(&users, name, initial.as_bytes()).expect("a challenge").text;
        text.split(',').find_map(|f| f.strip_prefix("s=").map(str::to_owned)).expect("a salt")
    };
    assert_eq!(salt("bert"), salt("bert"));
    assert_ne!(salt("bert"), salt("carl"));
    assert_eq!(salt("bert").len(), salt("anna").len());
}

#[test]
fn what_is_no_exchange_is_refused() {
    let users = users("pencil");
    for initial in [
        "",
        "SCRAM-SHA-256",
        "PLAIN\0\0\0\0\x01x",
        "SCRAM-SHA-256\0\0\0",
        "SCRAM-SHA-256\0\0\0\0\x20n,,n=",
        "SCRAM-SHA-256\0\0\0\0\x20p=tls-server-end-point,,n=,r=abc",
        "SCRAM-SHA-256\0\0\0\0\x20n,,n=,r=",
        "SCRAM-SHA-256\0\0\0\0\x20n,,m=x,n=,r=abc",
        "SCRAM-SHA-256\0\0\0\0\x20n,a=root,n=,r=abc",
    ] {
        let refused = Challenge::new(&users, "anna", initial.as_bytes()).err().map(|fault| fault.state);
        assert_eq!(refused, Some(SqlState::ProtocolViolation), "{initial:?}");
    }
}
