//! The documents that a carrier performs (`TwiML`).

use crate::script::speech::Language;

/// What a carrier is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verb {
    /// Play a sound from an address.
    Play(String),
    /// Speak a text itself, where there is no sound.
    Say(Language, String),
    /// Wait, in seconds.
    Pause(u64),
    /// Collect keys while something is said.
    Gather {
        /// Where to send them.
        action: String,
        /// The most of them.
        digits_max: u8,
        /// How long to wait for each, in seconds.
        timeout_s: u64,
        /// What is said.
        inside: Vec<Self>,
    },
    /// Call an operator and join both.
    Dial {
        /// Where to tell how that went.
        action: String,
        /// How long to let it ring, in seconds.
        timeout_s: u64,
        /// The number.
        number: String,
        /// Where to ask what to do with whoever took the call there, before both are joined.
        asks: Option<String>,
    },
    /// Ask elsewhere what to do.
    Redirect(String),
    /// End the call.
    Hangup,
}

/// Writes a document.
pub(super) fn document(verbs: &[Verb]) -> String {
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>".to_owned();
    write(&mut text, verbs);
    text.push_str("</Response>");
    text
}

fn write(text: &mut String, verbs: &[Verb]) {
    for verb in verbs {
        match verb {
            Verb::Play(url) => element(text, "Play", "", url),
            Verb::Say(language, words) => {
                let tag = match language {
                    Language::English => " language=\"en-US\"",
                    Language::Spanish => " language=\"es-MX\"",
                };
                element(text, "Say", tag, words);
            }
            Verb::Pause(length_s) => {
                text.extend(["<Pause length=\"", &length_s.to_string(), "\"/>"]);
            }
            Verb::Gather {
                action,
                digits_max,
                timeout_s,
                inside,
            } => {
                let action = escaped(action);
                let attributes = format!(
                    "input=\"dtmf\" method=\"POST\" finishOnKey=\"#\" \
                     actionOnEmptyResult=\"true\" numDigits=\"{digits_max}\" \
                     timeout=\"{timeout_s}\" action=\"{action}\""
                );
                text.extend(["<Gather ", &attributes, ">"]);
                write(text, inside);
                text.push_str("</Gather>");
            }
            Verb::Dial {
                action,
                timeout_s,
                number,
                asks,
            } => {
                let attributes = format!(
                    " method=\"POST\" timeout=\"{timeout_s}\" action=\"{}\"",
                    escaped(action)
                );
                let asks = asks.as_ref().map(|url| {
                    let url = escaped(url);
                    format!(" method=\"POST\" url=\"{url}\"")
                });
                text.extend(["<Dial", &attributes, ">"]);
                element(text, "Number", &asks.unwrap_or_default(), number);
                text.push_str("</Dial>");
            }
            Verb::Redirect(url) => element(text, "Redirect", " method=\"POST\"", url),
            Verb::Hangup => text.push_str("<Hangup/>"),
        }
    }
}

fn element(text: &mut String, name: &str, attributes: &str, content: &str) {
    let content = escaped(content);
    text.extend(["<", name, attributes, ">", &content, "</", name, ">"]);
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::{Verb, document};

    #[test]
    fn writes_what_a_carrier_performs() {
        let gather = Verb::Gather {
            action: "https://h.example/c?turn=1&key=<".to_owned(),
            digits_max: 6,
            timeout_s: 3,
            inside: vec![
                Verb::Play("https://h.example/1.wav".to_owned()),
                Verb::Pause(5),
            ],
        };
        assert_eq!(
            document(&[gather, Verb::Hangup]),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Gather input=\"dtmf\" \
             method=\"POST\" finishOnKey=\"#\" actionOnEmptyResult=\"true\" numDigits=\"6\" \
             timeout=\"3\" action=\"https://h.example/c?turn=1&amp;key=&lt;\">\
             <Play>https://h.example/1.wav</Play><Pause length=\"5\"/></Gather><Hangup/></Response>"
        );
    }
}
