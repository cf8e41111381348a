//! Exports of an invented jail, from bytes to the journal.

use jiff::{SignedDuration, Timestamp};
use savin_shared::delta::{self, Change, GapReason, Origin};
use savin_shared::envelope::open;
use savin_shared::ids::{AgentId, Epoch, FacilityCode, FeedName, RecordNumber};
use savin_shared::sign::SigningKey;

use super::refusal::Refusal;
use super::release::{Decider, Which, drop_held, level, release};
use super::report::{Outcome, Report};
use super::{Feed, Now, take_file};
use crate::diff::Class;
use crate::format::csv::CsvError;
use crate::guard::Mode;
use crate::journal::hold::Action;
use crate::journal::mode::Said;
use crate::journal::{Journal, feed, hold, mode};
use crate::mapping::profile::Profile;
use crate::signer::Signer;

const ROSTER: &str = "
name = 'roster'
kind = 'custody'
mode = 'roster'
zone = 'America/Chicago'
[columns]
record_number = 'no'
status = 'status'
location = 'cell'
[values.status]
IN = 'InCustody'
REL = 'OutOfCustody'
";

struct Jail {
    journal: Journal,
    signer: Signer,
    feed: Feed,
    now: Timestamp,
}

impl Jail {
    fn new(profile: &str) -> Self {
        let agent = AgentId::from_bytes([1; 16]);
        Self {
            journal: Journal::scratch(agent, Epoch::from_bytes([2; 16])).unwrap(),
            signer: Signer::new(agent, SigningKey::from_seed(&[3; 32]).unwrap()),
            feed: Feed {
                name: FeedName::new("roster").unwrap(),
                facility: FacilityCode::new("MS-TEST-JAIL").unwrap(),
                profile: Profile::parse(profile).unwrap(),
                cadence: SignedDuration::from_hours(24),
            },
            now: "2026-06-01T12:00:00Z".parse().unwrap(),
        }
    }

    fn take(&mut self, text: &str) -> Report {
        let now = Now {
            at: self.now,
            exported_at: self.now,
            is_history: false,
            secret: [4; 16],
        };
        take_file(
            &mut self.journal,
            &self.signer,
            &self.feed,
            ("roster.csv", text.as_bytes()),
            now,
        )
        .unwrap()
    }

    fn next_day(&mut self, text: &str) -> Report {
        self.pass(24);
        self.take(text)
    }

    fn pass(&mut self, hours: i64) {
        self.now += SignedDuration::from_hours(hours);
    }

    fn changes(&self, report: &Report) -> Vec<(Origin, Change)> {
        let key = self.signer.key().verifying_key();
        report
            .batches
            .iter()
            .flat_map(|batch| open(batch, &key).unwrap())
            .map(|(_, body)| delta::decode(&body.unwrap()).unwrap())
            .map(|delta| (delta.origin, delta.change))
            .collect()
    }

    fn hold(&mut self) -> Option<String> {
        let name = self.feed.name.clone();
        self.journal
            .read(|tx| hold::load(tx, &name))
            .unwrap()
            .map(|hold| hold.code)
    }

    fn say(&mut self, mode: Mode, hours: i64) {
        let said = Said {
            mode,
            by: "Sgt. Sample".to_owned(),
            since: self.now,
            until: Some(self.now + SignedDuration::from_hours(hours)),
        };
        let name = self.feed.name.clone();
        self.journal
            .write(|tx| mode::set(tx, &name, &said))
            .unwrap();
    }

    fn decider(&self) -> Decider<'static> {
        Decider {
            by: "Sgt. Sample",
            at: self.now,
            day: self.feed.profile.times.day(self.now),
        }
    }

    fn release(&mut self) -> u64 {
        let decider = Decider {
            by: "Sgt. Sample",
            at: self.now,
            day: self.now.to_zoned(jiff::tz::TimeZone::UTC).date(),
        };
        let name = self.feed.name.clone();
        let all = (&name, Which::All);
        let released = release(&mut self.journal, &self.signer, all, decider, [5; 16]);
        released.unwrap().0
    }

    fn drop_held(&mut self) -> u64 {
        let decider = Decider {
            by: "Sgt. Sample",
            at: self.now,
            day: self.now.to_zoned(jiff::tz::TimeZone::UTC).date(),
        };
        let name = self.feed.name.clone();
        drop_held(&mut self.journal, &name, decider).unwrap()
    }

    fn decisions(&mut self) -> Vec<(Action, u64)> {
        let name = self.feed.name.clone();
        let decisions = self
            .journal
            .read(|tx| hold::decisions(tx, &name, 9))
            .unwrap();
        decisions
            .into_iter()
            .map(|(_, decision)| {
                assert_eq!(decision.by, "Sgt. Sample");
                (decision.action, decision.changes)
            })
            .collect()
    }

    fn refusal(&mut self) -> Option<String> {
        let name = self.feed.name.clone();
        let state = self.journal.read(|tx| feed::load(tx, &name));
        state.unwrap().and_then(|state| state.refusal)
    }
}

#[test]
fn holds_everything_while_a_system_is_worked_on_until_a_person_has_looked() {
    let mut jail = Jail::new(ROSTER);
    jail.take(&roster(0..50));
    jail.say(Mode::Maintenance, 30);
    let changed = roster(1..52).replace("\n3,IN", "\n3,REL");
    let report = jail.next_day(&changed);
    assert_eq!((report.held, report.batches.len()), (4, 0));
    assert_eq!(jail.hold().as_deref(), Some("maintenance"));
    // Its end alone lets nothing pass; what is new after it does.
    let report = jail.next_day(&changed.replace("A9,", "B9,"));
    assert_eq!((report.held, report.count(Class::Changed)), (4, 1));
    assert!(report.reasons.is_empty());
    assert_eq!(jail.hold().as_deref(), Some("maintenance"));
    let decider = jail.decider();
    let name = jail.feed.name.clone();
    let secret = [5; 16];
    let levelled = level(
        &mut jail.journal,
        &jail.signer,
        (&name, Which::All),
        decider,
        secret,
    )
    .unwrap();
    assert_eq!(levelled.0, 4);
    let key = jail.signer.key().verifying_key();
    let bodies = levelled
        .1
        .iter()
        .flat_map(|batch| open(batch, &key).unwrap());
    for (_, body) in bodies {
        let delta = delta::decode(&body.unwrap()).unwrap();
        assert_eq!(delta.origin, Origin::Baseline);
    }
    assert_eq!(jail.next_day(&changed.replace("A9,", "B9,")).held, 0);
    assert_eq!(jail.decisions(), [(Action::Levelled, 4)]);
}

#[test]
fn tells_an_evacuation_and_learns_nothing_from_it() {
    let mut jail = Jail::new(ROSTER);
    jail.take(&roster(0..50));
    jail.say(Mode::Evacuation, 30);
    let report = jail.next_day(&roster(0..5));
    assert_eq!((report.held, report.count(Class::Absent)), (0, 45));
    let told = jail.changes(&report);
    let absent = |(_, change): &(Origin, Change)| matches!(change, Change::NoLongerListed(_));
    assert!(told.iter().all(absent));
    let day = jail.feed.profile.times.day(jail.now);
    let days = jail.journal.read(|tx| feed::days(tx, &jail.feed.name, day));
    assert_eq!(days.unwrap().0.lost, 0);
    // It ends by itself.
    jail.next_day(&roster(0..50).replace("A9,", "B9,"));
    let report = jail.next_day(&roster(0..5).replace("A2,", "B2,"));
    assert_eq!(report.held, 45);
}

const NAMED: &str = "
name = 'roster'
kind = 'custody'
mode = 'roster'
zone = 'America/Chicago'
[columns]
record_number = 'no'
person_number = 'jacket'
name = 'name'
birth_date = 'born'
status = 'status'
[values.status]
IN = 'InCustody'
REL = 'OutOfCustody'
";

/// Lists people under the numbers of these from `from` on.
fn named(numbers: std::ops::Range<u32>, from: u32) -> String {
    let header = String::from("no,jacket,name,born,status\n");
    numbers.fold(header, |text, number| {
        let person = number + from;
        let (month, day) = (1 + person % 12, 1 + person % 28);
        text + &format!("{number},J{person},SAMPLE{person} A,{month}/{day}/1980,IN\n")
    })
}

#[test]
fn takes_nothing_of_a_file_whose_numbers_are_other_peoples() {
    let mut jail = Jail::new(NAMED);
    jail.take(&named(0..50, 0));
    let other = named(0..50, 500).replace("SAMPLE510 A,7/7/1980,IN", "SAMPLE510 A,7/7/1980,REL");
    assert!(other.contains("REL"));
    let report = jail.next_day(&other);
    assert_eq!((report.held, report.batches.len()), (50, 0));
    assert_eq!(jail.hold().as_deref(), Some("other-people"));
    // A corrected name, or a person's new number, is no stranger; the good file ends the doubt.
    let merged = named(0..50, 0)
        .replace("SAMPLE7 A", "SAMPLE7 B")
        .replace("J8,", "J900,");
    assert_eq!(jail.next_day(&merged).held, 0);
    assert_eq!(jail.hold(), None);
    let one = merged.replace(
        "9,J9,SAMPLE9 A,10/10/1980,IN",
        "9,J77,SAMPLE77 A,6/22/1980,REL",
    );
    assert_eq!(jail.next_day(&one).held, 1);
    assert_eq!(jail.hold().as_deref(), Some("wrong-person"));
    assert_eq!(jail.release(), 1);
}

fn roster(numbers: std::ops::Range<u32>) -> String {
    numbers.fold(String::from("no,status,cell,medical\n"), |text, number| {
        text + &format!("{number},IN,A{number},private\n")
    })
}

#[test]
fn takes_a_baseline_then_only_what_changed() {
    let mut jail = Jail::new(ROSTER);
    let report = jail.take(&roster(0..50));
    assert_eq!(report.count(Class::New), 50);
    assert!(
        jail.changes(&report)
            .iter()
            .all(|(origin, _)| *origin == Origin::Baseline)
    );
    assert_eq!(report.dropped, ["medical"]);
    let report = jail.next_day(&roster(1..52).replace("A7,", "B7,"));
    let counts = [Class::New, Class::Changed, Class::Absent].map(|class| report.count(class));
    assert_eq!(counts, [2, 1, 1]);
    assert!(
        jail.changes(&report)
            .iter()
            .all(|(origin, _)| *origin == Origin::Live)
    );
}

const CALENDAR: &str = "
name = 'calendar'
kind = 'court-event'
mode = 'roster'
zone = 'America/Chicago'
format = ['csv', 'json']
header_row = 'find'
trailer = 'END'
trailer_counts = true
[columns]
record_number = 'no'
event_type = 'what'
starts_at = 'at'
";

#[test]
fn takes_a_list_that_may_be_empty_for_a_beginning_so_that_its_first_row_is_news() {
    let row = "no,what,at\n26-1,Trial,2027-01-04 09:00:00\nEND 1\n";
    let of_no_sitting = ["Calendar\nno,what,at\nEND 0\n", "[]\n"];
    for empty in of_no_sitting {
        let mut court = Jail::new(CALENDAR);
        let report = court.take(empty);
        assert_eq!(
            (&report.outcome, report.batches.len()),
            (&Outcome::Taken, 0),
            "{empty}"
        );
        // The first row, the list empty again, and the same row once more.
        for (list, class) in [(row, Class::New), (empty, Class::Absent), (row, Class::New)] {
            let report = court.next_day(list);
            assert_eq!(report.count(class), 1, "{empty}: {list}");
            assert_eq!(report.looks_other, Vec::<String>::new());
            let origins = court.changes(&report).into_iter().map(|(origin, _)| origin);
            assert_eq!(origins.collect::<Vec<_>>(), [Origin::Live], "{empty}");
        }
    }
}

#[test]
fn refuses_a_list_that_is_empty_since_it_is_not_whole_or_of_another_kind() {
    let mut court = Jail::new(CALENDAR);
    let cases = [
        ("", "empty-file"),
        ("no,what,at\nEND 1\n", "half-written"),
        ("no,what,at\n", "half-written"),
        ("no,what\nEND 0\n", "header"),
        ("{\"error\": \"no such view\"}\n", "layout"),
        ("no,what,at\n,Trial,2027-01-04 09:00:00\nEND 1\n", "no-rows"),
    ];
    for (text, code) in cases {
        let Outcome::Refused(refusal) = court.take(text).outcome else {
            panic!("{text} was taken");
        };
        assert_eq!(refusal.code(), code, "{text}");
    }
    let row = "no,what,at\n26-1,Trial,2027-01-04 09:00:00\nEND 1\n";
    let report = court.next_day(row);
    assert_eq!(court.changes(&report)[0].0, Origin::Baseline);
}

#[test]
fn knows_an_export_that_comes_again() {
    let mut jail = Jail::new(ROSTER);
    jail.take(&roster(0..50));
    assert_eq!(jail.next_day(&roster(0..50)).outcome, Outcome::Repeat);
    jail.next_day(&roster(0..60));
    let again = jail.next_day(&roster(0..50));
    assert_eq!((again.held, again.batches.len()), (10, 0));
    assert_eq!(jail.hold().as_deref(), Some("served-again"));
}

#[test]
fn lets_an_old_export_pass_that_says_nothing_new() {
    let mut jail = Jail::new(ROSTER);
    let other_order = "no,status,cell,medical\n2,IN,B,x\n1,IN,A,x\n";
    let first = "no,status,cell,medical\n1,IN,A,x\n2,IN,B,x\n";
    jail.take(first);
    assert_eq!(jail.next_day(other_order).outcome, Outcome::Taken);
    let again = jail.next_day(first);
    assert_eq!((again.outcome, again.batches.len()), (Outcome::Taken, 0));
}

#[test]
fn changes_nothing_for_an_export_that_is_not_whole() {
    let mut jail = Jail::new(ROSTER);
    jail.take(&roster(0..50));
    let whole = roster(0..49);
    let cases = [
        (String::new(), "empty-file"),
        (String::from("no,status,cell,medical\n"), "header-only"),
        (whole.trim_end().to_owned(), "half-written"),
        (whole.replace("7,IN,A7,private", "7,IN"), "malformed"),
        (whole.replace("status", "state"), "header"),
        (
            format!("{whole}1,IN,other,x\n2,IN,other,x\n3,IN,other,x\n"),
            "duplicate-keys",
        ),
        (
            String::from("<html><body>503 Service Unavailable</body></html>\n"),
            "not-as-declared",
        ),
    ];
    for (text, code) in cases {
        let report = jail.next_day(&text);
        let Outcome::Refused(refusal) = &report.outcome else {
            panic!("{code}: taken")
        };
        assert_eq!(refusal.code(), code);
        assert!(report.batches.is_empty());
        assert_eq!(jail.refusal(), Some(refusal.to_string()));
    }
    assert_eq!(jail.next_day(&roster(0..49)).count(Class::Absent), 1);
    assert_eq!(jail.refusal(), None);
}

#[test]
fn takes_an_export_with_single_wrong_rows_and_says_which() {
    let mut jail = Jail::new(ROSTER);
    jail.take(&roster(0..50));
    let text = roster(1..50).replace("A7,", "B7,") + "7,IN,C7,x\n,,,\n,IN,A,x\n";
    let report = jail.next_day(&text);
    let counts = [Class::Changed, Class::Absent].map(|class| report.count(class));
    assert_eq!(
        (report.outcome, counts, report.held),
        (Outcome::Taken, [0, 1], 0)
    );
    let name = jail.feed.name.clone();
    let state = jail.journal.read(|tx| feed::load(tx, &name)).unwrap();
    let set_aside = state.unwrap().set_aside.unwrap();
    assert!(
        set_aside.ends_with("3 rows set aside, in lines 8, 51, 53"),
        "{set_aside}"
    );
    let remarks = report.tally.remarks();
    assert!(
        remarks
            .iter()
            .any(|line| line.contains("2 rows with the key of another row")
                && line.contains("lines 8, 51")),
        "{remarks:?}"
    );
    assert!(
        remarks
            .iter()
            .any(|line| line.contains("1 rows have no readable key")),
        "{remarks:?}"
    );
}

#[test]
fn holds_an_export_older_than_the_last() {
    let mut jail = Jail::new(ROSTER);
    jail.take(&roster(0..50));
    jail.pass(-48);
    let report = jail.take(&roster(0..49));
    assert_eq!((report.held, report.batches.len()), (1, 0));
    assert_eq!(jail.hold().as_deref(), Some("older"));
}

#[test]
fn holds_a_truncated_export_and_lets_its_explicit_words_pass() {
    let mut jail = Jail::new(ROSTER);
    jail.take(&roster(0..50));
    let report = jail.next_day(&roster(0..10).replace("\n3,IN", "\n3,REL"));
    assert_eq!((report.held, report.count(Class::Ended)), (40, 1));
    assert_eq!(jail.hold().as_deref(), Some("mass-absence"));
    let changes = jail.changes(&report);
    assert!(
        !changes
            .iter()
            .any(|(_, change)| matches!(change, Change::NoLongerListed(_)))
    );
    // The rows come back, and the hold is over by itself.
    let report = jail.next_day(&roster(0..50).replace("\n3,IN", "\n3,REL"));
    assert_eq!((report.held, report.batches.len()), (0, 0));
    assert_eq!(jail.hold(), None);
}

#[test]
fn stores_what_was_held_once_a_person_releases_it() {
    let mut jail = Jail::new(ROSTER);
    jail.take(&roster(0..50));
    jail.next_day(&roster(0..10));
    assert_eq!(jail.release(), 40);
    assert_eq!(jail.hold(), None);
    let after = jail.next_day(&roster(0..10).replace("A3", "B3"));
    assert_eq!((after.held, after.count(Class::Changed)), (0, 1));
    assert_eq!(jail.release(), 0);
    assert_eq!(jail.decisions(), [(Action::Released, 40)]);
}

#[test]
fn bounds_explicit_releases_and_keeps_the_rest() {
    let transactions = ROSTER.replace("'roster'\nzone", "'transactions'\nzone");
    let mut jail = Jail::new(&transactions);
    let report = jail.take(&roster(0..100).replace("IN", "REL"));
    assert_eq!((report.count(Class::Ended), report.held), (20, 80));
    assert_eq!(jail.hold().as_deref(), Some("mass-release"));
    // The same file again tells nothing twice and loses nothing that is held.
    let again = jail.take(&roster(0..101).replace("IN", "REL"));
    assert_eq!((again.count(Class::Ended), again.held), (0, 1));
    assert_eq!(jail.release(), 81);
}

#[test]
fn lets_no_time_and_no_other_export_pass_what_waits_for_a_person() {
    let mut jail = Jail::new(ROSTER);
    let everybody_but = |text: String, cell| {
        let text = (60..100).fold(text, |text, n| {
            text.replace(&format!("\n{n},IN"), &format!("\n{n},REL"))
        });
        text.replace(",A50,", &format!(",{cell},"))
    };
    jail.take(&roster(0..100));
    let report = jail.next_day(&everybody_but(roster(19..100), "A50"));
    assert_eq!((report.count(Class::Ended), report.held), (20, 39));
    for cell in ["B", "C", "D"] {
        let report = jail.next_day(&everybody_but(roster(19..100), cell));
        assert_eq!((report.count(Class::Ended), report.held), (0, 39), "{cell}");
        assert_eq!(jail.hold().as_deref(), Some("mass-absence"));
    }
    // A doubted export changes nothing of it either.
    let doubted = jail.next_day(&roster(0..100));
    assert_eq!(doubted.reasons.len(), 1);
    assert_eq!(jail.hold().as_deref(), Some("mass-absence"));
    assert_eq!(jail.release(), 39);
    let name = jail.feed.name.clone();
    let later = jail.now + SignedDuration::from_hours(1);
    let windows = jail.journal.read(|tx| feed::ended(tx, &name, later));
    assert_eq!(windows.unwrap(), (0, 0));
}

#[test]
fn lets_single_records_pass_and_keeps_the_others_waiting() {
    let mut jail = Jail::new(ROSTER);
    let let_go = |text: String| {
        (0..40).fold(text, |text, n| {
            text.replace(&format!("\n{n},IN"), &format!("\n{n},REL"))
        })
    };
    jail.take(&roster(0..100));
    let report = jail.next_day(&let_go(roster(0..100)));
    assert_eq!((report.count(Class::Ended), report.held), (20, 20));
    let some = ["30", "31", "77"].map(|number| RecordNumber::new(number).unwrap());
    let which = Which::Only(&some);
    let name = jail.feed.name.clone();
    let decider = jail.decider();
    let (count, batches) = release(
        &mut jail.journal,
        &jail.signer,
        (&name, which),
        decider,
        [5; 16],
    )
    .unwrap();
    assert_eq!((count, batches.len()), (2, 1));
    // The export says the rest again, and it goes on waiting for the same reason.
    let report = jail.next_day(&let_go(roster(0..100)).replace("A99,", "B99,"));
    assert_eq!((report.count(Class::Ended), report.held), (0, 18));
    assert_eq!(jail.hold().as_deref(), Some("mass-release"));
    assert_eq!(jail.release(), 18);
    let decisions = [(Action::Released, 18), (Action::Released, 2)];
    assert_eq!(jail.decisions(), decisions);
}

#[test]
fn holds_what_a_small_jail_loses_day_by_day_and_tells_nobody() {
    let mut jail = Jail::new(ROSTER);
    jail.take(&roster(0..35));
    // One leaves every second day, and another comes.
    for day in 1..60_u32 {
        let gone = day / 2;
        assert_eq!(jail.next_day(&roster(gone..gone + 35)).held, 0, "{day}");
    }
    // Then the list loses two a day, which no single day shows.
    let mut shown = 29..64;
    let told = loop {
        shown.start += 2;
        let report = jail.next_day(&roster(shown.clone()));
        if report.held > 0 {
            break report;
        }
        assert!(shown.len() > 20, "not found");
    };
    assert_eq!((told.held, told.count(Class::Absent)), (2, 0));
    assert!(jail.changes(&told).is_empty());
    assert_eq!(jail.hold().as_deref(), Some("slow-drift"));
    // It goes on, and so does the hold; a booking passes meanwhile.
    shown = shown.start + 2..65;
    let report = jail.next_day(&roster(shown.clone()));
    assert_eq!((report.held, report.count(Class::New)), (4, 1));
    // A person has looked: they are gone, and what was counted counts no more.
    assert_eq!(jail.release(), 4);
    shown.start += 2;
    let report = jail.next_day(&roster(shown));
    assert_eq!((report.held, report.count(Class::Absent)), (0, 2));
}

#[test]
fn lets_nobody_go_by_an_export_that_looks_other_until_a_person_has_accepted_it() {
    let mut jail = Jail::new(TIMED);
    let list = |header: &str, released: std::ops::Range<u32>, more: &str| {
        (0..50).fold(format!("{header}\n"), |text, number| {
            let word = match released.contains(&number) {
                true => "REL,06/01/2026 09:30",
                false => "IN,",
            };
            text + &format!("{number},{word},A-{number}{more}\n")
        })
    };
    jail.take(&list("no,status,out,cell", 0..0, ""));
    // Another order, case and a wider table are taken, and said.
    let report = jail.next_day(&list("NO,Status,Out,Cell,Zone", 0..2, ",1"));
    assert_eq!((report.held, report.count(Class::Ended)), (0, 2));
    assert_eq!(report.looks_other, ["its columns Zone are new"]);
    let report = jail.next_day(&list("no,status,out,cell,zone", 0..5, ",1"));
    assert_eq!((report.held, report.looks_other.len()), (0, 0));
    // More than two let go together with a column that went away wait for a person.
    let narrow = |cell| list("no,status,out,cell", 0..9, "").replace(",A-49", cell);
    for cell in [",A-49", ",A-50"] {
        let report = jail.next_day(&narrow(cell));
        assert_eq!((report.held, report.count(Class::Ended)), (4, 0));
        assert_eq!(report.looks_other, ["its columns zone are gone"]);
        assert_eq!(jail.hold().as_deref(), Some("new-layout"));
    }
    let name = jail.feed.name.clone();
    let hold = jail.journal.read(|tx| hold::load(tx, &name)).unwrap();
    assert!(
        hold.unwrap()
            .message
            .ends_with("; its columns zone are gone")
    );
    assert_eq!(jail.release(), 4);
    let report = jail.next_day(&list("no,status,out,cell", 0..14, ""));
    assert_eq!((report.held, report.looks_other.len()), (0, 0));
}

const TIMED: &str = "
name = 'roster'
kind = 'custody'
mode = 'roster'
zone = 'America/Chicago'
[columns]
record_number = 'no'
status = 'status'
released_at = 'out'
location = 'cell'
[values.status]
IN = 'InCustody'
REL = 'OutOfCustody'
";

#[test]
fn lets_nobody_go_without_the_time_that_releases_here_have() {
    let mut jail = Jail::new(TIMED);
    let mut today = 0;
    let mut day = |dated: u32, bare: u32| {
        today += 1;
        let header = format!("no,status,out,cell\n999,IN,,{today}\n");
        (0..200).fold(header, |text, number| {
            let row = match number {
                _ if number < dated => "REL,06/01/2026 09:30,A",
                _ if number >= 200 - bare => "REL,,A",
                _ => "IN,,A",
            };
            text + &format!("{number},{row}\n")
        })
    };
    jail.take(&day(0, 0));
    // Until it is known that releases have their times, any word is one.
    assert_eq!(jail.next_day(&day(3, 4)).held, 0);
    jail.next_day(&day(3, 0));
    for dated in [20, 40, 60, 80] {
        assert_eq!(jail.next_day(&day(dated, 0)).held, 0, "{dated}");
    }
    // Four of 84 had none: too many to be a rule. Months later it is one.
    assert_eq!(jail.next_day(&day(80, 4)).held, 0);
    jail.next_day(&day(0, 0));
    for round in 0..100 {
        let dated = if round % 2 == 0 { 20 } else { 0 };
        assert_eq!(jail.next_day(&day(dated, 0)).held, 0, "{round}");
    }
    let report = jail.next_day(&day(2, 3));
    assert_eq!((report.count(Class::Ended), report.held), (2, 3));
    assert_eq!(jail.hold().as_deref(), Some("bare-release"));
    // Two may be an accident, as words that are entered late are.
    assert_eq!(jail.next_day(&day(3, 2)).held, 2);
    jail.next_day(&day(3, 0));
    assert_eq!(jail.next_day(&day(4, 2)).held, 0);
}

#[test]
fn moves_nothing_forward_for_an_export_that_it_doubts() {
    let mut jail = Jail::new(ROSTER);
    jail.take(&roster(0..50));
    jail.next_day(&roster(0..60));
    let name = jail.feed.name.clone();
    let state = |jail: &mut Jail| {
        let state = jail.journal.read(|tx| feed::load(tx, &name));
        let state = state.unwrap().unwrap();
        (
            state.captured_at,
            state.exported_at,
            state.changed_at,
            state.last_content,
        )
    };
    let before = state(&mut jail);
    assert_eq!(jail.next_day(&roster(0..50)).held, 10);
    assert_eq!(jail.hold().as_deref(), Some("served-again"));
    assert_eq!(state(&mut jail), before);
    // The one that is believed comes again, and the doubt is over.
    assert_eq!(jail.next_day(&roster(0..60)).outcome, Outcome::Repeat);
    assert_eq!(jail.hold(), None);
    assert_eq!(jail.next_day(&roster(0..50)).held, 10);
    // Once a person has released it, it is the last that was taken.
    assert_eq!(jail.release(), 10);
    assert_eq!(jail.next_day(&roster(0..50)).outcome, Outcome::Repeat);
}

#[test]
fn refuses_an_export_from_the_future() {
    let mut jail = Jail::new(ROSTER);
    jail.take(&roster(0..50));
    let now = Now {
        at: jail.now,
        exported_at: jail.now + SignedDuration::from_hours(30),
        is_history: false,
        secret: [4; 16],
    };
    let file = ("roster.csv", roster(0..49));
    let file = (file.0, file.1.as_bytes());
    let report = take_file(&mut jail.journal, &jail.signer, &jail.feed, file, now).unwrap();
    let Outcome::Refused(refusal) = report.outcome else {
        panic!("taken")
    };
    assert_eq!(refusal.code(), "future");
    assert_eq!(jail.next_day(&roster(0..49)).count(Class::Absent), 1);
}

#[test]
fn forgets_held_transactions_that_were_overtaken_or_dropped() {
    let mut jail = Jail::new(&ROSTER.replace("'roster'\nzone", "'transactions'\nzone"));
    jail.take(&roster(0..25));
    jail.pass(1);
    let report = jail.take(&roster(0..25).replace("IN", "REL"));
    assert_eq!((report.count(Class::Ended), report.held), (20, 5));
    // One of the five is corrected by a later row, one said in other words.
    let name = jail.feed.name.clone();
    let held: Vec<_> = jail
        .journal
        .read(|tx| hold::changes(tx, &name))
        .unwrap()
        .into_iter()
        .map(|held| held.key.number.to_string())
        .collect();
    let header = "no,status,cell,medical\n";
    jail.pass(1);
    jail.take(&format!(
        "{header}{},IN,B,x\n{},REL,B,x\n",
        held[0], held[1]
    ));
    let left = jail.journal.read(|tx| hold::changes(tx, &name)).unwrap();
    let left: Vec<_> = left
        .iter()
        .map(|held| held.key.number.to_string())
        .collect();
    assert_eq!(left.len(), 4);
    assert!(!left.contains(&held[0]));
    assert_eq!(jail.drop_held(), 4);
    assert_eq!(
        (jail.hold(), jail.release(), jail.drop_held()),
        (None, 0, 0)
    );
    assert_eq!(jail.decisions(), [(Action::Dropped, 4)]);
}

#[test]
fn takes_what_was_there_before_it_for_history_and_no_news() {
    let profile = ROSTER.replace("'roster'\nzone", "'transactions'\nzone");
    let mut jail = Jail::new(&profile.replace("location", "status_at = 'at'\nlocation"));
    let row = |number, at| format!("{number},REL,A,{at}\n");
    let history = (0..100).fold(String::from("no,status,cell,at\n"), |text, number| {
        text + &row(number, "2025-11-09 10:00")
    });
    // No time: history. After the agent began: news, though the file was there.
    let history = history + &row(100, "") + &row(101, "2026-06-01 08:00");
    let now = Now {
        at: jail.now,
        exported_at: jail.now,
        is_history: true,
        secret: [4; 16],
    };
    let file = ("old.csv", history.as_bytes());
    let report = take_file(&mut jail.journal, &jail.signer, &jail.feed, file, now).unwrap();
    let origins = |jail: &Jail, report| -> Vec<Origin> {
        let changes = jail.changes(report);
        changes.into_iter().map(|(origin, _)| origin).collect()
    };
    let told = origins(&jail, &report);
    assert_eq!((told.len(), report.held), (102, 0));
    let news = told.iter().filter(|origin| **origin == Origin::Live);
    assert_eq!(news.count(), 1);
    // What comes later is news whatever its date, and history has taught the guard nothing.
    jail.pass(1);
    let report = jail.take(&(history + &row(200, "2025-11-09 10:00")));
    assert_eq!(origins(&jail, &report), [Origin::Live]);
    let name = jail.feed.name.clone();
    let ended = jail.journal.read(|tx| feed::ended(tx, &name, jail.now));
    assert_eq!(ended.unwrap(), (1, 0));
}

#[test]
fn says_that_it_could_not_see_for_a_while() {
    let mut jail = Jail::new(ROSTER);
    jail.take(&roster(0..50));
    jail.pass(24 * 22);
    let report = jail.take(&roster(1..51));
    let changes = jail.changes(&report);
    let gap = |change: &Change| {
        matches!(
            change,
            Change::ObservationGap {
                reason: GapReason::AgentDown,
                ..
            }
        )
    };
    assert!(gap(&changes[0].1));
    assert!(
        changes[1..]
            .iter()
            .all(|(origin, _)| *origin == Origin::FoundLate)
    );
}

#[test]
fn never_takes_anything_from_a_column_that_no_profile_names() {
    let mut jail = Jail::new(ROSTER);
    let report = jail.take(&roster(0..5));
    let sealed = savin_shared::envelope::portable::encode(&report.batches[0]).unwrap();
    let key = jail.signer.key().verifying_key();
    let bodies: Vec<u8> = open(&report.batches[0], &key)
        .unwrap()
        .into_iter()
        .flat_map(|(_, b)| b.unwrap())
        .collect();
    let holds = |bytes: &[u8], text: &[u8]| bytes.windows(text.len()).any(|w| w == text);
    assert!(holds(&bodies, b"A3"), "the search works");
    assert!(!holds(&bodies, b"private") && !holds(&sealed, b"private"));
}

#[test]
fn names_the_line_of_a_broken_row() {
    let mut jail = Jail::new(ROSTER);
    let report = jail.take("no,status,cell,medical\n1,IN,A,x\n2,IN\n");
    let ragged = CsvError::Ragged {
        line: 3,
        expected: 4,
        found: 2,
    };
    assert_eq!(
        report.outcome,
        Outcome::Refused(Refusal::Format(ragged.into()))
    );
}
