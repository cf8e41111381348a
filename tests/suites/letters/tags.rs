//! The tree of tags: that everything drawn is in it, or is said to be no content, is checked neither by
//! the library nor by the checker of PDF/UA.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context as _, ensure};
use savin_letter::page::{Typesetter, pdf};
use serde_json::Value;

use crate::sample::{self, SETTING};

/// A PDF as qpdf takes it apart, its streams unpacked beside it.
struct Apart {
    objects: Value,
}

impl Apart {
    fn of(file: &Path) -> anyhow::Result<Self> {
        let name = file.to_str().context("a path")?;
        let prefix = format!("--json-stream-prefix={name}.stream");
        let options = [
            "--json=2",
            "--json-key=qpdf",
            "--json-stream-data=file",
            "--decode-level=all",
            &prefix,
            name,
        ];
        let told: Value = serde_json::from_slice(&crate::run("qpdf", &options)?)?;
        let objects = told.pointer("/qpdf/1").context("objects")?.clone();
        Ok(Self { objects })
    }

    /// Follows a reference.
    fn object(&self, reference: &Value) -> Option<&Value> {
        self.objects.get(format!("obj:{}", reference.as_str()?))
    }

    fn dictionaries(&self) -> impl Iterator<Item = (&str, &Value)> {
        let all = self.objects.as_object().into_iter().flatten();
        all.filter_map(|(name, object)| Some((name.strip_prefix("obj:")?, object.get("value")?)))
    }

    fn of_type(&self, kind: &str) -> impl Iterator<Item = (&str, &Value)> {
        let is_kind = move |value: &Value| value.get("/Type").and_then(Value::as_str) == Some(kind);
        self.dictionaries().filter(move |(_, value)| is_kind(value))
    }

    /// Returns every mark that the tree holds, each with its page.
    fn in_tree(&self) -> Vec<(String, u64)> {
        let mut marks = Vec::new();
        for (_, element) in self.of_type("/StructElem") {
            let page = element
                .get("/Pg")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let children = match element.get("/K") {
                Some(Value::Array(children)) => children.clone(),
                Some(child) => vec![child.clone()],
                None => Vec::new(),
            };
            for child in children {
                if let Some(mark) = child.as_u64() {
                    marks.push((page.to_owned(), mark));
                } else if let Some(mark) = child.get("/MCID").and_then(Value::as_u64) {
                    let own = child.get("/Pg").and_then(Value::as_str).unwrap_or(page);
                    marks.push((own.to_owned(), mark));
                }
            }
        }
        marks
    }

    /// Returns every mark that is on a page, and fails where something is drawn outside of one.
    fn on_pages(&self) -> anyhow::Result<Vec<(String, u64)>> {
        let mut marks = Vec::new();
        for (name, page) in self.of_type("/Page") {
            let contents = page.get("/Contents");
            let Some(stream) = contents.and_then(|contents| self.object(contents)) else {
                continue;
            };
            let file = stream.pointer("/stream/datafile").and_then(Value::as_str);
            let content = std::fs::read(file.context("a stream in a file")?)?;
            let content = String::from_utf8_lossy(&content).into_owned();
            for mark in marked(&content).with_context(|| format!("page {name}"))? {
                marks.push((name.to_owned(), mark));
            }
        }
        Ok(marks)
    }
}

/// Returns the marks of a page's content.
fn marked(content: &str) -> anyhow::Result<Vec<u64>> {
    let painting = [
        "Tj", "TJ", "'", "\"", "f", "F", "f*", "S", "s", "B", "B*", "b", "Do", "sh",
    ];
    let mut marks = Vec::new();
    let mut depth = 0_u32;
    let mut operands: Vec<String> = Vec::new();
    for token in tokens(content) {
        let is_operator =
            token.starts_with(|c: char| c.is_ascii_alphabetic() || c == '\'' || c == '"');
        if !is_operator {
            operands.push(token);
            continue;
        }
        match token.as_str() {
            "BDC" | "BMC" => {
                depth += 1;
                ensure!(depth == 1, "a mark in a mark: {operands:?}");
                let mark = operands
                    .iter()
                    .skip_while(|operand| *operand != "/MCID")
                    .nth(1);
                match mark {
                    Some(mark) => marks.push(mark.parse()?),
                    None => ensure!(
                        operands.first().is_some_and(|tag| tag == "/Artifact"),
                        "neither content nor none: {operands:?}"
                    ),
                }
            }
            "EMC" => depth = depth.checked_sub(1).context("an end without a mark")?,
            operator => ensure!(
                depth > 0 || !painting.contains(&operator),
                "drawn outside of every mark: {operands:?} {operator}"
            ),
        }
        operands.clear();
    }
    ensure!(depth == 0, "a mark without an end");
    Ok(marks)
}

/// Takes the content apart, without what is in its strings.
fn tokens(content: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut token = String::new();
    let (mut parentheses, mut is_hex, mut is_escaped) = (0_u32, false, false);
    let mut characters = content.chars().peekable();
    while let Some(c) = characters.next() {
        if parentheses > 0 {
            match c {
                _ if is_escaped => is_escaped = false,
                '\\' => is_escaped = true,
                '(' => parentheses += 1,
                ')' => parentheses -= 1,
                _ => {}
            }
            continue;
        }
        if is_hex {
            is_hex = c != '>';
            continue;
        }
        if c == '/' || c.is_ascii_whitespace() || "<>[]()".contains(c) {
            tokens.extend(Some(std::mem::take(&mut token)).filter(|token| !token.is_empty()));
        }
        match c {
            '(' => parentheses = 1,
            '<' if characters.peek() == Some(&'<') => {
                characters.next();
            }
            '<' => is_hex = true,
            '>' | '[' | ']' => {}
            c if c.is_ascii_whitespace() => {}
            c => token.push(c),
        }
    }
    tokens.extend(Some(token).filter(|token| !token.is_empty()));
    tokens
}

fn holds_everything(file: &Path) -> anyhow::Result<()> {
    let apart = Apart::of(file)?;
    let (mut tree, mut pages) = (apart.in_tree(), apart.on_pages()?);
    ensure!(pages.len() > 5, "{}: {} marks", file.display(), pages.len());
    tree.sort();
    pages.sort();
    ensure!(
        tree == pages,
        "{}: in the tree {tree:?}, on the pages {pages:?}",
        file.display()
    );
    let once: BTreeSet<_> = tree.iter().collect();
    ensure!(
        once.len() == tree.len(),
        "{}: a mark has two places",
        file.display()
    );
    // Headings begin at the first level and leave out none.
    let kinds: BTreeSet<&str> = apart
        .of_type("/StructElem")
        .filter_map(|(_, element)| element.get("/S").and_then(Value::as_str))
        .collect();
    ensure!(kinds.contains("/H1"), "{kinds:?}");
    for kind in ["/H3", "/H4", "/H5", "/H6"] {
        ensure!(!kinds.contains(kind), "{kinds:?}");
    }
    Ok(())
}

#[test]
fn every_mark_on_a_page_is_in_the_tree_once() -> anyhow::Result<()> {
    let folder = crate::folder()?;
    let samples = sample::all()?;
    for sample in samples {
        holds_everything(&sample.file)?;
    }
    // And in a batch, where pages of many letters follow each other.
    let mut typesetter = Typesetter::new()?;
    let sheets: Vec<_> = samples
        .iter()
        .map(|sample| typesetter.sheet(sample.letter.clone(), &SETTING))
        .collect::<Result<_, _>>()?;
    let file = folder.join("tags-batch.pdf");
    std::fs::write(&file, pdf(&typesetter, &sheets, SETTING.sides)?)?;
    holds_everything(&file)
}

#[test]
fn what_is_heard_is_what_is_written_in_the_order_of_reading() -> anyhow::Result<()> {
    for name in ["usual", "back", "vietnamese", "choctaw"] {
        let sample = sample::named(name)?;
        let file = sample.file.to_str().context("a path")?;
        let heard = crate::run("pdfinfo", &["-enc", "UTF-8", "-struct-text", file])?;
        // Titles of headings come in another encoding than the text under them.
        let heard = String::from_utf8_lossy(&heard);
        let heard: Vec<&str> = heard
            .lines()
            .filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix('"'))
            .collect();
        let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        // Poppler finds blanks by gaps, and a mark below may be wider than its letter.
        let unspaced = |text: String| {
            if name == "choctaw" {
                text.replace(' ', "")
            } else {
                text
            }
        };
        let heard = unspaced(squeezed(&heard.join(" ")));
        let letter = &sample.letter;
        let mut at = 0;
        let texts = letter
            .sender
            .iter()
            .chain(&letter.recipient)
            .chain([&letter.number]);
        let blocks = letter.blocks.iter().map(savin_letter::page::Block::text);
        for text in texts.map(String::as_str).chain(blocks) {
            let text = unspaced(squeezed(text));
            let rest = heard.get(at..).unwrap_or_default();
            let found = rest.find(&text);
            at += found.with_context(|| format!("{name}: {text} is not in {rest}"))? + text.len();
        }
    }
    Ok(())
}

#[test]
fn a_mark_outside_of_everything_is_noticed() {
    marked("/Span <</MCID 0>> BDC\n(a) Tj\nEMC\n").unwrap();
    let strings = "/Span<</MCID 3>>BDC\n[<0041>-7(a\\)EMC)]TJ EMC/Artifact BMC f EMC";
    assert_eq!(marked(strings).unwrap(), [3]);
    for wrong in [
        "(a) Tj\n",
        "/Span <</MCID 0>> BDC\n(a) Tj\n",
        "/P BMC\n(a) Tj\nEMC\n",
        "EMC\n",
        "/Span <</MCID 0>> BDC\nEMC\n0 0 1 1 re\nf\n",
    ] {
        assert!(marked(wrong).is_err(), "{wrong}");
    }
}
