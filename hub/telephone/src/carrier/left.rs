//! A call that a hub placed and did not see to its end, since it died: the carrier is asked for it by its
//! name there. What it said goes on with nobody, so one that goes on is ended.

use super::client::{ClientError, Phase};
use super::exchange::Carrier;
use crate::script::ending::{NotAnswered, Outcome};

/// What became of a call that was left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// What it comes to. Nobody has confirmed in it: who entered the PIN heard no end of the news.
    pub outcome: Outcome,
    /// What the carrier said, without a number.
    pub detail: String,
}

impl Carrier {
    /// Asks what became of a call, and ends it where it goes on. A carrier that does not say is not waited
    /// for: then it counts as one that the line did not carry.
    pub async fn left(&self, sid: &str) -> Left {
        let (client, sid) = (self.client(), sid.to_owned());
        let asking = tokio::task::spawn_blocking(move || {
            let word = client.status(&sid)?;
            let phase = Phase::of(&word);
            if matches!(phase, Phase::Ringing | Phase::Talking) {
                client.end(&sid)?;
            }
            Ok((phase, word))
        });
        let asked: Result<(Phase, String), ClientError> =
            asking.await.unwrap_or(Err(ClientError::Silent));
        match asked {
            Ok((phase, word)) => Left {
                outcome: outcome(phase),
                detail: format!("{word} when the hub had stopped"),
            },
            Err(failure) => Left {
                outcome: Outcome::NotAnswered(NotAnswered::Line),
                detail: format!("failed to {failure}, when the hub had stopped"),
            },
        }
    }
}

/// Returns what a call comes to that was left like this.
const fn outcome(phase: Phase) -> Outcome {
    match phase {
        Phase::Talking | Phase::Completed => Outcome::NotConfirmed,
        Phase::Busy => Outcome::NotAnswered(NotAnswered::Busy),
        Phase::NoAnswer => Outcome::NotAnswered(NotAnswered::NoAnswer),
        // One that rang was ended by us.
        Phase::Ringing | Phase::Failed => Outcome::NotAnswered(NotAnswered::Line),
    }
}
