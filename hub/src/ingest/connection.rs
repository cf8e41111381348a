//! One connection: who it is, and what it came for.

use std::time::Duration;

use quinn::{Connection, Incoming};
use rustls::pki_types::CertificateDer;
use savin_shared::frame::{ALPN_ENROLMENT, ALPN_STREAM};
use savin_shared::ids::AgentId;
use tracing::{debug, info, warn};

use super::{Shared, enrol, session};
use crate::authority::agent_of;
use crate::intake::Speaker;
use crate::store::registry::agent::{self, AgentState};

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long the session of an agent's earlier connection may take to end.
const TURN: Duration = Duration::from_secs(10);

/// How long an agent may take to read the last frame before the connection is closed under it.
const GOODBYE: Duration = Duration::from_secs(3);

/// Application error codes of QUIC, as an agent sees them.
const REFUSED: u32 = 1;
const REPLACED: u32 = 2;

/// Serves one connection to its end.
pub(super) async fn serve(incoming: Incoming, shared: Shared) {
    let peer = incoming.remote_address();
    let connection = match tokio::time::timeout(HANDSHAKE, incoming).await {
        Ok(Ok(connection)) => connection,
        Ok(Err(failure)) => {
            debug!(peer.address = %peer, reason = %failure, "Handshake failed");
            return;
        }
        Err(_) => {
            debug!(peer.address = %peer, "Handshake took too long");
            return;
        }
    };
    match protocol(&connection).as_deref() {
        Some(ALPN_ENROLMENT) => enrol::serve(&connection, &shared).await,
        Some(ALPN_STREAM) => stream(connection, shared).await,
        Some(_) | None => connection.close(REFUSED.into(), b"no such protocol"),
    }
}

async fn stream(connection: Connection, shared: Shared) {
    let peer = connection.remote_address();
    let Some(name) = certified(&connection) else {
        warn!(peer.address = %peer, "Turned away a connection without an agent's certificate");
        connection.close(REFUSED.into(), b"a certificate of this hub is needed");
        return;
    };
    let loaded = shared
        .store
        .read("load agent", move |tx| agent::load(tx, name))
        .await;
    let speaker = match loaded {
        Ok(Some(agent)) if agent.state != AgentState::Revoked => Speaker {
            agent: agent.agent,
            agency: agent.agency,
            facilities: agent.facilities,
            batch_key: agent.batch_key,
        },
        Ok(_) => {
            warn!(agent.id = %name, peer.address = %peer, "Turned away an agent that is not enrolled");
            connection.close(REFUSED.into(), b"this agent is not enrolled");
            return;
        }
        Err(failure) => {
            warn!(agent.id = %name, reason = %failure, "Agent not looked up");
            connection.close(REFUSED.into(), b"try again");
            return;
        }
    };
    let (before, turn) = shared.present.enter(name, connection.clone());
    if let Some(before) = before {
        // After a lost line the agent is back before the hub has noticed; two at once are a clone,
        // and they would go on replacing each other in the log.
        info!(agent.id = %name, peer.address = %peer, "Another connection of the same agent");
        before.close(REPLACED.into(), b"another connection of this agent");
    }
    if let Ok(_turn) = tokio::time::timeout(TURN, turn.lock()).await {
        match session::serve(&connection, speaker, &shared).await {
            Ok(()) => debug!(agent.id = %name, "Session ended"),
            Err(failure) => {
                info!(agent.id = %name, reason = %failure, "Session ended");
                // Closing drops what is still under way: the frame that says why.
                let _silent = tokio::time::timeout(GOODBYE, connection.closed()).await;
            }
        }
    } else {
        warn!(agent.id = %name, "The agent's earlier connection does not end");
    }
    shared.present.leave(name, &connection);
    connection.close(0_u32.into(), b"bye");
}

fn protocol(connection: &Connection) -> Option<Vec<u8>> {
    let data = connection.handshake_data()?;
    data.downcast::<quinn::crypto::rustls::HandshakeData>()
        .ok()?
        .protocol
}

fn certified(connection: &Connection) -> Option<AgentId> {
    let identity = connection.peer_identity()?;
    let chain = identity.downcast::<Vec<CertificateDer<'static>>>().ok()?;
    agent_of(chain.first()?)
}
