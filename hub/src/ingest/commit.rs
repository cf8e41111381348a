//! Group commit: whatever batches are ready become durable in one transaction, and only then is
//! each of them acknowledged.

use std::sync::Arc;
use std::time::Duration;

use savin_shared::fault::Fault;
use savin_shared::world::World;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tracing::{debug, error, warn};

use crate::intake::batches::{Outcome, take};
use crate::intake::{Moment, Opened};
use crate::store::{Store, StoreError};

/// Batches that may wait for the writer; beyond, sessions wait and slow their agents down.
const WAITING_MAX: usize = 4_096;

/// Deltas of one transaction: more would delay the first of them.
const GROUP_DELTAS_MAX: usize = 2_000;

/// How long the writer waits after a failure that may pass.
const PAUSE: Duration = Duration::from_secs(1);

/// What is on its way to the writer.
#[derive(Debug)]
enum Submission {
    /// A batch, and where its outcome goes.
    Batch(Box<Opened>, mpsc::Sender<Outcome>),
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
        answer: mpsc::Sender<Outcome>,
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
    queue: mpsc::Receiver<Submission>,
    committed: Arc<Notify>,
}

impl CommitTask {
    /// Makes the writer and the handle to it; `committed` is woken after each transaction.
    #[must_use]
    pub fn new(store: Store, world: World, committed: Arc<Notify>) -> (Self, Committer) {
        let (submissions, queue) = mpsc::channel(WAITING_MAX);
        (
            Self {
                store,
                world,
                queue,
                committed,
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
        answers: Vec<mpsc::Sender<Outcome>>,
    ) -> Result<(), StoreError> {
        let moment = Moment {
            now: (self.world.wall)(),
            random: self.world.random,
        };
        let work = move |tx: &mut crate::store::conn::Tx<'_>| take(tx, &group, moment);
        match self.store.write("intake", work).await {
            Ok(outcomes) => {
                debug!(batches = outcomes.len(), deltas, "Stored batches");
                self.committed.notify_one();
                for (answer, outcome) in answers.into_iter().zip(outcomes) {
                    // A session that has gone away learns of it when it resumes.
                    let _gone = answer.try_send(outcome);
                }
                Ok(())
            }
            Err(failure @ StoreError::CommitUnknown(_)) => Err(failure),
            Err(failure) => {
                // Without an answer the sessions end, and the agents send the same again.
                match failure.fault() {
                    Fault::Retry => warn!(reason = %failure, "Batches not stored, trying again"),
                    Fault::Reject | Fault::Broken => {
                        let cause = std::error::Error::source(&failure);
                        error!(reason = %failure, ?cause, "Batches not stored");
                    }
                }
                tokio::time::sleep(PAUSE).await;
                Ok(())
            }
        }
    }
}
