//! Hundreds to be told at once, by a slow mail server and few lines: escapes pass them all.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use savin_hub::notification::channel::Channel;
use savin_tests::burst::{Burst, Seen, Size};
use savin_tests::engine::Engine;
use savin_tests::program::Programs;

use crate::place::{port, sound_port};

/// Messages at once, and lines.
const MAILS_AT_ONCE: u32 = 20;
const LINES: u32 = 5;

fn told_in_order(engine: &Engine) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let programs = Programs::Together(env!("CARGO_BIN_EXE_savin-demo").into());
    let size = Size {
        emails: 160,
        calls: 12,
        letters: 3,
        escape_emails: 2,
        mails_at_once: Some(MAILS_AT_ONCE),
        // With 16 at once the last of them would wait for ten seconds.
        mail_delay_s: 1,
        lines: LINES,
        calls_per_second: 1,
        port: port(),
        sound_port: sound_port(),
        patience: Duration::from_secs(150),
    };
    let burst = Burst::set(folder.path(), &programs, engine, size)?;
    let seen = burst.run().with_context(|| burst.log())?;
    let counted = |channel| seen.of(false, channel).count();
    let of_release = [Channel::Email, Channel::Telephone, Channel::Letter].map(counted);
    ensure!(
        of_release == [size.emails, size.calls, size.letters],
        "{of_release:?}"
    );
    for one in &seen.told {
        let wanted: &[&str] = match one.channel {
            Channel::Email => &["accepted"],
            // A call that was lost is tried again in half an hour.
            Channel::Telephone => &["confirmed", "planned"],
            Channel::Letter => &["planned"],
        };
        ensure!(wanted.contains(&one.state.as_str()), "{one:?}");
    }
    let mailed = burst.mailed();
    ensure!(
        mailed.len() == size.emails + 3 * size.escape_emails,
        "{}",
        mailed.len()
    );
    ensure!(
        mailed.values().all(|many| *many == 1),
        "somebody was written to twice"
    );
    for (channel, places) in [(Channel::Email, MAILS_AT_ONCE), (Channel::Telephone, LINES)] {
        let mut behind = 0;
        for escape in seen.of(true, channel) {
            // What was claimed before it was planned is under way, and nothing else goes before it.
            let passed = seen.passed_by(escape).context("an escape was not tried")?;
            ensure!(
                passed <= usize::try_from(places)?,
                "{passed} went before {escape:?}"
            );
            behind = behind.max(seen.waited_behind(escape));
        }
        ensure!(
            behind > usize::try_from(places)?,
            "{channel}: only {behind} waited"
        );
    }
    rang_in_order(&seen)?;
    burst.strike()
}

/// The telephones ring in that order, too: a call to somebody whom an escape concerns passes those that
/// wait until one more may begin.
fn rang_in_order(seen: &Seen) -> anyhow::Result<()> {
    for escape in seen.of(true, Channel::Telephone) {
        let (_, began) = escape.began.context("an escape was not tried")?;
        let rang = escape.rang_at.context("a telephone did not ring")?;
        let others = seen
            .of(false, Channel::Telephone)
            .filter_map(|one| one.rang_at);
        let passed = others.filter(|at| (began..rang).contains(at)).count();
        ensure!(
            passed <= 1,
            "{passed} telephones rang before {:?}",
            escape.what
        );
    }
    Ok(())
}

#[test]
fn escapes_pass_hundreds_that_wait() -> anyhow::Result<()> {
    // Beside each other: both wait for the mail server and the lines most of the time.
    Engine::each(told_in_order)
}
