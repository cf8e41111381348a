//! Stopping, by telephone and on a page: whoever holds hers, and knows or makes her say her PIN, must not silence what
//! she is told (T03). So it goes on for three days, it is told wherever she is told, and she can take it back.

use jiff::Timestamp;
use savin_shared::pii::{Pii, Secret};
use tracing::info;

use super::access::Sitting;
use super::command::{PortalAnswer, Stops, Ticket};
use super::duress::{self, Entered, Pins};
use super::keyring::Keyring;
use super::line::is_pin_open;
use super::{Vault, VaultError, change, follow};
use crate::ids::RegistrantId;
use crate::notification::change::Changed;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::line::{self, Use};
use crate::store::vault::session::Hold;
use crate::store::vault::stopping::{self, Stopping};
use crate::store::vault::{care, contact, follow as follows, registrant, session, subscription};

/// What ends in one transaction.
const ENDED_MAX: u32 = 200;

impl Vault {
    /// Stops something that she asks for on her page. Her code to a proved address let her in; where she has a PIN she
    /// says that too, since whoever reads her mail has the code. By the PIN for when somebody makes her enter one the
    /// page says what it says by hers, and nothing ends.
    pub(super) fn stop(
        &self,
        session: &Ticket,
        what: Stops,
        pin: Option<&Secret<String>>,
    ) -> Result<PortalAnswer, VaultError> {
        let pins = self.with_session("PINs of a page", session, |tx, sitting| {
            let kept = care::load(tx, sitting.who.registrant)?;
            Pins::opened(sitting.key, sitting.who.registrant, &kept)
        })?;
        let pins = match pins {
            None => return Ok(PortalAnswer::Refused),
            Some(pins) if !pins.has_pin() => return self.stop_later(session, what),
            Some(pins) => pins,
        };
        let Some(said) = pin else {
            return Ok(PortalAnswer::PinWanted);
        };
        let entered = pins.entered(said)?;
        // Counted and answered in one transaction: of two that are sent at once, one is one too many.
        let answer = self.with_session("PIN on a page", session, move |tx, sitting| {
            let (hand, whose) = (sitting.hand, sitting.who.registrant);
            let tries = tries_of(hand.keys, whose);
            if !is_pin_open(tx, &tries, hand.now)? {
                return Ok(PortalAnswer::TooOften);
            }
            match (entered, sitting.hold) {
                (None, _) => {
                    line::note(tx, Use::Pin, &tries, (hand.now, line::ago(hand.now, 24)))?;
                    return Ok(PortalAnswer::Wrong);
                }
                (Some(Entered::Hers), _) => put(tx, sitting, what)?,
                (Some(Entered::Duress), hold) => {
                    if hold == Hold::Hers {
                        session::under_duress(tx, sitting.hash, Hold::Seen)?;
                    }
                    let whereabouts = "where her page asks for it to stop";
                    duress::ask(tx, hand.keys, (whose, whereabouts), hand.now)?;
                    feign(tx, sitting, what)?;
                }
            }
            Ok(PortalAnswer::Done)
        })?;
        Ok(answer.unwrap_or(PortalAnswer::Refused))
    }

    /// Has something stop after a while, for whoever has proved that she may, and tells her.
    pub(super) fn stop_later(
        &self,
        session: &Ticket,
        what: Stops,
    ) -> Result<PortalAnswer, VaultError> {
        let stopped = self.with_session("stop later", session, move |tx, sitting| {
            put(tx, sitting, what)
        })?;
        Ok(stopped.map_or(PortalAnswer::Refused, |()| PortalAnswer::Done))
    }

    /// Takes back everything that was asked to stop, and keeps every contact that was taken away.
    pub(super) fn keep(&self, session: &Ticket) -> Result<PortalAnswer, VaultError> {
        let kept = self.with_session("keep", session, |tx, sitting| match sitting.hold {
            Hold::Hers => {
                stopping::keep(tx, sitting.who.registrant)?;
                contact::keep(tx, sitting.who.registrant)
            }
            Hold::Begun | Hold::Seen => session::unfeign(tx, sitting.hash),
        })?;
        Ok(kept.map_or(PortalAnswer::Refused, |()| PortalAnswer::Done))
    }

    /// Ends what was asked to stop, and contacts that were taken away, once they have gone on for long enough.
    pub(super) fn end_stopped(&self) -> Result<(), VaultError> {
        let now = (self.world.wall)();
        let ended = self.store.write_now("end what stops", move |tx| {
            let due = stopping::due(tx, now, ENDED_MAX)?;
            for stop in &due {
                end(tx, *stop, now)?;
            }
            contact::remove_retired(tx, now)?;
            Ok(due.len())
        })?;
        if ended > 0 {
            info!(stops = ended, "What was asked to stop has ended");
        }
        Ok(())
    }
}

/// Notes that something stops after a while, and tells her; in a session of which somebody has hold it only says so.
fn put(tx: &mut Tx<'_>, sitting: Sitting<'_>, what: Stops) -> Result<(), StoreError> {
    if sitting.hold != Hold::Hers {
        return feign(tx, sitting, what);
    }
    let registrant = sitting.who.registrant;
    let stop = Stopping {
        registrant,
        what,
        stops_at: change::goes_on(sitting.hand.now),
    };
    if is_hers(tx, registrant, what)? && stopping::put(tx, stop)? {
        let changed = match what {
            Stops::Everything => Changed::Stop,
            Stops::Person(_) | Stops::Followed(_) => Changed::StopOne,
        };
        let changed = (changed, Some(stop.stops_at));
        change::tell(tx, sitting.hand, sitting.whose(), changed, None)?;
    }
    Ok(())
}

fn feign(tx: &mut Tx<'_>, sitting: Sitting<'_>, what: Stops) -> Result<(), StoreError> {
    let ends_at = change::goes_on(sitting.hand.now);
    session::feign(tx, sitting.hash, what.entry(), ends_at)
}

/// Returns by what the wrong PINs on the page of one registration are counted.
fn tries_of(keys: &Keyring, who: RegistrantId) -> [u8; 32] {
    keys.blind_index("page", &Pii::new(who.to_string()))
}

/// Says whether it is something of hers that is to stop: a page that is sent twice stops nothing else.
fn is_hers(tx: &mut Tx<'_>, who: RegistrantId, what: Stops) -> Result<bool, StoreError> {
    match what {
        Stops::Everything => Ok(true),
        Stops::Person(entry) => {
            let rows = subscription::of_registrant(tx, who)?;
            Ok(rows.iter().any(|row| row.subscription == entry))
        }
        Stops::Followed(entry) => Ok(follow::link_of(tx, who, entry)?.is_some()),
    }
}

fn end(tx: &mut Tx<'_>, stop: Stopping, now: Timestamp) -> Result<(), StoreError> {
    let who = stop.registrant;
    match stop.what {
        Stops::Everything => return registrant::forget(tx, who, now),
        Stops::Person(entry) => subscription::remove(tx, who, entry)?,
        Stops::Followed(entry) => {
            if let Some(link) = follow::link_of(tx, who, entry)? {
                follows::remove(tx, who, &link)?;
            }
        }
    }
    stopping::over(tx, stop)
}
