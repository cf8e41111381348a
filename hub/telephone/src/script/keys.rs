//! What the keys mean, the same in every script.

use savin_shared::pii::Secret;

/// Misses and silences in a row after which a person helps.
pub(super) const MISSES_MAX: u8 = 3;

/// What was pressed.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Pressed {
    /// 0: an operator.
    Operator,
    /// 1.
    One,
    /// 2: the other language.
    OtherLanguage,
    /// 7: never call again.
    Never,
    /// 9, or `*`: once more.
    Again,
    /// Four to six digits, which may be a PIN.
    Pin(Secret<String>),
    /// Nothing of these.
    Other,
}

/// Reads what was pressed.
pub(super) fn pressed(digits: Secret<String>) -> Pressed {
    match digits.reveal().as_str() {
        "0" => Pressed::Operator,
        "1" => Pressed::One,
        "2" => Pressed::OtherLanguage,
        "7" => Pressed::Never,
        "9" | "*" => Pressed::Again,
        text if is_pin(text) => Pressed::Pin(digits),
        _ => Pressed::Other,
    }
}

/// Says whether these keys can be a PIN.
pub(super) fn is_pin(keys: &str) -> bool {
    (4..=6).contains(&keys.len()) && is_digits(keys)
}

/// Says whether these keys are digits.
pub(super) fn is_digits(keys: &str) -> bool {
    keys.bytes().all(|key| key.is_ascii_digit())
}

/// Says whether letters stand on all of these keys.
pub(super) fn is_letters(keys: &str) -> bool {
    keys.bytes().all(|key| (b'2'..=b'9').contains(&key))
}

#[cfg(test)]
mod tests {
    use savin_shared::pii::Secret;

    use super::{Pressed, pressed};

    #[test]
    fn tells_single_keys_from_a_pin() {
        let read = |text: &str| pressed(Secret::new(text.to_owned()));
        assert_eq!(read("0"), Pressed::Operator);
        assert_eq!(read("*"), Pressed::Again);
        assert_eq!(read("0000"), Pressed::Pin(Secret::new("0000".to_owned())));
        for text in ["", "12", "123", "1234567", "12*4", "8", "#"] {
            assert_eq!(read(text), Pressed::Other, "{text}");
        }
    }
}
