//! Gathering what a certificate of timely data says, and signing it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use savin_shared::ids::AgencyId;
use thiserror::Error;

use super::signing::Notary;
use super::{Log, NotaryError};
use crate::evidence::certificate::{Certificate, Dark, FacilityFigures, Spread, TOLD_MIN, Unheard};
use crate::freshness::standing::Grade;
use crate::ids::EventId;
use crate::store::StoreError;
use crate::store::conn::Tx;
use crate::store::registry::freshness::{self, Change};
use crate::store::registry::timely::{self, Period, Seen, Sent, Unseen};
use crate::store::registry::{agency, agent, facility};
use crate::vault::VaultError;
use crate::vault::evidence::{EvidenceAnswer, EvidenceCommand};

/// Events of the largest certificate or report; of a longer period several are made.
pub const EVENTS_MAX: u32 = 1_000_000;

/// Dark times that a certificate lists.
const GAPS_MAX: u32 = 1_000;

/// Changes of how fresh a facility is that are looked at, the newest of the period.
const CHANGES_MAX: u32 = 10_000;

/// A certificate, and the signed note that is filed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certified {
    /// What it says.
    pub certificate: Certificate,
    /// Its text with the signature.
    pub note: String,
}

/// Certifies what an agency sent within a period.
///
/// # Errors
/// Returns [`CertifyError`] when there is no such agency, or it sent too much for one certificate.
pub fn certify(
    notary: &Notary<'_>,
    id: &AgencyId,
    period: Period,
    now: Timestamp,
) -> Result<Certified, CertifyError> {
    notary.begin()?;
    let log = notary.sign(Log::Registry, now)?.checkpoint;
    let asked = id.clone();
    let gathered = notary
        .registry
        .read_now("certificate", move |tx| gather(tx, &asked, (period, now)))
        .map_err(NotaryError::from)?;
    let Some(gathered) = gathered else {
        return Err(CertifyError::Agency(id.clone()));
    };
    if gathered.seen.len() >= EVENTS_MAX as usize {
        return Err(CertifyError::TooMuch);
    }
    let dark = |unseen: Unseen| Dark {
        feed: unseen.feed,
        from: unseen.from,
        to: unseen.to,
        reason: unseen.reason.as_str(),
    };
    let key = notary.keys.of(Log::Registry);
    let certificate = Certificate {
        hub: key.public().name().to_owned(),
        agency: id.to_string(),
        name: gathered.name,
        from: period.0,
        to: period.1,
        made_at: now,
        enrolled_at: gathered.enrolled_at,
        batches: gathered.sent.batches,
        deltas: gathered.sent.deltas,
        last_received_at: gathered.sent.last_received_at,
        facilities: figures(notary, gathered.seen, TOLD_MIN)?,
        dark: gathered.unseen.into_iter().map(dark).collect(),
        unheard: gathered.unheard,
        log_size: log.size,
        log_root: log.root.to_string(),
    };
    let note = key.sign(&certificate.text()).map_err(NotaryError::from)?;
    Ok(Certified { certificate, note })
}

/// What the registry knows.
struct Gathered {
    name: String,
    sent: Sent,
    seen: Vec<Seen>,
    unseen: Vec<Unseen>,
    unheard: Vec<Unheard>,
    enrolled_at: Option<Timestamp>,
}

fn gather(
    tx: &mut Tx<'_>,
    id: &AgencyId,
    (period, now): (Period, Timestamp),
) -> Result<Option<Gathered>, StoreError> {
    let Some(row) = agency::load(tx, id)? else {
        return Ok(None);
    };
    let (mut sent, mut unseen) = (Sent::default(), Vec::new());
    let mut enrolled_at: Option<Timestamp> = None;
    let mut spoken_for: BTreeSet<_> = facility::of_agency(tx, id)?.into_iter().collect();
    for agent in agent::of_agency(tx, id)? {
        enrolled_at = Some(enrolled_at.map_or(agent.enrolled_at, |at| at.min(agent.enrolled_at)));
        let of = timely::sent(tx, agent.agent, period)?;
        sent.batches += of.batches;
        sent.deltas += of.deltas;
        sent.last_received_at = sent.last_received_at.max(of.last_received_at);
        unseen.extend(timely::unseen(tx, agent.agent, period, GAPS_MAX)?);
        spoken_for.extend(agent.facilities);
    }
    let mut unheard_of = Vec::new();
    for code in spoken_for {
        let changes = freshness::changes_of(tx, &code, period.1, CHANGES_MAX)?;
        unheard_of.extend(unheard(&changes, period, now));
    }
    Ok(Some(Gathered {
        name: row.name,
        sent,
        seen: timely::seen(tx, id, period, EVENTS_MAX)?,
        unseen,
        unheard: unheard_of,
        enrolled_at,
    }))
}

/// Finds when a facility's word was so old that a person was called, from how its grade changed, in order.
fn unheard(changes: &[Change], (from, to): Period, now: Timestamp) -> Vec<Unheard> {
    let ends = changes.iter().skip(1).map(|next| Some(next.at));
    // What goes on at the end of the period ends with it, as far as this period is concerned.
    let ends = ends.chain(std::iter::once((to <= now).then_some(to)));
    let spans = changes.iter().zip(ends).filter(|(change, end)| {
        change.grade >= Grade::Stale && change.at < to && end.is_none_or(|end| end > from)
    });
    spans
        .map(|(change, end)| Unheard {
            facility: change.facility.to_string(),
            from: change.at.max(from),
            to: end.map(|end| end.min(to)),
            grade: change.grade.as_str(),
            why: change.why.as_str(),
        })
        .collect()
}

/// Measures by facility; how soon it was told is counted in the vault, and comes without whom, of no
/// fewer than `told_min`.
///
/// # Errors
/// Returns [`NotaryError::Vault`] when it cannot answer.
pub fn figures(
    notary: &Notary<'_>,
    seen: Vec<Seen>,
    told_min: usize,
) -> Result<Vec<FacilityFigures>, NotaryError> {
    let mut durable: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    let mut events: BTreeMap<String, Vec<(EventId, Timestamp)>> = BTreeMap::new();
    for seen in seen {
        let millis = millis(seen.observed_at, seen.received_at);
        durable
            .entry(seen.facility.clone())
            .or_default()
            .push(millis);
        events
            .entry(seen.facility)
            .or_default()
            .push((seen.event, seen.received_at));
    }
    let mut figures = Vec::new();
    for (facility, millis) in durable {
        let events = events.remove(&facility).unwrap_or_default();
        let asked = EvidenceCommand::Timely { events, told_min };
        let EvidenceAnswer::Timely(told) = notary.ask(asked)? else {
            return Err(VaultError::Closed.into());
        };
        figures.push(FacilityFigures {
            facility,
            durable: Spread::of(millis),
            told,
        });
    }
    Ok(figures)
}

fn millis(from: Timestamp, to: Timestamp) -> i64 {
    to.as_millisecond().saturating_sub(from.as_millisecond())
}

/// Why there is no certificate.
#[derive(Debug, Error)]
pub enum CertifyError {
    /// The notary cannot do its work.
    #[error(transparent)]
    Notary(#[from] NotaryError),
    /// There is no such agency.
    #[error("there is no agency {0}: `savin-hub agency list` shows them")]
    Agency(AgencyId),
    /// The period is too long.
    #[error("there are {EVENTS_MAX} events or more in this period: make several certificates")]
    TooMuch,
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};
    use savin_shared::delta::Origin;
    use savin_shared::ids::AgencyId;

    use super::{CertifyError, certify};
    use crate::evidence::certificate::Telling;
    use crate::evidence::verify::verify;
    use crate::freshness::standing::{Grade, Why};
    use crate::intake::testing::{BOND, IN, Jail, send_one};
    use crate::notary::Log;
    use crate::notary::export::tests::{confirm, told_to};
    use crate::notary::signing::tests::{each, now};
    use crate::store::registry::freshness::{self, Change};

    fn period() -> (Timestamp, Timestamp) {
        let at = |text: &str| text.parse().unwrap();
        (at("2000-01-01T00:00:00Z"), at("2100-01-01T00:00:00Z"))
    }

    #[test]
    fn certifies_what_an_agency_sent_and_how_soon_it_was_durable() {
        each("certify", |notary| {
            let mut jail = Jail::new(notary.registry, 1);
            let bodies = vec![
                jail.lists(Origin::Live, &jail.record("1", IN)),
                jail.tells(&jail.record("1", BOND)),
            ];
            let batch = jail.batch(bodies);
            send_one(notary.registry, &jail, &batch);
            let found = certify(notary, &jail.speaker.agency, period(), now()).unwrap();
            let certificate = &found.certificate;
            assert_eq!((certificate.batches, certificate.deltas), (1, 2));
            let facility = &certificate.facilities[0];
            assert_eq!(facility.facility, jail.speaker.facilities[0].as_str());
            assert_eq!(facility.durable.unwrap().count, 2);
            assert_eq!(facility.told, Telling::default());
            let steps = verify(&found.note, notary.keys.public(Log::Registry));
            assert!(steps.iter().all(|step| step.outcome.is_ok()), "{steps:?}");
            let forged = found.note.replace("sent 2 changes", "sent 9 changes");
            let steps = verify(&forged, notary.keys.public(Log::Registry));
            assert!(steps.iter().any(|step| step.outcome.is_err()), "{steps:?}");
            let outside = (period().1, period().1);
            let none = certify(notary, &jail.speaker.agency, outside, now()).unwrap();
            assert_eq!(
                (none.certificate.batches, none.certificate.facilities.len()),
                (0, 0)
            );
        });
    }

    #[test]
    fn shows_how_soon_it_was_told_and_confirmed_only_where_that_tells_of_nobody() {
        let all: Vec<String> = (0..10).map(|n| format!("avery{n}@example.test")).collect();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        for (name, many) in [("certify_nine", 9), ("certify_ten", 10)] {
            each(name, |notary| {
                let (registry, vault) = (notary.registry, notary.vault);
                let (marks, jail) = told_to(registry, vault, &all[..many], "250 ok");
                let certified = || {
                    let found = certify(notary, &jail.speaker.agency, period(), now()).unwrap();
                    let told = found.certificate.facilities[0].told;
                    let spreads = [told.first_tried, told.accepted, told.confirmed];
                    let counts = spreads.map(|spread| spread.map(|spread| spread.count));
                    (counts, told.never_confirmed)
                };
                let enough = |count| (many >= 10).then_some(count);
                confirm(notary, marks[0]);
                let one = ([enough(10), enough(10), None], enough(9));
                assert_eq!(certified(), one);
                for mark in marks {
                    confirm(notary, mark);
                }
                assert_eq!(certified(), ([enough(10); 3], enough(0)));
            });
        }
    }

    #[test]
    fn says_of_what_it_certifies_nothing_and_when_the_hub_heard_nothing() {
        each("certify_unheard", |notary| {
            let jail = Jail::new(notary.registry, 1);
            let code = jail.speaker.facilities[0].clone();
            let at = |hours: i64| now() - SignedDuration::from_hours(hours);
            let change = |hours, grade, why| Change {
                facility: code.clone(),
                at: at(hours),
                grade,
                why,
            };
            let changes = [
                change(50, Grade::Fresh, Why::Heard),
                change(40, Grade::Stale, Why::Silent),
                change(30, Grade::Dark, Why::Silent),
                change(20, Grade::Fresh, Why::Heard),
                change(2, Grade::Late, Why::Silent),
                change(1, Grade::Stale, Why::Silent),
            ];
            let noted = changes.clone();
            notary
                .registry
                .write_now("changes", move |tx| {
                    noted
                        .iter()
                        .try_for_each(|change| freshness::note_change(tx, change))
                })
                .unwrap();
            let period = (at(35), at(-24));
            let text = certify(notary, &jail.speaker.agency, period, now())
                .unwrap()
                .certificate
                .text();
            for line in [
                format!("facility {code} from {} to {} (Stale:", at(35), at(30)),
                format!("facility {code} from {} to {} (Dark:", at(30), at(20)),
                format!("facility {code} from {} to now (Stale:", at(1)),
                "The period had not ended when this was made".to_owned(),
            ] {
                assert!(text.contains(&line), "{line} in {text}");
            }
            assert!(!text.contains("No time was reported"), "{text}");
        });
    }

    #[test]
    fn certifies_nothing_of_the_time_before_an_agency_enrolled() {
        each("certify_enrolled", |notary| {
            let jail = Jail::new(notary.registry, 1);
            let period = (period().0, now());
            let text = certify(notary, &jail.speaker.agency, period, now())
                .unwrap()
                .certificate
                .text();
            assert!(
                text.contains("of the time before, nothing is certified."),
                "{text}"
            );
            assert!(!text.contains("had not ended"), "{text}");
        });
    }

    #[test]
    fn names_an_agency_that_there_is_not() {
        each("certify_nobody", |notary| {
            let nobody = AgencyId::new("MS0000000").unwrap();
            let refused = certify(notary, &nobody, period(), now()).unwrap_err();
            assert!(matches!(refused, CertifyError::Agency(_)), "{refused}");
        });
    }
}
