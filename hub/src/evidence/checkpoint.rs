//! Checkpoints (c2sp.org/tlog-checkpoint): what a log was at a size, in a text that can be signed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use savin_shared::hash::Hash;

use super::note::{NoteError, NoteKey, NoteSigner};

/// What a log was at a size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint {
    /// How many leaves it had.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

impl Checkpoint {
    /// Signs it in the name of the log that the key is named after.
    ///
    /// # Errors
    /// Returns [`NoteError`] when the name cannot stand in a note.
    pub fn sign(&self, signer: &NoteSigner) -> Result<String, NoteError> {
        let root = STANDARD.encode(self.root.as_bytes());
        signer.sign(&format!(
            "{}\n{}\n{root}\n",
            signer.public().name(),
            self.size
        ))
    }

    /// Reads a signed checkpoint of the log that the key is named after.
    ///
    /// # Errors
    /// Returns [`NoteError`] when the signature does not hold, or the text is another log's or none.
    pub fn open(note: &str, key: &NoteKey) -> Result<Self, NoteError> {
        let mut lines = key.open(note)?.lines();
        if lines.next() != Some(key.name()) {
            return Err(NoteError::Form);
        }
        let digits = lines.next().ok_or(NoteError::Form)?;
        let size: u64 = digits.parse().map_err(|_| NoteError::Form)?;
        let root = STANDARD.decode(lines.next().unwrap_or_default());
        let root = root.ok().and_then(|root| Hash::from_slice(&root));
        if size.to_string() != digits {
            return Err(NoteError::Form);
        }
        Ok(Self {
            size,
            root: root.ok_or(NoteError::Form)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use savin_shared::hash::Hash;
    use savin_shared::sign::SigningKey;

    use super::Checkpoint;
    use crate::evidence::note::NoteSigner;

    #[test]
    fn reads_back_what_it_signed_and_only_its_own_log() {
        let signer =
            |name: &str| NoteSigner::new(name, SigningKey::from_seed(&[1; 32]).unwrap()).unwrap();
        let root = Hash::of(b"root");
        let checkpoint = Checkpoint {
            size: 20_852_163,
            root,
        };
        let own = signer("example.com/behind-the-sofa");
        let note = checkpoint.sign(&own).unwrap();
        assert!(
            note.starts_with("example.com/behind-the-sofa\n20852163\n"),
            "{note}"
        );
        assert_eq!(Checkpoint::open(&note, own.public()), Ok(checkpoint));
        let other = signer("example.com/elsewhere");
        assert!(Checkpoint::open(&note, other.public()).is_err());
        for text in ["x\n1\n", "example.com/behind-the-sofa\n01\nAAAA\n"] {
            let note = own.sign(text).unwrap();
            assert!(Checkpoint::open(&note, own.public()).is_err(), "{text}");
        }
    }
}
