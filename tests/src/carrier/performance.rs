//! Performs one call for somebody scripted.

use std::borrow::Cow;
use std::collections::BTreeMap;

use anyhow::{Context as _, bail, ensure};
use savin_shared::pii::Secret;
use savin_telephone::audio::wav;
use savin_telephone::carrier::signature::twilio;

use super::document::{Element, read};
use super::{ACCOUNT, Act, Hand, NUMBER, Person, Shared, Stage, TALKED_S, TOKEN};

/// Documents of one call, at most: a script that does not end is found out.
const DOCUMENTS_MAX: usize = 60;

/// A call that is performed.
struct Performance<'a> {
    shared: &'a Shared,
    sid: &'a str,
    wanted: &'a BTreeMap<String, String>,
    acts: std::vec::IntoIter<Act>,
    /// Where a test says what is done.
    hand: Option<Hand>,
}

/// What comes of a document.
enum Next {
    /// Another one, which was answered.
    Document(String),
    /// The call is over.
    Over,
}

/// Performs a call to its end.
pub(super) fn perform(
    shared: &Shared,
    sid: &str,
    wanted: &BTreeMap<String, String>,
    person: Person,
) -> anyhow::Result<()> {
    let hand = if let Person::InHand(hand) = person {
        Some(hand)
    } else {
        None
    };
    let (status, sip, by, acts) = match person {
        Person::Busy => ("busy", Some(486), None, Vec::new()),
        Person::Away => ("no-answer", None, None, Vec::new()),
        Person::Fails(sip) => ("failed", Some(sip), None, Vec::new()),
        Person::Machine => ("completed", None, Some("machine_end_beep"), Vec::new()),
        Person::Unasked => ("completed", None, None, Vec::new()),
        Person::Waits => return Ok(()),
        Person::Answers(acts) => ("completed", None, Some("human"), acts),
        Person::InHand(_) => ("completed", None, Some("human"), Vec::new()),
    };
    let mut performance = Performance {
        shared,
        sid,
        wanted,
        acts: acts.into_iter(),
        hand,
    };
    if let Some(by) = by {
        shared.change(|stage| {
            stage
                .noted
                .states
                .insert(sid.to_owned(), "in-progress".to_owned())
        });
        performance.talk(by)?;
    }
    performance.over(status, sip)
}

impl Performance<'_> {
    fn talk(&mut self, by: &str) -> anyhow::Result<()> {
        let url = self.wanted.get("Url").context("no Url")?.clone();
        let guesses = self.wanted.contains_key("MachineDetection");
        let by = guesses.then_some(("AnsweredBy", by));
        let mut document = self.ask(&url, &by.into_iter().collect::<Vec<_>>())?;
        for _ in 0..DOCUMENTS_MAX {
            match self.document(&document)? {
                Next::Document(next) => document = next,
                Next::Over => return Ok(()),
            }
        }
        bail!("the call does not end")
    }

    /// Does what a document says.
    fn document(&mut self, document: &str) -> anyhow::Result<Next> {
        for verb in read(document)? {
            match verb.name.as_str() {
                "Play" | "Say" | "Pause" => self.hear(&verb)?,
                "Redirect" => return Ok(Next::Document(self.ask(&verb.text, &[])?)),
                "Hangup" => return Ok(Next::Over),
                "Gather" => return self.gather(&verb),
                "Dial" => return self.dial(&verb),
                other => bail!("no such verb: {other}"),
            }
        }
        Ok(Next::Over)
    }

    fn hear(&self, verb: &Element) -> anyhow::Result<()> {
        let heard = match verb.name.as_str() {
            "Play" => {
                let mut fetched = ureq::get(&verb.text).call().context("a sound")?;
                let kind = fetched.headers().get("content-type");
                ensure!(kind.is_some_and(|kind| kind == "audio/wav"), "{kind:?}");
                let sound = wav::read(&fetched.body_mut().read_to_vec()?)?;
                let url = verb.text.clone();
                self.shared.change(|stage| {
                    stage.noted.sounds.push(url);
                    let call = self.hand.and_then(|Hand(hand)| stage.hands.get_mut(hand));
                    if let Some(call) = call {
                        call.heard.extend(&sound);
                    }
                });
                (sound.len() / 8).to_string()
            }
            "Say" => verb.text.clone(),
            _ => return Ok(()),
        };
        self.shared.change(|stage| stage.noted.heard.push(heard));
        Ok(())
    }

    fn gather(&mut self, verb: &Element) -> anyhow::Result<Next> {
        for inside in &verb.inside {
            self.hear(inside)?;
        }
        let attribute = |name: &str| verb.attributes.get(name).cloned();
        let action = attribute("action").context("no action")?;
        let digits: usize = attribute("numDigits").context("no numDigits")?.parse()?;
        ensure!(attribute("finishOnKey").as_deref() == Some("#"), "{verb:?}");
        ensure!(
            attribute("actionOnEmptyResult").as_deref() == Some("true"),
            "{verb:?}"
        );
        let keys = match self.act()? {
            Some(Act::Press(keys)) => keys,
            Some(Act::Wait) => Cow::Borrowed(""),
            Some(Act::HangUp) | None => return Ok(Next::Over),
            Some(other @ (Act::Hold | Act::Operator(_) | Act::Desk(_))) => {
                bail!("{other:?} presses nothing")
            }
        };
        let pressed = match keys.strip_suffix('#') {
            Some(before) => vec![("Digits", before), ("FinishedOnKey", "#")],
            None => vec![("Digits", &*keys)],
        };
        ensure!(
            pressed.first().is_none_or(|(_, keys)| keys.len() <= digits),
            "{verb:?}"
        );
        Ok(Next::Document(self.ask(&action, &pressed)?))
    }

    fn dial(&mut self, verb: &Element) -> anyhow::Result<Next> {
        let [called] = &verb.inside[..] else {
            bail!("not one number: {verb:?}")
        };
        ensure!(called.name == "Number", "{verb:?}");
        let number = called.text.clone();
        self.shared.change(|stage| stage.noted.dialled.push(number));
        let action = verb.attributes.get("action").context("no action")?.clone();
        let asks = called.attributes.get("url").cloned();
        let (status, is_joined) = match self.act()? {
            Some(Act::Operator("completed")) => ("completed", self.desk(asks.as_ref(), "1")?),
            Some(Act::Operator(status)) => (status, false),
            Some(Act::Desk(keys)) => ("completed", self.desk(asks.as_ref(), keys)?),
            other => bail!("no operator, but {other:?}"),
        };
        let lasted = TALKED_S.to_string();
        let joined = is_joined.to_string();
        let mut told = vec![("DialCallStatus", status)];
        if status == "completed" {
            told.extend([
                ("DialCallDuration", lasted.as_str()),
                ("DialBridged", joined.as_str()),
            ]);
        }
        Ok(Next::Document(self.ask(&action, &told)?))
    }

    /// Asks what to do at an operator's telephone that was taken, and presses keys there; says whether both are joined.
    fn desk(&self, asks: Option<&String>, keys: &str) -> anyhow::Result<bool> {
        let Some(asks) = asks else { return Ok(true) };
        let desk = format!("{}-desk", self.sid);
        let parent = ("ParentCallSid", self.sid);
        let mut document = self.ask_as(&desk, asks, &[parent])?;
        let mut keys = keys.chars();
        loop {
            let Some(verb) = read(&document)?.into_iter().next() else {
                return Ok(true);
            };
            if verb.name == "Hangup" {
                return Ok(false);
            }
            ensure!(verb.name == "Gather", "{verb:?}");
            for inside in &verb.inside {
                self.hear(inside)?;
            }
            let action = verb.attributes.get("action").context("no action")?;
            let pressed = keys.next().map(String::from).unwrap_or_default();
            document = self.ask_as(&desk, action, &[parent, ("Digits", &pressed)])?;
        }
    }

    /// Returns what is done next; nothing where the hub has ended the call.
    fn act(&mut self) -> anyhow::Result<Option<Act>> {
        if let Some(Hand(hand)) = self.hand {
            let next = |stage: &mut Stage| stage.hands.get_mut(hand)?.acts.pop_front();
            return self
                .shared
                .wait("nothing is done in a call", next)
                .map(Some);
        }
        let act = self.acts.next();
        if act != Some(Act::Hold) {
            return Ok(act);
        }
        let place = self.shared.change(|stage| {
            stage.held += 1;
            stage.held
        });
        self.shared
            .until("nobody goes on", |stage| stage.released >= place)?;
        let is_ended = self
            .shared
            .stage()
            .noted
            .ended
            .iter()
            .any(|ended| ended == self.sid);
        if is_ended {
            Ok(Some(Act::HangUp))
        } else {
            self.act()
        }
    }

    fn over(&self, status: &str, sip: Option<u16>) -> anyhow::Result<()> {
        let url = self
            .wanted
            .get("StatusCallback")
            .context("no StatusCallback")?;
        let sip = sip.map(|sip| sip.to_string());
        let mut fields = vec![("CallStatus", status)];
        fields.extend(sip.iter().map(|sip| ("SipResponseCode", sip.as_str())));
        if !self.shared.stage().is_losing {
            // A hub that is down hears nothing of it.
            drop(self.post(url, &fields));
        }
        let state = (self.sid.to_owned(), status.to_owned());
        self.shared
            .change(|stage| stage.noted.states.insert(state.0, state.1));
        Ok(())
    }

    /// Asks the hub what to do.
    fn ask(&self, url: &str, fields: &[(&str, &str)]) -> anyhow::Result<String> {
        self.ask_as(self.sid, url, fields)
    }

    /// Asks it of one side of the call.
    fn ask_as(&self, sid: &str, url: &str, fields: &[(&str, &str)]) -> anyhow::Result<String> {
        let mut fields = fields.to_vec();
        fields.push(("CallStatus", "in-progress"));
        let first = self.post_as(sid, url, &fields)?;
        if self.shared.stage().is_doubling {
            let second = self.post_as(sid, url, &fields)?;
            ensure!(first == second, "asked again, it says something else");
        }
        let document = first.clone();
        self.shared
            .change(|stage| stage.noted.documents.push(document));
        Ok(first)
    }

    fn post(&self, url: &str, fields: &[(&str, &str)]) -> anyhow::Result<String> {
        self.post_as(self.sid, url, fields)
    }

    fn post_as(&self, sid: &str, url: &str, fields: &[(&str, &str)]) -> anyhow::Result<String> {
        let to = self.wanted.get("To").map_or("", String::as_str);
        let from = self.wanted.get("From").map_or(NUMBER, String::as_str);
        let always = [
            ("CallSid", sid),
            ("AccountSid", ACCOUNT),
            ("From", from),
            ("To", to),
            ("ApiVersion", "2010-04-01"),
            ("Direction", "outbound-api"),
        ];
        let form: Vec<(String, String)> = always
            .iter()
            .chain(fields)
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let signature = twilio(&Secret::new(TOKEN.to_owned()), url, &form);
        let mut answer = ureq::post(url)
            .config()
            .http_status_as_error(false)
            .build()
            .header("X-Twilio-Signature", signature)
            .send_form(form)?;
        let status = answer.status().as_u16();
        self.shared
            .change(|stage| stage.noted.asked.push((url.to_owned(), status)));
        ensure!(answer.status().is_success(), "{url} answers {status}");
        Ok(answer.body_mut().read_to_string()?)
    }
}
