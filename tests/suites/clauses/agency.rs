//! The agency of these tests: a table of every kind of record in a database of its own, and who stands in it
//! at the beginning.

use savin_tests::home::{FeedHome, SourceHome};
use savin_tests::source::CountyDatabase;
use savin_tests::stage::FACILITY;

/// The other facility of the agency.
pub(crate) const OTHER: &str = "TEST-PRISON";

/// The agency's own tables.
pub(crate) const TABLES: &str = "
    CREATE TABLE custody (number TEXT PRIMARY KEY, person TEXT, name TEXT, place TEXT, class TEXT,
        status TEXT, at TEXT, reason TEXT, out_on TEXT, handed_to TEXT, charges TEXT, outcomes TEXT,
        hold TEXT);
    CREATE TABLE court (number TEXT PRIMARY KEY, person TEXT, name TEXT, cause TEXT, court TEXT,
        what TEXT, at TEXT, state TEXT);
    CREATE TABLE board (number TEXT PRIMARY KEY, person TEXT, name TEXT, what TEXT, room TEXT, at TEXT,
        state TEXT, decision TEXT);
    CREATE TABLE orders (number TEXT PRIMARY KEY, person TEXT, name TEXT, court TEXT, service TEXT,
        at TEXT, ends TEXT);
    CREATE TABLE supervision (number TEXT PRIMARY KEY, person TEXT, name TEXT, what TEXT, status TEXT,
        at TEXT, address TEXT, address_at TEXT, gone TEXT);
    CREATE TABLE offender (number TEXT PRIMARY KEY, person TEXT, name TEXT, compliant TEXT,
        status TEXT, updated TEXT, address TEXT, moves TEXT);";

/// Name, kind, table, and the columns and values of each feed.
pub(crate) const FEEDS: [(&str, &str, &str, &str); 6] = [
    (
        "custody",
        "custody",
        "custody",
        "facility = \"place\"\nclassification = \"class\"\nstatus = \"status\"\nstatus_at = \"at\"\n\
         release_reason = \"reason\"\nscheduled_release_at = \"out_on\"\nreleased_to = \"handed_to\"\n\
         charge_text = \"charges\"\ndisposition = \"outcomes\"\nhold = \"hold\"\n\
         offender_id = \"state_number\"\n\
         [values.facility]\nJAIL = \"TEST-JAIL\"\nPRISON = \"TEST-PRISON\"\n\
         [values.status]\nIN = \"InCustody\"\nLEAVE = \"OnLeave\"\nREL = \"OutOfCustody\"\n\
         ESC = \"Escaped\"\nDEAD = \"Deceased\"\nOUT = \"TransferredOutOfState\"\nTRF = \"TransferredOut\"\n\
         \"WORK RELEASE\" = \"OnLeave\"\n\"HOUSE ARREST\" = \"OnLeave\"\n\
         [values.release_reason]\nBOND = \"Bond\"\nEXP = \"SentenceExpired\"\nERR = \"Mistaken\"\n\
         DROP = \"ChargesDropped\"\n\
         [values.disposition]\nDISMISSED = \"Dismissed\"\nPENDING = \"Open\"\n",
    ),
    (
        "courts",
        "court-event",
        "court",
        "case_number = \"cause\"\ncourt = \"court\"\nevent_type = \"what\"\nstarts_at = \"at\"\n\
         schedule = \"state\"\n[values.schedule]\nSET = \"Set\"\nOFF = \"Cancelled\"\n",
    ),
    (
        "hearings",
        "hearing",
        "board",
        "event_type = \"what\"\nlocation = \"room\"\nstarts_at = \"at\"\nschedule = \"state\"\n\
         decision = \"decision\"\n[values.schedule]\nSET = \"Set\"\nOFF = \"Cancelled\"\n",
    ),
    (
        "orders",
        "protective-order",
        "orders",
        "court = \"court\"\nservice = \"service\"\nservice_at = \"at\"\nexpires_at = \"ends\"\n\
         [values.service]\nENT = \"Entered\"\nTRY = \"Attempted\"\nSRV = \"Served\"\n",
    ),
    (
        "supervision",
        "supervision",
        "supervision",
        "supervision_type = \"what\"\nstatus = \"status\"\nstatus_at = \"at\"\n\
         address = \"address\"\naddress_at = \"address_at\"\nabsconded = \"gone\"\n\
         [values.absconded]\nY = \"yes\"\nN = \"no\"\n",
    ),
    (
        "registry",
        "sex-offender",
        "offender",
        "compliant = \"compliant\"\nstatus = \"status\"\nprofile_updated_at = \"updated\"\n\
         address = \"address\"\nmoves_at = \"moves\"\n[values.compliant]\nY = \"yes\"\nN = \"no\"\n",
    ),
];

/// Says where a feed's rows stand and how they are read.
pub(crate) fn feed(&(name, kind, table, columns): &(&'static str, &str, &str, &str)) -> FeedHome {
    let query = match table {
        // One person's number at the state, by which a docket of another agency's finds the person.
        "custody" => "SELECT *, CASE number WHEN 'B63' THEN 'K63' END AS state_number FROM custody",
        "court" => "SELECT * FROM court",
        "board" => "SELECT * FROM board",
        "orders" => "SELECT * FROM orders",
        "supervision" => "SELECT * FROM supervision",
        _ => "SELECT * FROM offender",
    };
    // Of one person's charges the county has a list in one cell.
    let settings = match kind {
        "custody" => "charge_separator = \";\"\n",
        _ => "",
    };
    FeedHome {
        name,
        facility: FACILITY,
        profile: format!(
            "name = \"{name}\"\nkind = \"{kind}\"\nmode = \"roster\"\nzone = \"America/Chicago\"\n\
             {settings}[columns]\nrecord_number = \"number\"\nperson_number = \"person\"\nname = \"name\"\n\
             {columns}"
        ),
        source: SourceHome::Database("own.sqlite", query),
    }
}

/// Puts everybody in who is there at the beginning: each clause has people of its own.
pub(crate) fn fill(database: &CountyDatabase) -> anyhow::Result<()> {
    let held = [
        "Ivory", "Juniper", "Kestrel", "Larkin", "Moss", "Nettle", "Orchid", "Poplar", "Quince",
        "Rowan", "Sorrel", "Tansy", "Umber", "Vervain", "Willow", "Aster", "Bramble", "Clover",
        "Dogwood",
    ];
    // Whoever is under supervision or registered has the numbers from 20 on.
    let later = ["Larch", "Myrtle", "Oleander", "Privet"];
    let held = (1..).zip(held).chain((60..).zip(later));
    for (number, surname) in held {
        database.change(
            "INSERT INTO custody VALUES (?1, ?2, ?3, 'JAIL', 'close', 'IN', '2026-05-01 08:00:00',
                 NULL, NULL, NULL, NULL, NULL, NULL)",
            (
                format!("B{number}"),
                format!("P{number}"),
                format!("{surname}, AVERY"),
            ),
        )?;
    }
    // The calendars of the court and the board and the list of orders are empty yet: their first rows are
    // news.
    for sql in [
        "INSERT INTO supervision VALUES ('S1', 'P20', 'BRIAR, AVERY', 'parole', 'active',
             '2026-05-01 08:00:00', '1 First St', '2026-05-01 08:00:00', 'N')",
        "INSERT INTO supervision VALUES ('S2', 'P21', 'CEDAR, AVERY', 'probation', 'active',
             '2026-05-01 08:00:00', '2 First St', '2026-05-01 08:00:00', 'N')",
        "INSERT INTO supervision VALUES ('S3', 'P24', 'FERN, AVERY', 'probation', 'active',
             '2026-05-01 08:00:00', '5 First St', '2026-05-01 08:00:00', 'N')",
        "INSERT INTO custody VALUES ('B50', 'P50', 'YARROW, AVERY', 'PRISON', 'close', 'IN',
             '2026-05-01 08:00:00', NULL, NULL, NULL, NULL, NULL, NULL)",
        "INSERT INTO custody VALUES ('B51', 'P51', 'GORSE, AVERY', 'JAIL', 'close', 'IN',
             '2026-05-01 08:00:00', NULL, NULL, NULL, NULL, NULL, NULL)",
        "INSERT INTO custody VALUES ('B53', 'P53', 'JASMINE, AVERY', 'PRISON', 'close', 'IN',
             '2026-05-01 08:00:00', NULL, NULL, NULL, NULL, NULL, NULL)",
        "INSERT INTO custody VALUES ('B52', 'P52', 'HAZEL, AVERY', 'JAIL', 'close', 'IN',
             '2026-05-01 08:00:00', NULL, NULL, NULL, NULL, NULL, NULL)",
        "INSERT INTO offender VALUES ('R1', 'P22', 'DAHLIA, AVERY', 'Y', 'current',
             '2026-05-01 08:00:00', '3 First St', NULL)",
        "INSERT INTO offender VALUES ('R2', 'P23', 'ELDER, AVERY', 'Y', 'current',
             '2026-05-01 08:00:00', '4 First St', NULL)",
        "INSERT INTO offender VALUES ('R3', 'P25', 'LOTUS, AVERY', 'Y', 'current',
             '2026-05-01 08:00:00', '6 First St', NULL)",
        "INSERT INTO offender VALUES ('R4', 'P26', 'MALLOW, AVERY', 'Y', 'current',
             '2026-05-01 08:00:00', '7 First St', NULL)",
    ] {
        database.change(sql, [])?;
    }
    Ok(())
}
