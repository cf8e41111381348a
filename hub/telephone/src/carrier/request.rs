//! The request by which a carrier is asked to call somebody (`Calls.json`).

use savin_shared::pii::{Pii, Secret};

/// The longest that a carrier lets a call last, in seconds: whatever is lost of us, no line is held for ever.
const LASTING_MAX_S: u32 = 3_600;

/// An account at a carrier.
#[derive(Debug, Clone)]
pub struct Account {
    /// Where its interface is, `https://api.twilio.com` or another that speaks the same.
    pub url: String,
    /// The account.
    pub sid: String,
    /// Its token.
    pub token: Secret<String>,
    /// The number that is shown to whoever is called.
    pub from: String,
}

/// A call that is wanted.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    /// Whom to call, in the form of E.164.
    pub to: &'a Pii<String>,
    /// Where the carrier asks what to do once somebody takes the call.
    pub answered_url: &'a str,
    /// Where the carrier tells that the call is over, and why.
    pub status_url: &'a str,
    /// How long to let it ring, in seconds.
    pub ring_s: u16,
    /// Whether to let the carrier guess at a machine.
    pub machine: Guess,
}

/// Whether the carrier guesses who took the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guess {
    /// It waits for the end of a machine's greeting.
    Machine,
    /// It does not, and asks at once what to do.
    Nothing,
}

/// Says where to send the request.
#[must_use]
pub fn address(account: &Account) -> String {
    let url = account.url.trim_end_matches('/');
    format!("{url}/2010-04-01/Accounts/{}/Calls.json", account.sid)
}

/// Says where one call is asked for, and ended.
#[must_use]
pub fn call_address(account: &Account, call: &str) -> String {
    let url = account.url.trim_end_matches('/');
    format!(
        "{url}/2010-04-01/Accounts/{}/Calls/{call}.json",
        account.sid
    )
}

/// Says where the account itself is asked for.
#[must_use]
pub fn account_address(account: &Account) -> String {
    let url = account.url.trim_end_matches('/');
    format!("{url}/2010-04-01/Accounts/{}.json", account.sid)
}

/// The form that ends a call, whatever it is at.
pub const END: [(&str, &str); 1] = [("Status", "completed")];

/// Writes the form of the request. Account and token go into its `Authorization`.
#[must_use]
pub fn form(account: &Account, wanted: &Wanted<'_>) -> Vec<(&'static str, String)> {
    let mut form = vec![
        ("To", wanted.to.reveal().clone()),
        ("From", account.from.clone()),
        ("Url", wanted.answered_url.to_owned()),
        ("Method", "POST".to_owned()),
        ("StatusCallback", wanted.status_url.to_owned()),
        ("StatusCallbackMethod", "POST".to_owned()),
        ("Timeout", wanted.ring_s.to_string()),
        ("TimeLimit", LASTING_MAX_S.to_string()),
    ];
    if wanted.machine == Guess::Machine {
        form.push(("MachineDetection", "DetectMessageEnd".to_owned()));
        form.push(("MachineDetectionTimeout", "8".to_owned()));
    }
    form
}

#[cfg(test)]
mod tests {
    use savin_shared::pii::{Pii, Secret};

    use super::{Account, Guess, Wanted, address, form};

    /// What the vendor's public description (`twilio_api_v2010.json` of 2026-04-14) says of the fields
    /// that are sent. A request with all of them passed Prism with the whole description.
    const DESCRIBED: [(&str, &str); 10] = [
        ("To", "string"),
        ("From", "string"),
        ("Url", "string"),
        ("Method", "string"),
        ("StatusCallback", "string"),
        ("StatusCallbackMethod", "string"),
        ("Timeout", "integer"),
        ("TimeLimit", "integer"),
        ("MachineDetection", "string"),
        ("MachineDetectionTimeout", "integer"),
    ];

    #[test]
    fn asks_for_a_call_in_the_form_of_the_interface() {
        let account = Account {
            url: "https://api.carrier.example/".to_owned(),
            sid: "AC1".to_owned(),
            token: Secret::new("token".to_owned()),
            from: "+18005550100".to_owned(),
        };
        let to = Pii::new("+16015550123".to_owned());
        let wanted = Wanted {
            to: &to,
            answered_url: "https://h.example/a",
            status_url: "https://h.example/s",
            ring_s: 30,
            machine: Guess::Machine,
        };
        let expected = "https://api.carrier.example/2010-04-01/Accounts/AC1/Calls.json";
        assert_eq!(address(&account), expected);
        let form = form(&account, &wanted);
        for (name, value) in &form {
            let described = DESCRIBED.iter().find(|(described, _)| described == name);
            match described.map(|(_, kind)| *kind) {
                Some("string") => assert!(!value.is_empty(), "{name}"),
                Some("integer") => assert!(value.parse::<u32>().is_ok(), "{name}"),
                other => panic!("{name} is described as {other:?}"),
            }
        }
        assert!(form.contains(&("To", "+16015550123".to_owned())));
        assert!(form.contains(&("Timeout", "30".to_owned())));
    }
}
