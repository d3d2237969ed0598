// SPDX-License-Identifier: EUPL-1.2
//! What a certificate says: for whom, from when, until when.
//!
//! Reads files of the box's owner and what was made here, never what came from another machine.

use std::net::IpAddr;

use rustls::pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer as _;

/// What it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Facts {
    /// The subject's common name; empty where it has none.
    pub(super) subject: String,
    /// The names and addresses that it is for.
    pub(super) names: Vec<String>,
    /// Those that an authority may vouch for, if it is limited.
    pub(super) permitted: Vec<String>,
    /// Seconds since 1970 UTC.
    pub(super) from: i64,
    /// Seconds since 1970 UTC.
    pub(super) until: i64,
    /// DER, as in the certificate.
    pub(super) public_key: Vec<u8>,
}

impl Facts {
    /// `None` when it is no certificate.
    pub(super) fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (_, it) = X509Certificate::from_der(certificate).ok()?;
        let subject = it.subject().iter_common_name().next().and_then(|name| name.as_str().ok()).unwrap_or_default();
        let names = it.subject_alternative_name().ok()?;
        let names = names.map(|it| it.value.general_names.iter().filter_map(name).collect()).unwrap_or_default();
        let constraints = it.name_constraints().ok()?;
        let permitted = constraints.and_then(|it| it.value.permitted_subtrees.as_ref());
        let permitted = permitted.map(|trees| trees.iter().filter_map(|it| name(&it.base)).collect());
        let validity = it.validity();
        Some(Self {
            subject: subject.to_owned(),
            names,
            permitted: permitted.unwrap_or_default(),
            from: validity.not_before.timestamp(),
            until: validity.not_after.timestamp(),
            public_key: it.public_key().raw.to_vec(),
        })
    }
}

/// A name or one address; an address with the mask of a single one reads as that one.
fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => address(bytes).map(|ip| ip.to_string()),
        _ => None,
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let (ip, mask) = match bytes.len() {
        4 | 16 => (bytes, None),
        8 => (&bytes[..4], Some(&bytes[4..])),
        32 => (&bytes[..16], Some(&bytes[16..])),
        _ => return None,
    };
    let is_one = mask.is_none_or(|mask| mask.iter().all(|byte| *byte == 0xff));
    let ip = <[u8; 4]>::try_from(ip).map(IpAddr::from).or_else(|_| <[u8; 16]>::try_from(ip).map(IpAddr::from)).ok()?;
    is_one.then_some(ip)
}
