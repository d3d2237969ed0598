// SPDX-License-Identifier: EUPL-1.2
//! The box's own certificate and authority as they lie in its folder: kept as long as a browser takes them, made anew
//! when they are due.
//!
//! Invariant: trust is never changed in silence. An authority that is damaged is told, not replaced; one that may not
//! vouch for today's names is replaced, and that is told.

use core::time::Duration;
use std::collections::BTreeSet;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::sign::CertifiedKey;
use zeroize::Zeroizing;

use super::authority::{Authority, DAY, MakeError, OFFICE_DAYS, RENEWED_DAYS, believed};
use super::facts::Facts;
use super::{CertificateError, Served, given, provider};
use crate::config::OfficeName;
use crate::home::{Home, HomeError};

/// The box's authority, with its key.
pub(super) const AUTHORITY: &str = "authority.pem";
/// The certificate that it gave, with its key.
pub(super) const OFFICE: &str = "office.pem";

/// The box's own, read, or made where it is due.
pub(super) fn own(home: &Home, names: &[OfficeName], now: i64) -> Result<Served, CertificateError> {
    let made = |error: MakeError| {
        tracing::error!(%error, "no certificate");
        CertificateError::Make
    };
    let kept = read_own(home, AUTHORITY)?;
    let damaged = || CertificateError::Damaged(home.file(AUTHORITY));
    let kept = kept.map(|pem| Authority::read(&pem).ok_or_else(damaged)).transpose()?;
    let authority = match kept.filter(|it| it.serves(names, now)) {
        Some(authority) => authority,
        None => {
            let pem = Authority::make(names, now).map_err(made)?;
            home.write(AUTHORITY, pem.as_bytes())?;
            tracing::warn!("a new authority vouches for the office's pages: each computer is to be told to trust it");
            Authority::read(pem.as_bytes()).ok_or_else(damaged)?
        }
    };
    let kept = read_own(home, OFFICE)?.and_then(|pem| pair(&pem));
    if let Some((pair, facts)) = kept.filter(|(pair, facts)| is_good(pair, facts, &authority, names, now)) {
        return Ok(Served::new(pair, facts, Some((authority.certificate, authority.facts))));
    }
    let pem = authority.issue(names, now).map_err(made)?;
    home.write(OFFICE, pem.as_bytes())?;
    let (pair, facts) = pair(pem.as_bytes()).ok_or(CertificateError::Make)?;
    Ok(Served::new(pair, facts, Some((authority.certificate, authority.facts))))
}

fn read_own(home: &Home, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, CertificateError> {
    match given::read(&home.file(name)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(CertificateError::Read { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(CertificateError::Read { path, source }) => Err(HomeError::Io { path, source }.into()),
        Err(CertificateError::NoCertificate(path)) => Err(CertificateError::Damaged(path)),
        Err(error) => Err(error),
    }
}

pub(super) fn pair(pem: &[u8]) -> Option<(CertifiedKey, Facts)> {
    let certificate = CertificateDer::from_pem_slice(pem).ok()?;
    let key = PrivateKeyDer::from_pem_slice(pem).ok()?;
    let facts = Facts::of(&certificate)?;
    Some((CertifiedKey::from_der(vec![certificate], key, &provider()).ok()?, facts))
}

/// Whether it may go on being served: a browser takes it now and in thirty days, for just these names, and it is for no
/// longer than it may be.
fn is_good(pair: &CertifiedKey, facts: &Facts, authority: &Authority, names: &[OfficeName], now: i64) -> bool {
    let now = believed(now);
    let wanted: BTreeSet<String> = names.iter().map(ToString::to_string).collect();
    // An authority that ends sooner is made anew by then, and this with it.
    let then = (now + RENEWED_DAYS * DAY).min(authority.facts.until - DAY);
    facts.names.iter().cloned().collect::<BTreeSet<_>>() == wanted
        && facts.until <= now + OFFICE_DAYS * DAY
        && is_taken(pair, &authority.certificate, names, now)
        && is_taken(pair, &authority.certificate, names, then)
}

/// Whether a browser that trusts this authority takes this certificate for all these names at this time.
pub(super) fn is_taken(pair: &CertifiedKey, authority: &CertificateDer<'_>, names: &[OfficeName], at: i64) -> bool {
    let mut roots = RootCertStore::empty();
    let at = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(at).unwrap_or(0)));
    let verifier = roots
        .add(authority.clone().into_owned())
        .ok()
        .and_then(|()| WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider()).build().ok());
    let (Some(verifier), Ok(certificate)) = (verifier, pair.end_entity_cert()) else { return false };
    names.iter().all(|name| {
        name.server_name().is_some_and(|name| verifier.verify_server_cert(certificate, &[], &name, &[], at).is_ok())
    })
}
