//! Giving up, hanging up and falling silent at every moment of a call, over a trunk with two lines and sound for two
//! calls: what one of them kept, the next would lack.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use savin_telephone::script::ending::NotAnswered;
use savin_telephone::script::inbound::Inbound;
use savin_telephone::script::pace::Pace;
use savin_telephone::script::speech::Language;
use savin_telephone::sip::call::News;
use savin_telephone::sip::conduct::conduct;
use savin_telephone::sip::settings::{Media, Trunk};
use savin_tests::clock::monotonic;

use crate::peer::{Message, Peer, SOUND};
use crate::place::{LOOK, Listener, PATIENCE, Place, port, sound_port, trunk};

/// More calls at each moment than there are lines and ports.
const TIMES: usize = 3;

/// Opens a trunk with two lines, at whose other end a test answers.
async fn open() -> anyhow::Result<(Place, Peer)> {
    let at = port();
    let line = Trunk {
        lines: 2,
        ..trunk("first", at)
    };
    let first = sound_port();
    let media = Media {
        bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
        announced: None,
        ports: (first, first + 3),
    };
    let peer = Peer::at(at, line.bind.port()).await?;
    let place = Place::open_by(vec![line], media).await?;
    place.until_up("first").await?;
    Ok((place, peer))
}

/// Waits until no line is busy.
async fn free(place: &Place, moment: &str) -> anyhow::Result<()> {
    let deadline = monotonic() + PATIENCE;
    while place.exchange.status().iter().any(|one| one.busy > 0) {
        ensure!(monotonic() < deadline, "a line is still busy: {moment}");
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// What the other end has answered when the call is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Given {
    Nothing,
    Trying,
    Ringing,
    Sound,
    /// Its answer that somebody took the call crosses the CANCEL.
    Taken,
}

impl Given {
    const ALL: [Self; 5] = [
        Self::Nothing,
        Self::Trying,
        Self::Ringing,
        Self::Sound,
        Self::Taken,
    ];
}

/// Ends a call that was cancelled as the standard wants it, and sees that it is acknowledged.
async fn cancelled(peer: &mut Peer, invite: &Message) -> anyhow::Result<()> {
    let cancel = peer.asked("CANCEL").await?;
    ensure!(cancel.header("Call-ID") == invite.header("Call-ID"));
    peer.answer(&cancel, ("200 OK", "", "")).await?;
    peer.answer(invite, ("487 Request Terminated", "", ""))
        .await?;
    peer.asked("ACK").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_given_up_at_any_moment_rings_nowhere_and_keeps_no_line()
-> anyhow::Result<()> {
    let (place, mut peer) = open().await?;
    for given in Given::ALL {
        for _ in 0..TIMES {
            let invite = {
                let mut dialling = Box::pin(place.dial());
                let until = async {
                    let invite = peer.asked("INVITE").await?;
                    let answers: &[(&str, &str)] = match given {
                        Given::Nothing => &[],
                        Given::Trying => &[("100 Trying", "")],
                        Given::Ringing => &[("100 Trying", ""), ("180 Ringing", "")],
                        Given::Sound => &[("100 Trying", ""), ("183 Progress", SOUND)],
                        Given::Taken => &[("180 Ringing", "")],
                    };
                    for (start, body) in answers {
                        peer.answer(&invite, (start, "", body)).await?;
                    }
                    // What was answered is heard before the call is given up.
                    tokio::time::sleep(LOOK * 4).await;
                    anyhow::Ok(invite)
                };
                tokio::select! {
                    called = &mut dialling => anyhow::bail!("{given:?}: {:?}", called.err()),
                    invite = until => invite?,
                }
            };
            match given {
                Given::Nothing => {
                    // Before anything is answered nothing may be cancelled; then it is.
                    peer.hears_no("CANCEL").await?;
                    peer.answer(&invite, ("100 Trying", "", "")).await?;
                    cancelled(&mut peer, &invite).await?;
                }
                Given::Trying | Given::Ringing | Given::Sound => {
                    cancelled(&mut peer, &invite).await?;
                }
                Given::Taken => {
                    let cancel = peer.asked("CANCEL").await?;
                    peer.take(&invite).await?;
                    peer.answer(&cancel, ("481 Gone", "", "")).await?;
                    peer.asked("ACK").await?;
                    peer.asked("BYE").await?;
                }
            }
            free(&place, &format!("{given:?}")).await?;
        }
    }
    // Two calls at once still have lines and sound.
    let both = async {
        let (one, two) = tokio::join!(place.dial(), place.dial());
        anyhow::Ok((one?, two?))
    };
    let taking = async {
        for _ in 0..2 {
            let invite = peer.asked("INVITE").await?;
            peer.take(&invite).await?;
        }
        anyhow::Ok(())
    };
    let (both, taken) = tokio::join!(both, taking);
    taken?;
    drop(both?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trunk_that_takes_a_call_and_says_no_more_of_it_costs_her_no_try() -> anyhow::Result<()> {
    let (place, mut peer) = open().await?;
    for _ in 0..TIMES {
        let stuck = async {
            let invite = peer.asked("INVITE").await?;
            peer.answer(&invite, ("100 Trying", "", "")).await?;
            cancelled(&mut peer, &invite).await
        };
        let (refused, stuck) = tokio::join!(place.dial(), stuck);
        stuck?;
        let refused = refused.err().context("somebody took it")?;
        ensure!(
            (refused.status, refused.why) == (408, NotAnswered::Line),
            "{refused:?}"
        );
        free(&place, "it says no more").await?;
    }
    // So does one that says by itself that it has waited in vain, but for a telephone that rang.
    for (answers, why) in [
        (["100 Trying"].as_slice(), NotAnswered::Line),
        (&["100 Trying", "180 Ringing"], NotAnswered::NoAnswer),
    ] {
        let waits = async {
            let invite = peer.asked("INVITE").await?;
            for start in answers {
                peer.answer(&invite, (start, "", "")).await?;
            }
            peer.answer(&invite, ("408 Request Timeout", "", ""))
                .await?;
            peer.asked("ACK").await
        };
        let (refused, waited) = tokio::join!(place.dial(), waits);
        waited?;
        let refused = refused.err().context("somebody took it")?;
        ensure!((refused.status, refused.why) == (408, why), "{refused:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_that_is_too_short_for_somebody_between_is_said_anew_once() -> anyhow::Result<()> {
    let (place, mut peer) = open().await?;
    let wants = async {
        let invite = peer.asked("INVITE").await?;
        let small = ("422 Session Interval Too Small", "Min-SE: 240\r\n", "");
        peer.answer(&invite, small).await?;
        peer.asked("ACK").await?;
        let again = peer.asked("INVITE").await?;
        ensure!(again.header("Session-Expires") == Some("240"), "{again:?}");
        ensure!(again.header("Min-SE") == Some("240"), "{again:?}");
        let timed = "Session-Expires: 240;refresher=uac\r\nRequire: timer\r\n";
        peer.answer(&again, ("200 OK", timed, SOUND)).await?;
        peer.asked("ACK").await?;
        anyhow::Ok(())
    };
    let (call, wanted) = tokio::join!(place.dial(), wants);
    wanted?;
    drop(call?);
    peer.asked("BYE").await?;
    free(&place, "422").await?;
    // One that is never content is the trunk's own fault, and she loses no try.
    let never = async {
        for _ in 0..2 {
            let invite = peer.asked("INVITE").await?;
            let small = ("422 Session Interval Too Small", "Min-SE: 600\r\n", "");
            peer.answer(&invite, small).await?;
            peer.asked("ACK").await?;
        }
        peer.hears_no("INVITE").await
    };
    let (refused, never) = tokio::join!(place.dial(), never);
    never?;
    let refused = refused.err().context("somebody took it")?;
    ensure!(
        (refused.status, refused.why) == (422, NotAnswered::Line),
        "{refused:?}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_caller_requires_and_we_do_not_know_is_said_and_no_line_is_taken()
-> anyhow::Result<()> {
    let (mut place, mut peer) = open().await?;
    let foreign = "Require: timer, precondition\r\nRequire: recipient-list\r\n";
    for _ in 0..TIMES {
        let invite = peer.call(foreign).await?;
        let refused = peer.told("INVITE", 420).await?;
        let named = refused.header("Unsupported");
        ensure!(named == Some("precondition, recipient-list"), "{refused:?}");
        peer.acknowledge(&invite, &refused).await?;
        ensure!(place.exchange.status()[0].busy == 0, "it took a line");
    }
    // What we know is taken; where what comes before the answer must be acknowledged, nothing comes.
    let invite = peer
        .call("Require: timer, 100rel\r\nSession-Expires: 1800\r\n")
        .await?;
    let incoming = place.rings.recv().await.context("nobody called")?;
    let taking = async { incoming.answer().await.context("it was given up") };
    let answered = async {
        let answer = peer.find_answer(&["180", "183"], "INVITE", 200).await?;
        peer.acknowledge(&invite, &answer).await?;
        anyhow::Ok(answer)
    };
    let (mut line, answer) = tokio::try_join!(taking, answered)?;
    peer.hang_up(&invite, &answer).await?;
    ensure!(matches!(line.next().await, News::Ended(_)));
    peer.told("BYE", 200).await?;
    free(&place, "Require").await
}

/// When a caller gives up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leaves {
    AtOnce,
    Ringing,
    /// Her CANCEL crosses our answer, and she hangs up what it began.
    Taken,
    /// It does, and she says nothing more of it.
    Silent,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_gives_up_at_any_moment_keeps_no_line() -> anyhow::Result<()> {
    let (mut place, mut peer) = open().await?;
    let moments = [
        Leaves::AtOnce,
        Leaves::Ringing,
        Leaves::Taken,
        Leaves::Silent,
    ];
    for leaves in moments {
        for _ in 0..TIMES {
            let invite = peer.call("").await?;
            if leaves != Leaves::AtOnce {
                peer.told("INVITE", 180).await?;
            }
            if let Leaves::AtOnce | Leaves::Ringing = leaves {
                peer.cancel(&invite).await?;
                peer.told("CANCEL", 200).await?;
                let ended = peer.told("INVITE", 487).await?;
                peer.acknowledge(&invite, &ended).await?;
                let incoming = place.rings.recv().await.context("nobody called")?;
                ensure!(incoming.answer().await.is_none(), "{leaves:?}");
            } else {
                let incoming = place.rings.recv().await.context("nobody called")?;
                let taking = async { incoming.answer().await.context("it was given up") };
                let crossing = async {
                    let answer = peer.told("INVITE", 200).await?;
                    peer.cancel(&invite).await?;
                    anyhow::Ok(answer)
                };
                let (mut line, answer) = tokio::try_join!(taking, crossing)?;
                if leaves == Leaves::Taken {
                    peer.acknowledge(&invite, &answer).await?;
                    peer.hang_up(&invite, &answer).await?;
                    ensure!(matches!(line.next().await, News::Ended(_)), "{leaves:?}");
                } else {
                    // Nothing is acknowledged: it is hung up after timer H, of 32 s.
                    let over = async { while !matches!(line.next().await, News::Ended(_)) {} };
                    tokio::time::timeout(PATIENCE, over)
                        .await
                        .context("it goes on")?;
                    free(&place, "nothing was acknowledged").await?;
                    break;
                }
            }
            free(&place, &format!("{leaves:?}")).await?;
        }
    }
    Ok(())
}

/// What a caller presses one after the other, each once something more was said.
const KEYS: [&str; 9] = ["1", "3", "784#", "#", "4", "6015550123#", "1234#", "5", "0"];

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_hangs_up_anywhere_in_the_script_keeps_no_line() -> anyhow::Result<()> {
    let (mut place, mut peer) = open().await?;
    for presses in 0..=KEYS.len() {
        let invite = peer.call("").await?;
        let incoming = place.rings.recv().await.context("nobody called")?;
        let taking = async { incoming.answer().await.context("it was given up") };
        let answered = async {
            let answer = peer.told("INVITE", 200).await?;
            peer.acknowledge(&invite, &answer).await?;
            anyhow::Ok(answer)
        };
        let (line, answer) = tokio::try_join!(taking, answered)?;
        let host = Listener::new(60);
        let mut script = Inbound::new(Language::English, Pace::Normal);
        let talking = conduct(&place.exchange, &host, &mut script, line);
        let pressing = async {
            for keys in KEYS.iter().take(presses) {
                let before = host.said().len();
                peer.press(&invite, &answer, keys).await?;
                let deadline = monotonic() + Duration::from_secs(3);
                while host.said().len() == before && monotonic() < deadline {
                    tokio::time::sleep(LOOK).await;
                }
            }
            peer.hang_up(&invite, &answer).await?;
            anyhow::Ok(())
        };
        let (ending, pressed) =
            tokio::time::timeout(PATIENCE, async { tokio::join!(talking, pressing) })
                .await
                .with_context(|| format!("it goes on after {presses} keys"))?;
        pressed?;
        ensure!(ending.is_some(), "no ending after {presses} keys");
        free(&place, &format!("{presses} keys")).await?;
    }
    Ok(())
}
