// SPDX-License-Identifier: EUPL-1.2
//! Why there is no new certificate, in sentences that say what to do.

use std::path::PathBuf;

use crate::home::HomeError;
use crate::lang::{either, system_words};

/// Why there is no new certificate. The text tells the operator what to do.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file of the administration.
    #[error("{}", either(
        format!("« {} » ne se lit pas ({}) : corrigez [portal] dans node.toml, ou les droits du fichier", path.display(), system_words(source)),
        format!("“{}” cannot be read ({}): correct [portal] in node.toml, or the file's permissions", path.display(), system_words(source))))]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// It holds none.
    #[error("{}", either(
        format!("« {} » n'est pas un certificat PEM : il commence par -----BEGIN CERTIFICATE-----. Un fichier .pfx se convertit par « openssl pkcs12 -in FICHIER.pfx -nodes »", .0.display()),
        format!("“{}” is not a PEM certificate: one begins with -----BEGIN CERTIFICATE-----. A .pfx file is converted by “openssl pkcs12 -in FILE.pfx -nodes”", .0.display())))]
    NoCertificate(PathBuf),
    /// It holds none that can be used.
    #[error("{}", either(
        format!("« {} » n'est pas une clé PEM sans mot de passe (RSA, ECDSA ou Ed25519) : elle commence par -----BEGIN PRIVATE KEY-----", .0.display()),
        format!("“{}” is not a PEM key without password (RSA, ECDSA or Ed25519): one begins with -----BEGIN PRIVATE KEY-----", .0.display())))]
    NoKey(PathBuf),
    /// They do not belong together.
    #[error("{}", either(
        format!("« {} » n'est pas la clé de ce certificat : donnez les deux fichiers d'une même demande", .0.display()),
        format!("“{}” is not this certificate's key: give the two files of one request", .0.display())))]
    Apart(PathBuf),
    /// It is over.
    #[error("{}", either(
        format!("le certificat « {} » n'est plus valable : demandez le suivant à votre service informatique", .0.display()),
        format!("the certificate “{}” is not valid any more: ask your IT service for the next", .0.display())))]
    Over(PathBuf),
    /// It has not begun.
    #[error("{}", either(
        format!("le certificat « {} » n'est pas encore valable : vérifiez l'heure de cette machine", .0.display()),
        format!("the certificate “{}” is not valid yet: check this machine's clock", .0.display())))]
    TooSoon(PathBuf),
    /// It is for others.
    #[error("{}", either(
        format!("le certificat « {} » ne vaut pas pour « {} » : demandez-en un qui porte ce nom, ou corrigez names sous [portal]", .0.display(), .1),
        format!("the certificate “{}” is not for “{}”: ask for one with this name, or correct names under [portal]", .0.display(), .1)))]
    Name(PathBuf, String),
    /// The box's own authority.
    #[error("{}", either(
        format!("« {} » est abîmé : remettez-en une copie. Ou effacez-le : la boîte fera une autre autorité, à installer de nouveau sur chaque poste", .0.display()),
        format!("“{}” is damaged: put a copy back. Or delete it: the node makes another authority, to be installed on each computer again", .0.display())))]
    Damaged(PathBuf),
    /// The folder.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The library.
    #[error(
        "{}",
        either(
            "le certificat de la boîte n'a pas pu être fait ; son journal dit pourquoi",
            "the node's certificate could not be made; its journal says why"
        )
    )]
    Make,
}
