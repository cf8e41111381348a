//! The words of pages and messages in each language, from Fluent files that ship with the program.

use std::fmt;
use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use savin_telephone::script::speech::Language as Spoken;
use serde::{Deserialize, Serialize};

/// A language in which everything is said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Spanish.
    Es,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::En, Self::Es];

    /// Returns its tag (BCP 47).
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Es => "es",
        }
    }

    /// Returns its own name for itself.
    #[must_use]
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Es => "Español",
        }
    }

    /// Returns where a page of the site, by its path, is in this language.
    #[must_use]
    pub fn path(self, path: &str) -> String {
        match (self, path) {
            (Self::En, path) => path.to_owned(),
            (Self::Es, "/") => "/es".to_owned(),
            (Self::Es, path) => format!("/es{path}"),
        }
    }

    /// Returns the language of a tag.
    #[must_use]
    pub fn parse(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }

    const fn files(self) -> [&'static str; 3] {
        match self {
            Self::En => [
                include_str!("../../locales/en/notices.ftl"),
                include_str!("../../locales/en/corrections.ftl"),
                include_str!("../../locales/en/pages.ftl"),
            ],
            Self::Es => [
                include_str!("../../locales/es/notices.ftl"),
                include_str!("../../locales/es/corrections.ftl"),
                include_str!("../../locales/es/pages.ftl"),
            ],
        }
    }
}

impl From<Language> for Spoken {
    fn from(language: Language) -> Self {
        match language {
            Language::En => Self::English,
            Language::Es => Self::Spanish,
        }
    }
}

impl From<Spoken> for Language {
    fn from(language: Spoken) -> Self {
        match language {
            Spoken::English => Self::En,
            Spoken::Spanish => Self::Es,
        }
    }
}

/// The words of one language.
#[derive(Clone, Copy)]
pub struct Words {
    language: Language,
    bundle: &'static FluentBundle<FluentResource>,
}

impl fmt::Debug for Words {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Words")
            .field("language", &self.language)
            .finish_non_exhaustive()
    }
}

impl Words {
    /// Returns the words of a language.
    #[must_use]
    pub fn of(language: Language) -> Self {
        static EN: OnceLock<FluentBundle<FluentResource>> = OnceLock::new();
        static ES: OnceLock<FluentBundle<FluentResource>> = OnceLock::new();
        let cell = match language {
            Language::En => &EN,
            Language::Es => &ES,
        };
        Self {
            language,
            bundle: cell.get_or_init(|| load(language)),
        }
    }

    /// Returns which language it is.
    #[must_use]
    pub const fn language(self) -> Language {
        self.language
    }

    /// Says a message.
    #[must_use]
    pub fn say(self, key: &str) -> String {
        self.say_with(key, &[])
    }

    /// Says a message with values. A key that no file has is said as itself, which a test rules out.
    #[must_use]
    pub fn say_with(self, key: &str, values: &[(&'static str, Argument<'_>)]) -> String {
        let pattern = self
            .bundle
            .get_message(key)
            .and_then(|message| message.value());
        let Some(pattern) = pattern else {
            return key.to_owned();
        };
        let mut arguments = FluentArgs::new();
        for (name, value) in values {
            match value {
                Argument::Text(text) => arguments.set(*name, FluentValue::from(*text)),
                Argument::Number(number) => arguments.set(*name, FluentValue::from(*number)),
            }
        }
        let mut problems = Vec::new();
        self.bundle
            .format_pattern(pattern, Some(&arguments), &mut problems)
            .into_owned()
    }

    /// Says whether there is such a message.
    #[must_use]
    pub fn has(self, key: &str) -> bool {
        self.bundle.has_message(key)
    }
}

/// A value in a message.
#[derive(Debug, Clone, Copy)]
pub enum Argument<'a> {
    /// A text.
    Text(&'a str),
    /// A number, by which a message may choose singular or plural.
    Number(i64),
}

fn load(language: Language) -> FluentBundle<FluentResource> {
    let tag = language.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    // Marks around values disturb screen readers and mail programs, and no value is right-to-left.
    bundle.set_use_isolating(false);
    for file in language.files() {
        let resource = match FluentResource::try_new(file.to_owned()) {
            // What can be read of a damaged file is better than nothing; a test rules it out.
            Ok(resource) | Err((resource, _)) => resource,
        };
        bundle.add_resource_overriding(resource);
    }
    bundle
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Language, Words};
    use crate::notification::rules::tellable;
    use fluent_bundle::FluentResource;

    fn keys(file: &str) -> BTreeSet<String> {
        FluentResource::try_new(file.to_owned()).expect("the file is valid");
        let is_key = |line: &&str| line.starts_with(|c: char| c.is_ascii_lowercase());
        file.lines()
            .filter(is_key)
            .filter_map(|line| Some(line.split_once('=')?.0.trim().to_owned()))
            .collect()
    }

    #[test]
    fn has_every_message_in_every_language() {
        let [en, es] = Language::ALL.map(Language::files);
        for (en, es) in en.iter().zip(es) {
            assert_eq!(keys(en), keys(es));
        }
    }

    #[test]
    fn says_no_message_in_two_ways() {
        for language in Language::ALL {
            let mut known = BTreeSet::new();
            for file in language.files() {
                let is_key = |line: &&str| line.starts_with(|c: char| c.is_ascii_lowercase());
                for line in file.lines().filter(is_key) {
                    let key = line.split_once('=').map(|(key, _)| key.trim());
                    assert!(known.insert(key), "{key:?} stands twice in {language:?}");
                }
            }
        }
    }

    #[test]
    fn has_words_for_everything_that_can_be_told() {
        for language in Language::ALL {
            let words = Words::of(language);
            for code in tellable() {
                for form in ["full", "discreet"] {
                    for key in ["notice", "correction"] {
                        let key = format!("{key}-{code}-{form}");
                        assert!(words.has(&key), "{key} in {language:?}");
                    }
                }
            }
        }
    }
}
