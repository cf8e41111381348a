//! The interface by which calls are asked for, looked at and ended.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Form, Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::{ACCOUNT, Health, Person, Shared, begin_performing};

/// `AC…:sesame…`, as HTTP says who asks.
const AUTHORIZATION: &str =
    "Basic QUMwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMTpzZXNhbWUtb2YtdGhlLWFjY291bnQ=";

/// Returns what answers the hub.
pub(super) fn routes(shared: &Arc<Shared>) -> Router {
    Router::new()
        .route("/2010-04-01/Accounts/{account}", get(account))
        .route("/2010-04-01/Accounts/{account}/Calls.json", post(begin))
        .route(
            "/2010-04-01/Accounts/{account}/Calls/{call}",
            get(look).post(end),
        )
        .with_state(Arc::clone(shared))
}

/// Says what is wrong with a request of the hub.
fn refusal(shared: &Shared, headers: &HeaderMap) -> Option<Response> {
    if let Health::Refuses(status) = shared.stage().health {
        let status = StatusCode::from_u16(status).unwrap_or_default();
        let document = json!({"code": 20_500, "status": status.as_u16()});
        return Some((status, json_of(&document)).into_response());
    }
    let given = headers
        .get("authorization")
        .and_then(|value| value.to_str().ok());
    (given != Some(AUTHORIZATION)).then(|| StatusCode::UNAUTHORIZED.into_response())
}

fn json_of(document: &Value) -> Response {
    ([(CONTENT_TYPE, "application/json")], document.to_string()).into_response()
}

async fn account(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    refusal(&shared, &headers)
        .unwrap_or_else(|| json_of(&json!({"sid": ACCOUNT, "status": "active"})))
}

async fn begin(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Form(form): Form<BTreeMap<String, String>>,
) -> Response {
    if let Some(refused) = refusal(&shared, &headers) {
        return refused;
    }
    if let Some((status, wait_s)) = shared.change(|stage| stage.put_off.pop_front()) {
        let status = StatusCode::from_u16(status).unwrap_or_default();
        let wait = [("retry-after", wait_s.to_string())];
        return (status, wait, json_of(&json!({"code": 20_429}))).into_response();
    }
    let needed = ["To", "From", "Url", "StatusCallback"];
    if let Some(missing) = needed.iter().find(|name| !form.contains_key(**name)) {
        let document = json!({"code": 21_201, "message": missing});
        return (StatusCode::BAD_REQUEST, json_of(&document)).into_response();
    }
    let (sid, person) = shared.change(|stage| {
        stage.noted.wanted.push(form.clone());
        let sid = format!("CA{:032}", stage.noted.wanted.len());
        stage.noted.states.insert(sid.clone(), "queued".to_owned());
        if stage.ringing.is_some() {
            let hand = stage.take_in_hand();
            let to = form.get("To").cloned().unwrap_or_default();
            stage.ringing.get_or_insert_default().push_back((to, hand));
            return (sid, Person::InHand(hand));
        }
        (sid, stage.people.pop_front().unwrap_or(Person::Away))
    });
    let document = json!({"sid": sid, "status": "queued"});
    begin_performing(&shared, sid, form, person);
    (StatusCode::CREATED, json_of(&document)).into_response()
}

async fn look(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path((_, call)): Path<(String, String)>,
) -> Response {
    if let Some(refused) = refusal(&shared, &headers) {
        return refused;
    }
    let sid = call.trim_end_matches(".json");
    let state = shared.stage().noted.states.get(sid).cloned();
    match state {
        Some(state) => json_of(&json!({"sid": sid, "status": state})),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn end(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path((_, call)): Path<(String, String)>,
    Form(form): Form<BTreeMap<String, String>>,
) -> Response {
    if let Some(refused) = refusal(&shared, &headers) {
        return refused;
    }
    let sid = call.trim_end_matches(".json").to_owned();
    if form
        .get("Status")
        .is_none_or(|status| status != "completed")
    {
        return StatusCode::BAD_REQUEST.into_response();
    }
    shared.change(|stage| {
        stage.noted.ended.push(sid.clone());
        let state = stage.noted.states.get_mut(&sid);
        if let Some(state) = state.filter(|state| *state == "queued") {
            "canceled".clone_into(state);
        }
    });
    let document: Value = json!({"sid": sid, "status": "completed"});
    json_of(&document)
}
