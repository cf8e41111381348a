//! Confirmations: that she, and no machine, has what a notice tells. By her PIN in a call that said it,
//! by a button on a page, by a code from a letter.

use super::command::PortalAnswer;
use super::{Vault, VaultError, siblings};
use crate::ids::NoticeId;
use crate::notification::mark::{LetterCode, Mark, MarkPurpose};
use crate::store::vault::notice;

impl Vault {
    /// Takes the confirmation of whoever opened the link of a message and pressed the button.
    pub(super) fn seen(&self, mark: Mark) -> Result<PortalAnswer, VaultError> {
        if !self.keys.is_ours(MarkPurpose::Seen, &mark) {
            return Ok(PortalAnswer::Refused);
        }
        self.confirm(mark.notice, "link")
    }

    /// Takes the confirmation of whoever typed the code of a letter.
    pub(super) fn seen_letter(&self, code: LetterCode) -> Result<PortalAnswer, VaultError> {
        let found = self.store.read_now("letter code", move |tx| {
            notice::beginning_with(tx, &code.begins())
        })?;
        let keys = &self.keys;
        let notice = found.iter().map(|standing| standing.notice);
        let mut right = notice.filter(|notice| keys.letter_code(*notice) == code);
        match right.next() {
            Some(notice) => self.confirm(notice, "letter"),
            None => Ok(PortalAnswer::Refused),
        }
    }

    fn confirm(&self, notice: NoticeId, by: &'static str) -> Result<PortalAnswer, VaultError> {
        let now = (self.world.wall)();
        let keys = std::sync::Arc::clone(&self.keys);
        self.store.write_now("confirm", move |tx| {
            siblings::confirmed(tx, &keys, notice, by, now)
        })?;
        // Doing so again changes nothing, and is thanked for again.
        Ok(PortalAnswer::Done)
    }
}
