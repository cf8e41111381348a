//! Stopping, by telephone and on a page: whoever holds hers, and knows or makes her say her PIN, must not silence what
//! she is told (T03). So it goes on for three days, it is told wherever she is told, and she can take it back.

use jiff::Timestamp;
use savin_shared::pii::{Pii, Secret};
use tracing::info;

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
use crate::store::vault::stopping::{self, Stopping};
use crate::store::vault::{care, contact, follow as follows, registrant, session, subscription};

/// What ends in one transaction.
const ENDED_MAX: u32 = 200;

/// What is asked of whoever wants something to stop on a page.
enum Asked {
    /// Nothing: she has no PIN.
    Nothing,
    /// Her PIN.
    Pin {
        whose: RegistrantId,
        tries: [u8; 32],
        pins: Pins,
        is_open: bool,
    },
    /// A PIN, whichever: somebody made her open the page, on which nothing is done.
    Duress,
}

impl Vault {
    /// Stops something that she asks for on her page. Her code to a proved address let her in; where she has a PIN she
    /// says that too, since whoever reads her mail has the code.
    pub(super) fn stop(
        &self,
        session: &Ticket,
        what: Stops,
        pin: Option<&Secret<String>>,
    ) -> Result<PortalAnswer, VaultError> {
        let now = (self.world.wall)();
        let asked = self.with_session("PIN on a page", session, || Asked::Duress, {
            move |tx, hand, who, key| {
                let pins = Pins::opened(key, who.registrant, &care::load(tx, who.registrant)?)?;
                if !pins.has_pin() {
                    return Ok(Asked::Nothing);
                }
                let tries = tries_of(hand.keys, who.registrant);
                Ok(Asked::Pin {
                    whose: who.registrant,
                    is_open: is_pin_open(tx, &tries, hand.now)?,
                    tries,
                    pins,
                })
            }
        })?;
        let (whose, tries, pins, said) = match (asked, pin) {
            (None, _) => return Ok(PortalAnswer::Refused),
            (Some(Asked::Nothing), _) => return self.stop_later(session, what),
            (Some(Asked::Duress | Asked::Pin { .. }), None) => return Ok(PortalAnswer::PinWanted),
            (Some(Asked::Duress), Some(_)) => return Ok(PortalAnswer::Done),
            (Some(Asked::Pin { is_open: false, .. }), Some(_)) => {
                return Ok(PortalAnswer::TooOften);
            }
            (
                Some(Asked::Pin {
                    whose, tries, pins, ..
                }),
                Some(said),
            ) => (whose, tries, pins, said),
        };
        match pins.entered(said)? {
            Some(Entered::Hers) => self.stop_later(session, what),
            Some(Entered::Duress) => {
                let hash = self.keys.ticket_hash(&session.0);
                let keys = std::sync::Arc::clone(&self.keys);
                self.store.write_now("PIN on a page", move |tx| {
                    session::under_duress(tx, &hash)?;
                    duress::ask(
                        tx,
                        &keys,
                        (whose, "where her page asks for it to stop"),
                        now,
                    )
                })?;
                Ok(PortalAnswer::Done)
            }
            None => {
                self.store.write_now("PIN on a page", move |tx| {
                    line::note(tx, Use::Pin, &tries, (now, line::ago(now, 24)))
                })?;
                Ok(PortalAnswer::Wrong)
            }
        }
    }

    /// Has something stop after a while, for whoever has proved that she may, and tells her.
    pub(super) fn stop_later(
        &self,
        session: &Ticket,
        what: Stops,
    ) -> Result<PortalAnswer, VaultError> {
        let now = (self.world.wall)();
        let stops_at = change::goes_on(now);
        let changed = match what {
            Stops::Everything => Changed::Stop,
            Stops::Person(_) | Stops::Followed(_) => Changed::StopOne,
        };
        self.in_session("stop later", session, move |tx, hand, who, key| {
            let stop = Stopping {
                registrant: who.registrant,
                what,
                stops_at,
            };
            if is_hers(tx, who.registrant, what)? && stopping::put(tx, stop)? {
                let whose = (who.registrant, key);
                change::tell(tx, hand, whose, (changed, Some(stops_at)), None)?;
            }
            Ok(PortalAnswer::Done)
        })
    }

    /// Takes back everything that was asked to stop, and keeps every contact that was taken away.
    pub(super) fn keep(&self, session: &Ticket) -> Result<PortalAnswer, VaultError> {
        self.in_session("keep", session, |tx, _, who, _| {
            stopping::keep(tx, who.registrant)?;
            contact::keep(tx, who.registrant)?;
            Ok(PortalAnswer::Done)
        })
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
