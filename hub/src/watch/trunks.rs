//! The watch over trunks that want to be told where the hub is: one that does not know it brings no calls, and
//! a person is called.

use std::time::Duration;

use jiff::Timestamp;
use savin_shared::world::World;
use savin_telephone::sip::exchange::Exchange;
use savin_telephone::sip::trunk::Status;
use tokio::sync::watch;
use tracing::error;

use super::{Call, follow, say};
use crate::store::conn::Tx;
use crate::store::registry::task::{self, NewTask, TaskKind};
use crate::store::registry::trunk::{self, TrunkRow};
use crate::store::{Store, StoreError};

/// How often the trunks are looked at.
const LOOK: Duration = Duration::from_secs(5);

/// The watch's task.
#[derive(Debug)]
pub struct TrunkWatch {
    /// The registry.
    pub store: Store,
    /// What keeps the trunks.
    pub exchange: Exchange,
    /// The clocks.
    pub world: World,
}

impl TrunkWatch {
    /// Watches until shutdown.
    pub async fn run(self, mut shutdown: watch::Receiver<bool>) {
        let mut known = Vec::new();
        loop {
            let now = (self.world.wall)();
            let rows: Vec<_> = self.exchange.status().iter().filter_map(row).collect();
            // Nothing is written while nothing changes, but for a registration that ends.
            let is_news = rows != known || rows.iter().any(|row| !is_registered(row, now));
            if is_news && let Err(failure) = self.note(rows.clone(), now).await {
                error!(reason = %failure, "What trunks know of us was not noted, trying again");
            } else {
                known = rows;
            }
            tokio::select! {
                _ = shutdown.wait_for(|stop| *stop) => return,
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    async fn note(&self, rows: Vec<TrunkRow>, now: Timestamp) -> Result<(), StoreError> {
        let noted = move |tx: &mut Tx<'_>| note(tx, &rows, now);
        let calls = self.store.write("trunks", noted).await?;
        calls.iter().for_each(say);
        Ok(())
    }
}

/// Returns what is kept of a trunk that wants to know where the hub is.
fn row(status: &Status) -> Option<TrunkRow> {
    let registered = status.registered?;
    Some(TrunkRow {
        name: status.name.to_string(),
        registered_until: registered.until,
        refused_at: registered.refused.map(|refused| refused.at),
        refused_status: registered
            .refused
            .and_then(|refused| refused.status)
            .map(i64::from),
    })
}

/// Says whether a trunk knows where the hub is.
#[must_use]
pub fn is_registered(row: &TrunkRow, now: Timestamp) -> bool {
    row.registered_until.is_some_and(|until| now < until)
}

/// Keeps what is known of the trunks, and opens or closes a task for each that changed.
fn note(tx: &mut Tx<'_>, rows: &[TrunkRow], now: Timestamp) -> Result<Vec<Call>, StoreError> {
    let mut calls = Vec::new();
    for row in rows {
        trunk::put(tx, row)?;
        let subject = format!("trunk/{}", row.name);
        let is_open = task::is_open(tx, TaskKind::Other, &subject)?;
        let kept = trunk::find(tx, &row.name)?;
        let knows = kept.is_some_and(|kept| is_registered(&kept, now));
        match (knows, is_open) {
            (true, true) => calls.push(Call::Close(TaskKind::Other, subject)),
            // Before the first answer nothing is known.
            (false, false) if row.refused_at.is_some() || row.registered_until.is_some() => {
                calls.push(Call::Open(task(row, subject)));
            }
            (true, false) | (false, _) => {}
        }
    }
    calls.iter().try_for_each(|call| follow(tx, call, now))?;
    Ok(calls)
}

fn task(row: &TrunkRow, subject: String) -> NewTask {
    let answer = match row.refused_status {
        Some(status @ (401 | 403 | 407)) => {
            format!(
                "It refuses the account ({status}): compare user and password with the carrier's."
            )
        }
        Some(status) => format!("It answered {status}."),
        None => "It does not answer.".to_owned(),
    };
    NewTask::of(
        (TaskKind::Other, subject),
        1,
        format!(
            "The telephone trunk {} does not know where the hub is, so that calls to its number do not come: \
             nobody who calls is answered there. {answer} See `savin-hub trunks`.",
            row.name
        ),
    )
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::super::Call;
    use super::{TrunkRow, note};
    use crate::intake::testing::each;
    use crate::store::registry::task;
    use crate::store::registry::trunk;

    fn at(seconds: i64) -> Timestamp {
        let begin: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
        begin
            .checked_add(SignedDuration::from_secs(seconds))
            .unwrap()
    }

    fn known(until: Option<i64>, refused: Option<(i64, Option<i64>)>) -> TrunkRow {
        TrunkRow {
            name: "first".to_owned(),
            registered_until: until.map(at),
            refused_at: refused.map(|(seconds, _)| at(seconds)),
            refused_status: refused.and_then(|(_, status)| status),
        }
    }

    #[test]
    fn calls_a_person_once_while_a_trunk_does_not_know_where_the_hub_is() {
        each("watch_trunks", |store| {
            let look = |seconds: i64, row: TrunkRow| {
                let noted = move |tx: &mut crate::store::conn::Tx<'_>| {
                    let calls = note(tx, std::slice::from_ref(&row), at(seconds))?;
                    Ok((
                        calls,
                        task::open_ones(tx, None, 9)?,
                        trunk::find(tx, "first")?,
                    ))
                };
                store.write_now("look", noted).unwrap()
            };
            let (calls, ..) = look(0, known(None, None));
            assert!(calls.is_empty(), "nothing is known yet");
            let (_, open, kept) = look(5, known(None, Some((4, Some(403)))));
            assert!(open[0].about.note.contains("refuses the account (403)"));
            assert_eq!(kept.unwrap().refused_status, Some(403));
            let (calls, open, _) = look(10, known(None, Some((9, None))));
            assert_eq!((calls.len(), open.len()), (0, 1), "one call is enough");
            let (calls, open, _) = look(15, known(Some(75), Some((9, None))));
            assert!(matches!(calls.as_slice(), [Call::Close(..)]), "{calls:?}");
            assert!(open.is_empty());
            // Another hub, which it does not know, takes nothing of that back.
            let (calls, _, kept) = look(20, known(None, Some((19, Some(503)))));
            assert!(calls.is_empty());
            let kept = kept.unwrap();
            assert_eq!(kept.registered_until, Some(at(75)));
            assert_eq!(
                (kept.refused_at, kept.refused_status),
                (Some(at(19)), Some(503))
            );
            let (calls, open, _) = look(76, known(Some(75), Some((70, None))));
            assert!(matches!(calls.as_slice(), [Call::Open(_)]), "{calls:?}");
            assert!(open[0].about.note.contains("does not answer"));
        });
    }
}
