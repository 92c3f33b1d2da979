//! TLS of the server: certificate and key from two PEM files, TLS 1.2 and 1.3.
//!
//! Fails closed: what cannot be used keeps the server from starting, or leaves what was in force in force. The key may be
//! in any of the three forms that PEM files have (PKCS#8, PKCS#1, SEC1). Channel binding is not offered.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{Error as RustlsError, InconsistentKeys, ServerConfig};

/// The name of the protocol where a client begins with TLS at once.
const PROTOCOL: &[u8] = b"postgresql";

/// Certificate or key cannot be used. Whoever runs the server has to mend the file; a retry does not help.
#[derive(Debug, thiserror::Error)]
pub enum EncryptionError {
    /// The file cannot be read.
    #[error("the TLS {what} {file} cannot be read: {why}")]
    Unreadable {
        /// `certificate` or `key`.
        what: &'static str,
        /// Its name as given.
        file: String,
        /// Why.
        why: String,
    },
    /// The file holds nothing of that kind.
    #[error("the TLS {what} {file} holds no {expected}")]
    Nothing {
        /// `certificate` or `key`.
        what: &'static str,
        /// Its name as given.
        file: String,
        /// What it should hold.
        expected: &'static str,
    },
    /// They are of two different pairs.
    #[error("the TLS key {key} is not that of the certificate {certificate}: give the two files of one pair")]
    Mismatch {
        /// The file of the certificate.
        certificate: String,
        /// The file of the key.
        key: String,
    },
    /// TLS does not work with them.
    #[error("the TLS certificate {certificate} with the key {key} cannot be used: {why}")]
    Unusable {
        /// The file of the certificate.
        certificate: String,
        /// The file of the key.
        key: String,
        /// Why.
        why: String,
    },
}

/// Where certificate and key lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncryptionFiles {
    /// The certificate, and those between it and what clients trust, in PEM.
    pub certificate: PathBuf,
    /// Its key, in PEM.
    pub key: PathBuf,
}

/// What connections are encrypted with now; may be replaced while the server runs, and holds from the next connection on.
#[derive(Clone)]
pub struct Encryption(Arc<RwLock<Arc<ServerConfig>>>);

impl Encryption {
    /// From two files.
    ///
    /// # Errors
    /// [`EncryptionError`].
    pub fn load(files: &EncryptionFiles) -> Result<Self, EncryptionError> {
        Ok(Self(Arc::new(RwLock::new(Arc::new(config(files)?)))))
    }

    /// Takes what the files hold now; if that cannot be used, nothing changes.
    ///
    /// # Errors
    /// [`EncryptionError`].
    pub fn reload(&self, files: &EncryptionFiles) -> Result<(), EncryptionError> {
        let config = Arc::new(config(files)?);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.0.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

impl std::fmt::Debug for Encryption {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encryption").finish_non_exhaustive()
    }
}

fn config(files: &EncryptionFiles) -> Result<ServerConfig, EncryptionError> {
    let [certificate, key] = [&files.certificate, &files.key].map(|path| path.display().to_string());
    let chain = certificates(&files.certificate)?;
    let pem = read("key", &files.key)?;
    let private = PrivateKeyDer::from_pem_slice(&pem).map_err(|_| EncryptionError::Nothing {
        what: "key",
        file: key.clone(),
        expected: "PEM private key (BEGIN PRIVATE KEY, RSA PRIVATE KEY or EC PRIVATE KEY, not encrypted)",
    })?;
    let unusable = |error: RustlsError| match error {
        RustlsError::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            EncryptionError::Mismatch { certificate: certificate.clone(), key: key.clone() }
        }
        error => {
            EncryptionError::Unusable { certificate: certificate.clone(), key: key.clone(), why: error.to_string() }
        }
    };
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(unusable)?;
    config.alpn_protocols = vec![PROTOCOL.to_vec()];
    Ok(config)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, EncryptionError> {
    let pem = read("certificate", path)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let nothing = || EncryptionError::Nothing {
        what: "certificate",
        file: path.display().to_string(),
        expected: "PEM certificate (BEGIN CERTIFICATE)",
    };
    chain.ok().filter(|chain| !chain.is_empty()).ok_or_else(nothing)
}

fn read(what: &'static str, path: &Path) -> Result<Vec<u8>, EncryptionError> {
    let unreadable = |error: std::io::Error| EncryptionError::Unreadable {
        what,
        file: path.display().to_string(),
        why: error.to_string(),
    };
    std::fs::read(path).map_err(unreadable)
}

#[cfg(test)]
mod tests;
