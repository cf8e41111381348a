//! The agencies' daily tests: which of them did not come out at the end of the line in time.

use jiff::{SignedDuration, Timestamp};
use savin_shared::ids::{AgencyId, AgentId, FacilityCode};

use super::Call;
use crate::freshness::canary::{Canary, canary};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::agent::{self, AgentState};
use crate::store::registry::feed::{self, FeedRow};
use crate::store::registry::task::{self, NewTask, TaskKind};
use crate::vault::command::CanaryStanding;

/// The feed in which agents send their tests.
pub const FEED: &str = "canary";

/// An agent that speaks of its test no more for so long, while it is heard, has switched it off.
const UNSPOKEN: SignedDuration = SignedDuration::from_mins(5);

/// Tasks of the kind that are looked at.
const OPEN_MAX: u32 = 10_000;

/// How the daily test of one agent stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tested {
    /// Whose.
    pub agent: AgentId,
    /// The agency that it speaks for.
    pub agency: AgencyId,
    /// The facility that the test names; nothing where it never did.
    pub facility: Option<FacilityCode>,
    /// When the agent made the last one, as it says.
    pub made_at: Option<Timestamp>,
    /// What the end of the line knows.
    pub came: Option<CanaryStanding>,
    /// How it stands.
    pub canary: Canary,
}

/// Returns how the daily test of each agent stands that was not revoked.
///
/// # Errors
/// Returns [`StoreError`] when the registry cannot be read.
pub fn tested(
    tx: &mut Tx<'_>,
    standings: &[CanaryStanding],
    late_after: SignedDuration,
    now: Timestamp,
) -> Result<Vec<Tested>, StoreError> {
    let mut feeds = feed::all(tx)?;
    feeds.retain(|feed| feed.feed == FEED);
    let mut agents = agent::all(tx)?;
    agents.retain(|agent| agent.state != AgentState::Revoked);
    Ok(agents
        .into_iter()
        .map(|agent| {
            let spoken = |feed: &&FeedRow| {
                let heard = agent.heard_at.unwrap_or(feed.heard_at);
                feed.agent == agent.agent && heard.duration_since(feed.heard_at) < UNSPOKEN
            };
            let feed = feeds.iter().find(spoken);
            let came = standings.iter().find(|came| came.agent == agent.agent);
            let armed_at = feed.map(|feed| feed.source_changed_at.unwrap_or(agent.enrolled_at));
            let came_out = came.and_then(|came| came.made_at);
            Tested {
                agent: agent.agent,
                facility: feed.map(|feed| feed.facility.clone()),
                made_at: feed.and_then(|feed| feed.as_of),
                came: came.copied(),
                canary: canary(armed_at, came_out, late_after, now),
                agency: agent.agency,
            }
        })
        .collect())
}

/// Returns the tasks that are to be opened or closed.
///
/// # Errors
/// Returns [`StoreError`] when the registry cannot be read.
pub fn calls(
    tx: &mut Tx<'_>,
    standings: &[CanaryStanding],
    late_after: SignedDuration,
    now: Timestamp,
) -> Result<Vec<Call>, StoreError> {
    let open = task::open_ones(tx, Some(TaskKind::CanaryLate), OPEN_MAX)?;
    let is_open = |subject: &str| open.iter().any(|task| task.about.subject == subject);
    let mut calls = Vec::new();
    for tested in tested(tx, standings, late_after, now)? {
        let subject = format!("canary/{}", tested.agent);
        match tested.canary {
            Canary::Late(due) if !is_open(&subject) => {
                calls.push(Call::Open(late(&tested, subject, due)));
            }
            Canary::Off | Canary::Waiting(_) | Canary::Good(_) if is_open(&subject) => {
                calls.push(Call::Close(TaskKind::CanaryLate, subject));
            }
            Canary::Off | Canary::Waiting(_) | Canary::Good(_) | Canary::Late(_) => {}
        }
    }
    Ok(calls)
}

fn late(tested: &Tested, subject: String, due: Timestamp) -> NewTask {
    NewTask {
        kind: TaskKind::CanaryLate,
        subject,
        facility: tested.facility.clone(),
        person: None,
        other: None,
        record: None,
        event: None,
        urgency: 1,
        due_at: None,
        note: format!(
            "The daily test of {} was to come out at the monitored line by {due:.0}: a release of \
             that jail might not be told either. See `savin-hub canary` for how far it came.",
            tested.agency
        ),
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};
    use savin_shared::frame::heartbeat::FeedBeat;
    use savin_shared::ids::FeedName;

    use super::super::Call;
    use super::{Canary, FEED, calls, tested};
    use crate::intake::testing::{Jail, each};
    use crate::store::registry::{agent, feed, task};
    use crate::vault::command::CanaryStanding;

    const TWO_HOURS: SignedDuration = SignedDuration::from_hours(2);

    fn at(hours: i64) -> Timestamp {
        let begin: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
        begin
            .checked_add(SignedDuration::from_hours(hours))
            .unwrap()
    }

    #[test]
    fn calls_a_person_once_and_takes_it_back_when_the_test_has_come_out() {
        each("watch_canary", |store| {
            let jail = Jail::new(store, 1);
            let name = jail.speaker.agent;
            let beat = FeedBeat {
                feed: FeedName::new(FEED).unwrap(),
                facility: jail.speaker.facilities[0].clone(),
                as_of_us: None,
                source_changed_us: Some(at(0).as_microsecond()),
                rows: 1,
                held: None,
            };
            let look = |now: i64, made: Option<i64>, is_spoken: bool| {
                let standings: Vec<_> = made
                    .map(|made| CanaryStanding {
                        agent: name,
                        made_at: Some(at(made)),
                        told_at: Some(at(made)),
                        waiting_since: None,
                    })
                    .into_iter()
                    .collect();
                let beats: Vec<_> = is_spoken.then(|| beat.clone()).into_iter().collect();
                store
                    .write_now("look", move |tx| {
                        agent::heard(tx, name, None, 0, at(now))?;
                        feed::put(tx, name, &beats, at(now))?;
                        let calls = calls(tx, &standings, TWO_HOURS, at(now))?;
                        for call in &calls {
                            super::super::follow(tx, call, at(now))?;
                        }
                        let state = tested(tx, &standings, TWO_HOURS, at(now))?[0].canary;
                        let open = task::open_ones(tx, None, 9)?.len();
                        Ok((calls, state, open))
                    })
                    .unwrap()
            };
            let (calls, state, _) = look(2, None, true);
            assert!(calls.is_empty());
            assert_eq!(state, Canary::Waiting(at(2)));
            let (calls, state, open) = look(3, None, true);
            assert!(matches!(calls.as_slice(), [Call::Open(_)]), "{calls:?}");
            assert_eq!((state, open), (Canary::Late(at(2)), 1));
            let (calls, ..) = look(4, None, true);
            assert!(calls.is_empty(), "one call is enough");
            let (calls, state, open) = look(5, Some(4), true);
            assert!(matches!(calls.as_slice(), [Call::Close(..)]), "{calls:?}");
            assert_eq!((state, open), (Canary::Good(at(30)), 0));
            // The agency has switched it off: nothing is expected, and the table says so.
            let (calls, state, _) = look(40, Some(4), false);
            assert_eq!((calls.len(), state), (0, Canary::Off));
        });
    }
}
