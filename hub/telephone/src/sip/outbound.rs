//! Placing a call: over one trunk after the other, until one carries it or it is clear that whoever is
//! called cannot be reached now.

use std::sync::Arc;
use std::time::Duration;

use rsipstack::dialog::dialog::{DialogState, DialogStateReceiver};
use rsipstack::dialog::invitation::InviteOption;
use rsipstack::dialog::invite_dialog::InviteDialog;
use rsipstack::sip::{Header, Response};
use thiserror::Error;
use tokio::sync::OwnedSemaphorePermit;
use tracing::info;

use super::call::Call;
use super::exchange::Core;
use super::health::Condition;
use super::leg::{Begin, Sound, session_expires};
use super::refresh::{LONGEST_S, SHORTEST_S};
use super::settings::Use;
use super::trunk::Trunk;
use crate::media::sdp::{Agreed, Ours, Theirs};
use crate::script::ending::NotAnswered;
use crate::turnstile::Haste;

/// Statuses that we give ourselves, where no answer came.
const NO_ANSWER: u16 = 487;
const SILENCE: u16 = 408;

/// Which trunks are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over<'a> {
    /// All that carry calls to the public.
    Public(Haste),
    /// The one of this name, ahead of whatever waits for its turn: a person waits at the other end.
    Trunk(&'a str),
}

/// Why nobody took a call.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("place the call: {status}")]
pub struct NotTaken {
    /// What that means for whoever was called.
    pub why: NotAnswered,
    /// The final status of SIP; 487 where it rang too long, 408 where no trunk answered, 503 where
    /// there is none with a free line.
    pub status: u16,
    /// The trunk that said so.
    pub trunk: Option<Arc<str>>,
}

/// What one trunk made of a call.
enum Tried {
    Taken(Box<Call>),
    /// It is about whoever was called, or about this call.
    Called(u16),
    /// The trunk cannot carry it; nothing for silence.
    Trunk(Option<u16>),
}

impl Core {
    /// Calls a number until it rang for so long.
    pub(super) async fn dial(
        self: &Arc<Self>,
        number: &str,
        over: Over<'_>,
        ring: Duration,
    ) -> Result<Call, NotTaken> {
        let mut last = NotTaken {
            why: NotAnswered::Line,
            status: 503,
            trunk: None,
        };
        let haste = match over {
            Over::Public(haste) => haste,
            Over::Trunk(_) => Haste::Ahead,
        };
        for trunk in self.order(over) {
            let Some(line) = trunk.line() else { continue };
            trunk.pace(haste).await;
            let tried = self.over(&trunk, line, number, ring).await;
            let name = Arc::clone(&trunk.name);
            match tried {
                Tried::Taken(call) => {
                    trunk.called(Some(200), true);
                    return Ok(*call);
                }
                Tried::Called(status) => {
                    trunk.called(Some(status), true);
                    return Err(NotTaken {
                        why: NotAnswered::of_sip(status),
                        status,
                        trunk: Some(name),
                    });
                }
                Tried::Trunk(status) => {
                    trunk.called(status, false);
                    info!(
                        trunk.name = &*name,
                        sip.status = status,
                        "Trunk did not carry a call"
                    );
                    last.status = status.unwrap_or(SILENCE);
                    last.trunk = Some(name);
                }
            }
        }
        Err(last)
    }

    /// Returns the trunks to try: those that are there and carry calls first, and the others rather than none, since
    /// some never answer when they are asked.
    fn order(&self, over: Over<'_>) -> Vec<Arc<Trunk>> {
        let is_meant = |trunk: &&Arc<Trunk>| match over {
            Over::Public(_) => trunk.settings.purpose == Use::Public,
            Over::Trunk(name) => &*trunk.name == name,
        };
        let mut trunks: Vec<_> = self.trunks.iter().filter(is_meant).cloned().collect();
        trunks.sort_by_key(|trunk| {
            let is_down = matches!(trunk.condition(), Condition::Down(_));
            (is_down, trunk.was_stuck())
        });
        trunks
    }

    /// Places a call over one trunk.
    async fn over(
        self: &Arc<Self>,
        trunk: &Arc<Trunk>,
        line: OwnedSemaphorePermit,
        number: &str,
        ring: Duration,
    ) -> Tried {
        let Ok(sound) = Sound::open(self, trunk).await else {
            return Tried::Trunk(Some(500));
        };
        let mut shortest_s = None;
        let invited = loop {
            let called = (number, ring, shortest_s);
            let invited = match self.invite(trunk, &sound, called).await {
                Ok(invited) => invited,
                Err(tried) => return tried,
            };
            // A timer that is too short for whoever stands between is said anew, once (RFC 4028, 7.3).
            let wanted = shortest_of(&invited.response).filter(|_| shortest_s.is_none());
            if wanted.is_none() {
                break invited;
            }
            shortest_s = wanted;
        };
        let status = invited.response.status_code.code();
        if !(200..300).contains(&status) {
            return match NotAnswered::of_sip(status) {
                NotAnswered::Line => Tried::Trunk(Some(status)),
                // Nothing rang: whoever stands between has waited in vain for somebody further on.
                NotAnswered::NoAnswer if status == SILENCE && !invited.has_rung => {
                    Tried::Trunk(Some(status))
                }
                NotAnswered::Busy
                | NotAnswered::NoAnswer
                | NotAnswered::Declined
                | NotAnswered::NoSuchNumber => Tried::Called(status),
            };
        }
        let begin = Begin {
            trunk: Arc::clone(trunk),
            dialog: invited.dialog,
            states: invited.states,
            agreed: agreed(&sound.ours, &invited.response).or(invited.early),
            is_ours: true,
            timer: session_expires(&invited.response),
            line,
        };
        match self.begin(sound, begin).await {
            Some(call) => Tried::Taken(Box::new(call)),
            None => Tried::Trunk(Some(488)),
        }
    }

    /// Sends an INVITE over a trunk, with a timer no shorter than this, and waits for its final answer, or as long as
    /// it may ring.
    async fn invite(
        &self,
        trunk: &Trunk,
        sound: &Sound,
        (number, ring, shortest_s): (&str, Duration, Option<u64>),
    ) -> Result<Invited, Tried> {
        let mut headers = vec![
            Header::Supported("timer".into()),
            Header::Allow("INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK".into()),
        ];
        if let Some(shortest_s) = shortest_s {
            headers.push(Header::SessionExpires(shortest_s.to_string().into()));
            headers.push(Header::MinSE(shortest_s.to_string().into()));
        }
        let offer = InviteOption {
            caller: trunk.caller(),
            callee: trunk.address(number),
            destination: Some(trunk.target.clone()),
            offer: Some(sound.ours.offer().into_bytes()),
            contact: trunk.contact.clone(),
            credential: trunk.credential(),
            headers: Some(headers),
            support_prack: true,
            ..InviteOption::default()
        };
        let (tell, mut states) = trunk.layer.new_dialog_state_channel();
        let mut inviting = Box::pin(trunk.layer.do_invite(offer, tell));
        let mut early = None;
        // Silence first, then that it goes on, ringing then: where the future is dropped it is cancelled.
        let mut limit = std::pin::pin!(tokio::time::sleep(self.timing.provisional));
        let mut heard = Progress::Nothing;
        let answered = loop {
            tokio::select! {
                answered = &mut inviting => break answered,
                state = states.recv() => {
                    let Some(state) = state else { continue };
                    if let DialogState::Early(_, response) = &state {
                        early = agreed(&sound.ours, response).or(early);
                    }
                    let goes_on = Progress::of(&state);
                    if goes_on > heard {
                        heard = goes_on;
                        let wait = match heard {
                            Progress::Rings => ring,
                            Progress::Nothing | Progress::Trying => self.timing.progress,
                        };
                        limit.set(tokio::time::sleep(wait));
                    }
                }
                () = &mut limit => return Err(heard.given_up(trunk)),
            }
        };
        drop(inviting);
        let Ok((dialog, Some(response))) = answered else {
            // The library's own words may name whoever was called.
            return Err(Tried::Trunk(None));
        };
        if !(200..300).contains(&response.status_code.code()) {
            // What came before a refusal may still wait to be looked at.
            while let Ok(state) = states.try_recv() {
                heard = heard.max(Progress::of(&state));
            }
        }
        Ok(Invited {
            dialog,
            states,
            response,
            early,
            has_rung: heard == Progress::Rings,
        })
    }
}

/// A call that was given its final answer.
struct Invited {
    dialog: InviteDialog,
    states: DialogStateReceiver,
    response: Response,
    early: Option<Agreed>,
    has_rung: bool,
}

/// How far a call has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Progress {
    /// Nothing was heard.
    Nothing,
    /// The trunk has it (100), and has said nothing of whoever is called.
    Trying,
    /// It rings, or something else goes on there (180 to 199).
    Rings,
}

impl Progress {
    /// Returns what it means that nothing more came in time.
    fn given_up(self, trunk: &Trunk) -> Tried {
        match self {
            Self::Nothing => Tried::Trunk(None),
            // It is there, and carries nothing: that is no fault of hers.
            Self::Trying => {
                trunk.got_stuck();
                Tried::Trunk(Some(SILENCE))
            }
            Self::Rings => Tried::Called(NO_ANSWER),
        }
    }

    const fn of(state: &DialogState) -> Self {
        if let DialogState::Trying(_) = state {
            Self::Trying
        } else if let DialogState::Early(..) = state {
            Self::Rings
        } else {
            Self::Nothing
        }
    }
}

/// Returns the shortest timer, in seconds, that whoever refuses a call as too short would take; nothing of other answers.
pub(super) fn shortest_of(response: &Response) -> Option<u64> {
    if response.status_code.code() != 422 {
        return None;
    }
    let header = response.headers.iter().find_map(|header| {
        if let Header::MinSE(shortest) = header {
            Some(shortest.value())
        } else {
            None
        }
    });
    let shortest_s: u64 = header?.split(';').next()?.trim().parse().ok()?;
    (SHORTEST_S..=LONGEST_S)
        .contains(&shortest_s)
        .then_some(shortest_s)
}

/// Returns what an answer agrees to, if it does.
fn agreed(ours: &Ours, response: &Response) -> Option<Agreed> {
    let text = std::str::from_utf8(&response.body).ok()?;
    ours.take(&Theirs::read(text).ok()?).ok()
}
