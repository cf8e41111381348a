//! Every facility that a configuration names, and where it names it: the hub quarantines an agent
//! that speaks for one that it was not enrolled for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use savin_shared::ids::FacilityCode;
use serde::Deserialize;
use toml::Spanned;

use super::{ConfigError, place};

/// A facility's code where a file names it.
#[derive(Debug, Clone)]
pub struct NamedFacility {
    code: String,
    file: PathBuf,
    place: String,
}

#[derive(Debug, Deserialize)]
struct ProfileFacilities {
    #[serde(default)]
    values: FacilityValues,
}

#[derive(Debug, Default, Deserialize)]
struct FacilityValues {
    #[serde(default)]
    facility: BTreeMap<String, Spanned<String>>,
}

impl NamedFacility {
    /// Notes a code of a file.
    pub(super) fn new(code: &Spanned<String>, file: &Path, text: &str) -> Self {
        Self {
            code: code.get_ref().clone(),
            file: file.to_owned(),
            place: place(text, code.span().start),
        }
    }

    /// Notes the codes in a profile's `[values.facility]`.
    pub(super) fn of_profile(file: &Path, text: &str) -> Vec<Self> {
        // A profile that is not sound was refused before.
        toml::from_str::<ProfileFacilities>(text)
            .map(|profile| profile.values.facility)
            .unwrap_or_default()
            .values()
            .map(|code| Self::new(code, file, text))
            .collect()
    }

    /// Refuses a code that is none of those that the agent was enrolled for.
    ///
    /// # Errors
    /// Returns [`ConfigError::Syntax`] with file, line and the codes that would do.
    pub(super) fn check(&self, enrolled: &[FacilityCode]) -> Result<(), ConfigError> {
        if enrolled.iter().any(|known| known.as_str() == self.code) {
            return Ok(());
        }
        let codes: Vec<&str> = enrolled.iter().map(FacilityCode::as_str).collect();
        Err(ConfigError::Syntax {
            file: self.file.clone(),
            message: format!(
                "{}: this agent is not enrolled for the facility {:?}, only for {}",
                self.place,
                self.code,
                codes.join(", ")
            ),
        })
    }
}
