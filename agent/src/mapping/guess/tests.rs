//! Samples of invented jails, guessed and written, and the profile that comes out read back.

use jiff::civil::date;
use savin_shared::ids::FacilityCode;
use savin_shared::record::RecordKind;

use super::draft::{Settings, profile};
use super::sample::Sample;
use super::words::proposed;
use super::{Guess, Role};
use crate::mapping::field::Field;
use crate::mapping::profile::{Mode, Profile};

fn sample(text: &str) -> Sample {
    let mut lines = text
        .lines()
        .map(|line| line.trim().split('|').map(str::to_owned));
    let header: Vec<String> = lines.next().unwrap().collect();
    let mut sample = Sample::new(&header, date(2026, 6, 15));
    for row in lines {
        let cells: Vec<Option<String>> = row.map(Some).collect();
        sample.see(&cells);
    }
    sample
}

fn settings() -> Settings {
    Settings {
        name: "guessed".to_owned(),
        file: "roster.csv".to_owned(),
        zone: "America/Chicago".to_owned(),
        layout: Vec::new(),
        layout_tables: vec!["[csv]".to_owned(), "delimiter = \"|\"".to_owned()],
        export_date: None,
        is_nested: false,
    }
}

/// Guesses, writes, reads back, and runs the example in it.
fn read_back(sample: &Sample, file: &str) -> (Guess, Profile, String) {
    let guess = Guess::of(sample, file);
    let text = profile(&guess, sample, &settings());
    let read = Profile::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let facility = FacilityCode::new("MS-TEST-JAIL").unwrap();
    let now = "2026-06-15T12:00:00Z".parse().unwrap();
    for example in &read.examples {
        let found = example.run(&read, &facility, now);
        assert_eq!(found, [], "{text}");
    }
    assert_eq!(read.examples.len(), 1);
    (guess, read, text)
}

const ROSTER: &str = "Booking #|Inmate Name|DOB|Sex|Book Date|Book Time|Housing|Cust Stat|Charge Desc|SSN|Med Alert|Victim Name|Phone\n\
    26-1|SAMPLE, AVERY|02/03/1990|F|05/01/2026|1330|A-1|ACTIVE|BURGLARY|000-00-0001|N|X Y|601-555-0100\n\
    26-1|SAMPLE, AVERY|02/03/1990|F|05/01/2026|1330|A-1|ACTIVE|THEFT|000-00-0001|N|X Y|601-555-0100\n\
    26-2|SAMPLE, BLAKE|02/04/1991|M|05/02/2026|0915|ESCAPED|ACTIVE|DUI|000-00-0002|Y||601-555-0101\n\
    26-3|SAMPLE, CASEY|02/05/1992|M|05/03/2026|2359|B-1|RELEASED|DUI|000-00-0003|N||601-555-0102\n\
    26-4|SAMPLE, DREW|02/06/1993|F|05/04/2026|0001|B-2|ZZ|DUI|000-00-0004|N||601-555-0103\n";

#[test]
fn guesses_the_columns_of_a_roster_and_what_must_never_be_taken() {
    let (guess, read, text) = read_back(&sample(ROSTER), "roster.csv");
    assert_eq!(
        (guess.kind.value, read.mode),
        (RecordKind::Custody, Mode::Roster)
    );
    for (name, field) in [
        ("Booking #", Field::RecordNumber),
        ("Inmate Name", Field::Name),
        ("DOB", Field::BirthDate),
        ("Sex", Field::Sex),
        ("Book Date", Field::BookedAt),
        ("Housing", Field::Location),
        ("Charge Desc", Field::ChargeText),
    ] {
        let place = guess
            .place(field)
            .unwrap_or_else(|| panic!("{field:?}: {text}"));
        assert_eq!(guess.columns[place].name, name, "{text}");
    }
    let role = |name: &str| {
        guess
            .columns
            .iter()
            .find(|c| c.name == name)
            .unwrap()
            .role
            .value
    };
    assert_eq!(role("Book Time"), Role::TimeOf(Field::BookedAt));
    for name in ["SSN", "Victim Name", "Phone", "Med Alert"] {
        assert_eq!(role(name), Role::Never, "{name}");
    }
    assert_eq!(read.never.len(), 4);
    assert!(guess.is_per_charge && guess.key.is_sure, "{:?}", guess.key);
}

#[test]
fn never_takes_a_word_that_may_end_custody_unasked() {
    let (guess, read, text) = read_back(
        &sample(&ROSTER.replace("Cust Stat", "Status")),
        "roster.csv",
    );
    let taken: Vec<&String> = read.values.status.keys().collect();
    assert_eq!(taken, ["ACTIVE"], "{text}");
    assert!(
        text.contains("# ? \"RELEASED\" = \"OutOfCustody\""),
        "{text}"
    );
    assert!(text.contains("# ? \"ESCAPED\" = \"Escaped\""), "{text}");
    assert!(text.contains("# ? \"ZZ\" = \"InCustody\""), "{text}");
    assert!(
        read.rules
            .states
            .values()
            .all(std::collections::BTreeMap::is_empty),
        "{guess:?}"
    );
}

#[test]
fn finds_what_content_says_though_the_name_does_not() {
    let (guess, ..) = read_back(
        &sample(
            "Booking Number|Column A|Column B|Column C\n\
             1|SAMPLE, AVERY|1990-02-03|M\n2|SAMPLE, BLAKE|1991-02-03|F\n3|SAMPLE, CASEY|1992-02-03|M\n",
        ),
        "roster.csv",
    );
    assert_eq!(guess.place(Field::Name), Some(1));
    assert_eq!(guess.place(Field::BirthDate), Some(2));
    assert_eq!(guess.place(Field::Sex), Some(3));
    assert!(!guess.columns[1].role.is_sure);
}

#[test]
fn says_that_nothing_names_a_record() {
    let guess = Guess::of(
        &sample(
            "SEX|RACE|BOOKING DATE|CHARGE\nM|W|06202018|DUI\nM|W|06202018|DUI\nF|B|06202018|DUI\n",
        ),
        "2018-06-21.csv",
    );
    assert_eq!(guess.key.value, []);
    assert!(guess.key.why.contains("no column"), "{:?}", guess.key);
}

#[test]
fn reads_dates_that_not_every_profile_reads() {
    let (_, read, text) = read_back(
        &sample(
            "BookingNo|Booking Date|DOB\n1|06202018|01021980\n2|06212018|01031981\n3|06222018|01041982\n",
        ),
        "inmates.csv",
    );
    assert!(read.rules.times.contains_key(&Field::BookedAt), "{text}");
    assert!(read.rules.times.contains_key(&Field::BirthDate), "{text}");
}

#[test]
fn knows_the_kinds_that_are_not_custody() {
    for (header, row, kind) in [
        (
            "Case Number|Court|Hearing Type|Court Date|Court Room",
            "1|A|B|06/20/2026|2",
            RecordKind::CourtEvent,
        ),
        (
            "Order No|Respondent|Petitioner|Served Date|Expires",
            "1|A, B|C, D|06/20/2026|06/20/2027",
            RecordKind::ProtectiveOrder,
        ),
        (
            "Registration No|Name|Tier|Compliant|Verification Date",
            "1|A, B|2|Y|06/20/2026",
            RecordKind::SexOffender,
        ),
        (
            "Supervision No|Name|Probation Officer|Absconded|Status",
            "1|A, B|C|N|ACTIVE",
            RecordKind::Supervision,
        ),
        (
            "Hearing No|Name|Board|Hearing Date|Decision",
            "1|A, B|C|06/20/2026|DENIED",
            RecordKind::Hearing,
        ),
    ] {
        let guess = Guess::of(&sample(&format!("{header}\n{row}\n")), "export.csv");
        assert_eq!(guess.kind.value, kind, "{header}: {:?}", guess.kind);
    }
}

#[test]
fn takes_the_incumbents_file_without_its_victims() {
    let (guess, read, text) = read_back(
        &sample(
            "Record Type|Offender Number|Last Name|First Name|Booking Date|Booking Time|Date|Time|Victim Name|PIN Code\n\
             B|501|SAMPLE|AVERY|06/01/2026|1330|06/01/2026|1342||\n\
             R|501|||||06/02/2026|0915||\n\
             V|501|||||06/02/2026|0916|SAMPLE BLAKE|0000\n\
             B|502|SAMPLE|CASEY|06/03/2026|1330|06/03/2026|1342||\n",
        ),
        "transactions.dat",
    );
    assert_eq!(read.mode, Mode::Transactions);
    // Releases have no booking date: it cannot be part of the key.
    assert_eq!(
        (guess.key.value.as_slice(), guess.key.is_sure),
        ([Field::PersonNumber].as_slice(), false)
    );
    assert!(read.parts.contains_key(&Field::StatusAt), "{text}");
    let taken: Vec<&String> = read.values.record_type.keys().collect();
    assert_eq!(taken, ["V"], "{text}");
    assert_eq!(read.never, ["Victim Name", "PIN Code"]);
}

#[test]
fn prefers_the_first_of_two_booking_times() {
    let (guess, ..) = read_back(
        &sample(
            "arrestNo|bookDateTime|originalBookDateTime\n1|06/02/2026 10:00|06/01/2026 13:30\n\
             2|06/02/2026 10:00|06/02/2026 13:30\n",
        ),
        "inmates.csv",
    );
    assert_eq!(guess.place(Field::BookedAt), Some(2));
}

#[test]
fn takes_no_column_that_a_profile_cannot_name() {
    let (guess, _, text) = read_back(
        &sample(
            "Booking No|Charge|CHARGE||DOB\n1|DUI A|B|SAMPLE, AVERY|02/03/1990\n2|DUI C|D|SAMPLE, BLAKE|02/03/1991\n",
        ),
        "inmates.csv",
    );
    assert_eq!(guess.place(Field::ChargeText), None, "{text}");
    assert_eq!(guess.place(Field::Name), None, "{text}");
    assert_eq!(guess.place(Field::BirthDate), Some(4), "{text}");
}

#[test]
fn takes_a_time_of_booking_for_one_though_its_name_is_that_of_the_booking() {
    let text = "Booking #|Name|Booked|Released\n\
        26-1|SAMPLE, AVERY|11-15-2026 - 07:30 AM|\n\
        26-2|SAMPLE, BLAKE|11-16-2026 - 01:10 PM|11-17-2026 - 01:10 PM\n\
        26-3|SAMPLE, CASEY|11-17-2026 - 11:59 PM|\n";
    let guess = Guess::of(&sample(text), "roster.htm");

    assert_eq!(guess.place(Field::RecordNumber), Some(0), "{guess:?}");
    assert_eq!(guess.place(Field::BookedAt), Some(2), "{guess:?}");
}

#[test]
fn takes_a_disposition_for_that_of_a_charge_or_of_a_release_by_its_words() {
    let roster = |words: [&str; 4]| {
        let rows = (1..).zip(words).map(|(number, word)| {
            format!("26-{number}|SAMPLE{number}, AVERY|DUI|11-1{number}-2026|{word}\n")
        });
        format!(
            "Booking #|Name|Charge|Released|Disposition\n{}",
            rows.collect::<String>()
        )
    };
    let of_charges = roster(["PENDING", "DISMISSED", "GUILTY", "NOLLE PROS"]);
    let guess = Guess::of(&sample(&of_charges), "roster.csv");
    assert_eq!(guess.place(Field::Disposition), Some(4), "{guess:?}");
    let of_releases = roster(["BOND", "ROR", "TIME SERVED", "DISMISSED"]);
    let guess = Guess::of(&sample(&of_releases), "roster.csv");
    assert_eq!(guess.place(Field::ReleaseReason), Some(4), "{guess:?}");
}

#[test]
fn says_so_where_a_column_is_dropped_against_its_name() {
    let text =
        "Booking #|Name|DOB\n26-1|SAMPLE, AVERY|a\n26-2|SAMPLE, BLAKE|b\n26-3|SAMPLE, CASEY|c\n";
    let guess = Guess::of(&sample(text), "roster.csv");

    let role = &guess.columns[2].role;
    assert_eq!(role.value, Role::Dropped);
    assert!(!role.is_sure && role.why.contains("times_of"), "{role:?}");
}

#[test]
fn asks_which_name_comes_first_where_no_comma_says_it() {
    let text = "Booking #|Offender|DOB\n26-1|AVERY SAMPLE|020390\n26-2|BLAKE SAMPLE|020491\n";
    let (guess, read, text) = read_back(&sample(text), "roster.csv");

    assert_eq!(guess.place(Field::Name), Some(1), "{text}");
    assert!(
        text.contains("name_layout = \"first-last\"    # ? "),
        "{text}"
    );
    assert_eq!(
        read.name_layout,
        crate::mapping::names::NameLayout::FirstLast
    );
    assert_eq!(guess.place(Field::BirthDate), Some(2), "{text}");
}

/// A sample whose cells stand between `^`, with a row for each booking.
fn charged(rows: &[&str]) -> Sample {
    let header = ["Booking #", "Inmate Name", "Charge Desc", "Statute"].map(str::to_owned);
    let mut sample = Sample::new(&header, date(2026, 6, 15));
    for (place, row) in rows.iter().enumerate() {
        let own = [format!("26-{place}"), format!("SAMPLE{place}, AVERY")];
        let row = row.split('^').map(str::to_owned);
        let cells: Vec<Option<String>> = own.into_iter().chain(row).map(Some).collect();
        sample.see(&cells);
    }
    sample
}

#[test]
fn finds_what_stands_between_charges_where_that_is_clear() {
    let charges = |rows: &[&str]| Guess::of(&charged(rows), "roster.csv").separator;
    let found = |rows: &[&str]| charges(rows).map(|(separator, _)| separator);
    // What follows a separator stands alone elsewhere.
    let alone = ["DUI^", "THEFT; DUI^", "ARSON; THEFT^", "THEFT^"];
    assert_eq!(found(&alone), Some(';'));
    let broken: Vec<String> = alone.iter().map(|row| row.replace("; ", "\n")).collect();
    let broken: Vec<&str> = broken.iter().map(String::as_str).collect();
    assert_eq!(found(&broken), Some('\n'));
    // Both columns list as many.
    let both = ["THEFT|DUI^A1|B2", "ARSON|FRAUD^C3|D4", "ASSAULT^E5"];
    assert_eq!(found(&both), Some('|'));
    // Statutes between commas.
    let statutes = ["^97-3-7, 63-11-30(1)", "^97-17-23,97-3-7", "^97-3-7"];
    assert_eq!(found(&statutes), Some(','));
    // With a text for each, the lists are as long as each other or it is not clear.
    let unlike = [
        "A, B AND C^97-3-7, 63-11-30(1)",
        "D^97-17-23,97-3-7",
        "E^97-3-7",
    ];
    assert_eq!(found(&unlike), None);
}

#[test]
fn takes_no_separator_that_only_explains_a_charge() {
    let found = |rows: &[&str]| Guess::of(&charged(rows), "roster.csv").separator;
    let explained = [
        "THEFT; LESS THAN $500^",
        "LARCENY; LESS THAN $500^",
        "FRAUD; FELONY^",
        "DUI^",
    ];
    assert_eq!(found(&explained), None);
    assert_eq!(
        found(&["ASSAULT, SIMPLE^", "ASSAULT^", "SIMPLE, ASSAULT^"]),
        None
    );
    let once = ["DUI^", "DUI; THEFT^", "THEFT^"];
    assert_eq!(found(&once), None, "one list is none");
}

#[test]
fn writes_the_separator_into_the_profile() {
    for (separator, written) in [(";", "\";\""), ("\n", "\"\\n\"")] {
        let rows = ["DUI^", "THEFT; DUI^", "ARSON; THEFT^"].map(|row| row.replace("; ", separator));
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        let sample = charged(&rows);
        let (_, read, text) = read_back(&sample, "roster.csv");
        assert_eq!(read.charge_separator.as_deref(), Some(separator));
        assert!(
            text.contains(&format!("charge_separator = {written}")),
            "{text}"
        );
        let guess = Guess::of(&sample, "roster.csv");
        let nested = Settings {
            is_nested: true,
            ..settings()
        };
        let text = profile(&guess, &sample, &nested);
        assert!(!text.contains("charge_separator"), "{text}");
    }
}

#[test]
fn takes_nothing_that_says_who_asked_for_an_order_or_where_she_is() {
    let (guess, read, text) = read_back(
        &sample(
            "Order No|Respondent|Petitioner Name|Petitioner Address|Protected Person DOB|Served Date|Expires\n\
             1|SAMPLE, AVERY|SAMPLE, BLAKE|1 ELM ST|01/02/1990|06/20/2026|06/20/2027\n",
        ),
        "orders.csv",
    );
    assert_eq!(guess.kind.value, RecordKind::ProtectiveOrder);
    let hers = [
        "Petitioner Name",
        "Petitioner Address",
        "Protected Person DOB",
    ];
    assert_eq!(read.never, hers, "{text}");
    let taken: Vec<&String> = read.columns.values().flatten().collect();
    assert!(
        !taken.iter().any(|column| hers.contains(&column.as_str())),
        "{text}"
    );
}

#[test]
fn asks_whether_a_transfer_left_the_agency_and_calls_none_a_release() {
    let of = |field, word: &str| {
        let guess = proposed(field, word, 1, Mode::Roster);
        (guess.meaning.unwrap_or_default(), guess.is_taken)
    };
    let asked = |meaning: &str| (meaning.to_owned(), false);
    for word in ["TRANS", "TRANSFERRED", "TRF"] {
        assert_eq!(of(Field::Status, word), asked("TransferredOut"), "{word}");
    }
    for word in ["TRANS", "TRANSFER", "OTHER AGENCY"] {
        assert_eq!(
            of(Field::ReleaseReason, word),
            asked("ToOtherAgency"),
            "{word}"
        );
    }
    assert_eq!(of(Field::ReleaseReason, "BOND"), ("Bond".to_owned(), true));
    // 99-43-3(d)
    for word in [
        "HOUSE ARREST",
        "HOME CONFINEMENT",
        "INTENSIVE SUPERVISION",
        "DAY PASS",
    ] {
        assert_eq!(of(Field::Status, word), asked("OnLeave"), "{word}");
    }
}
