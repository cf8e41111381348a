//! What becomes of a feed's hold with an export: what is held of it, and what is over.

use std::collections::BTreeSet;

use savin_shared::delta::Origin;
use savin_shared::ids::RecordKey;

use super::{Taking, step};
use crate::guard::Verdict;
use crate::journal::hold::{Held, HoldUpdate, Why};
use crate::mapping::profile::Mode;

impl Taking<'_> {
    /// Returns what becomes of the hold. A roster says everything each time, so that only what it
    /// still says stays held; a transaction is told once, and stays held until a later one of the same
    /// record overtakes it or a person decides.
    pub(super) fn hold_update(
        &self,
        verdict: &Verdict,
        sealed: BTreeSet<RecordKey>,
        origin: Origin,
    ) -> HoldUpdate {
        let held: Vec<Held> = verdict
            .held
            .iter()
            .map(|difference| Held {
                key: difference.key.clone(),
                class: difference.class,
                step: step(self.feed, difference.clone(), origin, self.now.at),
            })
            .collect();
        let reasons = verdict.reasons.iter().map(ToString::to_string);
        let said: Vec<String> = reasons.chain(self.looks.other.iter().cloned()).collect();
        let why = verdict.reasons.first().map(|first| Why {
            code: first.code().to_owned(),
            message: said.join("; "),
        });
        match self.feed.profile.mode {
            Mode::Transactions => {
                let told = verdict.passed.iter().chain(&verdict.held);
                let mut overtaken = sealed;
                overtaken.extend(told.map(|difference| difference.key.clone()));
                HoldUpdate::Add {
                    why,
                    held,
                    overtaken,
                }
            }
            // A doubted export says nothing of what waits for a person, but for what it seals.
            Mode::Roster if verdict.is_doubted && !self.history.waiting.is_empty() => {
                HoldUpdate::Add {
                    why: None,
                    held: Vec::new(),
                    overtaken: sealed,
                }
            }
            Mode::Roster if held.is_empty() => HoldUpdate::Clear,
            Mode::Roster => HoldUpdate::Replace {
                why,
                held,
                export: self.export.clone().filter(|_| verdict.is_doubted),
            },
        }
    }
}
