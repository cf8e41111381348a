//! Guessing a profile from a sample export: what each column means, by its name and by what it holds,
//! and why. What is not sure is said to be so, and nothing that ends custody is ever taken unasked.

mod assign;
pub mod draft;
mod lists;
pub mod names;
mod nested;
mod never;
pub mod rows;
pub mod sample;
mod words;

use savin_shared::record::RecordKind;

use super::field::Field;
use super::names::NameLayout;
use super::profile::Mode;
use names::words as name_words;
use sample::Sample;

/// Something guessed, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told<T> {
    /// What.
    pub value: T,
    /// Whether nobody need be asked.
    pub is_sure: bool,
    /// Why.
    pub why: String,
}

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It fills a field.
    Field(Field),
    /// It holds the time of day of a field whose date stands in another column.
    TimeOf(Field),
    /// It must never be taken.
    Never,
    /// It is not looked at.
    Dropped,
}

/// What a column is taken for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnGuess {
    /// Its name.
    pub name: String,
    /// What it holds, in a few words and without any value.
    pub looks: String,
    /// What it is for.
    pub role: Told<Role>,
}

/// What a word is taken for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordGuess {
    /// Of which field.
    pub field: Field,
    /// The agency's word, in upper case.
    pub word: String,
    /// How often it stands in the sample.
    pub seen: u64,
    /// What it probably means.
    pub meaning: Option<String>,
    /// Whether it goes into the profile; otherwise it stands there as a comment.
    pub is_taken: bool,
}

/// A guessed profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guess {
    /// What the rows are.
    pub kind: Told<RecordKind>,
    /// What an export holds.
    pub mode: Told<Mode>,
    /// The columns in the file's order.
    pub columns: Vec<ColumnGuess>,
    /// The fields that name a record; none where nothing does.
    pub key: Told<Vec<Field>>,
    /// Whether several rows are one record.
    pub is_per_charge: bool,
    /// What stands between the charges that one cell lists, and why; only where that is clear.
    pub separator: Option<(char, &'static str)>,
    /// How whole names are written.
    pub layout: Told<NameLayout>,
    /// Words of the columns that have tables.
    pub words: Vec<WordGuess>,
    /// Words of other columns in which a state may hide.
    pub hidden: Vec<WordGuess>,
}

impl Guess {
    /// Guesses everything from a sample and the name of its file.
    #[must_use]
    pub fn of(sample: &Sample, file: &str) -> Self {
        let kind = kind(sample, file);
        Self::of_kind(sample, file, kind)
    }

    /// Guesses the rest where it is known what the rows are.
    #[must_use]
    pub fn of_kind(sample: &Sample, file: &str, kind: Told<RecordKind>) -> Self {
        let columns = assign::columns(sample, kind.value);
        let mut guess = Self {
            mode: Told {
                value: Mode::Roster,
                is_sure: false,
                why: String::new(),
            },
            key: Told {
                value: Vec::new(),
                is_sure: false,
                why: String::new(),
            },
            kind,
            columns,
            is_per_charge: false,
            separator: None,
            layout: Told {
                value: NameLayout::LastFirst,
                is_sure: true,
                why: String::new(),
            },
            words: Vec::new(),
            hidden: Vec::new(),
        };
        guess.mode = mode(&guess, sample, file);
        guess.settle(sample);
        guess
    }

    /// Decides what follows from the columns: after somebody has changed what they are for.
    pub fn settle(&mut self, sample: &Sample) {
        self.settle_key(sample);
        self.separator = self.separator(sample);
        if let Some(place) = self.place(Field::Name)
            && let Some(column) = sample.columns.get(place)
            && !column.is_names()
        {
            let is_said = name_words(&column.name).iter().any(|word| word == "full");
            self.layout = Told {
                value: NameLayout::FirstLast,
                is_sure: is_said,
                why: if is_said {
                    "its name is that of whole names, and no comma stands in them"
                } else {
                    "no comma stands after the surname: are the given names really first?"
                }
                .to_owned(),
            };
        }
        self.words.clear();
        self.hidden.clear();
        for (place, field) in self.fields() {
            let Some(column) = sample.columns.get(place) else {
                continue;
            };
            let is_told = matches!(
                field,
                Field::ReleaseReason
                    | Field::Disposition
                    | Field::RecordType
                    | Field::Absconded
                    | Field::Compliant
                    | Field::Schedule
                    | Field::Service
            ) || (field == Field::Status && self.kind.value == RecordKind::Custody);
            let mode = self.mode.value;
            if is_told {
                let words = column.words.iter();
                let proposed = words.map(|(word, seen)| words::proposed(field, word, *seen, mode));
                self.words.extend(proposed);
            }
            if matches!(
                field,
                Field::Location | Field::ReleaseReason | Field::Classification
            ) {
                let telling = column.telling.iter();
                self.hidden
                    .extend(telling.map(|(word, seen)| words::hidden(field, word, *seen)));
            }
        }
    }

    /// Returns each field that a column fills, with the column's place.
    pub fn fields(&self) -> Vec<(usize, Field)> {
        let role = |(place, column): (usize, &ColumnGuess)| match column.role.value {
            Role::Field(field) => Some((place, field)),
            Role::TimeOf(_) | Role::Never | Role::Dropped => None,
        };
        self.columns.iter().enumerate().filter_map(role).collect()
    }

    /// Returns the place of a field's column.
    #[must_use]
    pub fn place(&self, field: Field) -> Option<usize> {
        let mut fields = self.fields().into_iter();
        fields
            .find(|(_, own)| *own == field)
            .map(|(place, _)| place)
    }

    /// Finds what stands between two charges; rows of one booking are charges already.
    fn separator(&self, sample: &Sample) -> Option<(char, &'static str)> {
        let places = |fields: &[Field]| -> Vec<usize> {
            fields
                .iter()
                .filter_map(|field| self.place(*field))
                .collect()
        };
        let charges = places(&[Field::ChargeStatute, Field::ChargeText]);
        let of_each = places(&[Field::ChargeLevel, Field::Disposition, Field::DispositionAt]);
        (!self.is_per_charge)
            .then(|| lists::separator(sample, &charges, &of_each))
            .flatten()
    }

    /// Finds what names a record, and whether several rows are one.
    fn settle_key(&mut self, sample: &Sample) {
        let rows = sample.rows();
        let of_record: Vec<usize> = self
            .fields()
            .into_iter()
            .filter(|(_, field)| is_of_record(*field))
            .map(|(place, _)| place)
            .collect();
        let mut candidates: Vec<Vec<Field>> = vec![vec![Field::RecordNumber]];
        for person in [Field::PersonNumber, Field::OffenderId, Field::StateId] {
            candidates.push(vec![person, Field::BookedAt]);
        }
        candidates.push(vec![Field::PersonNumber]);
        self.is_per_charge = false;
        for key in candidates {
            let places: Vec<usize> = key.iter().filter_map(|field| self.place(*field)).collect();
            if places.len() < key.len() {
                continue;
            }
            // A row without its key could not be taken.
            let is_full = |place: &usize| {
                let column = sample.columns.get(*place);
                column.is_some_and(|column| column.filled * 50 >= rows * 49)
            };
            if !places.iter().all(is_full) {
                continue;
            }
            let (is_sure, why) = self.told_of_key(&key, &places, &of_record, sample);
            self.key = Told {
                value: key,
                is_sure,
                why,
            };
            return;
        }
        self.key = Told {
            value: Vec::new(),
            is_sure: false,
            why: "no column, and no two that can be relied on, tell one record from all others"
                .to_owned(),
        };
    }

    /// Says what speaks for a key; whether rows of one are charges is noted.
    fn told_of_key(
        &mut self,
        key: &[Field],
        places: &[usize],
        of_record: &[usize],
        sample: &Sample,
    ) -> (bool, String) {
        let names: Vec<&str> = key.iter().map(|field| field.name()).collect();
        let names = names.join(" and ");
        let (different, rows) = (sample.distinct(places), sample.rows());
        let is_roster = self.mode.value == Mode::Roster;
        self.is_per_charge = is_roster && different < rows;
        if key == [Field::PersonNumber] {
            let why = "names a person, so that two bookings of one are taken for one: better have the \
                       booking number exported";
            return (
                false,
                format!("{names}: {different} in {rows} rows; it {why}"),
            );
        }
        if different == rows {
            return (
                rows > 1,
                format!("{names}: another one in each of the {rows} rows"),
            );
        }
        if !is_roster {
            return (
                true,
                format!("{names}: {different} in {rows} rows, as transactions have"),
            );
        }
        let is_determined = sample.determine(places, of_record);
        let why = if is_determined {
            "and rows of one are the same but for charges: one row a charge"
        } else {
            "and rows of one differ in more than charges: look at them"
        };
        (
            is_determined,
            format!("{names}: {different} in {rows} rows, {why}"),
        )
    }
}

/// Says whether a field is the same in all rows of one record.
const fn is_of_record(field: Field) -> bool {
    !matches!(
        field,
        Field::ChargeStatute
            | Field::ChargeText
            | Field::ChargeLevel
            | Field::Bond
            | Field::CaseNumber
            | Field::Hold
            | Field::Alias
    )
}

/// Signs of each kind but custody: words in the names of columns.
const SIGNS: [(RecordKind, &[&str]); 5] = [
    (
        RecordKind::SexOffender,
        &[
            "tier",
            "compliant",
            "compliance",
            "registration",
            "registrant",
            "verification",
        ],
    ),
    (
        RecordKind::ProtectiveOrder,
        &["petitioner", "respondent", "served", "protective", "order"],
    ),
    (
        RecordKind::Supervision,
        &[
            "supervision",
            "probation",
            "absconded",
            "absconder",
            "caseload",
            "pobox",
        ],
    ),
    (
        RecordKind::Hearing,
        &["hearing", "board", "decision", "parole", "pardon"],
    ),
    (
        RecordKind::CourtEvent,
        &[
            "court",
            "courtroom",
            "docket",
            "judge",
            "hearing",
            "setting",
            "case",
        ],
    ),
];

fn kind(sample: &Sample, file: &str) -> Told<RecordKind> {
    let words: Vec<String> = sample
        .columns
        .iter()
        .flat_map(|column| name_words(&column.name))
        .collect();
    let has = |word: &str| words.iter().any(|own| own == word);
    let custody = [
        "booking", "booked", "book", "inmate", "jacket", "cell", "housing", "admitted", "custody",
        "bail",
    ];
    let held: Vec<&str> = custody.into_iter().filter(|word| has(word)).collect();
    let file = file.to_lowercase();
    for (kind, signs) in SIGNS {
        let found: Vec<&str> = signs.iter().copied().filter(|word| has(word)).collect();
        let is_named = signs.iter().any(|word| file.contains(word));
        if found.len() + usize::from(is_named) >= 2 && found.len() > held.len() {
            return Told {
                value: kind,
                is_sure: held.is_empty(),
                why: format!("columns speak of {}", found.join(", ")),
            };
        }
    }
    Told {
        value: RecordKind::Custody,
        is_sure: !held.is_empty(),
        why: if held.is_empty() {
            "nothing speaks for another kind".to_owned()
        } else {
            format!("columns speak of {}", held.join(", "))
        },
    }
}

fn mode(guess: &Guess, sample: &Sample, file: &str) -> Told<Mode> {
    let told = |value, is_sure, why: &str| Told {
        value,
        is_sure,
        why: why.to_owned(),
    };
    let column = |field| {
        guess
            .place(field)
            .and_then(|place| sample.columns.get(place))
    };
    if guess.kind.value != RecordKind::Custody {
        return told(
            Mode::Roster,
            false,
            "each export probably holds all of them",
        );
    }
    if column(Field::RecordType).is_some() {
        return told(
            Mode::Transactions,
            true,
            "a column says what each row is about",
        );
    }
    let moves = |place: usize| {
        let name = sample
            .columns
            .get(place)
            .map(|column| column.name.to_lowercase());
        name.is_some_and(|name| name.contains("move"))
    };
    if guess.place(Field::Status).is_some_and(moves) {
        return told(Mode::Transactions, true, "a column names movements");
    }
    let rows = sample.rows();
    let is_out = |column: &sample::Column| column.filled * 10 >= rows * 9 && rows > 0;
    if column(Field::ReleasedAt).is_some_and(is_out) {
        return told(
            Mode::Transactions,
            true,
            "nearly every row has a release time",
        );
    }
    let few_days = |column: &sample::Column| column.distinct() <= 3 && rows >= 20;
    if column(Field::BookedAt).is_some_and(few_days) {
        return told(
            Mode::Transactions,
            true,
            "all were booked on the same few days: it lists new bookings, not everybody",
        );
    }
    let file = file.to_lowercase();
    let names = |words: &[&str]| words.iter().any(|word| file.contains(word));
    if names(&["roster", "inmate", "custody", "population", "listing"]) {
        return told(
            Mode::Roster,
            true,
            "the file's name says that it lists everybody",
        );
    }
    if names(&["release", "move", "trans", "log", "last24"]) {
        return told(
            Mode::Transactions,
            false,
            "the file's name says that it lists what happened",
        );
    }
    told(Mode::Roster, false, "bookings of many days stand in it")
}

#[cfg(test)]
mod tests;
