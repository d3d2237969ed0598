// SPDX-License-Identifier: EUPL-1.2
//! The directory of branches, and the commune for which it says who is competent. All by touch: a commune is chosen by its
//! first letter, or by a postal code on keys of the page.
//!
//! Hours, addresses and telephones stand as the State's directory has them. A commune is chosen in the body of a POST and
//! stands in no address.

use std::sync::Arc;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use crdt_calendar::time::UtcMinute;
use serde::Deserialize;

use super::App;
use super::guard::Visit;
use super::i18n::{Key, Texts};
use super::page::{Answer, Door, Page, go, is_safe, not_found_for, show};
use super::{format, screen};
use crate::directory::{Access, Branch, Commune, Hours, INVENTED_AT, Kind, Labelled};

/// Digits of a postal code.
const POSTCODE_DIGITS: usize = 5;
/// Communes that are shown at once: a letter of a large département.
const COMMUNES_SHOWN_MAX: usize = 150;
/// Branches of a kind on one list.
const BRANCHES_SHOWN_MAX: usize = 400;

/// A branch as pages show it.
pub(super) struct BranchView {
    pub id: String,
    pub kind: String,
    pub name: String,
    pub addresses: Vec<String>,
    pub access: Option<String>,
    pub telephones: Vec<Labelled>,
    pub sites: Vec<Labelled>,
    pub email: Option<String>,
    pub hours: Vec<(String, String)>,
    pub official: Option<String>,
}

/// A kind of branches.
struct KindView {
    kind: String,
    label: String,
    count: String,
}

#[derive(Template)]
#[template(path = "directory.html")]
struct KindsPage {
    page: Page,
    kinds: Vec<KindView>,
    commune: Option<Commune>,
    source: Option<String>,
}

#[derive(Template)]
#[template(path = "kind.html")]
struct KindPage {
    page: Page,
    kind: String,
    commune: Option<Commune>,
    competent: Vec<BranchView>,
    all: Vec<(String, String)>,
    source: Option<String>,
}

#[derive(Template)]
#[template(path = "branch.html")]
struct BranchPage {
    page: Page,
    kind: String,
    it: BranchView,
    source: Option<String>,
}

/// The kinds of branches.
pub(super) async fn kinds(State(app): State<Arc<App>>, visit: Visit) -> Answer {
    let chosen = app.screen.commune(&visit.session);
    let asked = app.directory.ask(move |directory| {
        let commune = directory.chosen(chosen.as_deref())?;
        Ok((directory.kinds()?, commune, directory.source()?))
    });
    let (kinds, commune, source) = asked.await.unwrap_or_default();
    let view = |it: Kind| KindView {
        count: visit.t.count("directory-count", "count", it.branches),
        kind: it.kind,
        label: it.label,
    };
    let kinds: Vec<KindView> = kinds.into_iter().map(view).collect();
    let page = app.page(&visit, Door::Citizen, Key("title-directory"));
    let source = self::source(&app, visit.t, source.branches);
    Ok(show(StatusCode::OK, &KindsPage { page, kinds, commune, source }))
}

/// The branches of a kind, the one that is competent first.
pub(super) async fn kind(State(app): State<Arc<App>>, visit: Visit, Path(kind): Path<String>) -> Answer {
    let (t, chosen, own) = (visit.t, app.screen.commune(&visit.session), kind.clone());
    let asked = app.directory.ask(move |directory| {
        let Some(found) = directory.kind(&own)? else { return Ok(None) };
        let commune = directory.chosen(chosen.as_deref())?;
        let competent = match &commune {
            Some(commune) => directory.competent(&own, &commune.insee)?,
            None => Vec::new(),
        };
        let competent: Vec<BranchView> = competent.iter().map(|it| view(t, it)).collect();
        Ok(Some((found, commune, competent, directory.of_kind(&own)?, directory.source()?)))
    });
    let Some((found, commune, competent, mut all, source)) = asked.await.flatten() else {
        return Ok(not_found_for(&app, &visit));
    };
    all.truncate(BRANCHES_SHOWN_MAX);
    let page = app.page(&visit, Door::Citizen, Key("title-directory")).with_title(found.label);
    let source = self::source(&app, t, source.branches);
    Ok(show(StatusCode::OK, &KindPage { page, kind, commune, competent, all, source }))
}

/// One branch.
pub(super) async fn branch(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path((kind, id)): Path<(String, String)>,
) -> Answer {
    let asked = app.directory.ask(move |directory| Ok((directory.branch(&id)?, directory.source()?)));
    let Some((Some(branch), source)) = asked.await else { return Ok(not_found_for(&app, &visit)) };
    if !branch.kinds.contains(&kind) {
        return Ok(not_found_for(&app, &visit));
    }
    let it = view(visit.t, &branch);
    let page = app.page(&visit, Door::Citizen, Key("title-directory")).with_title(branch.name);
    let source = self::source(&app, visit.t, source.branches);
    Ok(show(StatusCode::OK, &BranchPage { page, kind, it, source }))
}

/// What a page says of where its official texts come from.
pub(super) fn source(app: &App, t: &Texts, at: Option<i64>) -> Option<String> {
    if at == Some(INVENTED_AT) {
        return Some(t.say("official-source-demo"));
    }
    let minute = u32::try_from(at? / 60).ok()?;
    Some(t.text("official-source", "date", &format::day_full(t, app.clock.local(UtcMinute(minute)).date())))
}

/// A branch in words.
pub(super) fn view(t: &Texts, it: &Branch) -> BranchView {
    let place = |it: &crate::directory::Address| {
        let city = format!("{} {}", it.postcode, it.city);
        it.lines
            .iter()
            .map(String::as_str)
            .chain([city.trim()])
            .filter(|it| !it.is_empty())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let access = it.addresses.iter().find_map(|it| it.access).map(|access| match access {
        Access::Yes => t.say("branch-access-yes"),
        Access::Asking => t.say("branch-access-asking"),
        Access::No => t.say("branch-access-no"),
    });
    BranchView {
        id: it.id.clone(),
        kind: it.kinds.first().cloned().unwrap_or_default(),
        name: it.name.clone(),
        addresses: it.addresses.iter().map(place).collect(),
        access,
        telephones: it.telephones.clone(),
        sites: it.sites.iter().filter(|it| is_safe(&it.value)).cloned().collect(),
        email: it.email.clone(),
        hours: it.hours.iter().map(|it| hours(t, it)).collect(),
        official: it.official.clone(),
    }
}

/// A line of hours: the days in the directory's own words, and the spans.
fn hours(t: &Texts, it: &Hours) -> (String, String) {
    let days = if it.to.is_empty() || it.to == it.from {
        it.from.clone()
    } else {
        t.texts("branch-days", &[("from", &it.from), ("to", &it.to)])
    };
    let spans = it.spans.iter().map(|(from, to)| t.texts("branch-span", &[("from", from), ("to", to)]));
    let comment = (!it.comment.is_empty()).then(|| it.comment.clone());
    (days, spans.chain(comment).collect::<Vec<_>>().join(", "))
}

/// What was touched on the page of communes.
#[derive(Deserialize, Default)]
pub(super) struct Touched {
    /// A first letter.
    #[serde(default)]
    lettre: String,
    /// The beginning of a postal code.
    #[serde(default)]
    cp: String,
    /// A key of the page: a digit, or `-` for the last one back.
    #[serde(default)]
    touche: String,
    /// The INSEE code that was chosen.
    #[serde(default)]
    commune: String,
    /// The page to go back to.
    #[serde(default)]
    retour: String,
}

#[derive(Template)]
#[template(path = "commune.html")]
struct CommunePage {
    page: Page,
    letters: Vec<String>,
    letter: String,
    postcode: String,
    found: Vec<Commune>,
    chosen: Option<Commune>,
    back: String,
}

/// Where one's commune is chosen.
pub(super) async fn commune(State(app): State<Arc<App>>, visit: Visit) -> Answer {
    communes(&app, &visit, Touched::default()).await
}

/// A letter, a digit or a commune was touched.
pub(super) async fn touched(State(app): State<Arc<App>>, visit: Visit, Form(touched): Form<Touched>) -> Answer {
    if touched.commune == "-" {
        app.screen.choose(&visit.session, None);
        return communes(&app, &visit, touched).await;
    }
    let insee = touched.commune.clone();
    let found = app.directory.ask(move |directory| directory.commune(&insee)).await.flatten();
    let Some(commune) = found else { return communes(&app, &visit, touched).await };
    app.screen.choose(&visit.session, Some(commune.insee));
    Ok(go(if screen::is_citizens(&touched.retour) { &touched.retour } else { "/" }))
}

async fn communes(app: &App, visit: &Visit, touched: Touched) -> Answer {
    let mut postcode: String = touched.cp.chars().filter(char::is_ascii_digit).take(POSTCODE_DIGITS).collect();
    if touched.touche == "-" {
        postcode.pop();
    } else if postcode.len() < POSTCODE_DIGITS {
        postcode.extend(touched.touche.chars().filter(char::is_ascii_digit).take(1));
    }
    let letter: String = touched.lettre.chars().filter(|c| c.is_alphanumeric()).take(1).collect();
    let (own_letter, own_code, chosen) = (letter.clone(), postcode.clone(), app.screen.commune(&visit.session));
    let asked = app.directory.ask(move |directory| {
        let found = match (own_code.as_str(), own_letter.as_str()) {
            ("", "") => Vec::new(),
            ("", letter) => directory.communes_named(letter)?,
            (postcode, _) => directory.communes_at(postcode)?,
        };
        let chosen = directory.chosen(chosen.as_deref())?;
        Ok((directory.letters()?, found, chosen))
    });
    let (letters, mut found, chosen) = asked.await.unwrap_or_default();
    found.truncate(COMMUNES_SHOWN_MAX);
    let back = if screen::is_citizens(&touched.retour) { touched.retour } else { "/".to_owned() };
    let page = app.page(visit, Door::Citizen, Key("title-commune"));
    Ok(show(StatusCode::OK, &CommunePage { page, letters, letter, postcode, found, chosen, back }))
}
