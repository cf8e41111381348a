//! What registrants are and chose, taken over into a vault that was put back, from the one whose place it takes.
//!
//! So whoever registered, moved or asked to stop since the backup did so. What they were told is not taken over: in
//! that the backup stands for itself, and what is told again says so.

use std::collections::BTreeSet;

use super::key;
use crate::ids::RegistrantId;
use crate::store::conn::Tx;
use crate::store::value::{Row, Value, time};
use crate::store::{Store, StoreError};
use crate::values;

/// Rows that are read at once.
const ROWS_AT_ONCE: i64 = 1_000;

/// Rows of a table after a key.
type Page = (Vec<Row>, Option<Vec<Value>>);

/// The value before all of a kind that a key begins with.
#[derive(Debug, Clone, Copy)]
enum Least {
    Integer,
    Text,
    Bytes,
}

/// A table whose rows are taken over.
#[derive(Debug)]
struct Table {
    name: &'static str,
    key: &'static [Least],
    page: &'static str,
    put: &'static str,
}

/// Lists a table: its key, its other columns, their places in a statement, and what becomes of a row that is there.
macro_rules! table {
    ($name:literal, [$($key:literal $kind:ident),+] = ($keys:literal, $places:literal, $limit:literal),
     [$($column:literal),* $(,)?], $values:literal, $clash:literal) => {
        Table {
            name: $name,
            key: &[$(Least::$kind),+],
            page: concat!(
                "SELECT ", $keys $(, ", ", $column)*, " FROM ", $name, " WHERE (", $keys, ") > (",
                $places, ") ORDER BY ", $keys, " LIMIT ", $limit
            ),
            put: concat!(
                "INSERT INTO ", $name, " (", $keys $(, ", ", $column)*, ") VALUES (", $values, ")",
                $clash
            ),
        }
    };
}

/// What belongs to a registrant, she first, since some of it names her.
static HERS: [Table; 8] = [
    table!("registrant", ["registrant_id" Bytes] = ("registrant_id", "$1", "$2"),
        ["wrapped_key", "state", "created_at", "sealed_choices", "sealed_care", "sealed_pin",
         "sealed_duress_pin"],
        "$1, $2, $3, $4, $5, $6, $7, $8", ""),
    table!("contact", ["contact_id" Bytes] = ("contact_id", "$1", "$2"),
        ["registrant_id", "channel", "blind_index", "sealed_address", "verified_at", "silenced_at",
         "place", "returned_at", "retires_at", "doubted_at"],
        "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11", ""),
    table!("subscription", ["subscription_id" Bytes] = ("subscription_id", "$1", "$2"),
        ["registrant_id", "person_link", "sealed_label", "created_at"],
        "$1, $2, $3, $4, $5", ""),
    table!("follow", ["registrant_id" Bytes, "kind" Text, "follow_link" Bytes]
        = ("registrant_id, kind, follow_link", "$1, $2, $3", "$4"),
        ["sealed_label", "created_at"],
        "$1, $2, $3, $4, $5", ""),
    table!("stopping", ["registrant_id" Bytes, "subscription_id" Bytes]
        = ("registrant_id, subscription_id", "$1, $2", "$3"),
        ["stops_at", "kind"],
        "$1, $2, $3, $4", ""),
    table!("pin_try", ["registrant_id" Bytes, "tried_at" Integer, "notice_id" Bytes, "claim" Integer]
        = ("registrant_id, tried_at, notice_id, claim", "$1, $2, $3, $4", "$5"),
        ["is_right"],
        "$1, $2, $3, $4, $5", ""),
    table!("parted_doubt", ["subject" Text] = ("subject", "$1", "$2"),
        ["registrant_id", "person_link"],
        "$1, $2, $3", ""),
    table!("held_fact", ["registrant_id" Bytes, "event_link" Bytes, "cause" Text]
        = ("registrant_id, event_link, cause", "$1, $2, $3", "$4"),
        ["person_link", "sealed_fact"],
        "$1, $2, $3, $4, $5", ""),
];

/// Where each of these names her.
const OWNER: [usize; 8] = [0, 1, 1, 0, 0, 0, 1, 0];

/// What else is taken over: whom nobody may call, by which records persons are known, what bounds calls and money,
/// which of the agencies' daily tests came out, and what waits for a person or was done.
static OTHERS: [Table; 11] = [
    table!("never_called", ["whose" Bytes] = ("whose", "$1", "$2"), ["asked_at"], "$1, $2", ""),
    table!("person_trace", ["person_link" Bytes, "record_link" Bytes]
        = ("person_link, record_link", "$1, $2", "$3"), [], "$1, $2", ""),
    table!("lost_trace", ["record_link" Bytes, "person_link" Bytes]
        = ("record_link, person_link", "$1, $2", "$3"), [], "$1, $2", ""),
    table!("lost_person", ["person_link" Bytes] = ("person_link", "$1", "$2"), ["lost_at"],
        "$1, $2", ""),
    table!("line_use", ["what" Text, "whose" Bytes, "used_at" Integer]
        = ("what, whose, used_at", "$1, $2, $3", "$4"), [], "$1, $2, $3", ""),
    table!("called", ["notice_id" Bytes, "number" Integer] = ("notice_id, number", "$1, $2", "$3"),
        ["whose", "called_at"], "$1, $2, $3, $4",
        " ON CONFLICT (notice_id, number) DO NOTHING"),
    table!("spend", ["period" Text, "channel" Text] = ("period, channel", "$1, $2", "$3"),
        ["amount", "tries"], "$1, $2, $3, $4",
        " ON CONFLICT (period, channel) DO UPDATE SET amount = $3, tries = $4"),
    table!("call_spend", ["kind" Text, "period" Text] = ("kind, period", "$1, $2", "$3"),
        ["amount", "calls", "minutes"], "$1, $2, $3, $4, $5",
        " ON CONFLICT (kind, period) DO UPDATE SET amount = $3, calls = $4, minutes = $5"),
    table!("budget_raise", ["period" Text] = ("period", "$1", "$2"), ["amount", "raised_at"],
        "$1, $2, $3", " ON CONFLICT (period) DO UPDATE SET amount = $2, raised_at = $3"),
    table!("canary", ["notice_id" Bytes] = ("notice_id", "$1", "$2"),
        ["agent_id", "made_at", "planned_at", "told_at"], "$1, $2, $3, $4, $5",
        " ON CONFLICT (notice_id) DO UPDATE SET told_at = $5"),
    table!("vault_task", ["task_id" Integer] = ("task_id", "$1", "$2"),
        ["kind", "subject", "registrant_id", "urgency", "sealed_note", "opened_at", "due_at", "level",
         "escalates_at", "claimed_by", "claimed_at", "state", "outcome", "ended_at", "decision_id",
         "came_at"],
        "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17",
        " ON CONFLICT (task_id) DO UPDATE SET due_at = $8, level = $9, escalates_at = $10,
             claimed_by = $11, claimed_at = $12, state = $13, outcome = $14, ended_at = $15,
             decision_id = $16, came_at = $17"),
];

/// What a registrant's rows of before are removed by, she last.
const REMOVED: [&str; 8] = [
    "DELETE FROM held_fact WHERE registrant_id = $1",
    "DELETE FROM parted_doubt WHERE registrant_id = $1",
    "DELETE FROM pin_try WHERE registrant_id = $1",
    "DELETE FROM stopping WHERE registrant_id = $1",
    "DELETE FROM follow WHERE registrant_id = $1",
    "DELETE FROM subscription WHERE registrant_id = $1",
    "DELETE FROM contact WHERE registrant_id = $1",
    "DELETE FROM registrant WHERE registrant_id = $1",
];

/// What is replaced as a whole.
const EMPTIED: [&str; 5] = [
    "DELETE FROM never_called",
    "DELETE FROM person_trace",
    "DELETE FROM lost_trace",
    "DELETE FROM lost_person",
    "DELETE FROM line_use",
];

/// Takes over what stands in the vault of before, and returns how many registrants there are in it.
///
/// A registrant whom only the backup knows stays: nobody leaves a vault without being kept as forgotten. Where the
/// registry is put back as well, the numbers of decisions since the backup (`unknown_since`) stand for others in it,
/// and are left out. Of whom the rows of before do not open (`unsound`), she stands as the backup has her.
///
/// # Errors
/// Returns [`StoreError::Refused`] for a vault of other keys, and other errors when either database refuses: nothing
/// may then be kept of what was written.
pub fn take_over(
    tx: &mut Tx<'_>,
    before: &Store,
    unsound: &BTreeSet<RegistrantId>,
    unknown_since: Option<jiff::Timestamp>,
) -> Result<u64, StoreError> {
    if before.read_now("taken over", key::load)? != key::load(tx)? {
        return Err(StoreError::Refused("the vaults have other keys".to_owned()));
    }
    let [registrant, ..] = &HERS;
    let mut count = 0;
    registrant.each_page(before, |rows| {
        let sound = rows.iter().filter(|row| is_of_sound(row, 0, unsound));
        let ids = sound.filter_map(|row| row.values().first());
        let ids: Vec<Vec<Value>> = ids.map(|id| vec![id.clone()]).collect();
        count += ids.len() as u64;
        let mut removed = REMOVED.iter();
        removed.try_for_each(|sql| tx.execute_many(sql, &ids))
    })?;
    for sql in EMPTIED {
        tx.execute(sql, &[])?;
    }
    let hers = HERS.iter().zip(OWNER.map(Some));
    let others = OTHERS.iter().map(|table| (table, None));
    for (table, owner) in hers.chain(others) {
        let is_taken = |row: &&Row| owner.is_none_or(|owner| is_of_sound(row, owner, unsound));
        table.each_page(before, |rows| {
            let rows = rows
                .iter()
                .filter(is_taken)
                .map(|row| row.values().to_vec());
            tx.execute_many(table.put, &rows.collect::<Vec<_>>())
        })?;
    }
    if let Some(since) = unknown_since {
        tx.execute(
            "UPDATE vault_task SET decision_id = NULL WHERE ended_at >= $1",
            &[time(since)],
        )?;
    }
    go_on_numbering(tx, before)?;
    Ok(count)
}

/// Says whether a row, which names her in a column, is of somebody whose rows open.
fn is_of_sound(row: &Row, owner: usize, unsound: &BTreeSet<RegistrantId>) -> bool {
    let Some(Value::Bytes(bytes)) = row.values().get(owner) else {
        return true;
    };
    let whose = <[u8; 16]>::try_from(bytes.as_slice()).map(RegistrantId::from_bytes);
    whose.is_ok_and(|whose| !unsound.contains(&whose))
}

/// Ends every session, and lets no code be right that was sent before.
///
/// # Errors
/// Returns [`StoreError`] when the database refuses.
pub fn end_sessions(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.execute("DELETE FROM feigned", values![])?;
    tx.execute("DELETE FROM session", values![])?;
    tx.execute("DELETE FROM verification", values![])
        .map(|_| ())
}

/// Numbers further tasks as the vault of before would.
fn go_on_numbering(tx: &mut Tx<'_>, before: &Store) -> Result<(), StoreError> {
    let next = before.read_now("taken over", |tx| {
        tx.query_optional("SELECT next FROM counter WHERE name = 'task'", values![])
    })?;
    let Some(next) = next.map(|row| row.integer(0)).transpose()? else {
        return Ok(());
    };
    tx.execute(
        "INSERT INTO counter (name, next) VALUES ('task', $1)
         ON CONFLICT (name) DO UPDATE SET next = $1 WHERE counter.next < $1",
        values![next],
    )
    .map(|_| ())
}

impl Table {
    /// Shows every row, a page at a time.
    fn each_page(
        &'static self,
        of: &Store,
        mut see: impl FnMut(&[Row]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut from = self.key.iter().map(|kind| kind.value()).collect();
        loop {
            let (rows, last) = self.page(of, from)?;
            see(&rows)?;
            let Some(last) = last else { return Ok(()) };
            from = last;
        }
    }

    fn page(&'static self, of: &Store, mut from: Vec<Value>) -> Result<Page, StoreError> {
        from.push(ROWS_AT_ONCE.into());
        let rows = of.read_now(self.name, move |tx| tx.query(self.page, &from))?;
        let key = |row: &Row| row.values().iter().take(self.key.len()).cloned().collect();
        let last = rows.last().map(key);
        Ok((rows, last))
    }
}

impl Least {
    const fn value(self) -> Value {
        match self {
            Self::Integer => Value::Integer(i64::MIN),
            Self::Text => Value::Text(String::new()),
            Self::Bytes => Value::Bytes(Vec::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::Timestamp;
    use savin_shared::ids::AgentId;

    use super::{HERS, OTHERS, Table, take_over};
    use crate::ids::{NoticeId, RegistrantId};
    use crate::store::conn::Tx;
    use crate::store::testing::places;
    use crate::store::vault::canary::{self, NewCanary};
    use crate::store::vault::registrant::{self, RegistrantRow, RegistrantState};
    use crate::store::vault::{SCHEMA, key};
    use crate::store::{Place, Store, StoreError};
    use crate::values;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_780_000_000 + second).unwrap()
    }

    /// Opens a vault of these keys with these registrants, each as she chose.
    fn vault(place: &Place, keys: u8, registrants: &[(u8, &str)]) -> Store {
        let store = Store::open(place, &SCHEMA).unwrap();
        let rows: Vec<_> = registrants
            .iter()
            .map(|(number, chose)| RegistrantRow {
                registrant: RegistrantId::from_bytes([*number; 16]),
                wrapped_key: vec![*number],
                state: RegistrantState::Active,
                sealed_choices: chose.as_bytes().to_vec(),
            })
            .collect();
        let begin = store.write_now("begin", move |tx| {
            key::begin(tx, &[keys; 32])?;
            rows.iter()
                .try_for_each(|row| registrant::insert(tx, row, at(0)))
        });
        begin.unwrap();
        store
    }

    fn chose(store: &Store, number: u8) -> Option<String> {
        let load = store.read_now("chose", move |tx| {
            registrant::load(tx, RegistrantId::from_bytes([number; 16]))
        });
        let row = load.unwrap()?;
        Some(String::from_utf8(row.sealed_choices).unwrap())
    }

    #[test]
    fn registrants_stand_as_before_and_the_daily_tests_that_came_out_did() {
        let folder = tempfile::tempdir().unwrap();
        let old = places(folder.path(), "taken_over_old");
        let new = places(folder.path(), "taken_over_new");
        for (old, new) in old.iter().zip(&new) {
            let before = vault(old, 1, &[(1, "changed"), (2, "new"), (4, "damaged")]);
            let known = [(1, "as it was"), (3, "in the backup alone"), (4, "whole")];
            let back = vault(new, 1, &known);
            let agent = AgentId::from_bytes([9; 16]);
            for (number, store) in [(1, &back), (1, &before), (2, &before)] {
                let test = NewCanary {
                    notice: NoticeId::from_bytes([number; 16]),
                    agent,
                    made_at: at(i64::from(number)),
                };
                let plan = move |tx: &mut Tx<'_>| canary::plan(tx, &[test], at(100));
                store.write_now("plan", plan).unwrap();
            }
            for number in [1, 2] {
                let notice = NoticeId::from_bytes([number; 16]);
                let told = move |tx: &mut Tx<'_>| canary::told(tx, notice, at(200));
                before.write_now("told", told).unwrap();
            }
            let taken = before.clone();
            let unsound = BTreeSet::from([RegistrantId::from_bytes([4; 16])]);
            let take_over = move |tx: &mut Tx<'_>| take_over(tx, &taken, &unsound, None);
            let many = back.write_now("take over", take_over);
            assert_eq!(many.unwrap(), 2);
            let stand = [1, 2, 3, 4].map(|number| chose(&back, number));
            let stand: Vec<_> = stand.iter().flatten().map(String::as_str).collect();
            let expected = ["changed", "new", "in the backup alone", "whole"];
            assert_eq!(stand, expected);
            let tests = back.read_now("tests", canary::standings).unwrap();
            assert_eq!(tests.first().unwrap().made_at, Some(at(2)));
            assert_eq!(tests.first().unwrap().waiting_since, None);
        }
    }

    #[test]
    fn nothing_is_taken_over_from_a_vault_of_other_keys() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| Place::File(folder.path().join(name));
        let before = vault(&place("before.sqlite"), 1, &[(1, "hers")]);
        let back = vault(&place("back.sqlite"), 2, &[]);
        let taken = back.write_now("take over", move |tx| {
            take_over(tx, &before, &BTreeSet::new(), None)
        });
        assert!(matches!(taken, Err(StoreError::Refused(_))), "{taken:?}");
        assert_eq!(chose(&back, 1), None);
    }

    /// A column that is added later would be lost without this.
    #[test]
    fn every_column_of_what_is_taken_over_is() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::File(folder.path().join("vault.sqlite"));
        let store = Store::open(&place, &SCHEMA).unwrap();
        for table in HERS.iter().chain(&OTHERS) {
            let Table { name, put, .. } = table;
            let columns = store
                .read_now("columns", move |tx| {
                    tx.query("SELECT name FROM pragma_table_info($1)", values![*name])
                })
                .unwrap();
            let (listed, _) = put.split_once(" VALUES").unwrap();
            for row in &columns {
                let column = row.text(0).unwrap();
                let is_listed = listed
                    .split([' ', ',', '(', ')'])
                    .any(|word| word == column);
                assert!(is_listed, "{name}.{column}");
            }
        }
    }
}
