//! A booking database under load: people are booked, go on leave, come back, and a few are released.

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use jiff::Timestamp;
use savin_tests::clock::{pause, wall};
use savin_tests::demo::county::jails::{Azalea, Person};
use savin_tests::dice::Dice;

/// Who is there from the beginning and is only ever released, when the test says so.
const WATCHED: usize = 16;

/// How many are ever booked beside them.
const BOOKED_MAX: usize = 600;

/// Between two changes.
const PACE: Duration = Duration::from_millis(8);

/// A booking as the county knows it.
#[derive(Debug, Clone)]
pub(crate) struct Booking {
    /// Its number.
    pub(crate) number: String,
    /// Whose it is.
    pub(crate) surname: String,
    /// `IN`, `LEAVE` or `REL`.
    pub(crate) status: &'static str,
    /// Whether it was there before the agent first looked, and somebody asked to hear of it.
    pub(crate) is_watched: bool,
}

impl Booking {
    fn new(number: String, is_watched: bool) -> Self {
        Self {
            surname: format!("Sample{}", number.to_lowercase()),
            number,
            status: "IN",
            is_watched,
        }
    }

    /// Returns the person's name as the registry shows it.
    pub(crate) fn name(&self) -> String {
        format!("Avery {}", self.surname)
    }
}

/// The county, before and while it is at work.
#[derive(Debug)]
pub(crate) struct County {
    azalea: Azalea,
    dice: Dice,
    bookings: Vec<Booking>,
}

impl County {
    /// Makes the database with those in it who are watched.
    pub(crate) fn make(folder: &Path, seed: u64) -> anyhow::Result<Self> {
        let azalea = Azalea::make(folder)?;
        // Nothing ever happens to those whom every such jail begins with.
        let mut county = Self {
            azalea,
            dice: Dice::new(seed.wrapping_mul(3)),
            bookings: Vec::new(),
        };
        for number in 0..WATCHED {
            county.book(Booking::new(format!("W{number}"), true))?;
        }
        Ok(county)
    }

    /// Returns the bookings of which somebody is to hear.
    pub(crate) fn watched(&self) -> Vec<Booking> {
        self.bookings.clone()
    }

    /// Goes to work on a thread.
    pub(crate) fn run(mut self) -> Load {
        let (orders, received) = sync_channel(WATCHED + 1);
        let thread = std::thread::spawn(move || self.work(&received));
        Load { orders, thread }
    }

    fn work(&mut self, orders: &Receiver<String>) -> anyhow::Result<(Timestamp, Vec<Booking>)> {
        loop {
            match orders.try_recv() {
                Ok(number) => self.release(&number)?,
                Err(TryRecvError::Empty) => self.change()?,
                Err(TryRecvError::Disconnected) => {
                    return Ok((wall(), self.bookings.clone()));
                }
            }
            pause(PACE);
        }
    }

    /// Books somebody, or has somebody go or come back.
    fn change(&mut self) -> anyhow::Result<()> {
        let booked = self.bookings.len() - WATCHED;
        if booked == 0 || booked < BOOKED_MAX && self.dice.one_in(4) {
            return self.book(Booking::new(format!("B{booked}"), false));
        }
        let index = WATCHED + self.dice.below(booked);
        let booking = self.bookings.get_mut(index).context("nobody there")?;
        booking.status = if booking.status == "IN" {
            "LEAVE"
        } else {
            "IN"
        };
        self.azalea.status(&booking.number, booking.status)?;
        Ok(())
    }

    fn book(&mut self, booking: Booking) -> anyhow::Result<()> {
        self.azalea.book(&Person {
            record: booking.number.clone(),
            number: format!("J-{}", booking.number),
            surname: booking.surname.clone(),
            given: "Avery".to_owned(),
        })?;
        self.bookings.push(booking);
        Ok(())
    }

    fn release(&mut self, number: &str) -> anyhow::Result<()> {
        let booking = self
            .bookings
            .iter_mut()
            .find(|known| known.number == number);
        booking.context("nobody of that number")?.status = "REL";
        self.azalea.release(number, "BOND")?;
        Ok(())
    }
}

/// The county at work.
#[derive(Debug)]
pub(crate) struct Load {
    orders: SyncSender<String>,
    thread: JoinHandle<anyhow::Result<(Timestamp, Vec<Booking>)>>,
}

impl Load {
    /// Has somebody released.
    pub(crate) fn release(&self, number: String) -> anyhow::Result<()> {
        self.orders.send(number).context("the county has stopped")
    }

    /// Stops, and returns since when, and every booking.
    pub(crate) fn end(self) -> anyhow::Result<(Timestamp, Vec<Booking>)> {
        drop(self.orders);
        let ended = self.thread.join();
        ended.map_err(|_panic| anyhow!("the county panicked"))?
    }
}
