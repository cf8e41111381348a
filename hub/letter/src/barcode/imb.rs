//! The Intelligent Mail barcode of the United States Postal Service (USPS-B-3200).
//!
//! It holds 20 digits that track a piece of mail and up to 11 that route it, in 65 bars of four kinds.
//! Whoever reads it learns the ZIP code that stands beside it and a number that only we understand.

use std::fmt;
use std::sync::LazyLock;

/// Bars of one barcode.
pub const BARS: usize = 65;

/// Digits that track a piece.
const TRACKING_DIGITS: usize = 20;

/// The generator of the check sequence.
const CRC_GENERATOR: u16 = 0x0F35;

/// Ten characters of 13 bits carry the code.
const CHARACTERS: usize = 10;

/// For each bar the character and the bit that lengthen it downwards, then those upwards
/// (USPS-B-3200, appendix D, table 22).
const BAR_MAP: [(usize, u16, usize, u16); BARS] = [
    (7, 2, 4, 3),
    (1, 10, 0, 0),
    (9, 12, 2, 8),
    (5, 5, 6, 11),
    (8, 9, 3, 1),
    (0, 1, 5, 12),
    (2, 5, 1, 8),
    (4, 4, 9, 11),
    (6, 3, 8, 10),
    (3, 9, 7, 6),
    (5, 11, 1, 4),
    (8, 5, 2, 12),
    (9, 10, 0, 2),
    (7, 1, 6, 7),
    (3, 6, 4, 9),
    (0, 3, 8, 6),
    (6, 4, 2, 7),
    (1, 1, 9, 9),
    (7, 10, 5, 2),
    (4, 0, 3, 8),
    (6, 2, 0, 4),
    (8, 11, 1, 0),
    (9, 8, 3, 12),
    (2, 6, 7, 7),
    (5, 1, 4, 10),
    (1, 12, 6, 9),
    (7, 3, 8, 0),
    (5, 8, 9, 7),
    (4, 6, 2, 10),
    (3, 4, 0, 5),
    (8, 4, 5, 7),
    (7, 11, 1, 9),
    (6, 0, 9, 6),
    (0, 6, 4, 8),
    (2, 1, 3, 2),
    (5, 9, 8, 12),
    (4, 11, 6, 1),
    (9, 5, 7, 4),
    (3, 3, 1, 2),
    (0, 7, 2, 0),
    (1, 3, 4, 1),
    (6, 10, 3, 5),
    (8, 7, 9, 4),
    (2, 11, 5, 6),
    (0, 8, 7, 12),
    (4, 2, 8, 1),
    (5, 10, 3, 0),
    (9, 3, 0, 9),
    (6, 5, 2, 4),
    (7, 8, 1, 7),
    (5, 0, 4, 5),
    (2, 3, 0, 10),
    (6, 12, 9, 2),
    (3, 11, 1, 6),
    (8, 8, 7, 9),
    (5, 4, 0, 11),
    (1, 5, 2, 2),
    (9, 1, 4, 12),
    (8, 3, 6, 6),
    (7, 0, 3, 7),
    (4, 7, 7, 5),
    (0, 12, 1, 11),
    (2, 9, 9, 0),
    (6, 8, 5, 3),
    (3, 10, 8, 2),
];

/// Why digits make no barcode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ImbError {
    /// Something else than digits, or too few or too many.
    #[error("the tracking code has {TRACKING_DIGITS} digits, of which the second is 0 to 4")]
    Tracking,
    /// A service code that is none.
    #[error("the service type has three digits")]
    Service,
    /// A mailer that is none.
    #[error(
        "the mailer's number has six digits, the first of them 0 to 8, or nine that begin with 9"
    )]
    Mailer,
    /// A serial number that is too large for the mailer's.
    #[error(
        "the serial number has up to nine digits after a mailer of six, and six after one of nine"
    )]
    Serial,
    /// A ZIP code that is none.
    #[error("the routing code has 0, 5, 9 or 11 digits")]
    Routing,
}

/// The digits that track a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tracking([u8; TRACKING_DIGITS]);

/// Whose mail it is and how the post serves it: what all letters have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailer {
    /// The service type identifier.
    service: String,
    /// The mailer identifier.
    mailer: String,
}

/// Where a piece goes: no ZIP code, or one of 5, 9 or 11 digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Routing(u128);

/// One of the four bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bar {
    /// Neither up nor down.
    Tracker,
    /// Down.
    Descender,
    /// Up.
    Ascender,
    /// Up and down.
    Full,
}

/// The bars, from left to right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bars(Vec<Bar>);

impl Mailer {
    /// Takes the service type and the number that the post gave a mailer.
    ///
    /// # Errors
    /// Returns [`ImbError`] for numbers that the post does not give.
    pub fn parse(service: &str, mailer: &str) -> Result<Self, ImbError> {
        if digits(service).is_none_or(|digits| digits.len() != 3) {
            return Err(ImbError::Service);
        }
        // A number that begins with 9 is one of nine digits, and only such.
        let is_long = mailer.starts_with('9');
        if digits(mailer).is_none_or(|digits| digits.len() != if is_long { 9 } else { 6 }) {
            return Err(ImbError::Mailer);
        }
        let [service, mailer] = [service, mailer].map(str::to_owned);
        Ok(Self { service, mailer })
    }

    /// Returns how many serial numbers this mailer has before they come again.
    #[must_use]
    pub fn serials(&self) -> u64 {
        if self.mailer.len() == 9 {
            1_000_000
        } else {
            1_000_000_000
        }
    }

    /// Returns the tracking code of one piece: presorted by nobody, so its first two digits are 00.
    ///
    /// # Errors
    /// Returns [`ImbError::Serial`] for a serial number that this mailer does not have.
    pub fn tracking(&self, serial: u64) -> Result<Tracking, ImbError> {
        if serial >= self.serials() {
            return Err(ImbError::Serial);
        }
        let width = 15 - self.mailer.len();
        let (service, mailer) = (&self.service, &self.mailer);
        Tracking::parse(&format!("00{service}{mailer}{serial:0width$}"))
    }
}

impl Tracking {
    /// Takes the 20 digits: barcode identifier, service type, mailer and serial number.
    ///
    /// # Errors
    /// Returns [`ImbError::Tracking`] for anything else.
    pub fn parse(text: &str) -> Result<Self, ImbError> {
        let digits: [u8; TRACKING_DIGITS] = digits(text)
            .and_then(|digits| digits.try_into().ok())
            .ok_or(ImbError::Tracking)?;
        let [_, second, ..] = digits;
        if second > 4 {
            return Err(ImbError::Tracking);
        }
        Ok(Self(digits))
    }
}

impl Routing {
    /// Takes a ZIP code of 5, 9 or 11 digits, with or without a dash, or nothing.
    ///
    /// # Errors
    /// Returns [`ImbError::Routing`] for anything else.
    pub fn parse(text: &str) -> Result<Self, ImbError> {
        let digits = digits(&text.replace('-', "")).ok_or(ImbError::Routing)?;
        // Each length begins after the last code of the shorter one.
        let first = match digits.len() {
            0 => return Ok(Self(0)),
            5 => 1,
            9 => 100_000 + 1,
            11 => 1_000_000_000 + 100_000 + 1,
            _ => return Err(ImbError::Routing),
        };
        let value = digits
            .iter()
            .fold(0, |value, digit| value * 10 + u128::from(*digit));
        Ok(Self(value + first))
    }
}

impl Bars {
    /// Encodes a piece's code.
    #[must_use]
    pub fn of(tracking: &Tracking, routing: Routing) -> Self {
        let value = joined(tracking, routing);
        let check = check_sequence(value);
        let characters = characters(value, check);
        let is_set = |character: usize, bit: u16| {
            characters
                .get(character)
                .is_some_and(|bits| bits >> bit & 1 == 1)
        };
        let bars = BAR_MAP.iter().map(|(down, down_bit, up, up_bit)| {
            match (is_set(*up, *up_bit), is_set(*down, *down_bit)) {
                (false, false) => Bar::Tracker,
                (false, true) => Bar::Descender,
                (true, false) => Bar::Ascender,
                (true, true) => Bar::Full,
            }
        });
        Self(bars.collect())
    }

    /// Returns the bars, from left to right.
    pub fn iter(&self) -> impl Iterator<Item = Bar> {
        self.0.iter().copied()
    }
}

impl fmt::Display for Bars {
    /// Writes a letter for each bar, as the specification does.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().try_for_each(|bar| {
            formatter.write_str(match bar {
                Bar::Tracker => "T",
                Bar::Descender => "D",
                Bar::Ascender => "A",
                Bar::Full => "F",
            })
        })
    }
}

fn digits(text: &str) -> Option<Vec<u8>> {
    let value = |c: char| c.to_digit(10).and_then(|digit| u8::try_from(digit).ok());
    text.chars().map(value).collect()
}

/// Joins both codes to one number, of at most 102 bits.
fn joined(tracking: &Tracking, routing: Routing) -> u128 {
    let digits = tracking.0.iter().enumerate();
    digits.fold(routing.0, |value, (index, digit)| {
        value * if index == 1 { 5 } else { 10 } + u128::from(*digit)
    })
}

/// Computes the check sequence of 11 bits over the number's lowest 102 bits.
fn check_sequence(value: u128) -> u16 {
    (0..102).rev().fold(0x07FF, |check: u16, bit| {
        let is_set = value >> bit & 1 == 1;
        let shifted = check << 1 & 0x07FF;
        if (check & 0x0400 != 0) == is_set {
            shifted
        } else {
            shifted ^ (CRC_GENERATOR & 0x07FF)
        }
    })
}

/// Writes the number in ten characters, and the check sequence into them.
fn characters(mut value: u128, check: u16) -> [u16; CHARACTERS] {
    let mut take = |base: u128| {
        let rest = value % base;
        value /= base;
        usize::try_from(rest).unwrap_or_default()
    };
    let mut words = [0; CHARACTERS];
    for (index, word) in words.iter_mut().rev().enumerate() {
        // The last word is even and tells up from down; the first is what is left, and the highest
        // bit of the check sequence.
        *word = match index {
            0 => take(636) * 2,
            9 => take(1365) + if check & 0x0400 == 0 { 0 } else { 659 },
            _ => take(1365),
        };
    }
    let mut bit = 0;
    words.map(|word| {
        let character = CHARACTER_TABLE.get(word).copied().unwrap_or_default();
        let is_turned = check >> bit & 1 == 1;
        bit += 1;
        if is_turned {
            !character & 0x1FFF
        } else {
            character
        }
    })
}

/// The characters by their words: those with five bits of 13, then those with two.
static CHARACTER_TABLE: LazyLock<Vec<u16>> = LazyLock::new(|| {
    let mut table = characters_with(5);
    table.extend(characters_with(2));
    table
});

/// Lists the characters with so many bits: each before its mirror image, and those that are their own
/// mirror image from the end.
fn characters_with(bits: u32) -> Vec<u16> {
    let of_bits = (0..0x2000_u16).filter(|character| character.count_ones() == bits);
    let (mut pairs, mut own) = (Vec::new(), Vec::new());
    for character in of_bits {
        let mirrored = character.reverse_bits() >> 3;
        if mirrored == character {
            own.push(character);
        } else if mirrored > character {
            pairs.extend([character, mirrored]);
        }
    }
    own.reverse();
    pairs.extend(own);
    pairs
}

#[cfg(test)]
mod tests {
    use super::{Bars, CHARACTER_TABLE, ImbError, Mailer, Routing, Tracking};

    fn bars(tracking: &str, routing: &str) -> String {
        let tracking = Tracking::parse(tracking).unwrap();
        Bars::of(&tracking, Routing::parse(routing).unwrap()).to_string()
    }

    #[test]
    fn encodes_the_examples_of_the_specification() {
        let examples = [
            (
                "",
                "ATTFATTDTTADTAATTDTDTATTDAFDDFADFDFTFFFFFTATFAAAATDFFTDAADFTFDTDT",
            ),
            (
                "01234",
                "DTTAFADDTTFTDTFTFDTDDADADAFADFATDDFTAAAFDTTADFAAATDFDTDFADDDTDFFT",
            ),
            (
                "01234-5678",
                "ADFTTAFDTTTTFATTADTAAATFTFTATDAAAFDDADATATDTDTTDFDTDATADADTDFFTFA",
            ),
            (
                "01234567891",
                "AADTFFDFTDADTAADAATFDTDDAAADDTDTTDAFADADDDTFFFDDTTTADFAAADFTDAADA",
            ),
        ];
        for (routing, expected) in examples {
            assert_eq!(bars("01234567094987654321", routing), expected);
        }
    }

    #[test]
    fn has_as_many_characters_as_the_specification() {
        assert_eq!(CHARACTER_TABLE.len(), 1287 + 78);
        // The greatest code still has a character for each word.
        assert_eq!(bars("94999999999999999999", "99999999999").len(), 65);
    }

    #[test]
    fn counts_pieces_as_the_mailers_number_leaves_room() {
        let short = Mailer::parse("040", "123456").unwrap();
        let tracking = short.tracking(42).unwrap();
        assert_eq!(tracking, Tracking::parse("00040123456000000042").unwrap());
        short.tracking(999_999_999).unwrap();
        assert_eq!(short.tracking(1_000_000_000), Err(ImbError::Serial));
        let long = Mailer::parse("040", "912345678").unwrap();
        assert_eq!(
            long.tracking(7).unwrap(),
            Tracking::parse("00040912345678000007").unwrap()
        );
        assert_eq!(long.tracking(1_000_000), Err(ImbError::Serial));
    }

    #[test]
    fn refuses_what_is_no_code() {
        for wrong in [
            "",
            "0123456709498765432",
            "09234567094987654321",
            "0123456709498765432x",
        ] {
            assert_eq!(Tracking::parse(wrong), Err(ImbError::Tracking), "{wrong}");
        }
        for wrong in ["1", "012345", "0123x", "012345678912"] {
            assert_eq!(Routing::parse(wrong), Err(ImbError::Routing), "{wrong}");
        }
        assert_eq!(Mailer::parse("40", "123456"), Err(ImbError::Service));
        for wrong in ["12345", "912345", "123456789", "12345x"] {
            assert_eq!(
                Mailer::parse("040", wrong),
                Err(ImbError::Mailer),
                "{wrong}"
            );
        }
    }
}
