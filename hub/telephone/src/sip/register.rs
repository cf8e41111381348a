//! Registration (RFC 3261, 10): some trunks send calls only to whoever keeps telling them where that is.

use std::sync::Arc;
use std::time::Duration;

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

impl Trunk {
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
