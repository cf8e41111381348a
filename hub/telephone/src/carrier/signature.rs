//! Whether a request comes from the carrier: Twilio's signature, and Telnyx's.

use aws_lc_rs::{hmac, signature};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use savin_shared::pii::Secret;
use thiserror::Error;

/// How old a signed request may be, and how far ahead its clock, in seconds.
const AGE_MAX_S: i64 = 300;

/// How a carrier signs what it sends.
#[derive(Debug, Clone)]
pub enum Scheme {
    /// HMAC-SHA-1 over address and form, keyed by the account's token (`X-Twilio-Signature`).
    Twilio(Secret<String>),
    /// Ed25519 over time and body, by the carrier's key (`telnyx-signature-ed25519`).
    Telnyx([u8; 32]),
}

/// A request as it came.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// The address that the carrier asked for, as it knows it: in front of every proxy.
    pub url: &'a str,
    /// The form, decoded.
    pub form: &'a [(String, String)],
    /// The body as it came.
    pub body: &'a [u8],
    /// The header with the signature.
    pub signature: &'a str,
    /// The header `telnyx-timestamp`, in seconds since 1970.
    pub timestamp: Option<&'a str>,
}

impl Scheme {
    /// Checks that a request comes from the carrier.
    ///
    /// # Errors
    /// Returns [`SignatureError`] for any other.
    pub fn check(&self, request: Signed<'_>, now_s: i64) -> Result<(), SignatureError> {
        let given = STANDARD.decode(request.signature);
        let given = given.map_err(|_| SignatureError::Wrong)?;
        match self {
            Self::Twilio(token) => {
                let key = twilio_key(token);
                let is_of = |url: &str| {
                    let text = signed_text(url, request.form);
                    hmac::verify(&key, text.as_bytes(), &given).is_ok()
                };
                // Carriers differ in whether they write the port that goes without saying.
                let is_right = is_of(request.url)
                    || other_port(request.url).is_some_and(|other| is_of(&other));
                is_right.then_some(()).ok_or(SignatureError::Wrong)
            }
            Self::Telnyx(key) => {
                let at = request.timestamp.ok_or(SignatureError::Wrong)?;
                let at_s: i64 = at.parse().map_err(|_| SignatureError::Wrong)?;
                if now_s.saturating_sub(at_s).saturating_abs() > AGE_MAX_S {
                    return Err(SignatureError::Old);
                }
                let message = [at.as_bytes(), b"|", request.body].concat();
                signature::UnparsedPublicKey::new(&signature::ED25519, key)
                    .verify(&message, &given)
                    .map_err(|_| SignatureError::Wrong)
            }
        }
    }
}

/// Signs as Twilio does.
#[must_use]
pub fn twilio(token: &Secret<String>, url: &str, form: &[(String, String)]) -> String {
    let text = signed_text(url, form);
    STANDARD.encode(hmac::sign(&twilio_key(token), text.as_bytes()))
}

fn twilio_key(token: &Secret<String>) -> hmac::Key {
    hmac::Key::new(
        hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        token.reveal().as_bytes(),
    )
}

/// The address, and every name with its value, in the order of names.
fn signed_text(url: &str, form: &[(String, String)]) -> String {
    let mut pairs: Vec<&(String, String)> = form.iter().collect();
    pairs.sort();
    pairs.dedup();
    let mut text = url.to_owned();
    for (name, value) in pairs {
        text.extend([name.as_str(), value.as_str()]);
    }
    text
}

/// Writes the usual port of an address, or leaves it away where it stands.
fn other_port(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let port = match scheme {
        "https" => ":443",
        "http" => ":80",
        _ => return None,
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, path) = rest.split_at_checked(end)?;
    let other = match host.strip_suffix(port) {
        Some(bare) => bare.to_owned(),
        None if host.rsplit_once(':').is_none() => format!("{host}{port}"),
        None => return None,
    };
    Some(format!("{scheme}://{other}{path}"))
}

/// Why a request is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// The signature is none, or of something else.
    #[error("believe a request in the carrier's name: its signature is wrong")]
    Wrong,
    /// It was signed too long ago, or by a clock that is ahead.
    #[error("believe a request in the carrier's name: it was signed more than 5 minutes ago")]
    Old,
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use savin_shared::pii::Secret;

    use super::{Scheme, SignatureError, Signed, twilio};

    const URL: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
    const SIGNATURE: &str = "0/KCTR6DLpKmkAf8muzZqo1nDgQ=";

    fn form() -> Vec<(String, String)> {
        let pairs = [
            ("CallSid", "CA1234567890ABCDE"),
            ("Caller", "+12349013030"),
            ("Digits", "1234"),
            ("From", "+12349013030"),
            ("To", "+18005551212"),
        ];
        pairs
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
    }

    #[test]
    fn signs_as_the_vendors_own_library_does() {
        let token = Secret::new("12345".to_owned());
        assert_eq!(twilio(&token, URL, &form()), SIGNATURE);
    }

    #[test]
    fn believes_only_what_was_signed() {
        let scheme = Scheme::Twilio(Secret::new("12345".to_owned()));
        let check = |url: &str, form: &[(String, String)], signature: &str| {
            let signed = Signed {
                url,
                form,
                body: b"",
                signature,
                timestamp: None,
            };
            scheme.check(signed, 0)
        };
        assert_eq!(check(URL, &form(), SIGNATURE), Ok(()));
        let wrong = Err(SignatureError::Wrong);
        let mut other = form();
        other[2].1 = "1235".to_owned();
        assert_eq!(check(URL, &other, SIGNATURE), wrong);
        assert_eq!(check("http://mycompany.com/", &form(), SIGNATURE), wrong);
        assert_eq!(check(URL, &form(), ""), wrong);
        assert_eq!(check(URL, &form(), "not base64!"), wrong);
    }

    #[test]
    fn believes_an_address_with_its_usual_port_and_without() {
        let token = Secret::new("12345".to_owned());
        let bare = "https://h.example/c?x=1";
        for (signed, asked, is_right) in [
            ("https://h.example:443/c?x=1", bare, true),
            (bare, "https://h.example:443/c?x=1", true),
            ("https://h.example:8443/c?x=1", bare, false),
            (bare, "https://h.example:8443/c?x=1", false),
            ("http://h.example:80/c", "http://h.example/c", true),
            ("http://h.example:443/c", "http://h.example/c", false),
        ] {
            let signature = twilio(&token, signed, &form());
            let request = Signed {
                url: asked,
                form: &form(),
                body: b"",
                signature: &signature,
                timestamp: None,
            };
            let checked = Scheme::Twilio(token.clone()).check(request, 0);
            assert_eq!(checked.is_ok(), is_right, "{signed} {asked}");
        }
    }

    #[test]
    fn believes_telnyx_for_five_minutes() {
        let pair = Ed25519KeyPair::generate().unwrap();
        let key = <[u8; 32]>::try_from(pair.public_key().as_ref()).unwrap();
        let signature = STANDARD.encode(pair.sign(b"1780338600|CallSid=CA1"));
        let check = |body: &[u8], now_s: i64| {
            let signed = Signed {
                url: URL,
                form: &[],
                body,
                signature: &signature,
                timestamp: Some("1780338600"),
            };
            Scheme::Telnyx(key).check(signed, now_s)
        };
        assert_eq!(check(b"CallSid=CA1", 1_780_338_610), Ok(()));
        let wrong = Err(SignatureError::Wrong);
        assert_eq!(check(b"CallSid=CA2", 1_780_338_610), wrong);
        assert_eq!(
            check(b"CallSid=CA1", 1_780_339_000),
            Err(SignatureError::Old)
        );
    }
}
