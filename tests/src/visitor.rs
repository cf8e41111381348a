//! Somebody at the public site, without JavaScript: follows links and sends forms.

use std::time::Duration;

use anyhow::{Context as _, bail};

use crate::mailbox::Mailbox;

/// How long a code may take to come.
const PATIENCE: Duration = Duration::from_secs(60);

/// What somebody chooses who wants to be told.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// Where.
    pub email: &'a str,
    /// `full`, `discreet` or `content-free`.
    pub level: &'a str,
    /// `en` or `es`.
    pub language: &'a str,
}

/// Somebody at the public site.
#[derive(Debug)]
pub struct Visitor {
    agent: ureq::Agent,
    site: String,
}

impl Visitor {
    /// Goes to a site.
    #[must_use]
    pub fn new(site: &str) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(30)))
            .http_status_as_error(false)
            .max_redirects(0)
            .build();
        Self {
            agent: config.into(),
            site: site.to_owned(),
        }
    }

    /// Opens a page.
    ///
    /// # Errors
    /// Returns why no page came.
    pub fn open(&self, path: &str) -> anyhow::Result<Page> {
        let answer = self.agent.get(format!("{}{path}", self.site)).call();
        Page::read(answer.context("failed to open a page")?)
    }

    /// Sends a form.
    ///
    /// # Errors
    /// Returns why no page came.
    pub fn send(&self, path: &str, fields: &[(&str, &str)]) -> anyhow::Result<Page> {
        let answer = self
            .agent
            .post(format!("{}{path}", self.site))
            .send_form(fields.iter().copied());
        Page::read(answer.context("failed to send a form")?)
    }

    /// Looks somebody up and returns the paths of those who fit.
    ///
    /// # Errors
    /// Returns why no page came.
    pub fn look_up(&self, who: &str) -> anyhow::Result<Vec<String>> {
        let page = self.send("/look-up", &[("who", who)])?;
        let paths = page.text.split("<a href=\"").skip(1);
        Ok(paths
            .filter_map(|rest| rest.split_once('"'))
            .map(|(path, _)| path.to_owned())
            .filter(|path| path.starts_with("/person/"))
            .collect())
    }

    /// Asks to be told about somebody, with the code that comes by mail.
    ///
    /// # Errors
    /// Returns where the way to it ended.
    pub fn register(&self, who: &str, wish: Wish<'_>, mailbox: &Mailbox) -> anyhow::Result<()> {
        let found = self.look_up(who)?;
        let [path] = found.as_slice() else {
            bail!("{} people are called {who}", found.len());
        };
        let form = [
            ("email", wish.email),
            ("level", wish.level),
            ("language", wish.language),
        ];
        self.sign_up(&format!("{path}/register"), &form, mailbox)
    }

    /// Sends a registration, with the code that comes by mail to the first field's address.
    ///
    /// # Errors
    /// Returns where the way to it ended.
    pub fn sign_up(
        &self,
        path: &str,
        form: &[(&str, &str)],
        mailbox: &Mailbox,
    ) -> anyhow::Result<()> {
        let (_, email) = form.first().context("the form is empty")?;
        let known = mailbox
            .letters()
            .iter()
            .filter(|letter| letter.to == *email)
            .count();
        let page = self.send(path, form)?;
        let ticket = page.field("ticket")?;
        let code = mailbox
            .wait_for(email, known, PATIENCE)
            .and_then(|letter| letter.code())
            .context("no code came")?;
        let page = self.send("/register/confirm", &[("ticket", &ticket), ("code", &code)])?;
        if page.text.contains("You are signed up") {
            Ok(())
        } else {
            bail!("the code was not taken: {}", page.text)
        }
    }
}

/// A page as it came.
#[derive(Debug)]
pub struct Page {
    /// Its status (RFC 9110, section 15).
    pub status: u16,
    /// Its headers, by their names in lower case.
    pub headers: Vec<(String, String)>,
    /// Its HTML.
    pub text: String,
}

impl Page {
    fn read(mut answer: ureq::http::Response<ureq::Body>) -> anyhow::Result<Self> {
        let headers = answer.headers().iter();
        let headers = headers
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.as_str().to_owned(), value)
            })
            .collect();
        Ok(Self {
            status: answer.status().as_u16(),
            headers,
            text: answer
                .body_mut()
                .read_to_string()
                .context("failed to read a page")?,
        })
    }

    /// Returns a header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Returns the value of a hidden field.
    ///
    /// # Errors
    /// Returns the page when it has no such field.
    pub fn field(&self, name: &str) -> anyhow::Result<String> {
        let start = format!("name=\"{name}\" value=\"");
        let value = self
            .text
            .split_once(&start)
            .and_then(|(_, rest)| rest.split_once('"'));
        let (value, _) = value.with_context(|| format!("no field {name} in: {}", self.text))?;
        Ok(value.to_owned())
    }

    /// Returns what the first status on the page says, without its markup.
    ///
    /// # Errors
    /// Returns the page when it has none.
    pub fn status(&self) -> anyhow::Result<String> {
        let section = self.text.split_once("<section class=\"status");
        let inside = section
            .and_then(|(_, rest)| rest.split_once('>'))
            .and_then(|(_, rest)| rest.split_once("</section>"));
        let (inside, _) = inside.with_context(|| format!("no status in: {}", self.text))?;
        let lines = inside.lines().map(bare);
        let lines: Vec<String> = lines.filter(|line| !line.is_empty()).collect();
        Ok(format!("{}.", lines.join(". ")))
    }
}

/// Returns what a line says without its tags and its last stop.
fn bare(line: &str) -> String {
    let (mut text, mut rest) = (String::new(), line);
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before);
        rest = tag.split_once('>').map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    text.trim_end_matches('.').to_owned()
}
