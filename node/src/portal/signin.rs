// SPDX-License-Identifier: EUPL-1.2
//! Signing in and out, locking and unlocking.
//!
//! Nothing typed is lost: a form that meets a locked or ended session comes back inside the page that asks for the
//! password, and is carried out after it, for the account that sent it and no other. No field ever stands in an
//! address. The same is done, and takes as long, whether the name exists or not.

use std::sync::{Arc, PoisonError};

use askama::Template;
use axum::extract::{Form, Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Json, Response};
use data_encoding::HEXLOWER;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::sync::Semaphore;

use super::App;
use super::attempts::Key as Tried;
use super::entrance::Entrance;
use super::guard::{Carried, Renewed, Visit, is_script, random};
use super::i18n::Key;
use super::page::{self, Answer, Door, Page, go, json_fault, show};
use super::routes::{self, Access};
use super::session::{Signed, Standing};
use super::underway;
use crate::account::{Account, AccountName, Password};

/// Before the name of a field that is carried along.
const CARRIED: &str = "porte.";
/// The most that a form that waits may hold: what the guard takes, less what is added to it.
const CARRIED_BYTES_MAX: usize = 20 * 1024;

type Fields = Vec<(String, String)>;

/// A form that waits for the password.
struct Waiting {
    path: String,
    seal: String,
    fields: Fields,
}

#[derive(Template)]
#[template(path = "signin.html")]
struct SignInPage {
    page: Page,
    /// Whose session it was: the name is not asked again.
    account: Option<String>,
    typed: String,
    /// Where to go on.
    to: String,
    waiting: Option<Waiting>,
    /// The command that makes the first account.
    command: Option<String>,
    /// One signs in from another computer.
    office: bool,
}

/// The page that asks who sits there.
pub(super) async fn page(State(app): State<Arc<App>>, visit: Visit) -> Response {
    let to = page::staff_door(&app).home().to_owned();
    asking(&app, &visit, StatusCode::OK, standing_account(&app, &visit), to, None, None)
}

/// Asks instead of what was asked for: a form is carried along, a page is gone to afterwards, a script is told.
pub(super) async fn ask(app: &App, visit: &Visit, request: Request) -> Response {
    if visit.fragment || is_script(request.headers()) {
        return json_fault(StatusCode::UNAUTHORIZED, &visit.t.say("signin-again"));
    }
    let account = standing_account(app, visit);
    if request.method() != Method::POST {
        // Whoever types the box's address alone works here.
        let to = if visit.path == "/" { page::staff_door(app).home().to_owned() } else { visit.address.clone() };
        return asking(app, visit, StatusCode::UNAUTHORIZED, account, to, None, None);
    }
    let waiting = match &account {
        Some(account) => waiting(app, visit, account, request).await,
        None => None,
    };
    let to = page::staff_door(app).home().to_owned();
    asking(app, visit, StatusCode::UNAUTHORIZED, account, to, waiting, None)
}

/// The fields of a form, sealed to who sent it.
async fn waiting(app: &App, visit: &Visit, account: &AccountName, request: Request) -> Option<Waiting> {
    let bytes = axum::body::to_bytes(request.into_body(), CARRIED_BYTES_MAX).await.ok()?;
    let fields: Fields = fields_of(&bytes)?.into_iter().filter(|(name, _)| name != "csrf").collect();
    let seal = app.guard.seal(account.as_str(), &visit.path, &encoded(&fields));
    Some(Waiting { path: visit.path.clone(), seal, fields })
}

fn fields_of(bytes: &[u8]) -> Option<Fields> {
    let uri =
        axum::http::Uri::builder().path_and_query(format!("/?{}", core::str::from_utf8(bytes).ok()?)).build().ok()?;
    axum::extract::Query::<Fields>::try_from_uri(&uri).ok().map(|it| it.0)
}

/// Whose the browser's session is or was.
fn standing_account(app: &App, visit: &Visit) -> Option<AccountName> {
    match app.standing(visit.entrance, &visit.session) {
        Standing::Locked(account) | Standing::Ended(account) => Some(account),
        Standing::Open(signed) => Some(signed.account),
        Standing::Nobody => None,
    }
}

fn asking(
    app: &App,
    visit: &Visit,
    status: StatusCode,
    account: Option<AccountName>,
    to: String,
    waiting: Option<Waiting>,
    fault: Option<(String, String)>,
) -> Response {
    let title = if account.is_some() { Key("title-locked") } else { Key("title-signin") };
    let mut page = app.page(visit, Door::Citizen, title);
    let (fault, typed) = fault.unzip();
    page.fault = fault;
    let command = app.replica.snapshot().accounts.is_empty().then(|| command(app, visit));
    let account = account.map(|it| it.to_string());
    let office = visit.entrance == Entrance::Office;
    show(status, &SignInPage { page, account, typed: typed.unwrap_or_default(), to, waiting, command, office })
}

/// What makes the first account.
fn command(app: &App, visit: &Visit) -> String {
    let role = match page::staff_door(app) {
        Door::Animateur => "animateur",
        Door::Advisor => "advisor",
        _ => "coordination",
    };
    format!("hameau account add {} --role {role}", visit.t.say("signin-command-name"))
}

/// All that the office network is told as long as there is no account.
pub(super) fn nobody_works_here(app: &App, visit: &Visit) -> Response {
    let sentence = format!("{} {}", visit.t.say("signin-none"), command(app, visit));
    page::oops(app, visit, StatusCode::FORBIDDEN, sentence)
}

/// Signs in, and goes on with what was begun.
pub(super) async fn enter(State(app): State<Arc<App>>, visit: Visit, Form(fields): Form<Fields>) -> Answer {
    let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let typed = field("compte").unwrap_or_default();
    let path = field("porte").unwrap_or_default();
    let carried: Fields = fields
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix(CARRIED)?.to_owned(), value.clone())))
        .collect();
    let body = encoded(&carried);
    let to = field("vers")
        .filter(|to| is_page(&visit, to))
        .map_or_else(|| page::staff_door(&app).home().to_owned(), Into::into);
    let is_sealed = |account: &AccountName| field("sceau") == Some(&app.guard.seal(account.as_str(), path, &body));
    let signed = match prove(&app, &visit, typed, field("mot_de_passe").unwrap_or_default()).await {
        Ok(signed) => signed,
        Err((status, sentence)) => {
            let account = AccountName::new(typed).ok();
            let waiting = account.as_ref().filter(|it| is_sealed(it)).map(|it| Waiting {
                path: path.to_owned(),
                seal: app.guard.seal(it.as_str(), path, &body),
                fields: carried.clone(),
            });
            let known = standing_account(&app, &visit).filter(|it| Some(it) == account.as_ref());
            return Err(asking(&app, &visit, status, known, to, waiting, Some((sentence, typed.to_owned()))));
        }
    };
    let mut response = go(&to);
    response.extensions_mut().insert(Renewed(signed.id.clone()));
    if !path.is_empty() && is_sealed(&signed.account) {
        // What carries a form out checks its token by the new session already.
        response.extensions_mut().insert(Carried { path: path.to_owned(), body, signed });
    }
    Ok(response)
}

/// Proves an account by its password and begins a session. A refusal: its status, and a sentence.
async fn prove(app: &App, visit: &Visit, name: &str, typed: &str) -> Result<Signed, (StatusCode, String)> {
    let keys = [Tried::Name(name.trim().to_lowercase().chars().take(64).collect()), Tried::Address(visit.peer)];
    let attempts = || app.attempts.of(visit.entrance).lock().unwrap_or_else(PoisonError::into_inner);
    let now = app.now_ms();
    attempts().begin(&keys, now).map_err(|wait_s| {
        let seconds = usize::try_from(wait_s).unwrap_or(usize::MAX);
        (StatusCode::TOO_MANY_REQUESTS, visit.t.count("signin-wait", "seconds", seconds))
    })?;
    let wrong = || (StatusCode::UNAUTHORIZED, visit.t.say("signin-wrong"));
    let account = AccountName::new(name).ok().and_then(|name| app.replica.snapshot().accounts.get(&name).cloned());
    let password = Password::typed(typed).map_err(|_| wrong())?;
    let Some((account, is_proved)) = hashed(app.hashing.of(visit.entrance), account, password).await else {
        return Err((StatusCode::SERVICE_UNAVAILABLE, visit.t.say("error-internal")));
    };
    let account = account.filter(|_| is_proved).ok_or_else(wrong)?;
    attempts().forgive(&keys);
    Ok(app.sessions.begin(&account, visit.entrance, Some(&visit.session), app.now_ms()))
}

/// Whether the password opens the account; `None` when the system has no memory for it.
async fn hashed(place: &Semaphore, account: Option<Account>, password: Password) -> Option<(Option<Account>, bool)> {
    let _place = place.acquire().await.ok()?;
    let proved = tokio::task::spawn_blocking(move || {
        let is_proved = Account::is_opened_by(account.as_ref(), &password);
        is_proved.map(|is_proved| (account, is_proved))
    });
    proved.await.ok()?.ok()
}

/// A page of ours that one can go to: never another site, never a form.
fn is_page(visit: &Visit, to: &str) -> bool {
    let path = to.split('?').next().unwrap_or_default();
    let is_plain = to.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let route = routes::find(&Method::GET, path);
    let is_staffed = |it: &routes::Route| matches!(it.access(visit.entrance), Access::Staff(_)) && it.by_hand;
    is_plain && !to.starts_with("//") && route.is_some_and(is_staffed)
}

/// Opens a locked or ended session again, in place, for the account that it was of: answers the new token.
pub(super) async fn unlock(State(app): State<Arc<App>>, visit: Visit, Form(fields): Form<Fields>) -> Response {
    let Some(account) = standing_account(&app, &visit) else {
        return json_fault(StatusCode::GONE, &visit.t.say("signin-again"));
    };
    let password = fields.iter().find(|(name, _)| name == "mot_de_passe").map_or("", |(_, value)| value);
    match prove(&app, &visit, account.as_str(), password).await {
        Ok(signed) => {
            let token = app.guard.token(&signed.id);
            let mut response = Json(serde_json::json!({ "token": token })).into_response();
            response.extensions_mut().insert(Renewed(signed.id));
            response
        }
        Err((status, sentence)) => json_fault(status, &sentence),
    }
}

/// How the session stands, for the page that covers itself.
pub(super) async fn state(State(app): State<Arc<App>>, visit: Visit) -> Response {
    let (state, account, left_ms) = match app.standing(visit.entrance, &visit.session) {
        Standing::Open(signed) => ("open", Some(signed.account), app.sessions.left_ms(&signed.id, app.now_ms())),
        Standing::Locked(account) | Standing::Ended(account) => ("locked", Some(account), 0),
        Standing::Nobody => ("gone", None, 0),
    };
    Json(serde_json::json!({ "state": state, "account": account, "left_ms": left_ms, "token": visit.token }))
        .into_response()
}

/// A person types or clicks in a page: the guard has noted it.
pub(super) async fn presence() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Locks at once.
pub(super) async fn lock(State(app): State<Arc<App>>, visit: Visit) -> Response {
    app.sessions.lock(&visit.session);
    underway::keep_all(&app).await;
    go("/connexion")
}

/// Signs out here.
pub(super) async fn leave(State(app): State<Arc<App>>, visit: Visit) -> Response {
    app.sessions.forget(&visit.session);
    underway::keep_all(&app).await;
    gone()
}

/// Signs out here and wherever else the account is signed in.
pub(super) async fn leave_everywhere(State(app): State<Arc<App>>, visit: Visit) -> Response {
    if let Some(signed) = &visit.signed {
        app.sessions.end_all(&signed.account);
    }
    app.sessions.forget(&visit.session);
    underway::keep_all(&app).await;
    gone()
}

fn gone() -> Response {
    let mut response = go("/connexion");
    response.extensions_mut().insert(Renewed(HEXLOWER.encode(&random())));
    response
}

/// Fields as a form sends them: every byte that is no letter or digit is percent-encoded.
fn encoded(fields: &Fields) -> String {
    let one = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    // A browser writes the ends of lines its own way each time a text passes it.
    let value = |text: &str| one(&text.replace("\r\n", "\n"));
    fields.iter().map(|(name, it)| format!("{}={}", one(name), value(it))).collect::<Vec<_>>().join("&")
}
