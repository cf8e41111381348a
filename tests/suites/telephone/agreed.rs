//! What trunks want of a call besides carrying it: a password, TLS and protected sound, timers, hold.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use savin_shared::pii::Secret;
use savin_telephone::media::sdp::Secrecy;
use savin_telephone::media::session::Order;
use savin_telephone::script::ending::NotAnswered;
use savin_telephone::sip::call::News;
use savin_telephone::sip::settings::{Account, Tls, Transport, Trunk};
use savin_tests::clock::monotonic;

use crate::baresip::Baresip;
use crate::place::{LOOK, PATIENCE, Place, port, trunk};
use crate::sipp::{Sipp, Step};
use crate::sound::{likeness, tune};

#[tokio::test(flavor = "multi_thread")]
async fn a_trunk_that_asks_for_a_password_is_given_it() -> anyhow::Result<()> {
    for (password, status) in [("sesame", 200), ("guess", 403)] {
        let at = port();
        let asked = Trunk {
            account: Some(Account {
                user: "hub".to_owned(),
                password: Secret::new(password.to_owned()),
            }),
            ..trunk("first", at)
        };
        let place = Place::open(vec![asked]).await?;
        let steps = [Step::Challenge, Step::Answer(""), Step::HungUp];
        let peer = Sipp::start(place.folder(), at, &steps)?;
        place.until_up("first").await?;
        let taken = place
            .dial()
            .await
            .map_or_else(|refused| refused.status, |_| 200);
        ensure!(taken == status, "{password}: {taken}\n{}", peer.messages());
        ensure!(
            !peer.messages().contains(password),
            "the password itself was sent"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_whose_timer_runs_is_said_to_stand() -> anyhow::Result<()> {
    let timer = "Require: timer\nSession-Expires: 4;refresher=uac\n";
    let at = port();
    let place = Place::open(vec![trunk("first", at)]).await?;
    let steps = [
        Step::Answer(timer),
        Step::Refreshed,
        Step::Wait(300),
        Step::HangUp,
    ];
    let peer = Sipp::start(place.folder(), at, &steps)?;
    place.until_up("first").await?;
    let mut call = place.dial().await?;
    let began = monotonic();
    ensure!(matches!(call.next().await, News::Ended(_)));
    let lasted = monotonic() - began;
    ensure!(
        lasted > Duration::from_secs(2) && lasted < Duration::from_secs(5),
        "{lasted:?}"
    );
    ensure!(peer.errors().is_empty(), "{}", peer.errors());
    ensure!(peer.received("INVITE") == 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_nobody_says_stands_any_more_is_over() -> anyhow::Result<()> {
    let timer = "Require: timer\nSession-Expires: 3;refresher=uas\n";
    let at = port();
    let place = Place::open(vec![trunk("first", at)]).await?;
    let _peer = Sipp::start(place.folder(), at, &[Step::Answer(timer), Step::HungUp])?;
    place.until_up("first").await?;
    let mut call = place.dial().await?;
    let began = monotonic();
    ensure!(matches!(call.next().await, News::Ended(_)));
    ensure!(monotonic() - began < Duration::from_secs(4));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_played_waits_while_the_call_is_on_hold() -> anyhow::Result<()> {
    let at = port();
    let place = Place::open(vec![trunk("first", at)]).await?;
    let steps = [
        Step::Answer(""),
        Step::Wait(300),
        Step::Reinvite("sendonly"),
        Step::Wait(2_000),
        Step::Reinvite("sendrecv"),
        Step::HungUp,
    ];
    let peer = Sipp::start(place.folder(), at, &steps)?;
    place.until_up("first").await?;
    let mut call = place.dial().await?;
    let began = monotonic();
    call.order(Order::Play(tune(1, 1_000).into())).await;
    ensure!(matches!(call.next().await, News::Played(_)));
    let lasted = monotonic() - began;
    ensure!(
        lasted > Duration::from_millis(2_800),
        "it was played to nobody: {lasted:?}"
    );
    ensure!(
        peer.messages().contains("a=recvonly"),
        "{}",
        peer.messages()
    );
    ensure!(peer.errors().is_empty(), "{}", peer.errors());
    Ok(())
}

/// An authority, and what it signed for this machine: certificate and key.
struct Signed {
    authority: String,
    certificate: String,
    key: String,
}

fn signed() -> anyhow::Result<Signed> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&key)?.pem();
    let issuer = Issuer::new(params, key);
    let leaf = KeyPair::generate()?;
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()])?;
    let certificate = params.signed_by(&leaf, &issuer)?.pem();
    Ok(Signed {
        authority,
        certificate,
        key: leaf.serialize_pem(),
    })
}

/// A trunk by TLS, whose sound is protected, to a baresip whose port for TLS is one above its own.
fn protected(server: u16, authority: &str) -> Trunk {
    let mut trunk = trunk("first", server + 1);
    trunk.server.transport = Transport::Tls;
    trunk.secrecy = Secrecy::Required;
    trunk.tls = Some(Tls {
        authorities: authority.as_bytes().to_vec(),
        identity: None,
    });
    trunk
}

#[tokio::test(flavor = "multi_thread")]
async fn protected_sound_arrives_over_tls_as_it_was() -> anyhow::Result<()> {
    let at = port();
    let signed = signed()?;
    let place = Place::open(vec![protected(at, &signed.authority)]).await?;
    let speech = tune(31, 4_000);
    let pem = format!("{}{}", signed.key, signed.certificate);
    let phone = Baresip::start_by(place.folder(), at, &speech, Some(&pem))?;
    place.until_up("first").await?;
    let prompt = tune(32, 3_000);
    let mut call = place.dial().await?;
    let (listen, mut frames) = tokio::sync::mpsc::channel(1_000);
    call.order(Order::Listen(listen)).await;
    call.order(Order::Play(prompt.clone().into())).await;
    let mut heard = Vec::new();
    let mut is_played = false;
    while !is_played || heard.len() < 40_000 {
        tokio::select! {
            news = call.next() => {
                is_played |= matches!(news, News::Played(_));
                ensure!(!matches!(news, News::Ended(_)));
            }
            frame = frames.recv() => heard.extend(frame.context("the call ended")?),
        }
    }
    ensure!(
        call.counts()
            .dropped
            .load(std::sync::atomic::Ordering::Relaxed)
            == 0
    );
    call.hang_up();
    let there = likeness(&prompt, &phone.heard()?);
    let here = likeness(&speech[8_000..24_000], &heard);
    ensure!(there >= 0.95 && here >= 0.95, "{there} {here}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_signed_by_another_authority_is_not_called() -> anyhow::Result<()> {
    let at = port();
    let (ours, theirs) = (signed()?, signed()?);
    let next = port();
    let trunks = vec![protected(at, &ours.authority), trunk("second", next)];
    let place = Place::open(trunks).await?;
    let pem = format!("{}{}", theirs.key, theirs.certificate);
    let _phone = Baresip::start_by(place.folder(), at, &tune(1, 500), Some(&pem))?;
    let second = Sipp::start(place.folder(), next, &[Step::Refuse(486)])?;
    place.until_up("second").await?;
    let began = monotonic();
    let refused = place.dial().await.err().context("somebody took it")?;
    ensure!(refused.why == NotAnswered::Busy, "{refused:?}");
    ensure!(monotonic() - began < Duration::from_secs(5));
    let deadline = monotonic() + PATIENCE;
    while second.received("ACK") == 0 {
        ensure!(monotonic() < deadline);
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}
