//! What calls sound like, spoken by a real text-to-speech command: how long, how loud, nothing clipped, and
//! understood by a recogniser; and the recordings of people instead.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use savin_hub::channels::speech::{fixed, sample, told};
use savin_hub::notification::fact::Disclosure;
use savin_hub::notification::rules::tellable;
use savin_hub::notification::words::Language;
use savin_hub::vault::command::Content;
use savin_telephone::audio::{Codec, SAMPLES_PER_SECOND, wav};
use savin_telephone::script::speech::{Language as Spoken, Play, Utterance};
use savin_telephone::voice::catalogue::{self, Catalogue};
use savin_telephone::voice::engine::Engine;
use savin_telephone::voice::speaker::Speaker;
use savin_tests::carrier::{Carrier, write_token};
use savin_tests::home::{HubHome, HubOptions};
use savin_tests::program::{Programs, run};
use serde::Deserialize;
use serde_json::{Value, json};

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
        for code in tellable() {
            for disclosure in [Disclosure::Full, Disclosure::Discreet] {
                let fact = sample::fact(code)
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
        Ok(wav::read(&fs::read(&file)?)?)
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

/// What a recogniser heard of the phrases of one kind.
#[derive(Debug, Deserialize)]
struct Heard {
    heard: usize,
    of: usize,
    wrong: Vec<String>,
    words: usize,
    errors: usize,
}

/// What it heard of all, and the phrases with words that it does not know.
#[derive(Debug, Deserialize)]
struct Hearing {
    kinds: BTreeMap<String, Heard>,
    unknown: Vec<String>,
}

impl Hearing {
    /// Says how many of each kind were heard, and of a hundred words how many were heard wrong.
    fn shown(&self) -> String {
        let kinds = self.kinds.iter();
        let kinds = kinds.map(|(kind, heard)| format!("{kind} {} of {}", heard.heard, heard.of));
        let kinds: Vec<String> = kinds.collect();
        let sum = |count: fn(&Heard) -> usize| self.kinds.values().map(count).sum::<usize>();
        let (words, errors) = (sum(|heard| heard.words), sum(|heard| heard.errors));
        let rate = errors as f64 * 100.0 / words.max(1) as f64;
        format!("{}; word errors {rate:.1}%", kinds.join(", "))
    }
}

/// Returns of which kind a phrase is, which is to be told from all others of that kind.
fn kind(words: &str) -> Option<&'static str> {
    let months =
        "January February March April May June July August September October November December";
    if words.chars().all(|c| c.is_ascii_digit()) {
        Some("numbers")
    } else if words.starts_with(|c: char| c.is_ascii_digit()) && words.len() <= 4 {
        Some("days")
    } else if months.split(' ').any(|month| month == words) {
        Some("months")
    } else if words.ends_with("Jail") || words.ends_with("Facility") {
        Some("facilities")
    } else {
        None
    }
}

/// Has a recogniser hear every English phrase of the kinds, as a voice says it and a line carries it.
fn hearing_of(engine: &Engine) -> anyhow::Result<Hearing> {
    let python = std::env::var_os("SAVIN_TEST_PYTHON")
        .context("SAVIN_TEST_PYTHON is unset; start these tests with tests/run")?;
    let folder = tempfile::tempdir()?;
    let mut list = "kind,file,words\n".to_owned();
    for phrase in catalogue::all(Spoken::English, &fixed().english) {
        let Some(kind) = kind(&phrase.words) else {
            continue;
        };
        let sound = engine.render(Spoken::English, &phrase.words)?;
        let line = sound
            .iter()
            .map(|sample| Codec::Mulaw.decode(Codec::Mulaw.encode(*sample)));
        let bytes: Vec<u8> = line.flat_map(i16::to_le_bytes).collect();
        fs::write(folder.path().join(&phrase.name), bytes)?;
        let words = phrase.words.replace('"', "\"\"");
        list.extend([kind, ",", &phrase.name, ",\"", &words, "\"\n"]);
    }
    fs::write(folder.path().join("phrases.csv"), list)?;
    let mut hear = Command::new(python);
    hear.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/voice/hear.py"));
    hear.arg(folder.path());
    Ok(serde_json::from_str(&run(hear)?)?)
}

/// Returns the voices that are compared with the shipped one: a line of words each, as `[voice] command` has them.
fn others() -> Vec<Engine> {
    let lines = std::env::var_os("SAVIN_TEST_VOICES").unwrap_or_default();
    let lines = lines.to_string_lossy();
    let voices = lines.lines().filter(|line| !line.trim().is_empty());
    let engine = |line: &str| Engine {
        command: line.split_whitespace().map(str::to_owned).collect(),
        ..Engine::default()
    };
    voices.map(engine).collect()
}

#[test]
fn a_recogniser_tells_what_is_said_from_all_else_that_could_be() -> anyhow::Result<()> {
    let hearing = hearing_of(&Engine::default())?;
    // Of a hundred, a few less than were heard when this was written.
    let floors = [
        ("days", 65),
        ("facilities", 75),
        ("months", 60),
        ("numbers", 60),
    ];
    for (kind, floor) in floors {
        let heard = hearing
            .kinds
            .get(kind)
            .with_context(|| format!("no {kind}"))?;
        ensure!(
            heard.heard * 100 >= heard.of * floor,
            "{kind}: {} of {} heard: {:?}",
            heard.heard,
            heard.of,
            heard.wrong
        );
    }
    println!("shipped: {}", hearing.shown());
    println!("not in its dictionary: {:?}", hearing.unknown);
    for other in others() {
        println!(
            "{}: {}",
            other.command.join(" "),
            hearing_of(&other)?.shown()
        );
    }
    Ok(())
}

#[test]
fn phrases_of_another_voice_are_named_and_said_anew() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let programs = Programs::Together(env!("CARGO_BIN_EXE_savin-demo").into());
    for (name, loudness) in [("one.wav", 6_000), ("two.wav", 9_000)] {
        fs::write(folder.path().join(name), wav::write(&[loudness; 400]))?;
    }
    let hub = hub_by_carrier(folder.path(), &programs, "command = ['cat', 'one.wav']")?;
    let config = folder.path().join("hub.toml");
    let by = |name: &str| -> anyhow::Result<()> {
        let written = fs::read_to_string(&config)?;
        let path = folder.path().join(name).display().to_string();
        let voice = format!("command = ['cat', '{path}']");
        let lines = written.lines().map(|line| {
            if line.starts_with("command = ['cat'") {
                &voice
            } else {
                line
            }
        });
        Ok(fs::write(&config, lines.collect::<Vec<_>>().join("\n"))?)
    };
    let build = |more: &[&str]| -> anyhow::Result<Value> {
        let built = hub.cli(&[&["voice", "build", "--json"], more].concat())?;
        Ok(serde_json::from_str(&built)?)
    };
    by("one.wav")?;
    let first = build(&[])?;
    let phrases = first["rendered"].as_u64().context("a number")?;
    ensure!(
        phrases > 500 && first["by_another_voice"] == json!([]),
        "{first}"
    );
    ensure!(build(&[])?["kept"] == phrases, "all are there");
    ensure!(!hub.cli(&["check"])?.contains("another voice"));

    by("two.wav")?;
    ensure!(hub.cli(&["check"])?.contains("in es are by another voice"));
    for dry_run in [true, true, false] {
        let more: &[&str] = if dry_run { &["--dry-run"] } else { &[] };
        let built = build(more)?;
        ensure!(built["rendered"] == phrases, "{built}");
        ensure!(built["by_another_voice"] == json!(["en", "es"]), "{built}");
    }
    ensure!(!hub.cli(&["check"])?.contains("another voice"));
    ensure!(build(&["--dry-run", "--anew"])?["rendered"] == phrases);
    Ok(())
}

#[test]
fn what_people_recorded_comes_first_and_what_is_no_recording_is_named() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let programs = Programs::Together(env!("CARGO_BIN_EXE_savin-demo").into());
    let hub = hub_by_carrier(folder.path(), &programs, "recordings = 'recorded'")?;
    let listed = hub.cli(&["voice", "list", "--language", "en", "--json"])?;
    let listed: Vec<Value> = listed
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    let named = |words: &str| {
        let phrase = listed.iter().find(|phrase| phrase["words"] == words);
        let file = phrase.and_then(|phrase| phrase["file"].as_str());
        file.map(str::to_owned)
            .with_context(|| format!("no phrase {words}"))
    };
    let recorded = folder.path().join("recorded").join("en");
    fs::create_dir_all(&recorded)?;
    let write = |words: &str, wav: Vec<u8>| -> anyhow::Result<()> {
        Ok(fs::write(
            recorded.join(named(words)?).with_extension("wav"),
            wav,
        )?)
    };
    write("In custody at", sound_file(48_000, 1, 16))?;
    write("was released from", sound_file(44_100, 1, 16))?;
    ensure!(hub.cli(&["check"])?.contains("2 phrases are recorded"));
    let say = || -> anyhow::Result<usize> {
        let file = folder.path().join("call.wav");
        let name = file.display().to_string();
        hub.cli(&["voice", "say", "--sample", "Released", "--output", &name])?;
        Ok(wav::read(&fs::read(&file)?)?.len())
    };
    let with_recording = say()?;

    write("January", sound_file(22_050, 2, 16))?;
    write("February", sound_file(22_050, 1, 8))?;
    write("March", b"ID3 an MP3".to_vec())?;
    write("was released from", sound_file(16_000, 2, 16))?;
    fs::write(
        recorded.join("was-released-from.wav"),
        sound_file(8_000, 1, 16),
    )?;
    fs::write(recorded.join("notes.txt"), "Take 2")?;
    let refused = hub
        .cli(&["check", "--json"])
        .err()
        .context("it is usable")?;
    let refused = format!("{refused:#}");
    for (file, reason) in [
        (named("January")?, "2 channels"),
        (named("February")?, "8 bits; save it as 16-bit PCM"),
        (named("March")?, "no WAV file"),
        (named("was released from")?, "2 channels"),
        (
            "was-released-from.wav".to_owned(),
            "no phrase has this name",
        ),
        ("notes.txt".to_owned(), "only .wav and .ulaw"),
    ] {
        let line = refused.lines().find(|line| line.contains(&file));
        ensure!(
            line.is_some_and(|line| line.contains(reason)),
            "{file}: {refused}"
        );
    }
    // A call speaks all the same, with the rendered phrase instead.
    let without = say()?;
    ensure!(without != with_recording, "the recording was not heard");
    Ok(())
}

/// Makes a hub that makes calls by a carrier, with a setting of its voice.
fn hub_by_carrier(folder: &Path, programs: &Programs, voice: &str) -> anyhow::Result<HubHome> {
    let hub = HubHome::make(folder, programs, &HubOptions::default())?;
    let carrier = Carrier::start()?;
    write_token(folder)?;
    let more = carrier.settings(&format!("[voice]\n{voice}\n"));
    let config = OpenOptions::new()
        .append(true)
        .open(folder.join("hub.toml"));
    config?.write_all(more.as_bytes())?;
    Ok(hub)
}

/// Returns two seconds of a tone as a WAV file of PCM.
fn sound_file(rate_hz: u32, channels: u16, bits: u16) -> Vec<u8> {
    let bytes = usize::from(channels * bits / 8);
    let frames = rate_hz * 2;
    let mut data = Vec::new();
    for frame in 0..frames {
        let is_high = (frame * 400 / rate_hz).is_multiple_of(2);
        for _ in 0..channels {
            match (bits, is_high) {
                (8, true) => data.push(200),
                (8, false) => data.push(56),
                (_, true) => data.extend(9_000_i16.to_le_bytes()),
                (_, false) => data.extend((-9_000_i16).to_le_bytes()),
            }
        }
    }
    let mut file = b"RIFF\0\0\0\0WAVEfmt ".to_vec();
    file.extend(16_u32.to_le_bytes());
    file.extend(1_u16.to_le_bytes());
    file.extend(channels.to_le_bytes());
    file.extend(rate_hz.to_le_bytes());
    file.extend((rate_hz * u32::from(channels) * u32::from(bits / 8)).to_le_bytes());
    file.extend(u16::try_from(bytes).unwrap_or(u16::MAX).to_le_bytes());
    file.extend(bits.to_le_bytes());
    file.extend(b"data");
    file.extend(u32::try_from(data.len()).unwrap_or(u32::MAX).to_le_bytes());
    file.extend(data);
    file
}
