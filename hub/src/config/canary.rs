//! `[canary]`: the monitored line at which the agencies' daily tests must come out.

use jiff::SignedDuration;
use serde::Deserialize;
use toml::Spanned;

use super::{Checker, ConfigError};
use crate::notification::address::EmailAddress;

/// How long a test may take from the jail to the end of the line, unless the settings say otherwise.
const LATE_AFTER: SignedDuration = SignedDuration::from_hours(2);

/// The shortest and the longest that it may be given.
const LATE_AFTER_MIN: SignedDuration = SignedDuration::from_mins(1);
const LATE_AFTER_MAX: SignedDuration = SignedDuration::from_hours(24);

/// The monitored line.
#[derive(Debug, Clone)]
pub struct CanaryLine {
    /// Where the tests come out.
    pub email: EmailAddress,
    /// How long each may take.
    pub late_after: SignedDuration,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CanaryDocument {
    email: Spanned<String>,
    #[serde(default)]
    late_after: Option<Spanned<String>>,
}

impl Checker<'_> {
    pub(super) fn canary(&self, document: &CanaryDocument) -> Result<CanaryLine, ConfigError> {
        let email = EmailAddress::parse(document.email.get_ref())
            .map_err(|_| self.wrong(document.email.span(), "email is an e-mail address"))?;
        let late_after = match &document.late_after {
            None => LATE_AFTER,
            Some(named) => named
                .get_ref()
                .parse()
                .ok()
                .filter(|time| (LATE_AFTER_MIN..=LATE_AFTER_MAX).contains(time))
                .ok_or_else(|| {
                    let message = "late_after is a length of time from \"1m\" to \"24h\"";
                    self.wrong(named.span(), message)
                })?,
        };
        Ok(CanaryLine { email, late_after })
    }
}
