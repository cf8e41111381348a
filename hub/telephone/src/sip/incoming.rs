//! Calls that come in: announced to the hub, which takes or refuses them.

use std::fmt;
use std::sync::Arc;

use rsipstack::dialog::dialog::DialogStateReceiver;
use rsipstack::dialog::invite_dialog::InviteDialog;
use rsipstack::sip::{Header, HeadersExt as _, Method, Request, StatusCode};
use rsipstack::transaction::Transaction;
use tokio::sync::mpsc;
use tracing::{info, warn};

use super::call::Call;
use super::exchange::Core;
use super::leg::{Begin, Sound, acknowledged, session_expires};
use super::refresh::{Refresh, SHORTEST_S};
use super::settings::Use;
use super::trunk::Trunk;
use crate::media::sdp::Theirs;

/// A call that rings.
pub struct Incoming {
    core: Arc<Core>,
    trunk: Arc<Trunk>,
    dialog: InviteDialog,
    states: DialogStateReceiver,
    line: tokio::sync::OwnedSemaphorePermit,
}

impl fmt::Debug for Incoming {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Incoming")
            .field("trunk", &self.trunk.name)
            .finish_non_exhaustive()
    }
}

impl Incoming {
    /// Returns the trunk by which it came.
    #[must_use]
    pub fn trunk(&self) -> &Arc<str> {
        &self.trunk.name
    }

    /// Returns the number that the caller shows, if any. Anyone can show any: it proves nothing.
    #[must_use]
    pub fn shown(&self) -> Option<String> {
        let request = self.dialog.initial_request();
        let asserted = request.p_asserted_identity_header();
        let asserted = asserted.and_then(|header| user_of(header.value()));
        asserted.or_else(|| user_of(request.from_header().ok()?.value()))
    }

    /// Returns the number that was dialled.
    #[must_use]
    pub fn dialled(&self) -> Option<String> {
        self.dialog.initial_request().uri.user().map(str::to_owned)
    }

    /// Takes the call; `None` if it has been given up, or no sound can be agreed.
    pub async fn answer(mut self) -> Option<Call> {
        if self.dialog.state().is_terminated() {
            self.trunk.layer.remove_dialog(&self.dialog.id());
            return None;
        }
        let Ok(mut sound) = Sound::open(&self.core, &self.trunk).await else {
            self.refuse(503);
            return None;
        };
        let request = self.dialog.initial_request();
        let offer = std::str::from_utf8(&request.body).unwrap_or_default();
        let (answer, agreed) = if request.body.is_empty() {
            // The answer to ours comes with the ACK.
            (sound.ours.offer(), None)
        } else {
            match Theirs::read(offer).and_then(|offer| sound.ours.answer(&offer)) {
                Ok((answer, agreed)) => (answer, Some(agreed)),
                Err(failure) => {
                    info!(trunk.name = &*self.trunk.name, reason = %failure, "Call refused");
                    self.refuse(488);
                    return None;
                }
            }
        };
        let mut headers = vec![
            Header::ContentType("application/sdp".into()),
            Header::Supported("timer".into()),
        ];
        let timer = session_expires(&request);
        let now = (self.core.world.monotonic)();
        if let Some(refresh) = timer
            .as_deref()
            .and_then(|timer| Refresh::read(timer, false, now))
        {
            headers.push(Header::SessionExpires(refresh.answer().into()));
            headers.push(Header::Require("timer".into()));
        }
        self.dialog
            .accept(Some(headers), Some(answer.into_bytes()))
            .ok()?;
        let agreed = match agreed {
            Some(agreed) => Some(agreed),
            None => {
                acknowledged(&mut self.states).await;
                let request = self.dialog.last_remote_ack();
                let body = request
                    .map(|request| request.body.clone())
                    .unwrap_or_default();
                let answer = std::str::from_utf8(&body).unwrap_or_default();
                // Where none came the call is hung up, as where no sound is agreed otherwise.
                let answer = Theirs::read(answer);
                answer.and_then(|answer| sound.ours.take(&answer)).ok()
            }
        };
        sound.ours.version += 1;
        let begin = Begin {
            trunk: Arc::clone(&self.trunk),
            dialog: self.dialog,
            states: self.states,
            agreed,
            is_ours: false,
            timer,
            line: self.line,
        };
        self.core.begin(sound, begin).await
    }

    /// Refuses the call.
    pub fn refuse(self, status: u16) {
        // Whoever gave up already is told nothing more.
        let _gone = self.dialog.reject(Some(StatusCode::from(status)), None);
        self.trunk.layer.remove_dialog(&self.dialog.id());
    }
}

impl Core {
    /// Takes what a trunk asks of us.
    pub(super) async fn requested(
        self: &Arc<Self>,
        trunk: &Arc<Trunk>,
        mut asked: Transaction,
        ringing: &mpsc::Sender<Incoming>,
    ) {
        let foreign = unsupported(&asked.original);
        if !foreign.is_empty() {
            info!(
                trunk.name = &*trunk.name,
                "A request was refused: it requires what we do not know"
            );
            let foreign = Header::Unsupported(foreign.join(", ").into());
            let bad = StatusCode::from(420);
            let _gone = asked.reply_with(bad, vec![foreign], None).await;
            return;
        }
        if let Some(mut dialog) = trunk.layer.match_dialog(&asked) {
            self.keep(Box::pin(async move {
                // What cannot be answered is answered by the library.
                let _failed = dialog.handle(&mut asked).await;
            }))
            .await;
            return;
        }
        let to = asked.original.to_header().ok();
        let is_inside = to.is_some_and(|to| to.tag().ok().flatten().is_some());
        let status = match asked.original.method {
            Method::Ack => return,
            _ if is_inside => 481,
            Method::Invite if trunk.settings.purpose == Use::Public => {
                return self.rings(trunk, asked, ringing).await;
            }
            Method::Options => 200,
            Method::Invite
            | Method::Bye
            | Method::Cancel
            | Method::Info
            | Method::Message
            | Method::Notify
            | Method::PRack
            | Method::Publish
            | Method::Refer
            | Method::Register
            | Method::Subscribe
            | Method::Update => 405,
        };
        let _gone = asked.reply(StatusCode::from(status)).await;
    }

    /// Announces a call, if there is a line for it.
    async fn rings(
        self: &Arc<Self>,
        trunk: &Arc<Trunk>,
        mut asked: Transaction,
        ringing: &mpsc::Sender<Incoming>,
    ) {
        if let Some(interval_s) = too_short(&asked.original) {
            info!(
                trunk.name = &*trunk.name,
                interval.s = interval_s,
                "Call refused: its timer is too short"
            );
            let shortest = Header::MinSE(SHORTEST_S.to_string().into());
            let _gone = asked
                .reply_with(StatusCode::from(422), vec![shortest], None)
                .await;
            return;
        }
        let (tell, states) = trunk.layer.new_dialog_state_channel();
        let contact = Some(trunk.contact.clone());
        let created = trunk
            .layer
            .get_or_create_server_invite(&asked, tell, None, contact);
        let (Some(line), Ok(dialog)) = (trunk.line(), created) else {
            warn!(trunk.name = &*trunk.name, "Call refused: no line is free");
            let _gone = asked.reply(StatusCode::BusyHere).await;
            return;
        };
        let incoming = Incoming {
            core: Arc::clone(self),
            trunk: Arc::clone(trunk),
            dialog: dialog.clone(),
            states,
            line,
        };
        let required = required(&asked.original);
        let is_silent = required
            .iter()
            .any(|name| name.eq_ignore_ascii_case(RELIABLE));
        match ringing.try_send(incoming) {
            Ok(()) if is_silent => {}
            Ok(()) => {
                let _gone = dialog.ringing(None, None);
            }
            Err(
                mpsc::error::TrySendError::Full(incoming)
                | mpsc::error::TrySendError::Closed(incoming),
            ) => {
                warn!(
                    trunk.name = &*trunk.name,
                    "Call refused: nobody takes calls"
                );
                incoming.refuse(503);
            }
        }
        let mut dialog = dialog;
        self.keep(Box::pin(async move {
            let _failed = dialog.handle(&mut asked).await;
        }))
        .await;
    }
}

/// Extensions that a request may require of us. Of a caller who requires that what we say before the answer is
/// acknowledged (RFC 3262) nothing of that kind is said.
const KNOWN: [&str; 2] = ["timer", RELIABLE];

const RELIABLE: &str = "100rel";

/// Lists what a request requires and we do not know (RFC 3261, 8.2.2.3). A good-bye is taken whatever it requires: nobody
/// is kept on a line for it.
fn unsupported(request: &Request) -> Vec<String> {
    if let Method::Ack | Method::Cancel | Method::Bye = request.method {
        return Vec::new();
    }
    let is_known = |name: &str| KNOWN.iter().any(|known| known.eq_ignore_ascii_case(name));
    let mut names = required(request);
    names.retain(|name| !is_known(name));
    names
}

/// Lists what a request requires.
fn required(request: &Request) -> Vec<String> {
    let headers = request.headers.iter().filter_map(|header| {
        if let Header::Require(required) = header {
            Some(required.value())
        } else {
            None
        }
    });
    let names = headers.flat_map(|names| names.split(','));
    let names = names.map(|name| name.trim().to_owned());
    names.filter(|name| !name.is_empty()).collect()
}

/// Returns the interval of a timer that is shorter than we take.
fn too_short(request: &Request) -> Option<u64> {
    let header = session_expires(request)?;
    let interval: u64 = header.split(';').next()?.trim().parse().ok()?;
    (interval < SHORTEST_S).then_some(interval)
}

/// Returns the user of an address in a header.
fn user_of(header: &str) -> Option<String> {
    let (_, rest) = header
        .split_once("sip:")
        .or_else(|| header.split_once("sips:"))?;
    let (user, _) = rest.split_once('@')?;
    (!user.is_empty() && !user.eq_ignore_ascii_case("anonymous")).then(|| user.to_owned())
}

#[cfg(test)]
mod tests {
    use super::user_of;

    #[test]
    fn reads_the_number_that_is_shown() {
        let shown = user_of("\"Avery\" <sip:+16015550123@carrier.example;user=phone>;tag=1");
        assert_eq!(shown.as_deref(), Some("+16015550123"));
        assert_eq!(user_of("<sip:anonymous@anonymous.invalid>"), None);
        assert_eq!(user_of("<tel:+16015550123>"), None);
    }
}
