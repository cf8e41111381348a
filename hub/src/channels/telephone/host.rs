//! What a call's script asks the hub: what something sounds like, whether a PIN is hers, who is at a
//! desk.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use savin_shared::pii::Secret;
use savin_telephone::carrier::exchange as carrier;
use savin_telephone::script::Checked;
use savin_telephone::script::query::{Query, Reply};
use savin_telephone::script::speech::Play;
use savin_telephone::sip::conduct::Host;
use savin_telephone::sip::desk::Desk;
use savin_telephone::voice::speaker::Speaker;
use tracing::{error, warn};

use crate::vault::client::Client;
use crate::vault::command::{CourierAnswer, CourierCommand, Message, PinVerdict};

/// Answers the script of one call.
pub(super) struct Answers<'a> {
    pub(super) vault: &'a Client<CourierCommand>,
    pub(super) speaker: &'a Arc<Speaker>,
    pub(super) desks: &'a [Desk],
    pub(super) message: &'a Message,
}

impl Host for Answers<'_> {
    async fn voice(&self, play: &Play) -> Option<Arc<[i16]>> {
        let said = self.speaker.sound(play).await;
        said.inspect_err(|failure| {
            error!(notice.id = %self.message.notice, reason = %failure, "A call cannot speak");
        })
        .ok()
    }

    async fn check(&self, pin: &Secret<String>) -> Checked {
        let check = CourierCommand::Check {
            notice: self.message.notice,
            claim: self.message.claim,
            said: pin.clone(),
        };
        match self.vault.ask(check).await {
            Ok(CourierAnswer::Pin(PinVerdict::Right)) => Checked::Right,
            Ok(CourierAnswer::Pin(PinVerdict::Wrong)) => Checked::Wrong,
            Ok(CourierAnswer::Pin(PinVerdict::Duress)) => Checked::Duress,
            Ok(
                CourierAnswer::Pin(PinVerdict::Closed)
                | CourierAnswer::Messages(_)
                | CourierAnswer::Noted(_)
                | CourierAnswer::Count(_)
                | CourierAnswer::Left(_),
            ) => Checked::Unavailable,
            Err(failure) => {
                error!(notice.id = %self.message.notice, reason = %failure, "A PIN was not looked at");
                Checked::Unavailable
            }
        }
    }

    async fn query(&self, _query: Query) -> Reply {
        // Only calls that come in ask.
        Reply::Unavailable
    }

    async fn roster(&self) -> Vec<Desk> {
        self.desks.to_vec()
    }

    async fn talked(&self, took: Duration) {
        let took = SignedDuration::try_from(took).unwrap_or(SignedDuration::MAX);
        if let Err(failure) = self.vault.ask(CourierCommand::Talked { took }).await {
            // It costs nobody anything but its price.
            warn!(notice.id = %self.message.notice, reason = %failure,
                "What an operator's call cost was not counted");
        }
    }
}

impl carrier::Host for Answers<'_> {
    async fn check(&self, pin: &Secret<String>) -> Checked {
        Host::check(self, pin).await
    }

    async fn query(&self, query: Query) -> Reply {
        Host::query(self, query).await
    }

    async fn talked(&self, took: Duration) {
        Host::talked(self, took).await;
    }

    async fn placed(&self, sid: &str) {
        let placed = CourierCommand::Placed {
            notice: self.message.notice,
            claim: self.message.claim,
            call: sid.to_owned(),
        };
        if let Err(failure) = self.vault.ask(placed).await {
            // Only a crash would want it.
            warn!(notice.id = %self.message.notice, reason = %failure,
                "The carrier's name of a call was not kept");
        }
    }
}
