//! sipp as a trunk with whoever is called behind it, by a scenario that is written for each test.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::str::FromStr as _;

use anyhow::Context as _;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Where Debian keeps recordings of keys.
const KEYS: &str = "/usr/share/sip-tester";

/// What stands before the time of each message.
const TIMED: &str = "----------------------------------------------- ";

/// What the other end does after it was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Rings.
    Ring,
    /// Waits for so many milliseconds.
    Wait(u32),
    /// Takes the call, with what the headers of its answer say besides.
    Answer(&'static str),
    /// Presses keys.
    Press(&'static str),
    /// Plays a recording of speech, eight seconds.
    Speak,
    /// Hangs up.
    HangUp,
    /// Waits until it is hung up.
    HungUp,
    /// Refuses the call, with this status.
    Refuse(u16),
    /// Waits until the call is given up.
    GivenUp,
    /// Wants to know who calls (digest, MD5), and that it is `hub` with the password `sesame`.
    Challenge,
    /// Waits for a re-INVITE and takes it.
    Refreshed,
    /// Puts the call on hold, or takes it back, by a re-INVITE with this direction.
    Reinvite(&'static str),
}

/// A running sipp.
#[derive(Debug)]
pub struct Sipp {
    child: Child,
    folder: PathBuf,
}

impl Sipp {
    /// Starts a trunk whose calls go as the steps say; asked whether it is there, it says yes.
    ///
    /// # Errors
    /// Returns why it does not start: it must be installed.
    pub fn start(folder: &Path, port: u16, steps: &[Step]) -> anyhow::Result<Self> {
        Self::start_by(folder, port, &scenario(steps, ANSWERS), &[])
    }

    /// Starts one with options of its own.
    ///
    /// # Errors
    /// Returns why it does not start: it must be installed.
    pub fn start_by(
        folder: &Path,
        port: u16,
        scenario: &str,
        options: &[&str],
    ) -> anyhow::Result<Self> {
        let folder = folder.join(format!("sipp-{port}"));
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("scenario.xml"), scenario)?;
        let said = File::create(folder.join("said"))?;
        let media = (port + 1_000).to_string();
        let child = Command::new("sipp")
            .current_dir(&folder)
            .args(["-sf", "scenario.xml", "-i", "127.0.0.1", "-mi", "127.0.0.1"])
            .args(["-p", &port.to_string(), "-mp", &media, "-nostdin"])
            .args(["-trace_msg", "-message_file", "messages"])
            .args(["-trace_err", "-error_file", "errors"])
            .args(options)
            .env("TERM", "dumb")
            .env("TZ", "UTC")
            .stdin(Stdio::null())
            .stdout(said.try_clone()?)
            .stderr(said)
            .spawn()
            .context("sipp does not start: is sip-tester installed?")?;
        Ok(Self { child, folder })
    }

    /// Returns every message that it sent and received.
    #[must_use]
    pub fn messages(&self) -> String {
        fs::read_to_string(self.folder.join("messages")).unwrap_or_default()
    }

    /// Returns which numbers were called and when each call first came, in that order.
    ///
    /// # Errors
    /// Returns an error for a time that cannot be read.
    pub fn called(&self) -> anyhow::Result<Vec<(String, Timestamp)>> {
        let messages = self.messages();
        let mut called: Vec<(String, Timestamp)> = Vec::new();
        let mut at = "";
        for line in messages.lines() {
            if let Some(time) = line.strip_prefix(TIMED) {
                at = time.trim();
            } else if let Some(number) = line.strip_prefix("INVITE sip:+")
                && let Some((number, _)) = number.split_once('@')
                && called.iter().all(|(known, _)| known != number)
            {
                let time = DateTime::from_str(at).context("a time of sipp")?;
                called.push((number.to_owned(), time.to_zoned(TimeZone::UTC)?.timestamp()));
            }
        }
        Ok(called)
    }

    /// Returns what went otherwise than the scenario says.
    #[must_use]
    pub fn errors(&self) -> String {
        fs::read_to_string(self.folder.join("errors")).unwrap_or_default()
    }

    /// Returns how many requests of a method it received: retransmissions count, too.
    #[must_use]
    pub fn received(&self, method: &str) -> usize {
        let messages = self.messages();
        let received = messages.split("message received").skip(1);
        let begins = format!("{method} sip");
        received
            .filter(|message| message.lines().any(|line| line.starts_with(&begins)))
            .count()
    }
}

impl Drop for Sipp {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

/// The headers that every answer has.
const COPIED: &str = "[last_Via:]\n[last_From:]\n[last_To:];tag=[call_number]\n[last_Call-ID:]\n[last_CSeq:]\n\
    Contact: <sip:[local_ip]:[local_port];transport=[transport]>\n";

/// Sound that it offers and takes, unprotected.
pub const PLAIN: &str = "v=0\no=peer 1 1 IN IP4 [local_ip]\ns=-\nc=IN IP4 [media_ip]\nt=0 0\n\
    m=audio [auto_media_port] RTP/AVP 0 101\na=rtpmap:0 PCMU/8000\na=rtpmap:101 telephone-event/8000\n\
    a=fmtp:101 0-15\n";

/// It answers OPTIONS, or nothing at all.
pub const ANSWERS: u16 = 200;

fn send(text: &mut String, start: &str, headers: &str, body: &str) {
    let kind = if body.is_empty() {
        ""
    } else {
        "Content-Type: application/sdp\n"
    };
    let _written = writeln!(
        text,
        "<send><![CDATA[\n\n{start}\n{headers}{kind}Content-Length: [len]\n\n{body}\n]]></send>"
    );
}

/// Writes a scenario of being called.
#[must_use]
pub fn scenario(steps: &[Step], options: u16) -> String {
    let mut text = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<scenario name=\"peer\">\n\
        <recv request=\"OPTIONS\" optional=\"true\" next=\"1\"/>\n\
        <recv request=\"INVITE\" crlf=\"true\"><action>\
        <ereg regexp=\".*\" search_in=\"hdr\" header=\"From:\" assign_to=\"caller\"/>\
        <ereg regexp=\".*\" search_in=\"hdr\" header=\"To:\" assign_to=\"called\"/>\
        <ereg regexp=\"sip:[^>]*\" search_in=\"hdr\" header=\"Contact:\" assign_to=\"contact\"/>\
        </action></recv>\n"
        .to_owned();
    send(&mut text, "SIP/2.0 100 Trying", COPIED, "");
    for step in steps {
        put(&mut text, *step);
    }
    // The recording of speech is A-law.
    if steps.contains(&Step::Speak) {
        text = text
            .replace("RTP/AVP 0 101", "RTP/AVP 8 101")
            .replace("0 PCMU", "8 PCMA");
    }
    text += "<nop next=\"2\"/>\n<label id=\"1\"/>\n";
    send(&mut text, &format!("SIP/2.0 {options} Asked"), COPIED, "");
    text += "<label id=\"2\"/>\n<Reference variables=\"caller,called,contact\"/>\n</scenario>\n";
    text
}

fn put(text: &mut String, step: Step) {
    match step {
        Step::Ring => send(text, "SIP/2.0 180 Ringing", COPIED, ""),
        Step::Wait(length_ms) => {
            let _written = writeln!(text, "<pause milliseconds=\"{length_ms}\"/>");
        }
        Step::Answer(headers) => {
            send(text, "SIP/2.0 200 OK", &format!("{COPIED}{headers}"), PLAIN);
            *text += "<recv request=\"ACK\"/>\n";
        }
        Step::Press(keys) => keys.chars().for_each(|key| press(text, key)),
        Step::Speak => {
            let _written = writeln!(
                text,
                "<nop><action><exec play_pcap_audio=\"{KEYS}/g711a.pcap\"/></action></nop>\n\
                <pause milliseconds=\"8000\"/>"
            );
        }
        Step::HangUp => {
            request(text, "BYE", 1, "");
            *text += "<recv response=\"200\"/>\n";
        }
        Step::HungUp => {
            *text += "<recv request=\"BYE\"/>\n";
            send(text, "SIP/2.0 200 OK", COPIED, "");
        }
        Step::Refuse(status) => {
            send(text, &format!("SIP/2.0 {status} No"), COPIED, "");
            *text += "<recv request=\"ACK\"/>\n";
        }
        Step::GivenUp => {
            *text += "<recv request=\"CANCEL\"/>\n";
            send(text, "SIP/2.0 200 OK", COPIED, "");
            let ended = "[last_Via:]\n[last_From:]\n[last_To:];tag=[call_number]\n[last_Call-ID:]\n\
                CSeq: 1 INVITE\n";
            send(text, "SIP/2.0 487 Given up", ended, "");
            *text += "<recv request=\"ACK\"/>\n";
        }
        Step::Challenge => {
            let asks = format!(
                "{COPIED}WWW-Authenticate: Digest realm=\"trunk\",nonce=\"47364c23432d2e131a5fb210812c\",algorithm=MD5\n"
            );
            send(text, "SIP/2.0 401 Who", &asks, "");
            *text += "<recv request=\"ACK\"/>\n<recv request=\"INVITE\"><action>\
                <verifyauth assign_to=\"known\" username=\"hub\" password=\"sesame\"/>\
                </action></recv>\n<nop test=\"known\" next=\"3\"/>\n";
            put(text, Step::Refuse(403));
            *text += "<nop next=\"2\"/>\n<label id=\"3\"/>\n";
        }
        Step::Refreshed => {
            *text += "<recv request=\"INVITE\"/>\n";
            let headers =
                COPIED.replace(";tag=[call_number]", "") + "Session-Expires: 90;refresher=uac\n";
            send(text, "SIP/2.0 200 OK", &headers, PLAIN);
            *text += "<recv request=\"ACK\"/>\n";
        }
        Step::Reinvite(direction) => {
            request(text, "INVITE", 2, &format!("{PLAIN}a={direction}\n"));
            *text += "<recv response=\"100\" optional=\"true\"/>\n<recv response=\"200\"/>\n";
            request(text, "ACK", 2, "");
        }
    }
}

/// Presses a key, as it was recorded.
fn press(text: &mut String, key: char) {
    let name = match key {
        '#' => "pound".to_owned(),
        '*' => "star".to_owned(),
        digit => digit.to_string(),
    };
    let _written = writeln!(
        text,
        "<nop><action><exec play_pcap_audio=\"{KEYS}/dtmf_2833_{name}.pcap\"/></action></nop>\n\
        <pause milliseconds=\"400\"/>"
    );
}

/// Asks something within the call.
fn request(text: &mut String, method: &str, number: u32, body: &str) {
    let headers = format!(
        "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n\
        From: [$called];tag=[call_number]\nTo: [$caller]\nCall-ID: [call_id]\n\
        CSeq: {number} {method}\nMax-Forwards: 70\n\
        Contact: <sip:[local_ip]:[local_port];transport=[transport]>\n"
    );
    send(
        text,
        &format!("{method} [$contact] SIP/2.0"),
        &headers,
        body,
    );
}

/// Writes a scenario of calling, with what the headers of the INVITE say besides.
#[must_use]
pub fn calling(steps: &[Step], headers: &str) -> String {
    let mut text =
        "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<scenario name=\"caller\">\n".to_owned();
    let own = |number: u32, method: &str, to: &str| {
        format!(
            "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n\
            From: <sip:6015550177@[local_ip]:[local_port]>;tag=[call_number]\n\
            To: <sip:8005550199@[remote_ip]:[remote_port]>{to}\nCall-ID: [call_id]\n\
            CSeq: {number} {method}\nMax-Forwards: 70\n\
            Contact: <sip:6015550177@[local_ip]:[local_port];transport=[transport]>\n"
        )
    };
    let target = "sip:8005550199@[remote_ip]:[remote_port] SIP/2.0";
    let invite = own(1, "INVITE", "") + headers;
    send(&mut text, &format!("INVITE {target}"), &invite, PLAIN);
    text += "<recv response=\"100\" optional=\"true\"/>\n<recv response=\"180\" optional=\"true\"/>\n\
        <recv response=\"200\"/>\n";
    send(
        &mut text,
        &format!("ACK {target}"),
        &own(1, "ACK", "[peer_tag_param]"),
        "",
    );
    for step in steps {
        if *step == Step::HangUp {
            send(
                &mut text,
                &format!("BYE {target}"),
                &own(2, "BYE", "[peer_tag_param]"),
                "",
            );
            text += "<recv response=\"200\"/>\n";
        } else {
            put(&mut text, *step);
        }
    }
    text + "</scenario>\n"
}
