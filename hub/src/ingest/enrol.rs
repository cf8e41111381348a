//! Enrolment: a token is used up, a certificate is signed, an agent is known.

use std::time::Duration;

use jiff::Timestamp;
use quinn::{Connection, RecvStream, SendStream};
use savin_shared::codec::Codec;
use savin_shared::frame::Frame;
use savin_shared::frame::enrolment::{EnrolAnswer, EnrolRefusal, EnrolRequest, Enrolled};
use savin_shared::frame::reader::FrameReader;
use savin_shared::ids::AgentId;
use savin_shared::token::token_hash;
use tracing::{info, warn};

use super::Shared;
use crate::store::StoreError;
use crate::store::registry::agent::{self, Agent, AgentState};
use crate::store::registry::token;

/// How long a whole enrolment may take.
const ENROLMENT: Duration = Duration::from_secs(15);

/// Serves one enrolment; whatever else arrives on the connection is ignored.
pub(super) async fn serve(connection: &Connection, shared: &Shared) {
    let peer = connection.remote_address();
    match tokio::time::timeout(ENROLMENT, exchange(connection, shared)).await {
        Ok(Some(Ok(enrolled))) => info!(
            agent.id = %enrolled.agent, agency.id = %enrolled.agency, peer.address = %peer,
            "Agent enrolled"
        ),
        Ok(Some(Err(refusal))) => {
            warn!(peer.address = %peer, reason = refusal.as_str(), "Enrolment refused");
        }
        Ok(None) | Err(_) => warn!(peer.address = %peer, "Enrolment not completed"),
    }
}

async fn exchange(
    connection: &Connection,
    shared: &Shared,
) -> Option<Result<Enrolled, EnrolRefusal>> {
    let (mut send, receive) = connection.accept_bi().await.ok()?;
    let Frame::EnrolRequest(request) = first_frame(receive).await? else {
        return None;
    };
    let outcome = enrol(request, shared).await;
    let answer = match &outcome {
        Ok(enrolled) => EnrolAnswer::Enrolled(enrolled.clone()),
        Err(refusal) => EnrolAnswer::Refused(refusal.code()),
    };
    answer_with(&mut send, answer).await?;
    // The agent closes once it has read the answer.
    connection.closed().await;
    Some(outcome)
}

async fn first_frame(mut receive: RecvStream) -> Option<Frame> {
    let mut reader = FrameReader::default();
    loop {
        if let Some(frame) = reader.next_frame().ok()? {
            return Some(frame);
        }
        let chunk = receive.read_chunk(64 * 1024, true).await.ok()??;
        reader.push(&chunk.bytes);
    }
}

async fn answer_with(send: &mut SendStream, answer: EnrolAnswer) -> Option<()> {
    let bytes = Frame::EnrolAnswer(answer).encode(Codec::Bincode2).ok()?;
    send.write_all(&bytes).await.ok()?;
    send.finish().ok()
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
