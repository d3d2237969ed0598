// SPDX-License-Identifier: EUPL-1.2
//! The certificate under which pages open on the office network: the administration's own, or one of a small authority
//! that this box makes for itself ([decision 13](../../../docs/decisions/0013-the-office-network.md)).
//!
//! Nothing that is wrong here ends the node: there is no certificate then, or the one before, and a sentence that says
//! what to mend. Time is the system's: browsers judge by theirs.

mod authority;
mod error;
mod facts;
mod given;
mod own;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use data_encoding::HEXUPPER;
use jiff::Timestamp;
use jiff::civil::Date;
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use sha1::{Digest as _, Sha1};
use sha2::{Digest as _, Sha256};

use crate::clock::Clock;
use crate::config::{GivenFiles, OfficeSettings};
use crate::home::Home;
use authority::{DAY, RENEWED_DAYS};
pub use error::CertificateError;
use facts::Facts;

/// A certificate that pages open under.
pub(crate) struct Served {
    pair: Arc<CertifiedKey>,
    facts: Facts,
    authority: Option<(CertificateDer<'static>, Facts)>,
}

impl Served {
    fn new(pair: CertifiedKey, facts: Facts, authority: Option<(CertificateDer<'static>, Facts)>) -> Self {
        Self { pair: Arc::new(pair), facts, authority }
    }
}

/// What people are told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The names that it is for.
    pub names: Vec<String>,
    /// Seconds since 1970 UTC.
    pub from: i64,
    /// Seconds since 1970 UTC.
    pub until: i64,
    /// The box's own authority, where it vouches.
    pub authority: Option<ShownAuthority>,
}

/// The box's own authority, as each computer is told to trust it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownAuthority {
    /// What browsers call it.
    pub name: String,
    /// DER: what is installed.
    pub der: Vec<u8>,
    /// SHA-256 of that, in capital hexadecimal digits by fours: what is compared.
    pub fingerprint: Vec<String>,
    /// SHA-1, as Windows shows it when it asks.
    pub windows: Vec<String>,
    /// Seconds since 1970 UTC.
    pub until: i64,
}

struct State {
    served: Option<Served>,
    /// Why what was last tried is not served.
    refused: Option<String>,
    /// The administration's files as they were when last tried.
    tried: Option<[u8; 32]>,
}

struct Inner {
    home: Home,
    settings: OfficeSettings,
    clock: Clock,
    state: Mutex<State>,
    /// Held by whoever renews.
    turn: Mutex<()>,
}

/// The certificates of the office's pages. A cheap handle.
#[derive(Clone)]
pub struct Certificates {
    inner: Arc<Inner>,
}

impl Certificates {
    /// Reads or makes them. What is wrong is told by [`Self::refused`].
    #[must_use]
    pub fn new(home: &Home, settings: OfficeSettings, clock: Clock) -> Self {
        let state = Mutex::new(State { served: None, refused: None, tried: None });
        let it = Self { inner: Arc::new(Inner { home: home.clone(), settings, clock, state, turn: Mutex::default() }) };
        it.tend();
        it
    }

    /// What they are for.
    #[must_use]
    pub fn settings(&self) -> &OfficeSettings {
        &self.inner.settings
    }

    /// The day of a date, where people live.
    #[must_use]
    pub fn day(&self, seconds: i64) -> Date {
        let at = Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH);
        at.to_zoned_datetime(self.inner.clock.zone().clone()).date()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that holds it can panic half-way.
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Brings them up to date: the administration's files where they changed, the box's own where it is due. Once a
    /// minute; writes to the disk now and then.
    pub fn tend(&self) {
        // What is wrong is kept, and told.
        drop(self.renew(false));
    }

    /// Reads them again at once.
    ///
    /// # Errors
    /// [`CertificateError`]; what was served before still is.
    pub fn reload(&self) -> Result<(), CertificateError> {
        self.renew(true)
    }

    fn renew(&self, at_once: bool) -> Result<(), CertificateError> {
        // One at a time: what was read first is not set last.
        let _turn = self.inner.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let Inner { home, settings, clock, .. } = &*self.inner;
        let now = clock.system_s();
        let renewed = match &settings.given {
            Some(files) => self.read_given(files, now, at_once),
            None => own::own(home, &settings.names, now).map(Some),
        };
        let mut state = self.state();
        match renewed {
            Ok(None) => Ok(()),
            Ok(Some(served)) => {
                let is_new = state.served.as_ref().is_none_or(|old| old.pair.cert != served.pair.cert);
                if is_new {
                    tracing::info!(until = served.facts.until, "the office's pages open under a new certificate");
                }
                (state.served, state.refused) = (Some(served), None);
                Ok(())
            }
            Err(error) => {
                let sentence = error.to_string();
                if state.refused.as_ref() != Some(&sentence) {
                    tracing::warn!(%error, "no new certificate for the office's pages");
                }
                state.refused = Some(sentence);
                Err(error)
            }
        }
    }

    /// `None` where nothing changed since they were last tried.
    fn read_given(&self, files: &GivenFiles, now: i64, at_once: bool) -> Result<Option<Served>, CertificateError> {
        let paths = [&files.certificate, &files.key].map(|it| self.inner.home.path().join(it));
        let [chain, key] = [given::read(&paths[0]), given::read(&paths[1])];
        let (chain, key) = (chain?, key?);
        let hash = Sha256::new().chain_update(Sha256::digest(&*chain)).chain_update(&*key).finalize().into();
        // What was refused may be right by now without having changed: its time has come.
        let is_known = self.state().tried == Some(hash) && self.state().refused.is_none();
        if is_known && !at_once {
            return Ok(None);
        }
        self.state().tried = Some(hash);
        given::check((&paths[0], &paths[1]), (&chain, &key), &self.inner.settings.names, now).map(Some)
    }

    /// What pages open under now.
    #[must_use]
    pub fn shown(&self) -> Option<Shown> {
        let state = self.state();
        let served = state.served.as_ref()?;
        let authority = served.authority.as_ref().map(|(der, facts)| ShownAuthority {
            name: facts.subject.clone(),
            der: der.to_vec(),
            fingerprint: by_fours(&Sha256::digest(der)),
            windows: by_fours(&Sha1::digest(der)),
            until: facts.until,
        });
        let facts = &served.facts;
        Some(Shown { names: facts.names.clone(), from: facts.from, until: facts.until, authority })
    }

    /// Why what was last read or made is not served, in a sentence.
    #[must_use]
    pub fn refused(&self) -> Option<String> {
        self.state().refused.clone()
    }

    /// Whether it is time to ask the administration for the next, or past it: its own are renewed by themselves.
    #[must_use]
    pub fn is_ending(&self) -> bool {
        let now = self.inner.clock.system_s();
        self.state().served.as_ref().is_some_and(|it| it.facts.until < now + RENEWED_DAYS * DAY)
    }

    /// How a connection is answered.
    ///
    /// # Errors
    /// When the provider lacks what TLS 1.2 and 1.3 need.
    pub(crate) fn tls(&self) -> Result<ServerConfig, rustls::Error> {
        let versions = [&rustls::version::TLS13, &rustls::version::TLS12];
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&versions)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(self.clone()));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    /// Whether there is one to answer with.
    pub(crate) fn is_there(&self) -> bool {
        self.state().served.is_some()
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.state().served.as_ref().map(|it| Arc::clone(&it.pair))
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificates").field("settings", &self.inner.settings).finish_non_exhaustive()
    }
}

/// The cipher provider of all TLS here, whatever else is compiled in.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn by_fours(digest: &[u8]) -> Vec<String> {
    digest.chunks(2).map(|pair| HEXUPPER.encode(pair)).collect()
}
