//! What everybody tries first who guesses a PIN.

/// Says whether digits are all the same, or count up.
#[must_use]
pub fn is_guessable(digits: &str) -> bool {
    let digits = digits.as_bytes();
    let steps = |step: u8| {
        let mut pairs = digits.iter().zip(digits.iter().skip(1));
        pairs.all(|(one, next)| next.wrapping_sub(*one) == step)
    };
    steps(0) || steps(1)
}
