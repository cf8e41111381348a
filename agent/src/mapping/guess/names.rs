//! What columns are called: every field's usual names at jails, courts and boards.

use savin_shared::record::RecordKind;

use crate::format::cells::column_key;
use crate::mapping::field::Field;

/// How well a name fits a field, in percent.
pub type Fit = u8;

/// Below this the name alone does not decide.
pub const FIT_SURE: Fit = 75;

/// Words as they are written in full, and the ways in which columns write them short.
const SHORT: [(&str, &str); 17] = [
    ("number", "no num nbr nr id ident hash key"),
    ("booking", "bk bkg book booked"),
    ("date", "dt dttm datetime timestamp"),
    ("name", "nm"),
    ("release", "rel rls released"),
    ("inmate", "inm"),
    ("offender", "off ofndr"),
    ("location", "loc"),
    ("description", "desc"),
    ("amount", "amt"),
    ("scheduled", "sched"),
    ("code", "cd"),
    ("classification", "cls class"),
    ("status", "stat"),
    ("admission", "adm admitted"),
    ("charge", "charges"),
    ("hold", "holds"),
];

/// Words that say whose a column is, and not what it holds.
const WHOSE: [&str; 17] = [
    "inmate",
    "offender",
    "current",
    "jail",
    "person",
    "subject",
    "defendant",
    "arrestee",
    "prisoner",
    "resident",
    "top",
    "primary",
    "main",
    "latest",
    "full",
    "tbl",
    "code",
];

/// Each field's usual names, in the words of [`SHORT`], the most usual first.
const NAMES: [(Field, &str); 54] = [
    (
        Field::RecordNumber,
        "bookingnumber booking bookingnum arrestnumber admissionnumber commitmentnumber \
         commitnumber custodynumber incarcerationnumber intakenumber confinementnumber \
         jailnumber bookingrecordnumber eventnumber hearingnumber ordernumber \
         supervisionnumber registrationnumber courteventnumber settingnumber",
    ),
    (
        Field::PersonNumber,
        "inmatenumber inmateid jacketnumber jacket personnumber personid mni mninumber \
         masternamenumber masterindexnumber permanentnumber sonumber spn offendernumber \
         namenumber nameid partynumber subjectnumber jid cin nysid defendantnumber",
    ),
    (
        Field::OffenderId,
        "mdocnumber docnumber mdoc tdcjnumber stateinmatenumber",
    ),
    (
        Field::StateId,
        "sid statenumber sidnumber stateidentificationnumber stateid",
    ),
    (Field::FbiId, "fbi fbinumber ucn fbiucn"),
    (
        Field::Name,
        "name inmatename inmate fullname offendername personname defendantname \
         defendant who offender subject arrestee prisoner",
    ),
    (
        Field::Surname,
        "lastname last surname lname lastnm familyname namelast",
    ),
    (
        Field::Given,
        "firstname first givenname given fname namefirst forename",
    ),
    (
        Field::Middle,
        "middlename middle mname mi middleinitial namemiddle minit",
    ),
    (Field::Suffix, "suffix namesuffix sfx generation"),
    (
        Field::Alias,
        "alias aliases aka aliasname nickname monikers",
    ),
    (
        Field::BirthDate,
        "dob birthdate dateofbirth birth born bday dateofbirthdob dobdate",
    ),
    (Field::Sex, "sex gender sexcode gendercode"),
    (Field::Race, "race racecode ethnicity racedescription"),
    (
        Field::Facility,
        "facility facilitycode institution facilityname jailfacility site agencycode",
    ),
    (
        Field::EnteredAt,
        "lastmodified lastupdated modifieddate lastchanged updatedate updatedat \
         entrydate lastupdate modified rowupdated changedate",
    ),
    (
        Field::Sealed,
        "sealed seal confidential protected expunged sealedflag restricted \
         isconfidential safekeeping",
    ),
    (
        Field::Juvenile,
        "juvenile juvenileflag isjuvenile minor youth youthcourt",
    ),
    (Field::Age, "age ageatbooking bookingage ageatarrest"),
    (
        Field::RecordType,
        "recordtype rectype transactiontype trantype messagetype",
    ),
    (
        Field::Status,
        "status custodystatus inmatestatus bookingstatus jailstatus movement \
         movementtype supervisionstatus registrationstatus movementcode \
         inmatestatuscode inout incustody",
    ),
    (
        Field::StatusAt,
        "statusdate movementdate moveddate movedat movedate eventdate effectivedate \
         statusat transactiondate movementtime",
    ),
    (
        Field::Classification,
        "classification custodylevel securitylevel securityclassification classlevel \
         level housingclassification custodyclassification",
    ),
    (
        Field::Location,
        "housinglocation housing cell location block pod bed housingunit \
         assignedcellnumber celllocation unit room courtroom podcell dorm",
    ),
    (
        Field::ArrestedAt,
        "arrestdate datearrested arrested arrestedat arrestdateandtime dateofarrest",
    ),
    (
        Field::BookedAt,
        "originalbookingdate bookingdate bookingat datebooking admissiondate intakedate commitdate \
         confinementdate incarcerationdate indate datein bookingdateandtime \
         dateconfined jaildate commitmentdate bookingtime admitdate \
         admitteddate custodydate entereddate dateadmitted booked",
    ),
    (
        Field::ScheduledReleaseAt,
        "scheduledreleasedate scheduledrelease projectedreleasedate \
         estimatedreleasedate expectedreleasedate outdate projrelease projectedrelease \
         tentativereleasedate maxoutdate sentenceenddate",
    ),
    (
        Field::ReleasedAt,
        "releasedate releaseat daterelease release actualreleasedate finalreleasedate \
         dateout dischargedate releasedateandtime releasetime",
    ),
    (
        Field::ReleaseReason,
        "releasereason releasetype reason reasonforrelease releasecode releasemethod \
         dischargereason dispositiontype howreleased releasehow",
    ),
    (
        Field::ReleasedTo,
        "releaseto releasetoagency transferto transfertolocation destination \
         releasedtoagency",
    ),
    (
        Field::Hold,
        "hold holdagency detainer detainers holdfor holdinfo holdsdetainers warranthold \
         hasholds",
    ),
    (
        Field::ChargeStatute,
        "statute chargestatute chargecode offensecode topcharge statutecode \
         violationcode chgcode ncic crimecode",
    ),
    (
        Field::ChargeText,
        "charge chargedescription chargetext offense offensedescription chargewording \
         chargeoffense chargename description crime violation offensename",
    ),
    (
        Field::ChargeLevel,
        "chargelevel chargeclass severity degree offenselevel chargetype \
         felonymisdemeanor chargeclassification fm",
    ),
    (
        Field::Disposition,
        "chargedisposition courtdisposition casedisposition finaldisposition chargedispo \
         disposition dispo",
    ),
    (
        Field::DispositionAt,
        "dispositiondate chargedispositiondate courtdispositiondate dispodate",
    ),
    (
        Field::Bond,
        "bond bondamount bail bailamount totalbond bondtotal totalbail cashbond bondamt",
    ),
    (
        Field::CaseNumber,
        "casenumber case docket docketnumber causenumber cause courtcasenumber \
         warrantnumber casenum",
    ),
    (
        Field::Court,
        "court courtname courtlocation issuingcourt jurisdiction division",
    ),
    (
        Field::EventType,
        "eventtype hearingtype settingtype event setting proceeding hearingcode purpose \
         appearancetype",
    ),
    (
        Field::StartsAt,
        "courtdate hearingdate eventdate settingdate appearancedate starttime \
         nextcourtdate starts startdate startsat scheduleddate",
    ),
    (
        Field::Schedule,
        "eventstatus hearingstatus settingstatus result canceled cancelled status",
    ),
    (
        Field::Decision,
        "decision boarddecision outcome boardaction action",
    ),
    (
        Field::DecidedAt,
        "decisiondate decideddate dateofdecision actiondate",
    ),
    (
        Field::Service,
        "servicestatus servedstatus service served servestatus orderstatus status",
    ),
    (
        Field::ServiceAt,
        "servicedate serveddate dateserved servedat serveddatetime",
    ),
    (
        Field::ExpiresAt,
        "expirationdate expires expiredate expiresat orderexpires expdate enddate",
    ),
    (
        Field::SupervisionType,
        "supervisiontype supervision programtype program casetype",
    ),
    (
        Field::Absconded,
        "absconded absconder absconding warrantissued",
    ),
    (
        Field::Address,
        "address homeaddress residence residenceaddress streetaddress physicaladdress",
    ),
    (
        Field::AddressAt,
        "addressdate addresseffective moveindate addresschanged",
    ),
    (
        Field::Compliant,
        "compliant compliance compliancestatus incompliance verified",
    ),
    (
        Field::ProfileUpdatedAt,
        "lastverification verificationdate profileupdated lastregistration lastverified \
         lastregistered",
    ),
    (
        Field::MovesAt,
        "movedate movingdate intendedmovedate intendedmove plannedmove dateofmove",
    ),
];

/// Returns the fields that a column's name may mean, with how well it fits, the best first.
#[must_use]
pub fn fields(name: &str, kind: RecordKind) -> Vec<(Field, Fit)> {
    let raw = column_key(name);
    let words = words(name);
    let words: Vec<&str> = full(&words);
    let long = words.concat();
    let bare: String = words
        .iter()
        .copied()
        .filter(|word| !WHOSE.contains(word))
        .collect();
    let mut fits: Vec<(Field, Fit)> = Vec::new();
    if long == "date" && belongs(Field::StatusAt, kind) {
        // Of whatever the row says, which is for a person to confirm.
        fits.push((Field::StatusAt, FIT_SURE - 10));
    }
    for (field, names) in NAMES {
        if !belongs(field, kind) {
            continue;
        }
        let fit = names
            .split(' ')
            .zip(0_u8..)
            .filter_map(|(known, place)| {
                let less = place.min(9);
                if known == raw {
                    Some(100 - less)
                } else if known == long {
                    Some(96 - less)
                } else if known == bare {
                    Some(86 - less)
                } else if known.len() >= 5 && (long.starts_with(known) || long.ends_with(known)) {
                    Some(62 - less)
                } else {
                    None
                }
            })
            .max();
        fits.extend(fit.map(|fit| (field, fit)));
    }
    fits.sort_by_key(|(_, fit)| std::cmp::Reverse(*fit));
    fits
}

/// Returns the date's column that a column of times belongs to, by their names: `Book Time` to
/// `Book Date`.
#[must_use]
pub fn date_of(time: &str, header: &[String]) -> Option<usize> {
    let bare = |name: &str, word: &str| {
        let words = words(name);
        let others: Vec<String> = words.iter().filter(|own| *own != word).cloned().collect();
        (words.len() > others.len()).then_some(others)
    };
    let tm = bare(time, "time").or_else(|| bare(time, "tm"))?;
    header.iter().position(|name| {
        let date = bare(name, "date").or_else(|| bare(name, "dt"));
        date.is_some_and(|date| date == tm)
    })
}

/// Says whether records of a kind have a field.
#[must_use]
pub const fn belongs(field: Field, kind: RecordKind) -> bool {
    use Field as F;
    let is_common = matches!(
        field,
        F::RecordNumber
            | F::PersonNumber
            | F::OffenderId
            | F::StateId
            | F::FbiId
            | F::Name
            | F::Surname
            | F::Given
            | F::Middle
            | F::Suffix
            | F::Alias
            | F::BirthDate
            | F::Sex
            | F::Race
            | F::Facility
            | F::EnteredAt
            | F::Sealed
            | F::Juvenile
            | F::Age
            | F::RecordType
    );
    is_common
        || match kind {
            RecordKind::Custody => is_of_custody(field),
            RecordKind::CourtEvent => matches!(
                field,
                F::CaseNumber | F::Court | F::EventType | F::Location | F::StartsAt | F::Schedule
            ),
            RecordKind::Hearing => matches!(
                field,
                F::EventType | F::Location | F::StartsAt | F::Schedule | F::Decision | F::DecidedAt
            ),
            RecordKind::ProtectiveOrder => {
                matches!(field, F::Court | F::Service | F::ServiceAt | F::ExpiresAt)
            }
            RecordKind::Supervision => matches!(
                field,
                F::SupervisionType
                    | F::Status
                    | F::Absconded
                    | F::StatusAt
                    | F::Address
                    | F::AddressAt
            ),
            RecordKind::SexOffender => matches!(
                field,
                F::Compliant | F::Status | F::ProfileUpdatedAt | F::Address | F::MovesAt
            ),
        }
}

/// Says whether a booking has a field.
const fn is_of_custody(field: Field) -> bool {
    use Field as F;
    matches!(
        field,
        F::Status
            | F::StatusAt
            | F::Classification
            | F::Location
            | F::ArrestedAt
            | F::BookedAt
            | F::ScheduledReleaseAt
            | F::ReleasedAt
            | F::ReleaseReason
            | F::ReleasedTo
            | F::Hold
            | F::ChargeStatute
            | F::ChargeText
            | F::ChargeLevel
            | F::Disposition
            | F::DispositionAt
            | F::Bond
            | F::CaseNumber
    )
}

/// Splits a name into its words: at blanks, punctuation and where `camelCase` turns.
#[must_use]
pub fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        if c == '#' {
            words.push("number".to_owned());
            words.push(String::new());
        } else if !c.is_alphanumeric() {
            words.push(String::new());
        } else {
            if c.is_uppercase() && was_lower {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut() {
                word.extend(c.to_lowercase());
            }
        }
        was_lower = c.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Writes each word in full; a date and a time of one column are a date.
fn full(words: &[String]) -> Vec<&str> {
    let mut full: Vec<&str> = Vec::new();
    for word in words {
        let word = lengthened(word);
        if word != "time" || full.last() != Some(&"date") {
            full.push(word);
        }
    }
    full
}

fn lengthened(word: &str) -> &str {
    let is_short = |(_, short): &&(&str, &str)| short.split(' ').any(|short| short == word);
    SHORT.iter().find(is_short).map_or(word, |(long, _)| long)
}
