//! Signalling: calls placed and taken over SIP trunks, with another trunk where one fails.
//!
//! A [`exchange::Exchange`] is the handle by which calls are placed; its [`exchange::Door`] keeps the
//! trunks and every call going. A [`call::Call`] is one side that has answered.

pub mod call;
pub mod conduct;
pub mod desk;
pub mod exchange;
pub mod health;
pub mod incoming;
mod leg;
pub mod outbound;
mod refresh;
pub mod register;
pub mod settings;
pub mod trunk;

use std::pin::Pin;

use tokio::sync::watch;

/// A task that the door keeps until shutdown.
type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Waits until the hub stops; whoever would say so and is gone has stopped it too.
async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    let _gone = shutdown.wait_for(|stop| *stop).await;
}
