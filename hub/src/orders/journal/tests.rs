//! A journal that is written, torn, changed, copied and opened with another key.

use jiff::Timestamp;
use savin_shared::ids::AgencyId;
use savin_shared::sign::SigningKey;

use super::entry::{Act, Entry, Given};
use super::{Journal, JournalError};
use crate::ids::{EntryId, EventId, PersonId};
use crate::intake::testing::ORDERS;
use crate::journal::signed::Signed;
use crate::store::registry::court_order::{NewOrder, OrderKind};
use crate::store::registry::expunged::OrderKey;
use crate::work::decision::{Choice, Decision};
use crate::work::role::Role;

fn signed(number: u8) -> Signed {
    let key = SigningKey::from_seed(&[number; 32]).unwrap();
    let choice = Choice {
        kind: "seal",
        subject: "order 26-0118 of Hinds",
        choice: "seal 1",
        note: "",
    };
    let at: Timestamp = "2026-06-15T12:00:00Z".parse().unwrap();
    Signed {
        decision: Decision::sign(choice, "lead", at, &key),
        role: Role::Supervisor,
    }
}

fn given(number: u8) -> Entry {
    let signed = signed(number);
    Entry {
        id: EntryId::of_decision(&signed.decision.signature),
        at: signed.decision.decided_at,
        act: Act::Give(Box::new(Given {
            about: NewOrder {
                kind: OrderKind::Expunge,
                number: "26-0118".to_owned(),
                court: "Hinds".to_owned(),
            },
            named: vec![(AgencyId::new("MS001").unwrap(), [number; 32])],
            events: vec![EventId::from_bytes([number; 16])],
            persons: vec![PersonId::from_bytes([number; 16])],
            follows: vec![[7; 32]],
            // An entry with and one without.
            asides: vec![EventId::from_bytes([8; 16]); usize::from(number % 2)],
            signed,
        })),
    }
}

fn lifted(given: &Entry) -> Entry {
    let signed = signed(9);
    Entry {
        id: EntryId::of_decision(&signed.decision.signature),
        at: signed.decision.decided_at,
        act: Act::Lift {
            given: given.id,
            signed,
        },
    }
}

/// A journal of three entries.
fn journal() -> (tempfile::TempDir, Journal, Vec<Entry>) {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::of(folder.path());
    let first = given(1);
    let entries = vec![first.clone(), given(2), lifted(&first)];
    for entry in &entries {
        journal
            .append(&ORDERS, std::slice::from_ref(entry))
            .unwrap();
    }
    (folder, journal, entries)
}

#[test]
fn reads_back_what_was_written_and_shows_nobody_what_it_says() {
    let (_folder, journal, entries) = journal();
    let chain = journal.read().unwrap();
    assert_eq!((chain.entries(&ORDERS).unwrap(), chain.torn), (entries, 0));
    let text = std::fs::read_to_string(journal.file()).unwrap();
    for word in ["26-0118", "Hinds", "lead", "MS001"] {
        assert!(!text.contains(word), "{text}");
    }
    let other = OrderKey::new([3; 32]);
    let refused = chain.entries(&other).unwrap_err();
    assert!(
        matches!(refused, JournalError::Entry { number: 1, .. }),
        "{refused}"
    );
}

#[test]
fn goes_on_after_a_last_line_that_was_torn_and_says_so() {
    let (_folder, journal, entries) = journal();
    let whole = std::fs::read(journal.file()).unwrap();
    let before_last = whole[..whole.len() - 1]
        .iter()
        .rposition(|byte| *byte == b'\n')
        .unwrap()
        + 1;
    for end in [before_last + 1, before_last + 40, whole.len() - 1] {
        std::fs::write(journal.file(), &whole[..end]).unwrap();
        let chain = journal.read().unwrap();
        assert_eq!(chain.torn, (end - before_last) as u64);
        assert_eq!(chain.entries(&ORDERS).unwrap(), entries[..2]);
        journal.append(&ORDERS, &entries[2..3]).unwrap();
        let chain = journal.read().unwrap();
        assert_eq!(
            (chain.entries(&ORDERS).unwrap(), chain.torn),
            (entries.clone(), 0)
        );
    }
    // Not even the first line is whole.
    std::fs::write(journal.file(), &whole[..5]).unwrap();
    assert_eq!(journal.read().unwrap().torn, 5);
    journal.append(&ORDERS, &entries[..1]).unwrap();
    assert_eq!(
        journal.read().unwrap().entries(&ORDERS).unwrap(),
        entries[..1]
    );
}

#[test]
fn names_the_line_that_was_changed_moved_or_taken_out() {
    let (_folder, journal, _) = journal();
    let whole = std::fs::read_to_string(journal.file()).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let changed = lines[2].replacen(['a', '0'], "b", 1);
    for (wrong, at) in [
        ([lines[0], lines[1], &changed, lines[3]].as_slice(), 3),
        (&[lines[0], lines[2], lines[1], lines[3]], 2),
        (&[lines[0], lines[1], lines[3], lines[2]], 3),
        (&["another form", lines[1], lines[2], lines[3]], 1),
    ] {
        std::fs::write(journal.file(), wrong.join("\n") + "\n").unwrap();
        let refused = journal.read().unwrap_err();
        assert!(
            matches!(refused, JournalError::Damaged { line, .. } if line == at),
            "{refused}"
        );
    }
}

#[test]
fn knows_a_copy_that_it_continues_from_another() {
    let (folder, journal, entries) = journal();
    let older = journal.read().unwrap();
    let copy = Journal::of(&folder.path().join("backup"));
    std::fs::create_dir(folder.path().join("backup")).unwrap();
    copy.write(&older).unwrap();
    assert_eq!(copy.read().unwrap(), older);
    journal.append(&ORDERS, &[given(4)]).unwrap();
    let newer = journal.read().unwrap();
    assert!(newer.continues(&older) && !older.continues(&newer));
    assert_eq!((newer.beyond(&older), older.beyond(&newer)), (1, 0));
    copy.append(&ORDERS, &entries[..1]).unwrap();
    let other = copy.read().unwrap();
    assert!(!other.continues(&newer) && !newer.continues(&other));
}
