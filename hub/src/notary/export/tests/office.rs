//! Evidence files of notices to offices: whole, tampered with, and of a release that is called off.

use jiff::{SignedDuration, Timestamp};
use savin_shared::clock::{EffectiveAt, Moment};
use savin_shared::record::custody::Custody;
use savin_shared::record::{Record, RecordBody};

use super::{exported, holds, later, no_changed_byte_passes, no_changed_value_passes, steps};
use crate::evidence::office::{CONVICTION, LISTING, OfficeFile, listing_subject};
use crate::ids::{EventPosition, NoticeId, RecordId};
use crate::intake::testing::{IN, Jail, load, send_one};
use crate::notary::Log;
use crate::notary::signing::Notary;
use crate::notary::signing::tests::{each, now};
use crate::notification::channel::Channel;
use crate::notification::office::OfficeNews;
use crate::store::Store;
use crate::store::conn::Tx;
use crate::store::registry::agency_notice::{self, After, NewAgencyNotice};
use crate::store::registry::decision::{self, DecisionId};
use crate::store::registry::recipient::{self, NewRecipient, Office, Place};
use crate::store::registry::{event, staff};
use crate::work::decision::{Choice, Decision};

fn place() -> Place {
    Place {
        county: "Hinds".to_owned(),
        municipality: String::new(),
    }
}

fn decided(tx: &mut Tx<'_>, kind: &'static str, subject: &str, choice: &str) -> DecisionId {
    let choice = Choice {
        kind,
        subject,
        choice,
        note: "",
    };
    let signed = Decision::sign(choice, "chief", now(), &later::chief().1);
    decision::record(tx, &signed).unwrap()
}

fn releasing(jail: &Jail, at: Option<Timestamp>) -> Record {
    let mut record = jail.record("1", IN);
    let number = record.number().clone();
    record.body = RecordBody::Custody(Box::new(Custody {
        scheduled_release_at: at.map(|at| EffectiveAt(Moment::exact(at))),
        ..Custody::new(number, IN)
    }));
    record
}

/// Somebody is to be released in twenty days; returns of which event the sheriff is told, and by which
/// record.
fn scheduled(registry: &Store) -> (EventPosition, RecordId) {
    let mut jail = Jail::new(registry, 1);
    let booked = jail.tells(&releasing(&jail, None));
    let at = now()
        .checked_add(SignedDuration::from_hours(24 * 20))
        .unwrap();
    let set = jail.tells(&releasing(&jail, Some(at)));
    let batch = jail.batch(vec![booked, set]);
    send_one(registry, &jail, &batch);
    let (position, scheduled) = registry
        .read_now("event", |tx| event::after(tx, EventPosition(0), 9))
        .unwrap()
        .pop()
        .unwrap();
    let person = load(registry, &jail, "1").person;
    registry
        .write_now("convict", move |tx| {
            staff::add(tx, &later::chief().0)?;
            let choice = "convicted at Hinds/";
            let by = decided(tx, CONVICTION, &format!("person/{person}"), choice);
            recipient::convict(tx, person, &place(), by, now())
        })
        .unwrap();
    (position, scheduled.record)
}

/// Puts the sheriff on the list and plans a notice.
fn planned(registry: &Store) -> NoticeId {
    let (event, record) = scheduled(registry);
    registry
        .write_now("plan", move |tx| {
            let new = NewRecipient {
                office: Office::Sheriff,
                place: place(),
                channel: Channel::Email,
                address: "sheriff@hinds.example".to_owned(),
            };
            let subject = listing_subject("sheriff", "Hinds", "");
            let by = decided(tx, LISTING, &subject, "email sheriff@hinds.example");
            let notice = NewAgencyNotice {
                news: OfficeNews::Release,
                event,
                record,
                recipient: recipient::add(tx, &new, by, now())?,
                channel: Channel::Email,
                due_at: now(),
            };
            Ok(agency_notice::plan(tx, &[notice], now())?[0])
        })
        .unwrap()
}

/// The file of a notice that the mail server put off once and then took, and that the office confirmed.
fn whole(notary: &Notary<'_>) -> String {
    let notice = planned(notary.registry);
    for after in [After::Again(now()), After::Told] {
        let carry = move |tx: &mut Tx<'_>| {
            let claimed = agency_notice::claim(tx, 9, now(), SignedDuration::from_mins(5))?;
            agency_notice::finish(tx, &claimed[0], after, "a server's answer", now())
        };
        assert!(notary.registry.write_now("carry", carry).unwrap());
    }
    let confirm = move |tx: &mut Tx<'_>| agency_notice::confirm(tx, notice, "desk", now());
    assert!(notary.registry.write_now("confirm", confirm).unwrap());
    exported(notary, notice)
}

#[test]
fn proves_a_notice_to_an_office_from_the_signed_row_to_its_own_word() {
    each("export_office", |notary| {
        let text = whole(notary);
        let steps = steps(notary, &text);
        assert!(holds(&steps), "{steps:#?}");
        let what: Vec<_> = steps.iter().map(|step| step.what).collect();
        let expected = [
            "file",
            "registry checkpoint",
            "agency's key",
            "batch",
            "receipt",
            "delta",
            "event",
            "office",
            "conviction",
            "notice",
            "attempt",
            "attempt",
            "confirmation",
        ];
        assert_eq!(what, expected);
        let said = |place: usize| steps[place].outcome.clone().unwrap();
        assert!(
            said(6).starts_with("ReleaseScheduled is event"),
            "{steps:#?}"
        );
        assert!(said(7).starts_with("Sheriff of Hinds County, put on the list by chief"));
        assert!(said(9).ends_with("20 whole days before the release that the event gives"));
        assert!(said(11).ends_with(": a server's answer"));
        assert!(said(12).ends_with("as noted by desk"));
        // The other log's key signs no such file.
        let other = super::verify(&text, notary.keys.public(Log::Vault));
        assert!(!holds(&other));
    });
}

#[test]
fn finds_every_byte_that_was_changed_of_an_offices_file() {
    each("export_office_bytes", |notary| {
        no_changed_byte_passes(notary, &whole(notary));
    });
}

#[test]
fn finds_every_value_of_an_offices_file_that_the_hub_itself_would_sign_anew() {
    each("export_office_values", |notary| {
        no_changed_value_passes(notary, &whole(notary), 100);
    });
}

#[test]
fn says_that_nobody_told_an_office_yet() {
    each("export_office_waits", |notary| {
        let notice = planned(notary.registry);
        let text = exported(notary, notice);
        let all = steps(notary, &text);
        assert!(holds(&all), "{all:#?}");
        let file = OfficeFile::open(&text, notary.keys.public(Log::Registry)).unwrap();
        assert_eq!((file.attempts.len(), file.confirmed), (0, None));
    });
}
