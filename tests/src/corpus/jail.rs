//! An invented jail from day to day, fitted to ten years of one large system and to eleven of
//! Mississippi's: how many leave a roster in a day, how many come back with the same admission.

use crate::dice::Dice;
use crate::source::csv;

/// The profile of the jail's exports.
pub const PROFILE: &str = r#"
name = "corpus"
kind = "custody"
mode = "roster"
zone = "America/Chicago"
[columns]
record_number = "BookingNo"
person_number = "JacketNo"
name = "InmateName"
birth_date = "DOB"
booked_at = "BookedOn"
status = "Status"
location = "Cell"
classification = "Level"
released_at = "ReleasedOn"
scheduled_release_at = "ScheduledOut"
[values.status]
IN = "InCustody"
WKND = "OnLeave"
REL = "OutOfCustody"
TRN = "TransferredOutOfState"
ESC = "Escaped"
"#;

/// The columns of the jail's exports.
pub const HEADER: [&str; 10] = [
    "BookingNo",
    "JacketNo",
    "InmateName",
    "DOB",
    "BookedOn",
    "Status",
    "Cell",
    "Level",
    "ReleasedOn",
    "ScheduledOut",
];

/// Departures of a day against the usual ones, in hundredths: the middle at 1, and a twentieth, a
/// hundredth and the most of ten years at 1.9, 2.3 and 4.4 times it.
const SPREAD: [u32; 20] = [
    45, 55, 62, 70, 76, 82, 87, 91, 95, 98, 102, 107, 113, 119, 126, 135, 146, 158, 172, 190,
];

/// For how many days whoever was let go stays on the list with the word for it.
const SHOWN_DAYS: usize = 3;

/// Of a thousand who vanish, how many come back with the very same admission.
const RETURNS: usize = 27;

/// How large a jail is, and how busy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Its word in the tables.
    pub name: &'static str,
    /// How many people it holds.
    pub people: usize,
    /// How many of 100,000 leave on a usual day.
    pub leaving: u32,
}

/// A large system, the median Mississippi jail, and the smallest.
pub const SIZES: [Size; 3] = [
    Size {
        name: "7,000 people",
        people: 7000,
        leaving: 1100,
    },
    Size {
        name: "35 people",
        people: 35,
        leaving: 2300,
    },
    Size {
        name: "10 people",
        people: 10,
        leaving: 2500,
    },
];

/// One of the larger county jails, looked at in long series of days only.
pub const COUNTY: Size = Size {
    name: "200 people",
    people: 200,
    leaving: 1800,
};

/// What the jail says of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Held.
    In,
    /// Out over the weekend, and expected back.
    Weekend,
    /// Let go.
    Released,
    /// Handed to an agency outside the state.
    Transferred,
}

impl Status {
    /// Returns the jail's word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::In => "IN",
            Self::Weekend => "WKND",
            Self::Released => "REL",
            Self::Transferred => "TRN",
        }
    }

    /// Says whether custody has ended.
    #[must_use]
    pub const fn has_ended(self) -> bool {
        matches!(self, Self::Released | Self::Transferred)
    }
}

/// One booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inmate {
    /// The booking's number.
    pub booking: u32,
    /// The person's number.
    pub jacket: u32,
    /// The day of the booking.
    pub booked: usize,
    /// The cell block, and the cell in it.
    pub cell: (u8, u8),
    /// What the jail says.
    pub status: Status,
    /// The day of the release.
    pub released: Option<usize>,
}

impl Inmate {
    /// Returns the cells of the booking's row.
    #[must_use]
    pub fn cells(&self) -> [String; 10] {
        let (block, cell) = self.cell;
        [
            format!("B{:06}", self.booking),
            format!("J{:06}", self.jacket),
            name(self.jacket),
            format!(
                "{:02}/{:02}/{}",
                1 + self.jacket % 12,
                1 + self.jacket % 28,
                1950 + self.jacket % 55
            ),
            format!("{} 14:{:02}", date(self.booked), self.booking % 60),
            self.status.word().to_owned(),
            format!("{}-{cell}", char::from(b'A' + block)),
            ["MIN", "MED", "MAX"]
                .get(self.jacket as usize % 3)
                .copied()
                .unwrap_or("MIN")
                .to_owned(),
            self.released
                .map_or_else(String::new, |day| format!("{} 09:30", date(day))),
            if self.booking.is_multiple_of(5) {
                date(self.booked + 400)
            } else {
                String::new()
            },
        ]
    }
}

fn name(jacket: u32) -> String {
    const SURNAMES: [&str; 8] = [
        "SAMPLE",
        "EXAMPLE",
        "VAN TESTER",
        "DE LA PROBE",
        "FIXTURE",
        "SPECIMEN",
        "DRAFT",
        "MOCK",
    ];
    const GIVEN: [&str; 7] = ["AVERY", "BLAIR", "CASEY", "DREW", "EMERY", "FINLEY", "GRAY"];
    let pick = |list: &[&'static str], at: u32| {
        let place = at as usize % list.len().max(1);
        list.get(place).copied().unwrap_or("SAMPLE")
    };
    let suffix = if jacket.is_multiple_of(22) { " JR" } else { "" };
    format!(
        "{}{suffix}, {} {}",
        pick(&SURNAMES, jacket),
        pick(&GIVEN, jacket / 8),
        jacket / 56
    )
}

/// Writes the day of so many days after the first of 2026.
#[must_use]
pub fn date(day: usize) -> String {
    let first = jiff::civil::date(2026, 1, 1);
    let span = jiff::Span::new().days(i64::try_from(day).unwrap_or(0));
    let date = first.checked_add(span).unwrap_or(first);
    date.strftime("%m/%d/%Y").to_string()
}

/// The jail as it is today.
#[derive(Debug, Clone)]
pub struct Jail {
    /// How large it is.
    pub size: Size,
    /// Whether whoever is let go stays on the list for some days with the word for it, or vanishes.
    pub says_releases: bool,
    /// Its chance.
    pub dice: Dice,
    /// Today.
    pub day: usize,
    /// Who is on the list.
    pub listed: Vec<Inmate>,
    away: Vec<(usize, Inmate)>,
    bookings: u32,
    /// Whose numbers begin here: two jails may number their bookings alike, never their people.
    first_person: u32,
}

impl Jail {
    /// Begins with a full house.
    #[must_use]
    pub fn new(size: Size, says_releases: bool, seed: u64) -> Self {
        Self::with_people(size, says_releases, seed, 0)
    }

    /// Begins with people who are no other jail's.
    #[must_use]
    pub fn with_people(size: Size, says_releases: bool, seed: u64, first_person: u32) -> Self {
        let mut jail = Self {
            size,
            says_releases,
            dice: Dice::new(seed.wrapping_add(7919)),
            day: 0,
            listed: Vec::new(),
            away: Vec::new(),
            bookings: 0,
            first_person,
        };
        for _ in 0..size.people {
            jail.admit();
        }
        jail
    }

    /// Lets a day pass.
    pub fn next_day(&mut self) {
        self.day += 1;
        let day = self.day;
        self.listed.retain(|inmate| {
            let until = inmate.released.map(|released| released + SHOWN_DAYS);
            until.is_none_or(|until| until > day)
        });
        let (back, still): (Vec<_>, Vec<_>) =
            self.away.drain(..).partition(|(until, _)| *until <= day);
        self.away = still;
        self.listed
            .extend(back.into_iter().map(|(_, inmate)| inmate));
        let chance = self.chance();
        let mut kept = Vec::with_capacity(self.listed.len());
        for mut inmate in std::mem::take(&mut self.listed) {
            if inmate.status.has_ended() {
                kept.push(inmate);
            } else if self.dice.below(100_000) >= chance {
                if self.dice.one_in(40) {
                    inmate.cell = self.cell();
                }
                kept.push(inmate);
            } else if self.dice.below(1000) < RETURNS {
                let until = day + 1 + self.dice.below(5);
                self.away.push((until, inmate));
            } else if self.says_releases {
                inmate.status = Status::Released;
                inmate.released = Some(day);
                kept.push(inmate);
            }
        }
        self.listed = kept;
        // As many come as go, in the long run.
        let held = self.held().max(1);
        let chance = self.chance() * self.size.people / held;
        for _ in 0..self.size.people {
            if self.dice.below(100_000) < chance {
                self.admit();
            }
        }
    }

    /// Returns how many of 100,000 leave or come today.
    fn chance(&mut self) -> usize {
        let spread = *self.dice.pick(&SPREAD).unwrap_or(&100);
        let spread = match self.dice.below(400) {
            0 => 440,
            1..4 => 230,
            _ => spread,
        };
        // Courts let people go on working days, and most on Mondays.
        let weekday = match self.day % 7 {
            0 => 130,
            5 | 6 => 60,
            _ => 110,
        };
        (self.size.leaving * spread / 100 * weekday / 100) as usize
    }

    /// Returns how many are held.
    #[must_use]
    pub fn held(&self) -> usize {
        let held = self
            .listed
            .iter()
            .filter(|inmate| !inmate.status.has_ended());
        held.count()
    }

    fn admit(&mut self) {
        self.bookings += 1;
        let booking = self.bookings;
        // Some were here before.
        let jacket = if booking > 50 && self.dice.one_in(4) {
            booking / 2
        } else {
            booking
        };
        let cell = self.cell();
        self.listed.push(Inmate {
            booking,
            jacket: jacket + self.first_person,
            booked: self.day,
            cell,
            status: Status::In,
            released: None,
        });
    }

    fn cell(&mut self) -> (u8, u8) {
        let block = u8::try_from(self.dice.below(6)).unwrap_or(0);
        let cell = u8::try_from(self.dice.below(90)).unwrap_or(0);
        (block, cell)
    }

    /// Writes today's export.
    ///
    /// # Errors
    /// Returns the library's error.
    pub fn export(&self) -> anyhow::Result<String> {
        csv(&HEADER, self.listed.iter().map(Inmate::cells))
    }
}
