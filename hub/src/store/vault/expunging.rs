//! Destroying in the vault what a court ordered to be expunged: what notices say, who asked, what is followed.

use crate::ids::{NoticeId, RegistrantId};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::values;

/// A registration that is not proved yet, with what it asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The hash of the ticket that its page carries.
    pub ticket_hash: [u8; 32],
    /// Whose.
    pub registrant: RegistrantId,
    /// What she asked for, sealed.
    pub sealed_request: Vec<u8>,
}

/// Destroys what notices say and what was answered to them: that, when and how somebody was told stays.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn empty_notices(tx: &mut Tx<'_>, notices: &[NoticeId]) -> Result<(), StoreError> {
    let lists: Vec<_> = notices
        .iter()
        .map(|notice| vec![notice.as_bytes().into(), Vec::<u8>::new().into()])
        .collect();
    tx.execute_many(
        "UPDATE notice SET sealed_fact = $2 WHERE notice_id = $1",
        &lists,
    )?;
    let lists: Vec<_> = notices
        .iter()
        .map(|notice| vec![notice.as_bytes().into()])
        .collect();
    tx.execute_many(
        "UPDATE attempt SET sealed_answer = NULL, sealed_call = NULL WHERE notice_id = $1",
        &lists,
    )?;
    tx.execute_many(
        "UPDATE heard SET sealed_answer = NULL WHERE notice_id = $1",
        &lists,
    )
}

/// Ends every subscription to a person; returns whose they were.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn end_subscriptions(
    tx: &mut Tx<'_>,
    link: &[u8; 32],
) -> Result<Vec<RegistrantId>, StoreError> {
    tx.query(
        "DELETE FROM subscription WHERE person_link = $1 RETURNING registrant_id",
        values![link],
    )?
    .iter()
    .map(|row| Ok(RegistrantId::from_bytes(row.array(0)?)))
    .collect()
}

/// Ends whatever anybody follows of a case or an order; returns whose that was.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn end_follows(tx: &mut Tx<'_>, link: &[u8; 32]) -> Result<Vec<RegistrantId>, StoreError> {
    tx.query(
        "DELETE FROM follow WHERE follow_link = $1 RETURNING registrant_id",
        values![link],
    )?
    .iter()
    .map(|row| Ok(RegistrantId::from_bytes(row.array(0)?)))
    .collect()
}

/// Lists what registrations asked for that were begun, proved or not.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn asked(tx: &mut Tx<'_>) -> Result<Vec<Asked>, StoreError> {
    tx.query(
        "SELECT token_hash, registrant_id, sealed_request FROM verification
         WHERE purpose = 'registration' AND registrant_id IS NOT NULL ORDER BY token_hash",
        values![],
    )?
    .iter()
    .map(|row| {
        Ok(Asked {
            ticket_hash: row.array(0)?,
            registrant: RegistrantId::from_bytes(row.array(1)?),
            sealed_request: row.bytes(2)?.to_vec(),
        })
    })
    .collect()
}

/// Forgets a registration that was begun.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn forget_asked(tx: &mut Tx<'_>, ticket_hash: &[u8; 32]) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM verification WHERE token_hash = $1",
        values![ticket_hash],
    )
    .map(|_| ())
}

/// Lists the notes of every task of a registrant.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn notes_of(
    tx: &mut Tx<'_>,
    registrant: RegistrantId,
) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
    tx.query(
        "SELECT task_id, sealed_note FROM vault_task WHERE registrant_id = $1 ORDER BY task_id",
        values![registrant.as_bytes()],
    )?
    .iter()
    .map(|row| Ok((row.integer(0)?, row.bytes(1)?.to_vec())))
    .collect()
}

/// Forgets a task.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn forget_task(tx: &mut Tx<'_>, task: i64) -> Result<(), StoreError> {
    tx.execute_one(
        "vault_task",
        "DELETE FROM vault_task WHERE task_id = $1",
        values![task],
    )
}
