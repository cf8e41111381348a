//! A letter as staff handles it: from the batch to its return.

use jiff::Timestamp;
use savin_shared::pii::Pii;

use super::letters;
use crate::app;
use crate::cli::testing::{configured, run};
use crate::config::Config;
use crate::ids::{EventId, EventPosition, PersonId};
use crate::notification::contact::Contact;
use crate::notification::fact::Fact;
use crate::notification::postal::{PostalAddress, PostalLines};
use crate::notification::sentence::samples;
use crate::vault::Vault;
use crate::vault::command::{
    Answer, Choices, Command, PlannerCommand, StaffAnswer, StaffCommand, Subscribed,
};

const LETTERS: &str = "[letters]\nsender = ['PO Box 100', 'Jackson MS 39205']\naddress = 'standard'\n\
                       [letters.post]\nmailer = '123456'\nservice = '040'\n";

/// Registers somebody by letter, and plans a release for her.
fn planned(vault: &Vault, name: &str) {
    let part = |text: &str| Pii::new(text.to_owned());
    let lines = PostalLines {
        name: part(name),
        street: part("12 Elm Street Apartment 3"),
        city: part("Jackson"),
        state: part("MS"),
        zip: part("39201"),
        ..PostalLines::default()
    };
    let register = StaffCommand::Register {
        contacts: vec![Contact::Letter(PostalAddress::parse(&lines).unwrap())],
        to: None,
        about: Subscribed {
            person: PersonId::from_bytes([2; 16]),
            label: "A.S.".to_owned(),
        },
        choices: Choices::default(),
    };
    vault.handle(Command::Staff(register)).unwrap();
}

fn plan(vault: &Vault) {
    plan_event(vault, 0);
}

fn plan_next(vault: &Vault) {
    plan_event(vault, 1);
}

/// Plans a release that comes after so many others.
fn plan_event(vault: &Vault, before: i64) {
    let now: Timestamp = (app::world().wall)();
    let fact = Fact {
        event: EventId::from_bytes([9 + u8::try_from(before).unwrap(); 16]),
        position: EventPosition(before + 1),
        effective_at: Some(now),
        observed_at: now,
        received_at: now,
        ..samples::release()
    };
    let plan = PlannerCommand::Plan {
        from: EventPosition(before),
        to: EventPosition(before + 1),
        facts: vec![fact],
    };
    vault.handle(Command::Planner(plan)).unwrap();
}

/// A hub that makes letters, with a member of staff and two letters that wait.
fn ready() -> (tempfile::TempDir, Config) {
    let folder = tempfile::tempdir().unwrap();
    configured(folder.path());
    let path = folder.path().join("hub.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{text}{LETTERS}")).unwrap();
    let config = Config::load(&path, None).unwrap();
    assert!(run(
        folder.path(),
        "staff add desk --role admin --output desk.key"
    ));
    let vault = app::open_vault(&config).unwrap();
    planned(&vault, "A. Sample");
    planned(&vault, "B. Sample");
    plan(&vault);
    (folder, config)
}

fn states(config: &Config) -> Vec<(String, String)> {
    let rows = letters(&app::open_vault(config).unwrap(), 99, false).unwrap();
    let named = rows
        .into_iter()
        .map(|row| (row.notice.to_string(), row.state));
    named.collect()
}

fn all_are(config: &Config, state: &str) -> bool {
    states(config).iter().all(|(_, standing)| standing == state)
}

#[test]
fn makes_a_batch_of_what_waits_once() {
    let (folder, config) = ready();
    let run = |line: &str| run(folder.path(), line);
    assert!(run("letters batch --dry-run"));
    assert!(all_are(&config, "planned"));
    assert!(!run("letters batch"), "nobody signed");
    assert!(run("letters batch --as desk.key"));
    assert!(all_are(&config, "spooled"));
    let spool = folder.path().join("letters");
    let batches: Vec<_> = std::fs::read_dir(&spool)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let [batch] = batches.as_slice() else {
        panic!("{batches:?}")
    };
    let spooled = savin_letter::spool::open(&spool, batch).unwrap();
    assert_eq!(spooled.letters.len(), 2);
    assert!(run("letters batch --as desk.key"), "none is left");
    let print = format!("letters print {batch} --as desk.key");
    assert!(!run(&print), "there is no printer");
}

#[test]
fn makes_as_many_batches_as_it_takes_and_loses_no_letter() {
    let (folder, config) = ready();
    let run = |line: &str| run(folder.path(), line);
    let vault = app::open_vault(&config).unwrap();
    for number in 3..=7 {
        planned(&vault, &format!("{number}. Sample"));
    }
    plan_next(&vault);
    // Two were registered before the first event, and all seven before the second.
    assert_eq!(states(&config).len(), 9);
    let spool = folder.path().join("letters");
    let batches = || -> Vec<Vec<String>> {
        let mut names: Vec<_> = std::fs::read_dir(&spool)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        let open = |name: &String| savin_letter::spool::open(&spool, name).unwrap().letters;
        let numbers = |name: &String| open(name).into_iter().map(|letter| letter.number);
        names.iter().map(|name| numbers(name).collect()).collect()
    };
    assert!(run("letters batch --limit 2 --batches 1 --as desk.key"));
    assert_eq!(batches().len(), 1);
    assert!(run("letters batch --limit 3 --as desk.key"));
    assert!(all_are(&config, "spooled"));
    let made = batches();
    let sizes: Vec<usize> = made.iter().map(Vec::len).collect();
    assert_eq!(sizes, [2, 3, 3, 1]);
    let mut numbers = made.concat();
    numbers.sort();
    let mut known: Vec<_> = states(&config)
        .into_iter()
        .map(|(number, _)| number)
        .collect();
    known.sort();
    assert_eq!(numbers, known, "each letter once");
}

#[test]
fn follows_a_letter_by_the_scan_of_its_number() {
    let (folder, config) = ready();
    let run = |line: &str| run(folder.path(), line);
    assert!(run("letters batch --as desk.key"));
    let numbers: Vec<String> = states(&config)
        .into_iter()
        .map(|(number, _)| number)
        .collect();
    let [first, second] = numbers.as_slice() else {
        panic!("{numbers:?}")
    };
    let state = |number: &str| {
        let all = states(&config);
        let found = all.into_iter().find(|(known, _)| known == number);
        found.unwrap().1
    };
    assert!(
        !run("letters printed 00000000 --as desk.key"),
        "no letter's"
    );
    assert!(!run(&format!("letters mailed {first}")), "nobody signed");
    assert!(run(&format!(
        "letters printed {first} {second} --as desk.key"
    )));
    // The number that stands on the paper is the beginning of the one that is scanned.
    let short: String = first.chars().take(8).collect();
    assert!(run(&format!("letters mailed {short} --as desk.key")));
    assert_eq!(
        (state(first), state(second)),
        ("mailed".into(), "printed".into())
    );
    assert!(run(&format!(
        "letters returned {first} --note moved --as desk.key"
    )));
    assert_eq!(state(first), "refused");
    assert!(run("letters list --json"));
}

#[test]
fn makes_the_page_for_alignment_of_the_envelope_that_is_configured() {
    let (folder, _) = ready();
    // A word that ends in `.key` is a file in the folder.
    assert!(run(folder.path(), "letters align --output page.key"));
    let page = std::fs::read(folder.path().join("page.key")).unwrap();
    assert!(page.starts_with(b"%PDF"));
    let bare = tempfile::tempdir().unwrap();
    configured(bare.path());
    assert!(!run(bare.path(), "letters align --output page.key"));
}

#[test]
fn refuses_an_envelope_or_a_printer_that_cannot_be() {
    let folder = tempfile::tempdir().unwrap();
    configured(folder.path());
    let path = folder.path().join("hub.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let refused = |letters: &str| {
        std::fs::write(&path, format!("{text}{letters}")).unwrap();
        Config::load(&path, None).unwrap_err().to_string()
    };
    let sender = "[letters]\nsender = ['PO Box 100']\n";
    let cases = [
        ("[letters]\nsender = []\n", "1 to 4 lines"),
        (&format!("{sender}envelope = 'number-11'\n"), "number-10"),
        (&format!("{sender}sides = 'three'\n"), "\"one\" or \"two\""),
        (
            &format!("{sender}address = 'loud'\n"),
            "\"typed\" or \"standard\"",
        ),
        (
            &format!("{sender}printer = 'ipp://elsewhere.example/printers/a'\n"),
            "this machine",
        ),
        (
            &format!("{sender}[letters.post]\nmailer = '1'\nservice = '040'\n"),
            "mailer",
        ),
        (
            &format!(
                "{sender}[letters.windows]\nsender = {{ left = 0.5, top = 0.5, width = 3.5, height = 0.8 }}\n\
                 recipient = {{ left = 0.5, top = 2.0, width = 3.5, height = 0.8 }}\nbody_top = 3.0\n"
            ),
            "above the first fold",
        ),
    ];
    for (letters, message) in cases {
        let said = refused(letters);
        assert!(said.contains(message) && said.contains("line "), "{said}");
    }
}

#[test]
fn takes_a_code_that_she_said_and_writes_no_more_to_where_a_letter_came_back_from() {
    let (folder, config) = ready();
    let run = |line: &str| run(folder.path(), line);
    assert!(run(
        "staff add clerk --role operator --output clerk.key --as desk.key"
    ));
    assert!(!run("letters batch --limit 5001 --as desk.key"));
    assert!(run("letters batch --as desk.key"));
    let vault = app::open_vault(&config).unwrap();
    let [first, second] = states(&config).try_into().unwrap();
    let code = |notice: &str| {
        let notice = savin_shared::hash::unhex(&notice.replace('-', "")).unwrap();
        let command = StaffCommand::Message { notice };
        let Answer::Staff(StaffAnswer::Message(Some(message))) =
            vault.handle(Command::Staff(command)).unwrap()
        else {
            panic!("a message")
        };
        message.marks.letter.to_string()
    };
    let said = code(&first.0);
    let last = if said.ends_with('0') { '1' } else { '0' };
    let wrong: String = said.chars().take(13).chain([last]).collect();
    for refused in [
        format!("letters confirm {said}"),
        "letters confirm ABCD --as clerk.key".to_owned(),
        format!("letters confirm {wrong} --as clerk.key"),
    ] {
        assert!(!run(&refused), "{refused}");
    }
    assert!(run(&format!("letters confirm {said} --as clerk.key")));
    let standing = |notice: &str| {
        let mut states = states(&config).into_iter();
        states.find(|(known, _)| known == notice).unwrap().1
    };
    assert_eq!(standing(&first.0), "confirmed");
    assert!(run(&format!(
        "letters confirm {said} --as clerk.key --json"
    )));
    // The other came back: what is planned next is written to nobody there.
    assert!(run(&format!(
        "letters returned {} --as clerk.key",
        second.0
    )));
    plan_next(&vault);
    assert!(run("letters batch --as desk.key --json"));
    let mut after: Vec<String> = states(&config)
        .into_iter()
        .map(|(_, state)| state)
        .collect();
    after.sort();
    assert_eq!(after, ["confirmed", "refused", "spooled"]);
}
