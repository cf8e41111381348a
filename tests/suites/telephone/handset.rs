//! PJSIP as a victim's telephone: it plays a sound before it is answered, as networks do, says a word,
//! presses keys, and records what it hears.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, ensure};
use savin_telephone::audio::wav;
use savin_telephone::script::ending::{Operator, Outcome};
use savin_tests::clock::{monotonic, pause};

use crate::place::{LOOK, Listener, PATIENCE, Place, port, trunk};
use crate::sound::{likeness, tune};

/// How long it plays a sound before it is answered, in milliseconds.
const EARLY_MS: u32 = 1_000;

/// A running telephone.
struct Handset {
    child: Child,
    folder: PathBuf,
}

impl Handset {
    /// Starts a telephone that says a word once it is answered, and presses these keys, three seconds after
    /// each other.
    fn start(folder: &Path, port: u16, keys: &[&str]) -> anyhow::Result<Self> {
        let folder = folder.join(format!("handset-{port}"));
        fs::create_dir_all(&folder)?;
        let sound = |name: &str| folder.join(name);
        fs::write(sound("early.wav"), wav::write(&tune(99, EARLY_MS)))?;
        fs::write(sound("hello.wav"), wav::write(&tune(98, 300)))?;
        let python = std::env::var_os("SAVIN_TEST_PYTHON")
            .context("SAVIN_TEST_PYTHON is unset; start these tests with tests/run")?;
        let said = File::create(folder.join("said"))?;
        let child = Command::new(python)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/telephone/handset.py"))
            .arg(port.to_string())
            .args(["early.wav", "hello.wav", "heard.wav"].map(sound))
            .arg(EARLY_MS.to_string())
            .args(keys)
            .stdin(Stdio::null())
            .stdout(said.try_clone()?)
            .stderr(said)
            .spawn()?;
        let handset = Self { child, folder };
        handset.until("ready")?;
        Ok(handset)
    }

    fn said(&self) -> String {
        fs::read_to_string(self.folder.join("said")).unwrap_or_default()
    }

    fn until(&self, word: &str) -> anyhow::Result<()> {
        let deadline = monotonic() + PATIENCE;
        while !self.said().lines().any(|line| line == word) {
            ensure!(monotonic() < deadline, "not {word}: {}", self.said());
            pause(LOOK);
        }
        Ok(())
    }

    /// Waits until it has ended, and returns what it heard.
    fn heard(mut self) -> anyhow::Result<Vec<i16>> {
        let status = self.child.wait()?;
        ensure!(status.success(), "{}", self.said());
        let heard = fs::read(self.folder.join("heard.wav"));
        let heard = heard.with_context(|| format!("it recorded nothing: {}", self.said()))?;
        Ok(wav::read(&heard)?)
    }
}

impl Drop for Handset {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_before_the_answer_is_none_and_what_is_said_after_it_is_heard() -> anyhow::Result<()>
{
    let at = port();
    let place = Place::open(vec![trunk("first", at)]).await?;
    let handset = Handset::start(place.folder(), at, &["1234#", "1"])?;
    place.until_up("first").await?;
    let host = Listener::new(1_000);
    let ending = place.tell(&host).await?;
    ensure!(ending.outcome == Outcome::Confirmed, "{ending:?}");
    ensure!(ending.operator == Operator::NotAsked, "{ending:?}");
    handset.until("DISCONNECTED")?;
    let states = handset.said();
    let place_of = |state: &str| states.lines().position(|line| line == state);
    ensure!(place_of("EARLY") < place_of("CONFIRMED"), "{states}");
    let heard = handset.heard()?;
    // Nothing is said to whom has not answered.
    let early = heard.get(..6_000).context("a second")?;
    let loudest = early.iter().map(|sample| sample.unsigned_abs()).max();
    ensure!(
        loudest < Some(200),
        "it was spoken to before it answered: {loudest:?}"
    );
    let said = host.said();
    let greeting = said.first().context("nothing was said")?;
    let fact = said.iter().find(|said| said.contains("FACT"));
    for said in [greeting, fact.context("no fact was said")?] {
        let alike = likeness(&host.tune_of(said), &heard);
        ensure!(alike > 0.95, "{said} was heard {alike}");
    }
    place.close().await;
    Ok(())
}
