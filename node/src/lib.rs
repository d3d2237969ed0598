// SPDX-License-Identifier: EUPL-1.2
//! The program that runs at a point or an agency. Data flows one way:
//! `store -> replica -> mesh -> link -> call -> portal`; a module uses only modules to its left.
//! Around them: [`config`], [`home`] and [`papers`] read files, [`found`] sets a box up, [`succession`]
//! names a new coordination, [`certificate`] is what pages on the office network open under, [`account`] and [`access`] say who works here and what they opened, [`export`] is the
//! calendar on a USB key, [`slip`] an appointment on paper, [`directory`] the State's branches and procedure sheets, [`backup`] a box in a file, [`clock`] is the one place where time
//! comes in, [`run`] puts the rooms together, [`control`] serves terminals.

pub mod access;
pub mod account;
pub mod backup;
pub mod call;
pub mod certificate;
pub mod clock;
pub mod config;
pub mod control;
pub mod devices;
pub mod directory;
pub mod events;
pub mod export;
pub mod found;
mod holidays;
pub mod home;
pub mod lang;
pub mod link;
pub mod membership;
pub mod mesh;
pub mod papers;
pub mod portal;
pub mod presence;
mod program;
mod query;
pub mod reach;
pub mod record;
pub mod replica;
pub mod run;
pub mod slip;
mod spelling;
mod stem;
pub mod store;
pub mod succession;
mod words;

/// Another TLS provider is the process's default.
#[derive(Debug, thiserror::Error)]
#[error("another TLS provider was installed first")]
pub struct CryptoError;

/// Chooses the TLS provider of this process: two are compiled in, and without a choice the first
/// handshake would panic. Called first in `main`, and in tests; a second call is fine.
///
/// # Errors
/// [`CryptoError`] when something else chose another one.
pub fn install_crypto() -> Result<(), CryptoError> {
    static CHOSEN: std::sync::OnceLock<bool> = std::sync::OnceLock::new();
    let choose = || rustls::crypto::ring::default_provider().install_default().is_ok();
    if *CHOSEN.get_or_init(choose) { Ok(()) } else { Err(CryptoError) }
}
