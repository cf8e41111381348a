//! The bounds of telling, kept in the vault's own database: they hold for all its workers, and after a restart.

use jiff::{SignedDuration, Timestamp};

use super::claiming::lease;
use super::command::{AccountView, BudgetCommand, BudgetView, IncomingView, Room, StaffAnswer};
use super::means::Means;
use super::{Vault, VaultError};
use crate::ids::{ContactId, NoticeId};
use crate::notification::bounds::budget::{Account, Level, Span, keeps_back};
use crate::notification::bounds::money::Money;
use crate::notification::bounds::{ESCAPE_RANK, Kept, NUMBER_SPAN, PACE_SPAN, Waits, minutes};
use crate::notification::channel::Channel;
use crate::notification::outcome::{Follows, Outcome};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::vault::called;
use crate::store::vault::carrying::{self, Claim, DueNotice};
use crate::store::vault::contact::ContactRow;
use crate::store::vault::spend::{self, CallCost, CallKind, Change};

/// How soon what the budget keeps back is looked at again: the settings may have changed.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_mins(15);

/// Returns for how many messages of a channel there is room: no more than the door has, and of calls no more than
/// may begin now and be under way, whichever worker places them.
pub(super) fn room(
    tx: &mut Tx<'_>,
    means: &Means,
    (channel, room): (Channel, Room),
    now: Timestamp,
) -> Result<Room, StoreError> {
    if channel != Channel::Telephone {
        return Ok(room);
    }
    let places = |most: u32, used: u64, kept: Kept| {
        Room::of(most, u32::try_from(used).unwrap_or(u32::MAX), kept)
    };
    let begun = called::begun(tx, before(now, PACE_SPAN))?;
    let pace = places(means.bounds.calls_per_second, begun, Kept::Fifth);
    let room = room.and(pace);
    let Some(lines) = means.bounds.lines else {
        return Ok(room);
    };
    let used = called::under_way(tx, now)?;
    Ok(room.and(places(lines, used, means.bounds.kept)))
}

/// Returns from when on one contact may be called with a notice; nothing where it may be now.
pub(super) fn number_until(
    tx: &mut Tx<'_>,
    means: &Means,
    (due, contact): (&DueNotice, &ContactRow),
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    if due.channel != Channel::Telephone {
        return Ok(None);
    }
    let bounds = &means.bounds;
    let most = bounds.calls_a_day(due.rank);
    let called = called::since(tx, &contact.blind_index, before(now, NUMBER_SPAN), most)?;
    Ok(bounds.number_until(due.rank, &called))
}

/// Returns until when a notice waits since another call to a contact is under way, or about to be: it would meet
/// that one and find the number busy.
pub(super) fn rings_until(
    tx: &mut Tx<'_>,
    (due, contact): (&DueNotice, &ContactRow),
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    if due.channel != Channel::Telephone {
        return Ok(None);
    }
    let times = (now, lease(due.channel, now));
    called::rings(tx, &contact.blind_index, due.notice, times)
}

/// Returns which of the contacts at which she is told may be called now, and from when on another may, with what
/// it waits for. With an escape another number is called than one at which a call is under way.
pub(super) fn free(
    tx: &mut Tx<'_>,
    means: &Means,
    (due, contacts): (&DueNotice, &[ContactRow]),
    told: &[ContactId],
    now: Timestamp,
) -> Result<(Vec<ContactId>, Option<Wait>), StoreError> {
    let (mut free, mut waits) = (Vec::with_capacity(told.len()), None);
    for row in contacts.iter().filter(|row| told.contains(&row.contact)) {
        let mut wait = number_until(tx, means, (due, row), now)?.map(|at| (at, Waits::Number));
        if wait.is_none() && due.rank == ESCAPE_RANK {
            wait = rings_until(tx, (due, row), now)?.map(|at| (at, Waits::Rings));
        }
        match wait {
            None => free.push(row.contact),
            Some(wait) => waits = sooner(waits, Some(wait)),
        }
    }
    // In her order.
    free.sort_by_key(|contact| told.iter().position(|told| told == contact));
    Ok((free, waits))
}

/// Until when something waits, and why.
pub(super) type Wait = (Timestamp, Waits);

/// Returns until when something waits that two things keep back, each of them alone: until the sooner. Where one is
/// another call, it waits for the end of that, which nobody knows before.
pub(super) fn sooner(one: Option<Wait>, other: Option<Wait>) -> Option<Wait> {
    let (at, waits) = one.into_iter().chain(other).min()?;
    let rings = [one, other]
        .into_iter()
        .flatten()
        .find(|(_, waits)| *waits == Waits::Rings);
    Some((at, rings.map_or(waits, |(_, waits)| waits)))
}

/// Notes that a contact is about to be called.
pub(super) fn calling(
    tx: &mut Tx<'_>,
    due: &DueNotice,
    whose: &[u8; 32],
    now: Timestamp,
) -> Result<(), StoreError> {
    if due.channel != Channel::Telephone {
        return Ok(());
    }
    let number = due.attempts.cast_signed().saturating_add(1);
    let forget_before = before(now, NUMBER_SPAN);
    called::note(tx, (due.notice, number), whose, (now, forget_before))
}

/// What is left to spend on one claim.
pub(super) struct Purse {
    accounts: Vec<Account>,
    cost: Money,
    next: Timestamp,
}

impl Purse {
    /// Looks what is left for tries by one channel.
    pub(super) fn open(
        tx: &mut Tx<'_>,
        means: &Means,
        channel: Channel,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let cost = means.bounds.rates.before(channel);
        let accounts = if cost == Money::ZERO {
            Vec::new()
        } else {
            let accounts = accounts(tx, means, now)?;
            accounts.into_iter().map(|view| view.account).collect()
        };
        let again = now.checked_add(LOOK_AGAIN).unwrap_or(Timestamp::MAX);
        let next = again.min(Span::Day.next(&means.zone, now));
        Ok(Self {
            accounts,
            cost,
            next,
        })
    }

    /// Sets a try aside; or returns until when it waits, since the budget is spent.
    pub(super) fn take(&mut self, rank: u8) -> Option<Timestamp> {
        if keeps_back(&self.accounts, rank, self.cost).is_some() {
            return Some(self.next);
        }
        for account in &mut self.accounts {
            account.spent = account.spent.plus(self.cost);
        }
        None
    }

    /// Keeps what was set aside for tries that were noted.
    pub(super) fn close(
        &self,
        tx: &mut Tx<'_>,
        channel: Channel,
        tries: impl ExactSizeIterator<Item = (NoticeId, Claim)>,
    ) -> Result<(), StoreError> {
        let many = tries.len() as u64;
        if self.cost == Money::ZERO || many == 0 {
            return Ok(());
        }
        for (notice, claim) in tries {
            spend::set_aside(tx, (notice, claim.attempt), self.cost)?;
        }
        for account in &self.accounts {
            let change = Change {
                period: &account.name,
                channel,
                less: Money::ZERO,
                more: self.cost.times(many),
                tries: many.cast_signed(),
            };
            spend::change(tx, change)?;
        }
        Ok(())
    }
}

/// Keeps what a try has cost that is over, in place of what was set aside for it; one that never left the hub is
/// taken back whole.
pub(super) fn settle(
    tx: &mut Tx<'_>,
    means: &Means,
    (notice, number, channel): (NoticeId, i64, Channel),
    outcome: Outcome,
    now: Timestamp,
) -> Result<(), StoreError> {
    if channel == Channel::Telephone && outcome.follows() == Follows::Unused {
        called::take_back(tx, notice, number)?;
    }
    let Some(aside) = spend::aside(tx, notice, number)? else {
        return Ok(());
    };
    let took = now.duration_since(aside.at);
    let cost = means.bounds.rates.after(channel, outcome, took);
    if cost == aside.amount {
        return Ok(());
    }
    spend::set_aside(tx, (notice, number), cost)?;
    for span in Span::ALL {
        let change = Change {
            period: &span.name(&means.zone, aside.at),
            channel,
            less: aside.amount,
            more: cost,
            tries: if cost == Money::ZERO { -1 } else { 0 },
        };
        spend::change(tx, change)?;
    }
    Ok(())
}

/// Returns the budgets of today and of this month, and what is spent of them.
fn accounts(
    tx: &mut Tx<'_>,
    means: &Means,
    now: Timestamp,
) -> Result<Vec<AccountView>, StoreError> {
    let bounds = &means.bounds;
    let dearest = Channel::ALL.map(|channel| bounds.rates.before(channel));
    let dearest = dearest.into_iter().max().unwrap_or_default();
    let mut accounts = Vec::with_capacity(Span::ALL.len());
    for span in Span::ALL {
        let name = span.name(&means.zone, now);
        let by = spend::of_period(tx, &name)?;
        let account = Account {
            span,
            allowed: match span {
                Span::Day => bounds.budget.day,
                Span::Month => bounds.budget.month,
            },
            raised: spend::raised(tx, &name)?,
            spent: by.iter().map(|spent| spent.amount).sum(),
            name,
        };
        let level = account.level(&bounds.budget, dearest);
        accounts.push(AccountView { account, level, by });
    }
    Ok(accounts)
}

impl Vault {
    /// Carries out a command about the budget.
    pub(super) fn budget(&self, command: BudgetCommand) -> Result<StaffAnswer, VaultError> {
        let now = (self.world.wall)();
        let means = std::sync::Arc::clone(&self.means);
        if let BudgetCommand::Raise { span, amount } = command {
            let raised = std::sync::Arc::clone(&means);
            self.store.write_now("raise budget", move |tx| {
                spend::raise(tx, &span.name(&raised.zone, now), amount, now)?;
                carrying::release(tx, Waits::Budget, now)
            })?;
        }
        let view = self.store.read_now("budget", move |tx| {
            let [day, month] = [Span::Day, Span::Month].map(|span| span.name(&means.zone, now));
            Ok(BudgetView {
                accounts: accounts(tx, &means, now)?,
                kept_back: carrying::kept_back(tx, Waits::Budget)?,
                incoming: IncomingView {
                    day: spend::calls(tx, CallKind::Incoming, &day)?,
                    month: spend::calls(tx, CallKind::Incoming, &month)?,
                    operators_day: spend::calls(tx, CallKind::Operator, &day)?,
                    operators_month: spend::calls(tx, CallKind::Operator, &month)?,
                    bound: means.bounds.budget.incoming_day,
                },
            })
        })?;
        Ok(StaffAnswer::Budget(view))
    }

    /// Counts what a call has cost that came in and is over, or that was made to an operator.
    pub(super) fn count_call(
        &self,
        kind: CallKind,
        took: SignedDuration,
    ) -> Result<(), VaultError> {
        let now = (self.world.wall)();
        let minutes = minutes(took);
        let rates = &self.means.bounds.rates;
        let rate = match kind {
            CallKind::Incoming => rates.incoming_minute,
            CallKind::Operator => rates.operator_minute,
        };
        let amount = rate.times(minutes);
        let periods = Span::ALL.map(|span| span.name(&self.means.zone, now));
        self.store.write_now("count a call", move |tx| {
            for period in &periods {
                let more = CallCost {
                    period: period.clone(),
                    amount,
                    calls: 1,
                    minutes,
                };
                spend::count_call(tx, kind, &more)?;
            }
            Ok(())
        })?;
        Ok(())
    }
}

impl IncomingView {
    /// Returns what calls that came in and calls to operators have cost today.
    #[must_use]
    pub fn today(&self) -> Money {
        self.day.amount.plus(self.operators_day.amount)
    }

    /// Says whether that is more than it may be unseen.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.bound.is_some_and(|bound| self.today() > bound)
    }
}

impl BudgetView {
    /// Says whether a budget is spent.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        let mut accounts = self.accounts.iter();
        accounts.any(|view| view.level == Level::Spent)
    }
}

fn before(now: Timestamp, span: SignedDuration) -> Timestamp {
    now.checked_sub(span).unwrap_or(Timestamp::UNIX_EPOCH)
}
