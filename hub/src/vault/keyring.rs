//! The vault's keys, in a file apart from its database: whoever has only one of the two has nothing.

use std::fs;
use std::io;
use std::path::Path;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::key_wrap::{AES_256, AesKek, KeyWrap as _};
use aws_lc_rs::{hmac, rand};
use savin_shared::hash::{hex, unhex};
use savin_shared::ids::{AgencyId, RecordKey};
use savin_shared::pii::{Pii, Secret};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::Zeroize as _;

use super::sealed::DataKey;
use crate::ids::{ContactId, EventId, NoticeId, PersonId, RegistrantId};
use crate::notification::follow::{FollowKind, Followed};
use crate::notification::mark::{LetterCode, Mark, MarkPurpose};

/// The keys.
#[derive(Debug)]
pub struct Keyring {
    wrapping: Secret<[u8; 32]>,
    index: Secret<[u8; 32]>,
    link: Secret<[u8; 32]>,
    notice: Secret<[u8; 32]>,
    code: Secret<[u8; 32]>,
}

/// The keys as their file holds them, in hexadecimal digits.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    version: u32,
    /// Wraps each registrant's data key.
    wrapping: String,
    /// Finds a registrant by her address.
    index: String,
    /// Finds who is to be told of a person.
    link: String,
    /// Names notices.
    notice: String,
    /// Checks codes and tickets.
    code: String,
}

impl Drop for KeyFile {
    fn drop(&mut self) {
        for text in [
            &mut self.wrapping,
            &mut self.index,
            &mut self.link,
            &mut self.notice,
            &mut self.code,
        ] {
            text.zeroize();
        }
    }
}

impl Keyring {
    /// Loads the keys; `None` where there is no file.
    ///
    /// # Errors
    /// Returns [`KeyringError`] when the file cannot be used.
    pub fn load(path: &Path) -> Result<Option<Self>, KeyringError> {
        match fs::read_to_string(path) {
            Ok(text) => Self::read(&text).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(KeyringError::File(error)),
        }
    }

    /// Makes keys and their file, for a vault that holds nothing yet.
    ///
    /// # Errors
    /// Returns [`KeyringError`] when the file cannot be written.
    pub fn make_file(path: &Path) -> Result<Self, KeyringError> {
        let file = Self::make()?;
        let text = serde_json::to_string_pretty(&file).map_err(|_| KeyringError::Damaged)?;
        crate::private_file::write(path, text.as_bytes()).map_err(KeyringError::File)?;
        Self::read(&text)
    }

    /// Hashes the keys, so that a vault knows its own again.
    #[must_use]
    pub fn check_value(&self) -> [u8; 32] {
        let parts = [&self.index, &self.link, &self.notice, &self.code];
        let parts = parts.map(|key| tag(key, &[b"check"]));
        tag(&self.wrapping, &parts.each_ref().map(<[u8; 32]>::as_slice))
    }

    /// Makes keys that are gone with this process: for tests.
    ///
    /// # Errors
    /// Returns [`KeyringError::Random`] when the system gives no randomness.
    pub fn scratch() -> Result<Self, KeyringError> {
        let text = serde_json::to_string(&Self::make()?).map_err(|_| KeyringError::Damaged)?;
        Self::read(&text)
    }

    fn make() -> Result<KeyFile, KeyringError> {
        let key = || -> Result<String, KeyringError> {
            let mut bytes = [0; 32];
            rand::fill(&mut bytes).map_err(|_| KeyringError::Random)?;
            Ok(hex(&bytes))
        };
        Ok(KeyFile {
            version: 1,
            wrapping: key()?,
            index: key()?,
            link: key()?,
            notice: key()?,
            code: key()?,
        })
    }

    fn read(text: &str) -> Result<Self, KeyringError> {
        let file: KeyFile = serde_json::from_str(text).map_err(|_| KeyringError::Damaged)?;
        let key = |text: &str| -> Result<Secret<[u8; 32]>, KeyringError> {
            let bytes = unhex(text).and_then(|bytes| bytes.try_into().ok());
            bytes.map(Secret::new).ok_or(KeyringError::Damaged)
        };
        if file.version != 1 {
            return Err(KeyringError::Damaged);
        }
        Ok(Self {
            wrapping: key(&file.wrapping)?,
            index: key(&file.index)?,
            link: key(&file.link)?,
            notice: key(&file.notice)?,
            code: key(&file.code)?,
        })
    }

    /// Wraps a registrant's data key (NIST SP 800-38F, KWP).
    ///
    /// # Errors
    /// Returns [`KeyringError::Wrap`] when the library refuses.
    pub fn wrap(&self, key: &DataKey) -> Result<Vec<u8>, KeyringError> {
        let mut wrapped = [0; 64];
        let kek = AesKek::new(&AES_256, self.wrapping.reveal()).map_err(|_| KeyringError::Wrap)?;
        kek.wrap(key.reveal(), &mut wrapped)
            .map(|wrapped| wrapped.to_vec())
            .map_err(|_| KeyringError::Wrap)
    }

    /// Unwraps a registrant's data key.
    ///
    /// # Errors
    /// Returns [`KeyringError::Wrap`] for a key that was wrapped with another one.
    pub fn unwrap(&self, wrapped: &[u8]) -> Result<DataKey, KeyringError> {
        let mut key = [0; 64];
        let kek = AesKek::new(&AES_256, self.wrapping.reveal()).map_err(|_| KeyringError::Wrap)?;
        let bytes = kek
            .unwrap(wrapped, &mut key)
            .map_err(|_| KeyringError::Wrap)?;
        let unwrapped: [u8; 32] = (&*bytes).try_into().map_err(|_| KeyringError::Wrap)?;
        key.zeroize();
        Ok(DataKey::new(unwrapped))
    }

    /// Hashes an address so that the same one is found again: full width, keyed (FIPS 198-1).
    #[must_use]
    pub fn blind_index(&self, channel: &str, comparable: &Pii<String>) -> [u8; 32] {
        tag(
            &self.index,
            &[channel.as_bytes(), comparable.reveal().as_bytes()],
        )
    }

    /// Hashes a person so that the vault's file does not tell about whom anybody registered.
    #[must_use]
    pub fn person_link(&self, person: PersonId) -> [u8; 32] {
        tag(&self.link, &[person.as_bytes()])
    }

    /// Hashes a record so that the vault's file does not tell by which anybody's person is known.
    #[must_use]
    pub fn record_link(&self, agency: &AgencyId, record: &RecordKey) -> [u8; 32] {
        let parts: [&[u8]; 4] = [
            b"record",
            agency.as_str().as_bytes(),
            &record.kind.code().to_be_bytes(),
            record.number.as_str().as_bytes(),
        ];
        tag(&self.link, &parts)
    }

    /// Hashes an event so that the vault's file does not tell which notices tell of it.
    #[must_use]
    pub fn event_link(&self, event: EventId) -> [u8; 32] {
        tag(&self.link, &[b"event", event.as_bytes()])
    }

    /// Hashes an event that staff took back so that the vault's file does not tell which notices say so.
    #[must_use]
    pub fn correction_link(&self, event: EventId) -> [u8; 32] {
        tag(&self.link, &[b"correction", event.as_bytes()])
    }

    /// Hashes a booking so that the vault's file does not tell which a court ordered to be told to nobody.
    #[must_use]
    pub fn booking_link(&self, booking: &[u8; 32]) -> [u8; 32] {
        tag(&self.link, &[b"booking", booking])
    }

    /// Hashes a case or an order so that the vault's file does not tell which anybody follows.
    #[must_use]
    pub fn follow_link(&self, followed: &Followed) -> [u8; 32] {
        self.follow_link_of(followed.kind, &followed.comparable())
    }

    /// Returns every link under which a case or an order may be followed: its own first, and that by which it
    /// was followed before the names of courts were compared.
    #[must_use]
    pub fn follow_links(&self, followed: &Followed) -> [[u8; 32]; 2] {
        let before = followed.comparable_before();
        let before = self.follow_link_of(followed.kind, &before);
        [self.follow_link(followed), before]
    }

    fn follow_link_of(&self, kind: FollowKind, comparable: &str) -> [u8; 32] {
        let kind = kind.as_str().as_bytes();
        tag(&self.link, &[b"follow", kind, comparable.as_bytes()])
    }

    /// Names a notice by what causes it, so that no retry can plan it twice, and so that its name
    /// leads nobody to the event.
    #[must_use]
    pub fn notice_id(
        &self,
        event: EventId,
        rules: &str,
        registrant: RegistrantId,
        channel: &str,
    ) -> NoticeId {
        let parts: [&[u8]; 4] = [
            event.as_bytes(),
            rules.as_bytes(),
            registrant.as_bytes(),
            channel.as_bytes(),
        ];
        let full = tag(&self.notice, &parts);
        NoticeId::from_bytes(full.first_chunk::<16>().copied().unwrap_or_default())
    }

    /// Makes the mark by which a message's own address or link names it.
    #[must_use]
    pub fn mark(&self, purpose: MarkPurpose, notice: NoticeId) -> Mark {
        let parts: [&[u8]; 3] = [b"mark", purpose.as_str().as_bytes(), notice.as_bytes()];
        Mark::new(notice, &tag(&self.code, &parts))
    }

    /// Makes the mark of a message by which no more is asked for at the address to which it goes.
    #[must_use]
    pub fn stop_mark(&self, notice: NoticeId, contact: ContactId) -> Mark {
        let purpose = MarkPurpose::Stop.as_str().as_bytes();
        let parts: [&[u8]; 4] = [b"mark", purpose, notice.as_bytes(), contact.as_bytes()];
        Mark::new(notice, &tag(&self.code, &parts))
    }

    /// Says whether a mark asks for no more at this address.
    #[must_use]
    pub fn is_stop_of(&self, mark: &Mark, contact: ContactId) -> bool {
        let right = self.stop_mark(mark.notice, contact);
        verify_slices_are_equal(&right.tag, &mark.tag).is_ok()
    }

    /// Makes the code by which somebody says that she has a letter.
    #[must_use]
    pub fn letter_code(&self, notice: NoticeId) -> LetterCode {
        LetterCode::new(notice, &tag(&self.code, &[b"letter", notice.as_bytes()]))
    }

    /// Says whether this vault gave a mark out for a purpose.
    #[must_use]
    pub fn is_ours(&self, purpose: MarkPurpose, mark: &Mark) -> bool {
        let right = self.mark(purpose, mark.notice);
        verify_slices_are_equal(&right.tag, &mark.tag).is_ok()
    }

    /// Hashes a code with the ticket that it belongs to.
    #[must_use]
    pub fn code_hash(&self, ticket: &Secret<String>, code: &Secret<String>) -> [u8; 32] {
        tag(
            &self.code,
            &[
                b"code",
                ticket.reveal().as_bytes(),
                code.reveal().as_bytes(),
            ],
        )
    }

    /// Hashes a ticket, so that the file does not let anybody in.
    #[must_use]
    pub fn ticket_hash(&self, ticket: &Secret<String>) -> [u8; 32] {
        tag(&self.code, &[b"ticket", ticket.reveal().as_bytes()])
    }
}

fn tag(key: &Secret<[u8; 32]>, parts: &[&[u8]]) -> [u8; 32] {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.reveal());
    let mut context = hmac::Context::with_key(&key);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut bytes = [0; 32];
    bytes.copy_from_slice(context.sign().as_ref());
    bytes
}

/// Why the keys cannot be used.
#[derive(Debug, Error)]
pub enum KeyringError {
    /// The file cannot be read or written.
    #[error("the key file cannot be read or written")]
    File(#[source] io::Error),
    /// There is a vault and no key file.
    #[error(
        "the vault's key file is gone, and without it nothing in the vault can be opened: put it \
         back from the officers' copy"
    )]
    Lost,
    /// The file holds the keys of another vault.
    #[error(
        "the key file is another vault's, and opens nothing in this one: put this vault's back \
         from the officers' copy"
    )]
    Other,
    /// The file is not one.
    #[error("the key file is damaged")]
    Damaged,
    /// A data key cannot be wrapped or unwrapped.
    #[error("a data key does not open: are these the vault's keys?")]
    Wrap,
    /// The system gives no randomness.
    #[error("the system gives no randomness")]
    Random,
}
