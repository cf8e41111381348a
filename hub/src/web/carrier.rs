//! Where a carrier asks what to do in a call, tells how calls are, and fetches what is said.
//!
//! Nothing is believed that it has not signed. What it fetches it does not sign: that lies at addresses
//! that nobody can guess, while it is said.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Form as FormOf, FromRequest as _, Path, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use savin_shared::world::World;
use savin_telephone::audio::{Codec, wav};
use savin_telephone::carrier::live::{Asked, Form, Live, NotAsked, Reply};
use savin_telephone::carrier::signature::{Scheme, Signed};
use savin_telephone::carrier::trial;
use tracing::{info, warn};

/// Where calls are, below the site.
pub const CALLS: &str = "/carrier/call";

/// Where a call for trial asks, below the site.
pub const TRIAL: &str = "/carrier/trial";

/// What ends a call that is none of ours any more, instead of an error that the carrier reads out.
const HANG_UP: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Hangup/></Response>";

/// The headers in which carriers sign.
const SIGNATURES: [&str; 3] = [
    "x-twilio-signature",
    "x-signalwire-signature",
    "telnyx-signature-ed25519",
];

/// The header with the time of a signature.
const SIGNED_AT: &str = "telnyx-timestamp";

/// What a carrier finds at the site.
#[derive(Debug, Clone)]
pub struct Door {
    /// The calls that are under way.
    pub live: Live,
    /// How the carrier signs.
    pub scheme: Arc<Scheme>,
    /// The address by which it reaches the site.
    pub public_url: Arc<str>,
    /// The clocks.
    pub world: World,
}

/// Builds what a carrier finds.
pub fn router(door: Door) -> Router {
    Router::new()
        .route("/carrier/trial", post(trial))
        .route("/carrier/trial/keys", post(trial_keys))
        .route("/carrier/trial/status", post(trial_status))
        .route("/carrier/trial/tones.wav", get(tones))
        .route("/carrier/voice", post(voice))
        .route("/carrier/status", post(status))
        .route("/carrier/call/{mark}", post(answered))
        .route("/carrier/call/{mark}/status", post(call_status))
        .route("/carrier/call/{mark}/{turn}", post(turned))
        .route("/carrier/call/{mark}/desk/{turn}", post(desk))
        .route("/carrier/call/{mark}/desk/{turn}/keys", post(desk_keys))
        .route("/carrier/call/{mark}/{name}/{file}", get(sound))
        .with_state(door)
}

/// A call comes in.
async fn voice(State(door): State<Door>, request: Request) -> Response {
    let form = match door.believed(request).await {
        Ok(form) => form,
        Err(refused) => return refused.into_response(),
    };
    let Some(sid) = form.field("CallSid").map(str::to_owned) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    document(door.live.ring(&sid, form).await)
}

/// How a call that came in is.
async fn status(State(door): State<Door>, request: Request) -> Response {
    let form = match door.believed(request).await {
        Ok(form) => form,
        Err(refused) => return refused.into_response(),
    };
    let Some(sid) = form.field("CallSid").map(str::to_owned) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    noted(&door.live.status(&sid, form).await)
}

/// Somebody has taken a call of ours.
async fn answered(
    State(door): State<Door>,
    Path(mark): Path<String>,
    request: Request,
) -> Response {
    match door.believed(request).await {
        Ok(form) => document(door.live.ask(&mark, Asked::Answered(form)).await),
        Err(refused) => refused.into_response(),
    }
}

/// How a call of ours is.
async fn call_status(
    State(door): State<Door>,
    Path(mark): Path<String>,
    request: Request,
) -> Response {
    match door.believed(request).await {
        Ok(form) => noted(&door.live.ask(&mark, Asked::Status(form)).await),
        Err(refused) => refused.into_response(),
    }
}

/// What came of a document.
async fn turned(
    State(door): State<Door>,
    Path((mark, turn)): Path<(String, u32)>,
    request: Request,
) -> Response {
    match door.believed(request).await {
        Ok(form) => document(door.live.ask(&mark, Asked::Turn(turn, form)).await),
        Err(refused) => refused.into_response(),
    }
}

/// An operator's telephone was taken that a document called.
async fn desk(
    State(door): State<Door>,
    Path((mark, turn)): Path<(String, u32)>,
    request: Request,
) -> Response {
    match door.believed(request).await {
        Ok(form) => document(door.live.ask(&mark, Asked::Desk(turn, form)).await),
        Err(refused) => refused.into_response(),
    }
}

/// Keys were pressed there, or none.
async fn desk_keys(
    State(door): State<Door>,
    Path((mark, turn)): Path<(String, u32)>,
    request: Request,
) -> Response {
    match door.believed(request).await {
        Ok(form) => document(door.live.ask(&mark, Asked::DeskKeys(turn, form)).await),
        Err(refused) => refused.into_response(),
    }
}

/// A sound. Carriers do not sign when they fetch one.
async fn sound(
    State(door): State<Door>,
    Path((mark, name, file)): Path<(String, String, String)>,
) -> Response {
    let index = file
        .strip_suffix(".wav")
        .and_then(|index| index.parse().ok());
    let Some(index) = index else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match door.live.ask(&mark, Asked::Sound(name, index)).await {
        Ok(Reply::Sound(sound)) => {
            let samples = sound.iter().map(|code| Codec::Mulaw.decode(*code));
            wave(&samples.collect::<Vec<i16>>())
        }
        Ok(Reply::Document(_) | Reply::Noted) | Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Somebody has taken a call for trial (`savin-hub call --test --carrier`), of which nothing is kept.
async fn trial(State(door): State<Door>, request: Request) -> Response {
    match door.believed(request).await {
        Ok(_) => {
            let at = format!("{}{TRIAL}", door.public_url);
            xml(trial::begin(
                &format!("{at}/tones.wav"),
                &format!("{at}/keys"),
            ))
        }
        Err(refused) => refused.into_response(),
    }
}

/// Keys were pressed in it, or none.
async fn trial_keys(State(door): State<Door>, request: Request) -> Response {
    match door.believed(request).await {
        Ok(form) => {
            let keys = form.field("Digits").unwrap_or_default().len();
            info!(keys, "Keys were heard in a call for trial");
            xml(trial::end(keys))
        }
        Err(refused) => refused.into_response(),
    }
}

/// How it is: whoever placed it asks the carrier.
async fn trial_status(State(door): State<Door>, request: Request) -> StatusCode {
    match door.believed(request).await {
        Ok(_) => StatusCode::NO_CONTENT,
        Err(refused) => refused,
    }
}

async fn tones() -> Response {
    wave(&trial::tones())
}

impl Door {
    /// Returns the form of a request that the carrier has signed.
    async fn believed(&self, request: Request) -> Result<Form, StatusCode> {
        let (parts, body) = request.into_parts();
        let (uri, headers) = (parts.uri.clone(), parts.headers.clone());
        let whole = Request::from_parts(parts, body);
        let body = Bytes::from_request(whole, &()).await;
        let body = body.map_err(|refused| refused.status())?;
        let form = fields(&headers, &body).await?;
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let signature = SIGNATURES.iter().find_map(|name| headers.get(*name));
        let signature = signature.and_then(|value| value.to_str().ok());
        let timestamp = headers.get(SIGNED_AT);
        let url = format!("{}{path}", self.public_url);
        let signed = Signed {
            url: &url,
            form: &form.0,
            body: &body,
            signature: signature.unwrap_or_default(),
            timestamp: timestamp.and_then(|value| value.to_str().ok()),
        };
        let now_s = (self.world.wall)().as_second();
        if let Err(refused) = self.scheme.check(signed, now_s) {
            warn!(reason = %refused,
                "Somebody asked in the carrier's name: if it is the carrier, see [carrier] token and public_url");
            return Err(StatusCode::FORBIDDEN);
        }
        Ok(form)
    }
}

/// Reads the fields of a form.
async fn fields(headers: &HeaderMap, body: &Bytes) -> Result<Form, StatusCode> {
    let mut again = Request::post(Uri::default());
    if let (Some(all), Some(kind)) = (again.headers_mut(), headers.get(CONTENT_TYPE)) {
        all.insert(CONTENT_TYPE, kind.clone());
    }
    let again = again.body(Body::from(body.clone()));
    let again = again.map_err(|_| StatusCode::BAD_REQUEST)?;
    let read = FormOf::<Vec<(String, String)>>::from_request(again, &()).await;
    let FormOf(fields) = read.map_err(|refused| refused.into_response().status())?;
    Ok(Form(fields))
}

/// Answers with a document. A call that is over, or was lost with the hub that placed it, is hung up: the
/// carrier would read an error out to whoever is on it.
fn document(answer: Result<Reply, NotAsked>) -> Response {
    let text = match answer {
        Ok(Reply::Document(text)) => text,
        Ok(Reply::Noted | Reply::Sound(_)) | Err(NotAsked::Misfit) => {
            return StatusCode::CONFLICT.into_response();
        }
        Err(refused @ (NotAsked::Unknown | NotAsked::Over | NotAsked::Busy)) => {
            info!(reason = %refused, "A call at the carrier was hung up");
            HANG_UP.to_owned()
        }
    };
    xml(text)
}

fn xml(text: String) -> Response {
    ([(CONTENT_TYPE, "text/xml")], text).into_response()
}

fn wave(samples: &[i16]) -> Response {
    ([(CONTENT_TYPE, "audio/wav")], wav::write(samples)).into_response()
}

fn noted(answer: &Result<Reply, NotAsked>) -> Response {
    match answer {
        // A second word that it is over changes nothing.
        Ok(_) | Err(NotAsked::Over) => StatusCode::NO_CONTENT.into_response(),
        Err(NotAsked::Misfit) => StatusCode::CONFLICT.into_response(),
        Err(NotAsked::Unknown | NotAsked::Busy) => StatusCode::NOT_FOUND.into_response(),
    }
}
