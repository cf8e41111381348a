//! Two sessions that hear each other on loopback.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use savin_shared::world::World;
use tokio::sync::mpsc;

use super::{Counts, Heard, Order, Session, Wires};
use crate::audio::tone::tone;
use crate::audio::{Codec, Frame};
use crate::media::latch::Trust;
use crate::media::port::{Pair, Ports};
use crate::media::protection::Key;
use crate::media::sdp::Agreed;

fn world() -> World {
    #[expect(clippy::disallowed_methods, reason = "a test's own wiring")]
    World {
        wall: || Timestamp::UNIX_EPOCH,
        monotonic: std::time::Instant::now,
        random: || [0x5A; 16],
    }
}

/// One end of a call.
struct End {
    orders: mpsc::Sender<Order>,
    heard: mpsc::Receiver<Heard>,
    frames: mpsc::Receiver<Frame>,
    counts: Arc<Counts>,
    at: SocketAddr,
}

async fn end(pair: Pair, peer: SocketAddr, codec: Codec, keys: Option<(Key, Key)>) -> End {
    let (orders, taken) = mpsc::channel(8);
    let (tell, heard) = mpsc::channel(64);
    let (listener, frames) = mpsc::channel(2_000);
    let counts = Arc::new(Counts::default());
    let at = pair.rtp.local_addr().unwrap();
    let agreed = Agreed {
        peer,
        codec: (codec, codec.payload_type()),
        digits: Some(101),
        keys,
        is_heard: true,
    };
    let wires = Wires {
        orders: taken,
        heard: tell,
        counts: Arc::clone(&counts),
    };
    let session = Session::new(pair, agreed, Trust::Host, wires, world()).unwrap();
    #[expect(clippy::disallowed_methods, reason = "it ends with the test")]
    tokio::spawn(session.run());
    orders.send(Order::Listen(listener)).await.unwrap();
    End {
        orders,
        heard,
        frames,
        counts,
        at,
    }
}

async fn both(first_port: u16, codec: Codec, keys: Option<(Key, Key)>) -> (End, End) {
    let ports = Ports::new(
        IpAddr::V4(Ipv4Addr::LOCALHOST),
        (first_port, first_port + 9),
    );
    let (one, other) = (ports.open().await.unwrap(), ports.open().await.unwrap());
    let (one_at, other_at) = (
        one.rtp.local_addr().unwrap(),
        other.rtp.local_addr().unwrap(),
    );
    let turned = keys.clone().map(|(ours, theirs)| (theirs, ours));
    (
        end(one, other_at, codec, keys).await,
        end(other, one_at, codec, turned).await,
    )
}

/// Plays a tone at one end and returns the loudest that the other heard of it.
async fn plays(one: &mut End, other: &mut End) -> i16 {
    one.orders
        .send(Order::Play(tone(&[440.0], 300, 8_000.0).into()))
        .await
        .unwrap();
    while !matches!(one.heard.recv().await.unwrap(), Heard::Played(_)) {}
    let mut loudest = 0;
    while loudest < 7_000 {
        let frame = other.frames.recv().await.unwrap();
        loudest = loudest.max(frame.iter().copied().max().unwrap());
    }
    loudest
}

#[tokio::test]
async fn sound_and_keys_arrive_under_both_laws() {
    for (port, codec) in [(21_100, Codec::Mulaw), (21_120, Codec::Alaw)] {
        let (mut one, mut other) = both(port, codec, None).await;
        assert!(plays(&mut one, &mut other).await < 8_500);
        assert!(plays(&mut other, &mut one).await < 8_500);
        one.orders
            .send(Order::Press("12#".to_owned()))
            .await
            .unwrap();
        let mut keys = String::new();
        while keys.len() < 3 {
            if let Heard::Digit(key) = other.heard.recv().await.unwrap() {
                keys.push(key);
            }
        }
        assert_eq!(keys, "12#");
    }
}

#[tokio::test]
async fn protected_sound_arrives_and_nothing_else_is_heard() {
    let keys = (Key::new(|| [1; 16]), Key::new(|| [2; 16]));
    let (mut one, mut other) = both(21_140, Codec::Mulaw, Some(keys)).await;
    plays(&mut one, &mut other).await;
    let stranger = tokio::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .unwrap();
    let mut forged = vec![0x80, 101, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
    forged.extend([5, 10, 0, 160]);
    for _ in 0..5 {
        stranger.send_to(&forged, other.at).await.unwrap();
    }
    plays(&mut one, &mut other).await;
    assert_eq!(other.counts.dropped.load(Ordering::Relaxed), 5);
    while let Ok(heard) = other.heard.try_recv() {
        assert!(!matches!(heard, Heard::Digit(_)));
    }
}

#[tokio::test]
async fn what_is_played_stops_at_once_and_what_is_on_hold_is_kept() {
    let (mut one, mut other) = both(21_160, Codec::Mulaw, None).await;
    one.orders
        .send(Order::Play(tone(&[440.0], 60_000, 8_000.0).into()))
        .await
        .unwrap();
    while other
        .frames
        .recv()
        .await
        .unwrap()
        .iter()
        .all(|sample| *sample < 7_000)
    {}
    one.orders.send(Order::Quiet).await.unwrap();
    while other
        .frames
        .recv()
        .await
        .unwrap()
        .iter()
        .any(|sample| *sample > 7_000)
    {}
    // Nothing was played to its end.
    while let Ok(heard) = one.heard.try_recv() {
        assert!(!matches!(heard, Heard::Played(_)));
    }
    let agreed = |is_heard| Agreed {
        peer: other.at,
        codec: (Codec::Mulaw, 0),
        digits: Some(101),
        keys: None,
        is_heard,
    };
    one.orders.send(Order::Renew(agreed(false))).await.unwrap();
    one.orders
        .send(Order::Play(tone(&[440.0], 40, 8_000.0).into()))
        .await
        .unwrap();
    one.orders.send(Order::Renew(agreed(true))).await.unwrap();
    // The one that was cut short is never said to have been heard, whatever comes after it.
    assert_eq!(one.heard.recv().await, Some(Heard::Played(2)));
    while other
        .frames
        .recv()
        .await
        .unwrap()
        .iter()
        .all(|sample| *sample < 7_000)
    {}
}

#[tokio::test]
async fn keys_are_heard_as_tones_where_they_are_no_events() {
    let (one, mut other) = both(21_180, Codec::Alaw, None).await;
    let agreed = |digits| Agreed {
        peer: one.at,
        codec: (Codec::Alaw, 8),
        digits,
        keys: None,
        is_heard: true,
    };
    let press = async |row: f64, column: f64| {
        let key = tone(&[row, column], 100, 4_000.0);
        for sound in [key, vec![0; 800]] {
            one.orders.send(Order::Play(sound.into())).await.unwrap();
        }
    };
    // Where they are events, a voice that sounds like one presses none.
    press(697.0, 1_209.0).await;
    for _ in 0..30 {
        other.frames.recv().await.unwrap();
    }
    other.orders.send(Order::Renew(agreed(None))).await.unwrap();
    for (row, column) in [(697.0, 1_336.0), (697.0, 1_336.0), (941.0, 1_477.0)] {
        press(row, column).await;
    }
    let mut keys = String::new();
    while keys.len() < 3 {
        if let Heard::Digit(key) = other.heard.recv().await.unwrap() {
            keys.push(key);
        }
    }
    assert_eq!(keys, "22#");
}
