//! Headers on every answer, errors included: nothing is kept, nothing is told to other sites, nothing
//! from other sites runs.

use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

const FIXED: [(HeaderName, &str); 7] = [
    (REFERRER_POLICY, "no-referrer"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=()",
    ),
    (HeaderName::from_static("x-robots-tag"), "noindex"),
];

/// The headers that depend on where the site is.
#[derive(Debug, Clone)]
pub struct Protection {
    policy: HeaderValue,
    is_https: bool,
}

impl Protection {
    /// Works out the headers of a site that is left for another one.
    #[must_use]
    pub fn new(url: &str, leave_url: &str) -> Self {
        // A browser holds the answer to a form to this list too, and leaving is one.
        let leave = origin(leave_url);
        let policy = format!(
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
             connect-src 'self'; form-action 'self' {leave}; base-uri 'none'; \
             frame-ancestors 'none'"
        );
        let strict = HeaderValue::from_static("default-src 'none'");
        Self {
            policy: HeaderValue::from_str(&policy).unwrap_or(strict),
            is_https: url.starts_with("https://"),
        }
    }
}

/// Returns scheme, host and port of an address.
fn origin(url: &str) -> String {
    url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/")
}

/// Adds the headers.
pub async fn protect(request: Request, next: Next, protection: Protection) -> Response {
    let mut response = next.run(request).await;
    let headers: &mut HeaderMap = response.headers_mut();
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(CONTENT_SECURITY_POLICY, protection.policy);
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if protection.is_https {
        let two_years = HeaderValue::from_static("max-age=63072000; includeSubDomains");
        headers.insert(STRICT_TRANSPORT_SECURITY, two_years);
    }
    response
}
