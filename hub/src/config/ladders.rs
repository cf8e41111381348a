//! `ladders`: how notices go on until they are confirmed, as another table than the one that ships.

use std::path::Path;

use super::{Checker, ConfigError, read};
use crate::notification::ladder::Ladders;

impl Checker<'_> {
    pub(super) fn ladders(&self, named: Option<&Path>) -> Result<Ladders, ConfigError> {
        let Some(named) = named else {
            return Ladders::shipped().map_err(|error| ConfigError::Syntax {
                file: "ladders.toml".into(),
                message: error.to_string(),
            });
        };
        let file = self.base.join(named);
        Ladders::parse(&read(&file)?).map_err(|error| ConfigError::Syntax {
            file,
            message: error.to_string(),
        })
    }
}
