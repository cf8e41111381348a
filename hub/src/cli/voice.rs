//! `voice`: what calls sound like: the catalogue of phrases, and any notice as a file to listen to.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use jiff::SignedDuration;
use savin_shared::event::EventCode;
use savin_shared::pii::Secret;
use savin_telephone::audio::{Codec, SAMPLES_PER_SECOND, wav};
use savin_telephone::script::outbound::{Notice, Outbound};
use savin_telephone::script::speech::{InEach, Language as Spoken, Play};
use savin_telephone::script::{Answerer, Checked, Digits, Effect, Event, Script};
use savin_telephone::voice::catalogue::{self, build::Extent};
use savin_telephone::voice::speaker::Speaker;
use serde_json::json;

use super::notices::{hide, message};
use super::output::Output;
use crate::app;
use crate::channels::speech::{self, Manner, sample};
use crate::config::Config;
use crate::notification::fact::Disclosure;
use crate::notification::rules::tellable;
use crate::notification::words::Language;
use crate::vault::command::Content;
use crate::web::voice;

/// Silence between two things that are said, while a caller would answer.
const GAP_MS: usize = 800;

/// Render, list and hear what calls say.
#[derive(Debug, Subcommand)]
pub(super) enum VoiceCommand {
    /// Render every phrase that has no recording yet, all of them where the voice is another than before, and list
    /// all in `phrases.csv`.
    Build(Build),
    /// List every phrase with the name of its file, for whoever records them.
    List {
        /// `en` or `es`.
        #[arg(long, default_value = "en")]
        language: String,
    },
    /// Write a whole call as a WAV file: a notice, or an invented event.
    Say(Say),
}

/// Render the phrases of calls.
#[derive(Debug, Args)]
pub(super) struct Build {
    /// Say what would be rendered, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Render all, as after the command itself was replaced or upgraded.
    #[arg(long)]
    anew: bool,
}

/// Write a call as a WAV file.
#[derive(Debug, Args)]
pub(super) struct Say {
    /// The notice: its name, or how it begins, at least 8 digits.
    #[arg(required_unless_present = "sample", conflicts_with = "sample")]
    notice: Option<String>,
    /// An invented event instead, by its word: Released, Escaped, ….
    #[arg(long, value_name = "EVENT")]
    sample: Option<String>,
    /// Without names and places, as registrants get it who chose that.
    #[arg(long, requires = "sample")]
    discreet: bool,
    /// The language, `en` or `es`: of a notice the registrant's own unless named.
    #[arg(long)]
    language: Option<String>,
    /// Where to write.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

impl VoiceCommand {
    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        match self {
            Self::Build(build) => build.run(config, output),
            Self::List { language } => list(spoken(language)?, output),
            Self::Say(say) => say.run(config, output),
        }
    }
}

impl Build {
    fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let (catalogue, engine) = (&config.voice.catalogue, &config.voice.engine);
        let extent = if self.anew {
            Extent::All
        } else {
            Extent::Wanted
        };
        let plan = catalogue
            .plan(engine, &fixed(), extent)
            .context("failed to look at the catalogue")?;
        if !self.dry_run {
            catalogue
                .build(engine, &plan)
                .context("failed to build the catalogue")?;
        }
        let built = plan.built();
        let folder = catalogue.folder.display().to_string();
        let anew: Vec<&str> = built.anew.iter().map(|language| language.tag()).collect();
        if output.is_json() {
            return output.object(&json!({
                "folder": folder,
                "rendered": built.rendered,
                "kept": built.kept,
                "recorded": built.recorded,
                "by_another_voice": anew,
                "dry_run": self.dry_run,
            }));
        }
        if !anew.is_empty() {
            let which = anew.join(" and ");
            output.line(&format!(
                "What was there in {which} another voice said than that of [voice] command, or an unknown one."
            ))?;
        }
        let rendered = if self.dry_run { "would be " } else { "" };
        output.line(&format!(
            "{folder}: {} phrases {rendered}rendered, {} there already, {} recorded by people.",
            built.rendered, built.kept, built.recorded
        ))?;
        if self.dry_run || built.rendered == 0 {
            return Ok(());
        }
        output.line("A hub that runs says the new ones once it is started again.")
    }
}

fn list(language: Spoken, output: &Output) -> anyhow::Result<()> {
    let phrases = catalogue::all(language, fixed().of(language));
    if output.is_json() {
        for phrase in &phrases {
            output.object(&json!({ "file": phrase.name, "words": phrase.words }))?;
        }
        return Ok(());
    }
    let rows = phrases
        .into_iter()
        .map(|phrase| vec![phrase.name, phrase.words]);
    output.table(&["file", "words"], rows.collect())
}

impl Say {
    fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let mut script = self.script(config)?;
        let speaker = app::speaker(config);
        let (mut sound, mut lengths) = (Vec::new(), Vec::new());
        for play in heard(script.as_mut()) {
            let said = said(&speaker, &play)?;
            lengths.push(said.len());
            sound.extend(said);
            sound.resize(sound.len() + per_ms(GAP_MS), 0);
        }
        std::fs::write(&self.output, wav::write(&sound))
            .with_context(|| format!("failed to write {}", self.output.display()))?;
        let seconds = |samples: usize| SignedDuration::from_millis(as_ms(samples));
        let parts: Vec<String> = lengths
            .iter()
            .map(|part| format!("{:#}", seconds(*part)))
            .collect();
        let whole = sound.len();
        if output.is_json() {
            let parts: Vec<i64> = lengths.iter().map(|part| as_ms(*part)).collect();
            return output.object(&json!({
                "file": self.output.display().to_string(),
                "length_ms": as_ms(whole),
                "parts_ms": parts,
            }));
        }
        output.line(&format!(
            "{}: {:#}, in parts of {}.",
            self.output.display(),
            seconds(whole),
            parts.join(", ")
        ))
    }

    fn script(&self, config: &Config) -> anyhow::Result<Box<dyn Script>> {
        let now = (app::world().wall)();
        let zone = &config.web.zone;
        let language = self.language.as_deref().map(written).transpose()?;
        if let Some(notice) = &self.notice {
            let mut message = message(&app::open_vault(config)?, notice)?;
            hide(&mut message);
            message.language = language.unwrap_or(message.language);
            return Ok(speech::script(
                &message,
                Manner::default(),
                (&config.web.phone, zone),
                now,
            ));
        }
        let word = self.sample.as_deref().unwrap_or_default();
        let code = tellable().find(|code| code.as_str() == word);
        let code = code.with_context(|| {
            let all: Vec<&str> = tellable().map(EventCode::as_str).collect();
            format!("no event that is told is called {word}: {}", all.join(", "))
        })?;
        let disclosure = if self.discreet {
            Disclosure::Discreet
        } else {
            Disclosure::Full
        };
        let fact = sample::fact(code).disclosed(disclosure);
        let content = fact.map_or(Content::News, |fact| Content::Fact(Box::new(fact)));
        let told = |language| speech::told(language, &content, false, zone, sample::AT);
        Ok(Box::new(Outbound::new(Notice {
            language: language.unwrap_or_default().into(),
            told: InEach {
                english: told(Language::En),
                spanish: told(Language::Es),
            },
            ..Notice::default()
        })))
    }
}

/// Returns all words that calls may say beside prompts and the grammar.
pub(super) fn fixed() -> InEach<BTreeSet<String>> {
    let (mut fixed, statuses) = (speech::fixed(), voice::fixed());
    fixed.english.extend(statuses.english);
    fixed.spanish.extend(statuses.spanish);
    fixed
}

/// Goes through a call as it goes well, and returns what is said.
fn heard(script: &mut dyn Script) -> Vec<Play> {
    let mut plays = Vec::new();
    let mut effects = script.handle(Event::Answered(Answerer::Person));
    let mut has_pressed = false;
    loop {
        let mut next = None;
        for effect in effects {
            next = match effect {
                Effect::Play(play) => {
                    plays.push(play);
                    continue;
                }
                Effect::Collect(_) if has_pressed => Some(Event::Timeout),
                Effect::Collect(collect) => {
                    has_pressed = true;
                    let keys = if collect.digits_max > 1 { "0000" } else { "1" };
                    Some(Event::Digits(Digits {
                        keys: Secret::new(keys.to_owned()),
                        played: usize::MAX,
                    }))
                }
                Effect::Check(_) => Some(Event::Checked(Checked::Right)),
                Effect::Query(_) | Effect::Dial | Effect::Hangup(_) => None,
            };
        }
        let Some(event) = next else {
            return plays;
        };
        effects = script.handle(event);
    }
}

fn said(speaker: &Speaker, play: &Play) -> anyhow::Result<Vec<i16>> {
    let sound = speaker.say(play).context("failed to speak")?;
    Ok(sound
        .into_iter()
        .map(|code| Codec::Mulaw.decode(code))
        .collect())
}

const fn per_ms(length_ms: usize) -> usize {
    SAMPLES_PER_SECOND as usize / 1_000 * length_ms
}

fn as_ms(samples: usize) -> i64 {
    i64::try_from(samples / per_ms(1)).unwrap_or(i64::MAX)
}

fn written(tag: &str) -> anyhow::Result<Language> {
    let Some(language) = Language::parse(tag) else {
        bail!("the languages are en and es");
    };
    Ok(language)
}

fn spoken(tag: &str) -> anyhow::Result<Spoken> {
    Ok(written(tag)?.into())
}
