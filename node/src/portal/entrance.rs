// SPDX-License-Identifier: EUPL-1.2
//! The two ways in: this computer's own, in clear, and the office network's, over TLS. Each has its hosts, its scheme and
//! its cookies, and takes none of the other's.

use axum::extract::Request;
use axum::http::{HeaderMap, Method, header};
use data_encoding::HEXLOWER;

use super::i18n::Lang;
use crate::config::OfficeSettings;

/// Which listener a request came in by. No request says it of itself: each listener has a router of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entrance {
    /// This computer's own, without encryption.
    Loopback,
    /// The office network's, over TLS.
    Office,
}

/// One for each way in: what the office's uses up, this computer's still has.
pub(super) struct ByEntrance<T> {
    loopback: T,
    office: T,
}

impl<T> ByEntrance<T> {
    pub(super) fn new(make: impl Fn() -> T) -> Self {
        Self { loopback: make(), office: make() }
    }

    pub(super) fn of(&self, entrance: Entrance) -> &T {
        match entrance {
            Entrance::Loopback => &self.loopback,
            Entrance::Office => &self.office,
        }
    }
}

/// How a listener is spoken to.
pub(super) struct Names {
    /// What an Origin begins with.
    scheme: &'static str,
    hosts: Vec<String>,
    pub cookie: String,
    pub lang_cookie: &'static str,
    /// What each cookie's words end with.
    pub attributes: &'static str,
}

impl Names {
    /// This computer's, on a port. Cookies do not know ports: each node of a demonstration has its own.
    pub(super) fn of_loopback(port: u16) -> Self {
        Self {
            scheme: "http://",
            hosts: vec![format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("[::1]:{port}")],
            cookie: format!("hameau_{port}"),
            lang_cookie: "hameau_lang",
            attributes: "Path=/; HttpOnly; SameSite=Strict",
        }
    }

    /// The office network's.
    pub(super) fn of_office(it: &OfficeSettings) -> Self {
        Self {
            scheme: "https://",
            hosts: it.hosts(),
            cookie: format!("__Host-hameau_{}", it.listen.port()),
            lang_cookie: "__Host-hameau_lang",
            attributes: "Path=/; Secure; HttpOnly; SameSite=Strict",
        }
    }

    pub(super) fn is_host(&self, headers: &HeaderMap) -> bool {
        let mut hosts = headers.get_all(header::HOST).iter();
        let first = hosts.next().and_then(|host| host.to_str().ok());
        hosts.next().is_none() && first.is_some_and(|host| self.hosts.iter().any(|own| own == host))
    }

    /// Reading, or a form of one of our pages. Old browsers say only Origin, new ones both.
    pub(super) fn is_ours(&self, request: &Request) -> bool {
        match *request.method() {
            Method::GET | Method::HEAD => return true,
            Method::POST => {}
            _ => return false,
        }
        let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap_or("?"));
        let own =
            |origin: &str| origin.strip_prefix(self.scheme).is_some_and(|host| self.hosts.iter().any(|it| it == host));
        match (header("origin"), header("sec-fetch-site")) {
            (Some(origin), None | Some("same-origin")) => own(origin),
            (None, Some("same-origin")) => true,
            _ => false,
        }
    }

    pub(super) fn session(&self, headers: &HeaderMap) -> Option<String> {
        let session = cookie(headers, &self.cookie)?;
        (session.len() == 64 && HEXLOWER.decode(session.as_bytes()).is_ok()).then_some(session)
    }

    /// The language that was chosen in this browser, else its own.
    pub(super) fn language(&self, headers: &HeaderMap) -> Lang {
        let remembered = cookie(headers, self.lang_cookie).and_then(|code| Lang::from_code(&code));
        remembered.unwrap_or_else(|| accepted_language(headers))
    }
}

/// The language of a browser in which nobody has chosen one.
pub(super) fn accepted_language(headers: &HeaderMap) -> Lang {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    accepted.map(Lang::accepted).unwrap_or_default()
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
}
