//! Finding and erasing what was expunged in the log of signed batches and in the steps of the intake.
//!
//! What is left of a batch verifies: signature and chain are over commitments, and of what was erased only the commitment stays, without its salt.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use savin_shared::chain::Salt;
use savin_shared::delta::{self, Change};
use savin_shared::envelope::{self, Salts, SealedBatch, portable};
use savin_shared::frame::snapshot::SnapshotChunk;
use savin_shared::ids::{AgencyId, AgentId, Epoch, RecordKey, Seq};
use savin_shared::record::{self, row_hash};
use savin_shared::sign::VerifyingKey;

use super::expunged::without;
use crate::ids::PersonId;
use crate::registry::traces::Traces;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::agent::{self, Agent};
use crate::store::registry::expunged::OrderKey;
use crate::store::registry::log::{self, LogPlace};
use crate::store::registry::placing::{self, Leaving, PersonKey};
use crate::store::registry::shadow::{self, Of, Shadow};
use crate::store::registry::step::{self, Part, Step, Taken};

/// Batches that are looked through together.
const BATCHES_AT_ONCE: u32 = 200;

/// Steps that are looked through together.
const STEPS_AT_ONCE: u32 = 1_000;

/// What is looked for.
#[derive(Debug, Clone)]
pub struct Sought {
    /// Whose records.
    pub agency: AgencyId,
    /// Which.
    pub records: BTreeSet<RecordKey>,
    /// The persons of whom nothing is left.
    pub persons: Vec<PersonId>,
    /// By what a text gives the person away.
    pub traces: Traces,
    /// What is destroyed of placements.
    pub leaving: Leaving,
    /// Under what the rest is kept.
    pub orders: OrderKey,
}

/// From where on the log is looked through.
#[derive(Debug, Clone, Copy)]
pub struct From {
    /// Batches that came since then.
    pub since: Timestamp,
    /// Steps after this one.
    pub after_step: i64,
}

/// What is to be erased of the log and of the steps of the intake.
#[derive(Debug, Clone, Default)]
pub struct Erasure {
    /// Deltas, by batch; a batch without any loses the secret of its capture.
    batches: BTreeMap<LogPlace, BTreeMap<Seq, Shadow>>,
    /// Parts of states as they are without what is erased, by step and part.
    states: BTreeMap<(i64, i64), Part>,
    /// Steps as they are without the words that staff wrote.
    steps: BTreeMap<i64, Step>,
    /// Steps that decided something of what is erased, with when they were taken.
    placed: BTreeMap<i64, Timestamp>,
    /// With which step each record came.
    pub came: BTreeMap<i64, i64>,
    /// How many deltas and rows that are.
    many: u64,
    /// The last step that was looked at.
    pub last_step: i64,
}

impl From {
    /// Everything.
    pub const BEGINNING: Self = Self {
        since: Timestamp::UNIX_EPOCH,
        after_step: 0,
    };
}

impl Erasure {
    /// Looks through everything that an agency's agents sent.
    ///
    /// # Errors
    /// Returns [`StoreError`] when a batch or a step is damaged, or the database refuses.
    pub fn find(tx: &mut Tx<'_>, sought: &Sought, from: From) -> Result<Self, StoreError> {
        let mut found = Self {
            last_step: from.after_step,
            ..Self::default()
        };
        let agents = agent::of_agency(tx, &sought.agency)?;
        for agent in &agents {
            found.find_batches(tx, (agent, sought), from.since)?;
        }
        let origin = step::origin(tx)?;
        let agents: BTreeSet<AgentId> = agents.iter().map(|agent| agent.agent).collect();
        loop {
            let page = step::after(tx, found.last_step, STEPS_AT_ONCE)?;
            let Some(last) = page.last() else {
                return Ok(found);
            };
            found.last_step = last.number;
            for taken in page {
                if let Some(origin) = origin {
                    found.find_placings(tx, sought, &taken, origin.person_key)?;
                }
                found.find_in_step(tx, &agents, sought, taken)?;
            }
        }
    }

    fn find_batches(
        &mut self,
        tx: &mut Tx<'_>,
        (agent, sought): (&Agent, &Sought),
        since: Timestamp,
    ) -> Result<(), StoreError> {
        let mut secrets: BTreeMap<Salt, (Vec<LogPlace>, bool)> = BTreeMap::new();
        let mut after: Option<(Epoch, Seq)> = None;
        loop {
            let page = log::page(tx, agent.agent, after, since, BATCHES_AT_ONCE)?;
            let Some((last, _)) = page.last() else { break };
            after = Some((last.epoch, last.first));
            for (place, bytes) in page {
                let batch = portable::decode(&bytes).map_err(damaged)?;
                let seqs = naming(&batch, &agent.batch_key, sought)?;
                if let Salts::Capture(secret) = &batch.salts {
                    let of_capture = secrets.entry(*secret).or_default();
                    of_capture.0.push(place);
                    of_capture.1 |= !seqs.is_empty();
                }
                if !seqs.is_empty() {
                    self.many += seqs.len() as u64;
                    self.batches.insert(place, seqs);
                }
            }
        }
        let opening = secrets.into_values().filter(|(_, is_erased)| *is_erased);
        for place in opening.flat_map(|(places, _)| places) {
            self.batches.entry(place).or_default();
        }
        Ok(())
    }

    fn find_placings(
        &mut self,
        tx: &mut Tx<'_>,
        sought: &Sought,
        taken: &Taken,
        key: [u8; 16],
    ) -> Result<(), StoreError> {
        let Some(placings) = placing::of_step(tx, taken.number)? else {
            return Ok(());
        };
        let key = PersonKey { key, at: taken.at };
        let (is_placed, is_there) = placings.holds(&sought.leaving, &key);
        if is_placed {
            let came = placings.placed.iter().map(|placing| placing.record);
            for record in came.filter(|record| sought.leaving.records.contains(record)) {
                self.came.entry(record).or_insert(taken.number);
            }
        }
        if is_there {
            self.placed.insert(taken.number, taken.at);
        }
        Ok(())
    }

    fn find_in_step(
        &mut self,
        tx: &mut Tx<'_>,
        agents: &BTreeSet<AgentId>,
        sought: &Sought,
        taken: Taken,
    ) -> Result<(), StoreError> {
        match taken.step {
            Step::FullState { agent, .. } | Step::Repair { agent, .. }
                if agents.contains(&agent) =>
            {
                let of = (&sought.agency, &sought.orders);
                for (part, kept) in (0_i64..).zip(step::parts(tx, taken.number)?) {
                    let is_gone = |key: &RecordKey| sought.records.contains(key);
                    if let Some((part_left, rows)) = without_rows((&kept, agent), of, is_gone)? {
                        self.states.insert((taken.number, part), part_left);
                        self.many += rows;
                    }
                }
            }
            Step::Merge {
                person,
                into,
                why,
                decision,
            } => {
                let is_named = [person, into]
                    .iter()
                    .any(|who| sought.persons.contains(who));
                if !why.is_empty() && (is_named || sought.traces.are_in(&why)) {
                    let step = Step::Merge {
                        person,
                        into,
                        why: String::new(),
                        decision,
                    };
                    self.steps.insert(taken.number, step);
                }
            }
            Step::Batches(_)
            | Step::FullState { .. }
            | Step::Repair { .. }
            | Step::Undo { .. }
            | Step::Part { .. }
            | Step::Apart { .. }
            | Step::Noted(_)
            | Step::Weights(_)
            | Step::Seal { .. }
            | Step::Lift { .. }
            | Step::Relink { .. }
            | Step::Order { .. }
            | Step::Expunged { .. } => {}
        }
        Ok(())
    }

    /// Erases; returns how many deltas and rows.
    ///
    /// # Errors
    /// Returns [`StoreError`] when a batch or step is gone or damaged, or the database refuses.
    pub fn carry_out(&self, tx: &mut Tx<'_>, sought: &Sought) -> Result<u64, StoreError> {
        for (place, gone) in &self.batches {
            let (bytes, shadows) = log::at(tx, place)?;
            let batch = portable::decode(&bytes).map_err(damaged)?;
            let of = Of::Batch(place);
            let mut shadows = shadow::open(&sought.orders, of, shadows.as_deref())?;
            shadows.extend(gone.values().cloned());
            let shadows = shadow::seal(&sought.orders, of, &shadows)?;
            let seqs = gone.keys().copied().collect();
            let left = without(&batch, &seqs)?.1;
            log::replace(tx, place, &left, shadows.as_deref())?;
        }
        for (place, part) in &self.states {
            step::rewrite_part(tx, *place, part)?;
        }
        if let Some(origin) = step::origin(tx)? {
            for (number, at) in &self.placed {
                let key = PersonKey {
                    key: origin.person_key,
                    at: *at,
                };
                if let Some(mut placings) = placing::of_step(tx, *number)? {
                    placings.erase(&sought.leaving, &key);
                    placing::rewrite(tx, *number, placings)?;
                }
            }
        }
        for (number, step) in &self.steps {
            step::rewrite(tx, *number, step)?;
        }
        Ok(self.many)
    }
}

/// Takes rows out of a part of a state, keeps what its digest needs of them, and says how many those were; nothing
/// where there are none.
pub(super) fn without_rows(
    ((chunk, shadows), agent): (&Part, AgentId),
    (agency, orders): (&AgencyId, &OrderKey),
    is_gone: impl Fn(&RecordKey) -> bool,
) -> Result<Option<(Part, u64)>, StoreError> {
    let damaged = |_| StoreError::Damaged("a part of a state");
    let rows = chunk.clone().unpack().map_err(damaged)?;
    let mut shadows = shadow::open(orders, Of::State(agent), shadows.as_deref())?;
    let mut left = Vec::with_capacity(rows.len());
    let mut gone = 0;
    for row in rows {
        let record = record::portable::decode(&row.row);
        let record = record.map_err(|_| StoreError::Damaged("a row of a state"))?;
        if is_gone(&record.key()) {
            let hash = row_hash(&row.row);
            let of = (&row.feed, &record.key());
            shadows.push(Shadow::of(orders, agency, of, Some(hash)));
            gone += 1;
        } else {
            left.push(row);
        }
    }
    if gone == 0 {
        return Ok(None);
    }
    let chunk = SnapshotChunk::pack(chunk.index, &left).map_err(damaged)?;
    let shadows = shadow::seal(orders, Of::State(agent), &shadows)?;
    Ok(Some(((chunk, shadows), gone)))
}

/// Returns which deltas of a batch are of one of these records, with what is kept of them.
fn naming(
    batch: &SealedBatch,
    key: &VerifyingKey,
    sought: &Sought,
) -> Result<BTreeMap<Seq, Shadow>, StoreError> {
    let mut seqs = BTreeMap::new();
    for (seq, body) in envelope::open(batch, key).map_err(damaged)? {
        let Some(body) = body else { continue };
        let delta = delta::decode(&body).map_err(|_| StoreError::Damaged("a logged delta"))?;
        let (record, hash) = match delta.change {
            Change::Upsert { row, .. } => {
                let record = row.record();
                let record = record.map_err(|_| StoreError::Damaged("a logged record"))?;
                (record.key(), Some(row.hash()))
            }
            Change::NoLongerListed(key) | Change::Withheld(key) => (key, None),
            Change::ObservationGap { .. } => continue,
        };
        if sought.records.contains(&record) {
            let of = (&delta.feed, &record);
            let shadow = Shadow::of(&sought.orders, &sought.agency, of, hash);
            seqs.insert(seq, shadow);
        }
    }
    Ok(seqs)
}

const fn damaged(_: envelope::EnvelopeError) -> StoreError {
    StoreError::Damaged("a logged batch")
}
