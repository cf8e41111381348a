//! Enrolment: a token is used up, a certificate is signed, an agent is known.

use std::net::SocketAddr;
use std::time::Duration;

use jiff::Timestamp;
use savin_shared::codec::Codec;
use savin_shared::frame::Frame;
use savin_shared::frame::enrolment::{EnrolAnswer, EnrolRefusal, EnrolRequest, Enrolled};
use savin_shared::ids::AgentId;
use savin_shared::token::token_hash;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tracing::{info, warn};

use super::Shared;
use super::line::Line;
use super::renew::renew;
use super::streams::{Arrival, Streams};
use crate::store::StoreError;
use crate::store::registry::agent::{self, Agent, AgentState};
use crate::store::registry::token;

/// How long a whole enrolment may take.
const ENROLMENT: Duration = Duration::from_secs(15);

/// Serves one enrolment or renewal; whatever else arrives on the connection is ignored.
pub(super) async fn serve(line: &Line, shared: &Shared) {
    let peer = line.peer();
    let asked = timeout(ENROLMENT, exchange(line, shared)).await;
    if !matches!(asked, Ok(Some(()))) {
        warn!(peer.address = %peer, "Enrolment not completed");
    }
}

async fn exchange(line: &Line, shared: &Shared) -> Option<()> {
    let (mut streams, mut arrivals) = Streams::new(line).ok()?;
    let first = first_frame(&mut streams, &mut arrivals).await?;
    let answer = if let Frame::EnrolRequest(request) = first {
        Frame::EnrolAnswer(answer(request, line.peer(), shared).await)
    } else if let Frame::RenewRequest(request) = first {
        Frame::RenewAnswer(renew(request, line, shared).await)
    } else {
        return None;
    };
    streams.send(&answer.into(), Codec::Bincode2).await.ok()?;
    // The agent closes once it has read the answer.
    line.closed().await;
    Some(())
}

async fn first_frame(
    streams: &mut Streams,
    arrivals: &mut mpsc::Receiver<Arrival>,
) -> Option<Frame> {
    loop {
        tokio::select! {
            biased;
            arrival = arrivals.recv() => match arrival? {
                Arrival::Stream(channel, sender) => streams.learn(channel, sender),
                Arrival::Frame(frame) => return Some(*frame),
            },
            _ = streams.failed() => return None,
        }
    }
}

async fn answer(request: EnrolRequest, peer: SocketAddr, shared: &Shared) -> EnrolAnswer {
    match enrol(request, shared).await {
        Ok(enrolled) => {
            info!(agent.id = %enrolled.agent, agency.id = %enrolled.agency, peer.address = %peer,
                "Agent enrolled");
            EnrolAnswer::Enrolled(enrolled)
        }
        Err(refusal) => {
            warn!(peer.address = %peer, reason = refusal.as_str(), "Enrolment refused");
            EnrolAnswer::Refused(refusal.code())
        }
    }
}

async fn enrol(request: EnrolRequest, shared: &Shared) -> Result<Enrolled, EnrolRefusal> {
    let batch_key = request.verify().map_err(|_| EnrolRefusal::Request)?;
    let now: Timestamp = (shared.world.wall)();
    let name = AgentId::from_bytes((shared.world.random)());
    // Signed before the token is used up: a request that does not hold costs nobody a token.
    let (certificate, ends) = shared
        .authority
        .sign_agent(&request.signing_request, name, now)
        .map_err(|_| EnrolRefusal::Request)?;
    let hash = token_hash(&request.token.0);
    let build = request.build;
    let granted = shared
        .store
        .write("enrol", move |tx| {
            let Some(grant) = token::redeem(tx, &hash, name, now)? else {
                return Ok(None);
            };
            agent::insert(
                tx,
                &Agent {
                    agent: name,
                    agency: grant.agency.clone(),
                    facilities: grant.facilities.clone(),
                    batch_key,
                    state: AgentState::Active,
                    certificate_ends: ends,
                    build: build.clone(),
                    enrolled_at: now,
                    heard_at: None,
                    spool_deltas: 0,
                },
            )?;
            Ok(Some(grant))
        })
        .await;
    let grant = match granted {
        Ok(grant) => grant.ok_or(EnrolRefusal::Token)?,
        Err(failure) => return Err(busy(&failure)),
    };
    Ok(Enrolled {
        agent: name,
        agency: grant.agency,
        facilities: grant.facilities,
        certificate,
        expires_us: ends.as_microsecond(),
        receipt_key: shared.authority.receipt_key().verifying_key().0,
    })
}

fn busy(failure: &StoreError) -> EnrolRefusal {
    warn!(reason = %failure, "Enrolment not stored");
    EnrolRefusal::Busy
}
