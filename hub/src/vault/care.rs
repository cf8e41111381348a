//! How to reach her without harm, and her PIN: sealed under her key, a PIN as a slow hash only.

use argon2::{Algorithm, Argon2, Params, Version};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use savin_shared::hash::{hex, unhex};
use savin_shared::pii::{Pii, Secret};
use serde::{Deserialize, Serialize};

use super::command::{CourierAnswer, PinVerdict, PortalAnswer, Ticket};
use super::contacts::{key_of, short};
use super::duress::{self, Entered, Pins};
use super::sealed::DataKey;
use super::{Vault, VaultError, broken, change};
use crate::ids::{NoticeId, RegistrantId};
use crate::notification::care::{Care, Excepted, Quiet, Voicemail};
use crate::notification::change::Changed;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::care::{self, CareRow};
use crate::store::vault::{carrying, registrant};

/// Wrong PINs of one call.
const PER_CALL: u64 = 3;

/// Wrong PINs of one registration that are looked at within an hour and a day, whoever tries. It is
/// never locked: an hour later the right one counts again, and an operator helps at any time.
const PER_HOUR: u64 = 9;
const PER_DAY: u64 = 30;

/// Memory and passes of the hash (OWASP's floor for argon2id): about 30 ms.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;

/// What is sealed of how to reach her.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct SealedCare {
    quiet: Option<Quiet>,
    #[serde(default)]
    excepted: Excepted,
    #[serde(default)]
    voicemail: Voicemail,
    code_word: Option<String>,
    #[serde(default)]
    held: Option<Held>,
}

/// The hours that held before others were chosen in a session: by them she is told of changes for three days more, so
/// that nobody who comes in chooses hours in which she hears of nothing (T03).
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Held {
    quiet: Option<Quiet>,
    until: Timestamp,
    /// When the first of those others were chosen: for a day from then on a night among them is kept too.
    #[serde(default)]
    since: Option<Timestamp>,
}

/// How long a night that was just chosen is kept by what tells of it.
const FIRST_DAY: SignedDuration = SignedDuration::from_hours(24);

impl Held {
    /// Says whether a night that was chosen is kept, too: whoever chooses late that nothing may ring at night is not woken
    /// to hear that she has.
    fn keeps(&self, chosen: Option<Quiet>, now: Timestamp) -> bool {
        let has_begun = |since: Timestamp| now.duration_since(since) < FIRST_DAY;
        chosen.is_some_and(Quiet::is_night) && self.since.is_some_and(has_begun)
    }
}

impl From<&Care> for SealedCare {
    fn from(said: &Care) -> Self {
        Self {
            quiet: said.quiet,
            excepted: said.excepted,
            voicemail: said.voicemail,
            code_word: said.code_word.as_ref().map(|word| word.reveal().clone()),
            held: None,
        }
    }
}

impl From<SealedCare> for Care {
    fn from(kept: SealedCare) -> Self {
        Self {
            quiet: kept.quiet,
            excepted: kept.excepted,
            voicemail: kept.voicemail,
            code_word: kept.code_word.map(Pii::new),
        }
    }
}

/// What is sealed of a PIN.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SealedPin {
    salt: String,
    hash: String,
}

/// Opens how to reach a registrant.
pub(super) fn opened(
    key: &DataKey,
    registrant: RegistrantId,
    row: &CareRow,
) -> Result<Care, StoreError> {
    kept(key, registrant, row).map(Care::from)
}

/// Returns until when she must not be disturbed with what she must know of a change; nothing where she may be now.
pub(super) fn quiet_for_change(
    (registrant, key): (RegistrantId, &DataKey),
    row: &CareRow,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let kept = kept(key, registrant, row)?;
    let chosen = kept.quiet;
    let ends = |quiet: Option<Quiet>| quiet.and_then(|quiet| quiet.ends(zone, now));
    let Some(held) = kept.held.filter(|held| now < held.until) else {
        return Ok(ends(chosen));
    };
    let night = chosen.filter(|_| held.keeps(chosen, now));
    Ok(ends(held.quiet).or_else(|| ends(night)))
}

fn kept(key: &DataKey, registrant: RegistrantId, row: &CareRow) -> Result<SealedCare, StoreError> {
    let Some(sealed) = &row.sealed_care else {
        return Ok(SealedCare::default());
    };
    key.open("care", registrant, sealed).map_err(broken)
}

/// Lists what differs of how she is reached.
fn differing(before: &Care, after: &Care) -> Vec<Changed> {
    let is_other = [
        (
            Changed::Hours,
            before.quiet != after.quiet || before.excepted != after.excepted,
        ),
        (Changed::Voicemail, before.voicemail != after.voicemail),
        (Changed::CodeWord, before.code_word != after.code_word),
    ];
    let differing = is_other.into_iter().filter(|(_, is_other)| *is_other);
    differing.map(|(what, _)| what).collect()
}

fn put(
    tx: &mut Tx<'_>,
    (registrant, key): (RegistrantId, &DataKey),
    said: &SealedCare,
) -> Result<(), StoreError> {
    let sealed = key.seal("care", registrant, said).map_err(broken)?;
    care::put(tx, registrant, &sealed)
}

/// Keeps what somebody said in a session of hers; the hours that held before hold on for what tells her of a change.
pub(super) fn put_in_session(
    tx: &mut Tx<'_>,
    (registrant, key): (RegistrantId, &DataKey),
    said: &Care,
    now: Timestamp,
) -> Result<(), StoreError> {
    let before = kept(key, registrant, &care::load(tx, registrant)?)?;
    let held = before.held.filter(|held| now < held.until);
    let changed = (before.quiet != said.quiet).then(|| Held {
        quiet: held.map_or(before.quiet, |held| held.quiet),
        until: change::goes_on(now),
        since: held.map_or(Some(now), |held| held.since),
    });
    let after = SealedCare {
        held: changed.or(held),
        ..SealedCare::from(said)
    };
    put(tx, (registrant, key), &after)
}

/// Keeps what she said when she registered. What she said before stays: she changes it where she sees it.
pub(super) fn put_first(
    tx: &mut Tx<'_>,
    (registrant, key): (RegistrantId, &DataKey),
    said: &SealedCare,
) -> Result<(), StoreError> {
    if care::load(tx, registrant)?.sealed_care.is_some() {
        return Ok(());
    }
    put(tx, (registrant, key), said)
}

pub(super) fn hashed(pin: &Secret<String>, salt: &[u8; 16]) -> Result<[u8; 32], VaultError> {
    let mut hash = [0; 32];
    let failed = |_| StoreError::Damaged("a PIN cannot be hashed");
    let params = Params::new(MEMORY_KIB, PASSES, 1, Some(32)).map_err(failed)?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(pin.reveal().as_bytes(), salt, &mut hash)
        .map_err(failed)?;
    Ok(hash)
}

impl SealedPin {
    pub(super) fn new(pin: &Secret<String>, salt: [u8; 16]) -> Result<Self, VaultError> {
        Ok(Self {
            salt: hex(&salt),
            hash: hex(&hashed(pin, &salt)?),
        })
    }

    pub(super) fn is(&self, said: &Secret<String>) -> Result<bool, VaultError> {
        let damaged = StoreError::Damaged("a stored PIN");
        let salt = unhex(&self.salt).and_then(|salt| salt.try_into().ok());
        let said = hex(&hashed(said, &salt.ok_or(damaged)?)?);
        Ok(Secret::new(said) == Secret::new(self.hash.clone()))
    }
}

impl Vault {
    /// Keeps what she says about being reached.
    pub(super) fn change_care(
        &self,
        session: &Ticket,
        said: Care,
    ) -> Result<PortalAnswer, VaultError> {
        self.in_session("care", session, move |tx, hand, who, key| {
            let whose = (who.registrant, key);
            let before = opened(key, who.registrant, &care::load(tx, who.registrant)?)?;
            put_in_session(tx, whose, &said, hand.now)?;
            change::tell_of_sitting(tx, hand, whose, &differing(&before, &said))?;
            Ok(PortalAnswer::Done)
        })
    }

    /// Keeps the PIN that she chose; her code to a proved contact let her in. Where it takes the place of another she is
    /// told so. It is wrong where it is the one for when somebody makes her enter it.
    pub(super) fn change_pin(
        &self,
        session: &Ticket,
        pin: &Secret<String>,
    ) -> Result<PortalAnswer, VaultError> {
        let sealed = SealedPin::new(pin, (self.world.random)())?;
        let said = pin.clone();
        self.in_session("pin", session, move |tx, hand, who, key| {
            let sealed = key.seal("pin", who.registrant, &sealed).map_err(broken)?;
            if duress::is_taken(tx, (who.registrant, key), &said)? {
                return Ok(PortalAnswer::Wrong);
            }
            let had_one = care::load(tx, who.registrant)?.sealed_pin.is_some();
            care::put_pin(tx, who.registrant, &sealed)?;
            if had_one {
                change::tell(tx, hand, (who.registrant, key), (Changed::Pin, None), None)?;
            }
            Ok(PortalAnswer::Done)
        })
    }

    /// Keeps what staff was told about reaching somebody; returns whether there is such a registrant.
    pub(super) fn care_by_staff(
        &self,
        registrant: RegistrantId,
        said: Option<Care>,
        pin: Option<&Secret<String>>,
    ) -> Result<bool, VaultError> {
        let new = pin.map(|pin| SealedPin::new(pin, (self.world.random)()));
        let (new, pin) = (new.transpose()?, pin.cloned());
        let keys = std::sync::Arc::clone(&self.keys);
        Ok(self.store.write_now("care", move |tx| {
            let Some(who) = registrant::load(tx, registrant)? else {
                return Ok(false);
            };
            let key = key_of(&keys, &who)?;
            if let Some(said) = &said {
                put(tx, (registrant, &key), &SealedCare::from(said))?;
            }
            if let (Some(new), Some(pin)) = (&new, &pin) {
                if duress::is_taken(tx, (registrant, &key), pin)? {
                    care::put_duress_pin(tx, registrant, None)?;
                }
                let sealed = key.seal("pin", registrant, new).map_err(broken)?;
                care::put_pin(tx, registrant, &sealed)?;
            }
            Ok(true)
        })?)
    }

    /// Looks at the PIN that somebody entered in a call. The right one confirms nothing by itself: she
    /// has not heard the news yet.
    pub(super) fn check_pin(
        &self,
        notice: NoticeId,
        claim: i64,
        said: &Secret<String>,
    ) -> Result<CourierAnswer, VaultError> {
        let now = (self.world.wall)();
        let keys = std::sync::Arc::clone(&self.keys);
        let found = self.store.read_now("pin", move |tx| {
            let who = carrying::tried(tx, notice)?.registrant;
            let Some(row) = registrant::load(tx, who)? else {
                return Ok((who, None));
            };
            let may_try = may_try(tx, who, (notice, claim), now)?;
            let pins = Pins::opened(&key_of(&keys, &row)?, who, &care::load(tx, who)?)?;
            Ok((who, Some(pins).filter(|pins| may_try && pins.has_pin())))
        })?;
        let (who, Some(pins)) = found else {
            return Ok(CourierAnswer::Pin(PinVerdict::Closed));
        };
        let entered = pins.entered(said)?;
        let times = (now, ago(now, 24));
        let keys = std::sync::Arc::clone(&self.keys);
        let noted = self.store.write_now("pin try", move |tx| {
            // What was counted while this was looked at counts, too.
            if !may_try(tx, who, (notice, claim), now)? {
                return Ok(CourierAnswer::Pin(PinVerdict::Closed));
            }
            let is_hers = entered == Some(Entered::Hers);
            care::note_try(tx, who, (notice, claim), is_hers, times)?;
            if entered == Some(Entered::Duress) {
                let whereabouts = format!("in the call about notice {}", short(notice));
                duress::ask(tx, &keys, (who, &whereabouts), now)?;
            }
            Ok(CourierAnswer::Pin(match entered {
                Some(Entered::Hers) => PinVerdict::Right,
                Some(Entered::Duress) => PinVerdict::Duress,
                None => PinVerdict::Wrong,
            }))
        });
        noted.map_err(VaultError::from)
    }
}

fn may_try(
    tx: &mut Tx<'_>,
    who: RegistrantId,
    call: (NoticeId, i64),
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(care::of_call(tx, who, call)?.0 < PER_CALL
        && care::wrong_since(tx, who, ago(now, 1))? < PER_HOUR
        && care::wrong_since(tx, who, ago(now, 24))? < PER_DAY)
}

fn ago(now: Timestamp, hours: i64) -> Timestamp {
    now.checked_sub(SignedDuration::from_hours(hours))
        .unwrap_or(Timestamp::UNIX_EPOCH)
}
