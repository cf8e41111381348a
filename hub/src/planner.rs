//! From the registry's events to the vault's plan: reads on from the vault's watermark, hands over
//! what could be told of each event, and learns neither whether anybody is told nor who.
//!
//! Where many asked the vault plans on by itself.

mod deadlines;
mod decided;
mod desk;
#[cfg(test)]
mod engines;
mod facts;
mod offices;
mod places;
mod reviews;
pub mod roll;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use savin_shared::world::World;
use thiserror::Error;
use tokio::sync::{Notify, watch};
use tracing::{debug, error, warn};

use crate::clocks::table::Table;
use crate::ids::EventPosition;
use crate::notification::fact::Fact;
use crate::notification::rules::Rules;
use crate::store::conn::Tx;
use crate::store::registry::event;
use crate::store::registry::expunged::OrderKey;
use crate::store::registry::task::{self, NewTask};
use crate::store::registry::{instruction, person, rules};
use crate::store::{Store, StoreError};
use crate::vault::VaultError;
use crate::vault::client::Client;
use crate::vault::command::{PlannerAnswer, PlannerCommand};
pub use facts::followed;
use reviews::review;
use roll::Roll;

/// Events of one plan.
const EVENTS_MAX: u32 = 500;

/// How often the log is looked at without being woken: another node may have written to it.
const LOOK: Duration = Duration::from_secs(1);

/// How often deadlines and tasks are looked after.
const TEND: Duration = Duration::from_secs(5);

/// How long to wait after a failure.
const PAUSE: Duration = Duration::from_secs(5);

/// The planner's task.
#[derive(Debug)]
pub struct Planner {
    /// The registry.
    pub store: Store,
    /// The vault's port for planners.
    pub vault: Client<PlannerCommand>,
    /// What is told, as it shipped.
    pub rules: Arc<Rules>,
    /// By what bookings are named to the vault, as courts' orders name them.
    pub orders: OrderKey,
    /// The statutory deadlines, as they shipped.
    pub clocks: Arc<Table>,
    /// The zone in whose calendar their days are counted.
    pub zone: TimeZone,
    /// The clocks of this machine.
    pub world: World,
    /// Woken when events were stored.
    pub stored: Arc<Notify>,
    /// Wakes every courier when something was planned.
    pub planned: watch::Sender<()>,
}

/// Why a plan failed.
#[derive(Debug, Error)]
pub enum PlanError {
    /// The registry cannot be read.
    #[error("the registry cannot be read: {0}")]
    Store(#[from] StoreError),
    /// The vault cannot plan.
    #[error("the vault cannot plan: {0}")]
    Vault(#[from] VaultError),
}

impl Planner {
    /// Plans until shutdown.
    pub async fn run(self, mut shutdown: watch::Receiver<bool>) {
        let mut position = None;
        let mut tended = None;
        let mut roll = Roll::begin((self.world.monotonic)());
        loop {
            self.tend(&mut tended, &mut roll).await;
            if let Err(failure) = self.decided().await {
                error!(reason = %failure, "What a person decided is not done yet, trying again");
            }
            let pause = match self.advance(&mut position, &mut roll).await {
                Ok(true) => continue,
                Ok(false) => LOOK,
                Err(failure) => {
                    error!(reason = %failure, "Events not planned, trying again");
                    position = None;
                    PAUSE
                }
            };
            tokio::select! {
                _ = shutdown.wait_for(|stop| *stop) => return,
                () = self.stored.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Looks after deadlines, tasks and what the server knows of its tables where it is time; a failure keeps back
    /// no notice.
    async fn tend(&self, tended: &mut Option<Instant>, roll: &mut Roll) {
        let now = (self.world.monotonic)();
        if tended.is_some_and(|at| now.duration_since(at) < TEND) {
            return;
        }
        *tended = Some(now);
        let failures = [
            self.store.analyze().await.err().map(PlanError::Store),
            self.deadlines().await.err(),
            self.desk().await.err(),
            self.call_roll(roll).await.err(),
        ];
        for failure in failures.into_iter().flatten() {
            error!(reason = %failure, "Deadlines and tasks not looked after, trying again");
        }
    }

    /// Plans the next events; returns whether there may be more at once.
    async fn advance(
        &self,
        position: &mut Option<EventPosition>,
        roll: &mut Roll,
    ) -> Result<bool, PlanError> {
        let from = match *position {
            Some(from) => from,
            None => {
                let answer = self.vault.ask(PlannerCommand::Watermark).await?;
                *position.insert(watermark(answer)?)
            }
        };
        let (rules, orders) = (Arc::clone(&self.rules), self.orders);
        let read = move |tx: &mut Tx<'_>| next(tx, (&rules, &orders), from);
        let Next {
            last,
            facts,
            reviews,
        } = self.store.read("plan", read).await?;
        let Some(to) = last else { return Ok(false) };
        // Before the watermark moves: what is told to nobody is with a person by then.
        if !reviews.is_empty() {
            let now = (self.world.wall)();
            let open = move |tx: &mut Tx<'_>| task::open_once(tx, &reviews, now);
            self.store.write("reviews", open).await?;
        }
        self.find_again(roll, &facts).await?;
        debug!(event.position = to.0, "Planning");
        let plan = PlannerCommand::Plan { from, to, facts };
        let at = watermark(self.vault.ask(plan).await?)?;
        if at != to {
            warn!(event.position = at.0, "Another planner was here first");
        }
        *position = Some(at);
        self.planned.send_replace(());
        Ok(true)
    }
}

fn watermark(answer: PlannerAnswer) -> Result<EventPosition, PlanError> {
    match answer {
        PlannerAnswer::Watermark(position) => Ok(position),
        PlannerAnswer::Done | PlannerAnswer::Sought(_) => Err(PlanError::Vault(VaultError::Closed)),
    }
}

/// What is to be done about the next events.
#[derive(Debug)]
struct Next {
    /// Up to where they go.
    last: Option<EventPosition>,
    /// What could be told of them.
    facts: Vec<Fact>,
    /// What a person has to look at first.
    reviews: Vec<NewTask>,
}

/// Gathers what is to be done about the next events.
fn next(
    tx: &mut Tx<'_>,
    (shipped, orders): (&Rules, &OrderKey),
    from: EventPosition,
) -> Result<Next, StoreError> {
    let events = event::after(tx, from, EVENTS_MAX)?;
    let last = events.last().map(|(position, _)| *position);
    let records: Vec<_> = events.iter().map(|(_, event)| event.record).collect();
    let doubtful = person::doubtful(tx, &records)?;
    let corrected = match last {
        Some(last) => instruction::corrected(tx, from, last)?,
        None => BTreeSet::new(),
    };
    let versions = rules::notification(tx, shipped)?;
    let (mut told, mut reviews) = (Vec::new(), Vec::new());
    for (position, event) in events {
        let rules = versions.at(position);
        if corrected.contains(&position) {
            continue;
        }
        let is_doubtful = doubtful.contains(&event.record);
        reviews.extend(review(tx, rules, (position, &event), is_doubtful)?);
        // Whom a doubtful record is about is for a person to decide, and no notice.
        if let (false, Some(urgency)) = (is_doubtful, rules.urgency(event.code, event.origin)) {
            told.push((urgency, position, event));
        }
    }
    Ok(Next {
        last,
        facts: facts::of(tx, told, orders)?,
        reviews,
    })
}

/// Gathers what is told of an event because a person or a deadline says so, however it was found;
/// nothing of one that was taken back.
fn decided_facts(
    tx: &mut Tx<'_>,
    (shipped, orders): (&Rules, &OrderKey),
    position: EventPosition,
) -> Result<Vec<Fact>, StoreError> {
    let before = EventPosition(position.0.saturating_sub(1));
    if !instruction::corrected(tx, before, position)?.is_empty() {
        return Ok(Vec::new());
    }
    let Some(event) = event::at(tx, position)? else {
        return Ok(Vec::new());
    };
    let versions = rules::notification(tx, shipped)?;
    let urgency = versions.at(position).decided(event.code);
    let told = urgency.map(|urgency| (urgency, position, event));
    facts::of(tx, told.into_iter().collect(), orders)
}

#[cfg(test)]
mod tests {
    use savin_shared::delta::Origin;
    use savin_shared::event::EventCode;
    use savin_shared::ids::OffenderId;
    use savin_shared::pii::Pii;

    use super::next;
    use crate::ids::EventPosition;
    use crate::intake::testing::{BOND, IN, Jail, ORDERS, codes, each, load, name, now, send_one};
    use crate::notification::fact::Fact;
    use crate::notification::rules::Rules;
    use crate::store::Store;
    use crate::store::conn::Tx;
    use crate::store::registry::merge;

    #[test]
    fn tells_nobody_of_a_record_that_may_be_about_somebody_else() {
        each("planner_doubt", |store| {
            let mut jail = Jail::new(store, 1);
            let with = |jail: &Jail, number: &str, id: &str, state| {
                let mut record = jail.record(number, state);
                record.subject.person_number = jail.record("1", IN).subject.person_number;
                record.subject.offender_id = Some(OffenderId::new(id).unwrap());
                record
            };
            let bodies = vec![
                jail.lists(Origin::Baseline, &with(&jail, "1", "K100", IN)),
                jail.lists(Origin::Baseline, &with(&jail, "2", "K200", IN)),
                jail.tells(&with(&jail, "2", "K200", BOND)),
                jail.tells(&with(&jail, "1", "K100", BOND)),
            ];
            let batch = jail.batch(bodies);
            send_one(store, &jail, &batch);
            assert_eq!(codes(store), [EventCode::Released; 2]);
            let rules = Rules::shipped().unwrap();
            let planned = store
                .read_now("facts", move |tx| {
                    next(tx, (&rules, &ORDERS), EventPosition(0))
                })
                .unwrap();
            assert_eq!(planned.last, Some(EventPosition(2)));
            let told: Vec<_> = planned.facts.iter().map(|fact| fact.position).collect();
            assert_eq!(told, [EventPosition(2)]);
            let asked: Vec<_> = planned.reviews.iter().map(|task| task.event).collect();
            assert_eq!(
                asked,
                [Some(EventPosition(1))],
                "a person decides the other"
            );
        });
    }

    /// What could be told of every event so far.
    fn all_facts(store: &Store) -> Vec<Fact> {
        let rules = Rules::shipped().unwrap();
        let read = move |tx: &mut Tx<'_>| next(tx, (&rules, &ORDERS), EventPosition(0));
        store.read_now("facts", read).unwrap().facts
    }

    #[test]
    fn follows_whoever_was_asked_about_from_the_jail_to_the_states_prison() {
        each("planner_follows", |store| {
            let (mut county, mut mdoc) = (Jail::new(store, 1), Jail::new(store, 2));
            let called = |jail: &Jail, number: &str, given: &str, state| {
                let mut record = jail.record(number, state);
                record.subject.name = Some(name("MUESTRA", given));
                record.subject.birth_date = Some(Pii::new(jiff::civil::date(1985, 3, 12)));
                record
            };
            let booked = called(&county, "1", "WILLIAM", IN);
            let body = county.lists(Origin::Baseline, &booked);
            let batch = county.batch(vec![body]);
            send_one(store, &county, &batch);
            let asked_about = load(store, &county, "1").person;
            // MDOC writes the nickname and knows another number.
            for state in [IN, BOND] {
                let body = mdoc.tells(&called(&mdoc, "77", "BILL", state));
                let batch = mdoc.batch(vec![body]);
                send_one(store, &mdoc, &batch);
            }
            let told = all_facts(store);
            let released = told.iter().find(|fact| {
                fact.event_code() == Some(EventCode::Released) && fact.person == asked_about
            });
            assert_eq!(released.unwrap().facility, "JAIL-2");
        });
    }

    #[test]
    fn tells_whoever_asked_about_either_of_two_who_were_found_to_be_one() {
        each("planner_joined", |store| {
            let mut jail = Jail::new(store, 1);
            let persons = ["1", "2"].map(|number| {
                let body = jail.lists(Origin::Baseline, &jail.record(number, IN));
                let batch = jail.batch(vec![body]);
                send_one(store, &jail, &batch);
                load(store, &jail, number).person
            });
            let [one, other] = persons;
            store
                .write_now("join", move |tx| {
                    let joining = merge::Joining {
                        person: other,
                        into: one,
                        why: String::new(),
                        decision: None,
                    };
                    merge::join(tx, &joining, now())
                })
                .unwrap();
            let body = jail.tells(&jail.record("2", BOND));
            let batch = jail.batch(vec![body]);
            send_one(store, &jail, &batch);
            let told: Vec<_> = all_facts(store).iter().map(|fact| fact.person).collect();
            assert_eq!(told, [one, other]);
        });
    }

    #[test]
    fn looks_where_the_person_is_now_before_a_release_is_told() {
        each("planner_now", |store| {
            let (mut jail, mut other) = (Jail::new(store, 1), Jail::new(store, 2));
            let same = |jail: &Jail, number: &str, state| {
                let mut record = jail.record(number, state);
                record.subject.offender_id = Some(OffenderId::new("K100").unwrap());
                record
            };
            let bodies = vec![
                jail.lists(Origin::Baseline, &same(&jail, "1", IN)),
                jail.tells(&same(&jail, "1", BOND)),
            ];
            let batch = jail.batch(bodies);
            send_one(store, &jail, &batch);
            assert_eq!(all_facts(store)[0].still_held_at, None);
            // Booked elsewhere after the release became known, and before it was planned.
            let body = other.tells(&same(&other, "7", IN));
            let batch = other.batch(vec![body]);
            send_one(store, &other, &batch);
            let told = all_facts(store);
            assert_eq!(told[0].still_held_at.as_deref(), Some("JAIL-2"));
            // Let go there too: nothing of it is said.
            let body = other.tells(&same(&other, "7", BOND));
            let batch = other.batch(vec![body]);
            send_one(store, &other, &batch);
            assert_eq!(all_facts(store)[0].still_held_at, None);
            // The jail takes the release back: which event that was goes along, also where it came at once.
            let body = jail.tells(&same(&jail, "1", IN));
            let batch = jail.batch(vec![body]);
            send_one(store, &jail, &batch);
            let told = all_facts(store);
            assert_eq!(told[0].still_held_at.as_deref(), Some("JAIL-1"));
            let last = told.last().unwrap();
            assert_eq!(last.event_code(), Some(EventCode::Correction));
            assert_eq!(last.corrects, Some(told[0].event));
            let bodies = vec![
                jail.tells(&same(&jail, "1", BOND)),
                jail.tells(&same(&jail, "1", IN)),
            ];
            let batch = jail.batch(bodies);
            send_one(store, &jail, &batch);
            let told = all_facts(store);
            let [.., release, last] = told.as_slice() else {
                panic!("{told:?}")
            };
            assert_eq!(last.event_code(), Some(EventCode::Correction));
            assert_eq!(last.corrects, Some(release.event));
        });
    }
}
