//! Section 1(f) on the toll-free number of a running hub: signing up, changing and stopping by keys alone, from
//! dialling to the notice that is confirmed. The codes are heard, as she hears them.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail, ensure};
use savin_telephone::media::session::Order;
use savin_telephone::sip::call::{Call, News};
use savin_tests::clock::monotonic;
use savin_tests::demo::county::jails::Azalea;
use savin_tests::home::{HubHome, HubOptions};
use savin_tests::program::Programs;
use savin_tests::toll_free::spoken::Ear;
use savin_tests::toll_free::transcript::{
    CHANGES_AND_STOPS, Phones, SIGNS_UP_AND_IS_TOLD, TWO_AT_ONCE, play,
};
pub(crate) use savin_tests::toll_free::{HERS, OTHER};
use savin_tests::toll_free::{SHOWN, Stage};
use serde_json::Value;

use crate::hub::trunks;
use crate::place::{LOOK, PATIENCE, Place, trunk};

/// Lines of the hub's trunk: two people are told of a release at once, and one line is kept for escapes.
const LINES: u8 = 4;

/// Looks for Tansy Quillfeather by the keys of the surname.
pub(crate) const FIND: [&str; 4] = ["1", "3", "784553328437#", "#"];

/// A hub with a jail behind it and a telephone at the other end of its trunk.
pub(crate) struct Line {
    pub(crate) stage: Stage,
    phones: Place,
}

impl Line {
    pub(crate) async fn begin() -> anyhow::Result<Self> {
        Self::begin_with(&HubOptions::default()).await
    }

    pub(crate) async fn begin_with(options: &HubOptions) -> anyhow::Result<Self> {
        let programs = Programs::Together(env!("CARGO_BIN_EXE_savin-demo").into());
        let mut line = trunk("hub", 0);
        SHOWN.clone_into(&mut line.caller);
        let at = [("carrier", line.bind.port())];
        let stage = Stage::begin(&programs, options, |folder, voice| {
            let listening = trunks(folder, &at, LINES, voice)?;
            line.server.port = listening.first().copied();
            Ok(())
        })?;
        let phones = Place::open(vec![line]).await?;
        phones.until_up("hub").await?;
        Ok(Self { stage, phones })
    }

    /// Calls the toll-free number and presses keys, until something is said.
    pub(crate) async fn call(&self, keys: &[&str], until: &str) -> anyhow::Result<Call> {
        let phone = self.dialled().await?;
        self.press(&phone, keys, until).await?;
        Ok(phone)
    }

    async fn dialled(&self) -> anyhow::Result<Call> {
        // The lines of the trunk may still be ending the calls before: whoever hears that it is busy dials again.
        let deadline = monotonic() + PATIENCE;
        loop {
            match self.phones.dial().await {
                Ok(phone) => return Ok(phone),
                Err(refused) => ensure!(monotonic() < deadline, "no call is taken: {refused:?}"),
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Presses keys ahead of what is said, as whoever knows the menu does, until something is said.
    pub(crate) async fn press(
        &self,
        phone: &Call,
        keys: &[&str],
        until: &str,
    ) -> anyhow::Result<()> {
        for keys in keys {
            phone.order(Order::Press((*keys).to_owned())).await;
        }
        let deadline = monotonic() + PATIENCE;
        while !self.stage.said.text().contains(until) {
            ensure!(
                monotonic() < deadline,
                "not said: {until}: {}\n{}",
                self.stage.said.text(),
                self.stage.serving.log()
            );
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// Takes the next call of the hub; returns to which number it goes.
    async fn taken(&mut self) -> anyhow::Result<(String, Call)> {
        let ringing = tokio::time::timeout(PATIENCE, self.phones.rings.recv());
        let incoming = ringing
            .await
            .with_context(|| format!("nobody was called: {:?}", self.notices()))?
            .context("the exchange is closed")?;
        let number = incoming.dialled().context("a number")?;
        Ok((number, incoming.answer().await.context("it was given up")?))
    }

    /// Takes the call of the hub to a number.
    pub(crate) async fn rung(&mut self, number: &str) -> anyhow::Result<Call> {
        let (called, call) = self.taken().await?;
        ensure!(called == number, "{called} was called");
        Ok(call)
    }

    /// Takes the calls of the hub to both numbers, in whatever order, and hangs up.
    pub(crate) async fn rung_both(&mut self) -> anyhow::Result<()> {
        let (one, first) = self.taken().await?;
        first.hang_up();
        let (two, second) = self.taken().await?;
        second.hang_up();
        let mut called = [one, two];
        called.sort();
        ensure!(called == [HERS.1, OTHER.1], "{called:?} were called");
        Ok(())
    }

    /// Takes the call that says a code, and listens.
    pub(crate) async fn code(&mut self, number: &str) -> anyhow::Result<String> {
        hear(self.rung(number).await?).await
    }

    /// Takes the calls of the hub to both numbers, in whatever order: hers first.
    async fn both(&mut self) -> anyhow::Result<(Call, Call)> {
        let mut calls = BTreeMap::from([self.taken().await?]);
        calls.extend([self.taken().await?]);
        let (hers, other) = (calls.remove(HERS.1), calls.remove(OTHER.1));
        hers.zip(other).context("others were called")
    }

    /// Signs up by keys, up to the code.
    async fn sign_up(&self, number: &str, pin: &str) -> anyhow::Result<()> {
        self.sign_up_by(&[], (number, pin), "Then call us again and press 5")
            .await
    }

    /// Signs up by keys after these, until something is said.
    async fn sign_up_by(
        &self,
        first: &[&str],
        (number, pin): (&str, &str),
        until: &str,
    ) -> anyhow::Result<()> {
        let pin = format!("{pin}#");
        let keys = [first, &FIND[..], &["3", number, "1", &pin, &pin]].concat();
        self.call(&keys, until).await?.hang_up();
        Ok(())
    }

    pub(crate) fn notices(&self) -> anyhow::Result<Vec<Value>> {
        let shown = self
            .stage
            .hub
            .cli(&["notices", "--limit", "99", "--json"])?;
        Ok(shown
            .lines()
            .map(serde_json::from_str)
            .collect::<Result<_, _>>()?)
    }

    /// Stops everything, and sees that the log told nothing.
    pub(crate) async fn end(self, secrets: &[&str]) -> anyhow::Result<()> {
        self.phones.close().await;
        self.stage.end(secrets)
    }
}

/// Asks for the code that a call says, and listens.
async fn hear(mut call: Call) -> anyhow::Result<String> {
    let (listen, mut frames) = tokio::sync::mpsc::channel(4_000);
    call.order(Order::Listen(listen)).await;
    call.order(Order::Press("1".to_owned())).await;
    let deadline = monotonic() + PATIENCE;
    let mut ear = Ear::default();
    loop {
        tokio::select! {
            biased;
            frame = frames.recv() => ear.hear(&frame.context("the line is dead")?),
            news = call.next() => if let News::Ended(_) = news {
                bail!("it was hung up after {}", ear.digits())
            },
        }
        if let Some(code) = ear.code() {
            call.hang_up();
            return Ok(code);
        }
        // What a busy machine tore is asked for once more.
        if ear.is_torn() {
            ear = Ear::default();
            call.order(Order::Press("1".to_owned())).await;
        }
        ensure!(
            monotonic() < deadline,
            "no code was heard: {}",
            ear.digits()
        );
    }
}

impl Phones for Line {
    type Call = Call;

    fn hub(&self) -> &HubHome {
        &self.stage.hub
    }

    fn county(&self) -> &Azalea {
        &self.stage.county
    }

    fn said(&self) -> String {
        self.stage.said.text()
    }

    fn log(&self) -> String {
        self.stage.serving.log()
    }

    async fn dial(&mut self) -> anyhow::Result<Call> {
        self.dialled().await
    }

    async fn press(&mut self, call: &Call, keys: &str) -> anyhow::Result<()> {
        call.order(Order::Press(keys.to_owned())).await;
        Ok(())
    }

    async fn hang_up(&mut self, call: Call) -> anyhow::Result<()> {
        call.hang_up();
        Ok(())
    }

    async fn listen(&mut self, call: Call) -> anyhow::Result<()> {
        over(call).await
    }

    async fn rung(&mut self) -> anyhow::Result<(String, Call)> {
        self.taken().await
    }

    async fn code(&mut self, call: Call) -> anyhow::Result<String> {
        hear(call).await
    }
}

/// Waits until the hub has said all of it and hangs up.
pub(crate) async fn over(mut call: Call) -> anyhow::Result<()> {
    let ends = async { while !matches!(call.next().await, News::Ended(_)) {} };
    tokio::time::timeout(PATIENCE, ends)
        .await
        .context("the call goes on")
}

#[tokio::test(flavor = "multi_thread")]
async fn clause_1_f_two_callers_register_one_in_spanish_and_both_are_told_at_once()
-> anyhow::Result<()> {
    let mut line = Line::begin().await?;
    let noted = "Después llámenos otra vez y oprima 5";
    line.sign_up_by(&["2"], (HERS.0, "4821"), noted).await?;
    let hers = line.code(HERS.1).await?;
    line.sign_up(OTHER.0, "7035").await?;
    let other = line.code(OTHER.1).await?;
    let (typed, typed_there) = (format!("{hers}#"), format!("{other}#"));
    let (one, two) = (["2", "5", HERS.0, &typed], ["5", OTHER.0, &typed_there]);
    let (one, two) = tokio::join!(
        line.call(&one, "Desde ahora le avisamos"),
        line.call(&two, "From now on we tell you")
    );
    for phone in [one?, two?] {
        phone.hang_up();
    }
    line.stage.county.release("A-1001", "BOND")?;
    let (hers, other) = line.both().await?;
    let (one, two) = tokio::join!(
        line.press(&hers, &["4821#"], "Si ya lo oyó, oprima 1"),
        line.press(&other, &["7035#"], "If you have heard it, press 1")
    );
    one.and(two)?;
    let (one, two) = tokio::join!(over(hers), over(other));
    one.and(two)?;
    let deadline = monotonic() + PATIENCE;
    loop {
        let notices = line.notices()?;
        let told = notices
            .iter()
            .filter(|notice| notice["state"] == "confirmed");
        if told.count() == 2 {
            break;
        }
        ensure!(monotonic() < deadline, "{notices:?}");
        tokio::time::sleep(LOOK).await;
    }
    line.end(&[
        "4821",
        "7035",
        typed.trim_end_matches('#'),
        typed_there.trim_end_matches('#'),
    ])
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn clause_1_f_a_caller_changes_her_number_and_her_pin_and_stops() -> anyhow::Result<()> {
    let mut line = Line::begin().await?;
    let codes = play(CHANGES_AND_STOPS, &mut line).await?;
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    line.end(&[&codes[..], &["4821", "7035"]].concat()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn clause_1_f_a_caller_registers_by_keys_alone_and_is_told() -> anyhow::Result<()> {
    let mut line = Line::begin().await?;
    let codes = play(SIGNS_UP_AND_IS_TOLD, &mut line).await?;
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    line.end(&[&codes[..], &["4821"]].concat()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_calls_with_one_pin_at_once_lose_nothing_and_the_ledger_is_what_rang()
-> anyhow::Result<()> {
    let mut line = Line::begin().await?;
    let codes = play(TWO_AT_ONCE, &mut line).await?;
    let notices = line.notices()?;
    let attempts = notices.iter().filter_map(|one| one["attempts"].as_u64());
    // Two codes, of the stop, of the number, and of the release.
    ensure!(attempts.sum::<u64>() == 5, "{notices:?}");
    let confirmed = notices.iter().filter(|one| one["state"] == "confirmed");
    ensure!(confirmed.count() == 1, "{notices:?}");
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    line.end(&[&codes[..], &["4821"]].concat()).await
}
