//! Handles to the running vault: each can send the commands of one port and no other.

use std::marker::PhantomData;

use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::{mpsc, oneshot};
use tracing::{error, info};

use super::command::{
    Answer, Command, CourierAnswer, CourierCommand, PlannerAnswer, PlannerCommand, PortalAnswer,
    PortalCommand, StaffAnswer, StaffCommand,
};
use super::{Vault, VaultError};

/// Commands that may wait for the vault; beyond, callers wait.
const WAITING_MAX: usize = 64;

/// Commands that are carried out between two slices of a plan, if so many wait.
const BETWEEN: u32 = 16;

type Request = (Command, oneshot::Sender<Result<Answer, VaultError>>);

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

fn serve(vault: &Vault, mut queue: mpsc::Receiver<Request>) {
    // Whatever is left over from before is looked for when the planner first asks.
    let (mut is_behind, mut between) = (false, 0);
    loop {
        let request = if !is_behind {
            let Some(request) = queue.blocking_recv() else {
                return;
            };
            Some(request)
        } else if between < BETWEEN {
            match queue.try_recv() {
                Ok(request) => Some(request),
                Err(TryRecvError::Empty) => None,
                Err(TryRecvError::Disconnected) => return,
            }
        } else {
            None
        };
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
        let outcome = vault.handle(command);
        if let Err(failure) = &outcome {
            failed(failure);
        }
        // A caller that has gone away does not need the outcome.
        let _gone = answer.send(outcome);
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
