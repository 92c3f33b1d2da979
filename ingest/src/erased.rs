//! The HCPs who were erased: records of theirs are skipped wherever they come from, and dead letters that name them keep
//! nothing of it.
//!
//! Known are keyed hashes alone (HMAC-SHA256, RFC 2104), so an id can be asked for and none can be listed. While nobody was
//! erased nothing is hashed.

use crate::digest::hex_of;
use crate::message::Message;
use sha2::{Digest, Sha256};
use std::collections::HashSet;

/// Bytes of a block of SHA-256.
const BLOCK: usize = 64;
/// Words of one payload that are asked for; one with more is taken to name somebody.
const WORDS: usize = 50_000;

/// See the module.
#[derive(Debug, Clone)]
pub struct Erased {
    /// What has taken in the key already, before and around the id.
    inner: Sha256,
    outer: Sha256,
    hashes: HashSet<[u8; 32]>,
}

/// A hash in the list is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the list of erased HCPs holds a name that is no hash: remove what was put there by hand")]
pub struct NoHash;

impl Default for Erased {
    /// Nobody.
    fn default() -> Self {
        Self::keyed(b"")
    }
}

impl Erased {
    /// Nobody yet, under this key.
    pub fn keyed(key: &[u8]) -> Self {
        let mut block = [0; BLOCK];
        if key.len() > BLOCK {
            block[..32].copy_from_slice(&Sha256::digest(key));
        } else {
            block[..key.len()].copy_from_slice(key);
        }
        let pad = |with: u8| Sha256::new_with_prefix(block.map(|byte| byte ^ with));
        Self { inner: pad(0x36), outer: pad(0x5c), hashes: HashSet::new() }
    }

    /// Those whose hashes these are, in lower-case hex.
    ///
    /// # Errors
    /// [`NoHash`].
    pub fn with(mut self, hashes: &[String]) -> Result<Self, NoHash> {
        for hash in hashes {
            self.hashes.insert(of_hex(hash).ok_or(NoHash)?);
        }
        Ok(self)
    }

    /// The hash of an id, in lower-case hex.
    pub fn hash(&self, hcp_id: &str) -> String {
        hex_of(&self.mac(hcp_id.as_bytes()))
    }

    /// Whether the HCP was erased.
    pub fn holds(&self, hcp_id: &[u8]) -> bool {
        !self.hashes.is_empty() && self.hashes.contains(&self.mac(hcp_id))
    }

    /// Whether key or payload of a message names somebody who was erased. The payload may be anything, so every word of it
    /// and everything between quotes is asked for; one with escapes, which could hide a name, counts as naming.
    pub(crate) fn are_named_in(&self, message: &Message<'_>) -> bool {
        if self.hashes.is_empty() {
            return false;
        }
        let payload = message.payload.unwrap_or_default();
        message.key.is_some_and(|key| self.holds(key)) || has_escapes(payload) || self.are_words_of(payload)
    }

    fn are_words_of(&self, payload: &[u8]) -> bool {
        let quoted = payload.split(|byte| *byte == b'"');
        let words = payload.split(|byte| byte.is_ascii_whitespace() || b",;:|=<>()[]{}\"'".contains(byte));
        let mut asked = 0;
        quoted.chain(words).filter(|word| (1..=128).contains(&word.len())).any(|word| {
            asked += 1;
            asked > WORDS || self.holds(word)
        })
    }

    fn mac(&self, id: &[u8]) -> [u8; 32] {
        let inner = self.inner.clone().chain_update(id).finalize();
        self.outer.clone().chain_update(inner).finalize().into()
    }
}

/// Whether a JSON text spells a character otherwise than by itself.
fn has_escapes(payload: &[u8]) -> bool {
    payload.windows(2).any(|pair| matches!(pair, b"\\u" | b"\\/"))
}

fn of_hex(text: &str) -> Option<[u8; 32]> {
    let mut hash = [0; 32];
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)) {
        return None;
    }
    for (byte, digits) in hash.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::{Erased, NoHash};
    use crate::message::Message;
    use touchpoint::Kind;

    #[test]
    fn hashes_are_those_of_rfc_4231() {
        let case = |key: &[u8], text: &str| Erased::keyed(key).hash(text);
        assert_eq!(case(&[0x0b; 20], "Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
        assert_eq!(
            case(b"Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(
            case(&[0xaa; 131], "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }

    #[test]
    fn who_was_erased_is_known_by_hash_alone() {
        let empty = Erased::keyed(b"key");
        let erased = empty.clone().with(&[empty.hash("hcp-1")]).unwrap();
        assert!(erased.holds(b"hcp-1") && !erased.holds(b"hcp-2") && !empty.holds(b"hcp-1"));
        assert!(!Erased::keyed(b"other").with(&[empty.hash("hcp-1")]).unwrap().holds(b"hcp-1"));
        assert!(!format!("{erased:?}").contains("hcp-1"));
        for bad in ["", "00", &"g".repeat(64), &"A".repeat(64)] {
            assert_eq!(Erased::default().with(&[bad.to_owned()]).unwrap_err(), NoHash);
        }
    }

    fn of<'m>(key: Option<&'m [u8]>, payload: Option<&'m [u8]>) -> Message<'m> {
        Message { kind: Kind::Calls, topic: "t", partition: 0, offset: 0, timestamp: None, key, headers: &[], payload }
    }

    #[test]
    fn a_message_that_names_somebody_is_found_out() {
        let empty = Erased::keyed(b"key");
        let erased = empty.clone().with(&[empty.hash("hcp-1"), empty.hash("Dr. No, M.D.")]).unwrap();
        let named = |payload: &str| erased.are_named_in(&of(None, Some(payload.as_bytes())));
        for payload in
            ["{\"hcp_id\":\"hcp-1\"", "2026,hcp-1;x", "hcp-1", "{'h':'hcp-1'}", "[\"Dr. No, M.D.\"", "\\u0068cp-2"]
        {
            assert!(named(payload), "{payload}");
            assert!(!empty.are_named_in(&of(None, Some(payload.as_bytes()))), "{payload}");
        }
        for payload in ["", "{\"hcp_id\":\"hcp-12\"", "hcp-1-a", "Dr. No"] {
            assert!(!named(payload), "{payload}");
        }
        assert!(erased.are_named_in(&of(Some(b"hcp-1"), None)) && !erased.are_named_in(&of(Some(b"hcp-2"), None)));
        assert!(named(&"a ".repeat(50_001)), "too many to ask for");
    }
}
