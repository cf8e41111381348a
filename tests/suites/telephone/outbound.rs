//! Calls to somebody behind a trunk, however she takes them, and trunks however they fail.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use savin_telephone::media::latch::Trust;
use savin_telephone::media::session::Order;
use savin_telephone::script::ending::{NotAnswered, Outcome, Voicemail};
use savin_telephone::sip::call::{End, News};
use savin_telephone::sip::health::{Condition, Fault};
use savin_telephone::sip::settings::Trunk;
use savin_telephone::turnstile::Haste;
use savin_tests::clock::monotonic;

use crate::baresip::Baresip;
use crate::place::{LOOK, Listener, PATIENCE, Place, port, trunk};
use crate::sipp::{Sipp, Step, scenario};
use crate::sound::{likeness, tune};

/// Opens an exchange with one trunk at which sipp goes by these steps.
async fn with(steps: &[Step]) -> anyhow::Result<(Place, Sipp)> {
    let at = port();
    let place = Place::open(vec![trunk("first", at)]).await?;
    let peer = Sipp::start(place.folder(), at, steps)?;
    place.until_up("first").await?;
    Ok((place, peer))
}

/// Two trunks, at each of which sipp goes by its steps; without steps nobody is there.
async fn with_two(
    first: Option<&str>,
    second: &[Step],
) -> anyhow::Result<(Place, Option<Sipp>, Sipp, [Trunk; 2])> {
    let ports = [port(), port()];
    let trunks = [trunk("first", ports[0]), trunk("second", ports[1])];
    let place = Place::open(trunks.to_vec()).await?;
    let one = first.map(|scenario| Sipp::start_by(place.folder(), ports[0], scenario, &[]));
    let other = Sipp::start(place.folder(), ports[1], second)?;
    place.until_up("second").await?;
    Ok((place, one.transpose()?, other, trunks))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_right_pin_confirms_and_is_told_the_fact() -> anyhow::Result<()> {
    let steps = [
        Step::Ring,
        Step::Wait(300),
        Step::Answer(""),
        Step::Wait(800),
        Step::Press("1234#"),
        Step::Wait(1_500),
        Step::Press("1"),
        Step::HungUp,
    ];
    let (place, peer) = with(&steps).await?;
    let host = Listener::new(1_000);
    let ending = place.tell(&host).await?;
    ensure!(ending.outcome == Outcome::Confirmed, "{ending:?}");
    ensure!(host.has_said("FACT") && host.has_said("REST"));
    // The line is free again, and the other end saw nothing unexpected.
    let deadline = monotonic() + PATIENCE;
    while place.exchange.status()[0].busy > 0 || peer.received("BYE") == 0 {
        ensure!(monotonic() < deadline, "the line is not free");
        tokio::time::sleep(LOOK).await;
    }
    ensure!(peer.errors().is_empty(), "{}", peer.errors());
    ensure!(place.close().await < Duration::from_secs(5));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_pin_tells_nothing_and_a_key_pressed_twice_counts_twice() -> anyhow::Result<()> {
    let steps = [
        Step::Answer(""),
        Step::Wait(300),
        Step::Press("9911#"),
        Step::Wait(600),
        Step::Press("1234#"),
        Step::Wait(1_000),
        Step::HangUp,
    ];
    let (place, _peer) = with(&steps).await?;
    let host = Listener::new(300);
    let ending = place.tell(&host).await?;
    ensure!(ending.outcome == Outcome::Confirmed, "{ending:?}");
    let said = host.said();
    let again = said.iter().position(|said| said.contains("PinAgain"));
    let fact = said.iter().position(|said| said.contains("FACT"));
    ensure!(again.context("it did not ask again")? < fact.context("it told nothing")?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_takes_the_call_and_says_nothing_is_no_machine() -> anyhow::Result<()> {
    let steps = [
        Step::Answer(""),
        Step::Wait(3_500),
        Step::Press("1234#"),
        Step::Wait(500),
        Step::HungUp,
    ];
    let (place, _peer) = with(&steps).await?;
    let host = Listener::new(4_000);
    let ending = place.tell(&host).await?;
    ensure!(ending.outcome == Outcome::Confirmed, "{ending:?}");
    ensure!(!host.has_said("Voicemail"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn hanging_up_before_the_pin_confirms_nothing() -> anyhow::Result<()> {
    let steps = [Step::Answer(""), Step::Wait(700), Step::HangUp];
    let (place, peer) = with(&steps).await?;
    let host = Listener::new(400);
    let ending = place.tell(&host).await?;
    ensure!(ending.outcome == Outcome::NotConfirmed, "{ending:?}");
    ensure!(!host.has_said("FACT"));
    ensure!(peer.errors().is_empty(), "{}", peer.errors());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_is_left_the_discreet_message() -> anyhow::Result<()> {
    let steps = [Step::Answer(""), Step::Speak, Step::HungUp];
    let (place, _peer) = with(&steps).await?;
    let host = Listener::new(10_000);
    let ending = place.tell(&host).await?;
    ensure!(
        ending.outcome == Outcome::Machine(Voicemail::Left),
        "{ending:?}"
    );
    ensure!(host.has_said("Voicemail") && !host.has_said("FACT"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_take_the_call_says_why() -> anyhow::Result<()> {
    for (status, why) in [
        (486, NotAnswered::Busy),
        (600, NotAnswered::Busy),
        (302, NotAnswered::NoAnswer),
        (380, NotAnswered::NoAnswer),
        (480, NotAnswered::NoAnswer),
        (301, NotAnswered::NoSuchNumber),
        (404, NotAnswered::NoSuchNumber),
        (410, NotAnswered::NoSuchNumber),
        (484, NotAnswered::NoSuchNumber),
        (604, NotAnswered::NoSuchNumber),
        (603, NotAnswered::Declined),
        (607, NotAnswered::Declined),
    ] {
        let (place, peer) = with(&[Step::Ring, Step::Refuse(status)]).await?;
        let refused = place.dial().await.err().context("somebody took it")?;
        ensure!(
            (refused.status, refused.why) == (status, why),
            "{refused:?}"
        );
        ensure!(peer.received("INVITE") == 1);
        let ending = place.tell(&Listener::new(100)).await?;
        ensure!(ending.outcome == Outcome::NotAnswered(why), "{ending:?}");
        let status = &place.exchange.status()[0];
        ensure!(
            (status.placed, status.failed) == (2, 0),
            "it is no fault of the trunk"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_rings_too_long_is_given_up() -> anyhow::Result<()> {
    let (place, peer) = with(&[Step::Ring, Step::GivenUp]).await?;
    let over = savin_telephone::sip::outbound::Over::Public(Haste::InTurn);
    let ring = Duration::from_secs(1);
    let began = monotonic();
    let refused = place.exchange.dial("6015550123", over, ring).await;
    let refused = refused.err().context("somebody took it")?;
    ensure!(refused.why == NotAnswered::NoAnswer, "{refused:?}");
    ensure!(monotonic() - began < Duration::from_secs(3));
    let deadline = monotonic() + PATIENCE;
    while peer.received("ACK") == 0 {
        ensure!(monotonic() < deadline, "{}", peer.messages());
        tokio::time::sleep(LOOK).await;
    }
    ensure!(peer.received("CANCEL") == 1);
    ensure!(peer.errors().is_empty(), "{}", peer.errors());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_trunk_carries_what_the_first_refuses() -> anyhow::Result<()> {
    for status in [503, 500, 403, 488, 305, 420, 421, 422, 433, 606] {
        let refuses = scenario(&[Step::Refuse(status)], 200);
        let takes = [Step::Answer(""), Step::HungUp];
        let (place, first, _second, _) = with_two(Some(&refuses), &takes).await?;
        place.until_up("first").await?;
        let call = place.dial().await?;
        ensure!(&*call.trunk == "second");
        ensure!(first.context("it is there")?.received("INVITE") == 1);
        let counts = place.exchange.status();
        ensure!((counts[0].failed, counts[1].failed) == (1, 0));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trunk_that_falls_silent_costs_seconds_once() -> anyhow::Result<()> {
    let takes = [Step::Answer(""), Step::HungUp];
    let first = scenario(&takes, 200);
    let (place, one, _other, _) = with_two(Some(&first), &takes).await?;
    place.until_up("first").await?;
    drop(one);
    let began = monotonic();
    let call = place.dial().await?;
    ensure!(&*call.trunk == "second");
    ensure!(
        monotonic() - began < Duration::from_secs(5),
        "{:?}",
        monotonic() - began
    );
    // It is known to be gone now: the next call loses no time.
    let silent = Condition::Down(Fault::Silent);
    place
        .until("first", |condition| condition == silent)
        .await?;
    let began = monotonic();
    let next = place.dial().await?;
    ensure!(&*next.trunk == "second");
    ensure!(monotonic() - began < Duration::from_secs(1));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trunk_that_comes_back_is_used_again() -> anyhow::Result<()> {
    let at = port();
    let place = Place::open(vec![trunk("first", at)]).await?;
    let silent = Condition::Down(Fault::Silent);
    place
        .until("first", |condition| condition == silent)
        .await?;
    let refused = place.dial().await.err().context("nobody is there")?;
    ensure!(
        refused.why == NotAnswered::Line && refused.status == 408,
        "{refused:?}"
    );
    let _peer = Sipp::start(place.folder(), at, &[Step::Answer(""), Step::HungUp])?;
    place.until_up("first").await?;
    place.dial().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_played_arrives_as_it_was_and_what_is_said_comes_back() -> anyhow::Result<()> {
    let at = port();
    let translated = Trunk {
        trust: Trust::First,
        ..trunk("first", at)
    };
    let place = Place::open(vec![translated]).await?;
    let speech = tune(7, 4_000);
    let phone = Baresip::start(place.folder(), at, &speech)?;
    let prompt = tune(3, 3_000);
    let mut call = place.dial().await?;
    let (listen, mut frames) = tokio::sync::mpsc::channel(1_000);
    call.order(Order::Listen(listen)).await;
    call.order(Order::Play(prompt.clone().into())).await;
    let mut heard = Vec::new();
    let mut is_played = false;
    while !is_played || heard.len() < 50_000 {
        tokio::select! {
            news = call.next() => {
                is_played |= matches!(news, News::Played(_));
                ensure!(news != News::Ended(End::HungUp));
            }
            frame = frames.recv() => heard.extend(frame.context("the call ended")?),
        }
    }
    call.hang_up();
    let recorded = phone.heard()?;
    let there = likeness(&prompt, &recorded);
    let here = likeness(&speech[8_000..24_000], &heard);
    ensure!(
        there >= 0.95,
        "what she heard is like the prompt by {there}"
    );
    ensure!(
        here >= 0.95,
        "what was heard is like what she said by {here}"
    );
    Ok(())
}
