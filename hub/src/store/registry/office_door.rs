//! Links by which an office enters victims without their request (Miss. Code 99-43-35(d)): one counts for each
//! office, and none for an office that is off the list. Nothing here is of whom was entered.

use jiff::Timestamp;

use super::decision::DecisionId;
use super::recipient::{self, Recipient, RecipientId};
use crate::notification::office_door::DoorToken;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::time;
use crate::values;

/// Gives a link out by a decision; the one before it ends.
///
/// # Errors
/// Returns [`StoreError::Refused`] for an office that is off the list; other errors when the database refuses.
pub fn give(
    tx: &mut Tx<'_>,
    office: RecipientId,
    token: &DoorToken,
    decision: DecisionId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let is_listed = recipient::active(tx)?.iter().any(|row| row.id == office);
    if !is_listed {
        return Err(StoreError::Refused(format!(
            "no office of the number {} is on the list: see `savin-hub recipients list`",
            office.0
        )));
    }
    end(tx, office, now)?;
    tx.execute_one(
        "office door",
        "INSERT INTO office_door (token_hash, recipient_id, made_at, decision_id)
         VALUES ($1, $2, $3, $4)",
        &[
            token.hash().as_bytes().into(),
            office.0.into(),
            time(now),
            decision.0.into(),
        ],
    )
}

/// Ends the link of an office; returns whether it had one.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn end(tx: &mut Tx<'_>, office: RecipientId, now: Timestamp) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE office_door SET ended_at = $2 WHERE recipient_id = $1 AND ended_at IS NULL",
        &[office.0.into(), time(now)],
    )?;
    Ok(changed > 0)
}

/// Returns the office of a link; nothing for one that was not given out, has ended, or is of an office that is
/// off the list.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn office_of(tx: &mut Tx<'_>, token: &DoorToken) -> Result<Option<Recipient>, StoreError> {
    let row = tx.query_optional(
        "SELECT recipient_id FROM office_door WHERE token_hash = $1 AND ended_at IS NULL",
        values![token.hash().as_bytes()],
    )?;
    let Some(row) = row else {
        return Ok(None);
    };
    let office = recipient::load(tx, RecipientId(row.integer(0)?))?;
    Ok(Some(office).filter(|office| office.removed_at.is_none()))
}

#[cfg(test)]
mod tests {
    use super::{end, give, office_of};
    use crate::intake::testing::{each, now};
    use crate::notification::channel::Channel;
    use crate::notification::office::{Office, Place};
    use crate::notification::office_door::DoorToken;
    use crate::store::registry::decision::DecisionId;
    use crate::store::registry::recipient::{self, NewRecipient};

    #[test]
    fn opens_by_the_newest_link_of_an_office_that_is_on_the_list() {
        each("office_door", |store| {
            let now = now();
            let by = DecisionId(1);
            let [old, new, other] = [1, 2, 3].map(|byte| DoorToken::new([byte; 16]));
            store
                .write_now("doors", move |tx| {
                    let sheriff = NewRecipient {
                        office: Office::Sheriff,
                        place: Place {
                            county: "Hinds".to_owned(),
                            municipality: String::new(),
                        },
                        channel: Channel::Email,
                        address: "so@hinds.example".to_owned(),
                    };
                    let id = recipient::add(tx, &sheriff, by, now)?;
                    give(tx, id, &old, by, now)?;
                    assert_eq!(office_of(tx, &old)?.map(|office| office.id), Some(id));
                    give(tx, id, &new, by, now)?;
                    assert_eq!(office_of(tx, &old)?, None, "the newer one counts");
                    assert!(office_of(tx, &new)?.is_some());
                    assert_eq!(office_of(tx, &other)?, None);
                    assert!(end(tx, id, now)? && !end(tx, id, now)?);
                    assert_eq!(office_of(tx, &new)?, None);
                    give(tx, id, &other, by, now)?;
                    recipient::remove(tx, id, by, now)?;
                    assert_eq!(office_of(tx, &other)?, None, "it is off the list");
                    assert!(give(tx, id, &new, by, now).is_err());
                    Ok(())
                })
                .unwrap();
        });
    }
}
