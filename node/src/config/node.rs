// SPDX-License-Identifier: EUPL-1.2
//! `node.toml`: where the box listens.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::office::{OfficeFile, OfficeSettings};
use super::{ConfigError, parse, relays, text_of, wrong};
use crate::lang::either;
use crate::link::Relays;

/// How soon a session may lock, in minutes.
const LOCK_AFTER_MIN: std::ops::RangeInclusive<u8> = 1..=60;

/// How soon the public screen may ask, in seconds.
const CITIZEN_IDLE_SEC: std::ops::RangeInclusive<u16> = 10..=1800;

/// The node's settings. Every field has a default that works on one machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NodeFile {
    /// Multiaddresses on which other members' nodes are heard.
    pub mesh_listen: Vec<String>,
    /// UDP address for calls.
    pub call_listen: SocketAddr,
    /// Relays by way of which calls pass that cannot pass directly; every box of the territory names the same ones.
    pub relays: Vec<String>,
    /// The certificates that are believed of these relays, PEM, in the place of the public authorities; a path in the box's
    /// folder, or from the root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relay_certificates: Option<PathBuf>,
    /// Address of the pages; loopback only.
    pub portal_listen: SocketAddr,
    /// Minutes without a person's hand after which a page of those who work here asks for the password again.
    pub lock_after_min: u8,
    /// Seconds without a hand after which the public screen asks whether somebody is there, and clears itself if not.
    pub citizen_idle_sec: u16,
    /// The booth's printer: a queue of CUPS, as `lpstat -p` lists them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub printer: Option<String>,
    /// The booth's scanner: a device of SANE, as `scanimage -L` lists them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scanner: Option<String>,
    /// Whether this box pays for what passes its line: it keeps one neighbour then, beside those of the local network.
    pub metered: bool,
    /// Whether to look for members on the local network.
    pub local_discovery: bool,
    /// Time zone of the people, such as `Europe/Paris`.
    pub timezone: String,
    /// The pages on the office network, where they open there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub portal: Option<OfficeFile>,
}

/// A name that a program takes for no option.
fn is_device(name: &str) -> bool {
    (1..=200).contains(&name.len()) && !name.starts_with('-') && !name.chars().any(char::is_control)
}

impl Default for NodeFile {
    fn default() -> Self {
        let loopback = |port| SocketAddr::from(([127, 0, 0, 1], port));
        Self {
            mesh_listen: vec!["/ip4/0.0.0.0/udp/4646/quic-v1".to_owned(), "/ip4/0.0.0.0/tcp/4646".to_owned()],
            call_listen: SocketAddr::from(([0, 0, 0, 0], 4647)),
            relays: Vec::new(),
            relay_certificates: None,
            portal_listen: loopback(4648),
            lock_after_min: 5,
            citizen_idle_sec: 90,
            printer: None,
            scanner: None,
            metered: false,
            local_discovery: true,
            timezone: "Europe/Paris".to_owned(),
            portal: None,
        }
    }
}

impl NodeFile {
    /// Reads and checks the file.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        Self::parse(path, &text_of(path)?)
    }

    /// Reads and checks the file's text; `path` is for messages.
    ///
    /// # Errors
    /// [`ConfigError`] with line, field and remedy.
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let file: Self = parse(path, text)?;
        file.check(path).map_err(|error| error.found_in(text))?;
        Ok(file)
    }

    /// Where the pages open on the office network, if they do.
    ///
    /// # Errors
    /// [`ConfigError`] with field and remedy.
    pub fn office(&self, path: &Path) -> Result<Option<OfficeSettings>, ConfigError> {
        self.portal.as_ref().map(|it| it.settings(path, self.portal_listen)).transpose()
    }

    /// The relays, and whose certificates are believed of them: reads the file of certificates.
    ///
    /// # Errors
    /// [`ConfigError`] with field and remedy.
    pub fn relays(&self, path: &Path) -> Result<Relays, ConfigError> {
        relays::read(self, path)
    }

    fn check(&self, path: &Path) -> Result<(), ConfigError> {
        let file = self;
        if !file.portal_listen.ip().is_loopback() {
            return Err(wrong(
                path,
                "portal_listen",
                file.portal_listen,
                either(
                    "les pages sans chiffrement ne s'ouvrent que sur cette machine : écrivez 127.0.0.1:4648 ; pour le bureau, \
                     écrivez listen sous [portal]",
                    "pages without encryption open on this machine only: write 127.0.0.1:4648; for the office, write \
                     listen under [portal]",
                ),
            ));
        }
        if !LOCK_AFTER_MIN.contains(&file.lock_after_min) {
            return Err(wrong(
                path,
                "lock_after_min",
                file.lock_after_min,
                either("écrivez un nombre de minutes, de 1 à 60", "write a number of minutes, from 1 to 60"),
            ));
        }
        if !CITIZEN_IDLE_SEC.contains(&file.citizen_idle_sec) {
            return Err(wrong(
                path,
                "citizen_idle_sec",
                file.citizen_idle_sec,
                either("écrivez un nombre de secondes, de 10 à 1800", "write a number of seconds, from 10 to 1800"),
            ));
        }
        for (field, device) in [("printer", &file.printer), ("scanner", &file.scanner)] {
            if let Some(device) = device.as_ref().filter(|it| !is_device(it)) {
                let remedy = either(
                    "écrivez un nom comme « lpstat -p » ou « scanimage -L » les donnent, ou enlevez la ligne",
                    "write a name as “lpstat -p” or “scanimage -L” give them, or take the line away",
                );
                return Err(wrong(path, field, device, remedy));
            }
        }
        for address in &file.mesh_listen {
            address.parse::<libp2p::Multiaddr>().map_err(|_| {
                let remedy = either(
                    "ce n'est pas une adresse : écrivez par exemple /ip4/0.0.0.0/udp/4646/quic-v1",
                    "this is not an address: write for instance /ip4/0.0.0.0/udp/4646/quic-v1",
                );
                wrong(path, "mesh_listen", address, format!("« {address} » : {remedy}"))
            })?;
        }
        relays::check(file, path)?;
        file.office(path).map(drop)
    }
}
