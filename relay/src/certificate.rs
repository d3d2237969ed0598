// SPDX-License-Identifier: EUPL-1.2
//! The relay's own certificate: read and checked before it is used, and read again while the relay runs.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{Error as PemError, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{InconsistentKeys, ServerConfig};

use crate::lang::{either, system_words};

/// The two files, PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Files {
    /// The certificate, the server's first.
    pub(crate) certificate: PathBuf,
    /// Its key.
    pub(crate) key: PathBuf,
}

/// Why a certificate is of no use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CertificateError {
    /// A file cannot be read.
    #[error("{}", either(
        format!("« {} » ne se lit pas : {}. Corrigez certificate ou key dans les réglages, ou les droits du fichier", .0.display(), system_words(.1)),
        format!("“{}” cannot be read: {}. Correct certificate or key in the settings, or the file's permissions", .0.display(), system_words(.1))))]
    Read(PathBuf, io::Error),
    /// It holds nothing of the kind.
    #[error("{}", either(
        format!("« {} » ne contient pas ce qu'il faut : un certificat, ou une clé sans phrase secrète, en PEM", .0.display()),
        format!("“{}” does not hold what it should: a certificate, or a key without a passphrase, as PEM", .0.display())))]
    Form(PathBuf),
    /// They do not belong together.
    #[error("{}", either(
        format!("« {} » n'est pas la clé du certificat « {} » : donnez les deux fichiers qui vont ensemble", .0.key.display(), .0.certificate.display()),
        format!("“{}” is not the key of the certificate “{}”: give the two files that belong together", .0.key.display(), .0.certificate.display())))]
    Strangers(Files),
}

/// Reads both files, and checks that they belong together.
///
/// # Errors
/// [`CertificateError`].
pub(crate) fn read(files: &Files) -> Result<CertifiedKey, CertificateError> {
    let certificates: Vec<_> = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect)
        .map_err(|error| refusal(&files.certificate, error))?;
    if certificates.is_empty() {
        return Err(CertificateError::Form(files.certificate.clone()));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| refusal(&files.key, error))?;
    let signer = provider().key_provider.load_private_key(key);
    let signer = signer.map_err(|_| CertificateError::Form(files.key.clone()))?;
    let certified = CertifiedKey::new(certificates, signer);
    match certified.keys_match() {
        // Some keys do not tell what they belong to: the first handshake does.
        Ok(()) | Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(certified),
        Err(rustls::Error::InconsistentKeys(_)) => Err(CertificateError::Strangers(files.clone())),
        Err(_) => Err(CertificateError::Form(files.certificate.clone())),
    }
}

/// The certificate that is shown to whoever comes: the last one that was right.
#[derive(Debug)]
pub(crate) struct Shown {
    files: Files,
    current: RwLock<Arc<CertifiedKey>>,
}

impl Shown {
    /// Reads it for the first time.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub(crate) fn open(files: &Files) -> Result<Arc<Self>, CertificateError> {
        Ok(Arc::new(Self { files: files.clone(), current: RwLock::new(Arc::new(read(files)?)) }))
    }

    /// Takes up what stands in the files now; tells whether it is another certificate. While it is wrong, or half
    /// written, the one before is shown.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub(crate) fn read_again(&self) -> Result<bool, CertificateError> {
        let new = read(&self.files)?;
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let is_new = current.cert != new.cert;
        *current = Arc::new(new);
        Ok(is_new)
    }

    /// TLS with it.
    pub(crate) fn tls(self: &Arc<Self>) -> ServerConfig {
        ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("ring speaks TLS 1.2 and 1.3")
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>)
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn refusal(path: &Path, error: PemError) -> CertificateError {
    match error {
        PemError::Io(error) => CertificateError::Read(path.to_owned(), error),
        _ => CertificateError::Form(path.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertifiedKey as Made, generate_simple_self_signed};

    use super::*;

    #[test]
    fn what_does_not_belong_together_is_told() {
        // Goal: a relay does not start with a certificate that no node could accept.
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("written");
            path
        };
        let made = || generate_simple_self_signed(["relais.example".to_owned()]).expect("a certificate");
        let (Made { cert, signing_key }, other) = (made(), made());
        let certificate = write("relais.pem", &cert.pem());
        let key = write("relais.key", &signing_key.serialize_pem());
        let strange = write("autre.key", &other.signing_key.serialize_pem());
        let nothing = write("rien.pem", "rien");
        for (certificate, key, expected) in [
            (&certificate, &key, None),
            (&certificate, &strange, Some("n'est pas la clé")),
            (&nothing, &key, Some("ne contient pas")),
            (&certificate, &nothing, Some("ne contient pas")),
            (&folder.path().join("absent"), &key, Some("il n'existe pas")),
        ] {
            let files = Files { certificate: certificate.clone(), key: key.clone() };
            let said = read(&files).err().map(|error| error.to_string());
            match expected {
                None => assert_eq!(said, None),
                Some(words) => assert!(said.as_ref().is_some_and(|it| it.contains(words)), "{words}: {said:?}"),
            }
        }
    }

    #[test]
    fn a_renewed_certificate_is_shown_once_it_is_right() {
        // Goal: half a renewal changes nothing and is told; the whole one is taken up without a restart.
        let folder = tempfile::tempdir().expect("a folder");
        let files = Files { certificate: folder.path().join("relais.pem"), key: folder.path().join("relais.key") };
        let made = || generate_simple_self_signed(["relais.example".to_owned()]).expect("a certificate");
        let (first, second) = (made(), made());
        std::fs::write(&files.certificate, first.cert.pem()).expect("written");
        std::fs::write(&files.key, first.signing_key.serialize_pem()).expect("written");
        let shown = Shown::open(&files).expect("a certificate");
        let current = || shown.current.read().expect("no panic").cert[0].clone();
        assert!(!shown.read_again().expect("the same"));
        std::fs::write(&files.certificate, second.cert.pem()).expect("written");
        assert!(shown.read_again().is_err_and(|error| error.to_string().contains("n'est pas la clé")));
        assert_eq!(current(), *first.cert.der());
        std::fs::write(&files.key, second.signing_key.serialize_pem()).expect("written");
        assert!(shown.read_again().expect("a pair"));
        assert_eq!(current(), *second.cert.der());
    }
}
