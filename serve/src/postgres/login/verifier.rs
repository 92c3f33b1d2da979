//! What the server keeps in place of a password: salted, hashed some thousand times, and of no use to log in with.
//!
//! The text is PostgreSQL's: `SCRAM-SHA-256$4096:SALT$STORED_KEY:SERVER_KEY`, all three in base64, as `\password` writes it
//! and `pg_authid` keeps it, so that verifiers can be carried over.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom, SystemRandom};
use ring::{digest, hmac, pbkdf2};
use std::borrow::Cow;
use std::num::NonZeroU32;

/// Rounds of a new verifier, as in PostgreSQL.
const ROUNDS: NonZeroU32 = NonZeroU32::MIN.saturating_add(4_095);
/// Most rounds that a file may ask clients to work through.
const MOST_ROUNDS: u32 = 1_000_000;
/// Bytes of a new salt.
const SALT: usize = 16;
const KIND: &str = "SCRAM-SHA-256";

/// A verifier; its `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Verifier {
    pub(super) rounds: NonZeroU32,
    pub(super) salt: Vec<u8>,
    pub(super) stored_key: [u8; 32],
    pub(super) server_key: [u8; 32],
}

/// No verifier can be made of a password: the password's fault, or that of the system's source of randomness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// There is nothing to guess.
    #[error("the password is empty")]
    Empty,
    /// A zero byte, a line break or the like, which no client sends.
    #[error("the password holds a control character")]
    Control,
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes; a retry may help")]
    NoRandomness,
}

impl Verifier {
    /// A new verifier of a password, with a salt of its own.
    ///
    /// # Errors
    /// [`PasswordError`].
    pub fn of(password: &str) -> Result<Self, PasswordError> {
        if password.is_empty() {
            return Err(PasswordError::Empty);
        }
        if password.chars().any(char::is_control) {
            return Err(PasswordError::Control);
        }
        let mut salt = [0; SALT];
        SystemRandom::new().fill(&mut salt).map_err(|_| PasswordError::NoRandomness)?;
        Ok(Self::salted(password, &salt, ROUNDS))
    }

    pub(super) fn salted(password: &str, salt: &[u8], rounds: NonZeroU32) -> Self {
        // A password that cannot be normalised is taken as it is, by clients too.
        let normal = stringprep::saslprep(password).unwrap_or(Cow::Borrowed(password));
        let mut salted = [0; 32];
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, rounds, salt, normal.as_bytes(), &mut salted);
        let client_key = sign(&salted, b"Client Key");
        let stored_key = hash(&client_key);
        Self { rounds, salt: salt.to_vec(), stored_key, server_key: sign(&salted, b"Server Key") }
    }

    /// The verifier of nobody: it looks like one, is the same for a name as long as the process lives, and no password
    /// fits it.
    pub(super) fn of_nobody(name: &str, secret: &[u8; 32]) -> Self {
        let of = |what: &str| sign(secret, format!("{what} {name}").as_bytes());
        let salt = of("salt").into_iter().take(SALT).collect();
        Self { rounds: ROUNDS, salt, stored_key: of("stored"), server_key: of("server") }
    }

    /// The verifier that a text says; `None` if it says none.
    pub fn parse(text: &str) -> Option<Self> {
        let (rounds_and_salt, keys) = text.strip_prefix(KIND)?.strip_prefix('$')?.split_once('$')?;
        let (rounds, salt) = rounds_and_salt.split_once(':')?;
        let (stored_key, server_key) = keys.split_once(':')?;
        let rounds: NonZeroU32 = rounds.parse().ok().filter(|rounds: &NonZeroU32| rounds.get() <= MOST_ROUNDS)?;
        let bytes = |text: &str| STANDARD.decode(text).ok();
        let key = |text: &str| -> Option<[u8; 32]> { bytes(text)?.try_into().ok() };
        let salt = bytes(salt).filter(|salt| !salt.is_empty())?;
        Some(Self { rounds, salt, stored_key: key(stored_key)?, server_key: key(server_key)? })
    }

    /// The text of a users file.
    pub fn text(&self) -> String {
        let [salt, stored, server] = [&self.salt[..], &self.stored_key, &self.server_key].map(|b| STANDARD.encode(b));
        format!("{KIND}${}:{salt}${stored}:{server}", self.rounds)
    }
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verifier").finish_non_exhaustive()
    }
}

/// HMAC-SHA-256.
pub(super) fn sign(key: &[u8], data: &[u8]) -> [u8; 32] {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), data);
    tag.as_ref().try_into().unwrap_or_default()
}

/// SHA-256.
pub(super) fn hash(data: &[u8]) -> [u8; 32] {
    digest::digest(&digest::SHA256, data).as_ref().try_into().unwrap_or_default()
}
