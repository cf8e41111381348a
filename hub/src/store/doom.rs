//! What ends the process: a commit of which nothing is known, or a thread that panicked in the
//! middle of its work. Afterwards a store answers nothing more, and whoever owns the program ends it.

use tokio::sync::watch;

use super::StoreError;

/// Shared by everything that works on one database.
#[derive(Debug, Clone)]
pub struct Doom(watch::Sender<Option<Cause>>);

#[derive(Debug, Clone)]
enum Cause {
    CommitUnknown(String),
    Panicked,
}

/// Tells of the end of a thread that panics; dropped otherwise, it does nothing.
#[derive(Debug)]
pub struct PanicGuard(Doom);

impl Default for Doom {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl Doom {
    /// Waits until the process must end, and returns why.
    pub async fn reached(&self) -> StoreError {
        let mut causes = self.0.subscribe();
        // The sender lives as long as this handle, so that the wait ends only with a cause.
        let cause = causes.wait_for(Option::is_some).await;
        cause.map_or(StoreError::Closed, |cause| error(cause.as_ref()))
    }

    /// Guards a thread: a panic in it ends the process.
    #[must_use]
    pub fn guard(&self) -> PanicGuard {
        PanicGuard(self.clone())
    }

    /// Refuses to go on once the process must end.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        match self.0.borrow().as_ref() {
            Some(_) => Err(StoreError::Closed),
            None => Ok(()),
        }
    }

    /// Notes an error after which the process must end; any other is none of its business.
    pub(super) fn note(&self, failure: &StoreError) {
        if let StoreError::CommitUnknown(text) = failure {
            self.trip(Cause::CommitUnknown(text.clone()));
        }
    }

    fn trip(&self, cause: Cause) {
        self.0.send_if_modified(|first| {
            let is_first = first.is_none();
            if is_first {
                *first = Some(cause);
            }
            is_first
        });
    }
}

impl Drop for PanicGuard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.trip(Cause::Panicked);
        }
    }
}

fn error(cause: Option<&Cause>) -> StoreError {
    match cause {
        Some(Cause::CommitUnknown(text)) => StoreError::CommitUnknown(text.clone()),
        Some(Cause::Panicked) | None => StoreError::Closed,
    }
}
