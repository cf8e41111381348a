//! Signed notes (c2sp.org/signed-note): a text, an empty line, and a line for each signature. What
//! signs here is Ed25519; a reader with the key needs nothing else.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use savin_shared::hash::{Hash, hex};
use savin_shared::sign::{Signature, SigningKey, VerifyingKey};
use thiserror::Error;

/// The byte that stands for Ed25519 in key and signature.
const ED25519: u8 = 1;

/// What a signature line begins with.
const DASH: &str = "\u{2014} ";

/// Signature lines of the longest note that is read.
const SIGNATURES_MAX: usize = 16;

/// The public half of a key that signs notes, and the name under which it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteKey {
    name: String,
    key: VerifyingKey,
}

impl NoteKey {
    /// Names a key.
    ///
    /// # Errors
    /// Returns [`NoteError::Key`] for a name that is empty or holds a space or a plus.
    pub fn new(name: &str, key: VerifyingKey) -> Result<Self, NoteError> {
        let is_plain = |c: char| !c.is_whitespace() && !c.is_control() && c != '+';
        if name.is_empty() || !name.chars().all(is_plain) {
            return Err(NoteError::Key);
        }
        Ok(Self {
            name: name.to_owned(),
            key,
        })
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the first bytes of a hash of name and key, by which a signature names its key.
    fn id(&self) -> [u8; 4] {
        let mut bytes = self.name.clone().into_bytes();
        bytes.extend_from_slice(&[b'\n', ED25519]);
        bytes.extend_from_slice(&self.key.0);
        let hash = Hash::of(&bytes);
        hash.as_bytes().first_chunk().copied().unwrap_or_default()
    }

    /// Checks a note and returns its text, with its last line break.
    ///
    /// # Errors
    /// Returns [`NoteError`] when it is none, or this key did not sign it.
    pub fn open<'a>(&self, note: &'a str) -> Result<&'a str, NoteError> {
        let (text, lines) = split(note)?;
        let mut is_signed = false;
        for line in lines {
            let (name, id, signature) = signature_line(line)?;
            if name != self.name || id != self.id() {
                continue;
            }
            let signature = signature.try_into().map(Signature);
            let signature = signature.map_err(|_| NoteError::Signature)?;
            self.key
                .verify(text.as_bytes(), &signature)
                .map_err(|_| NoteError::Signature)?;
            is_signed = true;
        }
        if is_signed {
            Ok(text)
        } else {
            Err(NoteError::Signature)
        }
    }

    /// Checks a note that nobody but this key signs, and returns its text.
    ///
    /// # Errors
    /// Returns [`NoteError`] as [`Self::open`] does, and when anything stands after the key's signature.
    pub fn open_alone<'a>(&self, note: &'a str) -> Result<&'a str, NoteError> {
        let text = self.open(note)?;
        let (_, lines) = split(note)?;
        if lines.len() == 1 {
            Ok(text)
        } else {
            Err(NoteError::Beside)
        }
    }
}

impl fmt::Display for NoteKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![ED25519];
        key.extend_from_slice(&self.key.0);
        write!(
            formatter,
            "{}+{}+{}",
            self.name,
            hex(&self.id()),
            STANDARD.encode(key)
        )
    }
}

impl FromStr for NoteKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::Key);
        };
        let bytes = STANDARD.decode(key).map_err(|_| NoteError::Key)?;
        let Some((&ED25519, key)) = bytes.split_first() else {
            return Err(NoteError::Key);
        };
        let key = Self::new(
            name,
            VerifyingKey(key.try_into().map_err(|_| NoteError::Key)?),
        )?;
        if hex(&key.id()) == id {
            Ok(key)
        } else {
            Err(NoteError::Key)
        }
    }
}

/// A key that signs notes.
#[derive(Debug)]
pub struct NoteSigner {
    public: NoteKey,
    key: SigningKey,
}

impl NoteSigner {
    /// Names a key.
    ///
    /// # Errors
    /// Returns [`NoteError::Key`] for a name that no key can have.
    pub fn new(name: &str, key: SigningKey) -> Result<Self, NoteError> {
        Ok(Self {
            public: NoteKey::new(name, key.verifying_key())?,
            key,
        })
    }

    /// Returns the public half.
    #[must_use]
    pub const fn public(&self) -> &NoteKey {
        &self.public
    }

    /// Signs a text, which ends with a line break and holds no empty line.
    ///
    /// # Errors
    /// Returns [`NoteError::Text`] for another.
    pub fn sign(&self, text: &str) -> Result<String, NoteError> {
        let is_control = |c: char| c.is_control() && c != '\n';
        if !text.ends_with('\n') || text.contains("\n\n") || text.contains(is_control) {
            return Err(NoteError::Text);
        }
        let mut bytes = self.public.id().to_vec();
        bytes.extend_from_slice(&self.key.sign(text.as_bytes()).0);
        Ok(format!(
            "{text}\n{DASH}{} {}\n",
            self.public.name,
            STANDARD.encode(bytes)
        ))
    }
}

/// Parts a note into its text and its signature lines.
fn split(note: &str) -> Result<(&str, Vec<&str>), NoteError> {
    let end = note.rfind("\n\n").ok_or(NoteError::Form)?;
    let (text, rest) = note.split_at_checked(end + 1).ok_or(NoteError::Form)?;
    let lines = rest
        .strip_prefix('\n')
        .and_then(|rest| rest.strip_suffix('\n'));
    let lines: Vec<&str> = lines.ok_or(NoteError::Form)?.split('\n').collect();
    if lines.len() > SIGNATURES_MAX || text.contains(|c: char| c.is_control() && c != '\n') {
        return Err(NoteError::Form);
    }
    Ok((text, lines))
}

/// Reads a signature line: the name, the key's identifier and the signature.
fn signature_line(line: &str) -> Result<(&str, [u8; 4], Vec<u8>), NoteError> {
    let rest = line.strip_prefix(DASH).ok_or(NoteError::Form)?;
    let (name, encoded) = rest.split_once(' ').ok_or(NoteError::Form)?;
    let bytes = STANDARD.decode(encoded).map_err(|_| NoteError::Form)?;
    let (id, signature) = bytes.split_first_chunk().ok_or(NoteError::Form)?;
    Ok((name, *id, signature.to_vec()))
}

/// Why a note or a key was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NoteError {
    /// It is no signed note.
    #[error(
        "it is no signed note, or characters or breaks of lines were added, left out or changed"
    )]
    Form,
    /// The text cannot be signed.
    #[error(
        "the text does not end with a line break, or holds an empty line or a control character"
    )]
    Text,
    /// The key cannot be read.
    #[error("the key does not have the form NAME+ID+KEY")]
    Key,
    /// The key did not sign it, or it was changed since.
    #[error("the signature does not hold, or is not this key's")]
    Signature,
    /// There are other lines beside the signature.
    #[error("something was added beside its signature")]
    Beside,
}

#[cfg(test)]
mod tests {
    use savin_shared::sign::SigningKey;

    use super::{NoteError, NoteKey, NoteSigner};

    /// The example of c2sp.org/signed-note.
    const KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    const NOTE: &str = "This is an example message.\n\n\u{2014} example.com/foo \
        Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

    #[test]
    fn opens_the_published_note_with_the_published_key() {
        let key: NoteKey = KEY.parse().unwrap();
        assert_eq!(key.name(), "example.com/foo");
        assert_eq!(key.to_string(), KEY);
        assert_eq!(key.open(NOTE), Ok("This is an example message.\n"));
    }

    #[test]
    fn refuses_the_published_note_with_any_byte_changed() {
        let key: NoteKey = KEY.parse().unwrap();
        for place in 0..NOTE.len() {
            for flip in [1, 2, 32, 128] {
                let mut bytes = NOTE.as_bytes().to_vec();
                bytes[place] ^= flip;
                let Ok(text) = String::from_utf8(bytes) else {
                    continue;
                };
                assert!(key.open(&text).is_err(), "byte {place} by {flip}");
            }
        }
    }

    #[test]
    fn signs_what_its_public_half_opens_and_another_does_not() {
        let signer = |seed| {
            let key = SigningKey::from_seed(&[seed; 32]).unwrap();
            NoteSigner::new("log.example/savin", key).unwrap()
        };
        let note = signer(1).sign("one\ntwo\n").unwrap();
        assert_eq!(signer(1).public().open(&note), Ok("one\ntwo\n"));
        assert_eq!(signer(2).public().open(&note), Err(NoteError::Signature));
        // A witness may sign beside the log: a line of a key that is not known is passed over.
        let witness = signer(2).sign("one\ntwo\n").unwrap();
        let both = format!("{note}{}", witness.strip_prefix("one\ntwo\n\n").unwrap());
        assert_eq!(signer(1).public().open(&both), Ok("one\ntwo\n"));
        for text in ["", "one", "one\n\ntwo\n", "one\r\n"] {
            assert_eq!(signer(1).sign(text), Err(NoteError::Text), "{text:?}");
        }
    }

    #[test]
    fn reads_no_key_that_was_mistyped() {
        let wrong = KEY.replace("530d903a", "530d903b");
        for text in [
            "",
            "a+b",
            &wrong,
            &KEY.replace("Aeky", "Beky"),
            &KEY.replace("foo", "f o"),
        ] {
            assert_eq!(text.parse::<NoteKey>(), Err(NoteError::Key), "{text}");
        }
    }
}
