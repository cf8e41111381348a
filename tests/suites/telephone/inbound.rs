//! Calls that come in, and operators who take callers over.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use savin_telephone::media::latch::Trust;
use savin_telephone::media::session::Order;
use savin_telephone::script::desk::Takes;
use savin_telephone::script::inbound::Inbound;
use savin_telephone::script::pace::Pace;
use savin_telephone::script::speech::Language;
use savin_telephone::sip::call::{Call, News, Side};
use savin_telephone::sip::conduct::conduct;
use savin_telephone::sip::desk::{Connected, Connection, Desk, Offers};
use savin_telephone::sip::settings::{Trunk, Use};
use savin_tests::clock::monotonic;

use crate::baresip::Baresip;
use crate::place::{LOOK, Listener, PATIENCE, Place, port, trunk};
use crate::sipp::{PLAIN, Sipp, Step, calling};
use crate::sound::{likeness, tune};

/// A trunk by which only operators are called.
fn desks(name: &str, server: u16) -> Trunk {
    Trunk {
        purpose: Use::Operators,
        trust: Trust::First,
        ..trunk(name, server)
    }
}

/// A desk that takes callers by answering.
fn desk(name: &str, ring_s: u64) -> Desk {
    Desk {
        name: name.to_owned(),
        trunk: name.to_owned(),
        number: "6015550123".to_owned(),
        ring: Duration::from_secs(ring_s),
        language: Language::English,
        takes: Takes::Answer,
    }
}

/// A desk that is asked, in Spanish.
fn asked(name: &str) -> Desk {
    Desk {
        language: Language::Spanish,
        takes: Takes::Key,
        ..desk(name, 10)
    }
}

/// What is said at desks: to each language a tune of its own.
fn offers() -> Offers {
    Offers {
        english: Some(tune(31, 1_500).into()),
        spanish: Some(tune(32, 1_500).into()),
    }
}

/// Opens a hub's exchange with operators' trunks beside its public one, and the exchange of a caller
/// who is the other end of that. What a caller's telephone does is not judged here.
async fn hub_and_caller(operators: Vec<Trunk>) -> anyhow::Result<(Place, Place)> {
    let mut line = trunk("carrier", 0);
    let mut phone = trunk("hub", line.bind.port());
    line.server.port = Some(phone.bind.port());
    phone.caller = "6015550177".to_owned();
    let trunks = [vec![line], operators].concat();
    let (hub, caller) = (Place::open(trunks).await?, Place::open(vec![phone]).await?);
    hub.until_up("carrier").await?;
    Ok((hub, caller))
}

/// Has the caller call the hub; returns the caller's side and the hub's.
async fn call(hub: &mut Place, caller: &Place) -> anyhow::Result<(Call, Call)> {
    let calling = caller.dial();
    let taking = async {
        let incoming = hub.rings.recv().await.context("the exchange is closed")?;
        ensure!(incoming.shown().as_deref() == Some("6015550177"));
        ensure!(incoming.dialled().as_deref() == Some("6015550123"));
        incoming.answer().await.context("it was given up")
    };
    let (there, here) = tokio::join!(calling, taking);
    Ok((there?, here?))
}

/// Listens for nine seconds, speaking after the fourth; returns what was heard.
async fn talk(phone: &mut Call, speech: &[i16]) -> anyhow::Result<Vec<i16>> {
    let (listen, mut frames) = tokio::sync::mpsc::channel(2_000);
    phone.order(Order::Listen(listen)).await;
    let mut heard: Vec<i16> = Vec::new();
    let mut is_said = false;
    while !is_said || heard.len() < 8_000 * 9 {
        tokio::select! {
            frame = frames.recv() => heard.extend(frame.context("the line is dead")?),
            news = phone.next() => is_said |= matches!(news, News::Played(_)),
        }
        if heard.len() == 8_000 * 4 {
            phone.order(Order::Play(speech.into())).await;
        }
    }
    Ok(heard)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_and_a_caller_hear_each_other() -> anyhow::Result<()> {
    let ports = [port(), port(), port()];
    let operators = vec![
        desks("rings", ports[0]),
        desks("busy", ports[1]),
        desks("takes", ports[2]),
    ];
    let (mut hub, caller) = hub_and_caller(operators).await?;
    let said_there = tune(21, 6_000);
    let rings = Sipp::start(hub.folder(), ports[0], &[Step::Ring, Step::GivenUp])?;
    let _busy = Sipp::start(hub.folder(), ports[1], &[Step::Refuse(486)])?;
    let operator = Baresip::start(hub.folder(), ports[2], &said_there)?;
    for name in ["rings", "busy", "takes"] {
        hub.until_up(name).await?;
    }
    let (mut phone, mut line) = call(&mut hub, &caller).await?;
    let said_here = tune(22, 3_000);
    let roster = [desk("rings", 1), desk("busy", 10), desk("takes", 10)];
    let offers = offers();
    let mut connecting = Box::pin(hub.exchange.connect(&mut line, &roster, &offers));
    let heard = tokio::select! {
        heard = talk(&mut phone, &said_here) => heard?,
        connected = connecting.as_mut() => bail!("{connected:?}"),
    };
    let there = likeness(&said_here, &operator.heard()?);
    let here = likeness(&said_there[8_000..24_000], &heard);
    ensure!(
        there >= 0.95,
        "the operator heard what is like hers by {there}"
    );
    ensure!(
        here >= 0.95,
        "she heard what is like the operator's by {here}"
    );
    ensure!(
        rings.received("CANCEL") == 1,
        "the first desk was not given up"
    );
    // The operator is gone: the caller is given back.
    let ended = tokio::time::timeout(PATIENCE, connecting.as_mut()).await?;
    drop(connecting);
    let Connection {
        came: Connected::Talked { desk, ended },
        legs,
    } = ended
    else {
        bail!("{ended:?}");
    };
    ensure!((desk, ended) == (2, Side::Other), "{desk} {ended:?}");
    // What the leg to the operator costs: she listened for nine seconds, of which a desk rang for one.
    let [took] = legs[..] else {
        bail!("{legs:?}");
    };
    ensure!(
        (7..60).contains(&took.as_secs()),
        "they talked for {took:?}"
    );
    ensure!(line.end().is_none());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_operator_answers_the_caller_is_still_there() -> anyhow::Result<()> {
    let at = port();
    let (mut hub, caller) = hub_and_caller(vec![desks("rings", at), desks("gone", port())]).await?;
    let _rings = Sipp::start(hub.folder(), at, &[Step::Ring, Step::GivenUp])?;
    hub.until_up("rings").await?;
    let (mut phone, mut line) = call(&mut hub, &caller).await?;
    let roster = [desk("rings", 1), desk("gone", 1)];
    let connected = hub.exchange.connect(&mut line, &roster, &offers()).await;
    ensure!(connected.came == Connected::NoneAnswered, "{connected:?}");
    ensure!(connected.legs.is_empty(), "{connected:?}");
    line.order(Order::Play(tune(1, 200).into())).await;
    ensure!(matches!(line.next().await, News::Played(_)));
    phone.order(Order::Press("5".to_owned())).await;
    ensure!(line.next().await == News::Digit('5'));
    line.hang_up();
    ensure!(matches!(phone.next().await, News::Ended(_)));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_gives_up_leaves_no_operator_ringing() -> anyhow::Result<()> {
    let at = port();
    let (mut hub, caller) = hub_and_caller(vec![desks("rings", at)]).await?;
    let rings = Sipp::start(hub.folder(), at, &[Step::Ring, Step::GivenUp])?;
    hub.until_up("rings").await?;
    let (phone, mut line) = call(&mut hub, &caller).await?;
    let roster = [desk("rings", 30)];
    let offers = offers();
    let connecting = hub.exchange.connect(&mut line, &roster, &offers);
    let hanging_up = async {
        let deadline = monotonic() + PATIENCE;
        while rings.received("INVITE") == 0 {
            ensure!(monotonic() < deadline, "no operator was called");
            tokio::time::sleep(LOOK).await;
        }
        phone.hang_up();
        anyhow::Ok(())
    };
    let (connected, hung_up) = tokio::join!(connecting, hanging_up);
    hung_up?;
    ensure!(connected.came == Connected::CallerGone, "{connected:?}");
    let deadline = monotonic() + PATIENCE;
    while rings.received("CANCEL") == 0 {
        ensure!(monotonic() < deadline, "it still rings");
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_presses_keys_and_gives_up_before_it_is_taken() -> anyhow::Result<()> {
    let at = port();
    let mut place = Place::open(vec![trunk("carrier", at)]).await?;
    let ours = place.port_of("carrier");
    let steps = [Step::Wait(300), Step::Press("601#"), Step::HangUp];
    let peer = Sipp::start_by(
        place.folder(),
        at,
        &calling(
            &steps,
            "Session-Expires: 120;refresher=uac\nSupported: timer\n",
        ),
        &["-m", "1", "-aa", &format!("127.0.0.1:{ours}")],
    )?;
    let incoming = place.rings.recv().await.context("nobody called")?;
    ensure!(incoming.shown().as_deref() == Some("6015550177"));
    let mut line = incoming.answer().await.context("it was given up")?;
    let mut keys = String::new();
    loop {
        match line.next().await {
            News::Digit(key) => keys.push(key),
            News::Ended(_) => break,
            News::Played(_) | News::Answerer(_) => {}
        }
    }
    ensure!(keys == "601#", "{keys}");
    let said = peer.messages();
    ensure!(
        said.contains("Session-Expires: 120;refresher=uac"),
        "{said}"
    );
    ensure!(said.contains("Require: timer"), "{said}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_listens_in_silence_hears_the_greeting_once() -> anyhow::Result<()> {
    let (mut hub, caller) = hub_and_caller(Vec::new()).await?;
    let (phone, line) = call(&mut hub, &caller).await?;
    let host = Listener::new(4_000);
    let mut script = Inbound::new(Language::English, Pace::Normal);
    let conducting = conduct(&hub.exchange, &host, &mut script, line);
    let listening = async {
        let (listen, mut frames) = tokio::sync::mpsc::channel(2_000);
        phone.order(Order::Listen(listen)).await;
        let mut heard = 0;
        while heard < 8_000 * 6 {
            heard += frames.recv().await.context("the line is dead")?.len();
        }
        phone.hang_up();
        anyhow::Ok(())
    };
    let (_ending, listened) = tokio::join!(conducting, listening);
    listened?;
    let said = host.said();
    let begun = said.iter().filter(|said| said.contains("Danger"));
    ensure!(begun.count() == 1, "{said:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_never_says_where_she_hears_is_hung_up() -> anyhow::Result<()> {
    let at = port();
    let mut place = Place::open(vec![trunk("carrier", at)]).await?;
    let ours = place.port_of("carrier");
    // Neither the INVITE nor its ACK has a description.
    let silent = calling(&[Step::HungUp], "")
        .replace("Content-Type: application/sdp\n", "")
        .replace(PLAIN, "");
    let place_of_hub = format!("127.0.0.1:{ours}");
    let options = ["-m", "1", "-aa", &place_of_hub];
    let peer = Sipp::start_by(place.folder(), at, &silent, &options)?;
    let incoming = place.rings.recv().await.context("nobody called")?;
    ensure!(incoming.answer().await.is_none());
    let deadline = monotonic() + PATIENCE;
    while peer.received("BYE") == 0 {
        ensure!(monotonic() < deadline, "{}", peer.messages());
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_over_before_its_answer_is_acknowledged_is_hung_up_then()
-> anyhow::Result<()> {
    let at = port();
    let mut place = Place::open(vec![trunk("carrier", at)]).await?;
    let ours = place.port_of("carrier");
    let answered = "<recv response=\"200\"/>\n";
    let late = format!("{answered}<pause milliseconds=\"300\"/>\n");
    let scenario = calling(&[Step::HungUp], "").replacen(answered, &late, 1);
    let place_of_hub = format!("127.0.0.1:{ours}");
    let options = ["-m", "1", "-aa", &place_of_hub];
    let peer = Sipp::start_by(place.folder(), at, &scenario, &options)?;
    let incoming = place.rings.recv().await.context("nobody called")?;
    let line = incoming.answer().await.context("it was given up")?;
    line.hang_up();
    let deadline = monotonic() + PATIENCE;
    while peer.received("BYE") == 0 {
        ensure!(monotonic() < deadline, "{}", peer.messages());
        tokio::time::sleep(LOOK).await;
    }
    ensure!(peer.errors().is_empty(), "{}", peer.errors());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_the_trunk_is_heard() -> anyhow::Result<()> {
    let mut line = trunk("carrier", port());
    // A carrier elsewhere: whoever calls from this machine is none of it.
    line.server.host = "192.0.2.7".to_owned();
    let mut place = Place::open(vec![line]).await?;
    let ours = place.port_of("carrier");
    let peer = Sipp::start_by(
        place.folder(),
        port(),
        &calling(&[], ""),
        &["-m", "1", &format!("127.0.0.1:{ours}")],
    )?;
    let rings = tokio::time::timeout(Duration::from_secs(3), place.rings.recv()).await;
    ensure!(rings.is_err(), "a stranger's call was announced");
    ensure!(
        !peer.messages().contains("message received"),
        "a stranger was answered"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_at_a_desk_hears_the_offer_and_takes_nobody_and_the_next_desk_does()
-> anyhow::Result<()> {
    let ports = [port(), port()];
    let operators = vec![desks("machine", ports[0]), desks("person", ports[1])];
    let (mut hub, caller) = hub_and_caller(operators).await?;
    let machine = Baresip::start(hub.folder(), ports[0], &tune(21, 3_000))?;
    let steps = [
        Step::Ring,
        Step::Answer(""),
        Step::Wait(1_000),
        Step::Press("51"),
        Step::Wait(1_500),
        Step::HangUp,
    ];
    let person = Sipp::start(hub.folder(), ports[1], &steps)?;
    for name in ["machine", "person"] {
        hub.until_up(name).await?;
    }
    let (_phone, mut line) = call(&mut hub, &caller).await?;
    let roster = [asked("machine"), asked("person")];
    let offers = offers();
    let connecting = hub.exchange.connect(&mut line, &roster, &offers);
    let Connection { came, legs } = tokio::time::timeout(PATIENCE, connecting).await?;
    let ended = Side::Other;
    ensure!(came == Connected::Talked { desk: 1, ended }, "{came:?}");
    // Fifteen seconds at the machine, which is on the bill as well.
    let [there, here] = legs[..] else {
        bail!("{legs:?}");
    };
    ensure!((14..30).contains(&there.as_secs()), "{there:?}");
    ensure!(here.as_secs() < 15, "{here:?}");
    ensure!(person.errors().is_empty(), "{}", person.errors());
    // It is said over and over, the last time not to its end.
    let mut heard = machine.heard()?;
    heard.truncate(8_000 * 6);
    let (spanish, english) = (tune(32, 1_500), tune(31, 1_500));
    let (spanish, english) = (likeness(&spanish, &heard), likeness(&english, &heard));
    ensure!(spanish >= 0.95, "the offer was heard by {spanish}");
    ensure!(english < 0.8, "another offer was heard by {english}");
    ensure!(line.end().is_none(), "the caller is gone");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_gives_up_while_a_desk_is_asked_leaves_nobody_on_the_line()
-> anyhow::Result<()> {
    let at = port();
    let (mut hub, caller) = hub_and_caller(vec![desks("asked", at)]).await?;
    let answers = Sipp::start(hub.folder(), at, &[Step::Answer(""), Step::HungUp])?;
    hub.until_up("asked").await?;
    let (phone, mut line) = call(&mut hub, &caller).await?;
    let (roster, offers) = ([asked("asked")], offers());
    let connecting = hub.exchange.connect(&mut line, &roster, &offers);
    let hanging_up = async {
        let deadline = monotonic() + PATIENCE;
        while answers.received("ACK") == 0 {
            ensure!(monotonic() < deadline, "no operator was called");
            tokio::time::sleep(LOOK).await;
        }
        phone.hang_up();
        anyhow::Ok(())
    };
    let (connected, hung_up) = tokio::join!(connecting, hanging_up);
    hung_up?;
    ensure!(connected.came == Connected::CallerGone, "{connected:?}");
    ensure!(connected.legs.len() == 1, "{connected:?}");
    drop(line);
    let deadline = monotonic() + PATIENCE;
    while answers.received("BYE") == 0 || hub.exchange.status().iter().any(|one| one.busy > 0) {
        ensure!(monotonic() < deadline, "{}", answers.messages());
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}
