//! Addresses in the United States in the standard form of USPS Publication 28, from tables.
//!
//! The standard form stands beside the address as it was typed and never in its place: what is not
//! understood stays as it is, a box is as good as a street, and a substitute address is not questioned.

mod street;
mod table;

/// An address as somebody typed it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Typed<'a> {
    /// Street and number, a post office box, or a rural or military address.
    pub street: &'a str,
    /// Apartment or suite; may be empty.
    pub unit: &'a str,
    /// City.
    pub city: &'a str,
    /// The state's two letters, or its name.
    pub state: &'a str,
    /// ZIP code, of five or nine digits.
    pub zip: &'a str,
}

/// An address in capitals without punctuation, with the abbreviations of the post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standard {
    /// The delivery line without the unit.
    pub street: String,
    /// The unit with its designator; may be empty.
    pub unit: String,
    /// City.
    pub city: String,
    /// Two letters, or what was typed where that names no state.
    pub state: String,
    /// Five digits, or five, a dash and four.
    pub zip: String,
}

impl Typed<'_> {
    /// Writes the address in the standard form.
    #[must_use]
    pub fn standard(&self) -> Standard {
        let (street, unit) = street::standard(self.street, self.unit);
        let state = plain(self.state);
        Standard {
            street,
            unit,
            city: plain(self.city),
            state: table::state(&state).map_or(state, str::to_owned),
            zip: zip(self.zip),
        }
    }
}

impl Standard {
    /// Returns the lines under the name: the unit on the street's line where it fits there, as the post
    /// prefers it, else above it.
    #[must_use]
    pub fn lines(&self, chars_max: usize) -> Vec<String> {
        let last = format!("{} {} {}", self.city, self.state, self.zip);
        let one = format!("{} {}", self.street, self.unit);
        let one = one.trim();
        if one.chars().count() <= chars_max {
            return vec![one.to_owned(), last];
        }
        vec![self.unit.clone(), self.street.clone(), last]
    }
}

/// Writes a line in capitals, without the marks that the post leaves out.
fn plain(text: &str) -> String {
    let kept = text.chars().map(|c| match c {
        '.' | '\'' | '’' => None,
        ',' | ';' | ':' | '(' | ')' | '"' => Some(' '),
        other => Some(other),
    });
    let upper: String = kept.flatten().flat_map(char::to_uppercase).collect();
    upper.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn zip(text: &str) -> String {
    let digits = text.trim().replace(['-', ' '], "");
    if !digits.chars().all(|c| c.is_ascii_digit()) {
        return plain(text);
    }
    match (digits.len(), digits.split_at_checked(5)) {
        (9, Some((five, four))) => format!("{five}-{four}"),
        (5, _) => digits,
        _ => plain(text),
    }
}

#[cfg(test)]
mod tests {
    use super::{Standard, Typed};

    fn standard(street: &str, unit: &str) -> (String, String) {
        let typed = Typed {
            street,
            unit,
            city: "Jackson",
            state: "MS",
            zip: "39201",
        };
        let Standard { street, unit, .. } = typed.standard();
        (street, unit)
    }

    fn holds(cases: &[(&str, &str, &str, &str)]) {
        for (street, unit, expected_street, expected_unit) in cases {
            let found = standard(street, unit);
            let expected = ((*expected_street).to_owned(), (*expected_unit).to_owned());
            assert_eq!(found, expected, "{street} / {unit}");
            // The standard form of the standard form is itself.
            assert_eq!(standard(&found.0, &found.1), found, "{street} / {unit}");
        }
    }

    /// As `usaddress-scourgify` 0.7.1 answers.
    #[test]
    fn abbreviates_streets_and_units() {
        holds(&[
            (
                "123 north main street apartment 4",
                "",
                "123 N MAIN ST",
                "APT 4",
            ),
            (
                "4005 Highway 49 South Suite B",
                "",
                "4005 HWY 49 S",
                "STE B",
            ),
            ("12 Elm Street", "Apt. 3", "12 ELM ST", "APT 3"),
            (
                "1600 Pennsylvania Ave. N.W.",
                "",
                "1600 PENNSYLVANIA AVE NW",
                "",
            ),
            (
                "77 Martin Luther King Jr Boulevard",
                "",
                "77 MARTIN LUTHER KING JR BLVD",
                "",
            ),
            (
                "9 Old Canton Road",
                "Building 2",
                "9 OLD CANTON RD",
                "BLDG 2",
            ),
            (
                "245 East Capitol Street, Suite 100",
                "",
                "245 E CAPITOL ST",
                "STE 100",
            ),
            ("31 Southwest Pine Lane", "", "31 SW PINE LN", ""),
            ("8 Avenue Drive", "", "8 AVENUE DR", ""),
        ]);
    }

    #[test]
    fn leaves_a_name_that_looks_like_a_word_of_the_post() {
        holds(&[
            ("15 North Street", "", "15 NORTH ST", ""),
            ("15 West", "", "15 WEST", ""),
            ("20 Court Street", "", "20 COURT ST", ""),
            ("3 Lot Lane", "", "3 LOT LN", ""),
            ("40 Avenue", "", "40 AVENUE", ""),
            ("10 Upper Ridge Road", "", "10 UPPER RIDGE RD", ""),
            ("5 Calle Niño", "", "5 CALLE NIÑO", ""),
        ]);
    }

    #[test]
    fn knows_units_in_every_writing() {
        holds(&[
            ("12 Elm St", "#3", "12 ELM ST", "# 3"),
            ("12 Elm St # 3", "", "12 ELM ST", "# 3"),
            ("12 Elm St Apt #3", "", "12 ELM ST", "APT 3"),
            ("12 Elm St", "Basement", "12 ELM ST", "BSMT"),
            ("12 Elm St Rear", "", "12 ELM ST", "REAR"),
            (
                "12 Elm St",
                "Second door on the left",
                "12 ELM ST",
                "SECOND DOOR ON THE LEFT",
            ),
            ("12 1/2 Elm St", "3", "12 1/2 ELM ST", "3"),
        ]);
    }

    #[test]
    fn takes_boxes_and_substitute_addresses_as_they_are() {
        holds(&[
            ("P.O. Box 220", "", "PO BOX 220", ""),
            ("Post Office Box 220", "", "PO BOX 220", ""),
            ("POB 220", "", "PO BOX 220", ""),
            ("Box 220", "", "PO BOX 220", ""),
            ("PO Drawer G", "", "PO BOX G", ""),
            ("PO Box 1288", "ACP 40912", "PO BOX 1288", "ACP 40912"),
            ("PO Box 55 Apt 2", "", "PO BOX 55 APT 2", ""),
        ]);
    }

    #[test]
    fn writes_rural_and_military_addresses() {
        holds(&[
            ("Rural Route 2 Box 152", "", "RR 2 BOX 152", ""),
            ("R.R. 02, Box 18-B", "", "RR 2 BOX 18-B", ""),
            ("RFD Route 4 Box 87A", "", "RR 4 BOX 87A", ""),
            ("Route 3 Box 9", "", "RR 3 BOX 9", ""),
            ("Star Route 68 Box 19", "", "HC 68 BOX 19", ""),
            ("Highway Contract 68 Box 19", "", "HC 68 BOX 19", ""),
            ("PSC 802 Box 74", "", "PSC 802 BOX 74", ""),
            ("Unit 2050 Box 4190", "", "UNIT 2050 BOX 4190", ""),
            ("County Road 330", "", "COUNTY ROAD 330", ""),
            ("118 County Road 330", "", "118 COUNTY ROAD 330", ""),
            ("118 US Highway 98 East", "", "118 US HWY 98 E", ""),
        ]);
    }

    #[test]
    fn writes_the_last_line() {
        let typed = Typed {
            street: "12 Elm St",
            unit: "Apt 3",
            city: " Bay  St. Louis ",
            state: "mississippi",
            zip: "395200001",
        };
        let standard = typed.standard();
        let lines = standard.lines(40);
        assert_eq!(lines, ["12 ELM ST APT 3", "BAY ST LOUIS MS 39520-0001"]);
        let lines = standard.lines(10);
        assert_eq!(lines, ["APT 3", "12 ELM ST", "BAY ST LOUIS MS 39520-0001"]);
        let unknown = Typed {
            state: "Yucatán",
            zip: "97000 MX",
            ..typed
        }
        .standard();
        assert_eq!(
            (unknown.state.as_str(), unknown.zip.as_str()),
            ("YUCATÁN", "97000 MX")
        );
    }
}
