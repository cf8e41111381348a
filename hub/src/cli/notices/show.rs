//! `notices show`: where one notice stands on its ladder, in plain words, with her other ways.

use anyhow::bail;
use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

use super::super::output::Output;
use super::{begins, noun, staff, standing};
use crate::app;
use crate::config::Config;
use crate::notification::bounds::Waits;
use crate::notification::channel::Channel;
use crate::notification::outcome::Outcome;
use crate::vault::command::{NextTry, NoticePlace, StaffAnswer, StaffCommand, Why};
use crate::vault::contacts::short;

/// Which notice.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// Its name, or how it begins: at least 8 digits.
    notice: String,
}

impl Show {
    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let begins = begins(&self.notice)?;
        let vault = app::open_vault(config)?;
        let StaffAnswer::Places(places) = staff(&vault, StaffCommand::Place { begins })? else {
            bail!("the vault gave another answer");
        };
        if places.is_empty() {
            bail!(
                "no notice begins so, or more than one: `savin-hub notices --json` shows their names"
            );
        }
        if output.is_json() {
            let ways: Vec<_> = places.iter().map(json).collect();
            return output.object(&json!({ "ways": ways }));
        }
        for place in &places {
            print(place, &config.web.zone, output)?;
        }
        Ok(())
    }
}

fn print(place: &NoticePlace, zone: &TimeZone, output: &Output) -> anyhow::Result<()> {
    let row = &place.row;
    let at = |at: Timestamp| {
        at.to_zoned(zone.clone())
            .strftime("%Y-%m-%d %H:%M:%S %Z")
            .to_string()
    };
    let about = row.about.as_deref().unwrap_or("a code");
    output.line(&format!(
        "{} {about} by {}, ladder {}: {}.",
        short(row.notice),
        row.channel,
        place.ladder.as_str(),
        standing(row),
    ))?;
    if let Some(tries) = place.asks_after {
        output.line(&format!(
            "  tries that left the hub: {}; a person is asked after {tries} to each number.",
            row.tries
        ))?;
    }
    for tried in &place.tried {
        let to = match (&tried.to, tried.is_by_hand) {
            (Some(to), _) => to.as_str(),
            (None, true) => "a person carried it",
            (None, false) => "a contact that is gone",
        };
        let became = match &tried.finished {
            Some((_, word)) => Outcome::parse(word).map_or(word.as_str(), |word| word.plain()),
            None => "not known: it is under way, or was cut off",
        };
        output.line(&format!("  {} {to}: {became}", at(tried.attempted_at)))?;
    }
    output.line(&format!("  next: {}\n", next(place, at)))
}

/// Says what comes next.
fn next(place: &NoticePlace, at: impl Fn(Timestamp) -> String) -> String {
    let row = &place.row;
    if let Some(until) = place.held_until {
        return format!("a try is under way; held until {}", at(until));
    }
    if row.is_by_hand {
        return format!(
            "a person makes the {}: see `savin-hub tasks --kind by-hand`",
            noun(row.channel)
        );
    }
    let Some(next) = &place.next else {
        return match row.state.as_str() {
            "confirmed" => "nothing: she has it".to_owned(),
            "elsewhere" => "nothing: she confirmed it in another way".to_owned(),
            "refused" => {
                "a person: no contact of this way is left, see `savin-hub tasks --kind unreachable`"
                    .to_owned()
            }
            "planned" | "trying" => {
                "nothing: she is not told of it any more, or nowhere".to_owned()
            }
            _ => "nothing by itself until she confirms, or it comes back".to_owned(),
        };
    };
    let to = next.to.as_ref().map(|to| format!(" to {to}"));
    let (when, to) = (at(next.at), to.unwrap_or_default());
    format!("{when}{to}, since {}", because(next, row.channel))
}

fn because(next: &NextTry, channel: Channel) -> &'static str {
    match (next.why, channel) {
        (Why::Line, _) => "the line to the channel was down, which used up no try",
        (Why::Room, Channel::Telephone) => {
            "it is its turn: it goes as soon as a line is free, the most pressing first"
        }
        (Why::Room, Channel::Email) => {
            "it is its turn: it goes as soon as the mail server takes more"
        }
        (Why::Room, Channel::Letter) => "it is its turn: it goes with the next batch of letters",
        (Why::Waits(waits), _) => waits.plain(),
    }
}

fn json(place: &NoticePlace) -> serde_json::Value {
    let row = &place.row;
    let tried = place.tried.iter().map(|tried| {
        json!({
            "number": tried.number,
            "attempted_at": tried.attempted_at,
            "to": tried.to,
            "by_hand": tried.is_by_hand,
            "finished_at": tried.finished.as_ref().map(|(at, _)| at),
            "outcome": tried.finished.as_ref().map(|(_, word)| word),
        })
    });
    let next = place.next.as_ref().map(|next| {
        let why = match next.why {
            Why::Line => "line-down",
            Why::Room => "turn-has-come",
            Why::Waits(waits) => Waits::as_str(waits),
        };
        let because = because(next, row.channel);
        json!({ "at": next.at, "to": next.to, "why": why, "in_words": because })
    });
    json!({
        "notice": row.notice.to_string(),
        "registrant": row.registrant.to_string(),
        "event": row.about,
        "channel": row.channel.as_str(),
        "ladder": place.ladder.as_str(),
        "state": row.state,
        "by_hand": row.is_by_hand,
        "tries": row.tries,
        "a_person_is_asked_after": place.asks_after,
        "held_until": place.held_until,
        "tried": tried.collect::<Vec<_>>(),
        "next": next,
    })
}
