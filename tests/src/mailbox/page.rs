//! A page with what the mail server received, and nothing else.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Html;
use axum::routing::get;
use tokio::net::TcpListener;

use super::letter::Letter;
use crate::ledger::Ledger;

#[derive(Debug, Template)]
#[template(path = "mailbox.html")]
struct MailboxPage {
    letters: Vec<Letter>,
}

/// Serves the page on an address, or on any port where that one is taken; returns where.
pub(super) async fn serve(
    address: SocketAddr,
    letters: Arc<Ledger<Letter>>,
) -> anyhow::Result<SocketAddr> {
    let listener = match TcpListener::bind(address).await {
        Ok(listener) => listener,
        Err(_) => TcpListener::bind((address.ip(), 0))
            .await
            .context("failed to listen for readers of the mailbox")?,
    };
    let address = listener.local_addr().context("failed to listen")?;
    let router = Router::new().route("/", get(show)).with_state(letters);
    #[expect(
        clippy::disallowed_methods,
        reason = "the runtime ends with the mailbox, and its page with it"
    )]
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

async fn show(State(letters): State<Arc<Ledger<Letter>>>) -> Html<String> {
    let mut letters = letters.all();
    letters.reverse();
    let page = MailboxPage { letters };
    Html(page.render().unwrap_or_default())
}
