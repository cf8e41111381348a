//! One side of a call that has answered: what it hears is told, what it is to hear is ordered.

use std::fmt;
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::audio::Frame;
use crate::media::machine::Answerer;
use crate::media::session::{BRIDGE_FRAMES, Counts, Order};

/// What is told of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// A key was pressed.
    Digit(char),
    /// This sound, counted from 1 in the order in which they were ordered, has been played to its end.
    Played(u64),
    /// Who seems to have answered, after [`Order::Detect`].
    Answerer(Answerer),
    /// The call is over.
    Ended(End),
}

/// How a call that was answered ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The other side hung up.
    HungUp,
    /// It broke: nobody said any more that it stands, or the hub stops.
    Broke,
}

/// One side of a call. Dropping it hangs up.
pub struct Call {
    /// The trunk that carries it.
    pub trunk: Arc<str>,
    pub(super) orders: mpsc::Sender<Order>,
    pub(super) news: mpsc::Receiver<News>,
    pub(super) counts: Arc<Counts>,
    pub(super) end: Option<End>,
}

impl fmt::Debug for Call {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Call")
            .field("trunk", &self.trunk)
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

impl Call {
    /// Waits for what is told next; of a call that is over always that.
    pub async fn next(&mut self) -> News {
        if let Some(end) = self.end {
            return News::Ended(end);
        }
        let news = self.news.recv().await.unwrap_or(News::Ended(End::Broke));
        if let News::Ended(end) = news {
            self.end = Some(end);
        }
        news
    }

    /// Returns how it ended, if that has been told.
    #[must_use]
    pub const fn end(&self) -> Option<End> {
        self.end
    }

    /// Orders something; of a call that is over nothing is heard any more.
    pub async fn order(&self, order: Order) {
        // It is told by what comes next that the call is over.
        let _gone = self.orders.send(order).await;
    }

    /// Returns how many packets were sent and heard so far.
    #[must_use]
    pub fn counts(&self) -> &Arc<Counts> {
        &self.counts
    }

    /// Hangs up.
    pub fn hang_up(self) {
        drop(self);
    }

    /// Joins two sides, so that each hears the other, until one is over; returns which.
    ///
    /// Keys do nothing meanwhile. Each keeps its own clock, so that a packet that one side loses is
    /// not missed by the other's.
    pub async fn join(&mut self, other: &mut Self) -> Side {
        let (here, there) = mpsc::channel::<Frame>(BRIDGE_FRAMES);
        let (back_there, back_here) = mpsc::channel::<Frame>(BRIDGE_FRAMES);
        for (call, heard, spoken) in [(&*self, here, back_here), (&*other, back_there, there)] {
            call.order(Order::Quiet).await;
            call.order(Order::Listen(heard)).await;
            call.order(Order::Speak(spoken)).await;
        }
        loop {
            let (news, side) = tokio::select! {
                news = self.next() => (news, Side::This),
                news = other.next() => (news, Side::Other),
            };
            if let News::Ended(_) = news {
                return side;
            }
        }
    }
}

/// One of two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The one that joined.
    This,
    /// The one that was joined.
    Other,
}
