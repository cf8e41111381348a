//! Ladders: which of her contact points a notice goes to next, and when, by what became of the tries so
//! far. Data, so that MDOC changes it without a build; nothing in it ends a notice.

pub mod rehearsal;
mod table;

use jiff::{SignedDuration, Timestamp};

use super::channel::Channel;
use super::outcome::{Follows, Outcome};

pub use table::{LadderError, Ladders, SHIPPED};

/// How long to wait while the line to a channel is down.
const LINE: SignedDuration = SignedDuration::from_secs(30);

/// How pressing a notice is, which says how soon it is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pressing {
    /// Somebody escaped.
    Escape,
    /// Somebody gets out, something told was wrong, or a code is waited for.
    Release,
    /// Somebody was moved or booked, or something of that weight.
    Transfer,
    /// A court or a board set a day, and what may wait as long.
    Court,
}

impl Pressing {
    /// Every one, the most pressing first.
    pub const ALL: [Self; 4] = [Self::Escape, Self::Release, Self::Transfer, Self::Court];

    /// Returns how pressing what has a rank is, see [`super::rules::rank`]; a code has 0.
    #[must_use]
    pub const fn of(rank: u8) -> Self {
        match rank {
            1 => Self::Escape,
            0 | 2..=4 => Self::Release,
            5 => Self::Transfer,
            6.. => Self::Court,
        }
    }

    /// Returns the word that stands for it in the table.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Escape => "escape",
            Self::Release => "release",
            Self::Transfer => "transfer",
            Self::Court => "court",
        }
    }

    /// Returns the one of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == word)
    }
}

/// What follows in one channel, as long as nobody confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// How long after the first of her ways it begins.
    pub begins: SignedDuration,
    /// From a try at one contact point to one at another.
    pub between: SignedDuration,
    /// Until a busy number is called again.
    pub busy: SignedDuration,
    /// Until a number is called again where nobody answered.
    pub no_answer: SignedDuration,
    /// Until a number is called again where somebody answered and did not confirm.
    pub answered: SignedDuration,
    /// Until a number is called again where a machine answered.
    pub machine: SignedDuration,
    /// Until what the channel could not take is tried again: the last goes on.
    pub put_off: Vec<SignedDuration>,
    /// Tries of each contact point after which a person is asked; without it never for tries alone.
    pub tries: Option<u32>,
    /// From then on, at least, between two tries of one contact point.
    pub slower: SignedDuration,
}

/// A try that is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tried<P> {
    /// At which contact point.
    pub point: P,
    /// What became of it.
    pub outcome: Outcome,
    /// When that was known.
    pub at: Timestamp,
}

/// The next try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Next<P> {
    /// At which contact point.
    pub point: P,
    /// Not before.
    pub at: Timestamp,
    /// Whether every contact point was tried as often as the ladder says: a person is asked.
    pub is_tired: bool,
}

impl Step {
    /// Returns which of her contact points, in her order, is tried next, and when: the one whose turn
    /// comes first. Nothing where none is left that may work. The tries are in their order.
    #[must_use]
    pub fn next<P: Copy + Eq>(
        &self,
        points: &[P],
        tried: &[Tried<P>],
        from: Timestamp,
    ) -> Option<Next<P>> {
        let may_work = |point: &P| {
            !tried
                .iter()
                .any(|tried| tried.point == *point && tried.outcome.follows() == Follows::Ended)
        };
        let mut next: Option<Next<P>> = None;
        let mut is_tired = true;
        for point in points.iter().copied().filter(may_work) {
            is_tired &= self.is_tired(used(point, tried));
            let at = self.ready(point, tried, from);
            if next.as_ref().is_none_or(|next| at < next.at) {
                let is_tired = false;
                next = Some(Next {
                    point,
                    at,
                    is_tired,
                });
            }
        }
        next.map(|next| Next { is_tired, ..next })
    }

    /// Returns from when on a contact point may be tried.
    fn ready<P: Copy + Eq>(&self, point: P, tried: &[Tried<P>], from: Timestamp) -> Timestamp {
        let own = tried.iter().rev().find(|tried| tried.point == point);
        let own = own.map(|last| later(last.at, self.wait(last.outcome, used(point, tried))));
        let other = tried
            .iter()
            .rev()
            .find(|tried| tried.point != point && tried.outcome.follows() != Follows::Unused);
        let other = other.map(|last| later(last.at, self.between));
        from.max(own.unwrap_or(from)).max(other.unwrap_or(from))
    }

    fn is_tired(&self, tries: u32) -> bool {
        self.tries.is_some_and(|limit| tries >= limit)
    }

    /// Returns how long one contact point is left alone after so many tries, of which the last ended so.
    fn wait(&self, outcome: Outcome, tries: u32) -> SignedDuration {
        let wait = match outcome {
            Outcome::NotTried => return LINE,
            Outcome::Busy => self.busy,
            Outcome::NoAnswer => self.no_answer,
            Outcome::Answered => self.answered,
            Outcome::Machine => self.machine,
            Outcome::Accepted
            | Outcome::Deferred
            | Outcome::Refused
            | Outcome::Unallocated
            | Outcome::Spooled
            | Outcome::Printed
            | Outcome::Mailed
            | Outcome::Returned
            | Outcome::Bounced => {
                let place = usize::try_from(tries.saturating_sub(1)).unwrap_or(usize::MAX);
                let wait = self.put_off.get(place).or(self.put_off.last());
                wait.copied().unwrap_or(self.slower)
            }
        };
        if self.is_tired(tries) {
            wait.max(self.slower)
        } else {
            wait
        }
    }
}

/// Counts the tries of a contact point that left the hub.
fn used<P: Copy + Eq>(point: P, tried: &[Tried<P>]) -> u32 {
    let used = tried
        .iter()
        .filter(|tried| tried.point == point && tried.outcome.follows() != Follows::Unused);
    u32::try_from(used.count()).unwrap_or(u32::MAX)
}

fn later(at: Timestamp, wait: SignedDuration) -> Timestamp {
    at.checked_add(wait).unwrap_or(Timestamp::MAX)
}

impl Ladders {
    /// Returns how long after its planning a channel begins, of those that she chose: the first of them
    /// at once.
    #[must_use]
    pub fn begins(
        &self,
        pressing: Pressing,
        channel: Channel,
        chosen: &[Channel],
    ) -> SignedDuration {
        let begins = |channel: &Channel| self.step(pressing, *channel).begins;
        let first = chosen.iter().map(begins).min().unwrap_or_default();
        (begins(&channel) - first).max(SignedDuration::ZERO)
    }
}

#[cfg(test)]
mod tests;
