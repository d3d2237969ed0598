// SPDX-License-Identifier: EUPL-1.2
//! The one way from a page to persons' details: past the access journal.
//!
//! Invariant: no page shows details of which no line was kept. Where the disk does not take the line, they stay closed
//! and everything else of the page is shown.

use std::collections::BTreeMap;

use crdt_calendar::ids::ActRef;

use super::App;
use super::guard::Visit;
use crate::replica::Details;

/// Writes that somebody sees what is of a person on a page of this word, unless it is written of this session.
pub(super) async fn open_once(app: &App, visit: &Visit, page: &'static str, id: ActRef) {
    let is_written = visit.signed.as_ref().is_none_or(|signed| app.sessions.has_opened(&signed.id, page, &id));
    if !is_written {
        open(app, visit, page, vec![id]).await;
    }
}

/// Opens details for who is signed in, on a page of this word. A page that brings itself up to date writes a line
/// only for what its session had not opened there yet.
pub(super) async fn open(app: &App, visit: &Visit, page: &'static str, ids: Vec<ActRef>) -> BTreeMap<ActRef, Details> {
    let Some(signed) = &visit.signed else { return BTreeMap::new() };
    let seen = |id: &ActRef| visit.fragment && app.sessions.has_opened(&signed.id, page, id);
    match app.replica.open_details(signed.account.as_str(), page, ids, seen).await {
        Ok(details) => {
            app.sessions.note_opened(&signed.id, page, details.keys());
            details
        }
        Err(refusal) => {
            tracing::error!(%refusal, "details stay closed: the access journal does not take the line");
            BTreeMap::new()
        }
    }
}
