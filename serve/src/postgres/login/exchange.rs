//! The server's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), without channel binding.

use super::users::SharedUsers;
use super::verifier::{Verifier, hash, sign};
use crate::access::Reader;
use crate::postgres::fault::{Fault, SqlState};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom, SystemRandom};
use subtle::ConstantTimeEq;

/// The one mechanism.
pub(in crate::postgres) const MECHANISM: &str = "SCRAM-SHA-256";

/// Bytes of the server's nonce.
const NONCE: usize = 18;

/// What a client is asked to prove.
pub(in crate::postgres) struct Challenge {
    name: String,
    verifier: Verifier,
    reader: Option<Reader>,
    /// The client's first message up to its nonce, as it has to be repeated.
    header: String,
    client_first: String,
    nonce: String,
    /// The server's first message.
    pub(in crate::postgres) text: String,
}

impl Challenge {
    /// The answer to the body of a client's first message, which chooses a mechanism.
    pub(in crate::postgres) fn new(users: &SharedUsers, name: &str, initial: &[u8]) -> Result<Self, Fault> {
        let end = initial.iter().position(|byte| *byte == 0).ok_or_else(malformed)?;
        let (mechanism, rest) = initial.split_at_checked(end).ok_or_else(malformed)?;
        if mechanism != MECHANISM.as_bytes() {
            return Err(Fault::new(
                SqlState::ProtocolViolation,
                "client selected a SASL mechanism that was not offered",
            ));
        }
        // The zero byte, and four bytes of length, of a message that is what remains.
        let first = rest.get(5..).ok_or_else(malformed)?;
        let first = std::str::from_utf8(first).map_err(|_| malformed())?;
        let mut parts = first.splitn(3, ',');
        let (Some(binding), Some(identity), Some(bare)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(malformed());
        };
        // `y`: the client could bind to the channel and thinks that the server cannot, which is so.
        if !matches!(binding, "n" | "y") || !identity.is_empty() {
            return Err(malformed());
        }
        let mut fields = bare.split(',');
        let client_nonce = match (fields.next(), fields.next().and_then(|field| field.strip_prefix("r="))) {
            (Some(user), Some(nonce)) if user.starts_with("n=") && is_nonce(nonce) => nonce,
            _ => return Err(malformed()),
        };
        let mut random = [0; NONCE];
        let unavailable = |_| Fault::new(SqlState::InternalError, "the operating system gave no random bytes");
        SystemRandom::new().fill(&mut random).map_err(unavailable)?;
        let nonce = format!("{client_nonce}{}", STANDARD.encode(random));
        let (verifier, reader) = users.verifier(name);
        let text = format!("r={nonce},s={},i={}", STANDARD.encode(&verifier.salt), verifier.rounds);
        let header = format!("{binding},{identity},");
        Ok(Self { name: name.to_owned(), verifier, reader, header, client_first: bare.to_owned(), nonce, text })
    }

    /// Whoever proves it with the body of a client's last message, and the server's own proof.
    pub(in crate::postgres) fn prove(self, last: &[u8]) -> Result<(Reader, String), Fault> {
        let last = std::str::from_utf8(last).map_err(|_| malformed())?;
        let (said, proof) = last.rsplit_once(",p=").ok_or_else(malformed)?;
        let mut fields = said.split(',');
        let bound = fields.next().and_then(|field| field.strip_prefix("c=")).ok_or_else(malformed)?;
        let nonce = fields.next().and_then(|field| field.strip_prefix("r=")).ok_or_else(malformed)?;
        if bound != STANDARD.encode(&self.header) || nonce != self.nonce {
            return Err(malformed());
        }
        let proof: [u8; 32] = STANDARD.decode(proof).ok().and_then(|p| p.try_into().ok()).ok_or_else(malformed)?;
        let all = format!("{},{},{said}", self.client_first, self.text);
        let signature = sign(&self.verifier.stored_key, all.as_bytes());
        let mut client_key = proof;
        client_key.iter_mut().zip(signature).for_each(|(key, byte)| *key ^= byte);
        let proved = hash(&client_key).ct_eq(&self.verifier.stored_key);
        match self.reader {
            Some(reader) if bool::from(proved) => {
                let own = sign(&self.verifier.server_key, all.as_bytes());
                Ok((reader, format!("v={}", STANDARD.encode(own))))
            }
            _ => Err(wrong_password(&self.name)),
        }
    }
}

fn wrong_password(name: &str) -> Fault {
    let shown: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
    Fault::new(SqlState::InvalidPassword, format!("password authentication failed for user \"{shown}\""))
}

fn malformed() -> Fault {
    Fault::new(SqlState::ProtocolViolation, "malformed SCRAM message")
}

/// Printable ASCII without commas, not too much of it.
fn is_nonce(text: &str) -> bool {
    (1..=256).contains(&text.len()) && text.bytes().all(|byte| (0x21..=0x7e).contains(&byte) && byte != b',')
}
