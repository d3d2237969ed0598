// SPDX-License-Identifier: EUPL-1.2
//! Who is not let in.

use axum::body::Body;
use axum::http::request::Builder;
use axum::http::{StatusCode, header};

use super::stage::{Browser, CPAM, LOT, PUY, Stage};
use crate::account::AccountRole;
use crate::portal::entrance::Entrance;
use crate::portal::routes::{Access, ROUTES, Route, find};

const FORM: &str = "application/x-www-form-urlencoded";

/// A row's address, with something in it.
fn filled(route: &Route) -> String {
    let path = route.path.replace("{booth}", "1").replace("{short}", "0123456789abcdef");
    let path = path.replace("{member}", "gramat");
    let path = path.replace("{id}", "F1").replace("{kind}", "cpam").replace("{part}", "2").replace("{page}", "1");
    path.replace("{version}", "0").replace("{name}", "style.css")
}

/// Every POST route of the table: a new one is tested without being listed.
fn post_routes() -> Vec<&'static Route> {
    let routes: Vec<_> = ROUTES.iter().filter(|it| it.method == "POST").collect();
    assert!(routes.len() >= 20, "{}", routes.len());
    routes
}

/// A file's token stands in a header.
fn with_token(route: &Route, request: Builder, form: &str) -> Builder {
    let token = form.strip_prefix("csrf=").filter(|_| route.is_file);
    token.into_iter().fold(request, |request, token| request.header("x-csrf-token", token))
}

async fn status(browser: &Browser, route: &Route, strange: &[(&str, &str)], body: String) -> StatusCode {
    let request = browser.request("POST", &filled(route)).header(header::CONTENT_TYPE, FORM);
    let mut request = with_token(route, request, &body);
    let headers = request.headers_mut().expect("a good request");
    for (name, value) in strange {
        let name: header::HeaderName = name.parse().expect("a name");
        headers.remove(&name);
        if !value.is_empty() {
            headers.insert(name, value.parse().expect("a value"));
        }
    }
    browser.read(request.body(Body::from(body)).expect("a request")).await.status
}

#[tokio::test]
async fn no_post_passes_without_host_origin_and_token() {
    // Goal: another site, another host name, another session or a guessed token change nothing, anywhere.
    let stage = Stage::set().await;
    let stranger = stage.browser(PUY).await;
    for route in post_routes() {
        let path = filled(route);
        // Some of these end the session that they are asked in.
        let browser = &stage.browser(if path.starts_with("/conseiller") { CPAM } else { PUY }).await;
        let good = format!("csrf={}", browser.token());
        for (case, strange, body) in [
            ("host", vec![("host", "evil.example:8046")], good.clone()),
            ("host without port", vec![("host", "127.0.0.1")], good.clone()),
            ("no origin", vec![("origin", "")], good.clone()),
            ("foreign origin", vec![("origin", "http://evil.example")], good.clone()),
            ("null origin", vec![("origin", "null")], good.clone()),
            ("other port", vec![("origin", "http://127.0.0.1:9999")], good.clone()),
            ("cross-site", vec![("sec-fetch-site", "cross-site")], good.clone()),
            ("same-site", vec![("sec-fetch-site", "same-site")], good.clone()),
            ("no token", vec![], "nom=x".to_owned()),
            ("wrong token", vec![], format!("csrf={}", "0".repeat(64))),
            ("token of another session", vec![], format!("csrf={}", stranger.token())),
            ("no session", vec![("cookie", "")], good.clone()),
        ] {
            assert_eq!(status(browser, route, &strange, body).await, StatusCode::FORBIDDEN, "{path}: {case}");
        }
        if !route.is_file {
            let long = format!("{good}&nom={}", "a".repeat(70_000));
            assert_eq!(status(browser, route, &[], long).await, StatusCode::PAYLOAD_TOO_LARGE, "{path}: long");
        }
        let passed = status(browser, route, &[], good).await;
        let is_signing_in = path == "/connexion" || path == "/connexion/ouvrir";
        assert!(passed != StatusCode::FORBIDDEN, "{path}: our own page");
        assert_eq!(passed == StatusCode::UNAUTHORIZED, is_signing_in, "{path}: {passed}");
        assert!(!passed.is_server_error(), "{path}: {passed}");
    }
}

#[tokio::test]
async fn no_page_opens_under_another_name() {
    // Goal: a page of the web that rebinds its name to this computer reads nothing.
    let stage = Stage::set().await;
    let browser = stage.browser(PUY).await;
    for (host, allowed) in [
        ("127.0.0.1:8046", true),
        ("localhost:8046", true),
        ("[::1]:8046", true),
        ("evil.example:8046", false),
        ("127.0.0.1.evil.example:8046", false),
        ("127.0.0.1", false),
        ("127.0.0.1:8047", false),
        ("127.0.0.1:80460", false),
        ("127.0.0.1.:8046", false),
        ("localhost.:8046", false),
        ("LOCALHOST:8046", false),
        ("[::1]", false),
        ("[::1]:8047", false),
        ("[::2]:8046", false),
        ("[0:0:0:0:0:0:0:1]:8046", false),
        ("::1:8046", false),
        ("user@127.0.0.1:8046", false),
        ("", false),
    ] {
        let mut request = browser.request("GET", "/animateur");
        request.headers_mut().expect("good").insert(header::HOST, host.parse().expect("a value"));
        let page = browser.read(request.body(Body::empty()).expect("a request")).await;
        assert_eq!(page.status == StatusCode::OK, allowed, "{host}");
        assert_eq!(page.text.contains("agenda"), allowed, "{host}");
    }
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Nobody,
    Role(AccountRole),
}

#[tokio::test]
async fn each_route_opens_to_its_roles_alone() {
    // Goal: every row of the table, asked by nobody and by each role, on the boxes of its members and on the others, by
    // loopback and from the office: who may use it comes to its handler, nobody else does.
    let stage = Stage::set().await;
    let everyone = || [Who::Nobody].into_iter().chain(AccountRole::ALL.map(Who::Role));
    let mut asked = 0;
    for (entrance, who) in
        [Entrance::Loopback, Entrance::Office].into_iter().flat_map(|it| everyone().map(move |who| (it, who)))
    {
        for member in [LOT, PUY, CPAM] {
            for route in ROUTES {
                let signed = match who {
                    Who::Nobody => None,
                    Who::Role(role) => Some(role),
                };
                let browser = stage.by(entrance, member, signed).await;
                let role = browser.app.replica.snapshot().role().expect("a member");
                let path = filled(route);
                let is_post = route.method == "POST";
                let form = format!("csrf={}", browser.token());
                let request = browser.request(route.method.as_str(), &path);
                let request = if is_post { request.header(header::CONTENT_TYPE, FORM) } else { request };
                let request = with_token(route, request, &form);
                let request = request.body(Body::from(if is_post { form } else { String::new() })).expect("a request");
                let answer = browser.send(request).await;
                let case = format!("{who:?} by {entrance:?} at {member}: {} {path}: {}", route.method, answer.status());
                asked += 1;
                let access = route.access(entrance);
                let may = match (access, who) {
                    (Access::Everyone, _) => true,
                    (Access::Staff(roles), Who::Role(own)) => roles.contains(&own),
                    (Access::Staff(_), Who::Nobody) | (Access::Nobody, _) => false,
                };
                // Short names that are nobody's and forms without fields: the handler refuses them in its own way.
                let status = answer.status();
                match (route.at.contains(&role), may, who) {
                    (false, _, _) => assert_eq!(status, StatusCode::NOT_FOUND, "{case}"),
                    (true, false, _) if access == Access::Nobody => {
                        assert_eq!(status, StatusCode::NOT_FOUND, "{case}");
                    }
                    (true, false, Who::Nobody) => assert_eq!(status, StatusCode::UNAUTHORIZED, "{case}"),
                    (true, false, Who::Role(_)) => assert_eq!(status, StatusCode::FORBIDDEN, "{case}"),
                    (true, true, _) => {
                        assert!(status != StatusCode::FORBIDDEN && !status.is_server_error(), "{case}");
                        let is_proof = path == "/connexion" || path == "/connexion/ouvrir";
                        assert!(is_proof || status != StatusCode::UNAUTHORIZED, "{case}");
                    }
                }
            }
        }
    }
    assert_eq!(asked, 2 * 5 * 3 * ROUTES.len());
}

#[test]
fn what_is_open_to_everyone_on_the_office_network_is_listed() {
    // Goal: a new row does not open there unawares: what needs no account is written down twice, and booths are not there.
    let open = ROUTES.iter().filter(|it| it.access(Entrance::Office) == Access::Everyone);
    let open: Vec<(&str, &str)> = open.map(|it| (it.method.as_str(), it.path)).collect();
    assert_eq!(
        open,
        [
            ("GET", "/a/{version}/{name}"),
            ("GET", "/connexion"),
            ("POST", "/connexion"),
            ("POST", "/connexion/ouvrir"),
            ("GET", "/connexion/etat"),
            ("POST", "/connexion/quitter"),
            ("GET", "/confiance"),
            ("GET", "/confiance/autorite.crt"),
        ]
    );
    for route in ROUTES {
        let is_booth = route.path.starts_with("/cabine");
        assert_eq!(route.access(Entrance::Office) == Access::Nobody, is_booth, "{}", route.path);
    }
}

#[test]
fn the_table_and_the_router_read_addresses_alike() {
    // Goal: a literal address is its own row, not that of a name; what no row has is nobody's.
    for route in ROUTES {
        let found = find(&route.method, &filled(route)).expect("a row");
        assert!(std::ptr::eq(found, route), "{} {}", route.method, route.path);
    }
    for (method, path) in [
        ("GET", "/animateur/"),
        ("GET", "//animateur"),
        ("GET", "/animateur/rendez-vous/"),
        ("GET", "/ANIMATEUR"),
        ("GET", "/animateur/%72endez-vous/nouveau"),
        ("GET", "/animateur/../conseiller"),
        ("POST", "/animateur"),
        ("PUT", "/"),
        ("GET", "/animateur/rendez-vous/a/b/c"),
    ] {
        let method = method.parse().expect("a method");
        assert!(find(&method, path).is_none(), "{method} {path}");
    }
}

#[tokio::test]
async fn no_address_leads_round_the_table() {
    // Goal: of many ways to write a staff page's address none opens it to nobody, and none leaves the embedded files.
    let stage = Stage::set().await;
    let stranger = stage.stranger(PUY).await;
    for path in [
        "/animateur",
        "/animateur?fragment=1",
        "/animateur?fragment",
        "/animateur/",
        "//animateur",
        "/./animateur",
        "/a/../animateur",
        "/%61nimateur",
        "/animateur%2f",
        "/animateur;x=1",
        "/animateur?lang=en",
        "/a/x/..%2f..%2fanimateur",
        "/a/0/../../../../etc/passwd",
        "/a/0/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/a/0/style.css%00",
        "/a//etc/passwd",
        "/journal",
        "/conseiller",
        "/coordination",
        "/animateur/rendez-vous/0123456789abcdef",
    ] {
        let page = stranger.get(path).await;
        assert!(matches!(page.status.as_u16(), 401 | 404), "{path}: {}", page.status);
        for word in ["data-test=\"agenda\"", "data-test=\"line\"", "root:"] {
            assert!(!page.text.contains(word), "{path}: {word}");
        }
    }
}
