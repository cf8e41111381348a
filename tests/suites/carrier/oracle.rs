//! The vendor's own libraries and public description beside what the hub makes: signatures, documents,
//! requests. `tests/run` installs them.

use std::io::Write as _;
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use savin_shared::pii::{Pii, Secret};
use savin_telephone::carrier::client::{Answer, Client};
use savin_telephone::carrier::request::{Account, Guess, Wanted};
use savin_telephone::carrier::signature::{Scheme, Signed, twilio};
use savin_telephone::script::ending::NotAnswered;
use savin_tests::carrier::{ACCOUNT, Act, NUMBER, Person, TOKEN};
use savin_tests::clock::{monotonic, pause};
use savin_tests::dice::Dice;
use savin_tests::ports;
use serde_json::{Value, json};

use crate::calls::Place;

/// How long a server of the description may take to begin.
const START: Duration = Duration::from_secs(60);

/// Requests whose signatures are compared.
const REQUESTS: usize = 300;

/// Parts of addresses and forms, of all kinds that a carrier may send.
const ADDRESSES: [&str; 8] = [
    "https://h.example/carrier/call/0123",
    "https://h.example:443/carrier/call/0123/1",
    "https://h.example:8443/carrier/call/0123/1",
    "http://h.example/carrier/voice?a=1&b=2",
    "http://h.example:80/c?x=%C3%B1%20",
    "http://127.0.0.1:8080/c",
    "https://h.example/c?",
    "https://h.example/",
];
const NAMES: [&str; 6] = ["CallSid", "Digits", "From", "To", "CallStatus", "Caller"];
const VALUES: [&str; 9] = [
    "",
    "1234",
    "#",
    "+16015550123",
    "Zoë Peña",
    "a&b=c",
    "señal ✓",
    "two words",
    "Jackson",
];

/// Runs a program with something at its standard input; returns what it printed.
fn run(mut command: Command, given: &Value) -> anyhow::Result<Value> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command
        .spawn()
        .context("tests/run installs what is needed")?;
    let mut input = child.stdin.take().context("no standard input")?;
    input.write_all(given.to_string().as_bytes())?;
    drop(input);
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "{command:?} failed");
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("carrier")
}

fn python(what: &str, given: &Value) -> anyhow::Result<Value> {
    let python = std::env::var_os("SAVIN_TEST_PYTHON")
        .context("SAVIN_TEST_PYTHON is unset; start these tests with tests/run")?;
    let mut command = Command::new(python);
    command.arg(folder().join("oracle.py")).arg(what);
    run(command, given)
}

fn form(dice: &mut Dice) -> Vec<(String, String)> {
    let mut form = Vec::new();
    for _ in 0..dice.below(8) {
        let name = dice.pick(&NAMES).copied().unwrap_or_default();
        let value = dice.pick(&VALUES).copied().unwrap_or_default();
        form.push((name.to_owned(), value.to_owned()));
    }
    form
}

#[test]
fn signatures_are_those_of_the_vendors_libraries() -> anyhow::Result<()> {
    let mut dice = Dice::new(7);
    let token = Secret::new(TOKEN.to_owned());
    let mut requests = Vec::new();
    let mut ours = Vec::new();
    for _ in 0..REQUESTS {
        let url = dice.pick(&ADDRESSES).copied().unwrap_or_default();
        let form = form(&mut dice);
        let signature = twilio(&token, url, &form);
        requests.push(json!({"token": TOKEN, "url": url, "form": form, "signature": signature}));
        ours.push((url, form, signature));
    }
    let requests = Value::Array(requests);
    let theirs: Vec<String> = serde_json::from_value(python("signatures", &requests)?)?;
    let scheme = Scheme::Twilio(token);
    for ((url, form, signature), theirs) in ours.iter().zip(&theirs) {
        ensure!(signature == theirs, "{url} {form:?}");
        let request = Signed {
            url,
            form,
            body: b"",
            signature: theirs,
            timestamp: None,
        };
        ensure!(scheme.check(request, 0).is_ok(), "{url} {form:?}");
    }
    let mut node = Command::new("node");
    node.arg(folder().join("signatures.mjs"));
    let believed: Vec<bool> = serde_json::from_value(run(node, &requests)?)?;
    ensure!(believed.len() == REQUESTS, "{} answers", believed.len());
    ensure!(believed.iter().all(|believed| *believed), "{believed:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_what_the_vendors_library_writes() -> anyhow::Result<()> {
    let place = Place::open().await?;
    let acts = vec![
        Act::press("9"),
        Act::press("1111#"),
        Act::press("1234#"),
        Act::press("0"),
        Act::Desk("5"),
        Act::Operator("no-answer"),
    ];
    for is_mute in [false, true] {
        let person = Person::Answers(acts.clone());
        place.tell_by(person, is_mute).await?;
        place.tell_by(Person::Machine, is_mute).await?;
    }
    let documents = place.simulator.after(4, |noted| noted.documents.clone())?;
    let all = documents.concat();
    for verb in [
        "<Play>",
        "<Say ",
        "<Gather ",
        "<Redirect ",
        "<Dial ",
        "<Hangup/>",
    ] {
        ensure!(all.contains(verb), "no document has {verb}");
    }
    let pairs = python("documents", &json!(documents))?;
    let pairs: Vec<(String, String)> = serde_json::from_value(pairs)?;
    ensure!(pairs.len() == documents.len(), "{} answers", pairs.len());
    for (ours, theirs) in pairs {
        ensure!(ours == theirs, "{ours}\n{theirs}");
    }
    Ok(())
}

/// Prism, which answers for the interface as the vendor's public description has it.
struct Prism {
    child: Child,
    port: u16,
}

impl Prism {
    fn start() -> anyhow::Result<Self> {
        let description = std::env::var_os("SAVIN_TEST_CARRIER")
            .context("SAVIN_TEST_CARRIER is unset; start these tests with tests/run")?;
        let port = ports::free()?.port();
        let child = Command::new("node")
            .arg(folder().join("node_modules/@stoplight/prism-cli/dist/index.js"))
            .args(["mock", "--errors", "--port", &port.to_string()])
            .arg(description)
            .stdout(Stdio::null())
            .spawn()
            .context("tests/run installs Prism")?;
        let prism = Self { child, port };
        let deadline = monotonic() + START;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            ensure!(monotonic() < deadline, "Prism does not begin");
            pause(Duration::from_millis(100));
        }
        Ok(prism)
    }

    fn client(&self, sid: &str, from: &str) -> anyhow::Result<Client> {
        Ok(Client::new(Account {
            url: format!("http://127.0.0.1:{}", self.port),
            sid: sid.to_owned(),
            token: Secret::new(TOKEN.to_owned()),
            from: from.to_owned(),
        })?)
    }
}

impl Drop for Prism {
    fn drop(&mut self) {
        // One that has ended by itself need not be ended.
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

#[test]
fn requests_fit_the_vendors_public_description() -> anyhow::Result<()> {
    let prism = Prism::start()?;
    let client = prism.client(ACCOUNT, NUMBER)?;
    let to = Pii::new("+16015550123".to_owned());
    let wanted = |machine: Guess| Wanted {
        to: &to,
        answered_url: "https://h.example/carrier/call/0123",
        status_url: "https://h.example/carrier/call/0123/status",
        ring_s: 35,
        machine,
    };
    for machine in [Guess::Machine, Guess::Nothing] {
        let answer = client.call(&wanted(machine));
        let Answer::Placed(sid) = answer else {
            anyhow::bail!("Prism takes no call: {answer:?}");
        };
        ensure!(sid.starts_with("CA"), "{sid}");
    }
    let call = format!("CA{:032}", 1);
    ensure!(
        client.status(&call)? == "completed",
        "Prism's example changed"
    );
    client.end(&call)?;
    client.look()?;
    // It does look: an account that is none is refused.
    let refused = prism.client("AC1", NUMBER)?.call(&wanted(Guess::Machine));
    let expected = Answer::Refused {
        why: NotAnswered::Line,
        detail: "HTTP 422".to_owned(),
    };
    ensure!(refused == expected, "{refused:?}");
    Ok(())
}
