//! `call --test`: a call to a telephone in one's own hand, to hear what a trunk does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use savin_telephone::audio::tone::tone;
use savin_telephone::media::session::Order;
use savin_telephone::script::ending::NotAnswered;
use savin_telephone::sip::call::{Call as Line, News};
use savin_telephone::sip::outbound::{NotTaken, Over};
use serde_json::json;

use super::output::Output;
use super::trunks::{beside, telephone, with_exchange};
use crate::config::Config;
use crate::notification::phone::PhoneNumber;

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
}

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
        let telephone = telephone(config)?;
        let number = PhoneNumber::parse(&self.test)
            .context("failed to read the number: ten digits of the North American plan")?;
        let over = match &self.trunk {
            Some(name) => {
                let names = telephone.settings.trunks.iter().map(|trunk| &trunk.name);
                if !names.clone().any(|one| one == name) {
                    let names: Vec<&str> = names.map(String::as_str).collect();
                    bail!("there is no trunk {name}: there are {}", names.join(", "));
                }
                Over::Trunk(name)
            }
            None => Over::Public,
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

/// Plays three tones, and counts the keys until `#`, silence, or the end.
async fn listen(mut call: Line) -> anyhow::Result<Heard> {
    let mut tones = Vec::new();
    for hz in [440.0, 550.0, 660.0] {
        tones.extend(tone(&[hz], 600, 8_000.0));
        tones.resize(tones.len() + 1_600, 0);
    }
    call.order(Order::Play(tones.into())).await;
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
