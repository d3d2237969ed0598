// SPDX-License-Identifier: EUPL-1.2
//! What is typed of members: founding, enrolling, joining, replacing.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use crdt_calendar::ids::MemberId;

use crate::form;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    Point,
    Agency,
    Coordination,
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Fonde un territoire de ce nom : cette boîte devient celle de la coordination
    #[arg(long, value_name = "NOM")]
    pub territory: Option<String>,
    /// Nom court du membre, par exemple puy-leveque
    #[arg(long, value_name = "NOM", value_parser = form::short_name)]
    pub member: MemberId,
    /// Nom du membre pour les gens, par exemple « Puy-l'Évêque »
    #[arg(long, value_name = "NOM")]
    pub name: String,
    /// Ce qu'est le membre : point, agency (un organisme), ou coordination pour en remplacer une
    #[arg(
        long,
        value_enum,
        hide_possible_values = true,
        value_name = "RÔLE",
        required_unless_present = "territory",
        conflicts_with = "territory"
    )]
    pub role: Option<Role>,
    /// Code INSEE de la commune
    #[arg(long, requires = "lat", value_name = "CODE", value_parser = form::insee)]
    pub insee: Option<String>,
    /// Latitude en degrés
    #[arg(
        long,
        requires = "lon",
        value_name = "DEGRÉS",
        allow_hyphen_values = true,
        value_parser = form::latitude
    )]
    pub lat: Option<f64>,
    /// Longitude en degrés
    #[arg(
        long,
        requires = "insee",
        value_name = "DEGRÉS",
        allow_hyphen_values = true,
        value_parser = form::longitude
    )]
    pub lon: Option<f64>,
    /// Répond en JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Members {
    /// La clé de la boîte de chaque membre et son nom court : la liste que lit un relais
    #[arg(long, conflicts_with = "json")]
    pub keys: bool,
    /// Répond en JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Enrol {
    /// La demande du membre : son fichier request.json
    #[arg(value_name = "FICHIER")]
    pub file: PathBuf,
    /// Où écrire ses papiers (défaut : papers-<membre>.json)
    #[arg(long, short, value_name = "FICHIER")]
    pub output: Option<PathBuf>,
    /// La demande vient d'une boîte neuve, qui remplace celle du membre
    #[arg(long)]
    pub replaces: bool,
    /// Répond en JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Revoke {
    /// Nom court du membre, par exemple puy-leveque
    pub member: String,
    /// Répond en JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Settle {
    /// Nom court du membre dont la boîte est perdue ; celui de cet organisme reprend ses propres registres
    pub member: String,
    /// Même si sa boîte est en service : elle a pu promettre ces heures à des gens
    #[arg(long)]
    pub force: bool,
    /// Répond en JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Join {
    /// Les papiers reçus de la coordination
    #[arg(value_name = "FICHIER")]
    pub file: PathBuf,
    /// Répond en JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Papers {
    /// Où les écrire
    #[arg(long, short, value_name = "FICHIER", default_value = "territory.json", hide_default_value = true)]
    pub output: PathBuf,
    /// Répond en JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Succeed {
    /// Les papiers du territoire, écrits par « hameau papers » chez un membre
    #[arg(value_name = "FICHIER")]
    pub file: PathBuf,
    /// Combien d'actes de l'ancien registre restent valables (défaut : tous) ; ce qui suit est nul
    #[arg(long, value_name = "NOMBRE")]
    pub upto: Option<u32>,
    /// « - » lit la clé racine sur l'entrée ; sans cela elle est demandée
    #[arg(long, value_name = "-", value_parser = ["-"], hide_possible_values = true)]
    pub root: Option<String>,
    /// Où écrire les papiers pour les membres (défaut : papers-<membre>.json)
    #[arg(long, short, value_name = "FICHIER")]
    pub output: Option<PathBuf>,
    /// Répond en JSON
    #[arg(long)]
    pub json: bool,
}
