//! Registration (RFC 3261, 10): some trunks send calls only to whoever keeps telling them where that is.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rsipstack::dialog::registration::{Registration, backoff_interval, refresh_interval};
use rsipstack::sip::typed::Contact;
use tokio::sync::watch;
use tracing::{info, warn};

use super::stopped;
use super::trunk::Trunk;

/// How long a registration is asked to last, in seconds; the trunk may grant less.
const LASTING_S: u32 = 600;

/// How long it may take to be answered, and to be taken back when the hub stops.
const PATIENCE: Duration = Duration::from_secs(10);
const FAREWELL: Duration = Duration::from_secs(2);

/// Whether a trunk knows where we are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Registered {
    /// Until when it does, as it granted last.
    pub until: Option<Timestamp>,
    /// When it did not take our word last.
    pub refused: Option<Refused>,
}

/// A registration that was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// When.
    pub at: Timestamp,
    /// The answer; nothing where there was none.
    pub status: Option<u16>,
}

impl Trunk {
    /// Returns whether it knows where we are.
    pub(super) fn registered(&self) -> Registered {
        *self
            .registered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what a registration was answered, and for how many seconds it was granted.
    fn note(&self, status: Option<u16>, granted_s: Option<u32>) {
        let now = (self.world.wall)();
        let mut registered = self
            .registered
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match granted_s {
            Some(granted_s) => {
                let granted = SignedDuration::from_secs(granted_s.into());
                registered.until = Some(now.checked_add(granted).unwrap_or(now));
            }
            None => registered.refused = Some(Refused { at: now, status }),
        }
    }

    /// Keeps telling the trunk where we are until shutdown, when that is taken back.
    pub(super) async fn keep_registered(self: Arc<Self>, mut shutdown: watch::Receiver<bool>) {
        let inner = Arc::clone(&self.endpoint.inner);
        let mut registration = Registration::new(inner, self.credential());
        registration.contact = Some(Contact {
            display_name: None,
            uri: self.contact.clone(),
            params: Vec::new(),
        });
        let mut failures = 0;
        let mut is_registered = false;
        loop {
            let asking = registration.register(self.registrar(), Some(LASTING_S));
            let status = match tokio::time::timeout(PATIENCE, asking).await {
                Ok(Ok(response)) => Some(response.status_code.code()),
                // The library's own words may name an account.
                Ok(Err(_)) | Err(_) => None,
            };
            let is_taken = status.is_some_and(|status| (200..300).contains(&status));
            let name = &*self.name;
            if is_taken && !is_registered {
                info!(trunk.name = name, "Trunk knows where we are");
            } else if !is_taken && (is_registered || failures == 0) {
                warn!(
                    trunk.name = name,
                    sip.status = status,
                    "Trunk does not take our registration: calls to us do not come, trying again"
                );
            }
            is_registered = is_taken;
            self.note(status, is_taken.then(|| registration.expires()));
            failures = if is_taken { 0 } else { failures + 1 };
            let wait = if is_taken {
                refresh_interval(registration.expires())
            } else {
                backoff_interval(failures)
            };
            tokio::select! {
                () = stopped(&mut shutdown) => break,
                () = tokio::time::sleep(wait) => {}
            }
        }
        // Where that fails we are forgotten when it ends.
        let leaving = registration.register(self.registrar(), Some(0));
        let _left = tokio::time::timeout(FAREWELL, leaving).await;
    }
}
