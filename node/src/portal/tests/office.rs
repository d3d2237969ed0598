// SPDX-License-Identifier: EUPL-1.2
//! The same pages from the office network: other names, other cookies, nobody without an account.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{StatusCode, header};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::sync::CancellationToken;

use super::stage::{Browser, CPAM, DEADLINE, LOT, OFFICE, PUY, Stage};
use crate::account::AccountRole;
use crate::certificate::Certificates;
use crate::clock::Clock;
use crate::config::{GivenFiles, OfficeName, OfficeSettings};
use crate::home::Home;
use crate::portal::entrance::Entrance;
use crate::portal::{pages, router, tls};

async fn from_office(stage: &Stage, member: &str, role: Option<AccountRole>) -> Browser {
    stage.by(Entrance::Office, member, role).await
}

#[tokio::test]
async fn each_listener_has_its_own_names_and_origins() {
    // Goal: a name of one is strange on the other; a form sent in clear, or from the other listener's page, is refused.
    let stage = Stage::set().await;
    for (entrance, host, allowed) in [
        (Entrance::Office, OFFICE, true),
        (Entrance::Office, "192.168.1.10:4649", true),
        (Entrance::Office, "caisse.lan", false),
        (Entrance::Office, "caisse.lan:443", false),
        (Entrance::Office, "CAISSE.lan:4649", false),
        (Entrance::Office, "a.caisse.lan:4649", false),
        (Entrance::Office, "caisse.lan.example:4649", false),
        (Entrance::Office, "192.168.1.11:4649", false),
        (Entrance::Office, "127.0.0.1:8046", false),
        (Entrance::Office, "localhost:4649", false),
        (Entrance::Loopback, "127.0.0.1:8046", true),
        (Entrance::Loopback, OFFICE, false),
        (Entrance::Loopback, "192.168.1.10:4649", false),
    ] {
        let browser = stage.by(entrance, CPAM, Some(AccountRole::Advisor)).await;
        let mut request = browser.request("GET", "/conseiller");
        request.headers_mut().expect("good").insert(header::HOST, host.parse().expect("a value"));
        let page = browser.read(request.body(Body::empty()).expect("a request")).await;
        let wanted = if allowed { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(page.status, wanted, "{entrance:?} {host}");
    }
    for (origin, allowed) in [
        ("https://caisse.lan:4649", true),
        ("https://192.168.1.10:4649", true),
        ("http://caisse.lan:4649", false),
        ("http://127.0.0.1:8046", false),
        ("https://127.0.0.1:8046", false),
        ("https://caisse.lan", false),
        ("https://evil.example", false),
        ("null", false),
    ] {
        let browser = from_office(&stage, CPAM, Some(AccountRole::Advisor)).await;
        let mut request = browser.request("POST", "/connexion/presence");
        let headers = request.headers_mut().expect("good");
        headers.insert(header::ORIGIN, origin.parse().expect("a value"));
        headers.insert(header::CONTENT_TYPE, "application/x-www-form-urlencoded".parse().expect("a value"));
        let form = Body::from(format!("csrf={}", browser.token()));
        let status = browser.read(request.body(form).expect("a request")).await.status;
        assert_eq!(status == StatusCode::NO_CONTENT, allowed, "{origin}: {status}");
        assert!(allowed || status == StatusCode::FORBIDDEN, "{origin}: {status}");
    }
}

#[tokio::test]
async fn cookies_of_the_office_are_bound_to_it() {
    // Goal: no other program, name or listener gets them or is believed with one of loopback's.
    let stage = Stage::set().await;
    let mut browser = from_office(&stage, CPAM, None).await;
    let page = browser.read(plain_get("/connexion?lang=en")).await;
    let cookies: Vec<_> =
        page.headers.get_all(header::SET_COOKIE).iter().map(|it| it.to_str().expect("text")).collect();
    assert_eq!(cookies.len(), 2, "{cookies:?}");
    for cookie in cookies {
        assert!(
            cookie.starts_with("__Host-hameau_") && cookie.contains("Path=/") && !cookie.contains("Domain"),
            "{cookie}"
        );
        for word in ["; Secure", "; HttpOnly", "; SameSite=Strict"] {
            assert!(cookie.contains(word), "{cookie}");
        }
    }
    let here = stage.signed_in(CPAM, AccountRole::Advisor).await;
    assert_eq!(here.get("/conseiller").await.status, StatusCode::OK);
    browser.take(here.session());
    assert_eq!(browser.get("/conseiller").await.status, StatusCode::UNAUTHORIZED, "a session of loopback");
    assert_eq!(here.get("/conseiller").await.status, StatusCode::OK, "which goes on");
}

/// A first visit, without a cookie.
fn plain_get(path: &str) -> axum::http::Request<Body> {
    axum::http::Request::get(path).header(header::HOST, OFFICE).body(Body::empty()).expect("a request")
}

#[tokio::test]
async fn without_an_account_there_is_one_page() {
    // Goal: as long as nobody works here the office is told how to make the first account, and nothing else; loopback is as
    // it was.
    let stage = Stage::set().await;
    stage.dismiss_everybody().await;
    for (member, role) in [(LOT, "coordination"), (PUY, "animateur"), (CPAM, "advisor")] {
        let browser = from_office(&stage, member, None).await;
        for path in ["/", "/connexion", "/conseiller", "/confiance", "/confiance/autorite.crt", "/evenements", "/rien"]
        {
            let page = browser.get(path).await;
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{member} {path}");
            let command = format!("hameau account add NOM --role {role}");
            assert!(page.text.contains(&command) && !page.text.contains("<form"), "{member} {path}: {}", page.text);
        }
        let page = browser.post("/connexion", &[("compte", "x"), ("mot_de_passe", "y")]).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{member}");
        let style = format!("{}/style.css", crate::portal::assets::base());
        assert_eq!(browser.get(&style).await.status, StatusCode::OK, "{member}");
    }
    assert_eq!(stage.stranger(PUY).await.get("/cabine").await.status, StatusCode::OK);
    assert_eq!(stage.stranger(PUY).await.get("/connexion").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_page_of_trust_shows_what_is_installed() {
    // Goal: before sign-in on the office network, and to those who set up on loopback: the fingerprint of just the file that
    // is downloaded, in groups, in both languages.
    let stage = Stage::set().await;
    let browser = from_office(&stage, CPAM, None).await;
    let file = browser.send(browser.request("GET", "/confiance/autorite.crt").body(Body::empty()).expect("good")).await;
    assert_eq!(file.headers()[header::CONTENT_TYPE], "application/x-x509-ca-cert");
    assert_eq!(file.headers()[header::CONTENT_DISPOSITION], "attachment; filename=\"hameau.crt\"");
    let der = axum::body::to_bytes(file.into_body(), 10_000).await.expect("a file");
    let hash = data_encoding::HEXUPPER.encode(&Sha256::digest(&der));
    for (lang, word) in [("fr", "Comparez avec le papier"), ("en", "Compare with the paper")] {
        let page = browser.get(&format!("/confiance?lang={lang}")).await;
        let shown = page.between("data-test=\"fingerprint\">", "</p>").replace("<span>", "").replace("</span>", "");
        assert_eq!(shown.split_whitespace().collect::<String>(), hash);
        assert_eq!(shown.split_whitespace().count(), 16);
        assert!(page.text.contains("https://caisse.lan:4649/") && page.text.contains(word), "{}", page.text);
        assert!(!page.text.contains("/journal"), "the page leads nowhere before sign-in");
    }
    for (role, status) in [(Some(AccountRole::Manager), 200), (Some(AccountRole::Advisor), 403), (None, 401)] {
        let here = stage.by(Entrance::Loopback, CPAM, role).await;
        let page = here.get("/confiance").await;
        assert_eq!(page.status.as_u16(), status, "{role:?}");
        assert_eq!(page.text.contains("Imprimez cette page"), status == 200, "{role:?}");
    }
    let here = stage.signed_in(CPAM, AccountRole::Manager).await;
    assert!(here.get("/conseiller").await.text.contains("href=\"/confiance\""), "a manager finds it");
}

/// A portal's office listener on this machine, and whoever trusts its authority.
struct Served {
    at: SocketAddr,
    certificates: Certificates,
    home: Home,
    stop: CancellationToken,
    _folder: tempfile::TempDir,
}

impl Served {
    async fn on_loopback(stage: &Stage) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let home = Home::create(&folder.path().join("box")).expect("a box");
        let free = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let at = free.local_addr().expect("bound");
        drop(free);
        let files = GivenFiles { certificate: "given.pem".into(), key: "given.pem".into() };
        let names = vec![OfficeName::Dns("caisse.lan".to_owned())];
        let own = OfficeSettings { listen: at, names: names.clone(), given: None };
        let clock = Clock::new(0, "Europe/Paris").expect("a zone");
        // What the box would make for itself is what the administration gives here.
        drop(Certificates::new(&home, own, clock.clone()));
        std::fs::rename(home.file("office.pem"), home.file("given.pem")).expect("made");
        let given = OfficeSettings { listen: at, names, given: Some(files) };
        let certificates = Certificates::new(&home, given, clock);
        let stop = CancellationToken::new();
        let office = tls::bind(certificates.clone(), stop.clone()).expect("free");
        let app = Arc::clone(&stage.stranger(CPAM).await.app);
        tokio::spawn(pages(office, router(&app, Entrance::Office), stop.clone()));
        Self { at, certificates, home, stop, _folder: folder }
    }

    /// A connection from this address of loopback.
    async fn connect(&self, from: [u8; 4]) -> TcpStream {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(SocketAddr::from((from, 0))).expect("all of 127 is this machine's");
        socket.connect(self.at).await.expect("it listens")
    }

    /// A handshake with it; the certificate that was shown.
    async fn shake(&self, from: [u8; 4]) -> Option<(TlsStream<TcpStream>, Vec<u8>)> {
        let authority = CertificateDer::from_pem_file(self.home.file("authority.pem")).expect("kept");
        let mut roots = RootCertStore::empty();
        roots.add(authority).expect("an authority");
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let name = ServerName::try_from("caisse.lan").expect("a name");
        let shaking = TlsConnector::from(Arc::new(config)).connect(name, self.connect(from).await);
        let stream = tokio::time::timeout(DEADLINE, shaking).await.expect("in time").ok()?;
        let shown = stream.get_ref().1.peer_certificates()?.first()?.to_vec();
        Some((stream, shown))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn said(mut stream: impl AsyncReadExt + AsyncWriteExt + Unpin, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.expect("it hears");
    let mut answer = Vec::new();
    tokio::time::timeout(DEADLINE, stream.read_to_end(&mut answer)).await.expect("in time").expect("it ends");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn pages_answer_over_tls_and_nothing_in_clear() {
    // Goal: whoever trusts the authority reads the sign-in page; a request in clear is sent on and learns nothing; another
    // certificate is served from the next connection on, and a torn one never.
    let stage = Stage::set().await;
    let served = Served::on_loopback(&stage).await;
    let request = format!("GET /connexion HTTP/1.1\r\nhost: {OFFICE}\r\nconnection: close\r\n\r\n");
    let (stream, first) = served.shake([127, 0, 0, 1]).await.expect("trusted");
    let answer = said(stream, &request).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("data-test=\"trust-link\""), "{answer}");
    let answer = said(served.connect([127, 0, 0, 1]).await, &request).await;
    let to = format!("location: https://caisse.lan:{}/\r\n", served.at.port());
    assert!(answer.starts_with("HTTP/1.1 302") && answer.contains(&to) && answer.ends_with("\r\n\r\n"), "{answer}");

    std::fs::write(served.home.file("given.pem"), "torn").expect("written");
    assert!(served.certificates.reload().is_err());
    assert_eq!(served.shake([127, 0, 0, 1]).await.expect("the old one").1, first);
    let own = OfficeSettings { given: None, ..served.certificates.settings().clone() };
    drop(Certificates::new(&served.home, own, Clock::new(0, "Europe/Paris").expect("a zone")));
    std::fs::rename(served.home.file("office.pem"), served.home.file("given.pem")).expect("made");
    served.certificates.reload().expect("good");
    assert_ne!(served.shake([127, 0, 0, 1]).await.expect("the new one").1, first);
}

#[tokio::test]
async fn one_address_does_not_take_all_handshakes() {
    // Goal: who begins many and ends none is turned away, and a colleague comes in meanwhile.
    let stage = Stage::set().await;
    let served = Served::on_loopback(&stage).await;
    let mut silent = Vec::new();
    for _ in 0..40 {
        silent.push(served.connect([127, 0, 0, 2]).await);
    }
    assert!(served.shake([127, 0, 0, 3]).await.is_some(), "a colleague");
    let mut closed = 0;
    for mut stream in silent {
        let read = tokio::time::timeout(Duration::from_millis(20), stream.read_u8()).await;
        closed += usize::from(read.is_ok_and(|it| it.is_err()));
    }
    assert!(closed >= 24, "{closed} of 40 were turned away");
}
