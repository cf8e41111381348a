//! The certificate from session to session: renewed when the hub asks for it, and said when it ends
//! soon.

use std::sync::Arc;

use jiff::Timestamp;
use savin_shared::frame::Frame;
use savin_shared::frame::command::CommandOutcome;
use savin_shared::frame::renewal::RenewAnswer;
use savin_shared::world::World;
use tokio::task::block_in_place;
use tracing::{error, info, warn};

use super::renew::Renewal;
use crate::identity::{CERTIFICATE_WARNING_DAYS, StateFolder, certificate_days};
use crate::signer::Signer;

/// The certificate of the agent.
#[derive(Debug)]
pub struct Certificate {
    state: StateFolder,
    signer: Arc<Signer>,
    world: World,
    ends: Timestamp,
    said_days: Option<i64>,
    /// What the line of this session is known by.
    binding: Option<[u8; 32]>,
    /// A renewal that waits for the hub's answer, by the order that asked for it.
    renewal: Option<([u8; 16], Renewal)>,
    request: Option<Frame>,
    is_renewed: bool,
}

impl Certificate {
    /// Begins with the certificate that is in the state folder.
    #[must_use]
    pub const fn new(
        state: StateFolder,
        signer: Arc<Signer>,
        ends: Timestamp,
        world: World,
    ) -> Self {
        Self {
            state,
            signer,
            world,
            ends,
            said_days: None,
            binding: None,
            renewal: None,
            request: None,
            is_renewed: false,
        }
    }

    /// Begins a session: what an earlier one asked for is not answered any more.
    pub fn begin_session(&mut self, binding: Option<[u8; 32]>) {
        self.binding = binding;
        (self.renewal, self.request) = (None, None);
    }

    /// Makes a new key, and the request that goes out next; an outcome says that it cannot.
    pub fn renew(&mut self, order: [u8; 16]) -> Option<CommandOutcome> {
        // Without a binding the hub refuses, which is as good an answer as any.
        let binding = self.binding.unwrap_or_default();
        match Renewal::begin(&self.signer, &binding) {
            Ok((renewal, request)) => {
                self.renewal = Some((order, renewal));
                self.request = Some(Frame::RenewRequest(request));
                None
            }
            Err(failure) => {
                warn!(reason = %failure, "The certificate was not renewed, the hub will ask again");
                Some(CommandOutcome::Refused)
            }
        }
    }

    /// Takes the request that goes out next.
    pub const fn take_request(&mut self) -> Option<Frame> {
        self.request.take()
    }

    /// Stores the new certificate, which the next line uses. Returns the order and what became of
    /// it, or nothing where nobody asked for a certificate.
    pub fn renewed(&mut self, answer: RenewAnswer) -> Option<([u8; 16], CommandOutcome)> {
        let (order, renewal) = self.renewal.take()?;
        let outcome = match block_in_place(|| renewal.finish(answer, &self.state)) {
            Ok(ends) => {
                info!(certificate.ends = %ends, "Renewed the certificate");
                (self.ends, self.is_renewed) = (ends, true);
                CommandOutcome::Done
            }
            Err(failure) => {
                warn!(reason = %failure, "The certificate was not renewed, the hub will ask again");
                CommandOutcome::Refused
            }
        };
        Some((order, outcome))
    }

    /// Says whether the certificate was renewed in a session since this was asked last.
    pub const fn take_renewed(&mut self) -> bool {
        std::mem::replace(&mut self.is_renewed, false)
    }

    /// Learns that the certificate was renewed without a session.
    pub const fn ends_at(&mut self, ends: Timestamp) {
        self.ends = ends;
    }

    /// Returns for how many whole days it still holds.
    #[must_use]
    pub fn days(&self) -> i64 {
        certificate_days(self.ends, (self.world.wall)())
    }

    /// Says whether it has ended, by this machine's clock.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.ends <= (self.world.wall)()
    }

    /// Says once a day that the certificate ends soon; until it has ended, nothing else changes.
    pub fn say(&mut self) {
        let days = self.days();
        if days > CERTIFICATE_WARNING_DAYS || self.said_days == Some(days) {
            return;
        }
        self.said_days = Some(days);
        if days < 0 {
            error!(
                certificate.days = days,
                "The certificate has ended: it is renewed as soon as the hub answers"
            );
        } else {
            warn!(
                certificate.days = days,
                "The certificate ends soon: it is renewed as soon as the hub asks for it"
            );
        }
    }
}
