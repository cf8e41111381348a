//! TLS 1.3 with the hub's own authority as the only one that is trusted, for both transports.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use savin_shared::frame::{ALPN_ENROLMENT, ALPN_STREAM};
use thiserror::Error;

use crate::identity::TlsMaterial;

/// Builds the configuration of an enrolled agent's connections.
///
/// # Errors
/// Returns [`TlsError`] when a certificate or key is not usable, or they do not belong together.
pub fn enrolled(material: &TlsMaterial) -> Result<Arc<ClientConfig>, TlsError> {
    let key = PrivateKeyDer::from_pem_slice(material.key_pem.as_bytes())
        .map_err(|_| TlsError::Pem("the agent's key"))?;
    let certificate = CertificateDer::from(material.certificate.clone());
    let config = builder(&material.authority_pem)?.with_client_auth_cert(vec![certificate], key)?;
    Ok(named(config, ALPN_STREAM))
}

/// Builds the configuration of a connection that only enrols or renews.
///
/// # Errors
/// Returns [`TlsError`] when the authority is not usable.
pub fn enrolling(authority_pem: &str) -> Result<Arc<ClientConfig>, TlsError> {
    let config = builder(authority_pem)?.with_no_client_auth();
    Ok(named(config, ALPN_ENROLMENT))
}

type Builder = rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert>;

fn builder(authority_pem: &str) -> Result<Builder, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(authority_pem.as_bytes()) {
        roots.add(certificate.map_err(|_| TlsError::Pem("the hub's authority"))?)?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_root_certificates(roots))
}

fn named(mut config: ClientConfig, protocol: &[u8]) -> Arc<ClientConfig> {
    config.alpn_protocols = vec![protocol.to_vec()];
    Arc::new(config)
}

/// Why TLS cannot be set up.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A PEM file is none.
    #[error("{0} is not in PEM")]
    Pem(&'static str),
    /// rustls refused.
    #[error("TLS refused the configuration")]
    Rustls(#[from] rustls::Error),
}
