//! An invented population, the same each time, and what the rules decide of it: whoever changes a rule is told to
//! raise its number.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use jiff::civil::Date;
use savin_shared::delta::{Coverage, Evidence, Origin};
use savin_shared::hash::{Hash, hex};
use savin_shared::ids::{FbiId, OffenderId, PersonNumber, StateId};
use savin_shared::pii::Pii;
use savin_shared::record::custody::{CustodyState, ReleaseReason};
use savin_shared::record::subject::{PersonName, Sex};
use savin_shared::record::{Record, RecordBody};

use super::{GOLDEN, RULES, name, number};
use crate::intake::batches::take;
use crate::intake::testing::{BOND, IN, Jail, ORDERS, each, name as named};
use crate::intake::{Moment, open};
use crate::linkage::weights::Weights;
use crate::store::Store;
use crate::store::conn::Tx;
use crate::store::registry::{placing, step};

/// Rounds of batches, and records of each.
const ROUNDS: usize = 60;
const RECORDS: usize = 5;

/// Few of each, so that they meet: compound, alike in sound, rare and common names.
const SURNAMES: [&str; 10] = [
    "SMITH",
    "SMYTH",
    "MUESTRA",
    "MUESTRA PRUEBA",
    "PRUEBA",
    "O'SAMPLE",
    "OSAMPLE",
    "JOHNSON",
    "DOE",
    "ZZYZX",
];
const GIVENS: [&str; 10] = [
    "WILLIAM",
    "BILL",
    "ROBERT",
    "BOB",
    "AVERY",
    "AVERIE",
    "MARIA",
    "MARIA JOSE",
    "JAMES",
    "UNKNOWN",
];
const MIDDLES: [Option<&str>; 4] = [None, Some("L"), Some("LEE"), Some("ANN")];
const SUFFIXES: [Option<&str>; 4] = [None, None, Some("JR"), Some("SR")];
const NUMBERS: [&str; 6] = ["100234", "100235", "100243", "778899", "N/A", "000000"];

/// A small generator (xorshift64*), so that the population is the same on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let rolled = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16;
        usize::try_from(rolled % end as u64).unwrap()
    }

    fn pick<T: Clone>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())].clone()
    }
}

const fn fixed() -> [u8; 16] {
    [5; 16]
}

/// Somebody's name, birth date, sex and numbers, as one keyboard has them.
fn described(mut record: Record, dice: &mut Dice) -> Record {
    let subject = &mut record.subject;
    let text = |text: &str| Pii::new(text.to_owned());
    subject.name = Some(PersonName {
        middle: dice.pick(&MIDDLES).map(text),
        suffix: dice.pick(&SUFFIXES).map(text),
        ..named(dice.pick(&SURNAMES), dice.pick(&GIVENS))
    });
    if dice.below(6) == 0 {
        subject.aliases = vec![named(dice.pick(&SURNAMES), dice.pick(&GIVENS))];
    }
    let days = [
        "1985-03-12",
        "1985-12-03",
        "1985-03-21",
        "1958-03-12",
        "1990-01-01",
        "1970-01-01",
        "1900-01-01",
    ];
    subject.birth_date = (dice.below(5) > 0).then(|| {
        let day: Date = dice.pick(&days).parse().unwrap();
        Pii::new(day)
    });
    subject.sex = dice.pick(&[
        None,
        Some(Sex::Male),
        Some(Sex::Male),
        Some(Sex::Female),
        Some(Sex::Unknown),
    ]);
    // Mostly the agency's own number; now and then somebody else's, or none.
    let own = format!("P{}", dice.below(12));
    subject.person_number = (dice.below(4) > 0).then(|| PersonNumber::new(&own).unwrap());
    let number = dice.pick(&NUMBERS);
    match dice.below(5) {
        0 => subject.offender_id = OffenderId::new(number).ok(),
        1 => subject.state_id = StateId::new(&format!("MS{number}")).ok(),
        2 => subject.fbi_id = FbiId::new(&format!("{number}AB1")).ok(),
        _ => {}
    }
    record
}

fn body(jail: &mut Jail, dice: &mut Dice) -> Vec<u8> {
    let states = [
        IN,
        IN,
        BOND,
        CustodyState::Escaped,
        CustodyState::Deceased,
        CustodyState::TransferredOut,
        CustodyState::TransferredOutOfState,
        CustodyState::EscapeSuspected,
        CustodyState::Unknown,
        CustodyState::OutOfCustody(ReleaseReason::ToOtherAgency),
    ];
    let booking = dice.below(14).to_string();
    if dice.below(9) == 0 {
        return jail.misses(&booking);
    }
    let record = jail.record(&booking, dice.pick(&states));
    let mut record = described(record, dice);
    record.synthetic = dice.below(25) == 0;
    if let RecordBody::Custody(custody) = &mut record.body {
        custody.classification = (dice.below(4) == 0).then(|| "A".to_owned());
    }
    let origin = dice.pick(&[
        Origin::Live,
        Origin::Live,
        Origin::FoundLate,
        Origin::Baseline,
    ]);
    match dice.below(3) {
        0 => jail.tells(&record),
        1 => jail.lists(origin, &record),
        _ => jail.row("jms", origin, &record, (Coverage::Full, Evidence::Status)),
    }
}

/// Lets a registry take the population in, and sums up what was decided: whom records are about and who was joined,
/// in the order of the steps, then every event, then what staff is asked.
fn outcome(store: &Store) -> String {
    static NOW: AtomicI64 = AtomicI64::new(0);
    NOW.store(1_781_000_000, Ordering::SeqCst);
    let mut dice = Dice(0x5A17_1234_9E37_79B9);
    let mut jails: Vec<Jail> = (1..=3).map(|number| Jail::new(store, number)).collect();
    for _ in 0..ROUNDS {
        let jail = dice.below(jails.len());
        let jail = &mut jails[jail];
        let bodies = (0..RECORDS).map(|_| body(jail, &mut dice)).collect();
        let batch = jail.batch(bodies);
        let group = [open(&jail.speaker, batch).unwrap()];
        let now = NOW.fetch_add(600, Ordering::SeqCst);
        let moment = Moment {
            now: Timestamp::from_second(now).unwrap(),
            random: fixed,
            orders: ORDERS,
        };
        store
            .write_now("intake", move |tx| take(tx, &group, moment).map(|_| ()))
            .unwrap();
    }
    let lines = store.read_now("decided", lines).unwrap();
    // The population goes through what there is to decide, or its digest would mean little.
    for wanted in ["joined ", "doubts ", "stranger ", "identity-doubt", "held "] {
        let is_met = lines.iter().any(|line| line.contains(wanted));
        assert!(is_met, "nobody meets {wanted:?}");
    }
    let parts: Vec<&[u8]> = lines.iter().map(String::as_bytes).collect();
    hex(&Hash::tagged("test/ruling", &parts).as_bytes()[..8])
}

fn lines(tx: &mut Tx<'_>) -> Result<Vec<String>, crate::store::StoreError> {
    let mut lines = Vec::new();
    for taken in step::after(tx, 0, 10_000)? {
        let placings = placing::of_step(tx, taken.number)?.unwrap();
        assert_eq!(number(&placings.judge), Some(RULES));
        for placing in &placings.placed {
            let doubts = if placing.doubts.is_empty() {
                ""
            } else {
                "doubts "
            };
            let stranger = if placing.stranger.is_some() {
                "stranger "
            } else {
                ""
            };
            lines.push(format!("{doubts}{stranger}{placing:?}"));
        }
        lines.extend(
            placings
                .joined
                .iter()
                .map(|joined| format!("joined {joined:?}")),
        );
        let held = placings.held.iter();
        lines.extend(held.map(|held| format!("held {:?}", (held.event, &held.facility))));
    }
    for sql in [
        "SELECT event_id, code, person_id, record_id, version, facility_code, effective_at, corrects, details
         FROM event ORDER BY position",
        "SELECT kind, subject FROM task ORDER BY kind, subject",
    ] {
        let rows = tx.query(sql, &[])?;
        lines.extend(rows.iter().map(|row| format!("{:?}", row.values())));
    }
    Ok(lines)
}

#[test]
fn no_rule_changes_without_its_number() {
    let table = Weights::shipped().unwrap().version();
    each("ruling", |store| {
        let outcome = outcome(store);
        if (GOLDEN.rules, GOLDEN.table, GOLDEN.outcome) == (RULES, table.as_str(), outcome.as_str())
        {
            return;
        }
        let do_this = if GOLDEN.table == table && GOLDEN.rules == RULES {
            format!(
                "A rule decides otherwise than it did: raise RULES to {}",
                RULES + 1
            )
        } else {
            "The number of the rules or the shipped table is another".to_owned()
        };
        let rules = if GOLDEN.table == table && GOLDEN.rules == RULES {
            RULES + 1
        } else {
            RULES
        };
        panic!(
            "{do_this}, and write into hub/src/intake/ruling.rs\n    rules: {rules},\n    table: \"{table}\",\n    \
             outcome: \"{outcome}\",\nOlder logs are then made anew by what was decided then."
        );
    });
}

#[test]
fn knows_rules_by_their_number() {
    assert_eq!(number(&name()), Some(RULES));
    assert_eq!(number("rules 7 0a1b2c3d"), Some(7));
    for older in ["", "0.1.0 0a1b2c3d", "rules x"] {
        assert_eq!(number(older), None, "{older}");
    }
}
