// SPDX-License-Identifier: EUPL-1.2
//! The administration's own certificate: two PEM files, checked whole before anything is served with them.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use rustls::client::verify_server_name;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use zeroize::Zeroizing;

use super::facts::Facts;
use super::{CertificateError, Served, provider};
use crate::config::OfficeName;

/// A chain of certificates is shorter.
const FILE_BYTES_MAX: u64 = 256 * 1024;

/// One of the two files, read.
pub(super) fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, CertificateError> {
    let unread = |source| CertificateError::Read { path: path.to_owned(), source };
    // A pipe would be waited for.
    if !std::fs::metadata(path).map_err(unread)?.is_file() {
        return Err(CertificateError::NoCertificate(path.to_owned()));
    }
    let mut bytes = Zeroizing::new(Vec::new());
    File::open(path).and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)).map_err(unread)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(CertificateError::NoCertificate(path.to_owned()));
    }
    Ok(bytes)
}

/// What is served with these two, by this time and under these names.
pub(super) fn check(
    (certificate, key): (&Path, &Path),
    (chain, secret): (&[u8], &[u8]),
    names: &[OfficeName],
    now: i64,
) -> Result<Served, CertificateError> {
    let none = || CertificateError::NoCertificate(certificate.to_owned());
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(chain).collect::<Result<_, _>>().map_err(|_| none())?;
    let facts = chain.first().and_then(Facts::of).ok_or_else(none)?;
    let secret = PrivateKeyDer::from_pem_slice(secret).map_err(|_| CertificateError::NoKey(key.to_owned()))?;
    let pair = CertifiedKey::from_der(chain, secret, &provider()).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => CertificateError::Apart(key.to_owned()),
        _ => CertificateError::NoKey(key.to_owned()),
    })?;
    if now >= facts.until {
        return Err(CertificateError::Over(certificate.to_owned()));
    }
    if now < facts.from {
        return Err(CertificateError::TooSoon(certificate.to_owned()));
    }
    let parsed = pair.end_entity_cert().ok().and_then(|it| ParsedCertificate::try_from(it).ok()).ok_or_else(none)?;
    let is_for = |name: &&OfficeName| name.server_name().is_some_and(|name| verify_server_name(&parsed, &name).is_ok());
    // The address of `listen` stands among the names without having been written: few certificates hold one.
    let missing = names.iter().find(|name| matches!(name, OfficeName::Dns(_)) && !is_for(name));
    if let Some(name) = missing {
        return Err(CertificateError::Name(certificate.to_owned(), name.to_string()));
    }
    Ok(Served::new(pair, facts, None))
}
