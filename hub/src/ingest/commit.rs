//! Group commit: whatever batches are ready become durable in one transaction, and only then is
//! each of them acknowledged.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use savin_shared::fault::Fault;
use savin_shared::world::World;
use thiserror::Error;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tracing::{debug, error, warn};

use crate::intake::batches::{Outcome, take};
use crate::intake::{Moment, Opened};
use crate::store::conn::Tx;
use crate::store::registry::expunged::OrderKey;
use crate::store::{Store, StoreError};

/// Batches that may wait for the writer; beyond, sessions wait and slow their agents down.
const WAITING_MAX: usize = 4_096;

/// Deltas of one transaction: more would delay the first of them.
const GROUP_DELTAS_MAX: usize = 2_000;

/// How long the writer waits after a failure that may pass.
const PAUSE: Duration = Duration::from_secs(1);

/// What becomes of a batch that was handed over.
pub type Answer = Result<Outcome, NotStored>;

/// The batch was not stored, through no fault of its content: the session ends, and the agent sends
/// it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a batch could not be stored")]
pub struct NotStored;

/// Takes a group of batches within a transaction.
type Take = fn(&mut Tx<'_>, &[Opened], Moment) -> Result<Vec<Outcome>, StoreError>;

/// What is on its way to the writer.
#[derive(Debug)]
enum Submission {
    /// A batch, and where its outcome goes.
    Batch(Box<Opened>, mpsc::Sender<Answer>),
    /// Nothing: answered once everything before it has its outcome.
    Barrier(oneshot::Sender<()>),
}

/// Where sessions hand their batches over.
#[derive(Debug, Clone)]
pub struct Committer {
    submissions: mpsc::Sender<Submission>,
}

impl Committer {
    /// Hands a batch over; its outcome comes on the channel once it is durable or refused.
    ///
    /// # Errors
    /// Returns [`StoreError::Closed`] when the writer is gone.
    pub async fn submit(
        &self,
        opened: Opened,
        answer: mpsc::Sender<Answer>,
    ) -> Result<(), StoreError> {
        let submission = Submission::Batch(Box::new(opened), answer);
        self.submissions
            .send(submission)
            .await
            .map_err(|_| StoreError::Closed)
    }

    /// Waits until everything that was handed over before has its outcome.
    ///
    /// # Errors
    /// Returns [`StoreError::Closed`] when the writer is gone.
    pub async fn settled(&self) -> Result<(), StoreError> {
        let (reached, wait) = oneshot::channel();
        self.submissions
            .send(Submission::Barrier(reached))
            .await
            .map_err(|_| StoreError::Closed)?;
        wait.await.map_err(|_| StoreError::Closed)
    }
}

/// The writer's task.
#[derive(Debug)]
pub struct CommitTask {
    store: Store,
    world: World,
    orders: OrderKey,
    queue: mpsc::Receiver<Submission>,
    committed: Arc<Notify>,
    take: Take,
}

impl CommitTask {
    /// Makes the writer and the handle to it; `committed` is woken after each transaction.
    #[must_use]
    pub fn new(
        store: Store,
        orders: OrderKey,
        world: World,
        committed: Arc<Notify>,
    ) -> (Self, Committer) {
        let (submissions, queue) = mpsc::channel(WAITING_MAX);
        (
            Self {
                store,
                world,
                orders,
                queue,
                committed,
                take,
            },
            Committer { submissions },
        )
    }

    /// Commits until shutdown.
    ///
    /// # Errors
    /// Returns the error after which the process must end: nothing is known of what is durable.
    pub async fn run(mut self, mut shutdown: watch::Receiver<bool>) -> Result<(), StoreError> {
        loop {
            let first = tokio::select! {
                _ = shutdown.wait_for(|stop| *stop) => return Ok(()),
                first = self.queue.recv() => first,
            };
            let Some(first) = first else { return Ok(()) };
            self.commit(first).await?;
        }
    }

    async fn commit(&mut self, first: Submission) -> Result<(), StoreError> {
        let (mut deltas, mut group, mut answers) = (0, Vec::new(), Vec::new());
        let mut next = Some(first);
        let mut barrier = None;
        while let Some(submission) = next {
            match submission {
                Submission::Batch(opened, answer) => {
                    deltas += opened.deltas.len();
                    group.push(*opened);
                    answers.push(answer);
                }
                Submission::Barrier(reached) => {
                    barrier = Some(reached);
                    break;
                }
            }
            next = if deltas < GROUP_DELTAS_MAX {
                self.queue.try_recv().ok()
            } else {
                None
            };
        }
        if !group.is_empty() {
            self.store(deltas, group, answers).await?;
        }
        if let Some(reached) = barrier {
            // Whoever waited may have gone away.
            let _gone = reached.send(());
        }
        Ok(())
    }

    async fn store(
        &self,
        deltas: usize,
        group: Vec<Opened>,
        answers: Vec<mpsc::Sender<Answer>>,
    ) -> Result<(), StoreError> {
        let group = Arc::new(group);
        match self.take(&group, 0..group.len()).await {
            Ok(outcomes) => {
                debug!(batches = outcomes.len(), deltas, "Stored batches");
                self.committed.notify_one();
                for (answer, outcome) in answers.iter().zip(outcomes) {
                    tell(answer, Ok(outcome));
                }
                return Ok(());
            }
            Err(failure @ StoreError::CommitUnknown(_)) => return Err(failure),
            Err(failure) if failure.fault() == Fault::Retry => {
                warn!(reason = %failure, "Batches not stored: their agents send them again");
                for answer in &answers {
                    tell(answer, Err(NotStored));
                }
                tokio::time::sleep(PAUSE).await;
                return Ok(());
            }
            // One of them is at fault, and the others shall not suffer for it.
            Err(failure) => debug!(reason = %failure, "Storing batches one by one"),
        }
        for (place, answer) in answers.iter().enumerate() {
            match self.take(&group, place..place + 1).await {
                Ok(outcomes) => {
                    self.committed.notify_one();
                    for outcome in outcomes {
                        tell(answer, Ok(outcome));
                    }
                }
                Err(failure @ StoreError::CommitUnknown(_)) => return Err(failure),
                Err(failure) => {
                    let agent = group
                        .get(place)
                        .map(|opened| opened.speaker.agent.to_string());
                    let cause = std::error::Error::source(&failure);
                    error!(agent.id = agent, reason = %failure, ?cause, "A batch was not stored");
                    tell(answer, Err(NotStored));
                }
            }
        }
        Ok(())
    }

    /// Takes some of a group in one transaction.
    async fn take(
        &self,
        group: &Arc<Vec<Opened>>,
        places: Range<usize>,
    ) -> Result<Vec<Outcome>, StoreError> {
        let moment = Moment {
            now: (self.world.wall)(),
            random: self.world.random,
            orders: self.orders,
        };
        let (group, take) = (Arc::clone(group), self.take);
        let work =
            move |tx: &mut Tx<'_>| take(tx, group.get(places.clone()).unwrap_or_default(), moment);
        self.store.write("intake", work).await
    }
}

fn tell(answer: &mpsc::Sender<Answer>, outcome: Answer) {
    // A session that has gone away learns of it when it resumes.
    let _gone = answer.try_send(outcome);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use savin_shared::chain::Position;
    use savin_shared::clock::ReceivedAt;
    use savin_shared::envelope::{Unsealed, seal};
    use savin_shared::ids::{AgencyId, AgentId, Epoch};
    use savin_shared::sign::SigningKey;
    use savin_shared::world::World;
    use tokio::sync::{Notify, mpsc};

    use super::{Answer, CommitTask, NotStored};
    use crate::intake::batches::Outcome;
    use crate::intake::testing::ORDERS;
    use crate::intake::{Moment, Opened, Speaker};
    use crate::store::conn::Tx;
    use crate::store::registry::SCHEMA;
    use crate::store::testing::places;
    use crate::store::{Store, StoreError};

    /// Damage that only one agent's batches meet.
    fn take_all_but_the_second(
        _: &mut Tx<'_>,
        group: &[Opened],
        moment: Moment,
    ) -> Result<Vec<Outcome>, StoreError> {
        let damaged = AgentId::from_bytes([2; 16]);
        if group.iter().any(|opened| opened.speaker.agent == damaged) {
            return Err(StoreError::Damaged("on purpose"));
        }
        let durable = |opened: &Opened| Outcome::Durable {
            position: opened.batch.header.after(),
            received_at: ReceivedAt(moment.now),
            digest_differs: false,
        };
        Ok(group.iter().map(durable).collect())
    }

    fn opened(number: u8) -> Opened {
        let key = SigningKey::from_seed(&[number; 32]).unwrap();
        let agent = AgentId::from_bytes([number; 16]);
        let batch = seal(Unsealed {
            agent,
            previous: Position::genesis(agent, Epoch::from_bytes([number; 16])),
            secret: [7; 16],
            bodies: vec![vec![1]],
            state_digest: None,
            sealed_at: "2026-06-15T12:00:00Z".parse().unwrap(),
            key: &key,
        });
        Opened {
            speaker: Speaker {
                agent,
                agency: AgencyId::new("MS001").unwrap(),
                facilities: Vec::new(),
                batch_key: key.verifying_key(),
            },
            batch: batch.unwrap(),
            sealed: Vec::new(),
            deltas: Vec::new(),
            shadows: Vec::new(),
        }
    }

    fn random() -> [u8; 16] {
        [7; 16]
    }

    #[expect(clippy::disallowed_methods, reason = "a test is wiring")]
    fn world() -> World {
        World {
            wall: jiff::Timestamp::now,
            monotonic: std::time::Instant::now,
            random,
        }
    }

    #[test]
    fn stores_what_others_sent_beside_a_batch_that_cannot_be_stored() {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        for place in places(folder.path(), "commit_damaged") {
            let store = Store::open(&place, &SCHEMA).unwrap();
            let stored = runtime.block_on(commit_three(store));
            assert_eq!(stored, [Ok(true), Err(NotStored), Ok(true)]);
        }
    }

    async fn commit_three(store: Store) -> Vec<Result<bool, NotStored>> {
        let (mut task, committer) =
            CommitTask::new(store, ORDERS, world(), Arc::new(Notify::new()));
        task.take = take_all_but_the_second;
        let (answer, mut answers) = mpsc::channel::<Answer>(9);
        for number in [1, 2, 3] {
            let submitted = committer.submit(opened(number), answer.clone());
            submitted.await.unwrap();
        }
        let first = task.queue.recv().await.unwrap();
        task.commit(first).await.unwrap();
        let mut stored = Vec::new();
        while let Ok(answer) = answers.try_recv() {
            stored.push(answer.map(|outcome| matches!(outcome, Outcome::Durable { .. })));
        }
        stored
    }
}
