//! What calls sound like, spoken by a real text-to-speech command: how long, how loud, and nothing
//! clipped.

use anyhow::{Context as _, ensure};
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use savin_hub::channels::speech::{sample, told};
use savin_hub::notification::fact::Disclosure;
use savin_hub::notification::words::Language;
use savin_hub::vault::command::Content;
use savin_shared::event::EventCode;
use savin_telephone::audio::{Codec, SAMPLES_PER_SECOND, wav};
use savin_telephone::script::speech::{Play, Utterance};
use savin_telephone::voice::catalogue::Catalogue;
use savin_telephone::voice::engine::Engine;
use savin_telephone::voice::speaker::Speaker;
use savin_tests::home::{HubHome, HubOptions};
use savin_tests::program::Programs;

/// The fact must be told within this after the PIN.
const FACT_S: usize = 8;

/// All of a notice must be told within this.
const ALL_S: usize = 40;

const SECOND: usize = SAMPLES_PER_SECOND as usize;

/// Returns the loudest sample and the root mean square, of 32,768.
fn levels(sound: &[i16]) -> (u16, f64) {
    let peak = sound.iter().map(|sample| sample.unsigned_abs()).max();
    let squares: f64 = sound.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    let count = u32::try_from(sound.len().max(1)).unwrap_or(u32::MAX);
    (peak.unwrap_or(0), (squares / f64::from(count)).sqrt())
}

fn say(speaker: &Speaker, language: Language, say: Vec<Utterance>) -> anyhow::Result<Vec<i16>> {
    let language = language.into();
    let sound = speaker.say(&Play { language, say })?;
    Ok(sound
        .into_iter()
        .map(|code| Codec::Mulaw.decode(code))
        .collect())
}

#[test]
fn every_notice_is_short_and_loud_enough_in_every_language() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let catalogue = Catalogue {
        folder: folder.path().join("voice"),
        recordings: None,
    };
    let speaker = Speaker::new(catalogue, Engine::default(), folder.path().join("names"));
    let zone = TimeZone::get("America/Chicago")?;
    // As late as a notice can be told that says so.
    let now = sample::AT.checked_add(SignedDuration::from_hours(30))?;
    let mut wrong = Vec::new();
    for language in Language::ALL {
        for code in EventCode::ALL {
            for disclosure in [Disclosure::Full, Disclosure::Discreet] {
                let fact = sample::fact(*code)
                    .disclosed(disclosure)
                    .context("disclosed")?;
                let said = told(language, &Content::Fact(Box::new(fact)), true, &zone, now);
                let fact = say(&speaker, language, said.fact)?;
                let rest = say(&speaker, language, said.rest)?;
                let (peak, loudness) = levels(&fact);
                let what = format!("{code} {} {language:?}", disclosure.as_str());
                if fact.len() > FACT_S * SECOND || fact.len() < SECOND / 2 {
                    wrong.push(format!("{what}: the fact takes {} ms", fact.len() / 8));
                }
                if fact.len() + rest.len() > ALL_S * SECOND {
                    let all = (fact.len() + rest.len()) / 8;
                    wrong.push(format!("{what}: all of it takes {all} ms"));
                }
                if !(12_000..20_000).contains(&peak) || loudness < 1_000.0 {
                    wrong.push(format!("{what}: peak {peak}, loudness {loudness:.0}"));
                }
            }
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

#[test]
fn a_whole_call_can_be_listened_to() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let programs = Programs::Together(env!("CARGO_BIN_EXE_savin-demo").into());
    let hub = HubHome::make(folder.path(), &programs, &HubOptions::default())?;
    let say = |event: &str, language: &str| -> anyhow::Result<Vec<i16>> {
        let file = folder.path().join(format!("{language}.wav"));
        let name = file.display().to_string();
        let asked = ["--sample", event, "--language", language, "--output", &name];
        hub.cli(&[&["voice", "say"], asked.as_slice()].concat())?;
        Ok(wav::read(&std::fs::read(&file)?)?)
    };
    for (language, event) in [("en", "Released"), ("es", "Escaped")] {
        let sound = say(event, language)?;
        let (peak, _) = levels(&sound);
        ensure!(sound.len() > 20 * SECOND && sound.len() < 120 * SECOND);
        ensure!((12_000..20_000).contains(&peak), "{peak}");
    }
    let refused = say("Freed", "en")
        .err()
        .context("an unknown event is refused")?;
    ensure!(format!("{refused:#}").contains("Released"), "{refused:#}");
    Ok(())
}
