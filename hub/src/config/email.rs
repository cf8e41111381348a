//! `[email]`: the mail server, how letters are signed, and where the ones that come back are read.

use std::path::PathBuf;

use lettre::Address;
use serde::Deserialize;
use toml::Spanned;

use super::{Checker, ConfigError, credentials, read};
use crate::channels::email::transport::{MailServer, Security};

/// Messages that are handed over at once, unless it is set: below the 50 lines that Postfix grants a client.
const AT_ONCE: u32 = 40;

/// The fewest, of which one is kept for escapes and codes, and the most.
const AT_ONCE_MIN: u32 = 2;
const AT_ONCE_MAX: u32 = 500;

/// The mail channel.
#[derive(Debug)]
pub struct Email {
    /// The mail server.
    pub server: MailServer,
    /// The sender's address.
    pub from: Address,
    /// How messages are signed, if they are.
    pub dkim: Option<Dkim>,
    /// Where what comes back is read, if it is.
    pub returns: Option<Returns>,
}

/// How messages are signed (RFC 6376).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dkim {
    /// The name under which the key stands in the DNS.
    pub selector: String,
    /// The domain that signs.
    pub domain: String,
    /// The file of the key, in PEM.
    pub key: PathBuf,
}

/// Where messages come back that could not be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returns {
    /// The address to which they come back, without the part that names the message.
    pub address: Address,
    /// The Maildir into which the mail server puts them.
    pub maildir: PathBuf,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EmailDocument {
    host: String,
    port: u16,
    security: SecurityDocument,
    from: Spanned<String>,
    #[serde(default)]
    authority: Option<PathBuf>,
    #[serde(default)]
    credentials: Option<PathBuf>,
    #[serde(default)]
    dkim: Option<DkimDocument>,
    #[serde(default)]
    returns: Option<ReturnsDocument>,
    #[serde(default)]
    at_once: Option<Spanned<u32>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DkimDocument {
    selector: Spanned<String>,
    #[serde(default)]
    domain: Option<Spanned<String>>,
    key: PathBuf,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReturnsDocument {
    address: Spanned<String>,
    maildir: PathBuf,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum SecurityDocument {
    None,
    Starttls,
    Tls,
}

impl Checker<'_> {
    pub(super) fn email(&self, document: EmailDocument) -> Result<Email, ConfigError> {
        let from = self.address(&document.from, "from")?;
        let authority_pem = match document.authority {
            Some(path) => Some(read(&self.base.join(path))?.into_bytes()),
            None => None,
        };
        let credentials = match document.credentials {
            Some(path) => Some(credentials(&self.base.join(path))?),
            None => None,
        };
        let dkim = document.dkim.map(|dkim| self.dkim(dkim, from.domain()));
        let returns = document.returns.map(|returns| self.returns(&returns));
        let at_once = match &document.at_once {
            None => AT_ONCE,
            Some(many) if (AT_ONCE_MIN..=AT_ONCE_MAX).contains(many.get_ref()) => *many.get_ref(),
            Some(many) => {
                let message = format!("at_once is a number from {AT_ONCE_MIN} to {AT_ONCE_MAX}");
                return Err(self.wrong(many.span(), &message));
            }
        };
        Ok(Email {
            server: MailServer {
                host: document.host,
                port: document.port,
                security: match document.security {
                    SecurityDocument::None => Security::None,
                    SecurityDocument::Starttls => Security::StartTls,
                    SecurityDocument::Tls => Security::Tls,
                },
                authority_pem,
                credentials,
                at_once,
            },
            dkim: dkim.transpose()?,
            returns: returns.transpose()?,
            from,
        })
    }

    fn address(&self, text: &Spanned<String>, field: &str) -> Result<Address, ConfigError> {
        let message = format!("{field} is an e-mail address without a name");
        let address = text.get_ref().parse();
        address.map_err(|_| self.wrong(text.span(), &message))
    }

    fn dkim(&self, document: DkimDocument, from: &str) -> Result<Dkim, ConfigError> {
        let name = |named: &Spanned<String>, field: &str| {
            let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
            let text = named.get_ref();
            if text.is_empty() || !text.chars().all(is_name) {
                let message = format!("{field} is a name of the DNS");
                return Err(self.wrong(named.span(), &message));
            }
            Ok(text.clone())
        };
        let domain = match &document.domain {
            Some(domain) => name(domain, "domain")?,
            None => from.to_owned(),
        };
        Ok(Dkim {
            selector: name(&document.selector, "selector")?,
            domain,
            key: self.base.join(document.key),
        })
    }

    fn returns(&self, document: &ReturnsDocument) -> Result<Returns, ConfigError> {
        let address = self.address(&document.address, "address")?;
        // The name of the message comes behind a plus sign, and both must fit (RFC 5321, 4.5.3.1.1).
        if address.user().contains('+') || address.user().len() > RETURN_NAME_MAX {
            let message = format!(
                "address has at most {RETURN_NAME_MAX} characters before the @, and no plus sign"
            );
            return Err(self.wrong(document.address.span(), &message));
        }
        Ok(Returns {
            address,
            maildir: self.base.join(&document.maildir),
        })
    }
}

/// Characters of the address for returns before the `@`: 64 less a plus sign and the mark.
const RETURN_NAME_MAX: usize = 10;
