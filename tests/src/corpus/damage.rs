//! Every way in which an export was ever seen to be damaged.

use crate::corpus::jail::{HEADER, Inmate, Jail, date};
use crate::dice::Dice;
use crate::source::csv;

/// A way in which an export is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Damage {
    /// Cut somewhere.
    CutAnywhere,
    /// Cut after a line, with its line break.
    CutAfterLine,
    /// Cut after a line, before its line break.
    CutBeforeBreak,
    /// A header and no row.
    HeaderOnly,
    /// Nothing.
    Empty,
    /// A server's error page.
    ErrorPage,
    /// Another jail's file, whose numbers are the same.
    OtherJail,
    /// The contents of two columns changed places.
    ColumnsSwapped,
    /// A column has another name.
    ColumnRenamed,
    /// A column is gone.
    ColumnDropped,
    /// Other status codes than the profile knows.
    CodesRekeyed,
    /// The status codes changed places: the word for held now means let go.
    CodesPermuted,
    /// Another encoding, with and without a mark.
    WrongEncoding,
    /// The last rows stand there twice, some of them older.
    TailRepeated,
    /// The file of an earlier day, with its date.
    OlderFile,
    /// The file of an earlier day, as if it were today's.
    ServedAgain,
    /// Half of the rows have empty cells.
    HalfBlank,
    /// Every date is some days off.
    DatesShifted,
    /// Bookings have other numbers, some of them other people's.
    KeysRenumbered,
    /// The rows of one cell block are missing.
    BlockMissing,
    /// Some rows are missing here and there.
    RowsDropped,
    /// The vendor's new version: other order, other codes, other column.
    VendorUpgrade,
    /// Every status is the word for let go.
    AllReleased,
    /// The word for let go stands at a third of those who are held.
    ThirdReleased,
}

/// Every way.
pub const ALL: [Damage; 24] = [
    Damage::CutAnywhere,
    Damage::CutAfterLine,
    Damage::CutBeforeBreak,
    Damage::HeaderOnly,
    Damage::Empty,
    Damage::ErrorPage,
    Damage::OtherJail,
    Damage::ColumnsSwapped,
    Damage::ColumnRenamed,
    Damage::ColumnDropped,
    Damage::CodesRekeyed,
    Damage::CodesPermuted,
    Damage::WrongEncoding,
    Damage::TailRepeated,
    Damage::OlderFile,
    Damage::ServedAgain,
    Damage::HalfBlank,
    Damage::DatesShifted,
    Damage::KeysRenumbered,
    Damage::BlockMissing,
    Damage::RowsDropped,
    Damage::VendorUpgrade,
    Damage::AllReleased,
    Damage::ThirdReleased,
];

impl Damage {
    /// Says whether the file itself says in the jail's own word what is not so: no more than the
    /// breaker's limit of it may pass.
    #[must_use]
    pub const fn is_wrong_code(self) -> bool {
        matches!(
            self,
            Self::CodesPermuted | Self::AllReleased | Self::ThirdReleased
        )
    }
}

/// A damaged export.
#[derive(Debug)]
pub struct Damaged {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// How many days too old its date is.
    pub days_old: usize,
}

type Cells = Vec<String>;

/// Damages today's export.
///
/// # Errors
/// Returns the CSV library's error.
pub fn damaged(
    damage: Damage,
    dice: &mut Dice,
    jail: &Jail,
    other: &Jail,
    earlier: &[String],
) -> anyhow::Result<Damaged> {
    let text = jail.export()?;
    let mut days_old = 0;
    let bytes = match damage {
        Damage::CutAnywhere => cut(&text, dice.below(text.len())),
        Damage::CutAfterLine => cut(&text, line_end(&text, dice)),
        Damage::CutBeforeBreak => cut(&text, line_end(&text, dice).saturating_sub(1)),
        Damage::HeaderOnly => cut(&text, text.find('\n').unwrap_or(0) + 1),
        Damage::Empty => Vec::new(),
        Damage::ErrorPage => {
            b"<html><body><h1>503 Service Unavailable</h1></body></html>\n".to_vec()
        }
        Damage::OtherJail => other.export()?.into_bytes(),
        Damage::WrongEncoding => encoded(&text, dice),
        Damage::OlderFile | Damage::ServedAgain => {
            let back = dice.below(earlier.len());
            if damage == Damage::OlderFile {
                days_old = earlier.len() - back;
            }
            earlier.get(back).cloned().unwrap_or_default().into_bytes()
        }
        Damage::CodesPermuted
        | Damage::CodesRekeyed
        | Damage::AllReleased
        | Damage::ThirdReleased => recoded(damage, dice, jail)?.into_bytes(),
        Damage::ColumnsSwapped
        | Damage::ColumnRenamed
        | Damage::ColumnDropped
        | Damage::VendorUpgrade => relaid(damage, dice, jail)?.into_bytes(),
        Damage::TailRepeated
        | Damage::HalfBlank
        | Damage::DatesShifted
        | Damage::KeysRenumbered
        | Damage::BlockMissing
        | Damage::RowsDropped => rewritten(damage, dice, jail)?.into_bytes(),
    };
    Ok(Damaged { bytes, days_old })
}

fn cut(text: &str, at: usize) -> Vec<u8> {
    text.as_bytes().get(..at).unwrap_or_default().to_vec()
}

/// Returns where one of the lines after the header ends.
fn line_end(text: &str, dice: &mut Dice) -> usize {
    let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at + 1).collect();
    let all_but_the_last = ends.len().saturating_sub(1);
    ends.get(dice.below(all_but_the_last)).copied().unwrap_or(0)
}

fn encoded(text: &str, dice: &mut Dice) -> Vec<u8> {
    let units = text.encode_utf16();
    match dice.below(3) {
        0 => units.flat_map(u16::to_le_bytes).collect(),
        1 => units.flat_map(u16::to_be_bytes).collect(),
        // EBCDIC-born systems send high bytes where letters should be.
        _ => text.bytes().map(|byte| byte ^ 0x80).collect(),
    }
}

fn rows(jail: &Jail) -> Vec<Cells> {
    jail.listed
        .iter()
        .map(|inmate| inmate.cells().to_vec())
        .collect()
}

fn recoded(damage: Damage, dice: &mut Dice, jail: &Jail) -> anyhow::Result<String> {
    let scheme = dice.below(2);
    let code = |word: &str| match (damage, word) {
        (Damage::AllReleased | Damage::ThirdReleased, _) | (Damage::CodesPermuted, "IN") => "REL",
        (Damage::CodesPermuted, "REL") => "IN",
        (_, "IN") if scheme == 0 => "1",
        (_, "IN") => "ACTIVE",
        (_, "REL") if scheme == 0 => "2",
        (_, "REL") => "CLOSED",
        _ => "9",
    };
    let rows = rows(jail).into_iter().map(|mut row| {
        let is_hit = damage != Damage::ThirdReleased || dice.one_in(3);
        if let Some(cell) = row.get_mut(5).filter(|_| is_hit) {
            code(cell).clone_into(cell);
        }
        row
    });
    csv(&HEADER, rows)
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the caller hands over only its own ways of damage"
)]
fn relaid(damage: Damage, dice: &mut Dice, jail: &Jail) -> anyhow::Result<String> {
    let mut header: Vec<String> = HEADER.map(str::to_owned).to_vec();
    let mut rows = rows(jail);
    let (first, second) = (dice.below(HEADER.len()), dice.below(HEADER.len()));
    match damage {
        Damage::ColumnRenamed => {
            if let Some(name) = header.get_mut(first) {
                name.insert_str(0, "New");
            }
        }
        Damage::ColumnDropped => {
            header.remove(first);
            for row in &mut rows {
                row.remove(first);
            }
        }
        Damage::VendorUpgrade => {
            header.swap(first, second);
            for row in &mut rows {
                row.swap(first, second);
            }
            header.push("FacilityZone".to_owned());
            for row in &mut rows {
                row.push("1".to_owned());
            }
            for row in rows.iter_mut().flatten() {
                let code = match row.as_str() {
                    "IN" => "A",
                    "REL" => "D",
                    _ => continue,
                };
                code.clone_into(row);
            }
        }
        _ => rows.iter_mut().for_each(|row| row.swap(first, second)),
    }
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    csv(&header, rows)
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the caller hands over only its own ways of damage"
)]
fn rewritten(damage: Damage, dice: &mut Dice, jail: &Jail) -> anyhow::Result<String> {
    let mut rows = rows(jail);
    let count = rows.len();
    match damage {
        Damage::TailRepeated => {
            let from = dice.below(count);
            let mut tail: Vec<Cells> = rows.get(from..).unwrap_or_default().to_vec();
            // Some of the repeated rows are from before the last change.
            for row in tail.iter_mut().step_by(3) {
                if let Some(cell) = row.get_mut(6) {
                    "Z-1".clone_into(cell);
                }
            }
            rows.append(&mut tail);
        }
        Damage::HalfBlank => {
            for row in &mut rows {
                if dice.one_in(2) {
                    row.iter_mut().for_each(String::clear);
                }
            }
        }
        Damage::DatesShifted => {
            let days = 1 + dice.below(40);
            let shifted = jail.listed.iter().map(|inmate| {
                let booked = inmate.booked + days;
                let mut row = inmate.cells().to_vec();
                if let Some(cell) = row.get_mut(4) {
                    *cell = format!("{} 14:00", date(booked));
                }
                row
            });
            rows = shifted.collect();
        }
        Damage::KeysRenumbered => rows = renumbered(dice, &jail.listed),
        Damage::BlockMissing => {
            let block = u8::try_from(dice.below(6)).unwrap_or(0);
            let kept = jail.listed.iter().filter(|inmate| inmate.cell.0 != block);
            rows = kept.map(|inmate| inmate.cells().to_vec()).collect();
        }
        _ => rows.retain(|_| !dice.one_in(8)),
    }
    csv(&HEADER, rows)
}

/// Gives every booking another number: a later one, or that of somebody else.
fn renumbered(dice: &mut Dice, listed: &[Inmate]) -> Vec<Cells> {
    let all_new = dice.one_in(2);
    let turn = 1 + dice.below(listed.len());
    let numbers = listed.iter().cycle().skip(turn);
    let pairs = listed.iter().zip(numbers);
    let rows = pairs.map(|(inmate, other)| {
        let mut row = inmate.cells().to_vec();
        if let Some(cell) = row.first_mut() {
            *cell = if all_new {
                format!("N{:07}", inmate.booking)
            } else {
                format!("B{:06}", other.booking)
            };
        }
        row
    });
    rows.collect()
}
