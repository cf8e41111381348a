//! What a decision that was signed before does again in a registry that was put back.

use jiff::Timestamp;
use savin_shared::sign::VerifyingKey;

use crate::decided::entry::{About, Decided};
use crate::ids::{PersonId, RecordId};
use crate::intake::deciding::{self, Parting};
use crate::store::conn::Tx;
use crate::store::registry::decision::{self, Decision};
use crate::store::registry::staff::{self, StaffRow};
use crate::store::registry::{person, record};
use crate::store::{Store, StoreError};
use crate::work::role::Role;

/// That two are one.
pub(super) const MERGE: &str = "person-merge";

/// That two are two.
pub(super) const SPLIT: &str = "person-split";

/// What became of it.
pub(super) enum Again {
    /// It stands again; who was parted from whom by it.
    Done(Option<(PersonId, PersonId)>),
    /// Only a person can do it again.
    ByAPerson,
}

/// Carries a decision out again, as it was signed.
///
/// # Errors
/// Returns [`StoreError::Refused`] where what it names is not there or whoever signed may not decide it here; other
/// errors when the database refuses.
pub(super) fn carry_out(
    registry: &Store,
    decided: &Decided,
    now: Timestamp,
) -> Result<Again, StoreError> {
    let made = &decided.signed.decision;
    match (made.kind.as_ref(), &decided.about) {
        (MERGE, _) => merge(registry, made, now),
        (SPLIT, _) => split(registry, made, now),
        ("staff-add", About::Staff(key)) => add_staff(registry, made, *key),
        ("staff-remove", _) => remove_staff(registry, made),
        (_, _) => Ok(Again::ByAPerson),
    }
}

/// Adds a member of staff again, with the key that they have.
fn add_staff(registry: &Store, made: &Decision, key: VerifyingKey) -> Result<Again, StoreError> {
    let role = made.choice.split(' ').next().and_then(Role::parse);
    let name = made.subject.strip_prefix("staff/");
    let (Some(role), Some(name)) = (role, name) else {
        return Ok(Again::ByAPerson);
    };
    let row = StaffRow {
        key,
        name: name.to_owned(),
        role,
        added_at: made.decided_at,
        added_by: made.staff.clone(),
        removed_at: None,
        removed_by: None,
    };
    let signed = made.clone();
    registry.write_now("staff again", move |tx| {
        if staff::active(tx, &row.name)?.is_some() {
            return Err(StoreError::Refused("the name is another's".to_owned()));
        }
        let is_first = row.key == signed.key && staff::count_active(tx, Role::Admin)? == 0;
        if is_first {
            staff::add(tx, &row)?;
        }
        decision::record(tx, &signed)?;
        if is_first {
            Ok(())
        } else {
            staff::add(tx, &row)
        }
    })?;
    Ok(Again::Done(None))
}

/// Ends again what a member of staff may decide.
fn remove_staff(registry: &Store, made: &Decision) -> Result<Again, StoreError> {
    let Some(name) = made.subject.strip_prefix("staff/").map(str::to_owned) else {
        return Ok(Again::ByAPerson);
    };
    let signed = made.clone();
    registry.write_now("staff again", move |tx| {
        if staff::active(tx, &name)?.is_none() {
            return Err(StoreError::Refused(
                "there is nobody of that name".to_owned(),
            ));
        }
        decision::record(tx, &signed)?;
        staff::remove(tx, &name, &signed.staff, signed.decided_at)
    })?;
    Ok(Again::Done(None))
}

/// Carries out again that two are one.
fn merge(registry: &Store, made: &Decision, now: Timestamp) -> Result<Again, StoreError> {
    let Some((one, other)) = named(made) else {
        return Ok(Again::ByAPerson);
    };
    let signed = made.clone();
    let merge = move |tx: &mut Tx<'_>| deciding::merge(tx, (one, other), &signed, now);
    registry.write_now("merge again", merge)?;
    Ok(Again::Done(None))
}

/// Carries out again that two are two.
fn split(registry: &Store, made: &Decision, now: Timestamp) -> Result<Again, StoreError> {
    let Some((one, other)) = named(made) else {
        return Ok(Again::ByAPerson);
    };
    let signed = made.clone();
    let numbers = made.choice.split(' ').skip(1).map(str::parse::<i64>);
    let Ok(records) = numbers.map(|number| number.map(RecordId)).collect() else {
        return Ok(Again::ByAPerson);
    };
    let records: Vec<RecordId> = records;
    let part = move |tx: &mut Tx<'_>| {
        // Whoever was new then is nobody now.
        let known = [person::exists(tx, one)?, person::exists(tx, other)?];
        let (from, to) = if known == [false, true] {
            (other, one)
        } else {
            (one, other)
        };
        let mut parting = Parting {
            one: from,
            other: to,
            is_new: known != [true, true],
            records: records.clone(),
        };
        let Some(first) = parting.records.first() else {
            return deciding::split(tx, &parting, &signed, now);
        };
        let whose = record::person_of(tx, *first)?;
        if whose == Some(to) {
            (parting.one, parting.other) = (to, from);
        }
        deciding::split(tx, &parting, &signed, now)
    };
    registry.write_now("split again", part).map(Again::Done)
}

/// Returns whom a decision about two persons names.
pub(super) fn named(made: &Decision) -> Option<(PersonId, PersonId)> {
    if ![MERGE, SPLIT].contains(&made.kind.as_ref()) {
        return None;
    }
    let (one, other) = made.subject.strip_prefix("persons/")?.split_once('+')?;
    Some((one.parse().ok()?, other.parse().ok()?))
}
