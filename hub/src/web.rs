//! The public site: server-rendered, without cookies, working without JavaScript.
//!
//! Two halves: `lookup` holds the registry and nothing of the vault, and writes there no more than that an
//! office has a notice; `portal` can send
//! the vault's write-only commands and gets masked answers. What a reader looks up or types never
//! stands in an address.

pub mod arrest;
pub mod assets;
pub mod care;
pub mod carrier;
pub mod changes;
mod door;
pub mod failure;
pub mod follow;
pub mod help;
pub mod leave;
pub mod limit;
pub mod lookup;
pub mod mail;
pub mod office;
pub mod page;
pub mod portal;
pub mod protect;
pub mod reach;
pub mod seen;
pub mod session;
pub mod status;
pub mod stop;
pub mod voice;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, FromRef};
use axum::middleware;
use axum::routing::{get, post};
use axum::{Extension, Router};
use jiff::tz::TimeZone;
use savin_shared::world::World;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracing::{info, warn};

use door::{Door, Peer};
use limit::{Action, Limits};

use crate::notification::words::Language;
use crate::store::Store;
use crate::vault::client::Client;
use crate::vault::command::PortalCommand;

/// Bytes of the largest form that anybody has to send.
const FORM_BYTES_MAX: usize = 16 * 1024;

/// How long a request may take to come, and its answer to be taken.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long requests that are under way when the hub stops may take to end.
const GRACE: Duration = Duration::from_secs(5);

/// What every page needs.
#[derive(Debug)]
pub struct Site {
    /// The public address of the site.
    pub url: String,
    /// The toll-free number.
    pub phone: String,
    /// Where somebody goes who leaves at once.
    pub leave_url: String,
    /// The zone in which times are shown.
    pub zone: TimeZone,
    /// The clocks.
    pub world: World,
    /// How much may be asked for.
    pub limits: Limits,
}

/// What the pages for looking up need: nothing of the vault.
#[derive(Debug, Clone)]
pub struct Lookup {
    /// What every page needs.
    pub site: Arc<Site>,
    /// The registry.
    pub registry: Store,
}

/// What the pages for registering need.
#[derive(Debug, Clone)]
pub struct Portal {
    /// What the pages for looking up need.
    pub lookup: Lookup,
    /// The vault's write-only port.
    pub vault: Client<PortalCommand>,
}

impl FromRef<Portal> for Lookup {
    fn from_ref(portal: &Portal) -> Self {
        portal.lookup.clone()
    }
}

/// Builds the site, and beside it what others find there.
pub fn router(portal: &Portal, beside: Router) -> Router {
    let protection = {
        let site = &portal.lookup.site;
        protect::Protection::new(&site.url, &site.leave_url)
    };
    let mut site = Router::new();
    for language in Language::ALL {
        let pages = looking_up(portal.lookup.clone())
            .merge(registering(portal.clone()))
            .layer(Extension(language));
        site = match language {
            Language::En => site.merge(pages),
            Language::Es => site.nest("/es", pages),
        };
    }
    let leaving = Router::new()
        .route("/leave", get(leave::leave).post(leave::leave_session))
        .with_state(portal.clone());
    site.merge(leaving)
        .merge(beside)
        .merge(assets::router())
        .fallback(failure::missing)
        .with_state(())
        .layer(Extension(Arc::clone(&portal.lookup.site)))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .layer(middleware::from_fn(move |request, next| {
            protect::protect(request, next, protection.clone())
        }))
}

fn looking_up(lookup: Lookup) -> Router {
    let limited = (Arc::clone(&lookup.site), Action::LookUp);
    let limited = middleware::from_fn_with_state(limited, limit::limit);
    let office_seen = post(office::confirm)
        .layer(limited.clone())
        .get(office::ask);
    let look_up = post(lookup::look_up).layer(limited).get(lookup::home);
    Router::new()
        .route("/", get(lookup::home))
        .route("/look-up", look_up)
        .route("/changes", get(changes::changes))
        .route("/person/{person}", get(lookup::person))
        .route("/help", get(help::help))
        .route("/office/seen/{token}", office_seen)
        .with_state(lookup)
}

fn registering(portal: Portal) -> Router {
    let limited = (Arc::clone(&portal.lookup.site), Action::Code);
    let limited = middleware::from_fn_with_state(limited, limit::limit);
    let begin = post(portal::begin).layer(limited.clone()).get(portal::form);
    let begin_by_number = post(portal::begin_by_number)
        .layer(limited.clone())
        .get(portal::form_by_number);
    let enter = post(arrest::enter).layer(limited.clone()).get(arrest::form);
    // Every one of these has a code sent.
    let reach = post(session::reach).layer(limited.clone());
    let begin_access = post(session::begin_access)
        .layer(limited)
        .get(session::manage);
    let clicked = (Arc::clone(&portal.lookup.site), Action::LookUp);
    let clicked = middleware::from_fn_with_state(clicked, limit::limit);
    let mail_stop = post(mail::stop).layer(clicked.clone()).get(mail::ask);
    let mail_seen = post(seen::confirm).layer(clicked.clone()).get(seen::ask);
    let letter_seen = post(seen::confirm_code).layer(clicked).get(seen::ask_code);
    Router::new()
        .route("/mail/stop/{mark}", mail_stop)
        .route("/mail/seen/{mark}", mail_seen)
        .route("/seen", letter_seen)
        .route("/person/{person}/register", begin)
        .route("/register", begin_by_number)
        .route("/office/arrest/{token}", enter)
        .route("/register/confirm", post(portal::confirm))
        .route("/manage", begin_access)
        .route(portal::ACCESS, post(session::confirm_access))
        .route("/manage/change", post(session::change))
        .route("/manage/care", post(care::change))
        .route("/manage/pin", post(care::change_pin))
        .route("/manage/second-pin", post(care::change_second_pin))
        .route("/manage/follow", post(follow::follow))
        .route("/manage/reach", reach)
        .route("/manage/prove", post(session::prove))
        .route("/manage/unreach", post(session::unreach))
        .route("/manage/prefer", post(session::prefer))
        .route("/manage/resume", post(session::resume))
        .route("/manage/keep", post(stop::keep))
        .route("/manage/stop", post(stop::stop))
        .with_state(portal)
}

/// The listening site.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    router: Router,
}

impl Server {
    /// Begins to listen, for readers and for whoever finds something beside the pages.
    ///
    /// # Errors
    /// Returns the system's error.
    pub async fn bind(
        address: SocketAddr,
        portal: Portal,
        beside: Router,
    ) -> std::io::Result<Self> {
        Ok(Self {
            listener: TcpListener::bind(address).await?,
            router: router(&portal, beside),
        })
    }

    /// Returns the address that is listened on.
    ///
    /// # Errors
    /// Returns the system's error.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves the site until shutdown.
    ///
    /// # Errors
    /// Returns the system's error.
    pub async fn run(self, mut shutdown: watch::Receiver<bool>) -> std::io::Result<()> {
        let mut stopping = shutdown.clone();
        let stopped = async move {
            // Wiring that has gone away stops the site as well.
            let _stopped = shutdown.wait_for(|stop| *stop).await;
        };
        let late = async move {
            // No lock of the signal is held while waiting.
            drop(stopping.wait_for(|stop| *stop).await);
            tokio::time::sleep(GRACE).await;
        };
        let service = self.router.into_make_service_with_connect_info::<Peer>();
        let door = Door::new(self.listener, PATIENCE);
        let serving = axum::serve(door, service).with_graceful_shutdown(stopped);
        tokio::select! {
            served = serving => served?,
            () = late => warn!("Stopped before every request was answered"),
        }
        info!("Stopped serving the site");
        Ok(())
    }
}
