//! The words of the prompts in each language: data, one line a prompt.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::script::prompt::Prompt;
use crate::script::speech::Language;

/// Returns what a prompt says. One without words is said as its key, which a test rules out.
#[must_use]
pub fn words(language: Language, prompt: Prompt) -> &'static str {
    static ENGLISH: OnceLock<BTreeMap<&str, &str>> = OnceLock::new();
    static SPANISH: OnceLock<BTreeMap<&str, &str>> = OnceLock::new();
    let cell = match language {
        Language::English => &ENGLISH,
        Language::Spanish => &SPANISH,
    };
    let phrases = cell.get_or_init(|| lines(file(language)).collect());
    phrases
        .get(prompt.key())
        .copied()
        .unwrap_or_else(|| prompt.key())
}

const fn file(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("../../data/prompts.en.txt"),
        Language::Spanish => include_str!("../../data/prompts.es.txt"),
    }
}

fn lines(file: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    file.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(" = "))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{file, lines};
    use crate::script::prompt::Prompt;
    use crate::script::speech::Language;

    #[test]
    fn every_prompt_has_words_in_every_language_and_nothing_else_has() {
        let keys: BTreeSet<&str> = Prompt::ALL.iter().map(|prompt| prompt.key()).collect();
        assert_eq!(keys.len(), Prompt::ALL.len());
        for language in Language::ALL {
            let text = file(language);
            let found: BTreeSet<&str> = lines(text).map(|(key, _)| key).collect();
            assert_eq!(found, keys, "{language:?}");
            let written = text.lines().filter(|line| !line.starts_with('#'));
            assert_eq!(written.count(), keys.len(), "{language:?}: a line is none");
        }
    }

    #[test]
    fn says_nothing_telling_before_the_pin() {
        let telling = [
            "victim", "víctima", "crime", "delito", "inmate", "preso", "jail", "cárcel", "prison",
            "prisión", "offender", "sheriff", "police", "vine", "savin", "custody", "custodia",
        ];
        let first = [
            Prompt::Greeting,
            Prompt::CodeWord,
            Prompt::EnterPin,
            Prompt::PinAgain,
            Prompt::Voicemail,
            Prompt::Reference,
            Prompt::CodeOffer,
            Prompt::ChangeOffer,
            Prompt::AfterChange,
            Prompt::NothingNew,
            Prompt::NoOperator,
            Prompt::DeskOffer,
        ];
        for language in Language::ALL {
            for prompt in first {
                let words = super::words(language, prompt).to_lowercase();
                let found = telling.iter().find(|word| words.contains(*word));
                assert_eq!(found, None, "{language:?} {prompt:?}: {words}");
            }
        }
    }
}
