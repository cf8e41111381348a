//! Who becomes whom as records arrive, on both engines.

use jiff::civil::{Date, date};
use savin_shared::delta::Origin;
use savin_shared::ids::{FbiId, OffenderId, PersonNumber, StateId};
use savin_shared::pii::Pii;
use savin_shared::record::Record;
use savin_shared::record::custody::CustodyState;

use crate::ids::PersonId;
use crate::intake::testing::{BOND, IN, Jail, each, load, name, now, send_one};
use crate::store::Store;
use crate::store::registry::merge::{self, Merge};
use crate::store::registry::staff::{self, StaffRow};
use crate::store::registry::task::{self, TaskKind, TaskRow};
use crate::store::registry::{decision, face, person};
use crate::work::decision::{Choice, Decision};
use crate::work::role::Role;

const BORN: Date = date(1985, 3, 12);

fn booked(
    jail: &Jail,
    number: &str,
    (surname, given): (&str, &str),
    birth: Option<Date>,
) -> Record {
    let mut record = jail.record(number, IN);
    record.subject.person_number = None;
    record.subject.name = Some(name(surname, given));
    record.subject.birth_date = birth.map(Pii::new);
    record
}

fn with_sid(mut record: Record, sid: &str) -> Record {
    record.subject.state_id = Some(StateId::new(sid).unwrap());
    record
}

fn state(mut record: Record, state: CustodyState) -> Record {
    if let savin_shared::record::RecordBody::Custody(custody) = &mut record.body {
        custody.state = state;
    }
    record
}

/// Sends a row and returns whose it is.
fn take(store: &Store, record: &Record, jail: &mut Jail) -> PersonId {
    let body = jail.tells(record);
    let batch = jail.batch(vec![body]);
    send_one(store, jail, &batch);
    let number = record.number().as_str().to_owned();
    load(store, jail, &number).person
}

fn doubts(store: &Store) -> Vec<TaskRow> {
    store
        .read_now("tasks", |tx| {
            task::open_ones(tx, Some(TaskKind::IdentityDoubt), 100)
        })
        .unwrap()
}

fn decide(store: &Store, what: &'static str) -> decision::DecisionId {
    let key = savin_shared::sign::SigningKey::from_seed(&[9; 32]).unwrap();
    let choice = Choice {
        kind: "person-test",
        subject: what,
        choice: what,
        note: "",
    };
    let signed = Decision::sign(choice, "chief", now(), &key);
    store
        .write_now("decide", move |tx| {
            if staff::by_key(tx, &signed.key)?.is_none() {
                let chief = StaffRow {
                    key: signed.key,
                    name: "chief".to_owned(),
                    role: Role::Admin,
                    added_at: now(),
                    added_by: "chief".to_owned(),
                    removed_at: None,
                    removed_by: None,
                };
                staff::add(tx, &chief)?;
            }
            decision::record(tx, &signed)
        })
        .unwrap()
}

#[test]
fn follows_a_person_from_jail_to_the_state_and_to_the_next_arrest() {
    each("people_follows", |store| {
        let (mut county, mut mdoc, mut other) = (
            Jail::new(store, 1),
            Jail::new(store, 2),
            Jail::new(store, 3),
        );
        let jailed = booked(&county, "1", ("MUESTRA", "WILLIAM"), Some(BORN));
        let first = take(store, &jailed, &mut county);
        // MDOC knows the state's number, writes the nickname, and day and month the other way round.
        let prison = with_sid(
            booked(&mdoc, "K1", ("MUESTRA", "BILL"), Some(date(1985, 12, 3))),
            "MS123456",
        );
        let named = with_sid(jailed.clone(), "MS123456");
        assert_eq!(take(store, &named, &mut county), first);
        assert_eq!(take(store, &prison, &mut mdoc), first);
        // Years later another county books the same person by name and birth date alone.
        let arrest = booked(&other, "77", ("MUESTRA", "WILLIAM"), Some(BORN));
        assert_eq!(take(store, &arrest, &mut other), first);
        assert_eq!(doubts(store), []);
    });
}

#[test]
fn leaves_namesakes_apart_and_asks_where_it_is_likely() {
    each("people_namesakes", |store| {
        let (mut jail, mut other) = (Jail::new(store, 1), Jail::new(store, 2));
        let rare = ("MUESTRA PRUEBA", "THADDEUS");
        let first = take(store, &booked(&jail, "1", rare, None), &mut jail);
        let second = take(store, &booked(&other, "2", rare, None), &mut other);
        assert_ne!(first, second, "a name alone");
        let asked = doubts(store);
        assert_eq!(asked.len(), 1);
        assert_eq!(asked[0].about.subject, merge::subject(first, second));
        let note = &asked[0].about.note;
        assert!(note.contains("nothing but the name agrees"), "{note}");
        assert!(!note.to_lowercase().contains("muestra"), "{note}");
        // Two who share a common name are no question at all.
        let common = ("SMITH", "JAMES");
        let one = take(store, &booked(&jail, "3", common, None), &mut jail);
        let two = take(store, &booked(&other, "4", common, None), &mut other);
        assert_ne!(one, two);
        assert_eq!(doubts(store).len(), 1);
        // Twins.
        let elder = ("MUESTRA", "JADEN");
        let younger = ("MUESTRA", "JAYDEN");
        let one = take(store, &booked(&jail, "5", elder, Some(BORN)), &mut jail);
        let two = take(store, &booked(&jail, "6", younger, Some(BORN)), &mut jail);
        assert_ne!(one, two);
        assert_eq!(doubts(store).len(), 2);
    });
}

#[test]
fn joins_two_persons_when_the_number_comes_later_and_asks_what_to_tell() {
    each("people_later", |store| {
        let (mut jail, mut mdoc) = (Jail::new(store, 1), Jail::new(store, 2));
        let known = with_sid(
            booked(&mdoc, "K1", ("SMITH", "JAMES"), Some(BORN)),
            "MS123456",
        );
        let first = take(store, &known, &mut mdoc);
        let booking = booked(&jail, "1", ("SMITH", "JIM"), None);
        let second = take(store, &booking, &mut jail);
        assert_ne!(first, second);
        // The fingerprints are back.
        let identified = with_sid(booking, "MS123456");
        let now_one = take(store, &identified, &mut jail);
        assert_eq!(now_one, first.min(second));
        assert_eq!(load(store, &mdoc, "K1").person, now_one);
        let gone = first.max(second);
        let (current, everyone, reviews) = store
            .read_now("merged", move |tx| {
                Ok((
                    merge::current(tx, gone)?,
                    merge::everyone(tx, now_one)?,
                    task::open_ones(tx, Some(TaskKind::EventReview), 100)?,
                ))
            })
            .unwrap();
        assert_eq!(current, now_one);
        assert_eq!(everyone, [now_one, gone]);
        assert!(!reviews.is_empty(), "nobody is asked what to tell late");
        assert_eq!(doubts(store), []);
    });
}

#[test]
fn lets_what_a_person_decided_stand() {
    each("people_decided", |store| {
        let (mut jail, mut other) = (Jail::new(store, 1), Jail::new(store, 2));
        let rare = ("MUESTRA", "WILLIAM");
        let jailed = booked(&jail, "1", rare, Some(BORN));
        let first = take(store, &jailed, &mut jail);
        let arrest = booked(&other, "2", rare, Some(BORN));
        assert_eq!(take(store, &arrest, &mut other), first);
        // Staff says that the second booking is somebody else's.
        let taken_out = load(store, &other, "2").record;
        let decision = decide(store, "apart");
        let stranger = PersonId::from_bytes([0xEE; 16]);
        store
            .write_now("part", move |tx| {
                person::insert_many(tx, &[stranger], now())?;
                merge::part(tx, (first, stranger), &[taken_out], decision, now())
            })
            .unwrap();
        // What the second jail says of it later does not join them again, nor ask again.
        let mut changed = state(arrest, BOND);
        changed.subject.name = Some(name("MUESTRA", "WILLIAM LEE"));
        assert_eq!(take(store, &changed, &mut other), stranger);
        let again = state(jailed, BOND);
        assert_eq!(take(store, &again, &mut jail), first);
        assert_eq!(doubts(store), []);
        // A third booking fits both: nobody is chosen, and staff is asked.
        let third = take(store, &booked(&jail, "3", rare, Some(BORN)), &mut jail);
        assert!(third != first && third != stranger);
        assert_eq!(doubts(store).len(), 2);
    });
}

#[test]
fn takes_a_joining_back_with_what_came_since() {
    each("people_undo", |store| {
        let (mut jail, mut other) = (Jail::new(store, 1), Jail::new(store, 2));
        let jacket = |mut record: Record, number: &str| {
            record.subject.person_number = Some(PersonNumber::new(number).unwrap());
            record
        };
        let one = booked(&jail, "1", ("MUESTRA", "AVERY"), Some(BORN));
        let first = take(store, &jacket(one, "A1"), &mut jail);
        let two = booked(&other, "2", ("PRUEBA", "AVERY"), None);
        let second = take(store, &jacket(two.clone(), "B1"), &mut other);
        assert_ne!(first, second);
        let (joined, undone) = (decide(store, "join"), decide(store, "undo"));
        store
            .write_now("join", move |tx| {
                let joining = merge::Joining {
                    person: second,
                    into: first,
                    why: "asked the sheriff".to_owned(),
                    decision: Some(joined),
                };
                merge::join(tx, &joining, now())?;
                merge::join(tx, &joining, now()).unwrap_err();
                Ok(())
            })
            .unwrap();
        assert_eq!(load(store, &other, "2").person, first);
        let mut since = jacket(two, "B1");
        since = Record {
            body: booked(&other, "3", ("PRUEBA", "AVERY"), None).body,
            ..since
        };
        assert_eq!(take(store, &since, &mut other), first);
        let merges = move |store: &Store| -> Vec<Merge> {
            store
                .read_now("merges", move |tx| merge::of_person(tx, first))
                .unwrap()
        };
        let merge = merges(store).remove(0);
        store
            .write_now("undo", move |tx| {
                merge::undo(tx, &merge, None, undone, now())
            })
            .unwrap();
        for number in ["2", "3"] {
            assert_eq!(load(store, &other, number).person, second, "{number}");
        }
        assert_eq!(load(store, &jail, "1").person, first);
        assert!(merges(store)[0].undone_at.is_some());
        let (whole, apart) = store
            .read_now("after", move |tx| {
                Ok((
                    face::of_many(tx, &[first, second])?,
                    merge::apart_from(tx, &[first])?,
                ))
            })
            .unwrap();
        let faces: Vec<_> = whole
            .iter()
            .map(|(_, identity)| identity.faces.len())
            .collect();
        assert_eq!(faces, [1, 1]);
        assert!(apart.contains(&(first, second)));
    });
}

#[test]
fn keeps_whoever_a_person_is_joined_to_apart_from_whom_that_one_was() {
    each("people_inherit", |store| {
        let persons = [1, 2, 3].map(|byte| PersonId::from_bytes([byte; 16]));
        for [gone, into, other] in [[2, 1, 3], [3, 1, 2], [2, 3, 1]] {
            let [gone, into, other] = [gone, into, other].map(|byte| persons[byte - 1]);
            let decision = decide(store, "apart");
            let apart = store
                .write_now("apart", move |tx| {
                    merge::keep_apart(tx, (gone, other), decision, now())?;
                    let joining = merge::Joining {
                        person: gone,
                        into,
                        why: String::new(),
                        decision: None,
                    };
                    merge::join(tx, &joining, now())?;
                    let apart = merge::apart_from(tx, &[into])?;
                    let merges = merge::of_person(tx, gone)?;
                    merge::undo(tx, &merges[0], None, decision, now())?;
                    Ok(apart)
                })
                .unwrap();
            assert!(apart.contains(&(into, other)) && apart.contains(&(other, into)));
        }
    });
}

#[test]
fn counts_names_by_persons_whatever_is_joined_and_parted() {
    each("people_counts", |store| {
        let mut jail = Jail::new(store, 1);
        for (number, given) in [("1", "WILLIAM"), ("2", "BILL"), ("3", "ROBERT")] {
            let mut record = booked(&jail, number, ("MUESTRA", given), Some(BORN));
            record.subject.offender_id = match number {
                "3" => None,
                _ => Some(OffenderId::new("K1000").unwrap()),
            };
            let body = jail.lists(Origin::Baseline, &record);
            let batch = jail.batch(vec![body]);
            send_one(store, &jail, &batch);
        }
        let surname = (
            crate::linkage::frequency::Part::Surname,
            "muestra".to_owned(),
        );
        let counted = store
            .read_now("counts", move |tx| {
                face::frequencies(tx, std::slice::from_ref(&surname))
            })
            .unwrap();
        assert_eq!(counted.population, 2);
        assert_eq!(counted.persons.values().collect::<Vec<_>>(), [&2]);
    });
}

#[test]
fn compares_with_so_many_however_many_have_one_birth_date_and_joins_none_of_more_by_name() {
    each("people_many", |store| {
        let mut jail = Jail::new(store, 1);
        let someone = |jail: &Jail, number: usize, given: &str| {
            booked(jail, &number.to_string(), ("SAMPLE", given), Some(BORN))
        };
        let first = take(store, &someone(&jail, 1, "AVERY"), &mut jail);
        let again = take(store, &someone(&jail, 2, "AVERY"), &mut jail);
        assert_eq!(first, again);
        // No two of these sound alike, or are one slip of the hand apart.
        let consonants = ["b", "d", "f", "j", "k", "l", "m", "n", "p", "r", "t"];
        let given = |number: usize| {
            let (one, other) = (number % 11, number / 11);
            let third = (one + other) % 11;
            [one, other, third].map(|place| consonants[place]).join("o")
        };
        for from in [0, 60] {
            let numbers = from..from + 60;
            let records = numbers.map(|number| someone(&jail, 10 + number, &given(number)));
            let records: Vec<Record> = records.collect();
            let bodies = records.iter().map(|record| jail.tells(record)).collect();
            let batch = jail.batch(bodies);
            send_one(store, &jail, &batch);
        }
        let other = take(store, &someone(&jail, 3, "AVERY"), &mut jail);
        assert_ne!(other, first);
        let numbered = |record| with_sid(record, "MS00000042");
        let known = take(store, &numbered(someone(&jail, 4, "AVERY")), &mut jail);
        let same = take(store, &numbered(someone(&jail, 5, "AVERY")), &mut jail);
        assert_eq!(known, same);
    });
}

fn with_fbi(mut record: Record, number: &str) -> Record {
    record.subject.fbi_id = Some(FbiId::new(number).unwrap());
    record
}

fn is_doubted(store: &Store, jail: &Jail, number: &str) -> bool {
    let record = load(store, jail, number).record;
    store
        .read_now("doubtful", move |tx| person::doubtful(tx, &[record]))
        .unwrap()
        .contains(&record)
}

#[test]
fn places_nobody_with_whoever_has_the_number_that_was_typed_for_theirs() {
    each("people_typed", |store| {
        let (mut jail, mut other) = (Jail::new(store, 1), Jail::new(store, 2));
        let known = booked(&jail, "1", ("MUESTRA", "AVERY"), Some(BORN));
        let known = with_fbi(with_sid(known, "MS123456"), "111111AB1");
        let first = take(store, &known, &mut jail);
        // The state's number is the first one's, mistyped; FBI's number, name and birth date are not.
        let born = Some(date(1960, 7, 1));
        let typed = |given| {
            let record = booked(&other, "2", ("PRUEBA", given), born);
            with_fbi(with_sid(record, "MS123456"), "222222ZZ2")
        };
        let (typed, renamed) = (typed("ROBERT"), typed("ROBERTO"));
        let stranger = take(store, &typed, &mut other);
        assert_ne!(stranger, first);
        assert!(!is_doubted(store, &other, "2"), "nobody would be told");
        let asked = doubts(store);
        assert_eq!(asked.len(), 1);
        assert_eq!(asked[0].about.subject, merge::subject(first, stranger));
        let note = &asked[0].about.note;
        assert!(note.contains("speak against it"), "{note}");
        // What is said of them later leaves them apart, and whoever asked about them is told.
        assert_eq!(take(store, &renamed, &mut other), stranger);
        assert_eq!(
            take(store, &state(renamed.clone(), BOND), &mut other),
            stranger
        );
        assert!(!is_doubted(store, &other, "2"));
        assert_eq!(doubts(store).len(), 1);
        // Their own FBI number leads to them, whatever else was typed.
        let rebooked = booked(&jail, "3", ("PRUEBA", "ROBERT"), born);
        let rebooked = with_fbi(with_sid(rebooked, "MS123456"), "222222ZZ2");
        assert_eq!(take(store, &rebooked, &mut jail), stranger);
        assert!(!is_doubted(store, &jail, "3"));
    });
}

#[test]
fn doubts_a_number_that_a_record_says_anew_and_not_what_staff_decided() {
    each("people_anew", |store| {
        let (mut jail, mut other) = (Jail::new(store, 1), Jail::new(store, 2));
        let known = booked(&jail, "1", ("MUESTRA", "AVERY"), Some(BORN));
        let first = take(store, &with_sid(known, "MS123456"), &mut jail);
        let arrested = booked(&other, "2", ("PRUEBA", "ROBERT"), Some(date(1960, 7, 1)));
        let second = take(store, &arrested, &mut other);
        // The fingerprints say another than the name that was given: nobody is told of either.
        let identified = with_sid(arrested, "MS123456");
        assert_eq!(take(store, &identified, &mut other), second);
        assert!(is_doubted(store, &other, "2"));
        let decision = decide(store, "apart");
        store
            .write_now("apart", move |tx| {
                merge::keep_apart(tx, (first, second), decision, now())
            })
            .unwrap();
        assert!(!is_doubted(store, &other, "2"));
        let mut renamed = identified;
        renamed.subject.name = Some(name("PRUEBA", "ROBERTO"));
        assert_eq!(take(store, &renamed, &mut other), second);
        assert!(!is_doubted(store, &other, "2"), "it was decided");
        assert_eq!(doubts(store), []);
    });
}

#[test]
fn gives_a_record_whose_number_was_given_anew_to_whom_it_is_about() {
    each("people_anew_number", |store| {
        let (mut jail, mut other) = (Jail::new(store, 1), Jail::new(store, 2));
        let first = take(
            store,
            &booked(&jail, "1", ("MUESTRA", "AVERY"), Some(BORN)),
            &mut jail,
        );
        // The jail counts its bookings from one again.
        let born = Some(date(1960, 7, 1));
        let reused = booked(&jail, "1", ("PRUEBA", "ROBERT"), born);
        let second = take(store, &reused, &mut jail);
        assert_ne!(second, first);
        // What changed is told to neither until somebody looked.
        assert!(is_doubted(store, &jail, "1"));
        assert_eq!(
            doubts(store)[0].about.subject,
            merge::subject(first, second)
        );
        let decision = decide(store, "apart");
        store
            .write_now("apart", move |tx| {
                merge::keep_apart(tx, (first, second), decision, now())
            })
            .unwrap();
        let mut renamed = reused;
        renamed.subject.name = Some(name("PRUEBA", "BOB"));
        assert_eq!(take(store, &renamed, &mut jail), second);
        assert!(!is_doubted(store, &jail, "1"));
        // Nothing of the second was learnt of the first.
        let again = booked(&other, "7", ("PRUEBA", "ROBERT"), born);
        assert_eq!(take(store, &again, &mut other), second);
        let again = booked(&other, "8", ("MUESTRA", "AVERY"), Some(BORN));
        assert_eq!(take(store, &again, &mut other), first);
        assert_eq!(doubts(store), []);
    });
}

#[test]
fn leaves_a_record_with_its_person_whose_name_was_not_known_or_was_mistaken() {
    each("people_named_late", |store| {
        let mut jail = Jail::new(store, 1);
        let unknown = booked(&jail, "1", ("DOE", "JOHN"), None);
        let first = take(store, &unknown, &mut jail);
        let named = booked(&jail, "1", ("MUESTRA", "AVERY"), Some(BORN));
        assert_eq!(take(store, &named, &mut jail), first);
        assert!(!is_doubted(store, &jail, "1"));
        // Nobody is taken for somebody else because of neither the name is known.
        let another = take(store, &booked(&jail, "2", ("DOE", "JOHN"), None), &mut jail);
        assert_ne!(another, first);
        // The jail's own number is the same: another name was given.
        let jacket = |names| {
            let mut record = booked(&jail, "3", names, None);
            record.subject.person_number = Some(PersonNumber::new("P77").unwrap());
            record
        };
        let [given, real] = [("SAMPLE", "ROBERT"), ("PRUEBA", "WILLIAM")].map(jacket);
        let third = take(store, &given, &mut jail);
        assert_eq!(take(store, &real, &mut jail), third);
        assert_eq!(doubts(store), []);
    });
}

#[test]
fn takes_no_slip_of_a_number_for_somebody_else_and_no_word_for_a_number() {
    each("people_slips", |store| {
        let (mut jail, mut other) = (Jail::new(store, 1), Jail::new(store, 2));
        let known = booked(&jail, "1", ("MUESTRA", "AVERY"), Some(BORN));
        let known = with_sid(known, "MS12345678");
        let first = take(store, &known, &mut jail);
        // One digit is corrected, and another agency types one wrongly.
        let corrected = with_sid(known, "MS12345679");
        assert_eq!(take(store, &corrected, &mut jail), first);
        assert!(!is_doubted(store, &jail, "1"));
        let typed = booked(&other, "2", ("MUESTRA", "AVERY"), Some(BORN));
        assert_eq!(
            take(store, &with_sid(typed, "MS12345688"), &mut other),
            first
        );
        assert!(!is_doubted(store, &other, "2"));
        assert_eq!(doubts(store), []);
        // Two people of one common name, of whom neither has a number.
        let [one, two] = ["3", "4"].map(|number| {
            let record = booked(&jail, number, ("SMITH", "JAMES"), None);
            with_sid(record, "N/A")
        });
        assert_ne!(take(store, &one, &mut jail), take(store, &two, &mut jail));
    });
}
