//! Deadlines by which an office is to be told, or to be heard from: what it is told is planned here, and what
//! is unsent or unconfirmed as the deadline nears comes to a person.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use savin_shared::event::EventCode;
use savin_shared::ids::FacilityCode;
use tracing::warn;

use crate::clocks::table::{ClockRule, MetBy};
use crate::clocks::{ClockState, Step, passed};
use crate::ids::{EventPosition, PersonId, RecordId};
use crate::notification::channel::Channel;
use crate::notification::office::{Office, OfficeNews};
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::agency_notice::{self, AgencyNotice, NewAgencyNotice, WHY_SEALED};
use crate::store::registry::clock::{self, ClockRow};
use crate::store::registry::event::{self, Event};
use crate::store::registry::recipient::{self, Recipient, RecipientId};
use crate::store::registry::task::{self, NewTask, TaskKind};
use crate::store::registry::{person, record, telling};
use crate::vault::contacts::short;

/// How soon a task of a deadline is.
const URGENCY: u8 = 2;

/// What is lacking where the record is sealed.
const SEALED: &str = "the record is sealed, so that nothing goes to an office by itself. The duty to tell them stands \
                      all the same, and only the court or counsel can say whether the seal keeps it from these \
                      offices, too: ask. If it does not, tell them in the way that is said to you, and note whom \
                      and how";

/// Between two looks at a clock that has come to a person: so much, or a sixteenth of the time that
/// is left.
const LOOKS: (SignedDuration, SignedDuration) =
    (SignedDuration::from_mins(1), SignedDuration::from_hours(1));

/// Does what is next about a clock by which an office is to be told, or an agency to be heard from.
pub(super) fn look(
    tx: &mut Tx<'_>,
    rule: Option<&ClockRule>,
    row: &ClockRow,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(rule) = rule else {
        return clock::end(tx, row, ClockState::Void, now).map(|_| ());
    };
    let subject = subject(row);
    let mut lacking = Vec::new();
    let (mut is_done, mut is_sealed) = (false, false);
    if rule.met_by == MetBy::AgencyNotice {
        is_sealed = self::is_sealed(tx, row.position)?;
        lacking = if is_sealed {
            vec![SEALED.to_owned()]
        } else {
            tell(tx, row, now)?
        };
        is_done = lacking.is_empty();
    }
    let mut tasks = task::of_event(tx, TaskKind::Clock, row.position)?;
    tasks.retain(|task| task.about.subject == subject);
    if is_done || tasks.iter().any(|task| task.state == "done") {
        task::close(tx, TaskKind::Clock, &subject, "met", now)?;
        return clock::end(tx, row, ClockState::Met, now).map(|_| ());
    }
    if now < row.warns_at && !is_sealed {
        let look_at = look_again(row, now).min(row.warns_at);
        return clock::next(tx, row, Step::Warn, look_at);
    }
    if tasks.iter().all(|task| task.state != "open") {
        task::open(tx, &[asked(rule, row, subject, &lacking)], now)?;
    }
    if now < row.due_at {
        return clock::next(tx, row, Step::End, look_again(row, now));
    }
    warn!(clock = rule.clock, event.position = row.position.0, facility.code = %row.facility,
        "A statutory deadline was missed");
    clock::end(tx, row, passed(rule.met_by, false), now).map(|_| ())
}

/// Says whether what an event is about is sealed: then nothing goes to an office by itself.
fn is_sealed(tx: &mut Tx<'_>, position: EventPosition) -> Result<bool, StoreError> {
    let Some(event) = event::at(tx, position)? else {
        return Ok(false);
    };
    let background = telling::background(tx, &event)?;
    Ok(background.is_some_and(|background| background.is_sealed))
}

/// Asks a person at once about a deadline of offices of which the record is sealed: the duty stands, and
/// whether the seal keeps it from them the hub cannot know.
pub(super) fn ask_about_sealed(
    tx: &mut Tx<'_>,
    rule: &ClockRule,
    row: &ClockRow,
    now: Timestamp,
) -> Result<(), StoreError> {
    let asked = asked(rule, row, subject(row), &[SEALED.to_owned()]);
    task::open(tx, &[asked], now)
}

/// Plans what the offices of the place of conviction are told, each once, and returns what is still lacking:
/// nothing once each of them has confirmed. Whoever comes onto the list later is told at the next look.
pub(super) fn tell(
    tx: &mut Tx<'_>,
    row: &ClockRow,
    now: Timestamp,
) -> Result<Vec<String>, StoreError> {
    let ask = (
        TaskKind::AgencyNotice,
        format!("recipients/{}", row.position.0),
    );
    if !person::doubtful(tx, &[row.record])?.is_empty() {
        return Ok(vec!["it is in doubt about whom the record is".to_owned()]);
    }
    let who = record::person_of(tx, row.record)?.unwrap_or(row.person);
    let convictions = recipient::convictions(tx, who)?;
    let mut offices = recipient::active(tx)?;
    offices.retain(|office| {
        let is_of = |place| office.office.is_of(&office.place, place);
        convictions.iter().any(is_of)
    });
    let news: Vec<_> = offices
        .iter()
        .map(|office| notice(OfficeNews::Release, office, row))
        .collect();
    let matter = Matter::of(row);
    plan(tx, &news, &matter, now)?;
    let mut lacking = Vec::new();
    if convictions.is_empty() {
        lacking.push(format!(
            "nobody knows where the person was convicted: `savin-hub recipients convicted {who} --county \
             NAME --city NAME`"
        ));
    }
    for place in &convictions {
        let wanted = Office::REQUIRED.into_iter();
        let absent = wanted.filter(|wanted| {
            !offices
                .iter()
                .any(|office| office.office == *wanted && wanted.is_of(&office.place, place))
        });
        lacking.extend(absent.map(|office| {
            format!(
                "the list lacks the {}: `savin-hub recipients add`",
                office.title(place)
            )
        }));
    }
    if lacking.is_empty() {
        task::close(tx, ask.0, &ask.1, "on the list", now)?;
    } else {
        let task = NewTask {
            kind: ask.0,
            note: format!("47-5-177: {}", lacking.join("; ")),
            ..matter.task(ask.1)
        };
        task::open(tx, &[task], now)?;
    }
    for notice in agency_notice::of_event(tx, row.position)? {
        let is_kept_back = notice.outcome.as_deref() == Some(WHY_SEALED);
        if (notice.is_open() || is_kept_back) && notice.about.news == OfficeNews::Release {
            let office = recipient::load(tx, notice.about.recipient)?;
            let title = office.office.title(&office.place);
            lacking.push(format!("{title}: {}, not confirmed", notice.state));
        }
    }
    Ok(lacking)
}

/// Plans notices, and opens a task for each that a person has to post.
fn plan(
    tx: &mut Tx<'_>,
    notices: &[NewAgencyNotice],
    matter: &Matter<'_>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let planned = agency_notice::plan(tx, notices, now)?;
    let mut tasks = Vec::new();
    for new in notices {
        let id = agency_notice::id(new);
        if new.channel == Channel::Email || !planned.contains(&id) {
            continue;
        }
        tasks.push(NewTask {
            note: format!(
                "a letter to an office: `savin-hub recipients letter {0}`, post it, then `savin-hub \
                 recipients posted {0}`",
                short(id)
            ),
            ..matter.task(agency_notice::letter_subject(id))
        });
    }
    task::open(tx, &tasks, now)
}

fn notice(news: OfficeNews, office: &Recipient, row: &ClockRow) -> NewAgencyNotice {
    NewAgencyNotice {
        news,
        event: row.position,
        record: row.record,
        recipient: office.id,
        channel: office.channel,
        due_at: row.due_at,
    }
}

/// Takes back what offices were told of a release that is not to be, and withdraws what waits of one that is
/// over or has another day. Another day is told anew by its own event.
pub(super) fn called_off(
    tx: &mut Tx<'_>,
    (position, event): (EventPosition, &Event),
    now: Timestamp,
) -> Result<(), StoreError> {
    let ends = [
        EventCode::Died,
        EventCode::Escaped,
        EventCode::TransferOutOfState,
    ];
    let has_no_day =
        event.code == EventCode::ReleaseDateChanged && event.details.scheduled_at.is_none();
    let is_off = has_no_day || ends.contains(&event.code);
    // Whoever was told of two days hears once that there is none.
    let mut heard = BTreeSet::new();
    for earlier in agency_notice::events_of(tx, event.record, position)? {
        take_back(tx, earlier, is_off.then_some(&mut heard), now)?;
    }
    Ok(())
}

/// Withdraws what waits of an event and, where it is not to be, tells those offices so who were told of it
/// and are not among those that heard that already.
pub(super) fn take_back(
    tx: &mut Tx<'_>,
    position: EventPosition,
    off: Option<&mut BTreeSet<RecipientId>>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (notices, event) = (
        agency_notice::of_event(tx, position)?,
        event::at(tx, position)?,
    );
    let (Some(first), Some(event)) = (notices.first(), event) else {
        return Ok(());
    };
    let matter = Matter {
        facility: &event.facility,
        person: event.person,
        record: event.record,
        position,
        due_at: first.about.due_at,
    };
    for withdrawn in agency_notice::withdraw(tx, position, "overtaken")? {
        let subject = agency_notice::letter_subject(withdrawn);
        task::close(tx, TaskKind::AgencyNotice, &subject, "withdrawn", now)?;
    }
    let Some(heard) = off else { return Ok(()) };
    let told = |notice: &&AgencyNotice| {
        notice.may_be_told()
            && notice.about.news == OfficeNews::Release
            && heard.insert(notice.about.recipient)
    };
    let off: Vec<_> = notices
        .iter()
        .filter(told)
        .map(|notice| NewAgencyNotice {
            news: OfficeNews::CalledOff,
            ..notice.about.clone()
        })
        .collect();
    plan(tx, &off, &matter, now)
}

fn asked(rule: &ClockRule, row: &ClockRow, subject: String, lacking: &[String]) -> NewTask {
    let mut note = format!(
        "{}: {}. For: {}. Due {:.0}. {} at {}",
        rule.statute, rule.what, rule.recipient, row.due_at, row.code, row.facility
    );
    if !lacking.is_empty() {
        note = format!("{note}. Lacking: {}", lacking.join("; "));
    }
    NewTask {
        kind: TaskKind::Clock,
        note,
        ..Matter::of(row).task(subject)
    }
}

/// What a task is about.
struct Matter<'a> {
    facility: &'a FacilityCode,
    person: PersonId,
    record: RecordId,
    position: EventPosition,
    due_at: Timestamp,
}

impl<'a> Matter<'a> {
    const fn of(row: &'a ClockRow) -> Self {
        Self {
            facility: &row.facility,
            person: row.person,
            record: row.record,
            position: row.position,
            due_at: row.due_at,
        }
    }

    fn task(&self, subject: String) -> NewTask {
        NewTask {
            kind: TaskKind::AgencyNotice,
            subject,
            facility: Some(self.facility.clone()),
            person: Some(self.person),
            other: None,
            record: Some(self.record),
            event: Some(self.position),
            urgency: URGENCY,
            due_at: Some(self.due_at),
            note: String::new(),
        }
    }
}

pub(super) fn subject(row: &ClockRow) -> String {
    format!("clock/{}/{}", row.clock, row.position.0)
}

pub(super) fn look_again(row: &ClockRow, now: Timestamp) -> Timestamp {
    let left = row.due_at.duration_since(now) / 16;
    let wait = left.clamp(LOOKS.0, LOOKS.1);
    now.checked_add(wait)
        .map_or(row.due_at, |at| at.min(row.due_at))
}
