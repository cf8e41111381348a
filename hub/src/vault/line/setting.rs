//! What somebody chooses in a call of how she is told and called. As every change it is told wherever she is told, since
//! whoever knows her PIN could choose hours in which she hears of nothing (T03).

use jiff::Timestamp;

use super::super::command::{PortalAnswer, Setting, Ticket};
use super::super::contacts::Whose;
use super::super::registration::SealedChoices;
use super::super::{Vault, VaultError, broken, care, change};
use crate::notification::care::Care;
use crate::notification::change::Changed;
use crate::notification::words::Language;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::care as rows;
use crate::store::vault::registrant::{self, RegistrantRow};
use crate::vault::command::Choices;

impl Vault {
    /// Keeps what she chose, and tells her so where it is something else than before.
    pub(super) fn set(
        &self,
        session: &Ticket,
        setting: Setting,
    ) -> Result<PortalAnswer, VaultError> {
        self.in_session("set by telephone", session, move |tx, hand, who, key| {
            let whose = (who.registrant, key);
            let (changed, is_news) = match setting {
                Setting::Language(language) => {
                    (Changed::Language, speak(tx, whose, who, language)?)
                }
                Setting::Hours(hours) => {
                    let choose = |care: &mut Care| {
                        care.quiet = hours.map(|(quiet, _)| quiet);
                        care.excepted = hours.map_or(care.excepted, |(_, excepted)| excepted);
                    };
                    (Changed::Care, choose_care(tx, whose, choose, hand.now)?)
                }
                Setting::Voicemail(voicemail) => {
                    let choose = |care: &mut Care| care.voicemail = voicemail;
                    (Changed::Care, choose_care(tx, whose, choose, hand.now)?)
                }
            };
            if is_news {
                change::tell(tx, hand, whose, (changed, None), None)?;
            }
            Ok(PortalAnswer::Done)
        })
    }
}

/// Tells her in a language; returns whether it is another one.
fn speak(
    tx: &mut Tx<'_>,
    (registrant, key): Whose<'_>,
    who: &RegistrantRow,
    language: Language,
) -> Result<bool, StoreError> {
    let sealed = key.open::<SealedChoices>("choices", registrant, &who.sealed_choices);
    let before = Choices::from(sealed.map_err(broken)?);
    let after = Choices { language, ..before };
    if before == after {
        return Ok(false);
    }
    let sealed = key.seal("choices", registrant, &SealedChoices::from(after));
    registrant::choose(tx, registrant, &sealed.map_err(broken)?)?;
    Ok(true)
}

/// Changes how she is reached; returns whether it is something else.
fn choose_care(
    tx: &mut Tx<'_>,
    (registrant, key): Whose<'_>,
    choose: impl FnOnce(&mut Care),
    now: Timestamp,
) -> Result<bool, StoreError> {
    let before = care::opened(key, registrant, &rows::load(tx, registrant)?)?;
    let mut after = before.clone();
    choose(&mut after);
    if before == after {
        return Ok(false);
    }
    care::put_in_session(tx, (registrant, key), &after, now)?;
    Ok(true)
}
