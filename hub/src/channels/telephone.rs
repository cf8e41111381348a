//! Telephone: claimed from the vault, called over the trunks or by a carrier, carried by a script, and how
//! each call ended kept.

mod host;

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use savin_shared::pii::Pii;
use savin_shared::world::World;
use savin_telephone::carrier::call::Voice;
use savin_telephone::carrier::exchange::Carrier;
use savin_telephone::script::Script;
use savin_telephone::script::ending::{Ending, NotAnswered, Operator, Outcome};
use savin_telephone::script::outbound::CallBack;
use savin_telephone::sip::conduct;
use savin_telephone::sip::desk::Desk;
use savin_telephone::sip::exchange::Exchange;
use savin_telephone::sip::outbound::{NotTaken, Over as To};
use savin_telephone::turnstile::Haste;
use savin_telephone::voice::speaker::Speaker;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tracing::{debug, error, info, warn};

use super::email::insist;
use super::speech::{self, Manner};
use crate::ids::NoticeId;
use crate::notification::bounds::Kept;
use crate::notification::care::Voicemail;
use crate::notification::channel::Channel;
use crate::notification::contact::Contact;
use crate::vault::VaultError;
use crate::vault::client::Client;
use crate::vault::command::{
    CallOutcome, CourierAnswer, CourierCommand, Message, Room, TryOutcome,
};
use host::Answers;

/// How often the vault is asked without being woken: what was put off becomes due.
const LOOK: Duration = Duration::from_secs(1);

/// How long to wait after the vault has failed.
const PAUSE: Duration = Duration::from_secs(5);

/// How often a call that lasts holds its lease anew, which is 5 minutes.
const HOLD: Duration = Duration::from_secs(120);

/// How long calls may take to be noted once the hub stops, when the exchange has hung them up.
const FAREWELL: Duration = Duration::from_secs(5);

/// By which ways calls go, in this order: the carrier takes what no trunk carries.
#[derive(Debug, Clone)]
pub struct Ways {
    /// The trunks.
    pub trunks: Option<Trunks>,
    /// The carrier.
    pub carrier: Option<Carrier>,
}

/// Trunks, and who is reached over them.
#[derive(Debug, Clone)]
pub struct Trunks {
    /// The trunks.
    pub exchange: Exchange,
    /// The operators, in order.
    pub desks: Arc<[Desk]>,
    /// How long a telephone rings.
    pub ring: Duration,
    /// Calls at once, over all trunks to the public.
    pub lines: u32,
}

impl Ways {
    /// Returns how many calls may be under way: trunks and carrier are not used together.
    fn lines(&self) -> u32 {
        let trunks = self.trunks.as_ref().map_or(0, |trunks| trunks.lines);
        let carrier = self.carrier.as_ref().map_or(0, Carrier::lines);
        trunks.max(carrier)
    }
}

/// The caller's task.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The vault's port for couriers.
    pub vault: Client<CourierCommand>,
    /// By which ways calls go.
    pub ways: Ways,
    /// Says what scripts say.
    pub speaker: Arc<Speaker>,
    /// The number to call back.
    pub phone: String,
    /// The zone in which times are said.
    pub zone: TimeZone,
    /// How many of the lines are kept for escapes and codes.
    pub kept: Kept,
    /// Woken when something was planned.
    pub planned: watch::Receiver<()>,
    /// The clocks.
    pub world: World,
}

impl Caller {
    /// Places calls until shutdown; those under way are noted first.
    pub async fn run(self, mut shutdown: watch::Receiver<bool>) {
        let mut planned = self.planned.clone();
        let mut calling = JoinSet::new();
        loop {
            let pause = match self.round(&mut calling).await {
                Ok(0) => LOOK,
                Ok(_) => Duration::ZERO,
                Err(failure) => {
                    error!(reason = %failure, "Calls not claimed, trying again");
                    PAUSE
                }
            };
            tokio::select! {
                _ = shutdown.wait_for(|stop| *stop) => break,
                Ok(()) = planned.changed() => {}
                // A line is free again, for which others may wait.
                Some(called) = calling.join_next() => ended(called),
                () = tokio::time::sleep(pause) => {}
            }
            while let Some(called) = calling.try_join_next() {
                ended(called);
            }
        }
        let noted = async { while calling.join_next().await.is_some() {} };
        let _late = tokio::time::timeout(FAREWELL, noted).await;
    }

    /// Places the calls that are due; returns how many.
    async fn round(&self, calling: &mut JoinSet<()>) -> Result<usize, VaultError> {
        let busy = u32::try_from(calling.len()).unwrap_or(u32::MAX);
        let room = Room::of(self.ways.lines(), busy, self.kept);
        if room.limit == 0 {
            return Ok(0);
        }
        self.take_over(calling).await?;
        let channel = Channel::Telephone;
        let claim = CourierCommand::Claim { channel, room };
        let CourierAnswer::Messages(messages) = self.vault.ask(claim).await? else {
            return Ok(0);
        };
        let count = messages.len();
        for message in messages {
            let caller = self.clone();
            calling.spawn(async move { caller.carry(message).await });
        }
        Ok(count)
    }

    /// Asks the carrier for the calls that a hub left which died; none of them is placed again before.
    async fn take_over(&self, calling: &mut JoinSet<()>) -> Result<(), VaultError> {
        if self.ways.carrier.is_none() {
            return Ok(());
        }
        let CourierAnswer::Left(calls) = self.vault.ask(CourierCommand::Left).await? else {
            return Ok(());
        };
        for left in calls {
            let caller = self.clone();
            calling.spawn(async move {
                if let Some(carrier) = &caller.ways.carrier {
                    let found = carrier.left(&left.call).await;
                    info!(notice.id = %left.notice, reason = found.detail,
                        "A call was left by a hub that died, and the carrier was asked for it");
                    let outcome = outcome(found.outcome, found.detail);
                    caller.note(left.notice, left.claim, outcome).await;
                }
            });
        }
        Ok(())
    }

    /// Places a call and notes what became of it.
    async fn carry(&self, message: Message) {
        let (notice, claim) = (message.notice, message.claim);
        let outcome = {
            let mut calling = Box::pin(self.call(&message));
            loop {
                tokio::select! {
                    outcome = calling.as_mut() => break outcome,
                    () = tokio::time::sleep(HOLD) => {
                        let hold = CourierCommand::Hold { notice, claim };
                        if let Err(failure) = self.vault.ask(hold).await {
                            warn!(notice.id = %notice, reason = %failure, "A call's lease was not held");
                        }
                    }
                }
            }
        };
        self.note(notice, claim, outcome).await;
    }

    async fn note(&self, notice: NoticeId, claim: i64, outcome: TryOutcome) {
        let noted = insist(PAUSE, || {
            let outcome = outcome.clone();
            let finish = CourierCommand::Finish {
                notice,
                claim,
                outcome,
            };
            self.vault.ask(finish)
        });
        if let Err(failure) = noted.await {
            error!(notice.id = %notice, reason = %failure,
                "What became of a call was not noted: it is placed again");
        }
    }

    async fn call(&self, message: &Message) -> TryOutcome {
        let Contact::Telephone(number) = &message.to else {
            return TryOutcome::Refused {
                detail: "it is no telephone number".to_owned(),
            };
        };
        let mut missed = None;
        if let Some(trunks) = &self.ways.trunks {
            match self.over_trunks(message, trunks, number.reveal()).await {
                Over::Ended(outcome) => return outcome,
                Over::Line(outcome) => missed = Some(outcome),
            }
        }
        match &self.ways.carrier {
            Some(carrier) => {
                let to = Pii::new(number.reveal().to_owned());
                self.by_carrier(message, carrier, &to).await
            }
            None => missed.unwrap_or_else(|| TryOutcome::NotTried {
                detail: "there is no way for calls".to_owned(),
            }),
        }
    }

    async fn over_trunks(&self, message: &Message, trunks: &Trunks, number: &str) -> Over {
        let exchange = &trunks.exchange;
        let mut script = self.script(message);
        let dialled = exchange
            .dial(number, To::Public(haste(message)), trunks.ring)
            .await;
        let call = match dialled {
            Ok(call) => call,
            Err(refused) => {
                let outcome = not_taken(message, script.as_mut(), &refused);
                return match refused.why {
                    NotAnswered::Line => Over::Line(outcome),
                    NotAnswered::Busy
                    | NotAnswered::NoAnswer
                    | NotAnswered::Declined
                    | NotAnswered::NoSuchNumber => Over::Ended(outcome),
                };
            }
        };
        let trunk = Arc::clone(&call.trunk);
        let host = self.answers(message, &trunks.desks);
        let ending = conduct::conduct(exchange, &host, script.as_mut(), call).await;
        debug!(notice.id = %message.notice, trunk.name = &*trunk, "Call ended");
        let detail = format!("taken over {trunk}");
        Over::Ended(self.ended(message, ending, detail).await)
    }

    async fn by_carrier(
        &self,
        message: &Message,
        carrier: &Carrier,
        to: &Pii<String>,
    ) -> TryOutcome {
        let speaker = Arc::clone(&self.speaker);
        let voice: Arc<dyn Voice> = speaker;
        let host = self.answers(message, &[]);
        let script = self.script(message);
        let carriage = carrier
            .call((to, haste(message)), script, voice, &host)
            .await;
        let detail = format!("{} over the carrier", carriage.detail);
        if let Some(ending) = carriage.ending
            && ending.outcome == Outcome::NotAnswered(NotAnswered::Line)
        {
            warn!(notice.id = %message.notice, reason = carriage.detail,
                "The carrier did not carry a call: see `savin-hub trunks`");
        } else {
            debug!(notice.id = %message.notice, "Call ended");
        }
        self.ended(message, carriage.ending, detail).await
    }

    fn script(&self, message: &Message) -> Box<dyn Script> {
        let now = (self.world.wall)();
        speech::script(
            message,
            self.manner(message),
            (&self.phone, &self.zone),
            now,
        )
    }

    fn answers<'a>(&'a self, message: &'a Message, desks: &'a [Desk]) -> Answers<'a> {
        Answers {
            vault: &self.vault,
            speaker: &self.speaker,
            desks,
            message,
        }
    }

    /// Returns what the vault is told of a call, and has a person call back where one was wanted.
    async fn ended(&self, message: &Message, ending: Option<Ending>, detail: String) -> TryOutcome {
        let Some(ending) = ending else {
            error!(notice.id = %message.notice,
                "A call had nothing to say: see `savin-hub voice build`");
            return TryOutcome::NotTried {
                detail: "the voice could not say it".to_owned(),
            };
        };
        if ending.operator == Operator::Missed {
            error!(notice.id = %message.notice, "No operator took a caller: a person calls her back");
            let notice = message.notice;
            let asked = insist(PAUSE, || {
                self.vault.ask(CourierCommand::CallBack { notice })
            });
            if let Err(failure) = asked.await {
                error!(notice.id = %notice, reason = %failure, "Nobody was asked to call her back");
            }
        }
        if ending.outcome == Outcome::NeverCall {
            let notice = message.notice;
            let noted = insist(PAUSE, || {
                self.vault.ask(CourierCommand::WrongNumber { notice })
            });
            match noted.await {
                Ok(CourierAnswer::Noted(false)) => {
                    let call = CallOutcome::Answered;
                    return TryOutcome::Call { call, detail };
                }
                Ok(_) => {}
                Err(failure) => {
                    error!(notice.id = %notice, reason = %failure, "A wrong number was not noted");
                }
            }
        }
        outcome(ending.outcome, detail)
    }

    /// Returns how she may be called.
    fn manner(&self, message: &Message) -> Manner {
        let care = message.call.as_ref();
        let may_leave = care.is_some_and(|care| care.voicemail == Voicemail::Neutral);
        Manner {
            code_word: care.and_then(|care| care.code_word.clone()),
            voicemail: may_leave.then(|| CallBack {
                phone: self.phone.chars().filter(char::is_ascii_digit).collect(),
                reference: reference(message),
            }),
            ..Manner::default()
        }
    }
}

/// Says whether a call passes whatever waits for its turn: the lines that are kept are of no use if it stands
/// behind the others there.
fn haste(message: &Message) -> Haste {
    if Room::is_kept_for(message.rank) {
        Haste::Ahead
    } else {
        Haste::InTurn
    }
}

/// Says that a call failed, if it did. The lease ends by itself, and the call is placed again.
fn ended(called: Result<(), JoinError>) {
    if let Err(failure) = called {
        error!(reason = %failure, "A call failed");
    }
}

/// What came of a call over the trunks.
enum Over {
    /// It is over.
    Ended(TryOutcome),
    /// No trunk carried it.
    Line(TryOutcome),
}

fn not_taken(message: &Message, script: &mut dyn Script, refused: &NotTaken) -> TryOutcome {
    let trunk = refused.trunk.as_deref().unwrap_or("no trunk");
    let detail = format!("{} over {trunk}", refused.status);
    if refused.why == NotAnswered::Line {
        warn!(notice.id = %message.notice, trunk.name = trunk, sip.status = refused.status,
            "No trunk carried a call: see `savin-hub trunks`");
    } else {
        info!(notice.id = %message.notice, trunk.name = trunk, sip.status = refused.status,
            "Nobody took a call");
    }
    match conduct::not_taken(script, refused.why) {
        Some(ending) => outcome(ending.outcome, detail),
        None => TryOutcome::NotTried { detail },
    }
}

/// Returns the digits by which an operator finds the notice: the first of its identifier.
fn reference(message: &Message) -> String {
    let digits = message.notice.to_string();
    let digits = digits.chars().filter_map(|digit| digit.to_digit(16));
    digits
        .take(8)
        .map(|digit| (digit % 10).to_string())
        .collect()
}

/// Returns what the vault is told of how a call ended.
fn outcome(ended: Outcome, detail: String) -> TryOutcome {
    let call = match ended {
        Outcome::Said => return TryOutcome::Accepted { detail },
        Outcome::NeverCall => return TryOutcome::Refused { detail },
        Outcome::NotAnswered(NotAnswered::Line) => return TryOutcome::NotTried { detail },
        Outcome::Confirmed => CallOutcome::Confirmed,
        Outcome::NotConfirmed | Outcome::Duress | Outcome::Served => CallOutcome::Answered,
        Outcome::Machine(_) => CallOutcome::Machine,
        Outcome::NotAnswered(NotAnswered::Busy) => CallOutcome::Busy,
        Outcome::NotAnswered(NotAnswered::NoAnswer | NotAnswered::Declined) => {
            CallOutcome::NoAnswer
        }
        Outcome::NotAnswered(NotAnswered::NoSuchNumber) => CallOutcome::Unallocated,
    };
    TryOutcome::Call { call, detail }
}
