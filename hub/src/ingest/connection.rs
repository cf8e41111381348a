//! One connection: who it is, and what it came for.

use std::net::SocketAddr;
use std::time::Duration;

use quinn::Incoming;
use savin_shared::frame::line::close;
use savin_shared::frame::{ALPN_ENROLMENT, ALPN_STREAM};
use savin_shared::ids::AgentId;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tracing::{debug, info, warn};

use super::line::Line;
use super::session::{self, SessionError};
use super::{Shared, enrol};
use crate::authority::{AgentCertificate, agent_certificate};
use crate::intake::Speaker;
use crate::store::registry::agent::{self, AgentState};

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long the session of an agent's earlier connection may take to end.
const TURN: Duration = Duration::from_secs(10);

/// How long an agent may take to read the last frame before the connection is closed under it.
const GOODBYE: Duration = Duration::from_secs(3);

/// Serves one connection over QUIC to its end.
pub(super) async fn serve(incoming: Incoming, shared: Shared) {
    let peer = incoming.remote_address();
    match timeout(HANDSHAKE, incoming).await {
        Ok(Ok(connection)) => converse(Line::Quic(connection), shared).await,
        Ok(Err(failure)) => say_failed(peer, &failure.to_string()),
        Err(_) => say_failed(peer, "it took too long"),
    }
}

/// Serves one connection over TLS to its end; the permit bounds handshakes.
pub(super) async fn serve_tls(
    stream: TcpStream,
    peer: SocketAddr,
    acceptor: TlsAcceptor,
    handshake: OwnedSemaphorePermit,
    shared: Shared,
) {
    // A receipt is one write: waiting for more to send with it would only be late.
    let _late = stream.set_nodelay(true);
    let accepted = timeout(HANDSHAKE, acceptor.accept(stream)).await;
    drop(handshake);
    match accepted {
        Ok(Ok(stream)) => {
            let (line, moving) = Line::tls(stream, peer);
            tokio::join!(Box::pin(moving), Box::pin(converse(line, shared)));
        }
        Ok(Err(failure)) => say_failed(peer, &failure.to_string()),
        Err(_) => say_failed(peer, "it took too long"),
    }
}

fn say_failed(peer: SocketAddr, reason: &str) {
    debug!(peer.address = %peer, reason, "Handshake failed");
}

async fn converse(line: Line, shared: Shared) {
    match line.protocol().as_deref() {
        Some(ALPN_ENROLMENT) => {
            enrol::serve(&line, &shared).await;
            line.close(close::END, "bye");
        }
        Some(ALPN_STREAM) => stream(line, shared).await,
        Some(_) | None => line.close(close::REFUSED, "no such protocol"),
    }
}

async fn stream(line: Line, shared: Shared) {
    let peer = line.peer();
    let certificate = line.certificate().and_then(|der| agent_certificate(&der));
    let Some(certificate) = certificate else {
        warn!(peer.address = %peer, "Turned away a connection without an agent's certificate");
        line.close(close::REFUSED, "a certificate of this hub is needed");
        return;
    };
    let name = certificate.agent;
    let Some(speaker) = admitted(&line, &certificate, &shared).await else {
        return;
    };
    let (before, turn) = shared.present.enter(name, line.clone());
    if let Some(before) = before {
        // After a lost line the agent is back before the hub has noticed; two at once are a clone,
        // and they would go on replacing each other in the log.
        info!(agent.id = %name, peer.address = %peer, "Another connection of the same agent");
        before.close(
            close::REPLACED,
            "another connection of this agent took its place",
        );
    }
    if let Ok(_turn) = timeout(TURN, turn.lock()).await {
        match session::serve(&line, speaker, &certificate, &shared).await {
            Ok(()) => debug!(agent.id = %name, "Session ended"),
            Err(SessionError::Barred) => bar(&line, name, &shared).await,
            Err(failure) => {
                info!(agent.id = %name, reason = %failure, "Session ended");
                // Closing drops what is still under way: the frame that says why.
                let _silent = timeout(GOODBYE, line.closed()).await;
            }
        }
    } else {
        warn!(agent.id = %name, "The agent's earlier connection does not end");
    }
    shared.present.leave(name, &line);
    line.close(close::END, "bye");
}

/// Looks whether an agent may speak, and says at both ends why not.
async fn admitted(line: &Line, certificate: &AgentCertificate, shared: &Shared) -> Option<Speaker> {
    let (name, peer) = (certificate.agent, line.peer());
    // A resumed session carries a certificate that was looked at when it still held.
    if certificate.ends <= (shared.world.wall)() {
        info!(agent.id = %name, peer.address = %peer, "Turned away a certificate that has ended");
        line.close(close::CERTIFICATE_ENDED, "the certificate has ended");
        return None;
    }
    let loaded = shared
        .store
        .read("load agent", move |tx| agent::load(tx, name))
        .await;
    match loaded {
        Ok(Some(agent)) if agent.state == AgentState::Revoked => {
            warn!(agent.id = %name, peer.address = %peer, "Turned away an agent that was revoked");
            line.close(close::REVOKED, REVOKED);
            None
        }
        Ok(Some(agent)) => Some(Speaker {
            agent: agent.agent,
            agency: agent.agency,
            facilities: agent.facilities,
            batch_key: agent.batch_key,
        }),
        Ok(None) => {
            warn!(agent.id = %name, peer.address = %peer, "Turned away an agent that is not enrolled");
            line.close(close::REFUSED, "this agent is not enrolled");
            None
        }
        Err(failure) => {
            warn!(agent.id = %name, reason = %failure, "Agent not looked up");
            line.close(close::REFUSED, "try again");
            None
        }
    }
}

const REVOKED: &str = "this agent was revoked: ask MDOC";

/// Ends the line of an agent whose word is not taken any more, at once.
async fn bar(line: &Line, name: AgentId, shared: &Shared) {
    let loaded = shared
        .store
        .read("load agent", move |tx| agent::load(tx, name))
        .await;
    let is_quarantined = matches!(
        loaded,
        Ok(Some(agent)) if matches!(agent.state, AgentState::Quarantined(_))
    );
    if is_quarantined {
        warn!(agent.id = %name, "Ended the session of an agent in quarantine");
        line.close(
            close::QUARANTINED,
            "this agent is in quarantine: MDOC must look at it",
        );
    } else {
        warn!(agent.id = %name, "Ended the session of an agent that was revoked");
        line.close(close::REVOKED, REVOKED);
    }
}
