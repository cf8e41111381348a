//! Which of the places in a nested document is that of the rows.

use super::Told;
use super::names::words;
use crate::format::outline::RowPlace;

/// Words of what belongs to a record and is none: charges, names, victims.
const DETAILS: [&str; 36] = [
    "address",
    "alert",
    "alias",
    "aka",
    "attachment",
    "bail",
    "bond",
    "charge",
    "contact",
    "count",
    "court",
    "detainer",
    "error",
    "hold",
    "identification",
    "image",
    "link",
    "mark",
    "meta",
    "metadata",
    "mugshot",
    "name",
    "note",
    "offense",
    "offence",
    "phone",
    "photo",
    "scar",
    "sentence",
    "statute",
    "tattoo",
    "telephone",
    "vehicle",
    "victim",
    "warning",
    "warrant",
];

/// Words of what a record is, and of what it may stand in for one.
const RECORDS: [&str; 14] = [
    "admission",
    "booking",
    "commitment",
    "custody",
    "event",
    "hearing",
    "incarceration",
    "movement",
    "order",
    "registrant",
    "release",
    "supervision",
    "transaction",
    "transfer",
];

/// Words of what a charge is called.
const CHARGES: [&str; 4] = ["charge", "count", "offense", "offence"];

/// Words of whatever has charges of its own that are not the booking's.
const OTHERS: [&str; 4] = ["hold", "detainer", "warrant", "history"];

/// The same, where nothing better is there.
const PERSONS: [&str; 16] = [
    "arrestee",
    "data",
    "defendant",
    "detainee",
    "entry",
    "inmate",
    "item",
    "offender",
    "person",
    "population",
    "prisoner",
    "record",
    "resident",
    "result",
    "roster",
    "row",
];

/// Chooses the place of the rows; none where nothing in the document could be one.
///
/// Of places that repeat, that which is called like a record goes before one called like a person, and
/// the higher one before what stands in it. What belongs to a record, such as its charges, is never taken,
/// nor anything within it.
#[must_use]
pub fn choose(places: &[RowPlace]) -> Option<(RowPlace, Told<()>)> {
    let able: Vec<(&RowPlace, u8)> = places
        .iter()
        .filter(|place| place.parts > 1 && !place.path.iter().any(|name| is_detail(name)))
        .map(|place| (place, rank(place)))
        .collect();
    let mut able: Vec<(&RowPlace, u8)> = able
        .iter()
        .filter(|own| !able.iter().any(|other| is_part_of(own, other)))
        .copied()
        .collect();
    able.sort_by_key(|(place, rank)| {
        use std::cmp::Reverse;
        (
            Reverse(place.repeats),
            Reverse(*rank),
            place.path.len(),
            Reverse(place.rows),
        )
    });
    let (best, rank) = able.first()?;
    let others: Vec<String> = able
        .iter()
        .skip(1)
        .filter(|(place, _)| place.repeats && !place.path.starts_with(&best.path))
        .map(|(place, _)| format!("{} ({})", place.path.join("/"), place.rows))
        .collect();
    let called = match rank {
        0 => "",
        _ => ", called like one",
    };
    let mut why = if best.repeats {
        format!("{} of them beside one another{called}", best.rows)
    } else {
        format!("there is only one{called}: better give a sample with several")
    };
    if !others.is_empty() {
        why.push_str("; others may be rows of a feed of its own, with --rows: ");
        why.push_str(&others.join(", "));
    }
    let is_sure = best.repeats && (*rank > 0 || others.is_empty());
    let told = Told {
        value: (),
        is_sure,
        why,
    };
    Some(((*best).clone(), told))
}

/// Says whether what stands at a place is a part of what stands above it, which is called like a record
/// and better than it.
fn is_part_of((place, rank): &(&RowPlace, u8), (above, over): &(&RowPlace, u8)) -> bool {
    let is_above = above.path.len() < place.path.len() && place.path.starts_with(&above.path);
    let is_better = over > rank && (above.repeats || *rank == 0);
    is_above && (is_better || over == rank && *rank > 0 && above.repeats)
}

/// Finds where the charges of a row stand, by their path from there: of places that are called like charges,
/// the one of which there are most.
#[must_use]
pub fn charges<'a>(
    places: impl Iterator<Item = &'a RowPlace>,
    rows: &[String],
) -> Option<&'a [String]> {
    let below = places.filter_map(|place| {
        let path = place.path.strip_prefix(rows)?;
        let last = path.last().map(|name| words(name)).unwrap_or_default();
        let is_charge = last.last().is_some_and(|word| is_word(word, &CHARGES));
        let is_theirs = !path
            .iter()
            .any(|name| words(name).iter().any(|word| is_word(word, &OTHERS)));
        (is_charge && is_theirs && place.repeats).then_some((place.rows, path))
    });
    let most = below.max_by_key(|(rows, path)| (*rows, std::cmp::Reverse(path.len())));
    most.map(|(_, path)| path)
}

fn rank(place: &RowPlace) -> u8 {
    let Some(name) = place.path.last() else {
        return 1;
    };
    // The last word says what it is: a `BookingList` is no booking.
    let words = words(name);
    let last = words.last().map_or("", String::as_str);
    match () {
        () if is_word(last, &RECORDS) => 2,
        () if is_word(last, &PERSONS) => 1,
        () => 0,
    }
}

fn is_detail(name: &str) -> bool {
    // `BookingCharge` is a charge, `ChargeBooking` is not: the last word says what it is.
    let words = words(name);
    words.last().is_some_and(|word| is_word(word, &DETAILS))
        || words
            .iter()
            .any(|word| word == "victim" || word == "victims")
}

fn is_word(word: &str, known: &[&str]) -> bool {
    let single = word.strip_suffix("es").filter(|one| known.contains(one));
    let single = single.or_else(|| word.strip_suffix('s'));
    known.contains(&word) || single.is_some_and(|single| known.contains(&single))
}

#[cfg(test)]
mod tests {
    use super::{RowPlace, choose};

    fn place(path: &str, rows: u64, repeats: bool) -> RowPlace {
        RowPlace {
            path: path
                .split('/')
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect(),
            rows,
            parts: 5,
            repeats,
        }
    }

    fn chosen(places: &[RowPlace]) -> (String, bool) {
        let (place, told) = choose(places).unwrap();
        (place.path.join("/"), told.is_sure)
    }

    #[test]
    fn finds_the_charges_of_a_row_and_nobody_elses() {
        let export = [
            place("Export/Booking", 40, true),
            place("Export/Booking/Charges", 40, false),
            place("Export/Booking/Charges/Charge", 90, true),
            place("Export/Booking/Holds/Charge", 95, true),
            place("Export/Booking/PriorHistory/Offenses", 99, true),
            place("Export/Other/Charge", 99, true),
        ];
        let rows = ["Export".to_owned(), "Booking".to_owned()];
        let found = super::charges(export.iter(), &rows).map(|path| path.join("/"));
        assert_eq!(found.as_deref(), Some("Charges/Charge"));
        assert_eq!(super::charges(export.iter().take(2), &rows), None);
    }

    #[test]
    fn takes_bookings_and_not_what_belongs_to_them() {
        let export = [
            place("Export", 1, false),
            place("Export/Agencies", 1, false),
            place("Export/Agencies/Agency", 2, true),
            place("Export/Agencies/Agency/Inmate", 40, true),
            place("Export/Agencies/Agency/Inmate/Booking", 44, true),
            place(
                "Export/Agencies/Agency/Inmate/Booking/BookingCharges/Charge",
                90,
                true,
            ),
            place("Export/Agencies/Agency/Inmate/Aliases/Booking", 90, true),
        ];
        let booking = "Export/Agencies/Agency/Inmate/Booking";
        assert_eq!(chosen(&export), (booking.to_owned(), true));
        let once = place(booking, 40, false);
        let mut single = export.clone();
        single[4] = once;
        assert_eq!(
            chosen(&single),
            ("Export/Agencies/Agency/Inmate".to_owned(), true)
        );
    }

    #[test]
    fn is_not_sure_of_a_single_row_nor_of_names_that_say_nothing() {
        let single = [
            place("BookingExchange", 1, false),
            place("BookingExchange/Booking", 1, false),
            place("BookingExchange/Booking/BookingCharge", 3, true),
            place("BookingExchange/Booking/Person/PersonAugmentation", 3, true),
            place("BookingExchange/Booking/BookingRelease", 1, false),
        ];
        let (path, is_sure) = chosen(&single);
        assert_eq!((path.as_str(), is_sure), ("BookingExchange/Booking", false));
        let plain = [place("a/b", 3, true), place("a/c", 9, true)];
        let (told, why) = choose(&plain).unwrap();
        assert_eq!(told.path.join("/"), "a/c");
        assert!(!why.is_sure && why.why.contains("a/b (3)"), "{why:?}");
        assert_eq!(choose(&[place("a/Victims/Victim", 9, true)]), None);
    }
}
