//! Who was told of one event, when, and how long after it was durable at the hub: what a judge asks.

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{Rows, shown, time};
use crate::ids::EventPosition;
use crate::notification::outcome::Outcome;
use crate::store::Store;
use crate::vault::Vault;
use crate::vault::command::{Answer, Command, StaffAnswer, StaffCommand};
use crate::vault::evidence::{EvidenceAnswer, EvidenceCommand};

/// Lists the notices of an event; those that corrected it later stand among them.
pub(super) fn told(store: &Store, vault: &Vault, at: EventPosition) -> anyhow::Result<Rows> {
    let event = store
        .read_now("event", move |tx| shown(tx, at))?
        .with_context(|| format!("there is no event {}: see `savin-hub events`", at.0))?;
    let received_at = event.event.received_at.timestamp();
    let command = EvidenceCommand::ToldOf {
        event: event.event.event,
        received_at,
    };
    let answer = vault.handle(Command::Staff(StaffCommand::Evidence(command)))?;
    let Answer::Staff(StaffAnswer::Evidence(EvidenceAnswer::ToldOf(notices))) = answer else {
        anyhow::bail!("the vault gave another answer");
    };
    let rows = notices.iter().map(|notice| {
        let state = Outcome::parse(&notice.state).map(Outcome::plain);
        let mut row = vec![
            event.place().into(),
            event.what().into(),
            time(received_at),
            notice.notice.to_string().into(),
            notice.registrant.to_string().into(),
            notice.channel.clone().into(),
            state.unwrap_or(&notice.state).into(),
        ];
        let clocks = notice.clocks;
        for millis in [
            clocks.first_tried_ms,
            clocks.accepted_ms,
            clocks.confirmed_ms,
        ] {
            row.extend([after(received_at, millis), millis.into()]);
        }
        row
    });
    Ok(Rows {
        header: vec![
            "facility",
            "event",
            "durable",
            "notice",
            "registrant",
            "channel",
            "state",
            "first_try",
            "first_try_ms",
            "taken",
            "taken_ms",
            "confirmed",
            "confirmed_ms",
        ],
        rows: rows.collect(),
    })
}

fn after(at: Timestamp, millis: Option<i64>) -> Value {
    let then = millis.and_then(|millis| at.checked_add(SignedDuration::from_millis(millis)).ok());
    then.map_or(Value::Null, time)
}
