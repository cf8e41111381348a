//! Calls at a carrier that outlive the hub that placed them: their names there are kept while they last, and
//! given to whoever takes their tries over.

use tracing::error;

use super::claiming::lease;
use super::command::{CourierAnswer, LeftCall};
use super::contacts::key_of;
use super::{Vault, VaultError, broken};
use crate::ids::NoticeId;
use crate::notification::channel::Channel;
use crate::store::vault::carrying::Lease;
use crate::store::vault::{carrying, placed, registrant};

/// For what a call's name is sealed.
const CALL: &str = "call";

impl Vault {
    /// Keeps by which name a carrier knows the call of a try.
    pub(super) fn placed(
        &self,
        (notice, claim): (NoticeId, i64),
        call: String,
    ) -> Result<CourierAnswer, VaultError> {
        let keys = std::sync::Arc::clone(&self.keys);
        let is_kept = self.store.write_now("placed", move |tx| {
            let who = carrying::tried(tx, notice)?.registrant;
            let Some(row) = registrant::load(tx, who)? else {
                return Ok(false);
            };
            let sealed = key_of(&keys, &row)?
                .seal(CALL, who, &call)
                .map_err(broken)?;
            placed::keep(tx, (notice, claim), &sealed)
        })?;
        Ok(CourierAnswer::Noted(is_kept))
    }

    /// Takes over the tries whose calls were left. One whose name cannot be read is tried again as any other
    /// whose lease has ended.
    pub(super) fn left(&self) -> Result<CourierAnswer, VaultError> {
        let now = (self.world.wall)();
        let keys = std::sync::Arc::clone(&self.keys);
        let by = self.worker;
        let (calls, unread) = self.store.write_now("left calls", move |tx| {
            let (mut calls, mut unread) = (Vec::new(), Vec::new());
            for left in placed::left(tx, now)? {
                let Some(row) = registrant::load(tx, left.registrant)? else {
                    continue;
                };
                let key = key_of(&keys, &row)?;
                let Ok(call) = key.open(CALL, left.registrant, &left.sealed_call) else {
                    unread.push(left.notice);
                    continue;
                };
                let until = lease(Channel::Telephone, now);
                let lease = Lease { until, by };
                let claim = placed::take_over(tx, (left.notice, left.claim), lease)?;
                calls.push(LeftCall {
                    notice: left.notice,
                    claim,
                    call,
                });
            }
            Ok((calls, unread))
        })?;
        for notice in unread {
            error!(notice.id = %notice, "What became of a call that was left cannot be asked: she is called again");
        }
        Ok(CourierAnswer::Left(calls))
    }
}
