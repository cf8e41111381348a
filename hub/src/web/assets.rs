//! The site's style and its one small script, named by their content so that they can be kept.

use std::sync::OnceLock;

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse as _;
use axum::routing::get;
use savin_shared::hash::Hash;

const STYLE: &str = include_str!("../../assets/site.css");
const SCRIPT: &str = include_str!("../../assets/site.js");
const ICON: &str = include_str!("../../assets/icon.svg");

const KEPT: &str = "public, max-age=31536000, immutable";

/// Returns the path of the style.
#[must_use]
pub fn style_path() -> &'static str {
    static PATH: OnceLock<String> = OnceLock::new();
    PATH.get_or_init(|| named("site", STYLE, "css"))
}

/// Returns the path of the script.
#[must_use]
pub fn script_path() -> &'static str {
    static PATH: OnceLock<String> = OnceLock::new();
    PATH.get_or_init(|| named("site", SCRIPT, "js"))
}

/// Serves the assets.
pub fn router() -> Router {
    let asset = |content: &'static str, kind: &'static str| {
        get(move || async move {
            ([(CONTENT_TYPE, kind), (CACHE_CONTROL, KEPT)], content).into_response()
        })
    };
    Router::new()
        .route(style_path(), asset(STYLE, "text/css; charset=utf-8"))
        .route(
            script_path(),
            asset(SCRIPT, "text/javascript; charset=utf-8"),
        )
        .route("/icon.svg", asset(ICON, "image/svg+xml"))
}

fn named(name: &str, content: &str, ending: &str) -> String {
    format!(
        "/assets/{name}.{}.{ending}",
        Hash::of(content.as_bytes()).short()
    )
}

#[cfg(test)]
mod tests {
    use super::{SCRIPT, STYLE};

    #[test]
    fn stays_light_for_a_slow_telephone() {
        assert!(
            STYLE.len() < 30 * 1024,
            "the style is {} bytes",
            STYLE.len()
        );
        assert!(
            SCRIPT.len() < 10 * 1024,
            "the script is {} bytes",
            SCRIPT.len()
        );
    }
}
