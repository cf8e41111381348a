//! What a caller presses and hears, turn by turn, whichever way her calls come.
//!
//! The same transcripts are played over a trunk (suite `telephone`) and by a carrier (suite `carrier`).

use std::future::Future;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use super::{HERS, LOOK, Number, OTHER, PATIENCE};
use crate::clock::monotonic;
use crate::demo::county::jails::Azalea;
use crate::home::HubHome;

/// One thing that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// She calls the toll-free number.
    Dials,
    /// She presses keys, an entry for each question, without waiting for its end. [`CODE`] stands for the code that
    /// she heard last.
    Presses(&'static [&'static str]),
    /// Since she pressed keys last, or the call began, this was said which was never said before.
    Hears(&'static str),
    /// She hangs up the call that she took last.
    HangsUp,
    /// She listens, presses nothing more, and is hung up in the end.
    IsHungUp,
    /// The hub calls a number; she takes the call, beside the one that she is in.
    TakesCall(Number),
    /// The hub calls a number and says a code, and she hangs up.
    HearsCode(Number),
    /// The hub calls these numbers, in whichever order, and she hangs up each time.
    AreCalled(&'static [Number]),
    /// The person is released about whom she asked.
    IsReleased,
    /// A notice of hers is confirmed.
    HasConfirmed,
    /// Staff finds a task of a kind with these words.
    StaffFinds(&'static str, &'static str),
}

use Turn::{
    AreCalled, Dials, HangsUp, HasConfirmed, Hears, HearsCode, IsHungUp, IsReleased, Presses,
    StaffFinds, TakesCall,
};

/// Stands for the code that she heard last.
pub const CODE: &str = "CODE#";

/// Looks for Tansy Quillfeather by the keys of the surname, and asks to be told: at her number, with a PIN.
const SIGN_UP: &[&str] = &[
    "1",
    "3",
    "784553328437#",
    "#",
    "3",
    HERS.0,
    "1",
    "4821#",
    "4821#",
];

/// Section 1(f): she signs up by keys alone, and is told.
pub const SIGNS_UP_AND_IS_TOLD: &[Turn] = &[
    Dials,
    Presses(SIGN_UP),
    Hears("Then call us again and press 5"),
    HangsUp,
    HearsCode(HERS),
    Dials,
    Presses(&["5", HERS.0, CODE]),
    Hears("From now on we tell you"),
    HangsUp,
    IsReleased,
    TakesCall(HERS),
    Presses(&["4821#"]),
    Hears("If you have heard it, press 1"),
    IsHungUp,
    HasConfirmed,
];

/// Section 1(f): she changes her number and the PIN that she forgot, stops, and takes that back.
pub const CHANGES_AND_STOPS: &[Turn] = &[
    Dials,
    Presses(SIGN_UP),
    Hears("Then call us again and press 5"),
    HangsUp,
    HearsCode(HERS),
    Dials,
    Presses(&["5", HERS.0, CODE]),
    Hears("From now on we tell you"),
    // In the same call: about whom, and another number.
    Presses(&["4", HERS.0, "4821#", "1"]),
    Hears("You asked us to tell you about"),
    Presses(&["3", OTHER.0, "1"]),
    HearsCode(OTHER),
    HangsUp,
    // The PIN that she forgot is asked for at the new one.
    Dials,
    Presses(&["5", OTHER.0, CODE, "4", "6#", OTHER.0, "1"]),
    Hears("If we call that number"),
    HangsUp,
    // The old number is told that there is a new one.
    AreCalled(&[HERS]),
    HearsCode(OTHER),
    Dials,
    Presses(&["5", OTHER.0, CODE, "7035#", "7035#"]),
    Hears("Your new PIN counts"),
    AreCalled(&[HERS, OTHER]),
    Presses(&["7", "7"]),
    Hears("It is noted"),
    AreCalled(&[HERS, OTHER]),
    Presses(&["8"]),
    Hears("We go on telling you."),
    HangsUp,
    IsReleased,
    TakesCall(OTHER),
    Presses(&["7035#"]),
    Hears("If you have heard it, press 1"),
    HangsUp,
];

/// Two calls with one PIN at once: in one everything is stopped, and that taken back, while the other changes the number.
/// Then a notice is told in a call of ours beside one of hers.
pub const TWO_AT_ONCE: &[Turn] = &[
    Dials,
    Presses(SIGN_UP),
    Hears("Then call us again and press 5"),
    HangsUp,
    HearsCode(HERS),
    Dials,
    Presses(&["5", HERS.0, CODE]),
    Hears("From now on we tell you"),
    HangsUp,
    // The first call, which goes on; and the second.
    Dials,
    Presses(&["4", HERS.0, "4821#", "1"]),
    Hears("You asked us to tell you about"),
    Dials,
    Presses(&["4", HERS.0, "4821#", "3", OTHER.0, "1"]),
    Hears("we call your old number too"),
    HearsCode(OTHER),
    HangsUp,
    // In the first; nobody waits for long in a call of hers.
    Presses(&["7", "7"]),
    Hears("It is noted"),
    AreCalled(&[HERS]),
    Presses(&["8"]),
    Hears("We go on telling you."),
    HangsUp,
    Dials,
    Presses(&["5", OTHER.0, CODE]),
    AreCalled(&[HERS]),
    HangsUp,
    Dials,
    Presses(&["4", OTHER.0, "4821#", "1"]),
    IsReleased,
    TakesCall(OTHER),
    Presses(&["4821#"]),
    Hears("If you have heard it, press 1"),
    IsHungUp,
    HasConfirmed,
    HangsUp,
];

/// Section 1(e): no operator takes her call, in Spanish, and she is somebody's work.
pub const LEAVES_A_NUMBER: &[Turn] = &[
    Dials,
    Presses(&["2", "0"]),
    Hears("Ahora nadie está libre"),
    Presses(&[HERS.0, "1"]),
    Hears("Una persona le llama a ese número"),
    HangsUp,
    StaffFinds("other", "wanted an operator"),
    StaffFinds("by-hand", "Call back +16015550123, in Español"),
];

/// A telephone of hers, whichever way calls come to it and from it.
pub trait Phones {
    /// A call that she is in.
    type Call;

    /// Returns the hub that she calls and that calls her.
    fn hub(&self) -> &HubHome;

    /// Returns the database of the jail where the person is.
    fn county(&self) -> &Azalea;

    /// Returns what the hub's voice was asked to say so far.
    fn said(&self) -> String;

    /// Returns what the hub has logged.
    fn log(&self) -> String;

    /// Calls the toll-free number.
    fn dial(&mut self) -> impl Future<Output = anyhow::Result<Self::Call>>;

    /// Presses keys that answer one question.
    fn press(&mut self, call: &Self::Call, keys: &str) -> impl Future<Output = anyhow::Result<()>>;

    /// Hangs up.
    fn hang_up(&mut self, call: Self::Call) -> impl Future<Output = anyhow::Result<()>>;

    /// Listens until she is hung up.
    fn listen(&mut self, call: Self::Call) -> impl Future<Output = anyhow::Result<()>>;

    /// Waits until the hub calls a number, and takes the call.
    fn rung(&mut self) -> impl Future<Output = anyhow::Result<(String, Self::Call)>>;

    /// Listens to the code that a call says, and hangs up.
    fn code(&mut self, call: Self::Call) -> impl Future<Output = anyhow::Result<String>>;
}

/// Plays a transcript; returns the codes that were heard, which nothing may tell.
///
/// # Errors
/// Returns at which turn what did not happen.
pub async fn play<P: Phones>(turns: &[Turn], phones: &mut P) -> anyhow::Result<Vec<String>> {
    let mut play = Play {
        phones,
        calls: Vec::new(),
        taken: Vec::new(),
        codes: Vec::new(),
        said: 0,
    };
    for (at, turn) in turns.iter().enumerate() {
        let played = play.turn(*turn).await;
        played.with_context(|| {
            let (said, log) = (play.phones.said(), play.phones.log());
            format!("turn {at}, {turn:?}: {said}\n{log}")
        })?;
    }
    let others = play.taken.iter().map(|(called, _)| called);
    let others: Vec<_> = others.collect();
    ensure!(others.is_empty(), "{others:?} were called too");
    Ok(play.codes)
}

/// A transcript that is played.
struct Play<'a, P: Phones> {
    phones: &'a mut P,
    /// The calls that she is in, the last one last.
    calls: Vec<P::Call>,
    /// The calls whose turn has not come, and to which number each went.
    taken: Vec<(String, P::Call)>,
    codes: Vec<String>,
    /// How much had been said when she pressed keys last.
    said: usize,
}

impl<P: Phones> Play<'_, P> {
    async fn turn(&mut self, turn: Turn) -> anyhow::Result<()> {
        match turn {
            Dials => {
                self.listen();
                let call = self.phones.dial().await?;
                self.calls.push(call);
            }
            Presses(keys) => self.press(keys).await?,
            Hears(words) => self.until(words, |play| Ok(play.has_heard(words))).await?,
            HangsUp => {
                let call = self.calls.pop().context("she is in no call")?;
                self.phones.hang_up(call).await?;
            }
            IsHungUp => {
                let call = self.calls.pop().context("she is in no call")?;
                self.phones.listen(call).await?;
            }
            TakesCall(number) => {
                self.listen();
                let call = self.rung(number).await?;
                self.calls.push(call);
            }
            HearsCode(number) => {
                let call = self.rung(number).await?;
                let code = self.phones.code(call).await?;
                self.codes.push(code);
            }
            AreCalled(numbers) => {
                let mut left = numbers.to_vec();
                while !left.is_empty() {
                    let (called, call) = self.taken(&left).await?;
                    left.retain(|number| number.1 != called);
                    self.phones.hang_up(call).await?;
                }
            }
            IsReleased => self.phones.county().release("A-1001", "BOND").map(drop)?,
            HasConfirmed => {
                let is_confirmed = |play: &Self| {
                    let notices = notices(play.phones.hub())?;
                    Ok(notices.iter().any(|notice| notice["state"] == "confirmed"))
                };
                self.until("confirmed", is_confirmed).await?;
            }
            StaffFinds(kind, words) => {
                let has_task = |play: &Self| {
                    let hub = play.phones.hub();
                    Ok(hub
                        .cli(&["tasks", "--kind", kind, "--json"])?
                        .contains(words))
                };
                self.until(words, has_task).await?;
            }
        }
        Ok(())
    }

    async fn press(&mut self, keys: &[&str]) -> anyhow::Result<()> {
        self.listen();
        let call = self.calls.last().context("she is in no call")?;
        for keys in keys {
            if *keys == CODE {
                let code = self.codes.last().context("she heard no code")?;
                self.phones.press(call, &format!("{code}#")).await?;
            } else {
                self.phones.press(call, keys).await?;
            }
        }
        Ok(())
    }

    async fn rung(&mut self, number: Number) -> anyhow::Result<P::Call> {
        Ok(self.taken(&[number]).await?.1)
    }

    /// Takes the next call to one of these numbers. Calls of two causes come in whichever order: one to another
    /// number goes on until its turn comes.
    async fn taken(&mut self, numbers: &[Number]) -> anyhow::Result<(String, P::Call)> {
        let is_wanted = |called: &str| numbers.iter().any(|number| number.1 == called);
        let taken = self.taken.iter().position(|(called, _)| is_wanted(called));
        if let Some(taken) = taken {
            return Ok(self.taken.remove(taken));
        }
        loop {
            let (called, call) = self.phones.rung().await.with_context(|| {
                let taken: Vec<_> = self.taken.iter().map(|(called, _)| called).collect();
                format!("{taken:?} were called")
            })?;
            if is_wanted(&called) {
                return Ok((called, call));
            }
            self.taken.push((called, call));
        }
    }

    /// Hears what is said from now on.
    fn listen(&mut self) {
        self.said = self.phones.said().len();
    }

    fn has_heard(&self, words: &str) -> bool {
        let said = self.phones.said();
        said.get(self.said..).is_some_and(|new| new.contains(words))
    }

    async fn until(
        &self,
        what: &str,
        is_so: impl Fn(&Self) -> anyhow::Result<bool>,
    ) -> anyhow::Result<()> {
        let deadline = monotonic() + PATIENCE;
        while !is_so(self)? {
            ensure!(
                monotonic() < deadline,
                "in vain: {what}: {:?}",
                notices(self.phones.hub())
            );
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }
}

fn notices(hub: &HubHome) -> anyhow::Result<Vec<Value>> {
    let shown = hub.cli(&["notices", "--limit", "99", "--json"])?;
    let notices = shown.lines().map(serde_json::from_str);
    Ok(notices.collect::<Result<_, _>>()?)
}
