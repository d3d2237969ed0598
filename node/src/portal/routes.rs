// SPDX-License-Identifier: EUPL-1.2
//! Every address of the portal, once: how it is asked, on whose box it is, who may use it on this computer and on the
//! office network, what answers.
//!
//! The guard judges by this table before anything is routed, and the router is made from it; each row lets in only what
//! the guard judged by that row. So no address answers that is not here, and none under another row's rule.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get, post};
use crdt_calendar::act::Role;

use super::entrance::Entrance;
use super::{
    App, advisor, animateur, appointment, arrivals, assets, booking, booth, branches, callback, citizen, compare,
    coordination, devices, documents, evaluation, events, in_call, journal, members, moving, notes, numbers, page,
    papers, presence, queue, referral, screen, seeking, sheet, sheets, signin, slip, trial, trouble, trust, undo,
    waiting, week,
};
use crate::account::AccountRole;

/// Who may use an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Everybody who reaches it.
    Everyone,
    /// A person with an open session in one of these roles.
    Staff(&'static [AccountRole]),
    /// It does not answer there.
    Nobody,
}

/// Who may use an address on each listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rule {
    loopback: Access,
    office: Access,
}

/// One row.
pub(super) struct Route {
    /// GET or POST; HEAD is GET.
    pub method: Method,
    /// The address, with `{}` around what varies.
    pub path: &'static str,
    /// On whose boxes it is.
    pub at: &'static [Role],
    rule: Rule,
    /// Its body is a file, or it makes one: it is handed on as it comes, and what answers has the bounds.
    pub is_file: bool,
    /// A person asks for it, not a page by itself: it keeps a session from locking.
    pub by_hand: bool,
    handler: fn() -> MethodRouter<Arc<App>>,
}

/// Which row the guard judged a request by.
#[derive(Clone, Copy)]
pub(super) struct Judged(pub &'static Route);

const POINT: &[Role] = &[Role::Point];
const AGENCY: &[Role] = &[Role::Agency];
const COORDINATION: &[Role] = &[Role::Coordination];
/// Where people come.
const OPEN: &[Role] = &[Role::Point, Role::Agency];
const ALL: &[Role] = &[Role::Point, Role::Agency, Role::Coordination];

const ANYBODY_STAFF: Access = Access::Staff(&AccountRole::ALL);

/// What a page needs before anyone has signed in, on either listener.
const EVERYONE: Rule = Rule { loopback: Access::Everyone, office: Access::Everyone };
/// The citizen's screen has no account. On the office network nobody is at that screen: it is for those who work here.
const KIOSK: Rule = Rule { loopback: Access::Everyone, office: ANYBODY_STAFF };
/// A booth is the screen in front of its door: another computer could listen in its name.
const BOOTH: Rule = Rule { loopback: Access::Everyone, office: Access::Nobody };
/// How a computer is told to trust this box: there before anybody can sign in on it, here for those who set it up.
const TRUST: Rule =
    Rule { loopback: Access::Staff(&[AccountRole::Manager, AccountRole::Coordination]), office: Access::Everyone };
const ANIMATEURS: Rule = Rule::staff(&[AccountRole::Animateur, AccountRole::Manager]);
const ADVISORS: Rule = Rule::staff(&[AccountRole::Advisor, AccountRole::Manager]);
const COORDINATORS: Rule = Rule::staff(&[AccountRole::Coordination, AccountRole::Manager]);
const MANAGERS: Rule = Rule::staff(&[AccountRole::Manager]);
const STAFF: Rule = Rule::staff(&AccountRole::ALL);

impl Rule {
    /// The same on both listeners.
    const fn staff(roles: &'static [AccountRole]) -> Self {
        Self { loopback: Access::Staff(roles), office: Access::Staff(roles) }
    }
}

const fn page(path: &'static str, at: &'static [Role], rule: Rule, handler: fn() -> MethodRouter<Arc<App>>) -> Route {
    Route { method: Method::GET, path, at, rule, is_file: false, by_hand: true, handler }
}

const fn form(path: &'static str, at: &'static [Role], rule: Rule, handler: fn() -> MethodRouter<Arc<App>>) -> Route {
    Route { method: Method::POST, path, at, rule, is_file: false, by_hand: true, handler }
}

impl Route {
    /// What is sent is a file.
    const fn of_file(mut self) -> Self {
        self.is_file = true;
        self
    }

    /// A page asks for it by itself.
    const fn by_itself(mut self) -> Self {
        self.by_hand = false;
        self
    }

    /// Who may use it by this listener.
    pub(super) const fn access(&self, entrance: Entrance) -> Access {
        match entrance {
            Entrance::Loopback => self.rule.loopback,
            Entrance::Office => self.rule.office,
        }
    }

    fn is(&self, method: &Method, path: &str) -> bool {
        let asked = if *method == Method::HEAD { &Method::GET } else { method };
        let (mut own, mut its) = (self.path.split('/'), path.split('/'));
        let fits =
            own.by_ref().all(|own| its.next().is_some_and(|it| own == it || own.starts_with('{') && !it.is_empty()));
        self.method == *asked && fits && its.next().is_none()
    }
}

/// The table. Where two rows fit an address, the first counts.
pub(super) static ROUTES: &[Route] = &[
    page("/a/{version}/{name}", ALL, EVERYONE, || get(assets::asset)).by_itself(),
    page("/connexion", ALL, EVERYONE, || get(signin::page)).by_itself(),
    form("/connexion", ALL, EVERYONE, || post(signin::enter)).by_itself(),
    form("/connexion/ouvrir", ALL, EVERYONE, || post(signin::unlock)).by_itself(),
    page("/connexion/etat", ALL, EVERYONE, || get(signin::state)).by_itself(),
    form("/connexion/presence", ALL, STAFF, || post(signin::presence)),
    form("/connexion/verrouiller", ALL, STAFF, || post(signin::lock)),
    form("/connexion/quitter", ALL, EVERYONE, || post(signin::leave)).by_itself(),
    form("/connexion/quitter-partout", ALL, STAFF, || post(signin::leave_everywhere)),
    page("/confiance", ALL, TRUST, || get(trust::page)),
    page("/confiance/autorite.crt", ALL, TRUST, || get(trust::authority)),
    page("/", ALL, KIOSK, || get(citizen::page)),
    form("/", ALL, KIOSK, || post(citizen::search)),
    page("/themes/{id}", OPEN, KIOSK, || get(sheets::topic)),
    page("/fiches/{id}", OPEN, KIOSK, || get(sheets::sheet)),
    page("/fiches/{id}/{part}", OPEN, KIOSK, || get(sheets::part)),
    form("/fiches/{id}/rendez-vous", POINT, KIOSK, || post(sheets::wish)),
    page("/annuaire", OPEN, KIOSK, || get(branches::kinds)),
    page("/annuaire/{kind}", OPEN, KIOSK, || get(branches::kind)),
    page("/annuaire/{kind}/{id}", OPEN, KIOSK, || get(branches::branch)),
    page("/commune", OPEN, KIOSK, || get(branches::commune)),
    form("/commune", OPEN, KIOSK, || post(branches::touched)),
    page("/encore-la", OPEN, KIOSK, || get(screen::still_there)).by_itself(),
    page("/effacer", OPEN, KIOSK, || get(screen::wipe)).by_itself(),
    page("/evenements", ALL, KIOSK, || get(events::stream)).by_itself(),
    page("/cabine", POINT, BOOTH, || get(booth::page)),
    page("/cabine/{booth}/etat", POINT, BOOTH, || get(booth::state)).by_itself(),
    form("/cabine/{booth}/offre", POINT, BOOTH, || post(booth::offer)).by_itself(),
    page("/cabine/{booth}/essai", POINT, BOOTH, || get(trial::booth)),
    form("/cabine/{booth}/essai/appel", POINT, BOOTH, || post(trial::rehearse)),
    form("/cabine/{booth}/micro", POINT, BOOTH, || post(in_call::switch)),
    form("/cabine/{booth}/choix", POINT, BOOTH, || post(in_call::choose)),
    form("/cabine/{booth}/documents", POINT, BOOTH, || post(documents::gives)).of_file(),
    page("/cabine/{booth}/documents/{id}/{page}", POINT, BOOTH, || get(documents::page)).by_itself(),
    form("/cabine/{booth}/documents/{id}/reponse", POINT, BOOTH, || post(documents::answers)),
    form("/cabine/{booth}/documents/{id}/imprimer", POINT, BOOTH, || post(devices::print)).of_file(),
    form("/cabine/{booth}/scanner", POINT, BOOTH, || post(devices::scan)).of_file(),
    form("/cabine/{booth}/texte", POINT, BOOTH, || post(documents::writes)),
    form("/cabine/{booth}/regard", POINT, BOOTH, || post(documents::looks)),
    form("/cabine/{booth}/aide", POINT, BOOTH, || post(booth::help)),
    form("/cabine/{booth}/raccrocher", POINT, BOOTH, || post(booth::hang_up)),
    form("/cabine/{booth}/parti", POINT, BOOTH, || post(in_call::leave)).by_itself(),
    page("/animateur", POINT, ANIMATEURS, || get(animateur::page)),
    form("/animateur/aide", POINT, ANIMATEURS, || post(animateur::help_seen)),
    form("/animateur/ecran", POINT, ANIMATEURS, || post(screen::request_seen)),
    page("/animateur/feuille", POINT, ANIMATEURS, || get(sheet::page)),
    page("/animateur/rendez-vous/nouveau", POINT, ANIMATEURS, || get(booking::page)),
    form("/animateur/rendez-vous/nouveau", POINT, ANIMATEURS, || post(booking::book)),
    page("/animateur/rendez-vous/comparer", POINT, ANIMATEURS, || get(compare::page)),
    form("/animateur/rendez-vous/comparer", POINT, ANIMATEURS, || post(compare::of_subject)),
    page("/animateur/file", POINT, ANIMATEURS, || get(queue::page)),
    form("/animateur/file", POINT, ANIMATEURS, || post(queue::join)),
    page("/animateur/attente", POINT, ANIMATEURS, || get(seeking::form)),
    form("/animateur/attente", POINT, ANIMATEURS, || post(seeking::join)),
    page("/animateur/attente/{short}", POINT, ANIMATEURS, || get(seeking::page)),
    form("/animateur/attente/{short}/reponse", POINT, ANIMATEURS, || post(seeking::answer)),
    form("/animateur/attente/{short}/quitter", POINT, ANIMATEURS, || post(seeking::leave)),
    page("/animateur/rendez-vous/{short}", POINT, ANIMATEURS, || get(appointment::page)),
    page("/animateur/rendez-vous/{short}/bulletin", POINT, ANIMATEURS, || get(slip::page)),
    page("/animateur/rendez-vous/{short}/modifier", POINT, ANIMATEURS, || get(appointment::amend_page)),
    form("/animateur/rendez-vous/{short}/modifier", POINT, ANIMATEURS, || post(appointment::amend)),
    page("/animateur/rendez-vous/{short}/deplacer", POINT, ANIMATEURS, || get(moving::page)),
    form("/animateur/rendez-vous/{short}/deplacer", POINT, ANIMATEURS, || post(moving::take)),
    form("/animateur/rendez-vous/{short}/attente", POINT, ANIMATEURS, || post(waiting::join)),
    form("/animateur/rendez-vous/{short}/attente/quitter", POINT, ANIMATEURS, || post(waiting::leave)),
    form("/animateur/rendez-vous/{short}/attente/reponse", POINT, ANIMATEURS, || post(waiting::answer)),
    form("/animateur/rendez-vous/{short}/papiers", POINT, ANIMATEURS, || post(papers::tick)),
    form("/animateur/rendez-vous/{short}/annuler", POINT, ANIMATEURS, || post(undo::cancel)),
    form("/animateur/rendez-vous/{short}/reprendre", POINT, ANIMATEURS, || post(undo::take_back)),
    form("/animateur/rendez-vous/{short}/defaire", POINT, ANIMATEURS, || post(undo::unbook)),
    page("/animateur/essai", POINT, ANIMATEURS, || get(trial::page)),
    form("/animateur/essai/appel", POINT, ANIMATEURS, || post(trial::rehearse)),
    form("/animateur/essai/ligne", POINT, ANIMATEURS, || post(trial::line)),
    form("/animateur/rendez-vous/{short}/revenir", POINT, ANIMATEURS, || post(undo::back)),
    form("/animateur/rendez-vous/{short}/arrivee", POINT, ANIMATEURS, || post(appointment::arrived)),
    form("/animateur/rendez-vous/{short}/demarrer", POINT, ANIMATEURS, || post(appointment::start_call)),
    form("/animateur/rendez-vous/{short}/arreter", POINT, ANIMATEURS, || post(appointment::stop_call)),
    form("/animateur/rendez-vous/{short}/cabine", POINT, ANIMATEURS, || post(callback::give_booth)),
    form("/animateur/rendez-vous/{short}/rappele", POINT, ANIMATEURS, || post(callback::called_back)),
    form("/animateur/rendez-vous/{short}/autre-heure", POINT, ANIMATEURS, || post(callback::take_alternative)),
    page("/conseiller", AGENCY, ADVISORS, || get(advisor::page)),
    page("/conseiller/semaine", AGENCY, ADVISORS, || get(week::page)),
    page("/conseiller/arrivees", AGENCY, ADVISORS, || get(arrivals::page)).by_itself(),
    form("/conseiller/presence", AGENCY, ADVISORS, || post(presence::beat)).by_itself(),
    form("/conseiller/place", AGENCY, ADVISORS, || post(presence::place)),
    page("/conseiller/essai", AGENCY, ADVISORS, || get(trial::page)),
    form("/conseiller/essai/appel", AGENCY, ADVISORS, || post(trial::rehearse)),
    form("/conseiller/essai/ligne", AGENCY, ADVISORS, || post(trial::line)),
    page("/conseiller/bulletin", AGENCY, ADVISORS, || get(slip::reading)),
    form("/conseiller/bulletin", AGENCY, ADVISORS, || post(slip::read)),
    form("/conseiller/file/{short}/suivant", AGENCY, ADVISORS, || post(queue::next)),
    form("/conseiller/rendez-vous/{short}/annuler", AGENCY, ADVISORS, || post(advisor::cancel)),
    form("/conseiller/rendez-vous/{short}/rouvrir", AGENCY, ADVISORS, || post(advisor::offer_again)),
    page("/conseiller/rendez-vous/{short}/note", AGENCY, ADVISORS, || get(notes::page)),
    form("/conseiller/rendez-vous/{short}/note", AGENCY, ADVISORS, || post(notes::write)),
    form("/conseiller/rendez-vous/{short}/passer", AGENCY, ADVISORS, || post(referral::refer)),
    form("/conseiller/rendez-vous/{short}/garder", AGENCY, ADVISORS, || post(referral::take_back)),
    form("/conseiller/rendez-vous/{short}/collegue", AGENCY, ADVISORS, || post(referral::to_colleague)),
    form("/conseiller/rendez-vous/{short}/issue", AGENCY, ADVISORS, || post(advisor::outcome)),
    page("/conseiller/rendez-vous/{short}/appel", AGENCY, ADVISORS, || get(advisor::call_page)),
    page("/conseiller/rendez-vous/{short}/appel/etat", AGENCY, ADVISORS, || get(advisor::state)).by_itself(),
    form("/conseiller/rendez-vous/{short}/appel/offre", AGENCY, ADVISORS, || post(advisor::offer)).by_itself(),
    form("/conseiller/rendez-vous/{short}/appel/micro", AGENCY, ADVISORS, || post(in_call::switch)),
    form("/conseiller/rendez-vous/{short}/appel/choix", AGENCY, ADVISORS, || post(in_call::choose)),
    form("/conseiller/rendez-vous/{short}/appel/documents", AGENCY, ADVISORS, || post(documents::gives)).of_file(),
    page("/conseiller/rendez-vous/{short}/appel/documents/{id}/fichier", AGENCY, ADVISORS, || get(documents::file)),
    page("/conseiller/rendez-vous/{short}/appel/documents/{id}/{page}", AGENCY, ADVISORS, || get(documents::page))
        .by_itself(),
    form("/conseiller/rendez-vous/{short}/appel/texte", AGENCY, ADVISORS, || post(documents::writes)),
    form("/conseiller/rendez-vous/{short}/appel/regard", AGENCY, ADVISORS, || post(documents::looks)),
    form("/conseiller/rendez-vous/{short}/appel/raccrocher", AGENCY, ADVISORS, || post(advisor::hang_up)),
    form("/conseiller/rendez-vous/{short}/appel/parti", AGENCY, ADVISORS, || post(in_call::leave)).by_itself(),
    page("/coordination", COORDINATION, COORDINATORS, || get(coordination::page)),
    page("/coordination/nombres", COORDINATION, COORDINATORS, || get(evaluation::page)),
    page("/coordination/nombres.csv", COORDINATION, COORDINATORS, || get(numbers::file)),
    page("/coordination/papiers", COORDINATION, COORDINATORS, || get(members::papers)),
    page("/coordination/inscrire", COORDINATION, COORDINATORS, || get(members::enrol_page)),
    form("/coordination/inscrire", COORDINATION, COORDINATORS, || post(members::enrol)),
    page("/coordination/membres/{member}", COORDINATION, COORDINATORS, || get(members::page)),
    page("/coordination/membres/{member}/remplacer", COORDINATION, COORDINATORS, || get(members::replace_page)),
    form("/coordination/membres/{member}/remplacer", COORDINATION, COORDINATORS, || post(members::replace)),
    page("/coordination/membres/{member}/revoquer", COORDINATION, COORDINATORS, || get(members::revoke_page)),
    form("/coordination/membres/{member}/revoquer", COORDINATION, COORDINATORS, || post(members::revoke)),
    form("/restauration", ALL, STAFF, || post(trouble::seen)),
    page("/journal", ALL, MANAGERS, || get(journal::page)),
];

/// The row of a request, if there is one.
pub(super) fn find(method: &Method, path: &str) -> Option<&'static Route> {
    ROUTES.iter().find(|route| route.is(method, path))
}

/// The router of all rows.
pub(super) fn router() -> Router<Arc<App>> {
    let mut router = Router::new();
    for route in ROUTES {
        let door = from_fn(move |request, next| only_judged(route, request, next));
        router = router.route(route.path, (route.handler)().route_layer(door));
    }
    router.fallback(page::not_found).method_not_allowed_fallback(page::not_found)
}

async fn only_judged(route: &'static Route, request: Request, next: Next) -> Response {
    let judged = request.extensions().get::<Judged>();
    if judged.is_some_and(|judged| std::ptr::eq(judged.0, route)) {
        return next.run(request).await;
    }
    tracing::error!(path = route.path, "a request was judged by another row");
    StatusCode::NOT_FOUND.into_response()
}
