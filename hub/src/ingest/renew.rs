//! Renewal: an agent that is known gets a certificate for a new TLS key, because it proves the batch
//! key that it was enrolled with.

use jiff::Timestamp;
use savin_shared::frame::renewal::{RenewAnswer, RenewRefusal, RenewRequest, Renewed};
use tracing::{info, warn};

use super::Shared;
use super::line::Line;
use crate::store::registry::agent::{self, AgentState};

/// Answers a request that came over a line; a quarantined agent may renew, since it only waits for a
/// person.
pub(super) async fn renew(request: RenewRequest, line: &Line, shared: &Shared) -> RenewAnswer {
    let (name, peer) = (request.agent, line.peer());
    match signed(request, line, shared).await {
        Ok((certificate, ends)) => {
            info!(agent.id = %name, peer.address = %peer, certificate.ends = %ends,
                "Certificate renewed");
            RenewAnswer::Renewed(Renewed {
                certificate,
                expires_us: ends.as_microsecond(),
            })
        }
        Err(refusal) => {
            warn!(agent.id = %name, peer.address = %peer, reason = refusal.as_str(),
                "Renewal refused");
            RenewAnswer::Refused(refusal.code())
        }
    }
}

async fn signed(
    request: RenewRequest,
    line: &Line,
    shared: &Shared,
) -> Result<(Vec<u8>, Timestamp), RenewRefusal> {
    let name = request.agent;
    let busy = |failure| {
        warn!(agent.id = %name, reason = %failure, "Renewal not stored");
        RenewRefusal::Busy
    };
    let known = shared
        .store
        .read("load agent", move |tx| agent::load(tx, name))
        .await
        .map_err(busy)?
        .filter(|agent| agent.state != AgentState::Revoked)
        .ok_or(RenewRefusal::Agent)?;
    let binding = line.binding().ok_or(RenewRefusal::Request)?;
    request
        .verify(&binding, &known.batch_key)
        .map_err(|_| RenewRefusal::Request)?;
    let now = (shared.world.wall)();
    let (certificate, ends) = shared
        .authority
        .sign_agent(&request.signing_request, name, now)
        .map_err(|_| RenewRefusal::Request)?;
    let stored = shared
        .store
        .write("renew", move |tx| agent::renewed(tx, name, ends))
        .await
        .map_err(busy)?;
    // Revoked between the two.
    stored
        .then_some((certificate, ends))
        .ok_or(RenewRefusal::Agent)
}
