//! Calls that the carrier carries for a script: what comes of them, and of what is asked twice, late, by
//! others, or not at all.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use savin_hub::app::world;
use savin_hub::web::carrier::{CALLS, Door, router};
use savin_shared::pii::{Pii, Secret};
use savin_telephone::carrier::call::{Operator as At, Voice};
use savin_telephone::carrier::exchange::{self, Carriage, Host, Settings, Timing};
use savin_telephone::carrier::live::Live;
use savin_telephone::carrier::request::{Account, Guess};
use savin_telephone::carrier::signature::{Scheme, twilio};
use savin_telephone::script::Checked;
use savin_telephone::script::desk::Takes;
use savin_telephone::script::ending::{Ending, NotAnswered, Operator, Outcome, Voicemail};
use savin_telephone::script::outbound::{CallBack, Notice, Outbound, Told};
use savin_telephone::script::query::{Query, Reply};
use savin_telephone::script::speech::{InEach, Language, Play, Utterance};
use savin_telephone::turnstile::Haste;
use savin_tests::carrier::{ACCOUNT, Act, Carrier, Health, NUMBER, Person, TOKEN};
use savin_tests::clock::monotonic;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Knows the PIN 1234, and remembers what was said; a mute one leaves the saying to the carrier.
#[derive(Default)]
pub(crate) struct Ears {
    said: Mutex<Vec<String>>,
    is_mute: bool,
    talked: Mutex<Vec<u64>>,
}

impl Ears {
    pub(crate) fn has_said(&self, word: &str) -> bool {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.iter().any(|said| said.contains(word))
    }

    /// Returns for how many seconds each operator talked.
    pub(crate) fn talked(&self) -> Vec<u64> {
        let talked = self.talked.lock();
        talked.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Voice for Ears {
    fn say(&self, play: &Play) -> Option<Arc<[u8]>> {
        let said = format!("{:?}", play.say);
        self.said
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(said);
        (!self.is_mute).then(|| vec![0xFF; 80].into())
    }
}

impl Host for Ears {
    async fn check(&self, pin: &Secret<String>) -> Checked {
        if pin == &Secret::new("1234".to_owned()) {
            Checked::Right
        } else {
            Checked::Wrong
        }
    }

    async fn query(&self, _: Query) -> Reply {
        Reply::Unavailable
    }

    async fn talked(&self, took: Duration) {
        let talked = self.talked.lock();
        talked
            .unwrap_or_else(PoisonError::into_inner)
            .push(took.as_secs());
    }
}

/// A hub's door for a carrier, and a carrier.
pub(crate) struct Place {
    pub(crate) simulator: Carrier,
    carrier: exchange::Carrier,
    url: String,
    stop: watch::Sender<bool>,
    _serving: JoinSet<()>,
}

impl Place {
    pub(crate) async fn open() -> anyhow::Result<Self> {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let simulator = Carrier::start()?;
        let (live, _rings) = Live::new(&format!("{url}{CALLS}"), world());
        let door = Door {
            live: live.clone(),
            scheme: Arc::new(Scheme::Twilio(Secret::new(TOKEN.to_owned()))),
            public_url: url.as_str().into(),
            world: world(),
        };
        let settings = Settings {
            account: Account {
                url: simulator.url(),
                sid: ACCOUNT.to_owned(),
                token: Secret::new(TOKEN.to_owned()),
                from: NUMBER.to_owned(),
            },
            ring: Duration::from_secs(3),
            machine: Guess::Machine,
            operators: ["+16015550188", "+16015550199"]
                .map(|number| At {
                    number: number.to_owned(),
                    language: Language::English,
                    takes: Takes::Key,
                })
                .into(),
            lines: 2,
            calls_per_second: 50,
            timing: Timing {
                ringing: Duration::from_millis(200),
                talking: Duration::from_secs(2),
                queued: Duration::from_secs(1),
            },
        };
        let (stop, shutdown) = watch::channel(false);
        let carrier = exchange::Carrier::new(settings, live, world(), shutdown)?;
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let served = axum::serve(listener, router(door)).await;
            drop(served);
        });
        Ok(Self {
            simulator,
            carrier,
            url,
            stop,
            _serving: serving,
        })
    }

    /// Tells a notice to somebody; returns how that went and what was said.
    pub(crate) async fn tell(&self, person: Person) -> anyhow::Result<(Carriage, Arc<Ears>)> {
        self.tell_by(person, false).await
    }

    /// The same, by the hub's voice or the carrier's.
    pub(crate) async fn tell_by(
        &self,
        person: Person,
        is_mute: bool,
    ) -> anyhow::Result<(Carriage, Arc<Ears>)> {
        self.simulator.next(person);
        let ears = Arc::new(Ears {
            is_mute,
            ..Ears::default()
        });
        let voice: Arc<dyn Voice> = Arc::<Ears>::clone(&ears);
        let to = Pii::new("+16015550123".to_owned());
        let calling = self
            .carrier
            .call((&to, Haste::InTurn), script(), voice, &*ears);
        let carriage = tokio::time::timeout(Duration::from_secs(60), calling).await?;
        Ok((carriage, ears))
    }

    /// Begins to tell a notice to somebody, and waits until she holds the call.
    async fn held(self: &Arc<Self>, acts: Vec<Act>) -> anyhow::Result<Telling> {
        let mut telling = JoinSet::new();
        let (place, holding) = (Arc::clone(self), Arc::clone(self));
        telling.spawn(async move { place.tell(Person::Answers(acts)).await });
        tokio::task::spawn_blocking(move || holding.simulator.until_held()).await??;
        Ok(Telling(telling))
    }

    /// Asks as the carrier does, with a signature; returns the status and the answer.
    async fn ask(
        &self,
        url: String,
        fields: &[(&str, &str)],
        token: &str,
    ) -> anyhow::Result<(u16, String)> {
        let form: Vec<(String, String)> = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let signature = twilio(&Secret::new(token.to_owned()), &url, &form);
        let asking = tokio::task::spawn_blocking(move || {
            let mut answer = ureq::post(&url)
                .config()
                .http_status_as_error(false)
                .build()
                .header("X-Twilio-Signature", signature)
                .send_form(form)?;
            anyhow::Ok((
                answer.status().as_u16(),
                answer.body_mut().read_to_string()?,
            ))
        });
        asking.await?
    }
}

/// A notice that is being told.
struct Telling(JoinSet<anyhow::Result<(Carriage, Arc<Ears>)>>);

impl Telling {
    async fn ended(mut self) -> anyhow::Result<(Ending, Arc<Ears>)> {
        let told = self.0.join_next().await.context("nothing is told")?;
        let (carriage, ears) = told??;
        Ok((carriage.ending.context("it does not end")?, ears))
    }
}

/// Something that is asked in a call: where, what, by which token, and the status of the answer.
type Probe<'a> = (String, Vec<(&'a str, &'a str)>, &'a str, u16);

fn script() -> Box<Outbound> {
    let told = Told {
        fact: vec![Utterance::Words("FACT".to_owned())],
        rest: vec![Utterance::Words("REST".to_owned())],
    };
    Box::new(Outbound::new(Notice {
        voicemail: Some(CallBack {
            phone: "6015550100".to_owned(),
            reference: "4711".to_owned(),
        }),
        told: InEach {
            english: told.clone(),
            spanish: told,
        },
        ..Notice::default()
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn tells_each_way_in_which_a_call_ends() -> anyhow::Result<()> {
    let place = Place::open().await?;
    let right = vec![Act::press("1234#"), Act::Wait, Act::HangUp];
    let wrong = vec![Act::press("9999#"), Act::HangUp];
    let cases = [
        (Person::Answers(right), Outcome::Confirmed, "completed"),
        (Person::Answers(wrong), Outcome::NotConfirmed, "completed"),
        (
            Person::Answers(vec![Act::HangUp]),
            Outcome::NotConfirmed,
            "completed",
        ),
        (
            Person::Machine,
            Outcome::Machine(Voicemail::Left),
            "completed",
        ),
        (
            Person::Busy,
            Outcome::NotAnswered(NotAnswered::Busy),
            "busy",
        ),
        (
            Person::Away,
            Outcome::NotAnswered(NotAnswered::NoAnswer),
            "no-answer",
        ),
        (
            Person::Fails(404),
            Outcome::NotAnswered(NotAnswered::NoSuchNumber),
            "failed",
        ),
        (
            Person::Fails(503),
            Outcome::NotAnswered(NotAnswered::Line),
            "failed",
        ),
    ];
    for (person, outcome, detail) in cases {
        let (carriage, ears) = place.tell(person.clone()).await?;
        let ending = carriage.ending.context("it does not end")?;
        ensure!(ending.outcome == outcome, "{person:?}: {ending:?}");
        ensure!(carriage.detail == detail, "{person:?}: {}", carriage.detail);
        let is_told = outcome == Outcome::Confirmed;
        ensure!(
            ears.has_said("FACT") == is_told,
            "{person:?} is told, or is not"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_is_said_no_more_once_the_call_goes_on() -> anyhow::Result<()> {
    let place = Place::open().await?;
    let acts = vec![Act::press("1234#"), Act::Wait, Act::HangUp];
    place.tell(Person::Answers(acts)).await?;
    let (wanted, sounds) = place
        .simulator
        .after(1, |noted| (noted.wanted.clone(), noted.sounds.clone()))?;
    let wanted = wanted.first().context("nobody was called")?;
    ensure!(
        wanted.get("To").is_some_and(|to| to == "+16015550123"),
        "{wanted:?}"
    );
    ensure!(
        wanted.get("Timeout").is_some_and(|ring| ring == "3"),
        "{wanted:?}"
    );
    ensure!(sounds.len() > 4, "{sounds:?}");
    for sound in sounds {
        let fetched = ureq::get(&sound)
            .config()
            .http_status_as_error(false)
            .build()
            .call()?;
        ensure!(
            fetched.status().as_u16() == 404,
            "{sound}: {}",
            fetched.status()
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_twice_counts_once() -> anyhow::Result<()> {
    let place = Place::open().await?;
    place.simulator.double();
    // Two wrong ones and the right one: asked twice they would be four, and an operator would be called.
    let acts = ["9999#", "8888#", "1234#"].map(Act::press).into_iter();
    let acts = acts.chain([Act::Wait, Act::HangUp]).collect();
    let (carriage, _) = place.tell(Person::Answers(acts)).await?;
    let ending = carriage.ending.context("it does not end")?;
    ensure!(ending.outcome == Outcome::Confirmed, "{ending:?}");
    ensure!(ending.operator == Operator::NotAsked, "{ending:?}");
    let status = place.simulator.after(1, |noted| {
        noted
            .wanted
            .first()
            .and_then(|wanted| wanted.get("StatusCallback").cloned())
    })?;
    let status = status.context("no address for it")?;
    let sid = format!("CA{:032}", 1);
    let over = [("CallSid", sid.as_str()), ("CallStatus", "completed")];
    let again = place.ask(status, &over, TOKEN).await?;
    ensure!(again == (204, String::new()), "{again:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_late_words_and_other_calls_change_nothing() -> anyhow::Result<()> {
    let place = Arc::new(Place::open().await?);
    let acts = vec![Act::Hold, Act::press("1234#"), Act::Wait, Act::HangUp];
    let telling = place.held(acts).await?;
    let wanted = place.simulator.after(0, |noted| noted.wanted.clone())?;
    let url = wanted.first().and_then(|wanted| wanted.get("Url"));
    let url = url.context("no Url")?.clone();
    let sid = format!("CA{:032}", 1);
    let sid = ("CallSid", sid.as_str());
    let (over, ringing) = (("CallStatus", "completed"), ("CallStatus", "ringing"));
    let other = ("CallSid", "CA99");
    let digits = ("Digits", "9999");
    let at = |path: &str| format!("{url}{path}");
    let foreign = format!("{}{CALLS}/0123456789abcdef", place.url);
    let cases: [Probe<'_>; 7] = [
        // Who does not have the token.
        (at("/status"), vec![sid, over], "another token", 403),
        (at("/1"), vec![sid, digits], "another token", 403),
        // Another call, at this one's address.
        (at("/status"), vec![other, over], TOKEN, 409),
        (at("/1"), vec![other, digits], TOKEN, 409),
        // A document that was not given out yet; a word that comes late.
        (at("/7"), vec![sid, digits], TOKEN, 409),
        (at("/status"), vec![sid, ringing], TOKEN, 204),
        // A call that there is not.
        (format!("{foreign}/status"), vec![sid, over], TOKEN, 404),
    ];
    for (url, fields, token, expected) in cases {
        let (status, answer) = place.ask(url.clone(), &fields, token).await?;
        ensure!(status == expected, "{url} {fields:?}: {status} {answer}");
    }
    let lost = place.ask(foreign, &[sid], TOKEN).await?;
    ensure!(
        lost.0 == 200 && lost.1.ends_with("<Response><Hangup/></Response>"),
        "{lost:?}"
    );
    let large = "1".repeat(3 * 1_024 * 1_024);
    let large = place.ask(at("/1"), &[sid, ("Digits", &large)], TOKEN).await;
    ensure!(
        large.as_ref().is_err() || large.as_ref().is_ok_and(|large| large.0 == 413),
        "{large:?}"
    );
    place.simulator.go_on();
    let (ending, _) = telling.ended().await?;
    ensure!(ending.outcome == Outcome::Confirmed, "{ending:?}");
    place.simulator.after(1, |_| ())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_of_the_carrier_is_about_the_line_and_not_about_her() -> anyhow::Result<()> {
    for status in [401, 429, 500, 503] {
        let place = Place::open().await?;
        place.simulator.be(Health::Refuses(status));
        let (carriage, _) = place.tell(Person::Away).await?;
        let ending = carriage.ending.context("it does not end")?;
        ensure!(
            ending.outcome == Outcome::NotAnswered(NotAnswered::Line),
            "{ending:?}"
        );
        ensure!(
            carriage.detail == format!("HTTP {status}, code 20500"),
            "{}",
            carriage.detail
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_carrier_that_says_nothing_is_asked_how_a_call_ended() -> anyhow::Result<()> {
    let place = Place::open().await?;
    place.simulator.lose();
    let right = vec![Act::press("1234#"), Act::Wait, Act::HangUp];
    let line = Outcome::NotAnswered(NotAnswered::Line);
    let cases = [
        (Person::Answers(right), Outcome::Confirmed, "completed"),
        (
            Person::Busy,
            Outcome::NotAnswered(NotAnswered::Busy),
            "busy",
        ),
        (
            Person::Away,
            Outcome::NotAnswered(NotAnswered::NoAnswer),
            "no-answer",
        ),
        (Person::Fails(503), line, "failed"),
        // Somebody was disturbed: that is a try of hers.
        (Person::Unasked, Outcome::NotConfirmed, "completed"),
        (Person::Waits, line, "it did not ring"),
    ];
    for (person, outcome, detail) in cases {
        let (carriage, _) = place.tell(person.clone()).await?;
        let ending = carriage.ending.context("it does not end")?;
        ensure!(ending.outcome == outcome, "{person:?}: {ending:?}");
        ensure!(carriage.detail == detail, "{person:?}: {}", carriage.detail);
    }
    let given_up = place.simulator.after(6, |noted| noted.ended.clone())?;
    ensure!(given_up == [format!("CA{:032}", 6)], "{given_up:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_carrier_that_puts_calls_off_is_asked_again_when_it_says() -> anyhow::Result<()> {
    let place = Place::open().await?;
    place.simulator.put_off(&[(429, 1), (503, 1)]);
    let began = monotonic();
    let (carriage, _) = place.tell(Person::Busy).await?;
    ensure!(carriage.detail == "busy", "{}", carriage.detail);
    ensure!(monotonic() - began >= Duration::from_secs(2), "too soon");
    // One that wants to be left alone for long is, and other calls do not ask it either.
    place.simulator.put_off(&[(429, 3_600)]);
    for _ in 0..2 {
        let (carriage, _) = place.tell(Person::Busy).await?;
        let ending = carriage.ending.context("it does not end")?;
        let line = Outcome::NotAnswered(NotAnswered::Line);
        ensure!(ending.outcome == line, "{ending:?}");
        ensure!(
            carriage.detail.contains("left alone"),
            "{}",
            carriage.detail
        );
    }
    let wanted = place.simulator.after(1, |noted| noted.wanted.len())?;
    ensure!(wanted == 1, "it was asked");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_stops_ends_its_calls() -> anyhow::Result<()> {
    let place = Arc::new(Place::open().await?);
    let acts = vec![Act::press("9999#"), Act::Hold, Act::press("1234#")];
    let telling = place.held(acts).await?;
    place.stop.send_replace(true);
    let (ending, ears) = telling.ended().await?;
    ensure!(ending.outcome == Outcome::NotConfirmed, "{ending:?}");
    ensure!(!ears.has_said("FACT"), "it was told without the PIN");
    let ended = place.simulator.after(0, |noted| noted.ended.len())?;
    ensure!(ended == 1, "the call was left");
    place.simulator.go_on();
    Ok(())
}
