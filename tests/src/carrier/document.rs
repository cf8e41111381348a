//! Reads the documents that a carrier performs: a small part of XML, and nothing that is not in it.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};

/// One element of a document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: BTreeMap<String, String>,
    pub(super) inside: Vec<Self>,
    pub(super) text: String,
}

/// Reads a document; returns what is inside its `Response`.
pub(super) fn read(document: &str) -> anyhow::Result<Vec<Element>> {
    let body = document.split_once("?>").context("no declaration")?.1;
    let mut open = vec![Element::default()];
    let mut rest = body;
    while let Some((text, after)) = rest.split_once('<') {
        let last = open.last_mut().context("text after the end")?;
        last.text.push_str(&plain(text));
        let (tag, next) = after.split_once('>').context("a tag without an end")?;
        rest = next;
        if let Some(name) = tag.strip_prefix('/') {
            let done = open.pop().context("an end without a beginning")?;
            if done.name != name {
                bail!("{name} ends {}", done.name);
            }
            open.last_mut()
                .context("nothing around it")?
                .inside
                .push(done);
            continue;
        }
        let element = begin(tag.trim_end_matches('/'))?;
        if tag.ends_with('/') {
            open.last_mut()
                .context("nothing around it")?
                .inside
                .push(element);
        } else {
            open.push(element);
        }
    }
    let top = open.pop().context("nothing in it")?;
    match (open.is_empty(), top.inside.into_iter().next()) {
        (true, Some(response)) if response.name == "Response" => Ok(response.inside),
        _ => bail!("no Response: {document}"),
    }
}

fn begin(tag: &str) -> anyhow::Result<Element> {
    let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
    let mut element = Element {
        name: name.to_owned(),
        ..Element::default()
    };
    while let Some((attribute, after)) = rest.split_once("=\"") {
        let (value, next) = after.split_once('"').context("a value without an end")?;
        let attribute = attribute.trim().to_owned();
        element.attributes.insert(attribute, plain(value));
        rest = next;
    }
    Ok(element)
}

fn plain(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}
