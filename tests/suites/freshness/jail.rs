//! A jail with its agent: what it exports, and what follows from that.

use jiff::SignedDuration;
use savin_agent::capture::{Feed, Now, take_file};
use savin_agent::journal::Journal;
use savin_agent::mapping::profile::Profile;
use savin_agent::signer::Signer;
use savin_hub::intake::{self, Moment, Speaker, batches};
use savin_hub::store::Store;
use savin_hub::store::registry::expunged::OrderKey;
use savin_shared::envelope::SealedBatch;
use savin_shared::ids::{AgencyId, AgentId, Epoch, FacilityCode, FeedName};
use savin_shared::sign::SigningKey;
use savin_tests::source::csv;

use crate::hub::{random, wall};

const PROFILE: &str = r#"
name = "december"
kind = "custody"
mode = "roster"
zone = "America/Chicago"
[columns]
record_number = "BookingNo"
person_number = "JacketNo"
name = "InmateName"
status = "Status"
[values.status]
IN = "InCustody"
REL = "OutOfCustody"
"#;

/// A jail with its agent.
pub(crate) struct Jail {
    pub(crate) facility: FacilityCode,
    pub(crate) speaker: Speaker,
    signer: Signer,
    pub(crate) journal: Journal,
    pub(crate) feed: Feed,
}

impl Jail {
    pub(crate) fn new(number: u8, code: &str) -> anyhow::Result<Self> {
        let agent = AgentId::from_bytes([number; 16]);
        let key = SigningKey::from_seed(&[number; 32])?;
        let facility = FacilityCode::new(code)?;
        Ok(Self {
            speaker: Speaker {
                agent,
                agency: AgencyId::new(&format!("AGENCY-{number}"))?,
                facilities: vec![facility.clone()],
                batch_key: key.verifying_key(),
            },
            signer: Signer::new(agent, key),
            journal: Journal::scratch(agent, Epoch::from_bytes([number; 16]))?,
            feed: Feed {
                name: FeedName::new("roster")?,
                facility: facility.clone(),
                profile: Profile::parse(PROFILE)?,
                cadence: SignedDuration::from_hours(24),
            },
            facility,
        })
    }

    /// Takes an export with these people, each with what it says of them, and returns what follows from it.
    pub(crate) fn take(
        &mut self,
        listed: impl IntoIterator<Item = (usize, &'static str)>,
    ) -> anyhow::Result<Vec<SealedBatch>> {
        let rows = listed.into_iter().map(|(number, status)| {
            [
                format!("{}-{number}", self.facility),
                format!("{number}"),
                format!("SAMPLE{number}, AVERY"),
                status.to_owned(),
            ]
        });
        let bytes = csv(&["BookingNo", "JacketNo", "InmateName", "Status"], rows)?;
        let now = Now {
            at: wall(),
            exported_at: wall(),
            is_history: false,
            secret: random(),
        };
        let file = ("roster.csv", bytes.as_bytes());
        let report = take_file(&mut self.journal, &self.signer, &self.feed, file, now)?;
        Ok(report.batches)
    }

    /// Sends batches, one after the other.
    pub(crate) fn send(&self, batches: Vec<SealedBatch>, store: &Store) -> anyhow::Result<()> {
        for batch in batches {
            let opened = intake::open(&self.speaker, batch)?;
            let moment = Moment {
                now: wall(),
                random,
                orders: OrderKey::new([9; 32]),
            };
            store.write_now("intake", move |tx| {
                batches::take(tx, std::slice::from_ref(&opened), moment)
            })?;
        }
        Ok(())
    }
}
