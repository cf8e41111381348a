//! The budget: a person is warned before it is spent, and decides when it is.

use jiff::Timestamp;

use super::Call;
use crate::notification::bounds::budget::Level;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::task::{self, NewTask, TaskKind};
use crate::vault::command::{AccountView, BudgetView, IncomingView};

/// How what is asked about calls that come in begins.
const INCOMING: &str = "budget/incoming/";

/// Tasks of the kind that are looked at.
const OPEN_MAX: u32 = 100;

/// Returns the tasks that are to be opened, each once, or closed.
///
/// # Errors
/// Returns [`StoreError`] when the registry cannot be read.
pub fn calls(tx: &mut Tx<'_>, view: &BudgetView) -> Result<Vec<Call>, StoreError> {
    let mut calls: Vec<Call> = view
        .accounts
        .iter()
        .filter_map(|account| asked(account, view.kept_back))
        .chain(pumped(&view.incoming))
        .map(Call::Once)
        .collect();
    for open in task::open_ones(tx, Some(TaskKind::Budget), OPEN_MAX)? {
        let subject = open.about.subject;
        let is_asked = |call: &Call| matches!(call, Call::Once(new) if new.subject == subject);
        // Who made calls come in is somebody's work, the day after too.
        if !calls.iter().any(is_asked) && !subject.starts_with(INCOMING) {
            calls.push(Call::Close(TaskKind::Budget, subject));
        }
    }
    Ok(calls)
}

/// Returns what is asked of a person about the budget of a day or month; a budget that was raised is another.
fn asked(view: &AccountView, kept_back: u64) -> Option<NewTask> {
    let account = &view.account;
    let (limit, span, spent) = (account.limit()?, account.span, account.spent);
    let (urgency, note) = match view.level {
        Level::Within => return None,
        Level::Near => (
            2,
            format!(
                "{spent} of {limit} dollars for this {span} are spent. When the rest is, everything but what says \
                 that somebody is out waits. See `savin-hub notices budget`."
            ),
        ),
        Level::Spent => (
            1,
            format!(
                "{spent} of {limit} dollars for this {span} are spent: {kept_back} notices wait. What says that \
                 somebody is out goes on. Decide: `savin-hub notices budget --raise AMOUNT --for {span} --as \
                 KEYFILE` lets them go on now; otherwise they wait for the next {span}."
            ),
        ),
    };
    Some(NewTask::of(
        (
            TaskKind::Budget,
            format!("budget/{}/{}/{limit}", account.name, view.level.as_str()),
        ),
        urgency,
        note,
    ))
}

/// Returns what is asked of a person about calls that came in: somebody may make them for what they cost.
fn pumped(view: &IncomingView) -> Option<NewTask> {
    let bound = view.bound.filter(|_| view.is_over())?;
    let (day, calls, minutes) = (&view.day, view.day.calls, view.day.minutes);
    let (spent, operators) = (view.today(), view.operators_day.amount);
    Some(NewTask::of(
        (
            TaskKind::Budget,
            format!("{INCOMING}{}/{bound}", day.period),
        ),
        1,
        format!(
            "{calls} calls that came in, of {minutes} minutes, have cost {spent} dollars today, {operators} of it \
             for calls to operators: more than the {bound} of [bounds] budget.incoming_day. Nobody is turned away. Somebody may be calling for what it costs: ask \
             the carrier which numbers call, and have it stop those. See `savin-hub notices budget`."
        ),
    ))
}

/// Opens a task that was asked for, unless a person has ended it before.
pub(super) fn once(tx: &mut Tx<'_>, new: &NewTask, now: Timestamp) -> Result<(), StoreError> {
    task::open_once(tx, std::slice::from_ref(new), now)
}

#[cfg(test)]
mod tests {
    use super::{Call, Level, OPEN_MAX, TaskKind, calls, once, task};
    use crate::intake::testing::each;
    use crate::notification::bounds::budget::{Account, Span};
    use crate::notification::bounds::money::Money;
    use crate::store::Store;
    use crate::store::vault::spend::CallCost;
    use crate::vault::command::{AccountView, BudgetView, IncomingView};

    fn view(level: Level, raised: u64) -> BudgetView {
        let account = Account {
            span: Span::Day,
            name: "2026-06-01".to_owned(),
            allowed: Some(Money::from_cents(1_000)),
            raised: Money::from_cents(raised),
            spent: Money::from_cents(900),
        };
        BudgetView {
            accounts: vec![AccountView {
                account,
                level,
                by: Vec::new(),
            }],
            kept_back: 3,
            incoming: incoming("2026-06-01", 900),
        }
    }

    /// Calls that came in, for so many cents of a day's ten dollars.
    fn incoming(day: &str, cents: u64) -> IncomingView {
        let cost = |period: &str| CallCost {
            period: period.to_owned(),
            amount: Money::from_cents(cents),
            calls: 40,
            minutes: 300,
        };
        let none = |period: &str| CallCost {
            amount: Money::ZERO,
            calls: 0,
            minutes: 0,
            period: period.to_owned(),
        };
        IncomingView {
            day: cost(day),
            month: cost("2026-06"),
            operators_day: none(day),
            operators_month: none("2026-06"),
            bound: Some(Money::from_cents(1_000)),
        }
    }

    /// Looks at the budget as the watch does; returns the notes of the open tasks.
    fn look(store: &Store, view: BudgetView) -> Vec<String> {
        let now = "2026-06-01T12:00:00Z".parse().unwrap();
        let open = store.write_now("budget", move |tx| {
            for call in calls(tx, &view)? {
                match call {
                    Call::Once(new) | Call::Open(new) => once(tx, &new, now)?,
                    Call::Close(kind, subject) => {
                        task::close(tx, kind, &subject, "over", now)?;
                    }
                }
            }
            task::open_ones(tx, Some(TaskKind::Budget), OPEN_MAX)
        });
        open.unwrap()
            .into_iter()
            .map(|task| task.about.note)
            .collect()
    }

    #[test]
    fn asks_a_person_who_calls_so_much_and_leaves_that_open_on_the_day_after() {
        each("watch_incoming", |store| {
            let of = |day: &str, cents| BudgetView {
                incoming: incoming(day, cents),
                ..view(Level::Within, 0)
            };
            assert!(look(store, of("2026-06-01", 1_000)).is_empty());
            let pumped = look(store, of("2026-06-01", 1_001));
            assert_eq!(pumped.len(), 1);
            assert!(
                pumped[0].starts_with("40 calls that came in, of 300 minutes, have cost 10.01"),
                "{pumped:?}"
            );
            assert_eq!(look(store, of("2026-06-01", 1_100)).len(), 1, "asked once");
            assert_eq!(look(store, of("2026-06-02", 3)), pumped);
            assert_eq!(look(store, of("2026-06-02", 2_000)).len(), 2);
        });
    }

    #[test]
    fn asks_a_person_once_and_again_when_what_was_allowed_is_spent() {
        each("watch_budget", |store| {
            assert!(look(store, view(Level::Within, 0)).is_empty());
            let near = look(store, view(Level::Near, 0));
            assert!(
                near[0].starts_with("9.00 of 10.00 dollars for this day"),
                "{near:?}"
            );
            let spent = look(store, view(Level::Spent, 0));
            assert_eq!(spent.len(), 1, "the warning is over");
            assert!(spent[0].contains("3 notices wait"), "{spent:?}");
            assert_eq!(look(store, view(Level::Spent, 0)), spent);
            assert!(
                look(store, view(Level::Within, 500)).is_empty(),
                "a person allowed more"
            );
            assert!(
                look(store, view(Level::Spent, 0)).is_empty(),
                "it is not asked twice"
            );
            assert_eq!(look(store, view(Level::Spent, 500)).len(), 1);
        });
    }
}
