//! The hub's own certificate authority, its server certificate and the key that signs receipts.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use aws_lc_rs::rand;
use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName,
    DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, SerialNumber,
};
use savin_shared::frame::SERVER_NAME;
use savin_shared::hash::{hex, unhex};
use savin_shared::ids::AgentId;
use savin_shared::sign::{SignError, SigningKey};
use thiserror::Error;
use time::OffsetDateTime;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::private_file;

/// How long an agent's certificate lasts.
pub const AGENT_CERTIFICATE: SignedDuration = SignedDuration::from_hours(90 * 24);

/// How long the authority and the server's certificate last.
const OWN_CERTIFICATE: SignedDuration = SignedDuration::from_hours(10 * 365 * 24);

/// How far back a certificate begins: a jail's clock that is slow by less still lets the hub in, which
/// then says how far it is off.
const SKEW: SignedDuration = SignedDuration::from_hours(7 * 24);

const AUTHORITY_KEY: &str = "authority.key.pem";
const AUTHORITY: &str = "authority.pem";
const RECEIPT_KEY: &str = "receipt.key";

/// The authority and the keys that the hub shows to agents.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate_pem: String,
    certificate_der: Vec<u8>,
    receipt_key: SigningKey,
    agent_certificate: SignedDuration,
}

/// What an agent's certificate says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgentCertificate {
    /// Whose it is.
    pub agent: AgentId,
    /// When it was signed.
    pub signed: Timestamp,
    /// When it ends.
    pub ends: Timestamp,
}

/// The server's certificate, made anew at each start.
#[derive(Debug)]
pub struct ServerIdentity {
    /// The certificate and the authority's, in DER.
    pub chain: Vec<Vec<u8>>,
    /// Its key, in DER (PKCS #8).
    pub key: Vec<u8>,
}

impl Authority {
    /// Loads the authority, or makes it where there is none of its files.
    ///
    /// # Errors
    /// Returns [`AuthorityError`] when its files cannot be used, or some of them are missing: none is
    /// ever replaced, since no agent would know the others again.
    pub fn load_or_make(folder: &Path, now: Timestamp) -> Result<Self, AuthorityError> {
        let file = |name: &str| folder.join(name);
        let names = [RECEIPT_KEY, AUTHORITY_KEY, AUTHORITY];
        if !names.iter().any(|name| file(name).exists()) {
            let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
            let certificate = authority_params(now)?.self_signed(&key)?;
            let mut seed = [0; 32];
            rand::fill(&mut seed).map_err(|_| AuthorityError::Random)?;
            write(&file(RECEIPT_KEY), hex(&seed).as_bytes())?;
            write(&file(AUTHORITY_KEY), key.serialize_pem().as_bytes())?;
            write(&file(AUTHORITY), certificate.pem().as_bytes())?;
        }
        if let Some(name) = names.iter().find(|name| !file(name).exists()) {
            return Err(AuthorityError::Missing { file: file(name) });
        }
        let certificate_pem = read(&file(AUTHORITY))?;
        let key = KeyPair::from_pem(&read(&file(AUTHORITY_KEY))?)?;
        let seed: [u8; 32] = unhex(read(&file(RECEIPT_KEY))?.trim())
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(AuthorityError::Damaged)?;
        let (_, pem) = x509_parser::pem::parse_x509_pem(certificate_pem.as_bytes())
            .map_err(|_| AuthorityError::Damaged)?;
        Ok(Self {
            issuer: Issuer::from_ca_cert_pem(&certificate_pem, key)?,
            certificate_der: pem.contents,
            certificate_pem,
            receipt_key: SigningKey::from_seed(&seed)?,
            agent_certificate: AGENT_CERTIFICATE,
        })
    }

    /// Signs agents' certificates that last as long as this.
    #[must_use]
    pub const fn lasting(mut self, agent_certificate: SignedDuration) -> Self {
        self.agent_certificate = agent_certificate;
        self
    }

    /// Returns the authority's certificate, in PEM: what a token carries.
    #[must_use]
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// Returns the authority's certificate, in DER.
    #[must_use]
    pub fn certificate_der(&self) -> &[u8] {
        &self.certificate_der
    }

    /// Returns the key that signs receipts and commands.
    #[must_use]
    pub const fn receipt_key(&self) -> &SigningKey {
        &self.receipt_key
    }

    /// Makes a server certificate.
    ///
    /// # Errors
    /// Returns [`AuthorityError`] when the library refuses.
    pub fn server(&self, now: Timestamp) -> Result<ServerIdentity, AuthorityError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = CertificateParams::new(vec![SERVER_NAME.to_owned()])?;
        params.distinguished_name = named(SERVER_NAME);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        lasts(&mut params, now, OWN_CERTIFICATE)?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(ServerIdentity {
            chain: vec![certificate.der().to_vec(), self.certificate_der.clone()],
            key: key.serialize_der(),
        })
    }

    /// Signs an agent's certificate for the key in its signing request, under the name that the hub
    /// gives it; what else the request asks for is ignored.
    ///
    /// # Errors
    /// Returns [`AuthorityError::Rcgen`] for a request that does not hold.
    pub fn sign_agent(
        &self,
        signing_request: &[u8],
        agent: AgentId,
        now: Timestamp,
    ) -> Result<(Vec<u8>, Timestamp), AuthorityError> {
        let mut request =
            CertificateSigningRequestParams::from_der(&signing_request.to_vec().into())?;
        let mut params = CertificateParams::default();
        params.distinguished_name = named(&agent.to_string());
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.serial_number = Some(SerialNumber::from_slice(agent.as_bytes()));
        lasts(&mut params, now, self.agent_certificate)?;
        request.params = params;
        let certificate = request.signed_by(&self.issuer)?;
        let ends = now
            .checked_add(self.agent_certificate)
            .map_err(|_| AuthorityError::Time)?;
        Ok((certificate.der().to_vec(), ends))
    }
}

/// Reads an agent's certificate, which TLS has verified.
#[must_use]
pub fn agent_certificate(certificate: &[u8]) -> Option<AgentCertificate> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    let name = certificate.subject().iter_common_name().next()?;
    let validity = certificate.validity();
    let at = |seconds| Timestamp::from_second(seconds).ok();
    Some(AgentCertificate {
        agent: name.as_str().ok()?.parse().ok()?,
        signed: at(validity.not_before.timestamp())?
            .checked_add(SKEW)
            .ok()?,
        ends: at(validity.not_after.timestamp())?,
    })
}

impl AgentCertificate {
    /// Returns when it is to be renewed: after half of its life and up to a tenth more, by chance, so
    /// that agents that were enrolled together do not all come together.
    #[must_use]
    pub fn renewal_at(&self, random: [u8; 16]) -> Timestamp {
        let [low, high, ..] = random;
        let life_ms = self.ends.duration_since(self.signed).as_millis();
        let jitter_ms = life_ms / 10 * i128::from(u16::from_be_bytes([low, high])) / 65_536;
        let after_ms = i64::try_from(life_ms / 2 + jitter_ms).unwrap_or(0);
        let after = SignedDuration::from_millis(after_ms);
        self.signed.checked_add(after).unwrap_or(self.ends)
    }
}

fn authority_params(now: Timestamp) -> Result<CertificateParams, AuthorityError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = named("SAVIN hub authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    lasts(&mut params, now, OWN_CERTIFICATE)?;
    Ok(params)
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

fn lasts(
    params: &mut CertificateParams,
    now: Timestamp,
    duration: SignedDuration,
) -> Result<(), AuthorityError> {
    let at = |time: Timestamp| {
        OffsetDateTime::from_unix_timestamp(time.as_second()).map_err(|_| AuthorityError::Time)
    };
    params.not_before = at(now.checked_sub(SKEW).map_err(|_| AuthorityError::Time)?)?;
    params.not_after = at(now
        .checked_add(duration)
        .map_err(|_| AuthorityError::Time)?)?;
    Ok(())
}

fn read(path: &Path) -> Result<String, AuthorityError> {
    fs::read_to_string(path).map_err(|cause| AuthorityError::File {
        file: path.to_owned(),
        cause,
    })
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), AuthorityError> {
    private_file::write(path, bytes).map_err(|cause| AuthorityError::File {
        file: path.to_owned(),
        cause,
    })
}

/// Why the authority cannot be used.
#[derive(Debug, Error)]
pub enum AuthorityError {
    /// A file cannot be read or written.
    #[error("failed to use {file}", file = file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// One file is missing, and others are there.
    #[error(
        "{file} is missing: put it back from the backup, since agents trust this authority and no \
         other; or, where no agent has enrolled yet, delete {RECEIPT_KEY}, {AUTHORITY_KEY} and \
         {AUTHORITY} beside it, and they are made anew",
        file = file.display()
    )]
    Missing {
        /// Which.
        file: PathBuf,
    },
    /// A file does not hold what this program wrote.
    #[error("the authority's files are damaged")]
    Damaged,
    /// The certificate library refused.
    #[error("a certificate or signing request was refused")]
    Rcgen(#[from] rcgen::Error),
    /// A key is not usable.
    #[error("the receipt key is not usable")]
    Key(#[from] SignError),
    /// The clock is outside the range of certificates.
    #[error("the clock is outside the range of certificates")]
    Time,
    /// The system gives no randomness.
    #[error("the system gives no randomness")]
    Random,
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use rcgen::{CertificateParams, KeyPair};
    use savin_shared::ids::AgentId;

    use super::{AgentCertificate, Authority, agent_certificate};

    fn now() -> Timestamp {
        "2026-06-15T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn names_an_agent_as_the_hub_decided_and_not_as_it_asked() {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::load_or_make(folder.path(), now()).unwrap();
        let agent = AgentId::from_bytes([7; 16]);
        let key = KeyPair::generate().unwrap();
        let asked = CertificateParams::new(vec!["another.example".to_owned()]).unwrap();
        let request = asked.serialize_request(&key).unwrap();
        let (certificate, ends) = authority.sign_agent(request.der(), agent, now()).unwrap();
        let read = agent_certificate(&certificate).unwrap();
        assert_eq!((read.agent, read.signed, read.ends), (agent, now(), ends));
        assert_eq!(ends.to_string(), "2026-09-13T12:00:00Z");
        assert!(authority.sign_agent(&[1, 2, 3], agent, now()).is_err());
    }

    #[test]
    fn renews_after_half_a_life_and_up_to_a_tenth_more() {
        let certificate = AgentCertificate {
            agent: AgentId::from_bytes([7; 16]),
            signed: "2026-01-01T00:00:00Z".parse().unwrap(),
            ends: "2026-04-01T00:00:00Z".parse().unwrap(),
        };
        let at = |random| certificate.renewal_at(random).to_string();
        assert_eq!(at([0; 16]), "2026-02-15T00:00:00Z");
        assert!(
            at([255; 16]).starts_with("2026-02-23T23:"),
            "{}",
            at([255; 16])
        );
    }

    #[test]
    fn stays_the_same_authority_from_start_to_start() {
        let folder = tempfile::tempdir().unwrap();
        let first = Authority::load_or_make(folder.path(), now()).unwrap();
        let second = Authority::load_or_make(folder.path(), now()).unwrap();
        assert_eq!(first.certificate_pem(), second.certificate_pem());
        assert_eq!(
            first.receipt_key().verifying_key(),
            second.receipt_key().verifying_key()
        );
    }

    #[test]
    fn names_the_file_that_is_missing_and_replaces_none() {
        for name in [super::AUTHORITY, super::AUTHORITY_KEY, super::RECEIPT_KEY] {
            let folder = tempfile::tempdir().unwrap();
            Authority::load_or_make(folder.path(), now()).unwrap();
            let kept = |name: &str| std::fs::read(folder.path().join(name)).ok();
            std::fs::remove_file(folder.path().join(name)).unwrap();
            let before = [super::AUTHORITY, super::AUTHORITY_KEY, super::RECEIPT_KEY].map(kept);
            let refused = Authority::load_or_make(folder.path(), now()).unwrap_err();
            assert!(refused.to_string().contains(name), "{refused}");
            let after = [super::AUTHORITY, super::AUTHORITY_KEY, super::RECEIPT_KEY].map(kept);
            assert!(before == after, "a file was made or changed");
        }
    }
}
