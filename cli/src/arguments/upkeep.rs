// SPDX-License-Identifier: EUPL-1.2
//! What is typed to keep a box: its backups, accounts, journal, certificate, official files and network.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{HELP, Plain};
use crate::form;

#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// Où l'écrire, sur un autre disque que celui de la boîte
    #[arg(value_name = "FICHIER")]
    pub file: PathBuf,
    /// Répond en JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// La sauvegarde écrite par « hameau backup »
    #[arg(value_name = "FICHIER")]
    pub file: PathBuf,
    /// Répond en JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Journal {
    /// Un autre jour qu'aujourd'hui, par exemple 2027-03-02
    #[arg(long, value_name = "JOUR", value_parser = form::day, conflicts_with = "verify")]
    pub day: Option<String>,
    /// Vérifie tout le journal : chaque ligne est-elle telle qu'elle a été écrite ?
    #[arg(long)]
    pub verify: bool,
    /// Répond en JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(subcommand_value_name = "COMMANDE", subcommand_help_heading = "Commandes")]
pub(crate) struct Certificate {
    #[command(subcommand)]
    pub command: Option<CertificateCommand>,
    /// Écrit l'autorité de la boîte dans ce fichier, qu'on installe sur les postes : hameau.crt (DER, pour Windows et
    /// Firefox) ou hameau.pem (PEM, pour Linux)
    #[arg(long, value_name = "FICHIER")]
    pub save: Option<PathBuf>,
    /// Répond en JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CertificateCommand {
    /// Relit les fichiers de l'administration sans arrêter la boîte ; s'ils ne vont pas, les anciens restent
    #[command(help_template = HELP)]
    Reload(Plain),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Account {
    /// Crée un compte ; le mot de passe est demandé, ou lu sur l'entrée
    #[command(help_template = HELP)]
    Add(AccountAdd),
    /// Liste les comptes et leurs rôles
    #[command(help_template = HELP)]
    List(Plain),
    /// Change le mot de passe d'un compte ; ses sessions ouvertes se ferment
    #[command(help_template = HELP)]
    Password(AccountOne),
    /// Retire un compte ; ses sessions ouvertes se ferment
    #[command(help_template = HELP)]
    Remove(AccountOne),
}

#[derive(Debug, Args)]
pub(crate) struct AccountAdd {
    /// Nom du compte, par exemple claire.martin
    #[arg(value_name = "NOM")]
    pub name: String,
    /// Rôle : animateur (point), advisor (conseiller d'un organisme), coordination, ou manager (responsable)
    #[arg(
        long,
        value_name = "RÔLE",
        value_parser = ["animateur", "advisor", "manager", "coordination"],
        hide_possible_values = true
    )]
    pub role: String,
    /// Répond en JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct AccountOne {
    /// Nom du compte, pris dans « hameau account list »
    #[arg(value_name = "NOM")]
    pub name: String,
    /// Répond en JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Directory {
    /// Reprend le fichier JSON de l'annuaire et les dossiers de fiches ; ce qui était repris avant est remplacé
    #[command(help_template = HELP)]
    Import(DirectoryImport),
}

#[derive(Debug, Args)]
pub(crate) struct DirectoryImport {
    /// Le fichier JSON de l'annuaire (data.gouv_local.json), et les dossiers où les zips des fiches ont été décompressés
    #[arg(value_name = "FICHIER", required = true)]
    pub files: Vec<PathBuf>,
    /// Département dont les guichets sont repris, par exemple 46 ; peut être répété (défaut : ceux des points du
    /// territoire)
    #[arg(long = "department", value_name = "CODE", value_parser = form::department)]
    pub departments: Vec<String>,
    /// Répond en JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Kiosk {
    /// Dossier où écrire ; ce qui y fut écrit par cette commande est remplacé
    #[arg(value_name = "DOSSIER")]
    pub folder: PathBuf,
    /// Un site de plus à permettre, par exemple app.franceconnect.gouv.fr ; peut être répété
    #[arg(long = "allow", value_name = "SITE", value_parser = form::host)]
    pub allowed: Vec<String>,
    /// Répond en JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    On,
    Off,
}

#[derive(Debug, Args)]
pub(crate) struct Offline {
    /// on : coupée ; off : elle revient
    #[arg(value_enum, hide_possible_values = true, value_name = "on|off")]
    pub switch: Switch,
    /// Répond en JSON
    #[arg(long)]
    pub json: bool,
}
