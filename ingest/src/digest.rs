//! SHA-256 as lower-case hex.

use sha2::{Digest, Sha256};

/// The hash of `bytes`.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    hex(Sha256::new_with_prefix(bytes))
}

/// The hash of everything that was fed to `hasher`.
pub(crate) fn hex(hasher: Sha256) -> String {
    hex_of(&hasher.finalize())
}

/// Bytes as lower-case hex.
pub(crate) fn hex_of(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from(if half < 10 { b'0' + half } else { b'a' + half - 10 });
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
