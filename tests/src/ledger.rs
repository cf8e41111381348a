//! A list that only grows, and on which others wait: what a program logged, what the mail came to.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::monotonic;

/// A list that only grows.
#[derive(Debug)]
pub struct Ledger<T> {
    entries: Mutex<Vec<T>>,
    grown: Condvar,
}

impl<T> Default for Ledger<T> {
    fn default() -> Self {
        Self {
            entries: Mutex::default(),
            grown: Condvar::new(),
        }
    }
}

impl<T: Clone> Ledger<T> {
    /// Adds an entry and wakes whoever waits.
    pub fn push(&self, entry: T) {
        self.lock().push(entry);
        self.grown.notify_all();
    }

    /// Returns what there is.
    #[must_use]
    pub fn all(&self) -> Vec<T> {
        self.lock().clone()
    }

    /// Returns what was added after the first so many.
    #[must_use]
    pub fn since(&self, known: usize) -> Vec<T> {
        self.lock()
            .get(known..)
            .map(<[T]>::to_vec)
            .unwrap_or_default()
    }

    /// Waits until `find` finds something among the entries; `None` when that takes too long.
    pub fn wait<R>(
        &self,
        patience: Duration,
        mut find: impl FnMut(&[T]) -> Option<R>,
    ) -> Option<R> {
        let deadline = monotonic() + patience;
        let mut entries = self.lock();
        loop {
            if let Some(found) = find(&entries) {
                return Some(found);
            }
            let left = deadline.checked_duration_since(monotonic())?;
            (entries, _) = self
                .grown
                .wait_timeout(entries, left)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<T>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
