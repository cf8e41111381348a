//! A carrier as its interface describes it (Twilio's), for somebody scripted at the other end: it takes
//! calls that are asked for, fetches documents and sounds, presses keys, and signs what it asks.

mod document;
mod interface;
mod performance;

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use tokio::sync::oneshot;

use crate::clock::monotonic;

/// The account at this carrier, and its token.
pub const ACCOUNT: &str = "AC00000000000000000000000000000001";

/// The token by which it is used, and by which what comes from it is signed.
pub const TOKEN: &str = "sesame-of-the-account";

/// The number of the account.
pub const NUMBER: &str = "+16015550100";

/// How long each operator talks who takes a call, in seconds.
pub const TALKED_S: u64 = 61;

/// How long anything may take that must happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// What somebody does who is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Person {
    /// Talks to somebody else.
    Busy,
    /// Is not there.
    Away,
    /// The number leads nowhere: the answer to the INVITE behind it.
    Fails(u16),
    /// A machine takes the call.
    Machine,
    /// Is not rung before the hub gives the call up: it waits at the carrier.
    Waits,
    /// Takes the call, and the carrier does not find the hub to ask what to do.
    Unasked,
    /// Takes the call.
    Answers(Vec<Act>),
    /// Takes the call, and does what the test has her do meanwhile.
    InHand(Hand),
}

/// A call that a test has in its hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hand(usize);

/// What somebody does in a call, in turn, whenever keys are wanted or an operator is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Presses keys.
    Press(Cow<'static, str>),
    /// Presses nothing.
    Wait,
    /// Does nothing more until the test says so.
    Hold,
    /// The operator who is called: `completed` for one who presses 1 and talks, `no-answer`, `busy`.
    Operator(&'static str),
    /// What takes the call at the operator's telephone presses these keys, or none, and is not joined: a machine.
    Desk(&'static str),
    /// Hangs up.
    HangUp,
}

/// How the interface is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Health {
    /// It takes calls.
    #[default]
    Up,
    /// It answers everything with this status.
    Refuses(u16),
}

/// What was heard, asked and answered.
#[derive(Debug, Default)]
pub struct Noted {
    /// The forms by which calls were asked for.
    pub wanted: Vec<BTreeMap<String, String>>,
    /// What was asked of the hub: path, and status of the answer.
    pub asked: Vec<(String, u16)>,
    /// Milliseconds of each sound, and words that the carrier was to speak.
    pub heard: Vec<String>,
    /// Documents that were performed.
    pub documents: Vec<String>,
    /// Addresses of sounds.
    pub sounds: Vec<String>,
    /// Operators that were called.
    pub dialled: Vec<String>,
    /// Calls that the hub ended.
    pub ended: Vec<String>,
    /// How each call is.
    pub states: BTreeMap<String, String>,
    /// What went wrong that must not.
    pub wrong: Vec<String>,
}

/// What a test sets, and what is seen.
#[derive(Debug, Default)]
struct Stage {
    people: VecDeque<Person>,
    health: Health,
    is_doubling: bool,
    is_losing: bool,
    /// Where a test takes the calls that are asked for, those that it has not taken yet.
    ringing: Option<VecDeque<(String, Hand)>>,
    hands: Vec<InHand>,
    put_off: VecDeque<(u16, u64)>,
    held: u32,
    released: u32,
    noted: Noted,
}

/// What is to be done in a call that a test has in its hand, and what was heard in it.
#[derive(Debug, Default)]
struct InHand {
    acts: VecDeque<Act>,
    heard: Vec<i16>,
}

impl Stage {
    fn take_in_hand(&mut self) -> Hand {
        self.hands.push(InHand::default());
        Hand(self.hands.len() - 1)
    }
}

/// What its threads share.
#[derive(Debug, Default)]
struct Shared {
    stage: Mutex<Stage>,
    changed: Condvar,
}

impl Shared {
    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Stage) -> T) -> T {
        let changed = change(&mut self.stage());
        self.changed.notify_all();
        changed
    }

    /// Waits until something is so.
    fn until(&self, what: &str, is_so: impl Fn(&Stage) -> bool) -> anyhow::Result<()> {
        self.wait(what, |stage| is_so(stage).then_some(()))
    }

    /// Waits until something is found.
    fn wait<T>(&self, what: &str, find: impl Fn(&mut Stage) -> Option<T>) -> anyhow::Result<T> {
        let deadline = monotonic() + PATIENCE;
        let mut stage = self.stage();
        loop {
            if let Some(found) = find(&mut stage) {
                return Ok(found);
            }
            let left = deadline.saturating_duration_since(monotonic());
            ensure!(!left.is_zero(), "{what}: {:?}", stage.noted);
            let waited = self.changed.wait_timeout(stage, left);
            stage = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// A carrier that is up until it is dropped.
#[derive(Debug)]
pub struct Carrier {
    shared: Arc<Shared>,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
}

impl Act {
    /// Presses keys.
    #[must_use]
    pub const fn press(keys: &'static str) -> Self {
        Self::Press(Cow::Borrowed(keys))
    }
}

impl Carrier {
    /// Begins to listen, on a free port of this machine.
    ///
    /// # Errors
    /// Returns the system's error.
    pub fn start() -> anyhow::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let interface = interface::routes(&shared);
        let (stop, stopped) = oneshot::channel::<()>();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        std::thread::spawn(move || {
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener);
                let Ok(listener) = listener else { return };
                let serving = axum::serve(listener, interface);
                tokio::select! {
                    _ = async { serving.await } => {}
                    _ = stopped => {}
                }
            });
        });
        Ok(Self {
            shared,
            address,
            stop: Some(stop),
        })
    }

    /// Returns the address of its interface.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the settings of a hub that uses it, whose token lies in a file; `more` is added.
    #[must_use]
    pub fn settings(&self, more: &str) -> String {
        format!(
            "\n[carrier]\naccount = '{ACCOUNT}'\ntoken = 'carrier.token'\nnumber = '{NUMBER}'\n\
             url = '{}'\nlines = 4\ncalls_per_second = 20\n{more}\n",
            self.url()
        )
    }

    /// Has the next who is called be this one.
    pub fn next(&self, person: Person) {
        self.shared.change(|stage| stage.people.push_back(person));
    }

    /// Sets how the interface is.
    pub fn be(&self, health: Health) {
        self.shared.change(|stage| stage.health = health);
    }

    /// Has everything asked twice that is asked of the hub.
    pub fn double(&self) {
        self.shared.change(|stage| stage.is_doubling = true);
    }

    /// Loses every word that a call is over.
    pub fn lose(&self) {
        self.shared.change(|stage| stage.is_losing = true);
    }

    /// Has the next calls that are asked for be put off with a status, each for so many seconds.
    pub fn put_off(&self, answers: &[(u16, u64)]) {
        self.shared.change(|stage| stage.put_off.extend(answers));
    }

    /// Has somebody call the number whose calls it brings to a hub's site.
    pub fn ring(&self, site: &str, acts: Vec<Act>) {
        self.bring(site, NUMBER, Person::Answers(acts));
    }

    /// Has somebody call it from a number, who does what the test has her do.
    #[must_use]
    pub fn ring_by_hand(&self, site: &str, from: &str) -> Hand {
        let hand = self.shared.change(Stage::take_in_hand);
        self.bring(site, from, Person::InHand(hand));
        hand
    }

    /// Has the test take every call that is asked for from now on.
    pub fn attend(&self) {
        self.shared
            .change(|stage| stage.ringing = Some(VecDeque::new()));
    }

    /// Waits until a call is asked for, and returns to which number it goes.
    ///
    /// # Errors
    /// Returns what was seen instead.
    pub fn rung(&self) -> anyhow::Result<(String, Hand)> {
        self.shared.wait("nobody is called", |stage| {
            stage.ringing.as_mut()?.pop_front()
        })
    }

    /// Has somebody do something in a call, once what she did before is done.
    pub fn act(&self, Hand(hand): Hand, act: Act) {
        self.shared.change(|stage| {
            if let Some(call) = stage.hands.get_mut(hand) {
                call.acts.push_back(act);
            }
        });
    }

    /// Waits until what was heard in a call is what is waited for.
    ///
    /// # Errors
    /// Returns what was seen instead.
    pub fn heard<T>(
        &self,
        Hand(hand): Hand,
        find: impl Fn(&[i16]) -> Option<T>,
    ) -> anyhow::Result<T> {
        self.shared.wait("it is not heard", |stage| {
            find(&stage.hands.get(hand)?.heard)
        })
    }

    fn bring(&self, site: &str, from: &str, person: Person) {
        let asked = [
            ("Url", format!("{site}/carrier/voice")),
            ("StatusCallback", format!("{site}/carrier/status")),
            ("From", from.to_owned()),
            ("To", NUMBER.to_owned()),
        ];
        let form = asked.map(|(name, value)| (name.to_owned(), value));
        let sid = self.shared.change(|stage| {
            let sid = format!("CA{:032}", 900 + stage.noted.states.len());
            stage.noted.states.insert(sid.clone(), "queued".to_owned());
            sid
        });
        begin_performing(&self.shared, sid, form.into(), person);
    }

    /// Waits until somebody holds a call, having done what came before.
    ///
    /// # Errors
    /// Returns what was seen instead.
    pub fn until_held(&self) -> anyhow::Result<()> {
        self.shared
            .until("nobody holds", |stage| stage.held > stage.released)
    }

    /// Has whoever holds a call go on.
    pub fn go_on(&self) {
        self.shared.change(|stage| stage.released += 1);
    }

    /// Waits until so many calls have ended, and looks at what was seen.
    ///
    /// # Errors
    /// Returns what was seen instead, or what went wrong that must not.
    pub fn after<T>(&self, calls: usize, look: impl FnOnce(&Noted) -> T) -> anyhow::Result<T> {
        let is_over = |state: &&String| *state != "queued" && *state != "in-progress";
        self.shared.until("calls go on", |stage| {
            stage.noted.states.values().filter(is_over).count() >= calls
        })?;
        let stage = self.shared.stage();
        ensure!(stage.noted.wrong.is_empty(), "{:?}", stage.noted.wrong);
        Ok(look(&stage.noted))
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // A server that is gone need not be stopped.
            let _gone = stop.send(());
        }
    }
}

/// Performs a call on a thread of its own.
fn begin_performing(
    shared: &Arc<Shared>,
    sid: String,
    form: BTreeMap<String, String>,
    person: Person,
) {
    let shared = Arc::clone(shared);
    std::thread::spawn(move || {
        if let Err(failure) = performance::perform(&shared, &sid, &form, person) {
            shared.change(|stage| {
                stage.noted.wrong.push(format!("{failure:#}"));
                stage.noted.states.insert(sid, "lost".to_owned());
            });
        }
    });
}

/// Returns what a test has to write beside a hub's configuration.
///
/// # Errors
/// Returns the system's error.
pub fn write_token(folder: &std::path::Path) -> anyhow::Result<()> {
    std::fs::write(folder.join("carrier.token"), format!("{TOKEN}\n"))
        .context("failed to write the carrier's token")
}
