//! What a registrant chose, as it is sealed.

use super::Choices;

/// What she chose, as it is sealed.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub(in crate::vault) struct SealedChoices {
    language: crate::notification::words::Language,
    disclosure: crate::notification::fact::Disclosure,
}

impl From<Choices> for SealedChoices {
    fn from(choices: Choices) -> Self {
        Self {
            language: choices.language,
            disclosure: choices.disclosure,
        }
    }
}

impl From<SealedChoices> for Choices {
    fn from(sealed: SealedChoices) -> Self {
        Self {
            language: sealed.language,
            disclosure: sealed.disclosure,
        }
    }
}
