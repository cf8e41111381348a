//! What a jail says itself, and its booking system later.

use jiff::{SignedDuration, Timestamp};
use savin_shared::delta::{self, Change, Evidence, Origin};
use savin_shared::envelope::open;
use savin_shared::ids::{AgentId, Epoch, FacilityCode, FeedName, Seq};
use savin_shared::record::custody::{CustodyState, ReleaseReason};
use savin_shared::sign::SigningKey;

use super::{EmergencyError, Listed, Statement, agree, listed, say, withdraw};
use crate::capture::{Feed, Now, take_file};
use crate::journal::emergency::{self, Outcome, Word};
use crate::journal::{Journal, position, spool};
use crate::mapping::profile::Profile;
use crate::signer::Signer;

const PROFILE: &str = "
name = 'roster'
kind = 'custody'
mode = 'roster'
zone = 'America/Chicago'
[columns]
record_number = 'no'
name = 'name'
status = 'status'
[values.status]
IN = 'InCustody'
ESC = 'Escaped'
MIS = 'EscapeSuspected'
REL = 'OutOfCustody'
";

struct Jail {
    journal: Journal,
    signer: Signer,
    feed: Feed,
    now: Timestamp,
}

impl Jail {
    fn new() -> Self {
        let agent = AgentId::from_bytes([1; 16]);
        let mut jail = Self {
            journal: Journal::scratch(agent, Epoch::from_bytes([2; 16])).unwrap(),
            signer: Signer::new(agent, SigningKey::from_seed(&[3; 32]).unwrap()),
            feed: Feed {
                name: FeedName::new("roster").unwrap(),
                facility: FacilityCode::new("MS-TEST-JAIL").unwrap(),
                profile: Profile::parse(PROFILE).unwrap(),
                cadence: SignedDuration::from_hours(24),
            },
            now: "2026-06-01T12:00:00Z".parse().unwrap(),
        };
        jail.lists("IN");
        jail
    }

    /// The booking system lists two people, the first with this status.
    fn lists(&mut self, status: &str) {
        self.now += SignedDuration::from_mins(10);
        let now = Now {
            at: self.now,
            exported_at: self.now,
            is_history: false,
            secret: [4; 16],
        };
        let text =
            format!("no,name,status\nB1,\"SAMPLE, AVERY\",{status}\nB2,\"MOCK, BLAIR\",IN\n");
        let file = ("roster.csv", text.as_bytes());
        take_file(&mut self.journal, &self.signer, &self.feed, file, now).unwrap();
    }

    fn about(&mut self) -> Listed {
        let all = listed(&mut self.journal, std::slice::from_ref(&self.feed.name)).unwrap();
        assert_eq!(all.len(), 2);
        all.into_iter()
            .find(|one| one.record.number().as_str() == "B1")
            .unwrap()
    }

    fn statement(&self) -> Statement<'static> {
        Statement {
            by: "Sgt. Sample",
            at: self.now,
            now: self.now,
            secret: [5; 16],
        }
    }

    fn says(&mut self, word: Word) -> Result<CustodyState, EmergencyError> {
        let (about, statement) = (self.about(), self.statement());
        let what = (word, ReleaseReason::Unknown);
        say(&mut self.journal, &self.signer, &about, what, statement)
    }

    fn withdraws(&mut self) -> Result<(Word, CustodyState), EmergencyError> {
        let (about, statement) = (self.about(), self.statement());
        withdraw(&mut self.journal, &self.signer, &about, statement)
    }

    fn outcome(&mut self) -> Option<Outcome> {
        let said = self.journal.read(emergency::all).unwrap();
        assert_eq!(said.len(), 1);
        said[0].outcome.map(|(outcome, _)| outcome)
    }

    /// Returns the state, evidence and feed of the last delta, as it is sent.
    fn last(&mut self) -> (CustodyState, Evidence, String) {
        let key = self.signer.key().verifying_key();
        let sent = self.journal.read(|tx| {
            let end = position::load(tx)?.unwrap().end;
            spool::after(tx, end.epoch, Seq(end.seq.0 - 1), 8)
        });
        let batches = sent.unwrap();
        let (_, body) = open(batches.last().unwrap(), &key).unwrap().pop().unwrap();
        let delta = delta::decode(&body.unwrap()).unwrap();
        assert_eq!(delta.origin, Origin::Live);
        let Change::Upsert { row, evidence, .. } = delta.change else {
            panic!("no row")
        };
        let record = row.record().unwrap();
        assert!(
            record.subject.name.is_none(),
            "it says no more than it must"
        );
        (
            record.custody().unwrap().state,
            evidence,
            delta.feed.to_string(),
        )
    }
}

#[test]
fn says_an_escape_at_once_and_lets_the_booking_system_follow() {
    let mut jail = Jail::new();
    assert_eq!(jail.says(Word::Escape).unwrap(), CustodyState::Escaped);
    let escape = (
        CustodyState::Escaped,
        Evidence::Emergency,
        "emergency".to_owned(),
    );
    assert_eq!(jail.last(), escape);
    let again = jail.says(Word::Escape).unwrap_err().to_string();
    assert!(again.contains("Sgt. Sample said escape"), "{again}");
    assert!(agree(&mut jail.journal, jail.now).unwrap().is_empty());
    jail.lists("ESC");
    assert_eq!(agree(&mut jail.journal, jail.now).unwrap().len(), 1);
    assert_eq!(jail.outcome(), Some(Outcome::Agreed));
    let known = jail.says(Word::Escape).unwrap_err().to_string();
    assert!(known.contains("booking system says so already"), "{known}");
    // Back: the system has said the escape, so that the return can be said.
    assert_eq!(jail.says(Word::Recapture).unwrap(), CustodyState::InCustody);
    jail.lists("IN");
    assert_eq!(agree(&mut jail.journal, jail.now).unwrap().len(), 1);
}

#[test]
fn says_a_suspicion_as_one_and_the_escape_after_it() {
    let mut jail = Jail::new();
    let suspected = CustodyState::EscapeSuspected;
    assert_eq!(jail.says(Word::Suspicion).unwrap(), suspected);
    let (state, evidence, _) = jail.last();
    assert_eq!((state, evidence), (suspected, Evidence::Emergency));
    let again = jail.says(Word::Suspicion).unwrap_err().to_string();
    assert!(again.contains("said suspected-escape"), "{again}");
    // Found, and missing again; then it is certain, and no longer a suspicion.
    assert_eq!(jail.says(Word::Recapture).unwrap(), CustodyState::InCustody);
    assert_eq!(jail.says(Word::Suspicion).unwrap(), suspected);
    assert_eq!(jail.says(Word::Escape).unwrap(), CustodyState::Escaped);
    let less = jail.says(Word::Suspicion).unwrap_err().to_string();
    assert!(less.contains("said escape"), "{less}");
}

#[test]
fn lets_the_booking_system_say_a_suspicion_or_the_escape_that_it_was() {
    for word in ["MIS", "ESC"] {
        let mut jail = Jail::new();
        jail.says(Word::Suspicion).unwrap();
        assert!(agree(&mut jail.journal, jail.now).unwrap().is_empty());
        jail.lists(word);
        assert_eq!(agree(&mut jail.journal, jail.now).unwrap().len(), 1);
        let known = jail.says(Word::Suspicion).unwrap_err().to_string();
        assert!(known.contains("says so already"), "{known}");
        assert_eq!(jail.says(Word::Recapture).unwrap(), CustodyState::InCustody);
    }
}

#[test]
fn says_no_return_of_somebody_who_had_not_escaped() {
    let mut jail = Jail::new();
    let error = jail.says(Word::Recapture).unwrap_err();
    assert!(matches!(error, EmergencyError::NotEscaped));
    jail.says(Word::Escape).unwrap();
    assert_eq!(jail.says(Word::Recapture).unwrap(), CustodyState::InCustody);
    // What the row said all along is no answer to it.
    assert!(agree(&mut jail.journal, jail.now).unwrap().is_empty());
}

#[test]
fn takes_back_what_was_said_and_nothing_else() {
    let mut jail = Jail::new();
    assert!(matches!(
        jail.withdraws(),
        Err(EmergencyError::NothingStands)
    ));
    let out = CustodyState::OutOfCustody(ReleaseReason::Unknown);
    assert_eq!(jail.says(Word::Release).unwrap(), out);
    let (word, state) = jail.withdraws().unwrap();
    assert_eq!((word, state), (Word::Release, CustodyState::InCustody));
    assert_eq!(jail.last().1, Evidence::Withdrawal);
    assert_eq!(jail.outcome(), Some(Outcome::Withdrawn));
    assert!(matches!(
        jail.withdraws(),
        Err(EmergencyError::NothingStands)
    ));
    jail.says(Word::Escape).unwrap();
    assert_eq!(jail.outcome(), None);
}
