//! The other end of a trunk, message by message: it answers, cancels and falls silent at whatever moment a test says.
//! Asked whether it is there it says yes by itself, and it lets go of whoever hangs up.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::place::PATIENCE;

/// Messages that wait to be looked at.
const WAITING: usize = 1_000;

/// How long nothing may come where nothing must.
const QUIET: Duration = Duration::from_millis(700);

/// The sound that it offers and takes; nothing is sent from there.
pub(crate) const SOUND: &str = "v=0\r\no=peer 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
    m=audio 9 RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n";

/// One message, as it came.
#[derive(Debug, Clone)]
pub(crate) struct Message(pub(crate) String);

impl Message {
    fn start(&self) -> &str {
        self.0.lines().next().unwrap_or_default()
    }

    /// Returns the status of an answer; nothing of a request.
    pub(crate) fn status(&self) -> Option<u16> {
        let rest = self.start().strip_prefix("SIP/2.0 ")?;
        rest.get(..3)?.parse().ok()
    }

    /// Returns the method of a request, or of what an answer answers.
    pub(crate) fn method(&self) -> &str {
        match self.status() {
            None => self.start().split(' ').next().unwrap_or_default(),
            Some(_) => {
                let number = self.header("CSeq").unwrap_or_default();
                number.split(' ').nth(1).unwrap_or_default()
            }
        }
    }

    /// Returns what a header says.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.0.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// Returns the address in the contact.
    fn contact(&self) -> anyhow::Result<String> {
        let contact = self.header("Contact").context("a contact")?;
        let address = contact.split_once('<').context("an address")?.1;
        let address = address.split_once('>').context("its end")?.0;
        Ok(address.to_owned())
    }

    fn is_answer_to(&self, method: &str, status: u16) -> bool {
        self.status() == Some(status) && self.method() == method
    }
}

/// The other end of a trunk.
pub(crate) struct Peer {
    socket: Arc<UdpSocket>,
    hub: SocketAddr,
    messages: mpsc::Receiver<Message>,
    calls: u32,
    pressed: u32,
    _reading: JoinSet<()>,
}

impl Peer {
    /// Listens at a port for a hub that listens at another.
    pub(crate) async fn at(port: u16, hub: u16) -> anyhow::Result<Self> {
        let socket = Arc::new(UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).await?);
        let (tell, messages) = mpsc::channel(WAITING);
        let mut reading = JoinSet::new();
        let own = Arc::clone(&socket);
        reading.spawn(async move {
            let mut bytes = vec![0; 8_192];
            while let Ok((length, from)) = own.recv_from(&mut bytes).await {
                let text =
                    String::from_utf8_lossy(bytes.get(..length).unwrap_or_default()).into_owned();
                let message = Message(text);
                let start = message.start();
                let is_asked = start.starts_with("OPTIONS ");
                if is_asked || start.starts_with("BYE ") {
                    let answer = answered(&message, "200 OK", "", "");
                    drop(own.send_to(answer.as_bytes(), from).await);
                }
                if !is_asked && tell.send(message).await.is_err() {
                    return;
                }
            }
        });
        Ok(Self {
            socket,
            hub: SocketAddr::from((Ipv4Addr::LOCALHOST, hub)),
            messages,
            calls: 0,
            pressed: 0,
            _reading: reading,
        })
    }

    async fn send(&self, text: &str) -> anyhow::Result<()> {
        self.socket.send_to(text.as_bytes(), self.hub).await?;
        Ok(())
    }

    /// Answers a request.
    pub(crate) async fn answer(
        &self,
        request: &Message,
        (start, headers, body): (&str, &str, &str),
    ) -> anyhow::Result<()> {
        self.send(&answered(request, start, headers, body)).await
    }

    /// Answers that somebody took the call.
    pub(crate) async fn take(&self, invite: &Message) -> anyhow::Result<()> {
        self.answer(invite, ("200 OK", "", SOUND)).await
    }

    /// Waits for a request; others before it are passed over.
    pub(crate) async fn asked(&mut self, method: &str) -> anyhow::Result<Message> {
        self.find(method, |one| {
            one.status().is_none() && one.method() == method
        })
        .await
    }

    /// Waits for an answer; others before it are passed over.
    pub(crate) async fn told(&mut self, method: &str, status: u16) -> anyhow::Result<Message> {
        self.find(method, |one| one.is_answer_to(method, status))
            .await
    }

    /// Waits for an answer before which none of these came.
    pub(crate) async fn find_answer(
        &mut self,
        without: &[&str],
        method: &str,
        status: u16,
    ) -> anyhow::Result<Message> {
        let is_it = |one: &Message| {
            let start = one.start().strip_prefix("SIP/2.0 ").unwrap_or_default();
            let is_ruled_out = without.iter().any(|without| start.starts_with(without));
            is_ruled_out || one.is_answer_to(method, status)
        };
        let found = self.find(method, is_it).await?;
        ensure!(found.is_answer_to(method, status), "{found:?}");
        Ok(found)
    }

    /// Presses keys in a call of its own, by INFO.
    pub(crate) async fn press(
        &mut self,
        invite: &Message,
        answer: &Message,
        keys: &str,
    ) -> anyhow::Result<()> {
        for key in keys.chars() {
            self.pressed += 1;
            let number = 10 + self.pressed;
            let body = format!("Signal={key}\r\nDuration=160\r\n");
            let text = self.about(invite, "INFO", Some(answer))?;
            let text = text.replace("CSeq: 1 ", &format!("CSeq: {number} "));
            let text = text.replace("z9hG4bKack", &format!("z9hG4bKkey{number}x"));
            let length = format!(
                "Content-Type: application/dtmf-relay\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            self.send(&text.replace("Content-Length: 0\r\n\r\n", &length))
                .await?;
            // Where the call is ending the key comes too late, and nobody may answer it.
            let is_answer = |one: &Message| one.status().is_some() && one.method() == "INFO";
            let answered = self.find("INFO", is_answer);
            let _late = tokio::time::timeout(QUIET * 3, answered).await;
        }
        Ok(())
    }

    async fn find(
        &mut self,
        what: &str,
        is_it: impl Fn(&Message) -> bool,
    ) -> anyhow::Result<Message> {
        let finding = async {
            let mut passed = Vec::new();
            while let Some(message) = self.messages.recv().await {
                if is_it(&message) {
                    return Ok(message);
                }
                passed.push(message.start().to_owned());
            }
            bail!("nothing comes any more after {passed:?}")
        };
        let found = tokio::time::timeout(PATIENCE, finding).await;
        found.with_context(|| format!("it did not come: {what}"))?
    }

    /// Says that nothing comes of a method for a while.
    pub(crate) async fn hears_no(&mut self, method: &str) -> anyhow::Result<()> {
        let heard = async {
            loop {
                match self.messages.recv().await {
                    Some(one) if one.status().is_none() && one.method() == method => return one,
                    Some(_) => {}
                    None => std::future::pending().await,
                }
            }
        };
        let heard = tokio::time::timeout(QUIET, heard).await;
        ensure!(heard.is_err(), "{heard:?}");
        Ok(())
    }

    /// Calls the hub, with what the headers say besides; returns the INVITE.
    pub(crate) async fn call(&mut self, headers: &str) -> anyhow::Result<Message> {
        self.calls += 1;
        let port = self.socket.local_addr()?.port();
        let head = format!(
            "Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bKpeer{}\r\nMax-Forwards: 70\r\n\
             From: <sip:6015550177@127.0.0.1:{port}>;tag=peer{}\r\nTo: <sip:8005550199@{}>\r\n\
             Call-ID: call-{}-{port}\r\nCSeq: 1 INVITE\r\nContact: <sip:6015550177@127.0.0.1:{port}>\r\n{headers}",
            self.calls, self.calls, self.hub, self.calls
        );
        let start = format!("INVITE sip:8005550199@{} SIP/2.0", self.hub);
        let text = written(&start, &head, SOUND);
        self.send(&text).await?;
        Ok(Message(text))
    }

    /// Cancels a call of its own.
    pub(crate) async fn cancel(&self, invite: &Message) -> anyhow::Result<()> {
        let text = self.about(invite, "CANCEL", None)?;
        self.send(&text).await
    }

    /// Acknowledges a final answer to a call of its own.
    pub(crate) async fn acknowledge(
        &self,
        invite: &Message,
        answer: &Message,
    ) -> anyhow::Result<()> {
        let text = self.about(invite, "ACK", Some(answer))?;
        self.send(&text).await
    }

    /// Hangs up a call of its own.
    pub(crate) async fn hang_up(&self, invite: &Message, answer: &Message) -> anyhow::Result<()> {
        let text = self.about(invite, "BYE", Some(answer))?;
        let text = text.replace("CSeq: 1 ", "CSeq: 99999 ");
        self.send(&text.replace("z9hG4bKack", "z9hG4bKbye")).await
    }

    /// Writes a request about a call of its own, to whoever answered it.
    fn about(
        &self,
        invite: &Message,
        method: &str,
        answer: Option<&Message>,
    ) -> anyhow::Result<String> {
        let header = |name: &str| {
            let value = invite.header(name).context("a header")?;
            anyhow::Ok(format!("{name}: {value}\r\n"))
        };
        let to = answer.unwrap_or(invite).header("To").context("To")?;
        let is_taken = answer.is_some_and(|answer| answer.status() == Some(200));
        let at = match answer {
            Some(answer) if is_taken => answer.contact()?,
            Some(_) | None => format!("sip:8005550199@{}", self.hub),
        };
        // The acknowledgement of a 2xx is a transaction of its own.
        let via = header("Via")?;
        let via = if is_taken {
            via.replace("z9hG4bKpeer", "z9hG4bKack")
        } else {
            via
        };
        let head = format!(
            "{via}Max-Forwards: 70\r\n{}To: {to}\r\n{}CSeq: 1 {method}\r\n",
            header("From")?,
            header("Call-ID")?
        );
        Ok(written(&format!("{method} {at} SIP/2.0"), &head, ""))
    }
}

/// Writes an answer to a request.
fn answered(request: &Message, start: &str, headers: &str, body: &str) -> String {
    let copied = ["Via", "From", "To", "Call-ID", "CSeq"].map(|name| {
        let value = request.header(name).unwrap_or_default();
        let tag = if name == "To" && !value.contains("tag=") && !start.starts_with("100") {
            ";tag=peer"
        } else {
            ""
        };
        format!("{name}: {value}{tag}\r\n")
    });
    let contact = "Contact: <sip:peer@127.0.0.1>\r\n";
    let at = request.header("To").and_then(|to| {
        let (_, rest) = to.split_once('@')?;
        rest.split_once('>').map(|(at, _)| at)
    });
    let contact = at.map_or_else(
        || contact.to_owned(),
        |at| format!("Contact: <sip:peer@{at}>\r\n"),
    );
    written(
        &format!("SIP/2.0 {start}"),
        &format!("{}{contact}{headers}", copied.concat()),
        body,
    )
}

fn written(start: &str, head: &str, body: &str) -> String {
    let kind = if body.is_empty() {
        ""
    } else {
        "Content-Type: application/sdp\r\n"
    };
    let length = body.len();
    format!("{start}\r\n{head}{kind}Content-Length: {length}\r\n\r\n{body}")
}
