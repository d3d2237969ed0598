// SPDX-License-Identifier: EUPL-1.2
//! The box's own authority, and the certificate that it gives to the box's pages.
//!
//! Pure: names and time come in, PEM goes out. Invariants: the authority vouches for servers under this box's names and
//! for nothing else; no certificate outlasts it, or is valid for more than [`OFFICE_DAYS`].

use core::time::Duration;
use std::net::IpAddr;

use data_encoding::HEXLOWER;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CidrSubnet, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, PublicKeyData as _, date_time_ymd,
};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::facts::Facts;
use crate::config::OfficeName;

/// Nothing was made before this first year of the program: a clock that says less is wrong. 2026-01-01.
pub(super) const FIRST_DAY: i64 = 1_767_225_600;
pub(super) const DAY: i64 = 86_400;
/// How long an authority is trusted from the day on which it was made.
const AUTHORITY_DAYS: i64 = 3652;
/// The longest that browsers may be asked to take, with a day to spare.
pub(super) const OFFICE_DAYS: i64 = 397;
/// Left when another is made.
pub(super) const RENEWED_DAYS: i64 = 30;

/// Why there is none. Nothing of it depends on what people wrote.
#[derive(Debug, thiserror::Error)]
#[error("no certificate could be made: {0}")]
pub(super) struct MakeError(#[from] rcgen::Error);

/// An authority and its key.
pub(super) struct Authority {
    pub(super) certificate: CertificateDer<'static>,
    pub(super) facts: Facts,
    key: KeyPair,
}

/// The time to reckon from: never before the program's own first day.
pub(super) fn believed(now: i64) -> i64 {
    now.max(FIRST_DAY)
}

impl Authority {
    /// A new one for these names: PEM, with its key in the same file, so that no power cut parts them.
    pub(super) fn make(names: &[OfficeName], now: i64) -> Result<Zeroizing<String>, MakeError> {
        let key = KeyPair::generate()?;
        let mark = HEXLOWER.encode(&Sha256::digest(key.subject_public_key_info())[..4]);
        // A common name has 64 characters at most.
        let first: String = names.first().map_or_else(String::new, ToString::to_string).chars().take(40).collect();
        let mut params = issuing(&format!("Hameau {first} {mark}"));
        lasts(&mut params, FIRST_DAY, believed(now) + AUTHORITY_DAYS * DAY);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.name_constraints = Some(constraints(names));
        Ok(pair(&params.self_signed(&key)?, &key))
    }

    /// One that was kept; `None` when it is not one.
    pub(super) fn read(pem: &[u8]) -> Option<Self> {
        let certificate = CertificateDer::from_pem_slice(pem).ok()?;
        let key = KeyPair::try_from(&PrivateKeyDer::from_pem_slice(pem).ok()?).ok()?;
        let facts = Facts::of(&certificate)?;
        (facts.public_key == key.subject_public_key_info()).then_some(Self { certificate, facts, key })
    }

    /// Whether it may vouch for these names, and for long enough to begin with.
    pub(super) fn serves(&self, names: &[OfficeName], now: i64) -> bool {
        let until = believed(now) + RENEWED_DAYS * DAY;
        self.facts.until >= until && names.iter().all(|name| self.facts.permitted.contains(&name.to_string()))
    }

    /// A certificate for these names: PEM, with its key.
    pub(super) fn issue(&self, names: &[OfficeName], now: i64) -> Result<Zeroizing<String>, MakeError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>())?;
        params.distinguished_name = named("Hameau");
        let from = believed(now) - DAY;
        lasts(&mut params, from, (from + OFFICE_DAYS * DAY).min(self.facts.until));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let issuer = Issuer::new(issuing(&self.facts.subject), &self.key);
        Ok(pair(&params.signed_by(&key, &issuer)?, &key))
    }
}

/// What an issuer puts of itself into what it signs.
fn issuing(subject: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = named(subject);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

fn named(subject: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, subject);
    name
}

fn lasts(params: &mut CertificateParams, from: i64, until: i64) {
    let date = |seconds: i64| date_time_ymd(1970, 1, 1) + Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
    (params.not_before, params.not_after) = (date(from), date(until));
}

fn pair(certificate: &Certificate, key: &KeyPair) -> Zeroizing<String> {
    let key = Zeroizing::new(key.serialize_pem());
    Zeroizing::new(format!("{}{}", certificate.pem(), key.as_str()))
}

/// These names and nothing else. A kind of name of which none is permitted is excluded whole, in the form that the
/// CA/Browser Forum asks for (Baseline Requirements, 7.1.2.5.2): else every name of that kind would be allowed.
fn constraints(names: &[OfficeName]) -> NameConstraints {
    let tree = |name: &OfficeName| match name {
        OfficeName::Dns(name) => GeneralSubtree::DnsName(name.clone()),
        OfficeName::Ip(ip) => {
            GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(*ip, if ip.is_ipv4() { 32 } else { 128 }))
        }
    };
    let none = |is: fn(&OfficeName) -> bool| !names.iter().any(is);
    let mut excluded = Vec::new();
    if none(|it| matches!(it, OfficeName::Dns(_))) {
        excluded.push(GeneralSubtree::DnsName(String::new()));
    }
    if none(|it| matches!(it, OfficeName::Ip(IpAddr::V4(_)))) {
        excluded.push(GeneralSubtree::IpAddress(CidrSubnet::V4([0; 4], [0; 4])));
    }
    if none(|it| matches!(it, OfficeName::Ip(IpAddr::V6(_)))) {
        excluded.push(GeneralSubtree::IpAddress(CidrSubnet::V6([0; 16], [0; 16])));
    }
    NameConstraints { permitted_subtrees: names.iter().map(tree).collect(), excluded_subtrees: excluded }
}
