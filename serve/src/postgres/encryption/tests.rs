//! Every form of a key, and every way in which two files are none. Certificate and keys are for `localhost` and for tests.

use super::{Encryption, EncryptionError, EncryptionFiles};
use std::path::PathBuf;

const FILES: [(&str, &str); 5] = [
    ("ec.crt", include_str!("pem/ec.crt")),
    ("rsa.crt", include_str!("pem/rsa.crt")),
    ("sec1.key", include_str!("pem/sec1.key")),
    ("pkcs8.key", include_str!("pem/pkcs8.key")),
    ("pkcs1.key", include_str!("pem/pkcs1.key")),
];

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in FILES {
        std::fs::write(folder.path().join(name), text).expect("written");
    }
    std::fs::write(folder.path().join("empty"), "no PEM").expect("written");
    folder
}

#[test]
fn all_three_forms_of_a_key_are_taken() {
    let folder = folder();
    let load = |certificate: &str, key: &str| {
        let path = |name: &str| folder.path().join(name);
        Encryption::load(&EncryptionFiles { certificate: path(certificate), key: path(key) })
    };
    for (certificate, key) in [("ec.crt", "sec1.key"), ("ec.crt", "pkcs8.key"), ("rsa.crt", "pkcs1.key")] {
        load(certificate, key).unwrap_or_else(|error| panic!("{key}: {error}"));
    }
    assert!(matches!(load("ec.crt", "pkcs1.key"), Err(EncryptionError::Mismatch { .. })));
    assert!(matches!(load("missing", "sec1.key"), Err(EncryptionError::Unreadable { what: "certificate", .. })));
    assert!(matches!(load("ec.crt", "missing"), Err(EncryptionError::Unreadable { what: "key", .. })));
    assert!(matches!(load("empty", "sec1.key"), Err(EncryptionError::Nothing { what: "certificate", .. })));
    assert!(matches!(load("ec.crt", "ec.crt"), Err(EncryptionError::Nothing { what: "key", .. })));
    let told = load("ec.crt", "pkcs1.key").err().map(|error| error.to_string()).unwrap_or_default();
    assert!(told.contains("ec.crt") && told.contains("pkcs1.key"), "{told}");
}

#[test]
fn a_pair_that_cannot_be_used_leaves_the_old_one_in_force() {
    let folder = folder();
    let path = |name: &str| -> PathBuf { folder.path().join(name) };
    let encryption =
        Encryption::load(&EncryptionFiles { certificate: path("ec.crt"), key: path("sec1.key") }).expect("a pair");
    let before = encryption.acceptor();
    let wrong = EncryptionFiles { certificate: path("ec.crt"), key: path("pkcs1.key") };
    assert!(encryption.reload(&wrong).is_err());
    assert!(std::sync::Arc::ptr_eq(before.config(), encryption.acceptor().config()));
    let right = EncryptionFiles { certificate: path("rsa.crt"), key: path("pkcs1.key") };
    encryption.reload(&right).expect("a pair");
    assert!(!std::sync::Arc::ptr_eq(before.config(), encryption.acceptor().config()));
}
