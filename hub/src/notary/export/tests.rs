//! Evidence files of invented notices: whole, tampered with, and after the registrant is gone.

mod change;
mod elsewhere;
mod later;
mod office;
mod tampered;

use jiff::{SignedDuration, Timestamp};
use savin_shared::delta::Origin;
use savin_shared::pii::Secret;
use savin_shared::sign::SigningKey;
use savin_shared::world::World;
use serde_json::Value;

use super::export;
use crate::evidence::file::EvidenceFile;
use crate::evidence::verify::{Step, verify};
use crate::ids::{EventPosition, NoticeId, PersonId};
use crate::intake::backfill;
use crate::intake::testing::{BOND, IN, Jail, load, now as jail_now, random, send_one};
use crate::notary::Log;
use crate::notary::signing::Notary;
use crate::notary::signing::tests::{each, now, pass};
use crate::notification::address::EmailAddress;
use crate::notification::channel::Channel;
use crate::notification::contact::Contact;
use crate::notification::fact::{Disclosure, Fact};
use crate::notification::mark::Mark;
use crate::store::Store;
use crate::store::registry::event;
use crate::vault::Vault;
use crate::vault::client::Port;
use crate::vault::command::{
    Choices, Content, CourierAnswer, CourierCommand, PlannerCommand, PortalAnswer, PortalCommand,
    Room, StaffCommand, Stops, Subscribed, Ticket, TryOutcome,
};

fn ask<P: Port>(vault: &Vault, command: P) -> P::Answer {
    P::answer(vault.handle(command.command()).unwrap()).expect("an answer of the same port")
}

fn claim(vault: &Vault) -> Vec<crate::vault::command::Message> {
    let CourierAnswer::Messages(messages) = ask(
        vault,
        CourierCommand::Claim {
            channel: Channel::Email,
            room: Room::all(9),
        },
    ) else {
        panic!("messages")
    };
    messages
}

fn accept(vault: &Vault, notice: NoticeId, claim: i64, detail: &str) {
    let outcome = TryOutcome::Accepted {
        detail: detail.to_owned(),
    };
    ask(
        vault,
        CourierCommand::Finish {
            notice,
            claim,
            outcome,
        },
    );
}

fn receipt_key() -> SigningKey {
    SigningKey::from_seed(&[6; 32]).unwrap()
}

/// Registers an address for a person.
fn register(vault: &Vault, address: &str, person: PersonId) {
    let about = Subscribed {
        person,
        label: "A.S.".to_owned(),
    };
    let choices = Choices {
        disclosure: Disclosure::Full,
        ..Choices::default()
    };
    let contacts = vec![Contact::Email(EmailAddress::parse(address).unwrap())];
    let to = None;
    let register = StaffCommand::Register {
        contacts,
        to,
        about,
        choices,
    };
    ask(vault, register);
}

/// Books three people, lets one go, and tells it to the one who asked.
fn told(registry: &Store, vault: &Vault, detail: &str) -> NoticeId {
    told_to(registry, vault, &["avery@example.test"], detail).0[0].notice
}

/// The same for several who asked; returns the marks by which they confirm, and the agency's jail.
pub(in crate::notary) fn told_to(
    registry: &Store,
    vault: &Vault,
    addresses: &[&str],
    detail: &str,
) -> (Vec<Mark>, Jail) {
    let mut jail = Jail::new(registry, 1);
    let booked = ["1", "2", "3"].map(|number| jail.lists(Origin::Live, &jail.record(number, IN)));
    let batch = jail.batch(booked.into());
    send_one(registry, &jail, &batch);
    let person = load(registry, &jail, "2").person;
    for address in addresses {
        register(vault, address, person);
    }
    let moved = [
        jail.tells(&jail.record("1", IN)),
        jail.tells(&jail.record("2", BOND)),
    ];
    let batch = jail.batch(moved.into());
    send_one(registry, &jail, &batch);
    plan_last(registry, vault, person);
    let mut marks = Vec::new();
    for message in std::iter::repeat_with(|| claim(vault))
        .take(addresses.len())
        .flatten()
    {
        accept(vault, message.notice, message.claim, detail);
        marks.push(message.marks.seen);
    }
    (marks, jail)
}

/// Plans what is told of the last event.
fn plan_last(registry: &Store, vault: &Vault, person: PersonId) {
    let (position, released) = registry
        .read_now("event", |tx| event::after(tx, EventPosition(0), 9))
        .unwrap()
        .pop()
        .unwrap();
    let fact = Fact {
        event: released.event,
        position,
        person,
        code: released.code.code(),
        urgency: 2,
        name: None,
        facility: "Test Jail".to_owned(),
        from_facility: None,
        still_held_at: None,
        elsewhere: Default::default(),
        effective_at: None,
        observed_at: released.observed_at.timestamp(),
        received_at: released.received_at.timestamp(),
        found_late: false,
        followed: None,
        corrects: None,
        details: released.details,
    };
    let from = EventPosition(0);
    let facts = vec![fact];
    ask(
        vault,
        PlannerCommand::Plan {
            from,
            to: position,
            facts,
        },
    );
}

/// Confirms a notice by the button behind the link of its message.
pub(in crate::notary) fn confirm(notary: &Notary<'_>, mark: Mark) {
    let seen = ask(notary.vault, PortalCommand::Seen { mark });
    assert_eq!(seen, PortalAnswer::Done);
}

fn exported(notary: &Notary<'_>, notice: NoticeId) -> String {
    export(notary, notice, &receipt_key(), now()).unwrap()
}

fn steps(notary: &Notary<'_>, text: &str) -> Vec<Step> {
    verify(text, notary.keys.public(Log::Registry))
}

fn holds(steps: &[Step]) -> bool {
    steps.iter().all(|step| step.outcome.is_ok())
}

#[test]
fn proves_a_notice_from_the_signed_row_to_the_server_that_took_it() {
    each("export_whole", |notary| {
        let notice = told(notary.registry, notary.vault, "250 2.0.0 Ok: queued as 4F2");
        let text = exported(notary, notice);
        let steps = steps(notary, &text);
        assert!(holds(&steps), "{steps:#?}");
        let what: Vec<_> = steps.iter().map(|step| step.what).collect();
        let expected = [
            "file",
            "registry checkpoint",
            "vault checkpoint",
            "agency's key",
            "batch",
            "receipt",
            "delta",
            "event",
            "notice",
            "attempt",
        ];
        assert_eq!(what, expected);
        let said: Vec<_> = steps
            .iter()
            .map(|step| step.outcome.clone().unwrap())
            .collect();
        assert!(said[7].starts_with("Released is event"), "{said:#?}");
        assert!(
            said[9].ends_with(": 250 2.0.0 Ok: queued as 4F2"),
            "{said:#?}"
        );
        // Nobody else's row is in it, and nothing of hers.
        assert!(!text.contains("avery@"), "{text}");
        let file = EvidenceFile::open(&text, notary.keys.public(Log::Registry)).unwrap();
        let source = file.told.unwrap().source.unwrap();
        let batch =
            base64::Engine::decode(&base64::engine::general_purpose::STANDARD, &source.batch);
        let batch = savin_shared::envelope::portable::decode(&batch.unwrap()).unwrap();
        let bodies = savin_shared::envelope::open(
            &batch,
            &SigningKey::from_seed(&[1; 32]).unwrap().verifying_key(),
        );
        let kept: Vec<_> = bodies
            .unwrap()
            .iter()
            .map(|(_, body)| body.is_some())
            .collect();
        assert_eq!(kept, [false, true]);
        // The other log's key signs no such file.
        assert!(!holds(&verify(&text, notary.keys.public(Log::Vault))));
    });
}

#[test]
fn finds_every_byte_that_was_changed() {
    each("export_bytes", |notary| {
        let text = later::whole(notary);
        no_changed_byte_passes(notary, &text);
    });
}

fn no_changed_byte_passes(notary: &Notary<'_>, text: &str) {
    for place in 0..text.len() {
        let mut bytes = text.to_owned().into_bytes();
        bytes[place] ^= 1 << (place % 7);
        let Ok(changed) = String::from_utf8(bytes) else {
            continue;
        };
        assert!(!holds(&steps(notary, &changed)), "byte {place}");
    }
    for end in [0, 1, text.len() / 2, text.len() - 1] {
        assert!(
            !holds(&steps(notary, text.get(..end).unwrap_or_default())),
            "cut at {end}"
        );
    }
}

/// Changes each value of a file, and signs it as the hub itself would.
fn no_changed_value_passes(notary: &Notary<'_>, text: &str, values_min: usize) {
    let document = text.lines().next().unwrap();
    let document: Value = serde_json::from_str(document).unwrap();
    let signer = notary.keys.of(Log::Registry);
    let is_without_event = document["notice"]["change"].is_object();
    let all = changes(&document);
    assert!(all.len() > values_min, "{} changes", all.len());
    for (path, changed) in all {
        let forged = signer.sign(&format!("{changed}\n")).unwrap();
        let found = !holds(&steps(notary, &forged));
        // Only the file's own date hangs on nothing but the file's signature, and where no event is told the key of
        // receipts.
        let is_free = path == "/made_at" || path == "/keys/receipt" && is_without_event;
        assert_eq!(found, !is_free, "{path}");
    }
}

/// Returns what a value could be changed to, each with where.
fn changes(value: &Value) -> Vec<(String, Value)> {
    match value {
        Value::Null => Vec::new(),
        Value::Bool(value) => vec![(String::new(), Value::Bool(!value))],
        Value::Number(number) => {
            vec![(String::new(), (number.as_u64().unwrap() + 1).into())]
        }
        Value::String(text) => vec![(String::new(), changed_text(text).into())],
        Value::Array(items) => (0..items.len())
            .flat_map(|place| {
                let inner = changes(&items[place]);
                inner.into_iter().map(move |(path, changed)| {
                    let mut items = items.clone();
                    items[place] = changed;
                    (format!("/{place}{path}"), Value::Array(items))
                })
            })
            .collect(),
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| {
                changes(value).into_iter().map(move |(path, changed)| {
                    let mut fields = fields.clone();
                    fields.insert(name.clone(), changed);
                    (format!("/{name}{path}"), Value::Object(fields))
                })
            })
            .collect(),
    }
}

/// Changes one letter or digit in the middle, a time by a second.
fn changed_text(text: &str) -> String {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Timestamp::from_second(at.as_second() + 1)
            .unwrap()
            .to_string();
    }
    let mut letters: Vec<char> = text.chars().collect();
    let middle = letters.len() / 2;
    match letters.get(middle) {
        Some('a') => letters[middle] = 'b',
        Some(_) => letters[middle] = 'a',
        None => letters.push('a'),
    }
    letters.into_iter().collect()
}

#[test]
fn finds_every_value_that_the_hub_itself_would_sign_anew() {
    each("export_values", |notary| {
        no_changed_value_passes(notary, &later::whole(notary), 90);
    });
}

#[test]
fn leaves_the_proof_whole_and_nothing_of_her_once_she_is_forgotten() {
    each("export_forgotten", |notary| {
        let before = later::whole(notary);
        let file = EvidenceFile::open(&before, notary.keys.public(Log::Registry)).unwrap();
        let notice: NoticeId = file.notice.notice.parse().unwrap();
        let signed = notary.head(Log::Vault).unwrap();
        forget(notary.vault, "avery@example.test");
        assert!(
            holds(&steps(notary, &before)),
            "what was exported before still holds"
        );
        let text = exported(notary, notice);
        let steps = steps(notary, &text);
        assert!(holds(&steps), "{steps:#?}");
        let file = EvidenceFile::open(&text, notary.keys.public(Log::Registry)).unwrap();
        assert_eq!((file.notice.opening, file.told), (None, None));
        assert_eq!((file.attempts.len(), file.heard.len()), (1, 2));
        let answers = file.heard.iter().filter_map(|heard| heard.answer.as_ref());
        assert!(
            answers.clone().count() == 1,
            "that a server gave a reason stays"
        );
        assert!(answers.clone().all(|answer| answer.opening.is_none()));
        // The log is what it was, and goes on.
        assert_eq!(notary.at(Log::Vault, signed.size).unwrap(), signed);
        let old = EvidenceFile::open(&before, notary.keys.public(Log::Registry)).unwrap();
        let opening = old.notice.opening.unwrap();
        for secret in [opening.salt, opening.event, opening.pseudonym] {
            assert!(!text.contains(&secret), "{secret}");
        }
    });
}

/// Stops everything for an address, as its owner does, and waits until that is so.
fn forget(vault: &Vault, address: &str) {
    let stop = PortalCommand::Stop {
        session: session(vault, address),
        what: Stops::Everything,
        pin: None,
    };
    ask(vault, stop);
    pass(SignedDuration::from_hours(72));
    ask(vault, PlannerCommand::Escalate);
}

/// Opens the page of whoever is told at an address.
fn session(vault: &Vault, address: &str) -> Ticket {
    let begin = PortalCommand::BeginAccess {
        address: EmailAddress::parse(address).unwrap(),
        language: crate::notification::words::Language::default(),
    };
    let PortalAnswer::Begun(ticket) = ask(vault, begin) else {
        panic!("a ticket")
    };
    let message = claim(vault).pop().unwrap();
    let Content::Code(code) = message.content else {
        panic!("a code")
    };
    accept(vault, message.notice, message.claim, "250 ok");
    let code: Secret<String> = code;
    let PortalAnswer::Session(session) = ask(vault, PortalCommand::ConfirmAccess { ticket, code })
    else {
        panic!("a session")
    };
    session
}

#[test]
fn says_why_there_is_no_file() {
    each("export_refused", |notary| {
        let refused = export(notary, NoticeId::from_bytes([9; 16]), &receipt_key(), now());
        let refused = anyhow::Error::new(refused.unwrap_err());
        assert!(
            format!("{refused:#}").contains("no such notice"),
            "{refused:#}"
        );
    });
}

#[test]
fn withholds_an_answer_that_repeats_the_address() {
    each("export_answer", |notary| {
        let notice = told(notary.registry, notary.vault, "250 ok <AVERY@example.test>");
        let text = exported(notary, notice);
        assert!(!text.to_lowercase().contains("avery@"), "{text}");
        let steps = steps(notary, &text);
        assert!(holds(&steps), "{steps:#?}");
    });
}

/// Takes away what an older program did not keep.
fn without_evidence(registry: &Store) {
    for sql in [
        "DELETE FROM evidence_leaf",
        "DELETE FROM evidence_node",
        "DELETE FROM evidence_head",
    ] {
        registry
            .write_now("older", move |tx| tx.execute(sql, &[]))
            .unwrap();
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "nothing here has a deadline")]
fn says_of_each_entry_that_was_added_later_that_it_proves_nothing_of_before() {
    each("export_older", |notary| {
        let notice = told(notary.registry, notary.vault, "250 ok");
        without_evidence(notary.registry);
        let world = World {
            wall: jail_now,
            monotonic: std::time::Instant::now,
            random,
        };
        backfill::add(notary.registry, &world, |_| {}).unwrap();
        let text = exported(notary, notice);
        let steps = steps(notary, &text);
        assert!(holds(&steps), "{steps:#?}");
        let later: Vec<_> = steps
            .iter()
            .filter(|step| {
                step.outcome
                    .as_ref()
                    .is_ok_and(|said| said.contains("was added on"))
            })
            .map(|step| step.what)
            .collect();
        // The vault's own entries were there from the first.
        assert_eq!(later, ["agency's key", "batch", "event"]);
    });
}
