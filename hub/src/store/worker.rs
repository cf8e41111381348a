//! Worker threads that each own a connection, behind one bounded queue.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{mpsc, oneshot};

use super::StoreError;
use super::conn::Driver;
use super::doom::Doom;

type Job = Box<dyn FnOnce(&mut dyn Driver) + Send>;

/// The workers of a database; they end when the last handle is gone.
#[derive(Debug, Clone)]
pub(super) struct Pool {
    jobs: mpsc::Sender<Job>,
}

impl Pool {
    /// Starts a thread for each connection.
    pub(super) fn start(
        drivers: Vec<Box<dyn Driver>>,
        waiting_max: usize,
        doom: &Doom,
    ) -> Result<Self, StoreError> {
        let (jobs, queue) = mpsc::channel::<Job>(waiting_max);
        let queue = Arc::new(Mutex::new(queue));
        for mut driver in drivers {
            let (queue, guard) = (Arc::clone(&queue), doom.guard());
            std::thread::Builder::new()
                .name("store".to_owned())
                .spawn(move || {
                    let _guard = guard;
                    loop {
                        let job = {
                            let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
                            queue.blocking_recv()
                        };
                        let Some(job) = job else { return };
                        job(driver.as_mut());
                    }
                })
                .map_err(|error| StoreError::Place(error.to_string()))?;
        }
        Ok(Self { jobs })
    }

    /// Runs work on a worker and waits for its outcome without blocking the caller's thread.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn Driver) -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let job = job(work, answer);
        self.jobs.send(job).await.map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)
    }

    /// Runs work on a worker and waits for its outcome.
    pub(super) fn run_now<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn Driver) -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let job = job(work, answer);
        self.jobs
            .blocking_send(job)
            .map_err(|_| StoreError::Closed)?;
        answered.blocking_recv().map_err(|_| StoreError::Closed)
    }
}

fn job<T: Send + 'static>(
    work: impl FnOnce(&mut dyn Driver) -> T + Send + 'static,
    answer: oneshot::Sender<T>,
) -> Job {
    Box::new(move |driver| {
        // A caller that has gone away does not need the outcome.
        let _gone = answer.send(work(driver));
    })
}
