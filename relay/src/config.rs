// SPDX-License-Identifier: EUPL-1.2
//! The one file of settings (`relais.toml`). A wrong one is refused whole, with what to write instead.

use std::io;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::certificate::Files;
use crate::lang::{either, system_words};

/// A file of settings is read up to this size, in bytes.
const FILE_BYTES_MAX: u64 = 64 * 1024;
/// What a quota may be, in bytes a second: one call's voice and small picture, and as much as a gigabit line carries.
const BYTES_PER_SECOND: std::ops::RangeInclusive<u32> = 32_000..=125_000_000;
/// What a burst may be, in bytes: a few whole packets at least.
const BURST_BYTES: std::ops::RangeInclusive<u32> = 16_000..=125_000_000;

/// The file, as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RelayFile {
    listen: SocketAddr,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    #[serde(default)]
    plain_http: bool,
    members: PathBuf,
    metrics: Option<SocketAddr>,
    #[serde(default = "bytes_per_second")]
    bytes_per_second: u32,
    #[serde(default = "burst_bytes")]
    burst_bytes: u32,
}

fn bytes_per_second() -> u32 {
    2_000_000
}

fn burst_bytes() -> u32 {
    4_000_000
}

/// What a member's node may send, by connection. Beyond, the relay reads more slowly; nothing is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quota {
    /// All the time.
    pub(crate) bytes_per_second: NonZeroU32,
    /// At once, after a pause.
    pub(crate) burst_bytes: NonZeroU32,
}

/// What the file means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    /// TCP.
    pub(crate) listen: SocketAddr,
    /// `None`: plain HTTP on loopback, for trials.
    pub(crate) tls: Option<Files>,
    /// The list of members.
    pub(crate) members: PathBuf,
    /// Where figures are read on this machine, if anywhere.
    pub(crate) metrics: Option<SocketAddr>,
    /// For each member's node.
    pub(crate) quota: Quota,
}

/// Why a file is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// It cannot be read.
    #[error("{}", either(
        format!("les réglages « {} » ne se lisent pas : {}", .0.display(), system_words(.1)),
        format!("the settings “{}” cannot be read: {}", .0.display(), system_words(.1))))]
    Read(PathBuf, io::Error),
    /// It is too long.
    #[error("{}", either(
        format!("« {} » est trop long pour des réglages : ils tiennent en une page", .0.display()),
        format!("“{}” is too long for settings: they fit on a page", .0.display())))]
    TooLong(PathBuf),
    /// A line that is not as it should be.
    #[error("{}", either(
        format!("« {} », ligne {line} : {remedy}", path.display()), format!("“{}”, line {line}: {remedy}", path.display())))]
    Line {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What to write instead.
        remedy: String,
    },
    /// A value that cannot be.
    #[error("{}", either(
        format!("« {} », {field} : {remedy}", path.display()), format!("“{}”, {field}: {remedy}", path.display())))]
    Value {
        /// The file.
        path: PathBuf,
        /// Which.
        field: &'static str,
        /// What to write instead.
        remedy: &'static str,
    },
}

impl Settings {
    /// Reads and checks the file. Paths in it are from its own folder.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub(crate) fn read(path: &Path) -> Result<Self, ConfigError> {
        let unreadable = |error| ConfigError::Read(path.to_owned(), error);
        if std::fs::metadata(path).map_err(unreadable)?.len() > FILE_BYTES_MAX {
            return Err(ConfigError::TooLong(path.to_owned()));
        }
        Self::parse(path, &std::fs::read_to_string(path).map_err(unreadable)?)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        let file: RelayFile = toml::from_str(text).map_err(|error| objection(path, text, &error))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let wrong = |field, remedy| ConfigError::Value { path: path.to_owned(), field, remedy };
        let quota = quota(&file).ok_or_else(|| {
            wrong(
                "bytes_per_second, burst_bytes",
                either(
                    "écrivez des octets : de 32000 à 125000000 par seconde, de 16000 à 125000000 d'un coup",
                    "write bytes: from 32000 to 125000000 a second, from 16000 to 125000000 at once",
                ),
            )
        })?;
        if file.metrics.is_some_and(|at| !at.ip().is_loopback()) {
            return Err(wrong(
                "metrics",
                either(
                    "les mesures ne se lisent que sur cette machine : écrivez 127.0.0.1:9646",
                    "figures are read on this machine only: write 127.0.0.1:9646",
                ),
            ));
        }
        let tls = tls(&file, folder).map_err(|(field, remedy)| wrong(field, remedy))?;
        Ok(Self { listen: file.listen, tls, members: folder.join(&file.members), metrics: file.metrics, quota })
    }
}

fn quota(file: &RelayFile) -> Option<Quota> {
    if !BYTES_PER_SECOND.contains(&file.bytes_per_second) || !BURST_BYTES.contains(&file.burst_bytes) {
        return None;
    }
    let bytes_per_second = NonZeroU32::new(file.bytes_per_second)?;
    Some(Quota { bytes_per_second, burst_bytes: NonZeroU32::new(file.burst_bytes)? })
}

/// The certificate's files; `None` for plain HTTP where that is asked for, and nobody else can come.
fn tls(file: &RelayFile, folder: &Path) -> Result<Option<Files>, (&'static str, &'static str)> {
    match (&file.certificate, &file.key) {
        (Some(certificate), Some(key)) if !file.plain_http => {
            Ok(Some(Files { certificate: folder.join(certificate), key: folder.join(key) }))
        }
        (None, None) if file.plain_http && file.listen.ip().is_loopback() => Ok(None),
        (None, None) if file.plain_http => Err((
            "listen",
            either(
                "sans chiffrement (plain_http), un relais n'écoute que sur cette machine : écrivez 127.0.0.1:3340, ou un \
                 certificat",
                "without encryption (plain_http) a relay listens on this machine only: write 127.0.0.1:3340, or a \
                 certificate",
            ),
        )),
        _ if file.plain_http => Err((
            "plain_http",
            either(
                "avec un certificat, enlevez plain_http ; pour un essai sans chiffrement, enlevez certificate et key",
                "with a certificate, remove plain_http; for a trial without encryption, remove certificate and key",
            ),
        )),
        _ => Err((
            "certificate, key",
            either(
                "il faut les deux fichiers, en PEM : certificate = \"relais.pem\" et key = \"relais.key\"",
                "both files are needed, as PEM: certificate = \"relais.pem\" and key = \"relais.key\"",
            ),
        )),
    }
}

/// What the reader of TOML objects to, in people's words.
fn objection(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let start = error.span().map_or(0, |span| span.start);
    let line = text.get(..start).unwrap_or_default().matches('\n').count() + 1;
    let remedy = if error.message().starts_with("missing field") {
        either(
            format!("il manque listen = \"0.0.0.0:443\" ou members = \"membres\" ({})", quoted(error.message())),
            format!("listen = \"0.0.0.0:443\" or members = \"membres\" is missing ({})", quoted(error.message())),
        )
    } else {
        let fields = "listen, certificate, key, members, metrics, bytes_per_second, burst_bytes, plain_http";
        either(
            format!(
                "écrivez un de ces champs avec une valeur qui lui convient : {fields}. L'exemple est relay/relais.toml"
            ),
            format!("write one of these fields with a value that suits it: {fields}. The example is relay/relais.toml"),
        )
    };
    ConfigError::Line { path: path.to_owned(), line, remedy }
}

/// The first name that the reader quotes.
fn quoted(message: &str) -> &str {
    message.split('`').nth(1).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Settings, String> {
        Settings::parse(Path::new("/etc/hameau-relay/relais.toml"), text).map_err(|error| error.to_string())
    }

    #[test]
    fn the_example_is_read() {
        // Goal: what people copy works, and paths are from the file's own folder.
        let settings = parse(include_str!("../relais.toml")).expect("the example");
        let files = settings.tls.expect("TLS");
        assert_eq!(files.certificate, Path::new("/etc/hameau-relay/relais.pem"));
        assert_eq!(settings.members, Path::new("/etc/hameau-relay/membres"));
        assert_eq!(settings.listen.port(), 443);
        assert_eq!(settings.quota.bytes_per_second.get(), bytes_per_second());
    }

    #[test]
    fn a_wrong_value_says_what_to_write() {
        // Goal: nothing in clear beyond this machine, and each refusal names line or field.
        let tls = "certificate = \"c\"\nkey = \"k\"\nmembers = \"m\"\n";
        for (text, expected) in [
            (format!("listen = \"0.0.0.0:443\"\n{tls}"), None),
            ("listen = \"127.0.0.1:0\"\nplain_http = true\nmembers = \"m\"".to_owned(), None),
            (
                "listen = \"0.0.0.0:80\"\nplain_http = true\nmembers = \"m\"".to_owned(),
                Some("listen : sans chiffrement"),
            ),
            ("listen = \"0.0.0.0:80\"\nmembers = \"m\"".to_owned(), Some("certificate, key : il faut les deux")),
            (format!("listen = \"0.0.0.0:443\"\nplain_http = true\n{tls}"), Some("plain_http : avec un certificat")),
            (tls.to_owned(), Some("il manque listen")),
            (format!("listen = \"443\"\n{tls}"), Some("ligne 1 : écrivez un de ces champs")),
            (format!("listen = \"0.0.0.0:443\"\n{tls}port = 5"), Some("ligne 5 : écrivez un de ces champs")),
            (format!("listen = \"0.0.0.0:443\"\n{tls}bytes_per_second = 0"), Some("de 32000 à 125000000")),
            (format!("listen = \"0.0.0.0:443\"\n{tls}burst_bytes = 1"), Some("de 16000 à 125000000")),
            (format!("listen = \"0.0.0.0:443\"\n{tls}metrics = \"0.0.0.0:9646\""), Some("metrics : les mesures")),
        ] {
            let said = parse(&text).err();
            match expected {
                None => assert_eq!(said, None, "{text}"),
                Some(words) => assert!(said.as_ref().is_some_and(|it| it.contains(words)), "{text}: {said:?}"),
            }
        }
    }
}
