//! What the evidence of a vault lacks that was filled before there was evidence: entries of notices, tries and what
//! was heard of them, each marked as added later.
//!
//! Page by page, each in a transaction of its own: whoever is interrupted goes on at the next start.

use std::sync::Arc;

use jiff::Timestamp;
use savin_shared::hash::Hash;

use super::courier::{HEARD, Payload, TRIED, salt};
use super::keyring::Keyring;
use super::planning::commitment;
use super::sealed::DataKey;
use super::{Vault, VaultError};
use crate::evidence::leaf::{self, Leaf};
use crate::ids::{NoticeId, RegistrantId};
use crate::store::conn::Tx;
use crate::store::vault::notice::{self, NoticeStanding};
use crate::store::vault::{attempt, heard, registrant};
use crate::store::{StoreError, added, evidence};

/// What is added.
const WORK: &str = "notices";

/// Notices of one transaction.
const NOTICES_AT_ONCE: u32 = 200;

impl Vault {
    /// Adds the entries that are lacking, once for all; returns of how many notices.
    ///
    /// # Errors
    /// Returns [`VaultError`] when the database refuses: what was added stays.
    pub fn complete_evidence(&self) -> Result<u64, VaultError> {
        if self
            .store
            .read_now("backfill", |tx| added::is_done(tx, WORK))?
        {
            return Ok(0);
        }
        let (mut after, mut all) = (Some(NoticeId::from_bytes([0; 16])), 0);
        while let Some(from) = after {
            let now = (self.world.wall)();
            let keys = Arc::clone(&self.keys);
            let (last, many) = self.store.write_now("backfill", move |tx| {
                let (last, many) = page(tx, &keys, from, now)?;
                if last.is_none() {
                    added::done(tx, WORK, now)?;
                }
                Ok((last, many))
            })?;
            all += many;
            after = last;
        }
        Ok(all)
    }
}

/// Adds the entries of a page of notices after one, and returns the last of them with how many lacked theirs; nobody
/// after the last page.
fn page(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    after: NoticeId,
    now: Timestamp,
) -> Result<(Option<NoticeId>, u64), StoreError> {
    let page = notice::after(tx, after, NOTICES_AT_ONCE)?;
    let (mut leaves, mut many) = (Vec::new(), 0);
    for standing in &page {
        // Whatever became of a notice that has an entry has entries as well.
        if evidence::find(tx, &leaf::notice_subject(standing.notice))?.is_none() {
            leaves.extend(of_notice(tx, keys, standing)?);
            many += 1;
        }
    }
    let mut lacking = Vec::with_capacity(leaves.len());
    for leaf in leaves {
        // What became of it since the program is this one.
        if evidence::find(tx, &leaf.subject)?.is_none() {
            lacking.push(leaf.added_later(now));
        }
    }
    evidence::append(tx, &lacking)?;
    Ok((page.last().map(|standing| standing.notice), many))
}

/// Makes the entries of a notice, of its tries and of what was heard of it, in the order in which they came about.
fn of_notice(
    tx: &mut Tx<'_>,
    keys: &Keyring,
    standing: &NoticeStanding,
) -> Result<Vec<Leaf>, StoreError> {
    let (id, who) = (standing.notice, standing.registrant);
    // With her key, what it told and to whom is gone.
    let key = registrant::load(tx, who)?.and_then(|row| keys.unwrap(&row.wrapped_key).ok());
    let committed = committed(key.as_ref(), standing);
    let channel = standing.channel.as_str();
    let mut leaves = vec![leaf::notice(id, channel, standing.planned_at, &committed)];
    for row in attempt::of_notice(tx, id)? {
        leaves.push(leaf::attempt(id, row.number, row.attempted_at));
        if let Some((at, word)) = &row.finished {
            let of = (TRIED, id, row.number);
            let answer = answered(key.as_ref(), who, of, row.sealed_answer.as_deref());
            leaves.push(leaf::outcome(id, row.number, *at, word, answer.as_ref()));
        }
    }
    for row in heard::of_notice(tx, id)? {
        let of = (HEARD, id, row.number);
        let answer = answered(key.as_ref(), who, of, row.sealed_answer.as_deref());
        let (at, word) = (row.heard_at, &row.outcome);
        leaves.push(leaf::heard(id, row.number, at, word, answer.as_ref()));
    }
    Ok(leaves)
}

/// Commits to what a notice tells, as when it is planned.
fn committed(key: Option<&DataKey>, standing: &NoticeStanding) -> Hash {
    let who = standing.registrant;
    let opened = key.and_then(|key| {
        let payload = key.open::<Payload>("notice", who, &standing.sealed_fact);
        payload.ok().map(|payload| (key, payload))
    });
    match opened {
        Some((key, Payload::Fact(planned))) => {
            let (event, cause) = (planned.fact.event, &planned.cause);
            commitment(key, standing.notice, event, who, cause)
        }
        Some((_, Payload::Code { .. } | Payload::Change { .. })) | None => {
            Hash::of(&standing.sealed_fact)
        }
    }
}

/// Commits to what was answered, as when it came; nothing where there was no answer or it does not open.
fn answered(
    key: Option<&DataKey>,
    who: RegistrantId,
    (purpose, notice, number): (&str, NoticeId, i64),
    sealed: Option<&[u8]>,
) -> Option<Hash> {
    let (key, sealed) = key.zip(sealed)?;
    let text: String = key.open("answer", who, sealed).ok()?;
    let salt = salt(key, purpose, notice, number);
    Some(leaf::answer_commitment(&salt, &text))
}
