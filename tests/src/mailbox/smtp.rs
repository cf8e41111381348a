//! One conversation with a mail client (RFC 5321).

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use super::letter::Letter;
use super::{Misdeed, Shared, Step};

/// Bytes of the longest message that is taken.
const MESSAGE_BYTES_MAX: usize = 1024 * 1024;

/// Why a conversation ends early; nobody is told.
struct Ended;

impl From<std::io::Error> for Ended {
    fn from(_: std::io::Error) -> Self {
        Self
    }
}

struct Conversation {
    shared: Shared,
    lines: BufReader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
    from: String,
    to: Vec<String>,
}

/// Holds a conversation to its end.
pub(super) async fn converse(stream: TcpStream, shared: Shared) {
    let (reader, writer) = stream.into_split();
    let mut conversation = Conversation {
        shared,
        lines: BufReader::new(reader),
        writer,
        from: String::new(),
        to: Vec::new(),
    };
    // A client that hangs up has ended the conversation as well.
    let Err(Ended) = conversation.hold().await;
}

impl Conversation {
    async fn hold(&mut self) -> Result<std::convert::Infallible, Ended> {
        self.answer(Step::Greeting, "220 mailbox ESMTP").await?;
        loop {
            let line = self.line().await?;
            let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" => {
                    let extensions = "250-mailbox\r\n250-8BITMIME\r\n250 PIPELINING";
                    self.answer(Step::Hello, extensions).await?;
                }
                "HELO" => {
                    self.answer(Step::Hello, "250 mailbox").await?;
                }
                "MAIL" => {
                    self.from = address(&line);
                    self.to.clear();
                    self.answer(Step::Sender, "250 2.1.0 ok").await?;
                }
                "RCPT" => {
                    let known = self.to.len();
                    self.to.push(address(&line));
                    if !self.answer(Step::Recipient, "250 2.1.5 ok").await? {
                        self.to.truncate(known);
                    }
                }
                "DATA" => self.data().await?,
                "RSET" | "NOOP" => self.say("250 2.0.0 ok").await?,
                "QUIT" => {
                    self.say("221 2.0.0 bye").await?;
                    return Err(Ended);
                }
                _ => self.say("500 5.5.2 unknown command").await?,
            }
        }
    }

    async fn data(&mut self) -> Result<(), Ended> {
        if !self.answer(Step::Data, "354 go on").await? {
            return Ok(());
        }
        let mut raw = Vec::new();
        loop {
            let start = raw.len();
            self.lines.read_until(b'\n', &mut raw).await?;
            let line = raw.get(start..).unwrap_or_default();
            if line == b".\r\n" {
                raw.truncate(start);
                break;
            }
            if line.is_empty() || raw.len() > MESSAGE_BYTES_MAX {
                return Err(Ended);
            }
            // A line that begins with a dot was given another one (section 4.5.2).
            if line.starts_with(b".") {
                raw.remove(start);
            }
        }
        match self.shared.strike(Step::Message) {
            None => {
                self.keep(&raw);
                self.say("250 2.0.0 taken").await
            }
            Some(Misdeed::KeepAndHangUp) => {
                self.keep(&raw);
                Err(Ended)
            }
            Some(misdeed) => self.misbehave(misdeed).await,
        }
    }

    fn keep(&self, raw: &[u8]) {
        for to in &self.to {
            let letter = Letter::read(self.from.clone(), to.clone(), raw.to_vec());
            self.shared.letters.push(letter);
        }
    }

    /// Answers as it should, unless a fault strikes; says whether it answered as it should.
    async fn answer(&mut self, step: Step, text: &str) -> Result<bool, Ended> {
        match self.shared.strike(step) {
            None => {
                self.say(text).await?;
                Ok(true)
            }
            Some(misdeed) => {
                self.misbehave(misdeed).await?;
                Ok(false)
            }
        }
    }

    async fn misbehave(&mut self, misdeed: Misdeed) -> Result<(), Ended> {
        match misdeed {
            Misdeed::Answer(text) => self.say(text).await,
            Misdeed::HangUp | Misdeed::KeepAndHangUp => Err(Ended),
            Misdeed::Freeze => std::future::pending().await,
        }
    }

    async fn say(&mut self, text: &str) -> Result<(), Ended> {
        Ok(self
            .writer
            .write_all(format!("{text}\r\n").as_bytes())
            .await?)
    }

    async fn line(&mut self) -> Result<String, Ended> {
        let mut line = String::new();
        let read = self.lines.read_line(&mut line).await?;
        if read == 0 || read > 2_000 {
            return Err(Ended);
        }
        Ok(line)
    }
}

/// Returns what stands between the angle brackets.
fn address(line: &str) -> String {
    let inside = line
        .split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'));
    inside.map_or_else(String::new, |(address, _)| address.to_owned())
}
