//! A connection that is encrypted, and whose other end is who it says it is.

use super::address::{Address, Secrecy};
use super::{ServerError, connection::Duplex};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_util::bytes::BytesMut;

/// Encrypts the connection as the address says.
///
/// # Errors
/// The server does not encrypt, or its certificate does not hold.
pub(super) async fn wrap(address: &Address, mut stream: TcpStream) -> Result<Box<dyn Duplex>, ServerError> {
    let Secrecy::Verified(roots) = &address.secrecy else { return Ok(Box::new(stream)) };
    let problem = |error: &dyn std::fmt::Display| ServerError::Tls(error.to_string());
    let mut request = BytesMut::new();
    postgres_protocol::message::frontend::ssl_request(&mut request);
    stream.write_all(&request).await.map_err(|e| address.lost(&e))?;
    if stream.read_u8().await.map_err(|e| address.lost(&e))? != b'S' {
        return Err(ServerError::Tls(format!("{} does not encrypt (sslmode=disable asks for that)", address.place())));
    }
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| problem(&error))?
        .with_root_certificates(trusted(roots.as_deref())?)
        .with_no_client_auth();
    let name = ServerName::try_from(address.host.clone()).map_err(|error| problem(&error))?;
    let secured = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    Ok(Box::new(secured.map_err(|error| problem(&error))?))
}

/// The roots of a file, or those of the system.
fn trusted(file: Option<&std::path::Path>) -> Result<RootCertStore, ServerError> {
    let mut store = RootCertStore::empty();
    match file {
        Some(file) => {
            let problem = |error: &dyn std::fmt::Display| ServerError::Tls(format!("{}: {error}", file.display()));
            let certificates = CertificateDer::pem_file_iter(file).map_err(|error| problem(&error))?;
            for certificate in certificates {
                let certificate = certificate.map_err(|error| problem(&error))?;
                store.add(certificate).map_err(|error| problem(&error))?;
            }
            if store.is_empty() {
                return Err(problem(&"holds no certificate"));
            }
        }
        None => {
            let system = rustls_native_certs::load_native_certs();
            store.add_parsable_certificates(system.certs);
            if store.is_empty() {
                return Err(ServerError::Tls(
                    "the system has no root certificates; name a file with sslrootcert".to_owned(),
                ));
            }
        }
    }
    Ok(store)
}
