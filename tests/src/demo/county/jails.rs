//! The software of two jails and of the state's prisons, and the invented people in it.

use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::clock::wall;
use crate::home::{FeedHome, SourceHome};
use crate::source::{CountyDatabase, ExportFolder, csv};

/// Somebody invented.
#[derive(Debug, Clone)]
pub struct Person {
    /// The number of the booking or commitment.
    pub record: String,
    /// The agency's own number for the person.
    pub number: String,
    /// The surname.
    pub surname: String,
    /// The given name.
    pub given: String,
}

impl Person {
    /// Makes somebody of record number, person number, surname and given name.
    #[must_use]
    pub fn of([record, number, surname, given]: [&str; 4]) -> Self {
        Self {
            record: record.to_owned(),
            number: number.to_owned(),
            surname: surname.to_owned(),
            given: given.to_owned(),
        }
    }

    /// Returns the whole name as people write it.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.given, self.surname)
    }
}

/// Who is there at the beginning, as [`Person::of`] takes them.
pub const AZALEA_PEOPLE: [[&str; 4]; 2] = [
    ["A-1001", "AJ-71", "Quillfeather", "Tansy"],
    ["A-1002", "AJ-72", "Cobblepot-Reyes", "Linus"],
];

/// Who is there at the beginning, as [`Person::of`] takes them.
pub const CATALPA_PEOPLE: [[&str; 4]; 3] = [
    ["26-0418", "5501", "Bramblewick", "Orrin"],
    ["26-0419", "5502", "Thistledown", "Basil"],
    ["26-0420", "5503", "Applegarth", "Minna"],
];

/// Who is there at the beginning, as [`Person::of`] takes them.
pub const MDOC_PEOPLE: [[&str; 4]; 2] = [
    ["C-900", "M0001", "Fogelmoth", "Juniper"],
    ["C-901", "M0002", "Wigglesbury", "Otis"],
];

/// The state's prisons as its database names them; everybody begins in the first.
pub const UNITS: [&str; 2] = ["CYP", "MAG"];

/// The security classifications as its database names them; everybody begins with the first.
pub const CLASSES: [&str; 3] = ["C", "M", "N"];

/// The jail with a booking database.
#[derive(Debug)]
pub struct Azalea {
    database: CountyDatabase,
}

/// Returns what the jail's agent reads.
#[must_use]
pub fn azalea_feeds() -> [FeedHome; 1] {
    [FeedHome {
        name: "bookings",
        facility: "DEMO-AZALEA-JAIL",
        profile: include_str!("../../../demo/azalea-bookings.toml").to_owned(),
        source: SourceHome::Database("booking.sqlite", "SELECT * FROM booking"),
    }]
}

impl Azalea {
    /// Makes the jail's database in a folder, with those in it who are there at the beginning.
    ///
    /// # Errors
    /// Returns the database's error.
    pub fn make(folder: &Path) -> anyhow::Result<Self> {
        let tables = "CREATE TABLE booking (booking_no TEXT PRIMARY KEY, jacket_no TEXT,
            last_name TEXT, first_name TEXT, status TEXT, status_at TEXT, cell TEXT,
            booked_at TEXT, released_at TEXT, release_reason TEXT, medical_note TEXT)";
        let azalea = Self {
            database: CountyDatabase::make(&folder.join("booking.sqlite"), tables)?,
        };
        for person in AZALEA_PEOPLE {
            azalea.book(&Person::of(person))?;
        }
        Ok(azalea)
    }

    /// Books somebody.
    ///
    /// # Errors
    /// Returns the database's error.
    pub fn book(&self, person: &Person) -> anyhow::Result<Timestamp> {
        self.database.change(
            "INSERT INTO booking VALUES (?1, ?2, ?3, ?4, 'IN', ?5, 'A-12', ?5, NULL, NULL,
                 'never leaves this machine')",
            (
                &person.record,
                &person.number,
                &person.surname,
                &person.given,
                now(),
            ),
        )
    }

    /// Changes a status: `IN`, `LEAVE`, `ESC`.
    ///
    /// # Errors
    /// Returns the database's error.
    pub fn status(&self, booking: &str, status: &str) -> anyhow::Result<Timestamp> {
        self.database.change(
            "UPDATE booking SET status = ?2, status_at = ?3, released_at = NULL,
                 release_reason = NULL WHERE booking_no = ?1",
            (booking, status, now()),
        )
    }

    /// Changes the status of everybody at once.
    ///
    /// # Errors
    /// Returns the database's error.
    pub fn status_of_all(&self, status: &str) -> anyhow::Result<Timestamp> {
        let sql = "UPDATE booking SET status = ?1, status_at = ?2";
        self.database.change(sql, (status, now()))
    }

    /// Releases somebody.
    ///
    /// # Errors
    /// Returns the database's error.
    pub fn release(&self, booking: &str, reason: &str) -> anyhow::Result<Timestamp> {
        self.database.change(
            "UPDATE booking SET status = 'REL', status_at = ?3, released_at = ?3,
                 release_reason = ?2, cell = NULL WHERE booking_no = ?1",
            (booking, reason, now()),
        )
    }
}

/// The jail with export folders.
#[derive(Debug)]
pub struct Catalpa {
    lists: ExportFolder,
    movements: ExportFolder,
    held: Vec<(Person, String)>,
    written: u32,
}

pub(super) fn catalpa_feeds() -> [FeedHome; 2] {
    [
        FeedHome {
            name: "roster",
            facility: "DEMO-CATALPA-JAIL",
            profile: include_str!("../../../demo/catalpa-roster.toml").to_owned(),
            source: SourceHome::Folder("lists"),
        },
        FeedHome {
            name: "movements",
            facility: "DEMO-CATALPA-JAIL",
            profile: include_str!("../../../demo/catalpa-movements.toml").to_owned(),
            source: SourceHome::Folder("movements"),
        },
    ]
}

impl Catalpa {
    pub(super) fn make(folder: &Path) -> anyhow::Result<Self> {
        let mut catalpa = Self {
            lists: ExportFolder::new(folder.join("lists")),
            movements: ExportFolder::new(folder.join("movements")),
            held: Vec::new(),
            written: 0,
        };
        let booked = now();
        catalpa.held = CATALPA_PEOPLE
            .map(|person| (Person::of(person), booked.clone()))
            .into();
        catalpa.list()?;
        Ok(catalpa)
    }

    /// Puts somebody on the list and writes it.
    ///
    /// # Errors
    /// Returns the system's error.
    pub fn book(&mut self, person: &Person) -> anyhow::Result<Timestamp> {
        self.held.push((person.clone(), now()));
        self.list()
    }

    /// Takes somebody off the list without a word and writes it.
    ///
    /// # Errors
    /// Returns the system's error.
    pub fn drop_from_list(&mut self, booking: &str) -> anyhow::Result<Timestamp> {
        self.held.retain(|(person, _)| person.record != booking);
        self.list()
    }

    /// Writes what happened: `RELEASE`, `ESCAPE` or `RETURN`.
    ///
    /// # Errors
    /// Returns the system's error.
    pub fn movement(
        &mut self,
        booking: &str,
        movement: &str,
        reason: &str,
    ) -> anyhow::Result<Timestamp> {
        let at = now();
        let row = [booking, movement, at.as_str(), reason];
        let header = ["BookingNumber", "Movement", "At", "Reason"];
        let name = self.next_name("movement");
        self.movements.put(&name, &csv(&header, [row])?)
    }

    fn list(&mut self) -> anyhow::Result<Timestamp> {
        let rows = self.held.iter().map(|(person, booked)| {
            [
                person.record.clone(),
                person.number.clone(),
                format!("{}, {}", person.surname, person.given).to_uppercase(),
                "B-2".to_owned(),
                booked.clone(),
            ]
        });
        let header = [
            "BookingNumber",
            "InmateNumber",
            "InmateName",
            "Housing",
            "BookedOn",
        ];
        let text = csv(&header, rows)?;
        let name = self.next_name("list");
        self.lists.put(&name, &text)
    }

    fn next_name(&mut self, kind: &str) -> String {
        self.written += 1;
        format!("{kind}-{:06}.csv", self.written)
    }
}

/// The state's prisons.
#[derive(Debug)]
pub struct Mdoc {
    database: CountyDatabase,
}

pub(super) fn mdoc_feeds() -> [FeedHome; 2] {
    [
        FeedHome {
            name: "custody",
            facility: "DEMO-CYPRESS",
            profile: include_str!("../../../demo/mdoc-custody.toml").to_owned(),
            source: SourceHome::Database("offenders.sqlite", "SELECT * FROM commitment"),
        },
        FeedHome {
            name: "hearings",
            facility: "DEMO-CYPRESS",
            profile: include_str!("../../../demo/mdoc-hearings.toml").to_owned(),
            source: SourceHome::Database("offenders.sqlite", "SELECT * FROM hearing"),
        },
    ]
}

impl Mdoc {
    pub(super) fn make(folder: &Path) -> anyhow::Result<Self> {
        let tables = "CREATE TABLE commitment (commitment_no TEXT PRIMARY KEY, mdoc_no TEXT,
                last_name TEXT, first_name TEXT, unit TEXT, custody_class TEXT, status TEXT,
                admitted_at TEXT);
            CREATE TABLE hearing (hearing_no TEXT PRIMARY KEY, mdoc_no TEXT, kind TEXT, place TEXT,
                starts_at TEXT, state TEXT);";
        let mdoc = Self {
            database: CountyDatabase::make(&folder.join("offenders.sqlite"), tables)?,
        };
        for [commitment, number, surname, given] in MDOC_PEOPLE {
            mdoc.database.change(
                "INSERT INTO commitment VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'ACTIVE', ?7)",
                (
                    commitment,
                    number,
                    surname,
                    given,
                    UNITS[0],
                    CLASSES[0],
                    now(),
                ),
            )?;
        }
        mdoc.set_hearing("H-1", "M0002", "2027-01-12 09:00:00")?;
        Ok(mdoc)
    }

    /// Changes somebody's classification: one of [`CLASSES`].
    ///
    /// # Errors
    /// Returns the database's error.
    pub fn classify(&self, commitment: &str, class: &str) -> anyhow::Result<Timestamp> {
        self.database.change(
            "UPDATE commitment SET custody_class = ?2 WHERE commitment_no = ?1",
            (commitment, class),
        )
    }

    /// Moves somebody: to one of [`UNITS`].
    ///
    /// # Errors
    /// Returns the database's error.
    pub fn move_to(&self, commitment: &str, unit: &str) -> anyhow::Result<Timestamp> {
        self.database.change(
            "UPDATE commitment SET unit = ?2 WHERE commitment_no = ?1",
            (commitment, unit),
        )
    }

    /// Sets a parole hearing, or moves it.
    ///
    /// # Errors
    /// Returns the database's error.
    pub fn set_hearing(
        &self,
        hearing: &str,
        number: &str,
        starts_at: &str,
    ) -> anyhow::Result<Timestamp> {
        self.database.change(
            "INSERT INTO hearing VALUES (?1, ?2, 'Parole hearing', 'Room 3', ?3, 'SET')
             ON CONFLICT (hearing_no) DO UPDATE SET starts_at = excluded.starts_at",
            (hearing, number, starts_at),
        )
    }
}

/// Writes the time as the county's software does: local and without a zone.
pub(crate) fn now() -> String {
    let zone = TimeZone::get("America/Chicago").unwrap_or(TimeZone::UTC);
    wall()
        .to_zoned(zone)
        .strftime("%Y-%m-%d %H:%M:%S")
        .to_string()
}
