//! What a court's order does in the vault: what waits is withdrawn, nothing is planned of it any more, and
//! a person calls whoever hears nothing of somebody from now on.

use std::sync::Arc;

use jiff::Timestamp;

use super::command::{OrderCommand, StaffAnswer};
use super::correction::{recall, unname};
use super::elsewhere;
use super::expunging::expunge;
use super::keyring::Keyring;
use super::task::{Ask, open};
use super::{Vault, VaultError};
use crate::ids::{EventId, OrderId, PersonId, RegistrantId};
use crate::notification::fact::BookingHash;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::{booking, order_entry, subscription, task, withheld};
use crate::work::task::TaskKind;

/// How soon somebody is called who hears nothing of a person any more: she may rely on it.
const URGENCY: u8 = 2;

/// What is to be said to her. That there is an order would undo it.
pub(super) const CALL: &str = "Of somebody she asked about this service has no more news, by a court's order. Call her: \
                    say that of one of whom she asked about she will hear nothing from here any more, that \
                    this says nothing of where that person is, whom else she can ask, and that all else that \
                    she asked for stands. Say neither a name nor that there is an order";

/// What is to be said to her where the service still has news of the person, but not of the booking that holds that one,
/// from the order on or once the others have let go: she may have been told that the person is held, or released from
/// there, and no message will say when that ends.
pub(super) const CALL_HIDDEN: &str = "Of where somebody she asked about is held now this service has no more news, by a \
                    court's order. Call her: say that it cannot tell her any more of every custody of one of whom \
                    she asked about, so that she must take that person neither to be held nor to be free by what it \
                    says, nor wait for a message of a release; whom else she can ask; and that all that she asked for stands. Say neither a name nor \
                    a place nor that there is an order";

impl Vault {
    /// Carries out a command about a court's order.
    pub(super) fn court_order(&self, command: OrderCommand) -> Result<StaffAnswer, VaultError> {
        if matches!(command, OrderCommand::Compact) {
            self.store.compact_now()?;
            return Ok(StaffAnswer::Changed(true));
        }
        let is_rehearsal = matches!(
            &command,
            OrderCommand::Expunge {
                is_rehearsal: true,
                ..
            }
        );
        let now = (self.world.wall)();
        let keys = Arc::clone(&self.keys);
        let work = move |tx: &mut Tx<'_>| match &command {
            OrderCommand::Withhold {
                order,
                events,
                bookings,
                silenced,
                hidden,
            } => {
                withhold(tx, &keys, (events, bookings), now)?;
                ask_to_call(tx, &keys, (*order, CALL), silenced, now)?;
                ask_to_call(tx, &keys, (*order, CALL_HIDDEN), hidden, now)?;
                Ok(StaffAnswer::Changed(true))
            }
            OrderCommand::Allow {
                order,
                events,
                bookings,
            } => {
                withheld::remove(tx, &links(&keys, events))?;
                booking::allow(tx, &elsewhere::links(&keys, bookings))?;
                call_nobody(tx, *order, now)?;
                Ok(StaffAnswer::Changed(true))
            }
            OrderCommand::KeepBack { events } => {
                withheld::put(tx, &links(&keys, events))?;
                Ok(StaffAnswer::Changed(true))
            }
            OrderCommand::Compact => Ok(StaffAnswer::Changed(false)),
            OrderCommand::Links { followed } => {
                let links = followed
                    .iter()
                    .flat_map(|followed| keys.follow_links(followed));
                Ok(StaffAnswer::Links(links.collect()))
            }
            OrderCommand::Lacking { entries } => {
                let known = order_entry::are(tx, entries)?.into_iter();
                let lacking = entries.iter().zip(known).filter(|(_, known)| !known);
                Ok(StaffAnswer::Lacking(
                    lacking.map(|(entry, _)| *entry).collect(),
                ))
            }
            OrderCommand::Taken { entry } => {
                order_entry::put(tx, *entry)?;
                Ok(StaffAnswer::Changed(true))
            }
            OrderCommand::Expunge { what, .. } => {
                Ok(StaffAnswer::Expunged(expunge(tx, &keys, what, now)?))
            }
        };
        Ok(if is_rehearsal {
            self.store.rehearse_now("court order", work)?
        } else {
            self.store.write_now("court order", work)?
        })
    }
}

fn links(keys: &Keyring, events: &[EventId]) -> Vec<[u8; 32]> {
    let links = events.iter().map(|event| keys.event_link(*event));
    links.collect()
}

/// Withdraws what waits of events, and keeps whoever had them in hand from planning them; news of others says nothing
/// of the bookings any more. What staff took back goes on, and names nobody.
pub(super) fn withhold(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    (events, bookings): (&[EventId], &[BookingHash]),
    now: Timestamp,
) -> Result<(), StoreError> {
    booking::withhold(tx, &elsewhere::links(keys, bookings))?;
    let links = links(keys, events);
    withheld::put(tx, &links)?;
    recall(tx, &links, "withheld", now)?;
    unname(tx, keys, events)
}

/// Has staff call whoever asked about persons of whom nothing is told any more.
pub(super) fn ask_to_call(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    (order, what): (OrderId, &str),
    persons: &[PersonId],
    now: Timestamp,
) -> Result<(), StoreError> {
    let links: Vec<_> = persons
        .iter()
        .map(|person| keys.person_link(*person))
        .collect();
    let asking = subscription::registrants_of(tx, &links)?;
    for registrant in asking.into_iter().flatten() {
        call(tx, keys, (order, what), registrant, now)?;
    }
    Ok(())
}

/// Ends what staff was to say because of an order that is lifted: that she hears nothing more is not so.
fn call_nobody(tx: &mut Tx<'_>, order: OrderId, now: Timestamp) -> Result<(), StoreError> {
    let of_order = format!("court-order/{}/", order.0);
    for subject in task::open_subjects(tx, TaskKind::CourtOrder)? {
        if subject.starts_with(&of_order) {
            task::close(tx, TaskKind::CourtOrder, &subject, "lifted", now)?;
        }
    }
    Ok(())
}

/// Has staff call a registrant, once for an order.
pub(super) fn call(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    (order, what): (OrderId, &str),
    registrant: RegistrantId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let ask = Ask {
        kind: TaskKind::CourtOrder,
        subject: format!("court-order/{}/{registrant}", order.0),
        registrant,
        urgency: URGENCY,
        due_at: None,
        note: what.to_owned(),
    };
    open(tx, keys, &ask, now).map(|_| ())
}
