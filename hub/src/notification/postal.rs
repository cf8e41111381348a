//! Postal addresses in the United States, by the fields of USPS Publication 28.
//!
//! A post office box is as good as a street: the substitute address of Miss. Code 99-47-1 is one, is
//! never questioned, and nobody is asked for another.

use std::fmt;

use savin_shared::pii::Pii;

use super::address::AddressError;

/// Characters of the longest line: what fits in the window of an envelope.
const LINE_CHARS_MAX: usize = 46;

/// The states, territories and military posts (USPS Publication 28, appendix B).
const STATES: [&str; 62] = [
    "AL", "AK", "AS", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FM", "FL", "GA", "GU", "HI", "ID",
    "IL", "IN", "IA", "KS", "KY", "LA", "ME", "MH", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE",
    "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "MP", "OH", "OK", "OR", "PW", "PA", "PR", "RI", "SC",
    "SD", "TN", "TX", "UT", "VT", "VI", "VA", "WA", "WV", "WI", "WY", "AA", "AE", "AP",
];

/// The lines of an address as somebody typed them.
#[derive(Debug, Clone, Default)]
pub struct PostalLines {
    /// Whose name stands on the envelope; may be empty.
    pub name: Pii<String>,
    /// Street and number, or a post office box.
    pub street: Pii<String>,
    /// Apartment or suite; may be empty.
    pub unit: Pii<String>,
    /// City.
    pub city: Pii<String>,
    /// The state's two letters.
    pub state: Pii<String>,
    /// ZIP code, of five or nine digits.
    pub zip: Pii<String>,
}

/// A postal address.
#[derive(Clone, PartialEq, Eq)]
pub struct PostalAddress(Pii<[String; 6]>);

impl fmt::Debug for PostalAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, formatter)
    }
}

impl PostalLines {
    /// Says whether nothing was typed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let lines = [&self.name, &self.street, &self.unit, &self.city, &self.zip];
        lines.iter().all(|line| line.reveal().trim().is_empty())
    }
}

impl PostalAddress {
    /// Takes an address as somebody typed it.
    ///
    /// # Errors
    /// Returns [`AddressError`] with the first line that cannot be right.
    pub fn parse(lines: &PostalLines) -> Result<Self, AddressError> {
        if lines.is_empty() {
            return Err(AddressError::Empty);
        }
        let name = line(&lines.name).ok_or(AddressError::Name)?;
        let street = line(&lines.street).filter(|street| street.contains(char::is_alphanumeric));
        let street = street.ok_or(AddressError::Street)?;
        let unit = line(&lines.unit).ok_or(AddressError::Street)?;
        let city = line(&lines.city).filter(|city| city.contains(char::is_alphabetic));
        let city = city.ok_or(AddressError::City)?;
        let state = lines.state.reveal().trim().to_ascii_uppercase();
        if !STATES.contains(&state.as_str()) {
            return Err(AddressError::State);
        }
        let zip = zip(lines.zip.reveal()).ok_or(AddressError::Zip)?;
        Ok(Self(Pii::new([name, street, unit, city, state, zip])))
    }

    /// Returns the address as it is stored.
    #[must_use]
    pub fn stored(&self) -> Pii<String> {
        Pii::new(self.0.reveal().join("\n"))
    }

    /// Reads an address as it is stored.
    ///
    /// # Errors
    /// Returns [`AddressError`] for what was not stored by this program.
    pub fn read(stored: &str) -> Result<Self, AddressError> {
        let mut parts = stored.split('\n').map(|part| Pii::new(part.to_owned()));
        let mut next = || parts.next().ok_or(AddressError::Street);
        let lines = PostalLines {
            name: next()?,
            street: next()?,
            unit: next()?,
            city: next()?,
            state: next()?,
            zip: next()?,
        };
        Self::parse(&lines)
    }

    /// Returns the lines of the envelope.
    #[must_use]
    pub fn envelope(&self) -> Vec<String> {
        let [name, street, unit, city, state, zip] = self.0.reveal();
        let last = format!("{city} {state} {zip}");
        [name, street, unit, &last]
            .into_iter()
            .filter(|line| !line.is_empty())
            .cloned()
            .collect()
    }

    /// Returns name, street, unit, city, state and ZIP code, on their way to an envelope.
    #[must_use]
    pub fn parts(&self) -> [&str; 6] {
        self.0.reveal().each_ref().map(String::as_str)
    }

    /// Returns the form by which two spellings of one address are found equal: without the name.
    #[must_use]
    pub fn comparable(&self) -> Pii<String> {
        let [_, street, unit, city, state, zip] = self.0.reveal();
        let zip: String = zip.chars().take(5).collect();
        let whole = [street, unit, city, state, &zip].map(|part| {
            let kept = part.chars().filter(|c| c.is_alphanumeric());
            kept.flat_map(char::to_uppercase).collect::<String>()
        });
        Pii::new(whole.join("|"))
    }

    /// Returns enough for its owner to recognise it, and no more.
    #[must_use]
    pub fn masked(&self) -> String {
        let [_, street, _, _, state, _] = self.0.reveal();
        let first = street.chars().next().map_or_else(String::new, String::from);
        format!("{first}•••, {state}")
    }
}

/// Returns a line without the blanks around it; `None` for one that fits on no envelope.
fn line(text: &Pii<String>) -> Option<String> {
    let text = text
        .reveal()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let fits = text.chars().count() <= LINE_CHARS_MAX && !text.chars().any(char::is_control);
    fits.then_some(text)
}

fn zip(text: &str) -> Option<String> {
    let digits: String = text.trim().chars().filter(|c| *c != '-').collect();
    if !digits.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    match (digits.len(), digits.split_at_checked(5)) {
        (5, _) => Some(digits),
        (9, Some((five, four))) => Some(format!("{five}-{four}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use savin_shared::pii::Pii;

    use super::{AddressError, PostalAddress, PostalLines};

    fn lines(parts: [&str; 6]) -> PostalLines {
        let [name, street, unit, city, state, zip] = parts.map(|part| Pii::new(part.to_owned()));
        PostalLines {
            name,
            street,
            unit,
            city,
            state,
            zip,
        }
    }

    #[test]
    fn takes_streets_and_boxes_and_reads_them_back() {
        let typed = lines(["", " 12  Elm St ", "Apt 3", "Jackson", "ms", "392010001"]);
        let address = PostalAddress::parse(&typed).unwrap();
        let envelope = ["12 Elm St", "Apt 3", "Jackson MS 39201-0001"];
        assert_eq!(address.envelope(), envelope);
        assert_eq!(address.masked(), "1•••, MS");
        assert_eq!(format!("{address:?}"), "<personal>");
        let read = PostalAddress::read(address.stored().reveal()).unwrap();
        assert!(read == address);
        let substitute = lines(["A. Sample", "PO Box 220", "", "Jackson", "MS", "39205"]);
        PostalAddress::parse(&substitute).unwrap();
    }

    #[test]
    fn finds_two_spellings_of_one_address() {
        let one = lines(["A", "12 Elm St", "", "Jackson", "MS", "39201"]);
        let other = lines(["B", "12 ELM ST.", "", "jackson", "MS", "39201-0001"]);
        let [one, other] = [one, other].map(|l| PostalAddress::parse(&l).unwrap().comparable());
        assert_eq!(one.reveal(), other.reveal());
    }

    #[test]
    fn names_the_line_that_is_wrong() {
        let refused = |parts| PostalAddress::parse(&lines(parts)).unwrap_err();
        let long = "x".repeat(47);
        let cases = [
            (["", "", "", "", "MS", ""], AddressError::Empty),
            (
                [long.as_str(), "1 A", "", "B", "MS", "39201"],
                AddressError::Name,
            ),
            (["", "--", "", "B", "MS", "39201"], AddressError::Street),
            (["", "1 A", &long, "B", "MS", "39201"], AddressError::Street),
            (["", "1 A", "", "", "MS", "39201"], AddressError::City),
            (["", "1 A", "", "B", "XX", "39201"], AddressError::State),
            (["", "1 A", "", "B", "MS", "3920"], AddressError::Zip),
            (["", "1 A", "", "B", "MS", "39201-00"], AddressError::Zip),
        ];
        for (parts, error) in cases {
            assert_eq!(refused(parts), error, "{parts:?}");
        }
    }
}
