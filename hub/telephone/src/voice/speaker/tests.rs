//! What is said without a command, with recordings, and what is never kept.

use std::fs;
use std::path::Path;

use savin_shared::pii::{Pii, Secret};

use super::{SpeakError, Speaker};
use crate::audio::wav;
use crate::script::prompt::Prompt;
use crate::script::speech::{Language, Play, Utterance};
use crate::voice::catalogue::{self, Catalogue, Phrase};
use crate::voice::engine::Engine;

fn speaker(folder: &Path, command: &[&str]) -> Speaker {
    let catalogue = Catalogue {
        folder: folder.join("rendered"),
        recordings: Some(folder.join("recorded")),
    };
    let engine = Engine {
        command: command.iter().map(|word| (*word).to_owned()).collect(),
        ..Engine::default()
    };
    Speaker::new(catalogue, engine, folder.join("names"))
}

fn play(say: Vec<Utterance>) -> Play {
    Play {
        language: Language::Spanish,
        say,
    }
}

/// Records phrases: each a sound of its own length.
fn record(folder: &Path, phrases: &[Phrase]) {
    let folder = folder.join("recorded/es");
    fs::create_dir_all(&folder).unwrap();
    for (phrase, length) in phrases.iter().zip(800..) {
        let file = wav::write(&vec![9_000; length]);
        fs::write(folder.join(&phrase.name).with_extension("wav"), file).unwrap();
    }
}

#[test]
fn spells_a_name_where_no_command_can_say_it() {
    let folder = tempfile::tempdir().unwrap();
    record(folder.path(), &["A", "B"].map(Phrase::of_words));
    let name = || Utterance::Name(Pii::new("Ab".to_owned()));
    let said = speaker(folder.path(), &["false"]).say(&play(vec![name()]));
    let sound = said.unwrap();
    assert_eq!(sound.len(), 800 + 801 + 2 * 70 * 8);
    assert!(!folder.path().join("names").exists());
}

#[test]
fn says_nothing_where_fixed_words_would_be_missing() {
    let folder = tempfile::tempdir().unwrap();
    let said = speaker(folder.path(), &["false"]).say(&play(vec![
        Utterance::Pause,
        Utterance::Words("quedó en libertad".to_owned()),
    ]));
    assert!(matches!(said, Err(SpeakError::Phrase(..))));
}

#[test]
fn takes_a_recording_before_what_was_rendered() {
    let folder = tempfile::tempdir().unwrap();
    let phrase = Phrase::of_prompt(Language::Spanish, Prompt::Goodbye);
    let rendered = folder.path().join("rendered/es");
    fs::create_dir_all(&rendered).unwrap();
    fs::write(rendered.join(&phrase.name).with_extension("ulaw"), [1; 100]).unwrap();
    let goodbye = || play(vec![Utterance::Prompt(Prompt::Goodbye)]);
    let said = speaker(folder.path(), &["false"]).say(&goodbye()).unwrap();
    assert_eq!(said.len(), 100 + 300 * 8);
    record(folder.path(), &[phrase]);
    let said = speaker(folder.path(), &["false"]).say(&goodbye()).unwrap();
    assert_eq!(said.len(), 800 + 300 * 8);
}

#[test]
fn keeps_what_was_said_of_a_name_and_nothing_of_a_code_word() {
    let folder = tempfile::tempdir().unwrap();
    let sound = folder.path().join("sound.wav");
    fs::write(&sound, wav::write(&[5_000; 500])).unwrap();
    let speaker = speaker(folder.path(), &["cat", sound.to_str().unwrap()]);
    let word = Utterance::CodeWord(Pii::new("bluebird".to_owned()));
    speaker.say(&play(vec![word])).unwrap();
    assert!(!folder.path().join("names").exists());
    let name = Utterance::Name(Pii::new("Avery Sample".to_owned()));
    speaker.say(&play(vec![name])).unwrap();
    let kept = fs::read_dir(folder.path().join("names/es")).unwrap();
    let kept: Vec<_> = kept.map(|file| file.unwrap().file_name()).collect();
    assert_eq!(kept.len(), 1);
    assert!(!kept[0].to_string_lossy().contains("Avery"));
}

#[test]
fn keeps_the_sound_of_so_many_names_and_lets_the_oldest_go() {
    let folder = tempfile::tempdir().unwrap();
    let names = folder.path();
    for (name, seconds) in [("1", 2_000), ("2", 1_000), ("3", 3_000)] {
        let path = names.join(name);
        fs::write(&path, [0; 8]).unwrap();
        let at = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
        fs::File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(at)
            .unwrap();
    }
    catalogue::bound(names, 3).unwrap();
    assert_eq!(fs::read_dir(names).unwrap().count(), 3);
    catalogue::bound(names, 2).unwrap();
    assert!(names.join("1").exists() && !names.join("2").exists() && names.join("3").exists());
    catalogue::bound(names, 1).unwrap();
    assert!(!names.join("1").exists() && names.join("3").exists());
}

#[test]
fn says_a_code_digit_by_digit() {
    let folder = tempfile::tempdir().unwrap();
    record(folder.path(), &["4", "8"].map(Phrase::of_words));
    let code = Utterance::Code(Secret::new("484".to_owned()));
    let said = speaker(folder.path(), &["false"])
        .say(&play(vec![code]))
        .unwrap();
    assert_eq!(said.len(), 800 + 801 + 800 + 3 * 70 * 8);
}
