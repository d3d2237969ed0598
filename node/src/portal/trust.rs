// SPDX-License-Identifier: EUPL-1.2
//! How a computer of the office is told, once, to trust this box: its fingerprint, its file, the steps of each browser.
//!
//! Printed from the box's own screen it is the paper that people compare with: what they read over a connection that
//! they do not trust yet proves nothing.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;

use super::App;
use super::entrance::Entrance;
use super::format;
use super::guard::Visit;
use super::i18n::Key;
use super::page::{self, Answer, Door, Page, download, oops, show};
use crate::certificate::Certificates;

/// As Windows and browsers know a certificate in DER (RFC 2585 names `application/pkix-cert`; this is what they install).
const KIND: &str = "application/x-x509-ca-cert";
/// What is downloaded.
const FILE: &str = "hameau.crt";

/// The authority, as people compare it.
struct Own {
    name: String,
    fingerprint: Vec<String>,
    windows: Vec<String>,
    until: String,
}

#[derive(Template)]
#[template(path = "trust.html")]
struct TrustPage {
    page: Page,
    /// Where the office's pages are; nothing where they are not.
    address: Option<String>,
    /// Why there is no certificate, or no newer one.
    refused: Option<String>,
    /// The box's own authority, if it vouches.
    own: Option<Own>,
    /// The administration's certificate is served: nothing is to be done.
    is_given: bool,
    /// One looks at it on the box itself.
    is_here: bool,
    file: &'static str,
}

/// The page.
pub(super) async fn page(State(app): State<Arc<App>>, visit: Visit) -> Answer {
    let certificates = app.certificates.as_ref();
    let shown = certificates.and_then(Certificates::shown);
    let is_given = shown.as_ref().is_some_and(|it| it.authority.is_none());
    let own = certificates.zip(shown.and_then(|it| it.authority)).map(|(certificates, it)| Own {
        name: it.name,
        fingerprint: it.fingerprint,
        windows: it.windows,
        until: format::day_full(visit.t, certificates.day(it.until)),
    });
    // Before anyone has signed in the page leads nowhere else.
    let door = if visit.signed.is_some() { page::staff_door(&app) } else { Door::Citizen };
    let view = TrustPage {
        page: app.page(&visit, door, Key("title-trust")),
        address: certificates.map(|it| it.settings().address()),
        // What is wrong with files is for who works on the box, not for the whole office.
        refused: certificates.and_then(Certificates::refused).filter(|_| visit.signed.is_some()),
        own,
        is_given,
        is_here: visit.entrance == Entrance::Loopback,
        file: FILE,
    };
    Ok(show(StatusCode::OK, &view))
}

/// The authority's certificate, to be installed.
pub(super) async fn authority(State(app): State<Arc<App>>, visit: Visit) -> Answer {
    let authority = app.certificates.as_ref().and_then(Certificates::shown).and_then(|it| it.authority);
    let Some(authority) = authority else {
        return Err(oops(&app, &visit, StatusCode::NOT_FOUND, visit.t.say("trust-nothing")));
    };
    Ok(download(KIND, FILE, authority.der))
}
