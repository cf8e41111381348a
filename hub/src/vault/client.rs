//! Handles to the running vault: each can send the commands of one port and no other.

use std::marker::PhantomData;

use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::{mpsc, oneshot};
use tracing::{error, info};

use super::command::{
    Answer, Command, CourierAnswer, CourierCommand, PlannerAnswer, PlannerCommand, PortalAnswer,
    PortalCommand, StaffAnswer, StaffCommand,
};
use super::courier::Tried;
use super::{Vault, VaultError};

/// Commands that may wait for the vault; beyond, callers wait.
const WAITING_MAX: usize = 64;

/// Commands that are carried out between two slices of a plan, if so many wait.
const BETWEEN: u32 = 16;

type Reply = oneshot::Sender<Result<Answer, VaultError>>;

/// A command, and who waits for its answer.
pub(super) type Request = (Command, Reply);

/// What became of a try, and who waits until it is noted.
type Finished = (Tried, Reply);

/// A port: its commands and their answers.
pub trait Port: Sized {
    /// The answer to a command of this port.
    type Answer;

    /// Wraps a command.
    fn command(self) -> Command;

    /// Unwraps an answer; `None` for one of another port.
    fn answer(answer: Answer) -> Option<Self::Answer>;
}

/// Connects a port's commands to its answers.
macro_rules! port {
    ($( $command:ident, $answer:ident, $variant:ident );+ $(;)?) => { $(
        impl Port for $command {
            type Answer = $answer;

            fn command(self) -> Command {
                Command::$variant(self)
            }

            fn answer(answer: Answer) -> Option<$answer> {
                if let Answer::$variant(answer) = answer { Some(answer) } else { None }
            }
        }
    )+ };
}

port! {
    PortalCommand, PortalAnswer, Portal;
    PlannerCommand, PlannerAnswer, Planner;
    CourierCommand, CourierAnswer, Courier;
    StaffCommand, StaffAnswer, Staff;
}

/// A handle to one port of the running vault.
#[derive(Debug)]
pub struct Client<P> {
    requests: mpsc::Sender<Request>,
    port: PhantomData<fn(P)>,
}

impl<P> Clone for Client<P> {
    fn clone(&self) -> Self {
        Self {
            requests: self.requests.clone(),
            port: PhantomData,
        }
    }
}

impl<P: Port> Client<P> {
    /// Asks the vault.
    ///
    /// # Errors
    /// Returns [`VaultError`] when the vault cannot do it or is gone.
    pub async fn ask(&self, command: P) -> Result<P::Answer, VaultError> {
        let (answer, answered) = oneshot::channel();
        let request = (command.command(), answer);
        self.requests
            .send(request)
            .await
            .map_err(|_| VaultError::Closed)?;
        let answer = answered.await.map_err(|_| VaultError::Closed)??;
        P::answer(answer).ok_or(VaultError::Closed)
    }
}

/// One handle of each port.
#[derive(Debug)]
pub struct Ports {
    /// For the web and telephone front.
    pub portal: Client<PortalCommand>,
    /// For the planner.
    pub planner: Client<PlannerCommand>,
    /// For couriers.
    pub courier: Client<CourierCommand>,
    /// For staff.
    pub staff: Client<StaffCommand>,
}

/// Runs a vault on a thread of its own until the last handle is gone. While it has not planned for everybody it
/// does so by and by, between what it is asked.
///
/// # Errors
/// Returns the system's error when it gives no thread.
pub fn start(vault: Vault) -> std::io::Result<Ports> {
    let (requests, queue) = mpsc::channel::<Request>(WAITING_MAX);
    std::thread::Builder::new()
        .name("vault".to_owned())
        .spawn(move || {
            let _guard = vault.doom().guard();
            serve(&vault, queue);
            info!("Vault closed");
        })?;
    Ok(Ports {
        portal: client(&requests),
        planner: client(&requests),
        courier: client(&requests),
        staff: client(&requests),
    })
}

/// Carries out what is asked, in its order, until nobody can ask any more.
pub(super) fn serve(vault: &Vault, queue: mpsc::Receiver<Request>) {
    let mut queue = Queue { queue, next: None };
    // Whatever is left over from before is looked for when the planner first asks.
    let (mut is_behind, mut between) = (false, 0);
    loop {
        let request = if !is_behind {
            queue.wait()
        } else if between < BETWEEN {
            queue.look()
        } else {
            Some(None)
        };
        let Some(request) = request else { return };
        let Some((command, answer)) = request else {
            between = 0;
            is_behind = vault.plan_on().unwrap_or_else(|failure| {
                failed(&failure);
                false
            });
            continue;
        };
        between += 1;
        // The planner asks every few seconds, so that what failed, or what another node left, goes on.
        is_behind |= matches!(command, Command::Planner(_));
        match queue.with_others(command, answer) {
            Ok(finished) => finish(vault, finished),
            Err((command, answer)) => {
                let outcome = vault.handle(*command);
                if let Err(failure) = &outcome {
                    failed(failure);
                }
                // A caller that has gone away does not need the outcome.
                let _gone = answer.send(outcome);
            }
        }
    }
}

/// Notes what became of tries, in one transaction; where that fails, each in its own.
fn finish(vault: &Vault, finished: Vec<Finished>) {
    let (tries, replies): (Vec<_>, Vec<_>) = finished.into_iter().unzip();
    let noted = match vault.finish(tries.clone()) {
        Ok(noted) => noted.into_iter().map(Ok).collect(),
        Err(failure) => {
            failed(&failure);
            let one = |tried| Ok(vault.finish(vec![tried])? == [true]);
            tries.into_iter().map(one).collect::<Vec<_>>()
        }
    };
    for (noted, reply) in noted.into_iter().zip(replies) {
        let noted = noted.map(|is_counted| Answer::Courier(CourierAnswer::Noted(is_counted)));
        // A caller that has gone away does not need the outcome.
        let _gone = reply.send(noted);
    }
}

/// What the vault is asked, in the order in which that came.
struct Queue {
    queue: mpsc::Receiver<Request>,
    /// What was taken out and not carried out yet.
    next: Option<Request>,
}

impl Queue {
    /// Waits for a request; `None` once nobody can ask any more.
    fn wait(&mut self) -> Option<Option<Request>> {
        if self.next.is_some() {
            return Some(self.next.take());
        }
        self.queue.blocking_recv().map(Some)
    }

    /// Takes a request if there is one; `None` once nobody can ask any more.
    fn look(&mut self) -> Option<Option<Request>> {
        if self.next.is_some() {
            return Some(self.next.take());
        }
        match self.queue.try_recv() {
            Ok(request) => Some(Some(request)),
            Err(TryRecvError::Empty) => Some(None),
            Err(TryRecvError::Disconnected) => None,
        }
    }

    /// Gathers what became of a try with all that follows it in the queue of that kind: a burst of messages
    /// waits for few commits. Returns any other command as it is.
    fn with_others(
        &mut self,
        command: Command,
        reply: Reply,
    ) -> Result<Vec<Finished>, (Box<Command>, Reply)> {
        let mut finished = match tried(command) {
            Ok(tried) => vec![(tried, reply)],
            Err(command) => return Err((command, reply)),
        };
        while finished.len() < WAITING_MAX {
            let Ok((command, reply)) = self.queue.try_recv() else {
                break;
            };
            match tried(command) {
                Ok(tried) => finished.push((tried, reply)),
                Err(command) => {
                    self.next = Some((*command, reply));
                    break;
                }
            }
        }
        Ok(finished)
    }
}

/// Takes out what became of a try, if a command says that.
fn tried(command: Command) -> Result<Tried, Box<Command>> {
    match command {
        Command::Courier(CourierCommand::Finish {
            notice,
            claim,
            outcome,
        }) => Ok(((notice, claim), outcome)),
        other @ (Command::Portal(_)
        | Command::Planner(_)
        | Command::Courier(_)
        | Command::Staff(_)) => Err(Box::new(other)),
    }
}

fn failed(failure: &VaultError) {
    error!(reason = %failure, cause = ?std::error::Error::source(failure),
        "The vault could not carry out a command");
}

fn client<P>(requests: &mpsc::Sender<Request>) -> Client<P> {
    Client {
        requests: requests.clone(),
        port: PhantomData,
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::{mpsc, oneshot};

    use super::{Command, CourierCommand, Queue};
    use crate::ids::NoticeId;
    use crate::vault::command::TryOutcome;

    fn finish(byte: u8) -> Command {
        Command::Courier(CourierCommand::Finish {
            notice: NoticeId::from_bytes([byte; 16]),
            claim: 1,
            outcome: TryOutcome::Accepted {
                detail: "250 ok".to_owned(),
            },
        })
    }

    #[test]
    fn gathers_what_became_of_tries_and_keeps_the_order_of_all_else() {
        let (requests, queue) = mpsc::channel(9);
        let left = Command::Courier(CourierCommand::Left);
        for command in [finish(1), finish(2), left, finish(3)] {
            requests.try_send((command, oneshot::channel().0)).unwrap();
        }
        let mut queue = Queue { queue, next: None };
        let mut seen = Vec::new();
        while let Some(Some((command, reply))) = queue.look() {
            match queue.with_others(command, reply) {
                Ok(finished) => {
                    let bytes = finished
                        .iter()
                        .map(|(((notice, _), _), _)| notice.as_bytes()[0]);
                    seen.push(bytes.collect());
                }
                Err((other, _)) => {
                    assert!(matches!(*other, Command::Courier(CourierCommand::Left)));
                    seen.push(Vec::new());
                }
            }
        }
        assert_eq!(seen, [vec![1, 2], vec![], vec![3]]);
        drop(requests);
        assert!(queue.wait().is_none());
    }
}
