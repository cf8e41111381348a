//! `call --test`: a call to a telephone in one's own hand, to hear what a trunk or the carrier does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use savin_shared::pii::Pii;
use savin_telephone::carrier::client::{Answer, Client};
use savin_telephone::carrier::request::{Guess, Wanted};
use savin_telephone::carrier::trial;
use savin_telephone::media::session::Order;
use savin_telephone::script::ending::NotAnswered;
use savin_telephone::sip::call::{Call as Line, News};
use savin_telephone::sip::outbound::{NotTaken, Over};
use savin_telephone::turnstile::Haste;
use serde_json::json;

use super::output::Output;
use super::trunks::{beside, telephone, with_exchange};
use crate::config::Config;
use crate::notification::phone::PhoneNumber;
use crate::web::carrier::TRIAL;

/// How long somebody has to press keys after the tones.
const PATIENCE: Duration = Duration::from_secs(15);

/// Call a telephone in your own hand: three tones, then press keys and #.
#[derive(Debug, Args)]
pub(super) struct Call {
    /// The number to call.
    #[arg(long, value_name = "NUMBER")]
    test: String,
    /// Only over this trunk.
    #[arg(long, value_name = "NAME")]
    trunk: Option<String>,
    /// By the carrier, which asks the hub that runs what to say.
    #[arg(long, conflicts_with = "trunk")]
    carrier: bool,
}

/// Between two questions to the carrier, and how long a call for trial may last.
const LOOK: Duration = Duration::from_secs(1);
const LASTING: Duration = Duration::from_secs(60);

/// What became of a test.
struct Heard {
    trunk: Arc<str>,
    keys: usize,
    sent: u64,
    late: u64,
    heard: u64,
    dropped: u64,
}

impl Call {
    pub(super) fn run(&self, config: &Config, output: &Output) -> anyhow::Result<()> {
        let number = PhoneNumber::parse(&self.test)
            .context("failed to read the number: ten digits of the North American plan")?;
        if self.carrier {
            return by_carrier(config, number.reveal(), output);
        }
        let telephone = telephone(config)?;
        let over = match &self.trunk {
            Some(name) => {
                let names = telephone.settings.trunks.iter().map(|trunk| &trunk.name);
                if !names.clone().any(|one| one == name) {
                    let names: Vec<&str> = names.map(String::as_str).collect();
                    bail!("there is no trunk {name}: there are {}", names.join(", "));
                }
                Over::Trunk(name)
            }
            None => Over::Public(Haste::InTurn),
        };
        let heard = with_exchange(beside(telephone), async |exchange| {
            let dialled = exchange.dial(number.reveal(), over, telephone.ring).await;
            let call = dialled.map_err(|refused| anyhow::anyhow!(why(&refused)))?;
            listen(call).await
        })?;
        if output.is_json() {
            return output.object(&json!({
                "trunk": &*heard.trunk, "keys": heard.keys, "packets_sent": heard.sent,
                "packets_late": heard.late, "packets_heard": heard.heard,
                "packets_dropped": heard.dropped,
            }));
        }
        output.line(&format!(
            "The call went over {} and was taken. {} packets of sound were sent, {} of them late; {} were heard, \
             {} dropped as none of this call.",
            heard.trunk, heard.sent, heard.late, heard.heard, heard.dropped
        ))?;
        output.line(&match heard.keys {
            0 => "No key was heard: if some were pressed, the trunk does not send them as RFC 4733 says, \
                  and no PIN can be entered over it."
                .to_owned(),
            keys => format!("{keys} keys were heard."),
        })
    }
}

/// Has the carrier call, and asks it until the call is over: what was pressed it asks the hub that runs.
fn by_carrier(config: &Config, number: &str, output: &Output) -> anyhow::Result<()> {
    let carrier = config.carrier.as_ref();
    let carrier =
        carrier.context("the configuration has no [carrier]: the guide has an example")?;
    let settings = &carrier.settings;
    let client = Client::new(settings.account.clone()).context("failed to ask the carrier")?;
    let at = format!("{}{TRIAL}", carrier.public_url);
    let placed = client.call(&Wanted {
        to: &Pii::new(number.to_owned()),
        answered_url: &at,
        status_url: &format!("{at}/status"),
        ring_s: u16::try_from(settings.ring.as_secs())?,
        machine: Guess::Nothing,
    });
    let sid = match placed {
        Answer::Placed(sid) => sid,
        Answer::Refused { detail, .. } => bail!(
            "the carrier does not call ({detail}): 401 is about account and token, 400 with 21 and three digits \
             about a number"
        ),
        Answer::Later { detail, .. } => {
            bail!("the carrier does not call just now ({detail}): try again in a minute")
        }
        Answer::Silent => bail!("the carrier does not answer"),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("failed to start the runtime")?;
    let status = runtime.block_on(async {
        let asking = async {
            loop {
                let status = client
                    .status(&sid)
                    .context("failed to ask how the call is")?;
                if !["queued", "initiated", "ringing", "in-progress"].contains(&status.as_str()) {
                    return Ok(status);
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        let limit = settings.ring.saturating_add(LASTING);
        let asked = tokio::time::timeout(limit, asking).await;
        asked.unwrap_or_else(|_| bail!("the call is not over after {} s", limit.as_secs()))
    })?;
    if output.is_json() {
        return output.object(&json!({"trunk": "[carrier]", "status": status}));
    }
    output.line(&format!(
        "The carrier called, and the call ended as {status}. Three tones, and how many keys came, were to be \
         heard: where the carrier spoke of an error, it does not reach {at}, or the hub does not run or does not \
         believe it (its log says so)."
    ))
}

/// Plays three tones, and counts the keys until `#`, silence, or the end.
async fn listen(mut call: Line) -> anyhow::Result<Heard> {
    call.order(Order::Play(trial::tones().into())).await;
    let mut keys = 0;
    // Silence ends it as well as `#`.
    while let Ok(news) = tokio::time::timeout(PATIENCE, call.next()).await {
        match news {
            News::Digit('#') | News::Ended(_) => break,
            News::Digit(_) => keys += 1,
            News::Played(_) | News::Answerer(_) => {}
        }
    }
    let counts = call.counts();
    let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let heard = Heard {
        keys,
        sent: read(&counts.sent),
        late: read(&counts.late),
        heard: read(&counts.heard),
        dropped: read(&counts.dropped),
        trunk: Arc::clone(&call.trunk),
    };
    call.hang_up();
    Ok(heard)
}

/// Says why nobody took the call, and what to look at.
fn why(refused: &NotTaken) -> String {
    let over = refused.trunk.as_deref().unwrap_or("any trunk");
    let status = refused.status;
    match refused.why {
        NotAnswered::Busy => format!("the number is busy ({status} over {over})"),
        NotAnswered::NoAnswer => format!("nobody took the call ({status} over {over})"),
        NotAnswered::Declined => format!("whoever was called refused ({status} over {over})"),
        NotAnswered::NoSuchNumber => format!("there is no such number ({status} over {over})"),
        NotAnswered::Line => format!(
            "the call was not carried ({status} over {over}): see `savin-hub trunks`; 401 and 403 are about \
             the account, 408 is silence, 488 is about the sound"
        ),
    }
}
