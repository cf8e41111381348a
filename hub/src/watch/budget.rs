//! The budget: a person is warned before it is spent, and decides when it is.

use jiff::Timestamp;

use super::Call;
use crate::notification::bounds::budget::Level;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::task::{self, NewTask, TaskKind};
use crate::vault::command::{AccountView, BudgetView};

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
        .map(Call::Once)
        .collect();
    for open in task::open_ones(tx, Some(TaskKind::Budget), OPEN_MAX)? {
        let subject = open.about.subject;
        let is_asked = |call: &Call| matches!(call, Call::Once(new) if new.subject == subject);
        if !calls.iter().any(is_asked) {
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
    Some(NewTask {
        kind: TaskKind::Budget,
        subject: format!("budget/{}/{}/{limit}", account.name, view.level.as_str()),
        facility: None,
        person: None,
        other: None,
        record: None,
        event: None,
        urgency,
        due_at: None,
        note,
    })
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
    use crate::vault::command::{AccountView, BudgetView};

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
