//! Links in e-mails to offices, by which an office says that it has a notice.

use jiff::Timestamp;

use super::confirm;
use crate::ids::NoticeId;
use crate::notification::office::SeenToken;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::value::time;
use crate::values;

/// Who took a confirmation down that came by a link.
const BY: &str = "the link in its e-mail";

/// Gives a link out for a notice.
///
/// # Errors
/// Returns [`StoreError`] when it was given out before, or the database refuses.
pub fn give(
    tx: &mut Tx<'_>,
    notice: NoticeId,
    token: &SeenToken,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute_one(
        "agency link",
        "INSERT INTO agency_link (token_hash, notice_id, made_at) VALUES ($1, $2, $3)",
        &[
            token.hash().as_bytes().into(),
            notice.as_bytes().into(),
            time(now),
        ],
    )
}

/// Notes that an office has the notice of a link, with a leaf in the evidence; again changes nothing.
/// Returns which notice that is; nothing for a link that was not given out.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn confirm_by(
    tx: &mut Tx<'_>,
    token: &SeenToken,
    now: Timestamp,
) -> Result<Option<NoticeId>, StoreError> {
    let row = tx.query_optional(
        "SELECT notice_id FROM agency_link WHERE token_hash = $1",
        values![token.hash().as_bytes()],
    )?;
    let Some(row) = row else {
        return Ok(None);
    };
    let notice = NoticeId::from_bytes(row.array(0)?);
    confirm(tx, notice, BY, now)?;
    Ok(Some(notice))
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{confirm_by, give};
    use crate::ids::{EventPosition, RecordId};
    use crate::intake::testing::{each, now};
    use crate::notification::channel::Channel;
    use crate::notification::office::{OfficeNews, SeenToken};
    use crate::store::Store;
    use crate::store::evidence;
    use crate::store::registry::agency_notice::{
        After, AgencyNotice, NewAgencyNotice, attempts, claim, finish, newest, plan,
    };
    use crate::store::registry::recipient::RecipientId;

    fn release() -> NewAgencyNotice {
        NewAgencyNotice {
            news: OfficeNews::Release,
            event: EventPosition(1),
            record: RecordId(1),
            recipient: RecipientId(1),
            channel: Channel::Email,
            due_at: now(),
        }
    }

    fn standing(store: &Store) -> AgencyNotice {
        let newest = |tx: &mut crate::store::conn::Tx<'_>| newest(tx, 9);
        store.read_now("notices", newest).unwrap().remove(0)
    }

    #[test]
    fn is_told_where_the_office_answers_before_its_mail_server_does() {
        each("office_soon", |store| {
            let new = release();
            let token = SeenToken::new([7; 16]);
            let answered = now() + SignedDuration::from_secs(2);
            let is_counted = store.write_now("tell", move |tx| {
                plan(tx, std::slice::from_ref(&new), now())?;
                let lease = SignedDuration::from_mins(1);
                let claimed = claim(tx, 1, now(), lease)?.remove(0);
                give(tx, claimed.notice, &token, now())?;
                confirm_by(tx, &token, answered)?;
                let later = answered + SignedDuration::from_secs(9);
                let is_counted = finish(tx, &claimed, After::Told, "250 ok", later)?;
                // Once is enough.
                Ok((
                    is_counted,
                    finish(tx, &claimed, After::Refused, "550", later)?,
                ))
            });
            assert_eq!(is_counted.unwrap(), (false, false));
            let row = standing(store);
            assert_eq!(row.state, "confirmed");
            assert_eq!(row.told_at, Some(answered), "nobody was told at all");
            let id = row.notice;
            let tries = move |tx: &mut crate::store::conn::Tx<'_>| attempts(tx, id);
            let tries = store.read_now("tries", tries).unwrap();
            assert_eq!(tries.len(), 1);
            assert_eq!(tries[0].answer.as_deref(), Some("250 ok"));
            let subject = format!("outcome/{}/1", row.notice);
            let leaf = move |tx: &mut crate::store::conn::Tx<'_>| evidence::find(tx, &subject);
            assert!(store.read_now("leaf", leaf).unwrap().is_some());
        });
    }

    #[test]
    fn takes_the_word_of_whoever_has_the_link_once_and_logs_it() {
        each("office_link", |store| {
            let new = release();
            let token = SeenToken::new([7; 16]);
            let given = token.clone();
            store
                .write_now("tell", move |tx| {
                    plan(tx, std::slice::from_ref(&new), now())?;
                    let lease = SignedDuration::from_mins(1);
                    let claimed = claim(tx, 1, now(), lease)?.remove(0);
                    give(tx, claimed.notice, &given, now())?;
                    finish(tx, &claimed, After::Told, "250 ok", now())
                })
                .unwrap();
            let confirm = |token: SeenToken, at: Timestamp| {
                let confirm = move |tx: &mut crate::store::conn::Tx<'_>| confirm_by(tx, &token, at);
                store.write_now("confirm", confirm).unwrap()
            };
            let notice = standing(store).notice;
            assert_eq!(confirm(SeenToken::new([8; 16]), now()), None);
            assert_eq!(standing(store).confirmed_at, None);
            assert_eq!(confirm(token.clone(), now()), Some(notice));
            let later = now() + SignedDuration::from_mins(5);
            assert_eq!(confirm(token.clone(), later), Some(notice));
            let row = standing(store);
            assert_eq!(
                (row.state.as_str(), row.confirmed_at),
                ("confirmed", Some(now()))
            );
            assert_eq!(row.confirmed_by.as_deref(), Some("the link in its e-mail"));
            let subject = format!("agency-confirmation/{notice}");
            let leaf = move |tx: &mut crate::store::conn::Tx<'_>| evidence::find(tx, &subject);
            let leaf = store.read_now("leaf", leaf).unwrap().unwrap();
            assert!(
                leaf.content.ends_with("by the link in its e-mail\n"),
                "{}",
                leaf.content
            );
        });
    }
}
