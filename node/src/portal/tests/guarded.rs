// SPDX-License-Identifier: EUPL-1.2
//! Who is not let in.

use axum::body::Body;
use axum::http::{StatusCode, header};

use super::stage::{Browser, CPAM, PUY, Stage};

const FORM: &str = "application/x-www-form-urlencoded";

/// Every POST route, read from the router's own text: a new one is tested without being listed.
fn post_routes() -> Vec<String> {
    let mut routes = Vec::new();
    for line in include_str!("../mod.rs").lines().filter(|line| line.contains("post(")) {
        let Some(rest) = line.trim().strip_prefix(".route(\"") else { continue };
        let path = rest.split('"').next().expect("quoted");
        routes.push(path.replace("{booth}", "1").replace("{short}", "0123456789abcdef"));
    }
    assert!(routes.len() >= 20, "{routes:?}");
    routes
}

async fn status(browser: &Browser, path: &str, strange: &[(&str, &str)], body: String) -> StatusCode {
    let mut request = browser.request("POST", path).header(header::CONTENT_TYPE, FORM);
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
    let (point, agency) = (stage.browser(PUY).await, stage.browser(CPAM).await);
    let stranger = stage.browser(PUY).await;
    for path in post_routes() {
        let browser = if path.starts_with("/conseiller") { &agency } else { &point };
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
            assert_eq!(status(browser, &path, &strange, body).await, StatusCode::FORBIDDEN, "{path}: {case}");
        }
        let long = format!("{good}&nom={}", "a".repeat(70_000));
        assert_eq!(status(browser, &path, &[], long).await, StatusCode::PAYLOAD_TOO_LARGE, "{path}: long");
        let passed = status(browser, &path, &[], good).await;
        assert_ne!(passed, StatusCode::FORBIDDEN, "{path}: our own page");
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
    ] {
        let mut request = browser.request("GET", "/animateur");
        request.headers_mut().expect("good").insert(header::HOST, host.parse().expect("a value"));
        let page = browser.read(request.body(Body::empty()).expect("a request")).await;
        assert_eq!(page.status == StatusCode::OK, allowed, "{host}");
        assert_eq!(page.text.contains("agenda"), allowed, "{host}");
    }
}
