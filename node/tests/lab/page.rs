// SPDX-License-Identifier: EUPL-1.2
//! A small page on loopback that joins a call: what the portal will do, and no more.

use std::net::{Ipv4Addr, SocketAddr};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use hameau_node::call::{Calls, Join, Side};
use serde_json::{Value, json};
use tokio_util::task::AbortOnDropHandle;

use super::CALL;

const CALL_JS: &str = include_str!("../../assets/call.js");
const TOKEN: &str = "canary";
const PAGE: &str = r#"<!doctype html><html lang="fr"><meta charset="utf-8"><title>appel</title>
<video id="local" playsinline></video><video id="remote" playsinline></video><output id="state"></output>
<script type="module" src="/page.js"></script></html>"#;
const PAGE_JS: &str = r#"import { joinCall } from "/call.js";
const id = (name) => document.getElementById(name);
window.states = [];
window.fault = null;
window.join = async () => {
  window.call = await joinCall({
    offerUrl: "/offer", csrf: () => "canary", local: id("local"), remote: id("remote"),
    onState: (state) => { window.states.push(state); id("state").textContent = state; },
    onFault: (fault) => { window.fault = { code: fault.code, message: fault.message }; },
  });
};
window.ready = window.join().catch((fault) => { window.fault = { code: fault.code, message: fault.message }; });
"#;

/// A served page. Dropped: gone.
pub struct Page {
    pub address: SocketAddr,
    _server: AbortOnDropHandle<()>,
}

impl Page {
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

/// Serves the page of one side.
pub async fn serve(calls: Calls, side: Side) -> Page {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    let app = Router::new()
        .route("/", get(|| async { file("text/html; charset=utf-8", PAGE) }))
        .route("/page.js", get(|| async { file("text/javascript", PAGE_JS) }))
        .route("/call.js", get(|| async { file("text/javascript", CALL_JS) }))
        .route("/offer", post(offer))
        .with_state((calls, side));
    let server = tokio::spawn(async move { axum::serve(listener, app).await.expect("the page is served") });
    Page { address, _server: AbortOnDropHandle::new(server) }
}

fn file(kind: &'static str, text: &'static str) -> Response {
    let policy = "default-src 'none'; script-src 'self'; connect-src 'self'; media-src 'self' blob:";
    ([(header::CONTENT_TYPE, kind), (header::CONTENT_SECURITY_POLICY, policy)], text).into_response()
}

async fn offer(State((calls, side)): State<(Calls, Side)>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    if headers.get("x-csrf-token").is_none_or(|token| token != TOKEN) {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let join = Join {
        call: CALL,
        side,
        offer: body["sdp"].as_str().unwrap_or_default().to_owned(),
        reached: Ipv4Addr::LOCALHOST.into(),
        again: body["again"].as_bool().unwrap_or(false),
    };
    match calls.join(join).await {
        Ok(answer) => Json(json!({ "sdp": answer })).into_response(),
        Err(error) => (StatusCode::CONFLICT, Json(json!({ "error": error.to_string() }))).into_response(),
    }
}
