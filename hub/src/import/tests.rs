//! Files of invented courts and boards, taken in by a real registry of each engine.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use savin_shared::event::EventCode as Code;
use savin_shared::ids::{AgencyId, FacilityCode};
use savin_shared::record::court_event::Schedule;
use savin_shared::record::{Record, RecordBody};
use savin_shared::sign::SigningKey;

use super::importer::Importer;
use super::kind::ImportKind;
use super::reading::FileRead;
use super::taking::{self, Request, TakeError};
use super::{Taken, undo};
use crate::intake::Moment;
use crate::intake::testing::{codes, each, events, moment, now};
use crate::places::Facility;
use crate::store::Store;
use crate::store::registry::agency::{self, Agency};
use crate::store::registry::import::ImportId;
use crate::store::registry::staff::{self, StaffRow};
use crate::store::registry::{agent, facility, record};
use crate::work::decision::{Choice, Decision};
use crate::work::role::Role;

/// A court that gives files in.
struct Court<'a> {
    store: &'a Store,
    folder: &'a Path,
    agency: AgencyId,
    facility: FacilityCode,
    key: SigningKey,
    now: Timestamp,
}

impl<'a> Court<'a> {
    fn new(store: &'a Store, folder: &'a Path, role: Role) -> Self {
        let court = Self {
            store,
            folder,
            agency: AgencyId::new("COURT-1").unwrap(),
            facility: FacilityCode::new("COURT-A").unwrap(),
            key: SigningKey::from_seed(&[3; 32]).unwrap(),
            now: now(),
        };
        let (agency, code) = (court.agency.clone(), court.facility.clone());
        let key = court.key.verifying_key();
        let enter = move |tx: &mut crate::store::conn::Tx<'_>| {
            let named = Agency {
                agency: agency.clone(),
                name: "Test Court".to_owned(),
                county: None,
            };
            agency::put(tx, &named, now())?;
            let place = Facility {
                code: code.clone(),
                name: "Test Court".to_owned(),
                kind: "agency".to_owned(),
                county: "Hinds".to_owned(),
                city: None,
                phone: None,
                verified: false,
            };
            facility::put(tx, &place)?;
            facility::assign(tx, &code, &agency)?;
            let row = StaffRow {
                key,
                name: "c.sample".to_owned(),
                role,
                added_at: now(),
                added_by: "c.sample".to_owned(),
                removed_at: None,
                removed_by: None,
            };
            staff::add(tx, &row)
        };
        store.write_now("enter", enter).unwrap();
        court
    }

    fn importer(&self) -> Importer {
        Importer::load(self.folder, &self.agency).unwrap()
    }

    fn moment(&self) -> Moment {
        moment(self.now)
    }

    fn signed(&self, kind: &'static str, subject: &str, choice: &str) -> Decision {
        let choice = Choice {
            kind,
            subject,
            choice,
            note: "",
        };
        Decision::sign(choice, "c.sample", self.now, &self.key)
    }

    fn request(&self, kind: ImportKind, name: &str, text: &str) -> Request {
        let profile = kind.shipped().unwrap();
        let file = (name, text.as_bytes());
        let file = FileRead::new(file, profile, &self.facility, self.now).unwrap();
        let hash = file.hash.to_string();
        Request {
            kind,
            feed: kind.feed().unwrap(),
            facility: self.facility.clone(),
            decision: Some(self.signed("import", "import/COURT-1", &hash)),
            file,
            accepts_smaller: false,
            tells_first: true,
        }
    }

    fn run(&mut self, request: Request) -> Result<Taken, TakeError> {
        self.now += SignedDuration::from_mins(1);
        taking::run(self.store, self.importer(), request, self.moment())
    }

    fn takes(&mut self, kind: ImportKind, text: &str) -> Taken {
        let request = self.request(kind, "file.csv", text);
        self.run(request).unwrap()
    }

    fn undoes(&mut self, taken: &Taken) -> Result<Taken, TakeError> {
        self.now += SignedDuration::from_mins(1);
        let id = taken.import.as_ref().unwrap().id;
        let decision = self.signed("import-undo", &format!("import/{}", id.0), "undo");
        let moment = self.moment();
        undo::run(self.store, self.importer(), id, Some(decision), moment)
    }

    fn records(&self) -> Vec<record::RecordRow> {
        let agency = self.agency.clone();
        self.store
            .read_now("records", move |tx| {
                let mut rows = Vec::new();
                for number in ["C-1", "C-2", "C-3", "S-1", "S-2"] {
                    for kind in savin_shared::record::RecordKind::ALL {
                        let number = savin_shared::ids::RecordNumber::new(number).unwrap();
                        let key = savin_shared::ids::RecordKey {
                            kind: *kind,
                            number,
                        };
                        let found = record::load_many(tx, &[(agency.clone(), key)])?;
                        rows.extend(found.into_iter().flatten());
                    }
                }
                Ok(rows)
            })
            .unwrap()
    }
}

fn court(name: &str, test: impl Fn(Court<'_>)) {
    each(name, |store| {
        let folder = tempfile::tempdir().unwrap();
        test(Court::new(store, folder.path(), Role::Supervisor));
    });
}

fn schedule(record: &Record) -> Option<Schedule> {
    match &record.body {
        RecordBody::CourtEvent(event) => Some(event.schedule),
        RecordBody::Hearing(hearing) => Some(hearing.schedule),
        RecordBody::Custody(_)
        | RecordBody::ProtectiveOrder(_)
        | RecordBody::Supervision(_)
        | RecordBody::SexOffender(_) => None,
    }
}

const HEADER: &str = "Event ID,Case Number,Defendant,MDOC Number,Date Time,Type,Status\n";

/// A calendar of these lines.
fn calendar(lines: &[&str]) -> String {
    let mut text = HEADER.to_owned();
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    text
}

const ONE: &str = "C-1,26-1,\"SAMPLE, AVERY\",K100,07/01/2026 09:00,Arraignment,Set";
const TWO: &str = "C-2,26-2,\"SAMPLE, BLAKE\",K200,07/02/2026 09:00,Plea,Set";
const THREE: &str = "C-3,26-3,\"SAMPLE, CASEY\",K300,07/03/2026 09:00,Trial,Set";

#[test]
fn ships_profiles_whose_examples_hold() {
    let facility = FacilityCode::new("EXAMPLE").unwrap();
    for kind in ImportKind::ALL {
        assert_eq!(ImportKind::parse(kind.as_str()), Some(kind));
        assert!(kind.feed().is_ok());
        let profile = kind.shipped().unwrap();
        assert!(!profile.examples.is_empty());
        for example in &profile.examples {
            assert_eq!(example.run(&profile, &facility, now()), []);
        }
    }
    let other = include_str!("../../data/import/sor.toml");
    let refused = ImportKind::Court.profile(other).unwrap_err();
    assert!(refused.to_string().contains("court-event"), "{refused}");
}

#[test]
fn reads_one_docket_from_three_formats() {
    let facility = FacilityCode::new("COURT-A").unwrap();
    let csv = calendar(&["C-1,26-1,\"SAMPLE, AVERY\",K100,07/01/2026 09:00,Arraignment,Confirmed"]);
    let xml = "<Calendar><Event><EventID>C-1</EventID><CaseNumber>26-1</CaseNumber>\
               <Defendant>SAMPLE, AVERY</Defendant><MDOCNumber>K100</MDOCNumber>\
               <DateTime>2026-07-01 09:00</DateTime><Type>Arraignment</Type><Status>Set</Status>\
               </Event></Calendar>";
    let ics = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:C-1\r\n\
               DTSTART;TZID=America/Chicago:20260701T090000\r\nSUMMARY:Arraignment\r\n\
               STATUS:CONFIRMED\r\nATTENDEE:mailto:avery@example.test\r\n\
               DESCRIPTION:Case: 26-1\\nDefendant: SAMPLE\\, AVERY\\nMDOC Number: K100\r\n\
               END:VEVENT\r\nEND:VCALENDAR\r\n";
    let mut hashes = Vec::new();
    for text in [csv.as_str(), xml, ics] {
        let profile = ImportKind::Court.shipped().unwrap();
        let file = FileRead::new(("docket", text.as_bytes()), profile, &facility, now()).unwrap();
        assert_eq!(file.problems, [], "{text}");
        let diff = file.compare(&std::collections::BTreeMap::new()).unwrap();
        let [difference] = diff.differences.as_slice() else {
            panic!("{diff:?}");
        };
        let savin_shared::delta::Change::Upsert { row, .. } = &difference.change else {
            panic!("{difference:?}");
        };
        hashes.push(row.hash());
        if text == ics {
            // What else stands in a description is not taken.
            let lines = "DESCRIPTION (but for its lines Case, Defendant, MDOC Number)";
            assert!(
                file.dropped.iter().any(|one| one == lines),
                "{:?}",
                file.dropped
            );
        }
    }
    assert_eq!(hashes[0], hashes[1]);
    assert_eq!(hashes[1], hashes[2]);
}

#[test]
fn sets_an_event_that_repeats_aside_and_takes_the_others() {
    let facility = FacilityCode::new("COURT-A").unwrap();
    let event = |number: u8, rule: &str| {
        format!(
            "BEGIN:VEVENT\r\nUID:C-{number}\r\nDTSTART;TZID=America/Chicago:20260701T090000\r\n{rule}\
             DESCRIPTION:Case: 26-{number}\r\nEND:VEVENT\r\n"
        )
    };
    let events = [
        event(1, ""),
        event(2, "RRULE:FREQ=WEEKLY\r\n"),
        event(3, ""),
    ]
    .concat();
    let ics = format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n");
    let profile = ImportKind::Court.shipped().unwrap();
    let file = FileRead::new(("docket", ics.as_bytes()), profile, &facility, now()).unwrap();
    let [problem] = file.problems.as_slice() else {
        panic!("{:?}", file.problems);
    };
    let problem = problem.to_string();
    assert!(problem.starts_with("line 8, field starts_at"), "{problem}");
    assert!(problem.contains("repeats"), "{problem}");
    let diff = file.compare(&std::collections::BTreeMap::new()).unwrap();
    assert_eq!(diff.differences.len(), 2);
}

#[test]
fn takes_what_is_new_changed_and_missing_through_the_log() {
    court("import_changes", |mut court| {
        let first = court.takes(ImportKind::Court, &calendar(&[ONE, TWO]));
        assert_eq!(first.changes.events, [(Code::CourtEventSet, 2)]);
        let moved = ONE.replace("07/01/2026", "07/08/2026");
        let second = court.takes(ImportKind::Court, &calendar(&[&moved, THREE]));
        let numbers = |keys: &[savin_shared::ids::RecordKey]| -> Vec<String> {
            keys.iter().map(|key| key.number.to_string()).collect()
        };
        let changes = &second.changes;
        assert_eq!(numbers(&changes.added), ["C-3"]);
        assert_eq!(numbers(&changes.changed), ["C-1"]);
        assert_eq!(numbers(&changes.missing), ["C-2"]);
        assert_eq!((changes.listed, changes.listed_before), (2, 2));
        // Whoever is missing from a calendar was not called off.
        let told = [(Code::CourtEventSet, 1), (Code::CourtEventChanged, 1)];
        assert_eq!(second.changes.events, told);
        let import = second.import.unwrap();
        assert_eq!((import.first.0, import.last.0), (3, 5));
        let known = court
            .store
            .read_now("agent", move |tx| agent::load(tx, import.agent))
            .unwrap();
        assert_eq!(known.unwrap().agency, court.agency);
        // The same file again changes nothing, and is no import.
        let again = court.takes(ImportKind::Court, &calendar(&[&moved, THREE]));
        assert_eq!(again.import, None);
    });
}

#[test]
fn tries_a_file_and_keeps_nothing_of_it() {
    court("import_dry", |mut court| {
        let mut request = court.request(ImportKind::Court, "a.csv", &calendar(&[ONE]));
        request.decision = None;
        let tried = court.run(request).unwrap();
        assert_eq!(tried.changes.events, [(Code::CourtEventSet, 1)]);
        assert_eq!(tried.import, None);
        assert_eq!(codes(court.store), []);
        assert!(court.records().is_empty());
    });
}

#[test]
fn stops_at_a_file_that_is_forty_percent_smaller() {
    court("import_smaller", |mut court| {
        let line =
            |number: usize| format!("E-{number},26-{number},,K{number},07/01/2026 09:00,Plea,Set");
        let lines: Vec<String> = (0..10).map(line).collect();
        let text = |count: usize| {
            let lines: Vec<&str> = lines.iter().take(count).map(String::as_str).collect();
            calendar(&lines)
        };
        court.takes(ImportKind::Court, &text(10));
        let mut request = court.request(ImportKind::Court, "a.csv", &text(6));
        let refused = court.run(request.clone()).unwrap_err();
        let is_smaller = matches!(
            refused,
            TakeError::Smaller {
                before: 10,
                listed: 6
            }
        );
        assert!(is_smaller, "{refused}");
        request.accepts_smaller = true;
        let hash = request.file.hash.to_string();
        request.decision = Some(court.signed("import-smaller", "import/COURT-1", &hash));
        assert_eq!(court.run(request).unwrap().changes.missing.len(), 4);
        // One record less of six is no such thing.
        assert_eq!(
            court
                .takes(ImportKind::Court, &text(5))
                .changes
                .missing
                .len(),
            1
        );
    });
}

#[test]
fn names_the_place_of_every_bad_row_and_loses_nobody_for_it() {
    court("import_bad_rows", |mut court| {
        court.takes(ImportKind::Court, &calendar(&[ONE, TWO, THREE]));
        // A row without a number; one number twice with other content; one row that is gone.
        let twice = TWO.replace("Plea", "Trial");
        let text = calendar(&[",26-1,,K100,07/01/2026 09:00,Arraignment,Set", TWO, &twice]);
        let mut request = court.request(ImportKind::Court, "b.csv", &text);
        let problem = request.file.problems[0].to_string();
        assert!(
            problem.starts_with("line 2, field record_number"),
            "{problem}"
        );
        request.accepts_smaller = true;
        let taken = court.run(request).unwrap();
        assert_eq!(taken.import, None);
        assert_eq!(taken.changes.unsure, 2);
        assert_eq!(taken.changes.contradicting[0].1, [3, 4]);
        assert_eq!(codes(court.store), [Code::CourtEventSet; 3]);
    });
}

#[test]
fn undoes_a_date_that_was_added_without_calling_it_off() {
    court("import_undo", |mut court| {
        let first = court.takes(ImportKind::Court, &calendar(&[ONE, TWO]));
        let moved = ONE.replace("07/01/2026", "07/08/2026");
        let second = court.takes(ImportKind::Court, &calendar(&[&moved, THREE]));
        let refused = court.undoes(&first).unwrap_err();
        assert!(refused.to_string().contains("undo that first"), "{refused}");
        let undone = court.undoes(&second).unwrap();
        // C-3 was a mistake, C-1 goes back, and C-2 is listed again as it was.
        let told = [(Code::CourtEventChanged, 1), (Code::Correction, 1)];
        assert_eq!(undone.changes.events, told);
        let last = events(court.store);
        assert!(!codes(court.store).contains(&Code::CourtEventCancelled));
        let correction = last.iter().find(|event| event.code == Code::Correction);
        let corrected = correction.unwrap().corrects.unwrap();
        let set = &last[usize::try_from(corrected.0).unwrap() - 1];
        assert_eq!(set.code, Code::CourtEventSet);
        assert_eq!(set.record, correction.unwrap().record);
        let rows = court.records();
        let schedules: Vec<_> = rows.iter().map(|row| schedule(&row.known.record)).collect();
        let (set, unset) = (Some(Schedule::Set), Some(Schedule::Cancelled));
        assert_eq!(schedules, [set, set, unset]);
        let listed: Vec<_> = rows.iter().map(|row| row.known.listings).collect();
        assert_eq!(listed, [1, 1, 0]);
        let again = court.undoes(&second).unwrap_err();
        assert!(again.to_string().contains("undid it"), "{again}");
        // What is under it can be undone now, and the file can be given in anew.
        court.undoes(&first).unwrap();
        let anew = court.takes(ImportKind::Court, &calendar(&[ONE]));
        assert_eq!(anew.changes.events, [(Code::CourtEventSet, 1)]);
        let nothing = undo::run(
            court.store,
            court.importer(),
            ImportId(99),
            None,
            court.moment(),
        );
        assert!(matches!(nothing, Err(TakeError::Unknown(99))));
    });
}

#[test]
fn shows_nobody_a_registration_that_was_taken_back() {
    court("import_sor", |mut court| {
        let header = "SOR Number,Last Name,First Name,MDOC Number,Compliance Status\n";
        let sor = |lines: &str| format!("{header}{lines}");
        let mut request = court.request(
            ImportKind::SexOffenderRegistry,
            "sor.csv",
            &sor("S-1,SAMPLE,AVERY,K100,Compliant\n"),
        );
        request.tells_first = false;
        let first = court.run(request).unwrap();
        assert!(first.changes.is_first);
        assert_eq!(first.changes.events, []);
        let lines = "S-1,SAMPLE,AVERY,K100,Noncompliant\nS-2,SAMPLE,BLAKE,K200,Noncompliant\n";
        let second = court.takes(ImportKind::SexOffenderRegistry, &sor(lines));
        assert!(
            second
                .changes
                .events
                .contains(&(Code::SexOffenderNoncompliant, 2))
        );
        let undone = court.undoes(&second).unwrap();
        // Whoever heard that S-1 is noncompliant hears that it was a mistake, and of no update.
        assert_eq!(undone.changes.events, [(Code::Correction, 1)]);
        let all = events(court.store);
        let corrected = all.iter().find_map(|event| event.corrects).unwrap();
        let wrong = &all[usize::try_from(corrected.0).unwrap() - 1];
        assert_eq!(wrong.code, Code::SexOffenderNoncompliant);
        assert_eq!(wrong.record, court.records()[0].record);
        let rows = court.records();
        let public: Vec<bool> = rows.iter().map(|row| row.known.is_public()).collect();
        assert_eq!(public, [true, false]);
        // Given in again, it is shown again.
        court.takes(ImportKind::SexOffenderRegistry, &sor(lines));
        assert!(court.records().iter().all(|row| row.known.is_public()));
    });
}

/// She believes that he was served: of an import that was a mistake she hears that it was one.
#[test]
fn takes_back_that_an_order_was_served() {
    court("import_orders", |mut court| {
        let header = "Order Number,Court,Respondent,Service Status,Service Date\n";
        let orders = |lines: &str| format!("{header}{lines}");
        let entered = "S-1,County Court,\"SAMPLE, AVERY\",Entered,\n";
        court.takes(ImportKind::Orders, &orders(entered));
        let served = "S-1,County Court,\"SAMPLE, AVERY\",Served,06/01/2026\n\
                      S-2,County Court,\"SAMPLE, BLAKE\",Attempted,06/01/2026\n";
        let second = court.takes(ImportKind::Orders, &orders(served));
        let told = [
            (Code::ProtectiveOrderServed, 1),
            (Code::ProtectiveOrderAttempted, 1),
        ];
        assert_eq!(second.changes.events, told);
        let undone = court.undoes(&second).unwrap();
        assert_eq!(undone.changes.events, [(Code::Correction, 2)]);
        let all = events(court.store);
        let mut wrong: Vec<_> = all
            .iter()
            .filter_map(|event| event.corrects)
            .map(|at| all[usize::try_from(at.0).unwrap() - 1].code)
            .collect();
        wrong.sort_unstable();
        assert_eq!(wrong, told.map(|(code, _)| code));
    });
}

#[test]
fn asks_a_supervisor_for_more_than_an_ordinary_file() {
    each("import_roles", |store| {
        let folder = tempfile::tempdir().unwrap();
        let mut court = Court::new(store, folder.path(), Role::Operator);
        let taken = court.takes(ImportKind::Court, &calendar(&[ONE]));
        let refused = court.undoes(&taken).unwrap_err();
        let cause = std::error::Error::source(&refused).unwrap();
        assert!(cause.to_string().contains("supervisor"), "{cause}");
        let mut request = court.request(ImportKind::Court, "a.csv", &calendar(&[TWO]));
        request.facility = FacilityCode::new("COURT-B").unwrap();
        let refused = court.run(request).unwrap_err();
        assert!(refused.to_string().contains("agency add"), "{refused}");
    });
}
