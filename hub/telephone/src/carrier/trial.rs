//! What a call for trial says: three tones, and how many keys were heard after them.

use super::twiml::{Verb, document};
use crate::audio::tone::tone;
use crate::script::speech::Language;

/// Keys that are counted, at most.
const KEYS_MAX: u8 = 20;

/// How long to wait for each, in seconds.
const WAIT_S: u64 = 10;

/// Returns three tones, one higher than the other.
#[must_use]
pub fn tones() -> Vec<i16> {
    let mut tones = Vec::new();
    for hz in [440.0, 550.0, 660.0] {
        tones.extend(tone(&[hz], 600, 8_000.0));
        tones.resize(tones.len() + 1_600, 0);
    }
    tones
}

/// Has a carrier play the tones that lie at an address, and send the keys that follow to another.
#[must_use]
pub fn begin(tones_at: &str, keys_to: &str) -> String {
    let gather = Verb::Gather {
        action: keys_to.to_owned(),
        digits_max: KEYS_MAX,
        timeout_s: WAIT_S,
        inside: vec![Verb::Play(tones_at.to_owned())],
    };
    document(&[gather, Verb::Redirect(keys_to.to_owned())])
}

/// Has a carrier say how many keys were heard.
#[must_use]
pub fn end(keys: usize) -> String {
    let said = Verb::Say(Language::English, format!("{keys} keys were heard."));
    document(&[said, Verb::Hangup])
}

#[cfg(test)]
mod tests {
    use super::{begin, end, tones};

    #[test]
    fn plays_tones_and_says_what_was_pressed() {
        let begun = begin("https://h.example/t.wav", "https://h.example/k");
        assert!(
            begun.contains("<Play>https://h.example/t.wav</Play>"),
            "{begun}"
        );
        assert_eq!(begun.matches("https://h.example/k").count(), 2, "{begun}");
        assert!(end(3).contains(">3 keys were heard.</Say><Hangup/>"));
        assert_eq!(tones().len(), 3 * 6_400);
    }
}
