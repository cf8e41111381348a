//! Signing messages, so that a mail server knows that they are ours (DKIM, RFC 6376).

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use lettre::Message as Mail;
use lettre::message::dkim::{
    DkimCanonicalization, DkimCanonicalizationType, DkimConfig, DkimSigningAlgorithm,
    DkimSigningKey,
};
use lettre::message::header::HeaderName;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{PrivatePkcs1KeyDer, PrivatePkcs8KeyDer};
use thiserror::Error;
use x509_parser::asn1_rs::{FromDer as _, Sequence};

/// The headers that are signed. Not `Content-Type`, which the library writes otherwise than it signs.
const SIGNED: [HeaderName; 9] = [
    HeaderName::new_from_ascii_str("From"),
    HeaderName::new_from_ascii_str("To"),
    HeaderName::new_from_ascii_str("Subject"),
    HeaderName::new_from_ascii_str("Date"),
    HeaderName::new_from_ascii_str("Message-ID"),
    HeaderName::new_from_ascii_str("MIME-Version"),
    HeaderName::new_from_ascii_str("Auto-Submitted"),
    HeaderName::new_from_ascii_str("List-Unsubscribe"),
    HeaderName::new_from_ascii_str("List-Unsubscribe-Post"),
];

/// Characters of a text in the DNS (RFC 1035, section 3.3.14).
const TEXT_MAX: usize = 255;

/// Signs messages.
pub struct Signer(DkimConfig);

impl fmt::Debug for Signer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Signer").finish_non_exhaustive()
    }
}

impl Signer {
    /// Reads the key that signs for a domain under a selector.
    ///
    /// # Errors
    /// Returns [`DkimError`] for a file that holds no RSA key.
    pub fn load(path: &Path, selector: &str, domain: &str) -> Result<Self, DkimError> {
        let pem = pem("RSA PRIVATE KEY", &read(path)?);
        let key = DkimSigningKey::new(&pem, DkimSigningAlgorithm::Rsa)
            .map_err(|_| DkimError::Key(path.to_owned()))?;
        // The headers are folded after they are signed: only `relaxed` bears that (section 3.4.2).
        let relaxed = DkimCanonicalization {
            header: DkimCanonicalizationType::Relaxed,
            body: DkimCanonicalizationType::Relaxed,
        };
        let (selector, domain) = (selector.to_owned(), domain.to_owned());
        let headers = SIGNED.to_vec();
        Ok(Self(DkimConfig::new(
            selector, domain, key, headers, relaxed,
        )))
    }

    /// Signs a message.
    pub fn sign(&self, mail: &mut Mail) {
        mail.sign(&self.0);
    }
}

/// Makes a key of 2,048 bits (RFC 8301, section 3.2) and its file.
///
/// # Errors
/// Returns [`DkimError`] where there is a file already, or it cannot be written.
pub fn make(path: &Path) -> Result<(), DkimError> {
    if path.exists() {
        return Err(DkimError::There(path.to_owned()));
    }
    let key = KeyPair::generate(KeySize::Rsa2048).map_err(|_| DkimError::Random)?;
    let der: Pkcs8V1Der<'_> = key.as_der().map_err(|_| DkimError::Random)?;
    crate::private_file::write(path, pem("PRIVATE KEY", der.as_ref()).as_bytes()).map_err(|cause| {
        DkimError::File {
            file: path.to_owned(),
            cause,
        }
    })
}

/// Returns what the DNS is to say of a key, as a zone file has it (section 3.6.1).
///
/// # Errors
/// Returns [`DkimError`] for a file that holds no RSA key.
pub fn record(path: &Path, selector: &str, domain: &str) -> Result<String, DkimError> {
    let wrong = || DkimError::Key(path.to_owned());
    let key = KeyPair::from_der(&read(path)?).map_err(|_| wrong())?;
    let public: PublicKeyX509Der<'_> = key.public_key().as_der().map_err(|_| wrong())?;
    let text = format!("v=DKIM1; k=rsa; p={}", BASE64.encode(public.as_ref()));
    let texts: Vec<String> = text
        .as_bytes()
        .chunks(TEXT_MAX)
        .map(|part| format!("\"{}\"", String::from_utf8_lossy(part)))
        .collect();
    Ok(format!(
        "{selector}._domainkey.{domain}. IN TXT ( {} )",
        texts.join(" ")
    ))
}

/// Reads the RSA key itself (RFC 8017, appendix A.1.2), which is all that the mail library takes.
fn read(path: &Path) -> Result<Vec<u8>, DkimError> {
    let bytes = fs::read(path).map_err(|cause| DkimError::File {
        file: path.to_owned(),
        cause,
    })?;
    if let Ok(key) = PrivatePkcs1KeyDer::from_pem_slice(&bytes) {
        return Ok(key.secret_pkcs1_der().to_vec());
    }
    let key = PrivatePkcs8KeyDer::from_pem_slice(&bytes).ok();
    key.and_then(|key| inner(&key))
        .ok_or_else(|| DkimError::Key(path.to_owned()))
}

/// Takes the key out of its wrapping: version, algorithm, octets (RFC 5208, section 5).
fn inner(key: &PrivatePkcs8KeyDer<'_>) -> Option<Vec<u8>> {
    let (_, outer) = Sequence::from_der(key.secret_pkcs8_der()).ok()?;
    let (rest, _version) = u32::from_der(&outer.content).ok()?;
    let (rest, _algorithm) = Sequence::from_der(rest).ok()?;
    let (_, octets) = <&[u8]>::from_der(rest).ok()?;
    Some(octets.to_vec())
}

/// Writes a key as text (RFC 7468).
fn pem(kind: &str, der: &[u8]) -> String {
    let text = BASE64.encode(der);
    let mut lines = vec![format!("-----BEGIN {kind}-----")];
    lines.extend(
        text.as_bytes()
            .chunks(64)
            .map(|line| String::from_utf8_lossy(line).into_owned()),
    );
    lines.push(format!("-----END {kind}-----\n"));
    lines.join("\n")
}

/// Why messages cannot be signed.
#[derive(Debug, Error)]
pub enum DkimError {
    /// The file of the key cannot be read or written.
    #[error("failed to read or write {file}: `savin-hub mail dkim --make` makes a key", file = file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// The file holds no key that mail is signed with.
    #[error("{file} holds no RSA key in PEM, at least of 2,048 bits", file = .0.display())]
    Key(PathBuf),
    /// There is a key already.
    #[error(
        "{file} is there already: messages under way are still checked against its key. For a new key \
         choose another selector and file, publish it, and change the configuration then",
        file = .0.display()
    )]
    There(PathBuf),
    /// The system gives no randomness.
    #[error("the system gives no randomness")]
    Random,
}

#[cfg(test)]
mod tests {
    use super::{DkimError, Signer, make, record};

    #[test]
    fn makes_a_key_once_and_says_what_the_dns_is_to_say() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dkim.pem");
        assert!(matches!(
            record(&path, "s", "x.test"),
            Err(DkimError::File { .. })
        ));
        make(&path).unwrap();
        assert!(matches!(make(&path), Err(DkimError::There(_))));
        let text = record(&path, "savin1", "x.test").unwrap();
        assert!(
            text.starts_with("savin1._domainkey.x.test. IN TXT ( \"v=DKIM1; k=rsa; p=MII"),
            "{text}"
        );
        assert!(text.split('"').all(|part| part.len() <= 255), "{text}");
        assert!(Signer::load(&path, "savin1", "x.test").is_ok());
        std::fs::write(&path, "no key").unwrap();
        let wrong = Signer::load(&path, "savin1", "x.test").unwrap_err();
        assert!(wrong.to_string().contains("holds no RSA key"), "{wrong}");
    }
}
