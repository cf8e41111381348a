//! What a call's sound is agreed to be: session descriptions (RFC 8866), offered and answered
//! (RFC 3264). One stream of sound, µ-law or A-law, keys as events; everything else is declined.

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr as _;

use thiserror::Error;

use super::protection::Key;
use crate::audio::Codec;

/// The payload type that keys are offered with.
const DIGITS: u8 = 101;

/// Lines of a description that are read.
const LINES_MAX: usize = 500;

/// Whether sound must be protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrecy {
    /// Never.
    Off,
    /// Where the other end offers it.
    Accepted,
    /// Always: a call without it is refused.
    Required,
}

/// Which way sound goes, said by one end of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Both ways.
    Both,
    /// It only sends.
    Sends,
    /// It only hears.
    Hears,
    /// Neither: the call is on hold.
    Neither,
}

impl Direction {
    const ALL: [Self; 4] = [Self::Both, Self::Sends, Self::Hears, Self::Neither];

    const fn name(self) -> &'static str {
        match self {
            Self::Both => "sendrecv",
            Self::Sends => "sendonly",
            Self::Hears => "recvonly",
            Self::Neither => "inactive",
        }
    }

    /// Returns what answers it.
    const fn answer(self) -> Self {
        match self {
            Self::Both => Self::Both,
            Self::Sends => Self::Hears,
            Self::Hears => Self::Sends,
            Self::Neither => Self::Neither,
        }
    }

    /// Returns whether the end that says it wants to hear.
    const fn hears(self) -> bool {
        matches!(self, Self::Both | Self::Hears)
    }
}

/// Why no sound can be agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SdpError {
    /// It is no description, or has no sound in it.
    #[error("agree on the call's sound: no stream of sound in the description")]
    NoSound,
    /// Neither µ-law nor A-law.
    #[error("agree on the call's sound: neither PCMU nor PCMA is taken")]
    NoCodec,
    /// One end wants it protected, and the other does not.
    #[error("agree on the call's sound: one end wants SRTP with SDES keys, the other does not")]
    Secrecy,
}

/// Our end of the sound.
#[derive(Debug, Clone)]
pub struct Ours {
    /// Where we hear, as the other end sees it.
    pub address: SocketAddr,
    /// A random number that names the description.
    pub id: u64,
    /// Raised with each description of the same call.
    pub version: u32,
    /// Our key, if sound may be protected.
    pub key: Option<Key>,
    /// Whether sound must be.
    pub secrecy: Secrecy,
}

/// The other end's description.
#[derive(Debug, Clone)]
pub struct Theirs {
    address: SocketAddr,
    /// The payload type of each law, in the order of preference.
    codecs: Vec<(Codec, u8)>,
    digits: Option<u8>,
    keys: Vec<Key>,
    is_protected: bool,
    direction: Direction,
    /// All streams as they were said, so that an answer declines the others.
    streams: Vec<Stream>,
}

#[derive(Debug, Clone)]
struct Stream {
    kind: String,
    protocol: String,
    formats: String,
    is_ours: bool,
}

/// What was agreed.
#[derive(Debug, Clone)]
pub struct Agreed {
    /// Where the other end hears.
    pub peer: SocketAddr,
    /// The law, and its payload type.
    pub codec: (Codec, u8),
    /// The payload type of keys, if they come as events.
    pub digits: Option<u8>,
    /// Our key and the other end's, if sound is protected.
    pub keys: Option<(Key, Key)>,
    /// Whether the other end wants to hear us; on hold it does not.
    pub is_heard: bool,
}

impl Ours {
    /// Writes an offer.
    #[must_use]
    pub fn offer(&self) -> String {
        let protected = self
            .key
            .as_ref()
            .filter(|_| self.secrecy == Secrecy::Required);
        let mut text = self.head();
        let (profile, port) = (profile(protected.is_some()), self.address.port());
        let laws = [Codec::Mulaw, Codec::Alaw].map(|codec| (codec, codec.payload_type()));
        let types = laws.map(|(_, kind)| kind.to_string()).join(" ");
        put(
            &mut text,
            format_args!("m=audio {port} {profile} {types} {DIGITS}"),
        );
        for law in laws {
            put_codec(&mut text, law);
        }
        self.put_rest(&mut text, Some(DIGITS), protected, Direction::Both);
        text
    }

    /// Answers an offer.
    ///
    /// # Errors
    /// Returns [`SdpError`] if there is nothing that both ends can do.
    pub fn answer(&self, offer: &Theirs) -> Result<(String, Agreed), SdpError> {
        let mut agreed = offer.agreed(self)?;
        let direction = offer.direction.answer();
        let mut text = self.head();
        for stream in &offer.streams {
            if !stream.is_ours {
                let Stream {
                    kind,
                    protocol,
                    formats,
                    ..
                } = stream;
                put(&mut text, format_args!("m={kind} 0 {protocol} {formats}"));
                continue;
            }
            let digits = agreed
                .digits
                .map_or_else(String::new, |kind| format!(" {kind}"));
            put(
                &mut text,
                format_args!(
                    "m={} {} {} {}{digits}",
                    stream.kind,
                    self.address.port(),
                    stream.protocol,
                    agreed.codec.1
                ),
            );
            put_codec(&mut text, agreed.codec);
            if let Some((ours, theirs)) = &mut agreed.keys {
                *ours = ours.clone().answering(theirs);
            }
            let key = agreed.keys.as_ref().map(|(ours, _)| ours);
            self.put_rest(&mut text, agreed.digits, key, direction);
        }
        Ok((text, agreed))
    }

    /// Takes the answer to our offer.
    ///
    /// # Errors
    /// Returns [`SdpError`] if it is none.
    pub fn take(&self, answer: &Theirs) -> Result<Agreed, SdpError> {
        answer.agreed(self)
    }

    fn head(&self) -> String {
        let (host, id) = (self.address.ip(), self.id);
        let family = if host.is_ipv4() { "IP4" } else { "IP6" };
        let mut text = String::new();
        put(&mut text, format_args!("v=0"));
        put(
            &mut text,
            format_args!("o=- {id} {} IN {family} {host}", self.version),
        );
        put(&mut text, format_args!("s=-"));
        put(&mut text, format_args!("c=IN {family} {host}"));
        put(&mut text, format_args!("t=0 0"));
        text
    }

    fn put_rest(
        &self,
        text: &mut String,
        digits: Option<u8>,
        key: Option<&Key>,
        direction: Direction,
    ) {
        if let Some(kind) = digits {
            put(text, format_args!("a=rtpmap:{kind} telephone-event/8000"));
            put(text, format_args!("a=fmtp:{kind} 0-15"));
        }
        put(text, format_args!("a=ptime:20"));
        if let Some(key) = key {
            put(text, format_args!("a=crypto:{}", key.attribute()));
        }
        put(text, format_args!("a={}", direction.name()));
    }
}

impl Theirs {
    /// Reads a description.
    ///
    /// # Errors
    /// Returns [`SdpError::NoSound`] if there is no stream of sound with an address.
    pub fn read(text: &str) -> Result<Self, SdpError> {
        let mut reader = Reader::default();
        for line in text.lines().take(LINES_MAX) {
            if let Some((kind, value)) = line.trim_end().split_once('=') {
                reader.line(kind, value);
            }
        }
        reader.end()
    }

    /// Returns what both ends can do.
    fn agreed(&self, ours: &Ours) -> Result<Agreed, SdpError> {
        let codec = *self.codecs.first().ok_or(SdpError::NoCodec)?;
        // What cannot be reached from our port would be a call in which nobody hears anything.
        if self.address.is_ipv4() != ours.address.is_ipv4() {
            return Err(SdpError::NoSound);
        }
        let theirs = self.keys.first().filter(|_| self.is_protected);
        let keys = match (&ours.key, theirs, ours.secrecy) {
            (Some(ours), Some(theirs), Secrecy::Required | Secrecy::Accepted) => {
                Some((ours.clone(), theirs.clone()))
            }
            (_, None, Secrecy::Off | Secrecy::Accepted) if !self.is_protected => None,
            _ => return Err(SdpError::Secrecy),
        };
        Ok(Agreed {
            peer: self.address,
            codec,
            digits: self.digits,
            keys,
            is_heard: self.direction.hears() && !self.address.ip().is_unspecified(),
        })
    }
}

/// A description half read.
#[derive(Debug, Default)]
struct Reader {
    host: Option<IpAddr>,
    direction: Option<Direction>,
    streams: Vec<Stream>,
    /// The stream of sound that is ours, and whether its lines are being read.
    found: Option<Found>,
    is_inside: bool,
}

#[derive(Debug)]
struct Found {
    host: Option<IpAddr>,
    port: u16,
    types: Vec<u8>,
    maps: Vec<(u8, String)>,
    keys: Vec<Key>,
    is_protected: bool,
    direction: Option<Direction>,
}

impl Reader {
    fn line(&mut self, kind: &str, value: &str) {
        match kind {
            "m" => self.stream(value),
            "c" => {
                let host = value.split_whitespace().nth(2);
                let host = host.and_then(|host| IpAddr::from_str(host).ok());
                match self.found.as_mut().filter(|_| self.is_inside) {
                    Some(found) => found.host = host,
                    None if self.streams.is_empty() => self.host = host,
                    None => {}
                }
            }
            "a" => self.attribute(value),
            _ => {}
        }
    }

    fn stream(&mut self, value: &str) {
        let mut words = value.split_whitespace();
        let (Some(kind), Some(port), Some(protocol)) = (words.next(), words.next(), words.next())
        else {
            return;
        };
        let formats: Vec<&str> = words.collect();
        let port = port.parse().unwrap_or(0);
        // With reports that come sooner (RFC 4585, 5124) it is the same sound.
        let is_protected = matches!(protocol, "RTP/SAVP" | "RTP/SAVPF");
        let is_ours = self.found.is_none()
            && kind == "audio"
            && port != 0
            && (is_protected || matches!(protocol, "RTP/AVP" | "RTP/AVPF"));
        self.is_inside = is_ours;
        self.streams.push(Stream {
            kind: kind.to_owned(),
            protocol: protocol.to_owned(),
            formats: formats.join(" "),
            is_ours,
        });
        if is_ours {
            self.found = Some(Found {
                host: None,
                port,
                types: formats
                    .iter()
                    .filter_map(|kind| kind.parse().ok())
                    .collect(),
                maps: Vec::new(),
                keys: Vec::new(),
                is_protected,
                direction: None,
            });
        }
    }

    fn attribute(&mut self, value: &str) {
        let direction = Direction::ALL.into_iter().find(|one| one.name() == value);
        let Some(found) = self.found.as_mut().filter(|_| self.is_inside) else {
            if self.streams.is_empty() {
                self.direction = direction.or(self.direction);
            }
            return;
        };
        found.direction = direction.or(found.direction);
        if let Some(key) = value.strip_prefix("crypto:") {
            found.keys.extend(Key::read(key));
        }
        let map = value
            .strip_prefix("rtpmap:")
            .and_then(|map| map.split_once(' '));
        if let Some((kind, name)) = map
            && let Ok(kind) = kind.parse()
        {
            found.maps.push((kind, name.trim().to_ascii_uppercase()));
        }
    }

    fn end(self) -> Result<Theirs, SdpError> {
        let found = self.found.ok_or(SdpError::NoSound)?;
        let host = found.host.or(self.host).ok_or(SdpError::NoSound)?;
        let name = |kind: u8| {
            let map = found.maps.iter().find(|(mapped, _)| *mapped == kind);
            map.map(|(_, name)| name.as_str())
        };
        let law = |kind: u8| match (kind, name(kind)) {
            (0, None) | (_, Some("PCMU/8000" | "PCMU/8000/1")) => Some((Codec::Mulaw, kind)),
            (8, None) | (_, Some("PCMA/8000" | "PCMA/8000/1")) => Some((Codec::Alaw, kind)),
            _ => None,
        };
        let is_digits = |kind: &u8| name(*kind) == Some("TELEPHONE-EVENT/8000");
        Ok(Theirs {
            address: SocketAddr::new(host, found.port),
            codecs: found.types.iter().filter_map(|kind| law(*kind)).collect(),
            digits: found.types.iter().copied().find(is_digits),
            direction: found
                .direction
                .or(self.direction)
                .unwrap_or(Direction::Both),
            is_protected: found.is_protected,
            streams: self.streams,
            keys: found.keys,
        })
    }
}

const fn profile(is_protected: bool) -> &'static str {
    if is_protected { "RTP/SAVP" } else { "RTP/AVP" }
}

fn put_codec(text: &mut String, (codec, kind): (Codec, u8)) {
    put(text, format_args!("a=rtpmap:{kind} {}/8000", codec.name()));
}

fn put(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing into a string does not fail.
    let _written = write!(text, "{line}\r\n");
}

#[cfg(test)]
mod tests {
    use super::{Agreed, Ours, SdpError, Secrecy, Theirs};
    use crate::audio::Codec;
    use crate::media::protection::Key;

    fn ours(port: u16, secrecy: Secrecy) -> Ours {
        Ours {
            address: format!("192.0.2.10:{port}").parse().unwrap(),
            id: 77,
            version: 1,
            key: Some(Key::new(if port == 4_000 {
                || [4; 16]
            } else {
                || [5; 16]
            }))
            .filter(|_| secrecy != Secrecy::Off),
            secrecy,
        }
    }

    /// Offers, answers and takes the answer.
    fn agree(offering: Secrecy, answering: Secrecy) -> Result<(Agreed, Agreed), SdpError> {
        let (caller, called) = (ours(4_000, offering), ours(5_000, answering));
        let offer = Theirs::read(&caller.offer())?;
        let (answer, there) = called.answer(&offer)?;
        Ok((caller.take(&Theirs::read(&answer)?)?, there))
    }

    #[test]
    fn both_ends_agree_on_the_same() {
        let (here, there) = agree(Secrecy::Off, Secrecy::Accepted).unwrap();
        assert_eq!(here.peer, "192.0.2.10:5000".parse().unwrap());
        assert_eq!(there.peer, "192.0.2.10:4000".parse().unwrap());
        assert_eq!(
            (here.codec, there.codec),
            ((Codec::Mulaw, 0), (Codec::Mulaw, 0))
        );
        assert_eq!((here.digits, there.digits), (Some(101), Some(101)));
        assert!(here.keys.is_none() && there.keys.is_none());
        assert!(here.is_heard && there.is_heard);
    }

    #[test]
    fn answers_where_it_can_be_heard_and_as_it_was_offered() {
        let offer = |host: &str, profile: &str| {
            let text = ours(4_000, Secrecy::Off).offer();
            let text = text.replace("c=IN IP4 192.0.2.10", &format!("c=IN {host}"));
            Theirs::read(&text.replace("RTP/AVP", profile)).unwrap()
        };
        let answer = |offer| {
            ours(5_000, Secrecy::Off)
                .answer(&offer)
                .map(|(text, _)| text)
        };
        let other = answer(offer("IP6 2001:db8::7", "RTP/AVP"));
        assert_eq!(other, Err(SdpError::NoSound));
        let sooner = answer(offer("IP4 192.0.2.10", "RTP/AVPF")).unwrap();
        assert!(sooner.contains("m=audio 5000 RTP/AVPF 0 101"), "{sooner}");
    }

    #[test]
    fn each_end_opens_with_the_key_that_the_other_seals_with() {
        let (here, there) = agree(Secrecy::Required, Secrecy::Accepted).unwrap();
        let (here, there) = (here.keys.unwrap(), there.keys.unwrap());
        assert_eq!(here.0, there.1);
        assert_eq!(here.1, there.0);
        assert_ne!(here.0, here.1);
    }

    #[test]
    fn a_call_that_must_be_protected_is_not_agreed_without() {
        let refused = |offering, answering| agree(offering, answering).unwrap_err();
        assert_eq!(refused(Secrecy::Required, Secrecy::Off), SdpError::Secrecy);
        assert_eq!(refused(Secrecy::Off, Secrecy::Required), SdpError::Secrecy);
        // Whoever wanted it takes no answer without it.
        let plain = Theirs::read(&ours(5_000, Secrecy::Off).offer()).unwrap();
        let taken = ours(4_000, Secrecy::Required).take(&plain);
        assert_eq!(taken.unwrap_err(), SdpError::Secrecy);
    }

    #[test]
    fn answers_what_a_carrier_offers() {
        let offer = "v=0\r\no=carrier 1 1 IN IP4 203.0.113.5\r\ns=session\r\n\
            c=IN IP4 203.0.113.6\r\nt=0 0\r\na=sendonly\r\n\
            m=video 9000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n\
            m=audio 17000 RTP/AVP 18 8 0 96\r\nc=IN IP4 203.0.113.7\r\n\
            a=rtpmap:18 G729/8000\r\na=rtpmap:96 telephone-event/8000\r\n\
            m=audio 17002 RTP/AVP 0\r\n";
        let offer = Theirs::read(offer).unwrap();
        let (answer, agreed) = ours(5_000, Secrecy::Accepted).answer(&offer).unwrap();
        assert_eq!(agreed.peer, "203.0.113.7:17000".parse().unwrap());
        assert_eq!(agreed.codec, (Codec::Alaw, 8));
        assert_eq!(agreed.digits, Some(96));
        assert!(!agreed.is_heard, "it put us on hold");
        let streams: Vec<&str> = answer
            .lines()
            .filter(|line| line.starts_with("m="))
            .collect();
        let expected = [
            "m=video 0 RTP/AVP 96",
            "m=audio 5000 RTP/AVP 8 96",
            "m=audio 0 RTP/AVP 0",
        ];
        assert_eq!(streams, expected);
        assert!(answer.contains("a=recvonly\r\n"));
        assert!(answer.contains("a=rtpmap:96 telephone-event/8000\r\n"));
    }

    #[test]
    fn an_address_of_nobody_is_hold() {
        let text = "v=0\r\nc=IN IP4 0.0.0.0\r\nm=audio 4000 RTP/AVP 0\r\n";
        let (_, agreed) = ours(5_000, Secrecy::Off)
            .answer(&Theirs::read(text).unwrap())
            .unwrap();
        assert!(!agreed.is_heard);
    }

    #[test]
    fn says_why_nothing_can_be_agreed() {
        for text in [
            "",
            "v=0\r\n",
            "m=audio 4000 RTP/AVP 0\r\n",
            "c=IN IP4 192.0.2.1\r\nm=audio 0 RTP/AVP 0\r\n",
        ] {
            assert_eq!(Theirs::read(text).unwrap_err(), SdpError::NoSound, "{text}");
        }
        let text = "c=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 18\r\n";
        let offer = Theirs::read(text).unwrap();
        assert_eq!(
            ours(5_000, Secrecy::Off).answer(&offer).unwrap_err(),
            SdpError::NoCodec
        );
    }
}
