//! E-mail to offices that the law has told before a release: claimed from the registry, handed to the mail
//! server, and its answer kept. Nothing here reaches the vault.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use savin_shared::world::World;
use tokio::sync::watch;
use tracing::{debug, error, info, warn};

use super::email::compose::Composer;
use super::email::transport::Mailer;
use crate::names::shown;
use crate::notification::office::{OfficeNotice, SeenToken};
use crate::store::conn::Tx;
use crate::store::registry::agency_notice::{self, After, AgencyNotice, WHY_SEALED};
use crate::store::registry::telling::{background, facility_name};
use crate::store::registry::{elsewhere, recipient, restoration};
use crate::store::{Store, StoreError};
use crate::vault::command::TryOutcome;
use crate::vault::contacts::short;

/// Messages that are claimed at once, and sent one after the other within the lease.
const AT_ONCE: u32 = 4;

/// How long the mail server may take for one of them.
const SEND: Duration = Duration::from_secs(60);

/// How long a courier has them before another may try.
const LEASE: SignedDuration = SignedDuration::from_mins(6);

/// Between two looks.
const LOOK: Duration = Duration::from_secs(1);

/// How long to wait after the registry has failed.
const PAUSE: Duration = Duration::from_secs(5);

/// How long to wait after each try that was put off, in minutes; the last goes on.
const AGAIN_MINUTES: [i64; 5] = [1, 5, 15, 60, 120];

/// The courier's task.
#[derive(Debug)]
pub struct OfficeCourier {
    /// The registry.
    pub store: Store,
    /// Writes messages.
    pub composer: Arc<Composer>,
    /// Hands them to the mail server.
    pub mailer: Arc<Mailer>,
    /// The clocks.
    pub world: World,
}

/// A claimed notice with its address, what it says, and the token of its link.
type Claimed = (AgencyNotice, String, (OfficeNotice, SeenToken));

impl OfficeCourier {
    /// Carries messages until shutdown; the one that is under way is finished first.
    pub async fn run(self, mut shutdown: watch::Receiver<bool>) {
        loop {
            let pause = match self.round(&shutdown).await {
                Ok(0) => LOOK,
                Ok(_) => Duration::ZERO,
                Err(failure) => {
                    error!(reason = %failure, "Notices to offices not carried, trying again");
                    PAUSE
                }
            };
            tokio::select! {
                _ = shutdown.wait_for(|stop| *stop) => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Carries what is due; returns how many messages that were.
    async fn round(&self, shutdown: &watch::Receiver<bool>) -> Result<usize, StoreError> {
        let now = (self.world.wall)();
        let tokens = [(); AT_ONCE as usize].map(|()| SeenToken::new((self.world.random)()));
        let claim = move |tx: &mut Tx<'_>| claimed(tx, &tokens, now);
        let claimed = self.store.write("claim for offices", claim).await?;
        let count = claimed.len();
        for (notice, to, words) in claimed {
            // What was claimed and not begun is tried by the next start, once the lease is over.
            if *shutdown.borrow() {
                break;
            }
            let (after, answer) = self.send(&notice, &to, &words).await;
            let now = (self.world.wall)();
            let note =
                move |tx: &mut Tx<'_>| agency_notice::finish(tx, &notice, after, &answer, now);
            self.store.write("told an office", note).await?;
        }
        Ok(count)
    }

    async fn send(
        &self,
        notice: &AgencyNotice,
        to: &str,
        (words, token): &(OfficeNotice, SeenToken),
    ) -> (After, String) {
        let id = notice.notice;
        let again = After::Again(again((self.world.wall)(), notice.attempts));
        let mail = match self.composer.to_office(id, to, (words, token)) {
            Ok(mail) => mail,
            Err(failure) => {
                warn!(notice.id = %id, reason = %failure, "A notice to an office was not written");
                return (After::Refused, failure.to_string());
            }
        };
        let Ok(sent) = tokio::time::timeout(SEND, self.mailer.send(mail)).await else {
            info!(notice.id = %id, "A notice to an office was put off");
            return (again, "the mail server took too long".to_owned());
        };
        match sent.outcome {
            TryOutcome::Accepted { detail } => {
                debug!(notice.id = %id, "A notice to an office was accepted");
                (After::Told, detail)
            }
            TryOutcome::Deferred { detail }
            | TryOutcome::NotTried { detail }
            | TryOutcome::Call { detail, .. }
            | TryOutcome::Spooled { detail } => {
                info!(notice.id = %id, smtp.code = sent.code, "A notice to an office was put off");
                (again, detail)
            }
            TryOutcome::Refused { detail } => {
                warn!(notice.id = %id, smtp.code = sent.code, "A notice to an office was refused");
                (After::Refused, detail)
            }
        }
    }
}

/// Claims what is due, with what it says; what may be told no more is withdrawn instead.
fn claimed(
    tx: &mut Tx<'_>,
    tokens: &[SeenToken],
    now: Timestamp,
) -> Result<Vec<Claimed>, StoreError> {
    let mut claimed = Vec::new();
    let notices = agency_notice::claim(tx, AT_ONCE, now, LEASE)?;
    for (notice, token) in notices.into_iter().zip(tokens) {
        match written(tx, &notice)? {
            Some((to, words)) => {
                agency_notice::give(tx, notice.notice, token, now)?;
                claimed.push((notice, to, (words, token.clone())));
            }
            None => agency_notice::stop(tx, &notice, WHY_SEALED, now)?,
        }
    }
    Ok(claimed)
}

/// Writes a notice to an office, with its address; `None` where its record was sealed or is gone.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn written(
    tx: &mut Tx<'_>,
    notice: &AgencyNotice,
) -> Result<Option<(String, OfficeNotice)>, StoreError> {
    let about = &notice.about;
    let Some(event) = elsewhere::shown_at(tx, about.event)? else {
        return Ok(None);
    };
    let Some(background) = background(tx, &event)?.filter(|background| !background.is_sealed)
    else {
        return Ok(None);
    };
    let office = recipient::load(tx, about.recipient)?;
    let subject = &background.record.subject;
    let words = OfficeNotice {
        news: about.news,
        title: office.office.title(&office.place),
        name: subject.name.as_ref().map(shown),
        offender_id: subject.offender_id.as_ref().map(ToString::to_string),
        facility: facility_name(tx, &event.facility)?,
        release_at: event.details.scheduled_at,
        received_at: event.received_at.timestamp(),
        replaces: agency_notice::replaces(tx, about)?,
        // What came before a backup was put back was perhaps told before, and that is forgotten.
        may_repeat: restoration::last(tx)?.is_some_and(|at| event.observed_at.timestamp() < at),
        number: short(notice.notice),
    };
    Ok(Some((office.address, words)))
}

fn again(now: Timestamp, attempts: i64) -> Timestamp {
    let place = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    let minutes = AGAIN_MINUTES.get(place).or(AGAIN_MINUTES.last());
    let minutes = minutes.copied().unwrap_or(60);
    now.checked_add(SignedDuration::from_mins(minutes))
        .unwrap_or(Timestamp::MAX)
}
