//! Evidence files in which somebody moved, doubled, swapped or added something, with and without the hub's own key.

use jiff::SignedDuration;
use savin_shared::ids::AgencyId;
use savin_shared::sign::SigningKey;
use serde_json::Value;

use super::later::{document, forge, whole};
use super::{confirm, exported, holds, steps, told_to};
use crate::evidence::note::NoteSigner;
use crate::evidence::verify::verify;
use crate::intake::testing::{BOND, send_one};
use crate::notary::Log;
use crate::notary::certify::certify;
use crate::notary::signing::Notary;
use crate::notary::signing::tests::{each, now, pass};

/// What may be put in, at an end or between lines: spaces, breaks of lines and what looks like nothing.
const ADDED: [&str; 12] = [
    " ", "\n", "\n\n", "\r", "\r\n", "\t", "\0", "x", "\u{85}", "\u{a0}", "\u{2028}", "\u{feff}",
];

/// Letters and signs, and what looks like them.
const ALIKE: [(&str, &str); 10] = [
    ("\u{2014}", "\u{2013}"),
    ("\u{2014}", "-"),
    ("\u{2014} ", "\u{2014}\u{a0}"),
    ("e", "\u{435}"),
    ("a", "\u{430}"),
    ("0", "\u{ff10}"),
    ("1", "l"),
    ("\"", "\u{201d}"),
    (":", "\u{ff1a}"),
    ("o", "o\u{301}"),
];

/// Returns what can be made of a file without the key that signed it, each with how.
fn unsigned(text: &str, others: &str) -> Vec<(String, String)> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let (signature, body) = (lines[lines.len() - 1], lines[..lines.len() - 2].concat());
    let mut made = Vec::new();
    for added in ADDED {
        made.push((format!("{added:?} at the end"), format!("{text}{added}")));
        made.push((
            format!("{added:?} at the beginning"),
            format!("{added}{text}"),
        ));
        made.push((
            format!("{added:?} before the signature"),
            format!("{body}\n{added}{signature}"),
        ));
        let ended = body.strip_suffix('\n').unwrap();
        made.push((
            format!("{added:?} at the end of the text"),
            format!("{ended}{added}\n\n{signature}"),
        ));
    }
    for ending in ["\r\n", "\r", "\u{2028}"] {
        made.push((
            format!("lines end by {ending:?}"),
            text.replace('\n', ending),
        ));
    }
    for (letter, alike) in ALIKE {
        made.push((
            format!("first {letter} alike"),
            text.replacen(letter, alike, 1),
        ));
        let Some((before, after)) = text.rsplit_once(letter) else {
            continue;
        };
        made.push((
            format!("last {letter} alike"),
            format!("{before}{alike}{after}"),
        ));
    }
    let other_signature = others.split_inclusive('\n').next_back().unwrap();
    for (what, changed) in [
        ("the lines turned around", format!("{signature}\n{body}")),
        ("the text twice", format!("{body}{body}\n{signature}")),
        ("the signature twice", format!("{text}{signature}")),
        (
            "a stranger's signature beside",
            format!("{text}\u{2014} witness.example AAAAAAAA\n"),
        ),
        ("a file after it", format!("{text}{others}")),
        ("a file before it", format!("{others}{text}")),
        (
            "another file's signature",
            format!("{body}\n{other_signature}"),
        ),
        (
            "another file's signature beside",
            format!("{text}{other_signature}"),
        ),
        ("no signature", format!("{body}\n")),
        ("no text", format!("\n{signature}")),
    ] {
        made.push((what.to_owned(), changed));
    }
    made.retain(|(_, changed)| changed != text);
    made
}

fn none_passes(notary: &Notary<'_>, text: &str, others: &str) {
    assert!(holds(&steps(notary, text)));
    let made = unsigned(text, others);
    assert!(made.len() > 70, "{}", made.len());
    for (how, changed) in made {
        let steps = steps(notary, &changed);
        assert!(!holds(&steps), "{how}: {steps:#?}");
        let said = steps.iter().find_map(|step| step.outcome.as_ref().err());
        assert!(said.unwrap().to_string().contains(' '), "{how}: {said:?}");
    }
}

#[test]
fn finds_whatever_was_added_moved_or_made_to_look_alike() {
    each("tampered_text", |notary| {
        let text = whole(notary);
        let notice = document(&text)["notice"]["notice"]
            .as_str()
            .unwrap()
            .parse();
        pass(SignedDuration::from_hours(1));
        let later = exported(notary, notice.unwrap());
        none_passes(notary, &text, &later);
        let at = |text: &str| text.parse().unwrap();
        let period = (at("2000-01-01T00:00:00Z"), at("2100-01-01T00:00:00Z"));
        let agency = AgencyId::new("MS001").unwrap();
        let certificate = certify(notary, &agency, period, now()).unwrap();
        none_passes(notary, &certificate.note, &text);
    });
}

/// Collects what a document holds, each with its path.
fn parts(value: &Value, path: &str, found: &mut Vec<(String, Value)>) {
    found.push((path.to_owned(), value.clone()));
    match value {
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                parts(item, &format!("{path}/{place}"), found);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                parts(field, &format!("{path}/{name}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn parts_of(document: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    parts(document, "", &mut found);
    found
}

fn proofs(document: &Value) -> Vec<String> {
    let is_proof = |(path, _): &(String, Value)| path.ends_with("/proof");
    let proofs = parts_of(document).into_iter().filter(is_proof);
    proofs.map(|(path, _)| path).collect()
}

fn with(document: &Value, changes: &[(&str, Value)]) -> Value {
    let mut changed = document.clone();
    for (path, value) in changes {
        *changed.pointer_mut(path).unwrap() = value.clone();
    }
    changed
}

fn fails(notary: &Notary<'_>, document: &Value, how: &str) {
    let steps = steps(notary, &forge(notary, document));
    assert!(!holds(&steps), "{how}: {steps:#?}");
}

/// Swaps each two proofs, and parts of them.
fn no_proof_proves_another(notary: &Notary<'_>, document: &Value) {
    let proofs = proofs(document);
    assert!(proofs.len() >= 7, "{proofs:?}");
    for one in &proofs {
        for other in &proofs {
            if one == other {
                continue;
            }
            for part in ["", "/index", "/hashes"] {
                let (one, other) = (format!("{one}{part}"), format!("{other}{part}"));
                let value = |path: &str| document.pointer(path).unwrap().clone();
                if value(&one) == value(&other) {
                    continue;
                }
                let swapped = [(one.as_str(), value(&other)), (other.as_str(), value(&one))];
                fails(
                    notary,
                    &with(document, &swapped),
                    &format!("{one} and {other}"),
                );
                fails(
                    notary,
                    &with(document, &swapped[..1]),
                    &format!("{other} in {one}"),
                );
            }
        }
    }
}

/// Turns lists around, and doubles, drops and adds to what is in them.
fn no_list_is_another(notary: &Notary<'_>, document: &Value, may_end: &[&str]) {
    for (path, value) in parts_of(document) {
        let Value::Array(items) = value else { continue };
        let try_with = |items: Vec<Value>, how: &str| {
            let changed = with(document, &[(&path, Value::Array(items))]);
            fails(notary, &changed, &format!("{path} {how}"));
        };
        let turned: Vec<_> = items.iter().rev().cloned().collect();
        if turned != items {
            try_with(turned, "turned around");
        }
        for place in 0..items.len() {
            let mut doubled = items.clone();
            doubled.insert(place, items[place].clone());
            try_with(doubled, "doubled");
            let mut fewer = items.clone();
            fewer.remove(place);
            // What a file leaves out at the end it does not say, and nothing in it is less true.
            let is_end = may_end.contains(&path.as_str()) && place + 1 == items.len();
            if !is_end {
                try_with(fewer, "with one left out");
            }
        }
    }
}

/// Names a field twice: the first with nothing, with its own value, and with another's.
fn no_field_stands_twice(notary: &Notary<'_>, text: &str) {
    let signer = notary.keys.of(Log::Registry);
    let document = text.lines().next().unwrap();
    let mut many = 0;
    for (at, _) in document.match_indices('"') {
        let (before, after) = document.split_at(at);
        let mut parts = after.split('"');
        let (Some(name), Some(rest)) = (parts.nth(1), parts.next()) else {
            continue;
        };
        if !rest.starts_with(':') || !before.ends_with(['{', ',']) {
            continue;
        }
        many += 1;
        for value in ["null", "\"\"", "[]", "{}", "0"] {
            let doubled = format!("{before}\"{name}\":{value},{after}\n");
            let steps = steps(notary, &signer.sign(&doubled).unwrap());
            assert!(!holds(&steps), "{name} twice, first {value}: {steps:#?}");
        }
    }
    assert!(many > 50, "{many}");
}

/// Writes the fields of all objects the other way round: the hub could, and it would say the same.
fn order_of_fields_says_nothing(notary: &Notary<'_>, text: &str) {
    fn turned(value: &Value) -> String {
        match value {
            Value::Object(fields) => {
                let fields = fields.iter().rev();
                let fields = fields.map(|(name, value)| format!("{name:?}: {}", turned(value)));
                format!("{{ {} }}", fields.collect::<Vec<_>>().join(" , "))
            }
            Value::Array(items) => {
                let items = items.iter().map(turned).collect::<Vec<_>>();
                format!("[ {} ]", items.join(" , "))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
        }
    }
    let signer = notary.keys.of(Log::Registry);
    let other = format!("{}\n", turned(&document(text)));
    let other = signer.sign(&other).unwrap();
    assert_eq!(steps(notary, &other), steps(notary, text));
}

#[test]
fn finds_what_was_moved_doubled_or_swapped_though_the_hub_signed_it_anew() {
    each("tampered_signed", |notary| {
        let text = whole(notary);
        let document = document(&text);
        no_proof_proves_another(notary, &document);
        no_list_is_another(
            notary,
            &document,
            &["/attempts", "/heard", "/told/rules", "/told/decisions"],
        );
        no_field_stands_twice(notary, &text);
        order_of_fields_says_nothing(notary, &text);
    });
}

#[test]
fn finds_what_was_taken_from_another_file_another_end_of_the_log_or_another_log() {
    each("tampered_other", |notary| {
        let (marks, mut jail) = told_to(
            notary.registry,
            notary.vault,
            &["avery@example.test", "blake@example.test"],
            "250 ok",
        );
        let early = document(&exported(notary, marks[0].notice));
        let other = document(&exported(notary, marks[1].notice));
        confirm(notary, marks[1]);
        let body = jail.tells(&jail.record("3", BOND));
        let batch = jail.batch(vec![body]);
        send_one(notary.registry, &jail, &batch);
        let later = document(&exported(notary, marks[0].notice));
        for end in ["registry_checkpoint", "vault_checkpoint"] {
            assert_ne!(early[end], later[end], "{end}");
        }
        // Proofs of one end of a log prove nothing at another, and neither does its checkpoint.
        for path in proofs(&early) {
            let (then, now) = (early.pointer(&path), later.pointer(&path));
            if then != now {
                let changed = with(&later, &[(&path, then.unwrap().clone())]);
                fails(notary, &changed, &format!("{path} of before"));
            }
        }
        let of = |document: &Value, path: &str| document.pointer(path).unwrap().clone();
        let ends = ["/registry_checkpoint", "/vault_checkpoint"];
        let [registry, vault] = ends.map(|end| of(&later, end));
        let swapped = [(ends[0], vault), (ends[1], registry)];
        fails(notary, &with(&later, &swapped), "checkpoints swapped");
        fails(
            notary,
            &with(&later, &[(ends[1], of(&early, ends[1]))]),
            "an older end",
        );
        // A part of another notice of the same event, with its own proof.
        for path in [
            "/notice",
            "/attempts",
            "/notice/opening",
            "/notice/commitment",
            "/notice/proof",
        ] {
            fails(notary, &with(&early, &[(path, of(&other, path))]), path);
        }
        // Another log's key, which signs the same end.
        let stranger = SigningKey::from_seed(&[77; 32]).unwrap();
        let name = notary.keys.public(Log::Vault).name();
        let stranger = NoteSigner::new(name, stranger).unwrap();
        let end = of(&later, ends[1]);
        let (text, _) = end.as_str().unwrap().split_once("\n\n").unwrap();
        let forged = stranger.sign(&format!("{text}\n")).unwrap();
        let changed = with(&later, &[(ends[1], forged.clone().into())]);
        fails(notary, &changed, "an end that a stranger signed");
        let key = stranger.public().to_string();
        let changed = with(&later, &[("/keys/vault", key.into())]);
        fails(notary, &changed, "a key that signed nothing");
        let text = forge(notary, &later);
        let registry = NoteSigner::new(
            notary.keys.public(Log::Registry).name(),
            SigningKey::from_seed(&[78; 32]).unwrap(),
        )
        .unwrap();
        assert!(
            !holds(&verify(&text, registry.public())),
            "another hub's key"
        );
    });
}
