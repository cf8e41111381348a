//! Section 1(f) on the toll-free number of a running hub: signing up, changing and stopping by keys alone, from
//! dialling to the notice that is confirmed. The codes are heard, as she hears them.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use savin_telephone::audio::{tone::tone, wav};
use savin_telephone::media::session::Order;
use savin_telephone::sip::call::{Call, News};
use savin_tests::clock::monotonic;
use savin_tests::demo::county::jails::Azalea;
use savin_tests::home::{HubHome, HubOptions};
use savin_tests::program::{Program, Programs};
use savin_tests::stage::{AGENCY, FACILITY};
use serde_json::Value;
use tempfile::TempDir;

use crate::asked::{Said, jail};
use crate::hub::trunks;
use crate::place::{LOOK, PATIENCE, Place, trunk};

/// Lines of the hub's trunk: two people are told of a release at once, and one line is kept for escapes.
const LINES: u8 = 4;

/// How long each digit of a code sounds, and the pitch of each: a tone tells which it is.
const DIGIT_MS: u32 = 400;
const LOWEST_HZ: u32 = 700;
const STEP_HZ: u32 = 150;

/// Frames within which a code was said twice, with what is said after it: 9 s.
const SAID_TWICE: usize = 450;

/// Samples of a frame: 20 ms.
const FRAME: usize = 160;

/// The number of whoever signs up, as she presses it and as it is called, and another one of hers.
pub(crate) const HERS: (&str, &str) = ("6015550123#", "+16015550123");
pub(crate) const OTHER: (&str, &str) = ("6015550199#", "+16015550199");

/// Looks for Tansy Quillfeather by the keys of the surname.
pub(crate) const FIND: [&str; 4] = ["1", "3", "784553328437#", "#"];

/// A hub with a jail behind it and a telephone at the other end of its trunk.
pub(crate) struct Line {
    folder: TempDir,
    pub(crate) hub: HubHome,
    pub(crate) serving: Program,
    watching: Program,
    pub(crate) county: Azalea,
    pub(crate) said: Said,
    phones: Place,
}

impl Line {
    pub(crate) async fn begin() -> anyhow::Result<Self> {
        Self::begin_with(&HubOptions::default()).await
    }

    pub(crate) async fn begin_with(options: &HubOptions) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let programs = Programs::Together(env!("CARGO_BIN_EXE_savin-demo").into());
        let hub = HubHome::make(&folder.path().join("hub"), &programs, options)?;
        let (voice, said) = voice(folder.path())?;
        let mut line = trunk("hub", 0);
        line.caller = "6015550177".to_owned();
        let listening = trunks(
            folder.path(),
            &[("carrier", line.bind.port())],
            LINES,
            &voice,
        )?;
        line.server.port = listening.first().copied();
        hub.add_agency(
            AGENCY,
            "Test County Sheriff",
            &[(FACILITY, "Test County Jail")],
        )?;
        let serving = hub.serve()?;
        let (watching, county) = jail(folder.path(), &programs, &hub)?;
        let phones = Place::open(vec![line]).await?;
        phones.until_up("hub").await?;
        Ok(Self {
            folder,
            hub,
            serving,
            watching,
            county,
            said,
            phones,
        })
    }

    /// Calls the toll-free number and presses keys, until something is said.
    pub(crate) async fn call(&self, keys: &[&str], until: &str) -> anyhow::Result<Call> {
        // The lines of the trunk may still be ending the calls before: whoever hears that it is busy dials again.
        let deadline = monotonic() + PATIENCE;
        let phone = loop {
            match self.phones.dial().await {
                Ok(phone) => break phone,
                Err(refused) => ensure!(monotonic() < deadline, "no call is taken: {refused:?}"),
            }
            tokio::time::sleep(LOOK).await;
        };
        self.press(&phone, keys, until).await?;
        Ok(phone)
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
        while !self.said.text().contains(until) {
            ensure!(
                monotonic() < deadline,
                "not said: {until}: {}\n{}",
                self.said.text(),
                self.serving.log()
            );
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// Takes the call of the hub to a number.
    pub(crate) async fn rung(&mut self, number: &str) -> anyhow::Result<Call> {
        let ringing = tokio::time::timeout(PATIENCE, self.phones.rings.recv());
        let incoming = ringing
            .await
            .context("nobody was called")?
            .context("the exchange is closed")?;
        ensure!(
            incoming.dialled().as_deref() == Some(number),
            "{:?} was called",
            incoming.dialled()
        );
        incoming.answer().await.context("it was given up")
    }

    /// Takes the calls of the hub to both numbers, in whatever order, and hangs up.
    pub(crate) async fn rung_both(&mut self) -> anyhow::Result<()> {
        let mut called = Vec::new();
        for _ in 0..2 {
            let ringing = tokio::time::timeout(PATIENCE, self.phones.rings.recv());
            let incoming = ringing
                .await
                .with_context(|| format!("only {called:?} were called: {:?}", self.notices()))?;
            let incoming = incoming.context("the exchange is closed")?;
            called.extend(incoming.dialled());
            incoming
                .answer()
                .await
                .context("it was given up")?
                .hang_up();
        }
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
        let mut calls = BTreeMap::new();
        while calls.len() < 2 {
            let ringing = tokio::time::timeout(PATIENCE, self.phones.rings.recv());
            let incoming = ringing
                .await
                .with_context(|| format!("only {:?} were called", calls.keys()))?;
            let incoming = incoming.context("the exchange is closed")?;
            let number = incoming.dialled().context("a number")?;
            calls.insert(number, incoming.answer().await.context("it was given up")?);
        }
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
        let shown = self.hub.cli(&["notices", "--limit", "99", "--json"])?;
        Ok(shown
            .lines()
            .map(serde_json::from_str)
            .collect::<Result<_, _>>()?)
    }

    /// Stops everything, and sees that the log told nothing.
    pub(crate) async fn end(self, secrets: &[&str]) -> anyhow::Result<()> {
        self.phones.close().await;
        let pressed = ["6015550123", "6015550199", "6015550177", "Quillfeather"];
        self.serving
            .keeps_quiet(&[&pressed[..], secrets].concat())?;
        for program in [self.watching, self.serving] {
            let log = program.log();
            ensure!(program.stop()?.success(), "{log}");
        }
        drop(self.folder);
        Ok(())
    }
}

/// Asks for the code that a call says, and listens.
async fn hear(mut call: Call) -> anyhow::Result<String> {
    let (listen, mut frames) = tokio::sync::mpsc::channel(4_000);
    call.order(Order::Listen(listen)).await;
    call.order(Order::Press("1".to_owned())).await;
    let deadline = monotonic() + PATIENCE;
    let (mut rest, mut sounding) = (Vec::new(), Vec::new());
    loop {
        tokio::select! {
            biased;
            frame = frames.recv() => rest.extend(frame.context("the line is dead")?),
            news = call.next() => if let News::Ended(_) = news {
                bail!("it was hung up after {}", digits(&sounding))
            },
        }
        while rest.len() >= FRAME {
            let frame: Vec<i16> = rest.drain(..FRAME).collect();
            sounding.push((0..10).find(|digit| sounds(&frame, LOWEST_HZ + STEP_HZ * digit)));
        }
        // It is said twice; what a busy machine tore is asked for once more.
        let digits = digits(&sounding);
        let twice = digits.split_at_checked(6).filter(|(one, two)| one == two);
        if let Some((one, _)) = twice {
            call.hang_up();
            return Ok(one.to_owned());
        }
        if sounding.len() > SAID_TWICE {
            sounding.clear();
            call.order(Order::Press("1".to_owned())).await;
        }
        ensure!(monotonic() < deadline, "no code was heard: {digits}");
    }
}

/// A voice that writes down what it is to say, and says a tone: of its own for each digit.
fn voice(folder: &Path) -> anyhow::Result<(String, Said)> {
    let phrase = folder.join("phrase.wav");
    std::fs::write(&phrase, wav::write(&tone(&[440.0], 60, 8_000.0)))?;
    for digit in 0..10 {
        let pitch = f64::from(LOWEST_HZ + STEP_HZ * digit);
        let sound = wav::write(&tone(&[pitch], DIGIT_MS, 8_000.0));
        std::fs::write(folder.join(format!("{digit}.wav")), sound)?;
    }
    let said = folder.join("said.txt");
    let command = format!(
        "t=$(cat); echo \"$t\" >> {0}; f=\"{1}/$t.wav\"; [ -e \"$f\" ] || f={2}; cat \"$f\"",
        said.display(),
        folder.display(),
        phrase.display()
    );
    let voice = format!("[voice]\ncommand = ['sh', '-c', '{command}']\n");
    Ok((voice, Said(said)))
}

/// Returns the digits of which one or none sounds in each frame.
fn digits(sounding: &[Option<u32>]) -> String {
    let frames_of_one = (DIGIT_MS / 20) as usize;
    let mut said = String::new();
    let mut runs: Vec<_> = sounding.chunk_by(|one, next| one == next).collect();
    // The last may still sound.
    runs.pop_if(|run| run.first().is_some_and(Option::is_some));
    for run in runs {
        if let Some(Some(digit)) = run.first() {
            let times = (run.len() + frames_of_one / 2) / frames_of_one;
            said.push_str(&digit.to_string().repeat(times));
        }
    }
    said
}

/// Says whether most of a frame is a tone of this pitch.
fn sounds(frame: &[i16], pitch_hz: u32) -> bool {
    let (mut real, mut imaginary, mut power) = (0.0, 0.0, 1.0);
    for (at, sample) in frame.iter().enumerate() {
        let angle = std::f64::consts::TAU * f64::from(pitch_hz) * at as f64 / 8_000.0;
        let sample = f64::from(*sample);
        real += sample * angle.cos();
        imaginary += sample * angle.sin();
        power += sample * sample;
    }
    let share = 2.0 * (real * real + imaginary * imaginary) / (FRAME as f64 * power);
    power > 1_000_000.0 && share > 0.6
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
    line.county.release("A-1001", "BOND")?;
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
    line.sign_up(HERS.0, "4821").await?;
    let first = line.code(HERS.1).await?;
    let proving = format!("{first}#");
    let phone = line
        .call(&["5", HERS.0, &proving], "From now on we tell you")
        .await?;
    // In the same call: about whom, and another number.
    line.press(
        &phone,
        &["4", HERS.0, "4821#", "1"],
        "You asked us to tell you about",
    )
    .await?;
    phone.order(Order::Press("3".to_owned())).await;
    line.press(&phone, &[OTHER.0, "1"], "The number is").await?;
    let second = line.code(OTHER.1).await?;
    phone.hang_up();
    let proving = format!("{second}#");
    // The PIN that she forgot is asked for at the new one.
    let phone = line
        .call(
            &["5", OTHER.0, &proving, "4", "6#", OTHER.0, "1"],
            "If we call that number",
        )
        .await?;
    phone.hang_up();
    // The old number is told that there is a new one.
    line.rung(HERS.1).await?.hang_up();
    let third = line.code(OTHER.1).await?;
    let proving = format!("{third}#");
    let phone = line
        .call(
            &["5", OTHER.0, &proving, "7035#", "7035#"],
            "Your new PIN counts",
        )
        .await?;
    line.rung_both().await?;
    line.press(&phone, &["7", "7"], "It is noted").await?;
    line.rung_both().await?;
    line.press(&phone, &["8"], "We go on telling you.").await?;
    phone.hang_up();
    line.county.release("A-1001", "BOND")?;
    let call = line.rung(OTHER.1).await?;
    line.press(&call, &["7035#"], "If you have heard it, press 1")
        .await?;
    call.hang_up();
    let codes = [&*first, &*second, &*third];
    line.end(&[&codes[..], &["4821", "7035"]].concat()).await
}
