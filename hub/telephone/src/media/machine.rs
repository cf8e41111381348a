//! Whether a machine has answered. A guess from the first seconds of sound: it chooses what is said
//! first, and never counts as an answer of hers.

use std::time::Duration;

use crate::audio::Frame;

/// How long a frame is.
const FRAME: Duration = Duration::from_millis(20);

/// What the guess goes by; the figures are those that Asterisk publishes for its own. Its limit for silence at first is
/// left out: whoever takes a call and says nothing may be afraid, and is no machine.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Speech at a stretch that no person says on answering.
    pub greeting: Duration,
    /// Silence after a short greeting after which a person is taken to listen.
    pub silence_after: Duration,
    /// After this long nothing is known.
    pub altogether: Duration,
    /// Silence after a machine's greeting, and its beep, after which it records.
    pub recording: Duration,
    /// Sound shorter than this is no word.
    pub word: Duration,
    /// Silence between two words.
    pub between: Duration,
    /// More words than this are a machine's greeting.
    pub words_max: u32,
    /// The mean of a frame's loudness above which it is sound.
    pub loudness: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            greeting: Duration::from_millis(1_500),
            silence_after: Duration::from_millis(800),
            altogether: Duration::from_secs(5),
            recording: Duration::from_secs(1),
            word: Duration::from_millis(100),
            between: Duration::from_millis(50),
            words_max: 2,
            loudness: 256,
        }
    }
}

/// Who is taken to have answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answerer {
    /// A person.
    Person,
    /// A machine, which records by now.
    Machine,
    /// It is not known: treat it as a person.
    Unknown,
}

/// Listens to the first seconds.
#[derive(Debug, Default)]
pub struct Detector {
    limits: Limits,
    heard: Duration,
    silence: Duration,
    voice: Duration,
    speech: Duration,
    words: u32,
    is_word: bool,
    is_machine: bool,
}

impl Detector {
    /// Begins to listen, with other limits than the published ones.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    /// Hears a frame; returns who answered as soon as that is clear.
    pub fn hear(&mut self, frame: &Frame) -> Option<Answerer> {
        let limits = self.limits;
        self.heard += FRAME;
        let loudness: u32 = frame
            .iter()
            .map(|sample| u32::from(sample.unsigned_abs()))
            .sum();
        if loudness / 160 > limits.loudness {
            self.sound();
        } else {
            self.silence += FRAME;
            if self.silence >= limits.between {
                self.voice = Duration::ZERO;
                self.is_word = false;
            }
        }
        let has_spoken = self.words > 0;
        self.is_machine |= self.words > limits.words_max || self.speech >= limits.greeting;
        if self.is_machine {
            (self.silence >= limits.recording).then_some(Answerer::Machine)
        } else if has_spoken && self.silence >= limits.silence_after {
            Some(Answerer::Person)
        } else if self.heard >= limits.altogether {
            Some(Answerer::Unknown)
        } else {
            None
        }
    }

    fn sound(&mut self) {
        // A long pause ends the greeting that is counted.
        if self.silence >= self.limits.between {
            self.speech = Duration::ZERO;
        }
        self.silence = Duration::ZERO;
        self.voice += FRAME;
        self.speech += FRAME;
        if self.voice >= self.limits.word && !self.is_word {
            self.is_word = true;
            self.words += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Answerer, Detector};

    /// Listens to stretches of sound and silence, in milliseconds.
    fn guess(stretches: &[(bool, u32)]) -> Option<Answerer> {
        let mut detector = Detector::default();
        for (is_sound, length_ms) in stretches {
            for _ in 0..length_ms / 20 {
                let sample = if *is_sound { 2_000 } else { 20 };
                if let Some(answerer) = detector.hear(&[sample; 160]) {
                    return Some(answerer);
                }
            }
        }
        None
    }

    #[test]
    fn a_short_word_and_silence_is_a_person() {
        assert_eq!(
            guess(&[(false, 400), (true, 400), (false, 1_000)]),
            Some(Answerer::Person)
        );
        let twice = [
            (false, 200),
            (true, 300),
            (false, 200),
            (true, 300),
            (false, 900),
        ];
        assert_eq!(guess(&twice), Some(Answerer::Person));
    }

    #[test]
    fn a_long_greeting_is_a_machine() {
        let greeting = [(false, 300), (true, 8_000), (false, 600), (true, 400)];
        assert_eq!(guess(&greeting), None, "it does not record yet");
        let beep = [&greeting[..], &[(false, 1_000)]].concat();
        assert_eq!(guess(&beep), Some(Answerer::Machine));
        let mut words = [(true, 300), (false, 100)].repeat(4);
        words.push((false, 1_000));
        assert_eq!(guess(&words), Some(Answerer::Machine));
    }

    #[test]
    fn whoever_says_nothing_is_no_machine() {
        assert_eq!(guess(&[(false, 5_000)]), Some(Answerer::Unknown));
        // A machine that begins late is one all the same.
        let late = [(false, 3_000), (true, 3_000), (false, 1_000)];
        assert_eq!(guess(&late), Some(Answerer::Machine));
    }

    #[test]
    fn clicks_are_no_words() {
        let clicks = [(true, 40), (false, 400)].repeat(20);
        assert_eq!(guess(&clicks), Some(Answerer::Unknown));
    }
}
