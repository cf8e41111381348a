//! `[freshness]`: after how long without a word from a jail whoever asked for somebody there is told.

use jiff::SignedDuration;
use serde::Deserialize;
use toml::Spanned;

use super::{Checker, ConfigError};

/// Unless the settings say otherwise: a night.
const DARK_AFTER: SignedDuration = SignedDuration::from_hours(12);

/// The shortest that is no short outage, and the longest.
const DARK_AFTER_MIN: SignedDuration = SignedDuration::from_hours(1);
const DARK_AFTER_MAX: SignedDuration = SignedDuration::from_hours(168);

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FreshnessDocument {
    #[serde(default)]
    dark_after: Option<Spanned<String>>,
}

impl Checker<'_> {
    pub(super) fn dark_after(
        &self,
        document: &FreshnessDocument,
    ) -> Result<SignedDuration, ConfigError> {
        let Some(named) = &document.dark_after else {
            return Ok(DARK_AFTER);
        };
        named
            .get_ref()
            .parse()
            .ok()
            .filter(|time| (DARK_AFTER_MIN..=DARK_AFTER_MAX).contains(time))
            .ok_or_else(|| {
                let message = "dark_after is a length of time from \"1h\" to \"168h\"";
                self.wrong(named.span(), message)
            })
    }
}
