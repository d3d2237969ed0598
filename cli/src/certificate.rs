// SPDX-License-Identifier: EUPL-1.2
//! `hameau certificate`: what the office's pages open under, and the fingerprint that each computer is compared with.
//! Works whether the node runs or not; only a running one reads files again.

use std::io::Write as _;
use std::path::Path;

use anyhow::{anyhow, bail};
use data_encoding::BASE64;
use hameau_node::certificate::Certificates;
use hameau_node::clock::Clock;
use hameau_node::config::NodeFile;
use hameau_node::control::{self, AuthorityView, CertificateView, ControlError, OfficeView, Request, Response};
use hameau_node::home::Home;
use hameau_node::lang::either;

use crate::arguments::{Certificate, CertificateCommand};
use crate::show;
use crate::whole::Whole;

/// Does what was typed.
pub(crate) fn certificate(path: &Path, options: &Certificate) -> anyhow::Result<()> {
    let home = Home::open(path)?;
    let (view, json) = match &options.command {
        Some(CertificateCommand::Reload(plain)) => (asked(&home, Request::CertificateReload)?, plain.json),
        None => (asked(&home, Request::Certificate).or_else(|error| alone(&home, error))?, options.json),
    };
    if let Some(file) = &options.save {
        save(&view, file)?;
    }
    if json {
        return show::json(&view);
    }
    people(&view)?;
    match (&options.save, &view.authority) {
        (Some(file), _) => show::print(&format!(
            "{} {}",
            either(
                "à installer une fois sur chaque poste, comme le dit la page /confiance :",
                "to be installed once on each computer, as the page /confiance says:"
            ),
            file.display()
        )),
        (None, Some(_)) => show::print(either(
            "à installer une fois sur chaque poste : page /confiance, ou --save FICHIER",
            "to be installed once on each computer: page /confiance, or --save FILE",
        )),
        (None, None) => Ok(()),
    }
}

fn asked(home: &Home, request: Request) -> anyhow::Result<CertificateView> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match runtime.block_on(control::ask(home.path(), request))? {
        Response::Ok(value) => Ok(serde_json::from_value(value)?),
        Response::Refused(why) => bail!(why),
    }
}

/// From the folder, where no node runs: the certificate is made then, as the node would make it.
fn alone(home: &Home, error: anyhow::Error) -> anyhow::Result<CertificateView> {
    if !matches!(error.downcast_ref(), Some(ControlError::NotRunning(_))) {
        return Err(error);
    }
    let _held = home.hold()?;
    let path = home.file("node.toml");
    let settings = NodeFile::read(&path)?;
    let closed = || anyhow!("{}", control::closed_at_the_office());
    let office = settings.office(&path)?.ok_or_else(closed)?;
    let clock = Clock::new(0, &settings.timezone)?;
    Ok(CertificateView::of(&Certificates::new(home, office, clock)))
}

fn save(view: &CertificateView, file: &Path) -> anyhow::Result<()> {
    let Some(authority) = &view.authority else {
        bail!(
            "{}",
            either(
                "il n'y a rien à installer : cette boîte n'a pas d'autorité à elle",
                "there is nothing to install: this node has no authority of its own"
            )
        );
    };
    let der = BASE64.decode(authority.der.as_bytes())?;
    let whole = Whole::begin(file)?;
    let is_pem = file.extension().is_some_and(|it| it.eq_ignore_ascii_case("pem"));
    let bytes = if is_pem { pem(&der).into_bytes() } else { der };
    whole.file().write_all(&bytes).map_err(|error| whole.refused(&error))?;
    whole.keep()
}

/// A certificate as text (RFC 7468): what most programs of Linux want.
fn pem(der: &[u8]) -> String {
    let mut text = "-----BEGIN CERTIFICATE-----\n".to_owned();
    // 48 bytes are a line of 64 letters.
    text.extend(der.chunks(48).map(|line| BASE64.encode(line) + "\n"));
    text + "-----END CERTIFICATE-----\n"
}

fn people(view: &CertificateView) -> anyhow::Result<()> {
    office(&view.office)?;
    if !view.names.is_empty() {
        show::print(&format!("{:<16} {}", either("noms", "names"), view.names.join(", ")))?;
    }
    match &view.authority {
        Some(authority) => people_authority(authority),
        None if view.office.until.is_some() => show::print(either(
            "certificat de l'administration : rien à installer sur les postes",
            "the administration's certificate: nothing to install on any computer",
        )),
        None => Ok(()),
    }
}

fn people_authority(it: &AuthorityView) -> anyhow::Result<()> {
    let until = either("valable jusqu'au", "valid until");
    show::print(&format!("{:<16} {}, {until} {}", either("autorité", "authority"), it.name, it.until))?;
    show::print(&format!("{:<16} {}", either("empreinte", "fingerprint"), it.fingerprint))?;
    show::print(&format!("{:<16} {}", either("sous Windows", "on Windows"), it.windows))
}

/// The office's pages: where they are, until when, and what is to be mended.
pub(crate) fn office(it: &OfficeView) -> anyhow::Result<()> {
    let until = match &it.until {
        Some(day) => format!("{} {day}", either("certificat valable jusqu'au", "certificate valid until")),
        None => either("fermées : pas de certificat", "closed: no certificate").to_owned(),
    };
    show::print(&format!("{:<16} {}, {until}", either("au bureau", "at the office"), it.address))?;
    if let Some(ip) = &it.missing {
        show::print(&either(
            format!("cette machine n'a pas l'adresse {ip} : branchez le réseau du bureau, ou corrigez [portal] listen"),
            format!("this machine has no address {ip}: connect the office network, or correct [portal] listen"),
        ))?;
    }
    if it.ending {
        show::print(either(
            "ce certificat se termine : demandez le suivant à votre service informatique, puis « hameau certificate reload »",
            "this certificate ends: ask your IT service for the next, then “hameau certificate reload”",
        ))?;
    }
    let label = if it.until.is_some() {
        either("nouveaux fichiers refusés, l'ancien reste : ", "new files refused, the old one stays: ")
    } else {
        ""
    };
    it.refused.iter().try_for_each(|why| show::print(&format!("{label}{why}")))
}
