//! Signing messages, so that a mail server knows that they are ours (DKIM, RFC 6376).

mod signature;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use lettre::Message as Mail;
use lettre::message::header::{Date, HeaderName, HeaderValue};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{PrivatePkcs1KeyDer, PrivatePkcs8KeyDer};
use thiserror::Error;
use x509_parser::asn1_rs::{FromDer as _, Sequence};

/// Characters of a text in the DNS (RFC 1035, section 3.3.14).
const TEXT_MAX: usize = 255;

/// Signs messages.
pub struct Signer {
    key: KeyPair,
    selector: String,
    domain: String,
}

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
        let key = KeyPair::from_der(&read(path)?).map_err(|_| DkimError::Key(path.to_owned()))?;
        Ok(Self {
            key,
            selector: selector.to_owned(),
            domain: domain.to_owned(),
        })
    }

    /// Signs a message as it is sent, at its date.
    ///
    /// # Errors
    /// Returns [`DkimError::Unsigned`] for a message without a date, or when the library refuses.
    pub fn sign(&self, mail: &mut Mail) -> Result<(), DkimError> {
        let date = mail.headers().get::<Date>().map(SystemTime::from);
        let at = date.and_then(|date| Timestamp::try_from(date).ok());
        let sign = |text: &[u8]| {
            let mut signature = vec![0; self.key.public_modulus_len()];
            let random = SystemRandom::new();
            let signed = self
                .key
                .sign(&RSA_PKCS1_SHA256, &random, text, &mut signature);
            signed.ok().map(|()| signature)
        };
        let named = (self.selector.as_str(), self.domain.as_str());
        let value = at.and_then(|at| signature::value(&mail.formatted(), named, at, sign));
        let value = value.ok_or(DkimError::Unsigned)?;
        // It is folded already, and in ASCII.
        let header = HeaderValue::dangerous_new_pre_encoded(
            HeaderName::new_from_ascii_str(signature::NAME),
            value.replace("\r\n", ""),
            value,
        );
        mail.headers_mut().insert_raw(header);
        Ok(())
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

/// Reads the RSA key itself (RFC 8017, appendix A.1.2), whatever it is wrapped in.
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
    /// The library did not sign.
    #[error("a message could not be signed")]
    Unsigned,
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
