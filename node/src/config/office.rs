// SPDX-License-Identifier: EUPL-1.2
//! `[portal]` in `node.toml`: under which names, and on which address, the pages open on the office network.
//!
//! Invariant: what is accepted here can be put into a certificate and typed into a browser as it stands.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use rustls::pki_types::{DnsName, ServerName};
use serde::{Deserialize, Serialize};

use super::{ConfigError, wrong};
use crate::lang::either;

/// Names at once. Each stands in the certificate and in the authority's constraints.
const NAMES_MAX: usize = 16;
/// What browsers leave out of an address.
const HTTPS_PORT: u16 = 443;

/// The table, as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OfficeFile {
    /// Address and port on the office network.
    pub listen: String,
    /// Names and addresses that people type; that of `listen` is added.
    pub names: Vec<String>,
    /// The administration's certificate, PEM, the server's first; a path in the box's folder, or from the root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<PathBuf>,
    /// Its key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<PathBuf>,
}

/// What it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficeSettings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// What people may type; the first is the one that they are told.
    pub names: Vec<OfficeName>,
    /// The administration's files, where it gives some.
    pub given: Option<GivenFiles>,
}

/// A certificate that comes from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenFiles {
    /// PEM, the server's first.
    pub certificate: PathBuf,
    /// PEM.
    pub key: PathBuf,
}

/// A name that people type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum OfficeName {
    /// Of the office's name service, in small letters.
    Dns(String),
    /// An address.
    Ip(IpAddr),
}

impl fmt::Display for OfficeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => f.write_str(name),
            Self::Ip(ip) => ip.fmt(f),
        }
    }
}

impl OfficeName {
    /// As it stands in an address and in a `Host` header.
    fn in_address(&self) -> String {
        match self {
            Self::Ip(IpAddr::V6(ip)) => format!("[{ip}]"),
            other => other.to_string(),
        }
    }

    /// As a certificate is checked for it.
    #[must_use]
    pub fn server_name(&self) -> Option<ServerName<'static>> {
        match self {
            Self::Dns(name) => ServerName::try_from(name.clone()).ok(),
            Self::Ip(ip) => Some(ServerName::from(*ip)),
        }
    }
}

impl OfficeSettings {
    /// What people type: `https://`, the first name, the port, a slash.
    #[must_use]
    pub fn address(&self) -> String {
        self.names.first().map_or_else(String::new, |name| self.address_of(name))
    }

    /// The same with one of the other names.
    #[must_use]
    pub fn address_of(&self, name: &OfficeName) -> String {
        format!("https://{}/", self.host(name))
    }

    /// The `Host` headers that browsers send for these names.
    #[must_use]
    pub fn hosts(&self) -> Vec<String> {
        self.names.iter().map(|name| self.host(name)).collect()
    }

    fn host(&self, name: &OfficeName) -> String {
        let port = self.listen.port();
        if port == HTTPS_PORT { name.in_address() } else { format!("{}:{port}", name.in_address()) }
    }
}

impl OfficeFile {
    /// Checks the table; `loopback` is where the pages are on this machine.
    pub(super) fn settings(&self, path: &Path, loopback: SocketAddr) -> Result<OfficeSettings, ConfigError> {
        let listen = self.address(path, loopback)?;
        let mut names = Vec::new();
        for written in &self.names {
            let name = name(written).map_err(|remedy| wrong(path, "[portal] names", written, remedy))?;
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let given = self.given(path)?;
        let own = OfficeName::Ip(listen.ip().to_canonical());
        if !listen.ip().is_unspecified() && !names.contains(&own) {
            names.push(own);
        }
        if names.is_empty() {
            let remedy = either(
                "il manque ce que les gens tapent dans leur navigateur : écrivez par exemple names = [\"caisse.lan\"]",
                "what people type into their browser is missing: write for instance names = [\"caisse.lan\"]",
            );
            return Err(wrong(path, "[portal] names", "", remedy));
        }
        if names.len() > NAMES_MAX {
            let remedy = either("seize noms au plus : enlevez-en", "sixteen names at most: remove some");
            return Err(wrong(path, "[portal] names", "", remedy));
        }
        Ok(OfficeSettings { listen, names, given })
    }

    fn address(&self, path: &Path, loopback: SocketAddr) -> Result<SocketAddr, ConfigError> {
        let refused = |remedy: &str| Err(wrong(path, "[portal] listen", &self.listen, remedy));
        let Ok(listen) = self.listen.parse::<SocketAddr>() else {
            return refused(either(
                "écrivez l'adresse de cette boîte sur le réseau du bureau et un port, par exemple \"192.168.1.10:4649\"",
                "write this node's address on the office network and a port, for instance \"192.168.1.10:4649\"",
            ));
        };
        if listen.port() == 0 {
            return refused(either(
                "il faut un port, que les gens taperont : écrivez par exemple \"192.168.1.10:4649\"",
                "it needs a port, which people will type: write for instance \"192.168.1.10:4649\"",
            ));
        }
        if listen.ip().to_canonical().is_loopback() {
            return refused(either(
                "cette adresse est celle de la machine elle-même, où portal_listen suffit : écrivez celle du réseau du \
                 bureau, ou enlevez [portal]",
                "this is the machine's own address, where portal_listen suffices: write that of the office network, or \
                 remove [portal]",
            ));
        }
        if !listen.ip().is_unspecified() && !is_of_one_machine(listen.ip()) {
            return refused(either(
                "ce n'est pas l'adresse d'une machine : écrivez celle de cette boîte, par exemple \"192.168.1.10:4649\"",
                "this is not the address of a machine: write that of this node, for instance \"192.168.1.10:4649\"",
            ));
        }
        if listen.ip().is_unspecified() && listen.port() == loopback.port() {
            return refused(either(
                "portal_listen a déjà ce port : écrivez-en un autre, par exemple 4649",
                "portal_listen has this port already: write another, for instance 4649",
            ));
        }
        Ok(listen)
    }

    fn given(&self, path: &Path) -> Result<Option<GivenFiles>, ConfigError> {
        match (&self.certificate, &self.key) {
            (None, None) => Ok(None),
            (Some(certificate), Some(key)) if !self.names.is_empty() => {
                Ok(Some(GivenFiles { certificate: certificate.clone(), key: key.clone() }))
            }
            (Some(_), Some(_)) => {
                let remedy = either(
                    "écrivez le nom que porte le certificat, par exemple names = [\"caisse.exemple.fr\"]",
                    "write the name that the certificate holds, for instance names = [\"caisse.exemple.fr\"]",
                );
                Err(wrong(path, "[portal] names", "", remedy))
            }
            (Some(_), None) => {
                let remedy = either(
                    "il manque la clé de ce certificat : écrivez key = \"…\", ou enlevez certificate",
                    "the key of this certificate is missing: write key = \"…\", or remove certificate",
                );
                Err(wrong(path, "[portal] key", "", remedy))
            }
            (None, Some(_)) => {
                let remedy = either(
                    "il manque le certificat de cette clé : écrivez certificate = \"…\", ou enlevez key",
                    "the certificate of this key is missing: write certificate = \"…\", or remove key",
                );
                Err(wrong(path, "[portal] certificate", "", remedy))
            }
        }
    }
}

/// An address that one machine has, and that another can type.
fn is_of_one_machine(ip: IpAddr) -> bool {
    let ip = ip.to_canonical();
    let is_link_local = matches!(ip, IpAddr::V6(ip) if ip.is_unicast_link_local());
    let is_broadcast = matches!(ip, IpAddr::V4(ip) if ip.is_broadcast());
    !ip.is_unspecified() && !ip.is_loopback() && !ip.is_multicast() && !is_link_local && !is_broadcast
}

/// A name as it was written, or what to write instead.
fn name(written: &str) -> Result<OfficeName, String> {
    let no = || {
        either(
            format!(
                "« {written} » n'est pas un nom : écrivez-le sans https:// ni port, par exemple caisse.lan ou 192.168.1.10"
            ),
            format!(
                "“{written}” is not a name: write it without https:// or port, for instance caisse.lan or 192.168.1.10"
            ),
        )
    };
    if let Ok(ip) = written.parse::<IpAddr>() {
        return if is_of_one_machine(ip) { Ok(OfficeName::Ip(ip.to_canonical())) } else { Err(no()) };
    }
    let lower = written.to_ascii_lowercase();
    let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let last = lower.rsplit('.').next().unwrap_or_default();
    let is_number = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
    let is_own = lower == "localhost" || lower.ends_with(".localhost");
    let fits = lower.chars().all(is_letter) && !lower.ends_with('.') && !is_number && !is_own;
    if fits && DnsName::try_from(lower.as_str()).is_ok() { Ok(OfficeName::Dns(lower)) } else { Err(no()) }
}

#[cfg(test)]
mod tests {
    use crate::config::NodeFile;

    use super::*;

    fn read(table: &str) -> Result<Option<OfficeSettings>, String> {
        let text = format!("lock_after_min = 5\n\n[portal]\n{table}");
        let file = NodeFile::parse(Path::new("node.toml"), &text).map_err(|error| error.to_string())?;
        file.office(Path::new("node.toml")).map_err(|error| error.to_string())
    }

    #[test]
    fn what_people_type_is_told() {
        // Goal: the first name is the one in the address; the address of `listen` is a name; the port is left out where
        // browsers leave it out.
        for (table, address, hosts) in [
            ("listen = \"192.168.1.10:4649\"", "https://192.168.1.10:4649/", vec!["192.168.1.10:4649"]),
            (
                "listen = \"192.168.1.10:4649\"\nnames = [\"Caisse.lan\", \"192.168.1.10\", \"caisse.lan\"]",
                "https://caisse.lan:4649/",
                vec!["caisse.lan:4649", "192.168.1.10:4649"],
            ),
            ("listen = \"0.0.0.0:443\"\nnames = [\"caisse\"]", "https://caisse/", vec!["caisse"]),
            ("listen = \"[fd00::5]:4649\"", "https://[fd00::5]:4649/", vec!["[fd00::5]:4649"]),
        ] {
            let settings = read(table).expect(table).expect("a table");
            assert_eq!(
                (settings.address().as_str(), settings.hosts()),
                (address, hosts.iter().map(|it| (*it).to_owned()).collect())
            );
            assert!(settings.names.iter().all(|it| it.server_name().is_some()));
        }
        let none = NodeFile::parse(Path::new("node.toml"), "").expect("defaults");
        assert_eq!(none.office(Path::new("node.toml")).expect("defaults"), None);
        let text = toml::to_string(&none).expect("text");
        assert_eq!(NodeFile::parse(Path::new("node.toml"), &text).expect("its own words"), none);
    }

    #[test]
    fn a_wrong_value_says_what_to_write() {
        // Goal: file, field and remedy of each, and the line where there is a value.
        let listen = |it: &str| format!("listen = \"{it}\"");
        let names = |it: &str| format!("listen = \"0.0.0.0:4649\"\nnames = [{it}]");
        for (table, field, remedy) in [
            (String::new(), "[portal] listen", "192.168.1.10:4649"),
            (listen("192.168.1.10"), "ligne 4, [portal] listen", "un port"),
            (listen("ici:4649"), "ligne 4, [portal] listen", "écrivez l'adresse"),
            (listen("192.168.1.10:0"), "ligne 4, [portal] listen", "il faut un port"),
            (listen("127.0.0.1:4649"), "ligne 4, [portal] listen", "portal_listen suffit"),
            (listen("[::1]:4649"), "ligne 4, [portal] listen", "portal_listen suffit"),
            (listen("224.0.0.1:4649"), "ligne 4, [portal] listen", "adresse d'une machine"),
            (listen("[fe80::1]:4649"), "ligne 4, [portal] listen", "adresse d'une machine"),
            (listen("0.0.0.0:4649"), "[portal] names", "caisse.lan"),
            (listen("0.0.0.0:4648"), "ligne 4, [portal] listen", "portal_listen a déjà ce port"),
            (names("\"https://caisse.lan\""), "ligne 5, [portal] names", "sans https://"),
            (names("\"caisse.lan:4649\""), "ligne 5, [portal] names", "ni port"),
            (names("\"caisse lan\""), "ligne 5, [portal] names", "« caisse lan »"),
            (names("\"*.caisse.lan\""), "ligne 5, [portal] names", "n'est pas un nom"),
            (names("\"localhost\""), "ligne 5, [portal] names", "n'est pas un nom"),
            (names("\"127.0.0.1\""), "ligne 5, [portal] names", "n'est pas un nom"),
            (names("\"1.2.3\""), "ligne 5, [portal] names", "n'est pas un nom"),
            (names("\"caisse.lan.\""), "ligne 5, [portal] names", "n'est pas un nom"),
            (names(&(0..17).map(|n| format!("\"n{n}\"")).collect::<Vec<_>>().join(", ")), "[portal] names", "seize"),
            (format!("{}\ncertificate = \"a.pem\"", names("\"a\"")), "[portal] key", "écrivez key"),
            (format!("{}\nkey = \"a.pem\"", names("\"a\"")), "[portal] certificate", "écrivez certificate"),
            (
                format!("{}\ncertificate = \"a.pem\"\nkey = \"a.key\"", listen("192.168.1.10:4649")),
                "[portal] names",
                "le nom que porte le certificat",
            ),
            ("port = 5".to_owned(), "ligne 4, [portal] port", "listen, names, certificate, key"),
        ] {
            let said = read(&table).expect_err(&table);
            assert!(said.contains(field) && said.contains(remedy), "{table}: {said}");
        }
    }
}
