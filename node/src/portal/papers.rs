// SPDX-License-Identifier: EUPL-1.2
//! Papers ticked off at the point: which of those that the agency asks for are there.
//!
//! The ticks lie in the sealed details, so that the agency reads them and nobody else. A tick is bound to the paper's
//! name, not to its place: where the agency words its list anew, nobody has looked yet.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use sha2::{Digest as _, Sha256};

use super::App;
use super::appointment::{found, no, papers, settle};
use super::guard::Visit;
use super::i18n::Texts;
use super::page::{Answer, go, oops};

/// A paper to bring.
pub(super) struct Paper {
    pub id: u32,
    pub name: String,
    pub there: bool,
}

/// What a form's field of a ticked paper is called.
const FIELD: &str = "papier";

/// The papers of a service, with those ticked that are there.
pub(super) fn ticked(papers: Vec<String>, there: &[u32]) -> Vec<Paper> {
    let one = |name: String| {
        let id = id(&name);
        Paper { id, there: there.contains(&id), name }
    };
    papers.into_iter().map(one).collect()
}

/// How many are there, once somebody has ticked one.
pub(super) fn summary(t: &Texts, papers: Vec<String>, there: &[u32]) -> Option<String> {
    let papers = ticked(papers, there);
    let there = papers.iter().filter(|paper| paper.there).count();
    let values = [("there", there.to_string()), ("all", papers.len().to_string())];
    (there > 0).then(|| t.texts("papers-there", &values.each_ref().map(|(name, value)| (*name, value.as_str()))))
}

/// A paper's name in four bytes: enough to tell the papers of one service apart.
fn id(name: &str) -> u32 {
    let hash = Sha256::new().chain_update(b"hameau/paper/1").chain_update(name).finalize();
    hash.first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes))
}

/// Keeps which papers are there: one correction of the details, none where nothing changed.
pub(super) async fn tick(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(short): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Answer {
    let it = found(&app, &visit, &short)?;
    let sent = |id: u32| fields.iter().any(|(name, value)| name == FIELD && *value == id.to_string());
    let there: Vec<u32> = papers(&app, &it).iter().map(|name| id(name)).filter(|id| sent(*id)).collect();
    let details = app.replica.details(vec![it.id]).await.remove(&it.id);
    let sealed = || oops(&app, &visit, StatusCode::CONFLICT, visit.t.say("papers-sealed"));
    let details = details.ok_or_else(sealed)?;
    if details.papers != there {
        let details = details.with_papers(there);
        settle(&app, app.replica.amend(it.id, None, Some(details))).await.map_err(|it| no(&app, &visit, it))?;
    }
    Ok(go(&format!("/animateur/rendez-vous/{short}?fait=papiers")))
}
