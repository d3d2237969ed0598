// SPDX-License-Identifier: EUPL-1.2
//! What pages load beside themselves: embedded in the binary, served under a name that changes with the
//! content, so that a browser may keep it for ever and never holds an old one.
//!
//! Refuses to read files at run time. Invariant: nothing is loaded from outside this node.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

struct Asset {
    name: &'static str,
    kind: &'static str,
    bytes: &'static [u8],
}

const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

const ASSETS: &[Asset] = &[
    Asset { name: "style.css", kind: CSS, bytes: include_bytes!("../../assets/style.css") },
    Asset { name: "room.css", kind: CSS, bytes: include_bytes!("../../assets/room.css") },
    Asset { name: "live.js", kind: SCRIPT, bytes: include_bytes!("../../assets/live.js") },
    Asset { name: "lock.js", kind: SCRIPT, bytes: include_bytes!("../../assets/lock.js") },
    Asset { name: "output.js", kind: SCRIPT, bytes: include_bytes!("../../assets/output.js") },
    Asset { name: "presence.js", kind: SCRIPT, bytes: include_bytes!("../../assets/presence.js") },
    Asset { name: "ring.js", kind: SCRIPT, bytes: include_bytes!("../../assets/ring.js") },
    Asset { name: "idle.js", kind: SCRIPT, bytes: include_bytes!("../../assets/idle.js") },
    Asset { name: "room.js", kind: SCRIPT, bytes: include_bytes!("../../assets/room.js") },
    Asset { name: "documents.js", kind: SCRIPT, bytes: include_bytes!("../../assets/documents.js") },
    Asset { name: "call.js", kind: SCRIPT, bytes: include_bytes!("../../assets/call.js") },
    Asset { name: "texts.js", kind: SCRIPT, bytes: include_bytes!("../../assets/texts.js") },
    Asset { name: "trial.js", kind: SCRIPT, bytes: include_bytes!("../../assets/trial.js") },
    Asset { name: "icon.svg", kind: "image/svg+xml", bytes: include_bytes!("../../assets/icon.svg") },
];

static BASE: LazyLock<String> = LazyLock::new(|| {
    let mut digest = Sha256::new();
    for asset in ASSETS {
        digest.update(asset.bytes);
    }
    format!("/a/{}", HEXLOWER.encode(&digest.finalize()[..6]))
});

/// The folder of the assets, as in the addresses of a page: `/a/` and a hash over all of them.
#[must_use]
pub(super) fn base() -> &'static str {
    &BASE
}

/// Serves one asset. The version in the address is for the browser's memory alone.
pub(super) async fn asset(Path((_version, name)): Path<(String, String)>) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [(header::CONTENT_TYPE, asset.kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    (headers, asset.bytes).into_response()
}
