//! A keyed hash, HMAC-SHA-256 (RFC 2104): pseudonyms that nobody can invert by trying ids, and signatures of messages.
//!
//! Ids of HCPs are few enough to be hashed one after the other until one fits, so a hash without a key hides nobody.
//! Whoever holds the key can tell which id a pseudonym is of; with another key every pseudonym is another one.

use sha2::{Digest, Sha256};

/// Bytes of a SHA-256 block: what RFC 2104 pads a key to.
const BLOCK: usize = 64;
/// A shorter key can be tried out.
const LEAST_KEY_BYTES: usize = 16;
/// Bytes of a pseudonym: enough that two ids never share one.
const PSEUDONYM_BYTES: usize = 16;

/// The key is the fault of whoever wrote it; a retry does not help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key needs at least {least} bytes, this one has {found}; 32 random bytes are usual", least = LEAST_KEY_BYTES)]
pub struct ShortKey {
    /// Bytes it has.
    pub found: usize,
}

/// A key, ready to hash with. It is never shown.
#[derive(Clone)]
pub struct SecretKey {
    inner: Sha256,
    outer: Sha256,
}

impl SecretKey {
    /// A key of at least 16 bytes.
    ///
    /// # Errors
    /// Fewer bytes.
    pub fn new(bytes: &[u8]) -> Result<Self, ShortKey> {
        if bytes.len() < LEAST_KEY_BYTES { Err(ShortKey { found: bytes.len() }) } else { Ok(Self::of(bytes)) }
    }

    fn of(bytes: &[u8]) -> Self {
        let hashed;
        let short = if bytes.len() > BLOCK {
            hashed = Sha256::digest(bytes);
            hashed.as_slice()
        } else {
            bytes
        };
        let padded = |pad: u8| {
            let mut block = [pad; BLOCK];
            block.iter_mut().zip(short).for_each(|(to, byte)| *to ^= byte);
            Sha256::new_with_prefix(block)
        };
        Self { inner: padded(0x36), outer: padded(0x5c) }
    }

    /// The code of `message`.
    pub fn code(&self, message: &[u8]) -> [u8; 32] {
        let inner = self.inner.clone().chain_update(message).finalize();
        self.outer.clone().chain_update(inner).finalize().into()
    }

    /// The code of several parts, told apart: `["ab", "c"]` and `["a", "bc"]` differ.
    pub fn code_of_parts(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut inner = self.inner.clone();
        for part in parts {
            inner.update((part.len() as u64).to_be_bytes());
            inner.update(part);
        }
        self.outer.clone().chain_update(inner.finalize()).finalize().into()
    }

    /// The pseudonym of an id, 32 hexadecimal digits. Ids of different `domain`s have nothing to do with each other.
    pub fn pseudonym(&self, domain: &str, id: &str) -> String {
        hex(&self.code_of_parts(&[domain.as_bytes(), id.as_bytes()])[..PSEUDONYM_BYTES])
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from(if half < 10 { b'0' + half } else { b'a' + half - 10 });
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::{SecretKey, hex};

    #[test]
    fn the_codes_of_rfc_4231() {
        let cases: [(&[u8], &[u8], &str); 4] = [
            (&[0x0b; 20], b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (&[0xaa; 20], &[0xdd; 50], "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
            (
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ];
        for (key, message, code) in cases {
            assert_eq!(hex(&SecretKey::of(key).code(message)), code);
        }
    }

    #[test]
    fn pseudonyms_depend_on_key_domain_and_id_and_show_none_of_them() {
        let (one, two) = (SecretKey::of(&[1; 32]), SecretKey::of(&[2; 32]));
        let pseudonym = one.pseudonym("hcp", "H-1");
        assert_eq!(pseudonym.len(), 32);
        assert_eq!(pseudonym, one.pseudonym("hcp", "H-1"));
        for other in [one.pseudonym("hcp", "H-2"), one.pseudonym("account", "H-1"), two.pseudonym("hcp", "H-1")] {
            assert_ne!(pseudonym, other);
        }
        assert_ne!(one.code_of_parts(&[b"ab", b"c"]), one.code_of_parts(&[b"a", b"bc"]));
        assert_eq!(format!("{one:?}"), "SecretKey(..)");
    }

    #[test]
    fn a_short_key_is_refused() {
        assert_eq!(SecretKey::new(&[7; 15]).unwrap_err().found, 15);
        assert!(SecretKey::new(&[7; 16]).is_ok());
    }
}
