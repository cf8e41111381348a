//! What every page has: its language, its title, its way out.

use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use jiff::Timestamp;
use savin_letter::together::{Stretch, stretches};

use super::Site;
use crate::notification::markup::{Kind, mark, mark_moment};
use crate::notification::sentence::written_as;
use crate::notification::words::{Argument, Language, Words};

/// What every page has.
#[derive(Debug, Clone)]
pub struct Page {
    /// The words of its language.
    pub words: Words,
    /// What every page needs.
    pub site: Arc<Site>,
    /// The page's path in another language.
    pub path: String,
    /// The session that this page carries, if it does: leaving ends it.
    pub session: Option<String>,
    /// Whether the page says that something has to be put right.
    pub has_error: bool,
    /// Whether values are marked, for a voice that says what the page shows.
    pub is_spoken: bool,
}

impl Page {
    /// Begins a page at a path, which is written without its language.
    #[must_use]
    pub fn new(site: &Arc<Site>, language: Language, path: &str) -> Self {
        Self {
            words: Words::of(language),
            site: Arc::clone(site),
            path: path.to_owned(),
            session: None,
            has_error: false,
            is_spoken: false,
        }
    }

    /// Begins what a voice says instead of a page.
    #[must_use]
    pub fn spoken(site: &Arc<Site>, language: Language) -> Self {
        Self {
            is_spoken: true,
            ..Self::new(site, language, "/")
        }
    }

    /// Writes a value out.
    #[must_use]
    pub fn value(&self, kind: Kind, value: &str) -> String {
        if self.is_spoken {
            mark(kind, value)
        } else {
            value.to_owned()
        }
    }

    /// Writes the site's telephone number out.
    #[must_use]
    pub fn phone(&self) -> String {
        self.value(Kind::Phone, &self.site.phone)
    }

    /// Says a message.
    #[must_use]
    pub fn say(&self, key: &str) -> String {
        self.words.say(key)
    }

    /// Says a message with the site's telephone number.
    #[must_use]
    pub fn say_phone(&self, key: &str) -> String {
        self.words
            .say_with(key, &[("phone", Argument::Text(&self.phone()))])
    }

    /// Writes a text as HTML of which no telephone number, code, day or time is broken.
    #[must_use]
    pub fn whole(&self, text: &str) -> String {
        let mut written = String::new();
        for stretch in stretches(text) {
            match stretch {
                Stretch::Whole(part) => {
                    written.push_str("<span class=\"whole\">");
                    escape(part, &mut written);
                    written.push_str("</span>");
                }
                Stretch::Loose(part) => escape(part, &mut written),
            }
        }
        written
    }

    /// Writes a message with the site's telephone number so.
    #[must_use]
    pub fn whole_phone(&self, key: &str) -> String {
        self.whole(&self.say_phone(key))
    }

    /// Says what stands before and after the site's telephone number in a message: whoever holds a telephone calls it with
    /// a touch.
    #[must_use]
    pub fn around_phone(&self, key: &str) -> (String, String) {
        let said = self.say_phone(key);
        let around = said.split_once(&self.phone());
        around.map_or_else(
            || (said.clone(), String::new()),
            |(before, after)| (before.to_owned(), after.to_owned()),
        )
    }

    /// Returns the address by which a telephone calls the site's number (RFC 3966).
    #[must_use]
    pub fn call(&self) -> String {
        let digits: String = self
            .site
            .phone
            .chars()
            .filter(char::is_ascii_digit)
            .collect();
        let is_whole = digits.len() == 11 && digits.starts_with('1');
        format!("tel:{}{digits}", if is_whole { "+" } else { "" })
    }

    /// Says a message with one text.
    #[must_use]
    pub fn say_text(&self, key: &str, name: &'static str, text: &str) -> String {
        self.words.say_with(key, &[(name, Argument::Text(text))])
    }

    /// Returns the language's tag.
    #[must_use]
    pub const fn tag(&self) -> &'static str {
        self.words.language().tag()
    }

    /// Returns a path in this page's language.
    #[must_use]
    pub fn to(&self, path: &str) -> String {
        self.words.language().path(path)
    }

    /// Returns the other languages: tag, own name, and this page in them.
    #[must_use]
    pub fn others(&self) -> Vec<(&'static str, &'static str, String)> {
        let other = |language: &Language| *language != self.words.language();
        Language::ALL
            .into_iter()
            .filter(other)
            .map(|language| {
                (
                    language.tag(),
                    language.own_name(),
                    language.path(&self.path),
                )
            })
            .collect()
    }

    /// Returns the title, which tells nothing.
    #[must_use]
    pub fn title(&self) -> String {
        let title = self.say("site-title");
        if self.has_error {
            self.say_text("error-title", "title", &title)
        } else {
            title
        }
    }

    /// Writes out when an agency says that something was or is to be: a day where it gave no time.
    #[must_use]
    pub fn agency_time(&self, at: Timestamp, is_day: bool) -> String {
        if self.is_spoken {
            return mark_moment(at, is_day);
        }
        written_as(self.words.language(), &self.site.zone, at, is_day)
    }

    /// Writes a time out.
    #[must_use]
    pub fn time(&self, at: Timestamp) -> String {
        self.agency_time(at, false)
    }
}

/// Renders a page.
#[must_use]
pub fn render(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(failure) => {
            tracing::error!(reason = %failure, "Page not rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Writes a text as HTML, in which nothing of it is taken for a tag.
fn escape(text: &str, written: &mut String) {
    for letter in text.chars() {
        match letter {
            '&' => written.push_str("&#38;"),
            '<' => written.push_str("&#60;"),
            '>' => written.push_str("&#62;"),
            '"' => written.push_str("&#34;"),
            '\'' => written.push_str("&#39;"),
            letter => written.push(letter),
        }
    }
}
