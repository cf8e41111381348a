//! The rules before a notice and what was heard after it: bounces and confirmations, in evidence files.

use savin_shared::sign::SigningKey;
use serde_json::Value;

use super::{ask, exported, holds, steps, told, told_to};
use crate::ids::EventPosition;
use crate::notary::Log;
use crate::notary::signing::Notary;
use crate::notary::signing::tests::{each, now};
use crate::store::Store;
use crate::store::registry::decision;
use crate::store::registry::rules::{self, Adopted};
use crate::store::registry::staff::{self, StaffRow};
use crate::vault::command::{CourierAnswer, CourierCommand, Later};
use crate::work::decision::{Choice, Decision};
use crate::work::role::Role;
use crate::work::versions::TableName;

/// An admin, and the key.
pub(super) fn chief() -> (StaffRow, SigningKey) {
    let key = SigningKey::from_seed(&[9; 32]).unwrap();
    let row = StaffRow {
        key: key.verifying_key(),
        name: "chief".to_owned(),
        role: Role::Admin,
        added_at: now(),
        added_by: "chief".to_owned(),
        removed_at: None,
        removed_by: None,
    };
    (row, key)
}

/// Lets a table of what is told count from the first event on.
fn adopt(registry: &Store) {
    let (name, body) = (TableName::Notification, "event,urgency\nReleased,2\n");
    let (chief, key) = chief();
    let choice = Choice {
        kind: name.adoption(),
        subject: "rules/notification/1",
        choice: &name.choice(1, body),
        note: "releases sooner",
    };
    let signed = Decision::sign(choice, "chief", now(), &key);
    registry
        .write_now("adopt", move |tx| {
            staff::add(tx, &chief)?;
            let version = Adopted {
                number: 1,
                body: body.to_owned(),
                changes: String::new(),
                reason: "releases sooner".to_owned(),
                adopted_at: now(),
                after: EventPosition(0),
                decision: decision::record(tx, &signed)?,
            };
            rules::adopt(tx, name, &version)
        })
        .unwrap();
}

/// The file of a notice by an adopted table, of which a server said later that it bounced, and which she
/// confirmed all the same.
pub(super) fn whole(notary: &Notary<'_>) -> String {
    adopt(notary.registry);
    let (marks, _) = told_to(
        notary.registry,
        notary.vault,
        &["avery@example.test"],
        "250 ok",
    );
    let notice = marks[0].notice;
    let bounced = CourierCommand::Heard {
        notice,
        later: Later::Bounced {
            detail: "550 5.1.1 no such mailbox".to_owned(),
        },
    };
    let noted = ask(notary.vault, bounced);
    assert!(matches!(noted, CourierAnswer::Noted(true)), "{noted:?}");
    super::confirm(notary, marks[0]);
    exported(notary, notice)
}

pub(super) fn document(text: &str) -> Value {
    serde_json::from_str(text.lines().next().unwrap()).unwrap()
}

/// Signs a document as the hub itself would.
pub(super) fn forge(notary: &Notary<'_>, document: &Value) -> String {
    let signer = notary.keys.of(Log::Registry);
    signer.sign(&format!("{document}\n")).unwrap()
}

#[test]
fn proves_by_which_rules_it_was_told_that_it_bounced_and_that_she_confirmed() {
    each("export_later", |notary| {
        let steps = steps(notary, &whole(notary));
        assert!(holds(&steps), "{steps:#?}");
        let said = |what| {
            let step = steps.iter().find(|step| step.what == what).unwrap();
            step.outcome.clone().unwrap()
        };
        let rules = said("rules");
        assert!(
            rules.starts_with("version 1 of notification, adopted by chief"),
            "{rules}"
        );
        let bounced = said("heard later");
        assert!(bounced.starts_with("bounced on 2026-06-15"), "{bounced}");
        assert!(
            bounced.ends_with(": 550 5.1.1 no such mailbox"),
            "{bounced}"
        );
        let confirmed = said("confirmation");
        assert_eq!(
            confirmed,
            "she confirmed it by her link on 2026-06-15T12:00:00Z"
        );
    });
}

#[test]
fn misses_what_was_left_out_before_the_last() {
    each("export_left_out", |notary| {
        let mut document = document(&whole(notary));
        let heard = document["heard"].as_array_mut().unwrap();
        assert_eq!(heard.len(), 2);
        heard.remove(0);
        let steps = steps(notary, &forge(notary, &document));
        let confirmation = steps
            .iter()
            .find(|step| step.what == "confirmation")
            .unwrap();
        let why = confirmation.outcome.clone().unwrap_err().to_string();
        assert_eq!(why, "the one before it is missing");
    });
}

#[test]
fn takes_no_table_that_was_adopted_after_the_event() {
    each("export_rules_late", |notary| {
        let notice = told(notary.registry, notary.vault, "250 ok");
        adopt(notary.registry);
        let before = document(&exported(notary, notice));
        assert_eq!(before["told"]["rules"].as_array().unwrap().len(), 1);
        let steps = steps(notary, &forge(notary, &before));
        let rules = steps.iter().find(|step| step.what == "rules").unwrap();
        let why = rules.outcome.clone().unwrap_err().to_string();
        assert_eq!(why, "the times contradict each other");
    });
}

#[test]
fn still_takes_a_file_from_before_these_were_in_it() {
    each("export_format_before", |notary| {
        let notice = told(notary.registry, notary.vault, "250 ok");
        let mut document = document(&exported(notary, notice));
        document["format"] = "savin/evidence/1".into();
        document.as_object_mut().unwrap().remove("heard");
        document["told"].as_object_mut().unwrap().remove("rules");
        let steps = steps(notary, &forge(notary, &document));
        assert!(holds(&steps), "{steps:#?}");
        document["format"] = "savin/evidence/4".into();
        assert!(!holds(&super::steps(notary, &forge(notary, &document))));
    });
}
