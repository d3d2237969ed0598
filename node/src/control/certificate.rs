// SPDX-License-Identifier: EUPL-1.2
//! What the terminal is told of the pages on the office network: their address, their certificate, the authority's
//! fingerprint.

use std::io::ErrorKind;
use std::net::{IpAddr, UdpSocket};

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

use super::Desk;
use super::answer::{Said, Words, json};
use crate::certificate::Certificates;
use crate::lang::either;

const CLOSED: Words = (
    "les pages de cette boîte ne s'ouvrent pas au bureau : écrivez [portal] et listen dans node.toml, puis relancez-la",
    "this node's pages do not open at the office: write [portal] and listen in node.toml, then start it again",
);
const FAILED: Words = ("les fichiers n'ont pas pu être lus : recommencez", "the files could not be read: try again");

/// What is said of a box without `[portal]`.
#[must_use]
pub fn closed_at_the_office() -> &'static str {
    either(CLOSED.0, CLOSED.1)
}

/// The office's pages in a few words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfficeView {
    /// What people type.
    pub address: String,
    /// The address that this machine should have for it, and has not.
    pub missing: Option<String>,
    /// The last day of the certificate; absent where there is none: the pages do not open then.
    pub until: Option<String>,
    /// The administration is to be asked for the next, or has given none in time.
    pub ending: bool,
    /// Why there is none, or no newer one.
    pub refused: Option<String>,
}

/// The certificate in full.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateView {
    /// Address and validity.
    #[serde(flatten)]
    pub office: OfficeView,
    /// What the certificate is for.
    pub names: Vec<String>,
    /// Its first day.
    pub from: Option<String>,
    /// The box's own authority; absent where the administration's vouches.
    pub authority: Option<AuthorityView>,
}

/// The box's own authority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorityView {
    /// What browsers call it.
    pub name: String,
    /// SHA-256 of the certificate, by fours.
    pub fingerprint: String,
    /// SHA-1, as Windows shows it.
    pub windows: String,
    /// Its last day.
    pub until: String,
    /// The certificate in DER, base64.
    pub der: String,
}

/// An address that no interface of this machine has now: a listener waits for it.
fn missing(ip: IpAddr) -> Option<String> {
    let error = UdpSocket::bind((ip, 0)).err()?;
    (error.kind() == ErrorKind::AddrNotAvailable).then(|| ip.to_string())
}

impl OfficeView {
    /// Of a box whose node may run or not.
    #[must_use]
    pub fn of(certificates: &Certificates) -> Self {
        Self {
            address: certificates.settings().address(),
            missing: missing(certificates.settings().listen.ip()),
            until: certificates.shown().map(|it| certificates.day(it.until).to_string()),
            ending: certificates.is_ending(),
            refused: certificates.refused(),
        }
    }
}

impl CertificateView {
    /// Of a box whose node may run or not.
    #[must_use]
    pub fn of(certificates: &Certificates) -> Self {
        let shown = certificates.shown();
        let day = |seconds| certificates.day(seconds).to_string();
        let from = shown.as_ref().map(|it| day(it.from));
        let names = shown.as_ref().map(|it| it.names.clone()).unwrap_or_default();
        let authority = shown.and_then(|it| it.authority).map(|it| AuthorityView {
            name: it.name,
            fingerprint: it.fingerprint.join(" "),
            windows: it.windows.join(" "),
            until: day(it.until),
            der: BASE64.encode(&it.der),
        });
        Self { office: OfficeView::of(certificates), names, from, authority }
    }
}

/// The certificate as it is served.
pub(super) fn shown(desk: &Desk) -> Result<serde_json::Value, Said> {
    let certificates = desk.certificates.as_ref().ok_or(CLOSED)?;
    json(&CertificateView::of(certificates))
}

/// The same, read again first.
pub(super) async fn reload(desk: &Desk) -> Result<serde_json::Value, Said> {
    let certificates = desk.certificates.clone().ok_or(CLOSED)?;
    let reading = tokio::task::spawn_blocking(move || certificates.reload());
    reading.await.map_err(|_| FAILED)?.map_err(|error| Said::Sentence(error.to_string()))?;
    shown(desk)
}
