//! The PIN for when somebody makes her enter one: whoever watches hears and sees that there is nothing, nothing is
//! confirmed and nothing changes, and a person of ours learns of it. It is kept and looked at as her PIN is, both
//! always, so that the time does not tell which it was, or whether she has one (T03).

use jiff::Timestamp;
use savin_shared::pii::Secret;

use super::care::{SealedPin, hashed};
use super::command::{PortalAnswer, Ticket};
use super::sealed::DataKey;
use super::task::{self, Ask};
use super::{Vault, VaultError, broken};
use crate::ids::RegistrantId;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::care::{self, CareRow};
use crate::vault::keyring::Keyring;
use crate::work::task::TaskKind;

/// How soon a person looks.
const URGENCY: u8 = 1;

/// Seconds within which she is one task, however often she enters it.
const ONE_TASK_S: i64 = 3_600;

/// Which of her PINs somebody entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entered {
    /// The one by which she is known.
    Hers,
    /// The one for when somebody makes her enter it.
    Duress,
}

/// Both PINs of somebody; neither of a stranger.
#[derive(Debug, Default)]
pub(super) struct Pins {
    pin: Option<SealedPin>,
    duress: Option<SealedPin>,
}

impl Pins {
    pub(super) fn opened(
        key: &DataKey,
        whose: RegistrantId,
        row: &CareRow,
    ) -> Result<Self, StoreError> {
        let open = |purpose, sealed: Option<&Vec<u8>>| {
            let pin = sealed.map(|sealed| key.open::<SealedPin>(purpose, whose, sealed));
            pin.transpose().map_err(broken)
        };
        Ok(Self {
            pin: open("pin", row.sealed_pin.as_ref())?,
            duress: open("duress", row.sealed_duress_pin.as_ref())?,
        })
    }

    /// Says whether there is one by which she is known.
    pub(super) const fn has_pin(&self) -> bool {
        self.pin.is_some()
    }

    /// Says whether there is one for when somebody makes her enter it.
    pub(super) const fn has_duress_pin(&self) -> bool {
        self.duress.is_some()
    }

    /// Finds which of them somebody entered. It costs two hashes, whatever there is and whatever was entered.
    pub(super) fn entered(&self, said: &Secret<String>) -> Result<Option<Entered>, VaultError> {
        let is_hers = is(self.pin.as_ref(), said)?;
        let is_duress = is(self.duress.as_ref(), said)?;
        Ok(match (is_hers, is_duress) {
            (true, _) => Some(Entered::Hers),
            (false, true) => Some(Entered::Duress),
            (false, false) => None,
        })
    }
}

fn is(pin: Option<&SealedPin>, said: &Secret<String>) -> Result<bool, VaultError> {
    let Some(pin) = pin else {
        hashed(said, &[0; 16])?;
        return Ok(false);
    };
    pin.is(said)
}

impl Vault {
    /// Keeps the PIN for when somebody makes her enter one, or forgets it. She is not told of it as of other changes:
    /// whoever reads along must not learn that there is one.
    pub(super) fn set_duress_pin(
        &self,
        session: &Ticket,
        said: Option<Secret<String>>,
    ) -> Result<PortalAnswer, VaultError> {
        let random = self.world.random;
        let new = said.as_ref().map(|said| SealedPin::new(said, random()));
        let new = new.transpose()?;
        self.in_session("second pin", session, move |tx, _, who, key| {
            let whose = who.registrant;
            let pins = Pins::opened(key, whose, &care::load(tx, whose)?)?;
            if let Some(said) = &said
                && (!pins.has_pin() || is_one(pins.pin.as_ref(), said)?)
            {
                return Ok(PortalAnswer::Wrong);
            }
            let sealed = new.as_ref().map(|new| key.seal("duress", whose, new));
            let sealed = sealed.transpose().map_err(broken)?;
            care::put_duress_pin(tx, whose, sealed.as_deref())?;
            Ok(PortalAnswer::Done)
        })
    }
}

/// Says whether a PIN that is to count is the one for when somebody makes her enter it, which then could not be told
/// from it.
pub(super) fn is_taken(
    tx: &mut Tx<'_>,
    (whose, key): (RegistrantId, &DataKey),
    said: &Secret<String>,
) -> Result<bool, StoreError> {
    let pins = Pins::opened(key, whose, &care::load(tx, whose)?)?;
    is_one(pins.duress.as_ref(), said)
}

fn is_one(pin: Option<&SealedPin>, said: &Secret<String>) -> Result<bool, StoreError> {
    let failed = |_| StoreError::Damaged("a stored PIN");
    pin.map_or(Ok(false), |pin| pin.is(said).map_err(failed))
}

/// Has a person of ours know that somebody makes her enter a PIN.
pub(super) fn ask(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    (registrant, whereabouts): (RegistrantId, &str),
    now: Timestamp,
) -> Result<(), StoreError> {
    let ask = Ask {
        kind: TaskKind::ByHand,
        subject: format!("duress/{registrant}/{}", now.as_second() / ONE_TASK_S),
        registrant,
        urgency: URGENCY,
        due_at: None,
        note: format!(
            "She entered the PIN that says that somebody makes her do it, {whereabouts}. She was shown nothing, nothing \
             is confirmed and nothing was changed. Do not call or write to her about it, and send nobody: whoever is \
             with her may take the call. Bring it to the victim advocate who knows her, and do what was agreed with \
             her. What she has to be told goes on as before."
        ),
    };
    task::open(tx, keys, &ask, now).map(|_| ())
}
