// SPDX-License-Identifier: EUPL-1.2
//! `relays` and `relay_certificates` in `node.toml`: by way of whom calls pass that cannot pass directly.

use std::path::{Path, PathBuf};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{Error as PemError, PemObject as _};

use super::{ConfigError, NodeFile, wrong};
use crate::lang::{either, system_words};
use crate::link::{RelayAddress, Relays};

/// Relays at once. Each is asked how near it is every few minutes.
const RELAYS_MAX: usize = 4;

/// Checks what is written, without the file of certificates.
pub(super) fn check(file: &NodeFile, path: &Path) -> Result<Vec<RelayAddress>, ConfigError> {
    if file.relays.len() > RELAYS_MAX {
        let remedy = either("quatre relais au plus : enlevez-en", "four relays at most: remove some");
        return Err(wrong(path, "relays", "", remedy));
    }
    if file.relays.is_empty() && file.relay_certificates.is_some() {
        let remedy = either(
            "il n'y a pas de relais : écrivez relays = [\"https://relais.exemple.fr\"], ou enlevez relay_certificates",
            "there is no relay: write relays = [\"https://relais.exemple.fr\"], or remove relay_certificates",
        );
        return Err(wrong(path, "relays", "", remedy));
    }
    file.relays.iter().map(|written| address(path, written)).collect()
}

fn address(path: &Path, written: &str) -> Result<RelayAddress, ConfigError> {
    let remedy = either(
        "ce n'est pas l'adresse d'un relais : écrivez par exemple https://relais.exemple.fr",
        "this is not the address of a relay: write for instance https://relais.exemple.fr",
    );
    written.parse().map_err(|_| wrong(path, "relays", written, format!("« {written} » : {remedy}")))
}

/// The relays, with the certificates that are believed of them; `path` is that of `node.toml`, from whose folder the file
/// of certificates is looked for.
pub(super) fn read(file: &NodeFile, path: &Path) -> Result<Relays, ConfigError> {
    let addresses = check(file, path)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let roots = file.relay_certificates.as_ref().map(|it| certificates(path, &folder.join(it))).transpose()?;
    Ok(Relays { addresses, roots })
}

fn certificates(path: &Path, file: &PathBuf) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let refused = |why: String| wrong(path, "relay_certificates", file.display(), why);
    let form = || {
        either(
            format!("« {} » ne contient pas de certificat en PEM : demandez-le à qui tient le relais", file.display()),
            format!("“{}” holds no certificate as PEM: ask whoever runs the relay for it", file.display()),
        )
    };
    let read: Result<Vec<_>, _> = CertificateDer::pem_file_iter(file).and_then(Iterator::collect);
    match read {
        Ok(roots) if !roots.is_empty() => Ok(roots),
        Err(PemError::Io(error)) => Err(refused(either(
            format!("« {} » ne se lit pas : {}", file.display(), system_words(&error)),
            format!("“{}” cannot be read: {}", file.display(), system_words(&error)),
        ))),
        Ok(_) | Err(_) => Err(refused(form())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<NodeFile, String> {
        NodeFile::parse(Path::new("node.toml"), text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_wrong_value_says_what_to_write() {
        // Goal: line, field and remedy; none is the default.
        assert_eq!(parse("").expect("defaults").relays, Vec::<String>::new());
        let one = "relays = [\"https://relais.exemple.fr\"]\n";
        for (text, expected) in [
            (one.to_owned(), None),
            (format!("{one}relay_certificates = \"relais.pem\""), None),
            ("relay_certificates = \"relais.pem\"".to_owned(), Some("il n'y a pas de relais")),
            (
                "\nrelays = [\"http://relais.exemple.fr\"]".to_owned(),
                Some("ligne 2, relays : « http://relais.exemple.fr »"),
            ),
            (format!("relays = [{}]", "\"https://a\",".repeat(5)), Some("quatre relais au plus")),
        ] {
            let said = parse(&text).err();
            match expected {
                None => assert_eq!(said, None, "{text}"),
                Some(words) => assert!(said.as_ref().is_some_and(|it| it.contains(words)), "{text}: {said:?}"),
            }
        }
    }

    #[test]
    fn certificates_come_from_the_box_s_folder() {
        // Goal: a file beside node.toml is found by its name; one that holds none is told.
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("node.toml");
        let file =
            parse("relays = [\"https://relais.exemple.fr\"]\nrelay_certificates = \"relais.pem\"").expect("settings");
        let said = || file.relays(&path).map_err(|error| error.to_string());
        assert!(said().is_err_and(|it| it.contains("il n'existe pas")));
        std::fs::write(folder.path().join("relais.pem"), "rien").expect("written");
        assert!(said().is_err_and(|it| it.contains("ne contient pas de certificat")));
        let made = rcgen::generate_simple_self_signed(["relais.exemple.fr".to_owned()]).expect("a certificate");
        std::fs::write(folder.path().join("relais.pem"), made.cert.pem()).expect("written");
        assert_eq!(said().expect("read").roots, Some(vec![made.cert.der().clone()]));
    }
}
