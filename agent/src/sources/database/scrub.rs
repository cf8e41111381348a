//! Takes a connection string, and whatever secret it holds, out of what a driver says.

use std::fmt;

use savin_shared::pii::Secret;

/// Names of values that go nowhere, in lower case.
const SECRETS: [&str; 5] = ["pwd", "password", "secret", "token", "uid"];

/// What must not be said.
pub(super) struct Scrub(Vec<Secret<String>>);

impl fmt::Debug for Scrub {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Scrub")
    }
}

impl Scrub {
    /// Learns what a connection string holds.
    pub(super) fn new(connection: &Secret<String>) -> Self {
        let text = connection.reveal();
        let mut hidden = vec![connection.clone()];
        for part in text.split(';') {
            let Some((name, value)) = part.split_once('=') else {
                continue;
            };
            let (name, value) = (name.trim().to_lowercase(), value.trim());
            let bare = value.trim_start_matches('{').trim_end_matches('}');
            if SECRETS.iter().any(|secret| name.contains(secret)) && !bare.is_empty() {
                hidden.push(Secret::new(value.to_owned()));
                hidden.push(Secret::new(bare.to_owned()));
            }
        }
        Self(hidden)
    }

    /// Takes it all out of a message, and whatever is no printable text.
    pub(super) fn clean(&self, message: &str) -> String {
        let mut message = message.to_owned();
        for secret in &self.0 {
            message = message.replace(secret.reveal().as_str(), "***");
        }
        let words: Vec<&str> = message
            .split(|c: char| c.is_whitespace() || c.is_control())
            .filter(|word| !word.is_empty())
            .collect();
        words.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use savin_shared::pii::Secret;

    use super::Scrub;

    #[test]
    fn hides_the_string_and_its_secrets() {
        let text = "Driver={FreeTDS};Server=jail;UID=reader;Pwd={blue;jay}".replace(";jay", " jay");
        let scrub = Scrub::new(&Secret::new(text.clone()));
        let said = format!("cannot connect with {text}\n or with pwd 'blue jay' as reader");
        let clean = scrub.clean(&said);
        assert_eq!(clean, "cannot connect with *** or with pwd '***' as ***");
    }
}
