// SPDX-License-Identifier: EUPL-1.2
//! What is typed of the calendar: its hours, appointments and counts, and what of it is carried.

use std::path::PathBuf;

use clap::Args;

use crate::form;

#[derive(Debug, Args)]
pub(crate) struct Slots {
    /// Un seul organisme, par exemple cpam-46
    #[arg(long, value_name = "ORGANISME")]
    pub agency: Option<String>,
    /// Un seul motif, par exemple carte-vitale
    #[arg(long, value_name = "MOTIF")]
    pub service: Option<String>,
    /// Un seul jour, par exemple 2027-03-02
    #[arg(long, value_name = "JOUR", value_parser = form::day)]
    pub day: Option<String>,
    /// Répond en JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Book {
    /// Nom court du créneau, pris dans « hameau slots »
    #[arg(value_name = "CRÉNEAU", value_parser = form::short_id)]
    pub slot: String,
    /// Motif, si l'organisme en reçoit plusieurs à cette heure
    #[arg(long, value_name = "MOTIF")]
    pub service: Option<String>,
    /// Numéro de la cabine (défaut : la première libre)
    #[arg(long, value_name = "NUMÉRO")]
    pub booth: Option<u8>,
    /// « - » lit le nom, le téléphone et l'objet sur l'entrée, en JSON ; sans cela ils sont demandés
    #[arg(long, value_name = "-", value_parser = ["-"], hide_possible_values = true)]
    pub details: Option<String>,
    /// Répond en JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Cancel {
    /// Nom court du rendez-vous, pris dans « hameau agenda »
    #[arg(value_name = "RENDEZ-VOUS", value_parser = form::short_id)]
    pub appointment: String,
    /// Pourquoi : person, absent, closed, mistake ou other (défaut : person)
    #[arg(
        long,
        value_name = "RAISON",
        default_value = "person",
        hide_default_value = true,
        value_parser = ["person", "absent", "closed", "mistake", "other"],
        hide_possible_values = true
    )]
    pub reason: String,
    /// Répond en JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Agenda {
    /// Un autre jour qu'aujourd'hui, par exemple 2027-03-02
    #[arg(long, value_name = "JOUR", value_parser = form::day, conflicts_with = "all")]
    pub day: Option<String>,
    /// Tous les jours connus
    #[arg(long)]
    pub all: bool,
    /// Répond en JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Counts {
    /// Un seul mois, par exemple 2027-03 (défaut : tous ceux qui sont connus)
    #[arg(long, value_name = "MOIS", value_parser = form::month)]
    pub month: Option<String>,
    /// Répond en JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Calls {
    /// Répond en JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// Où écrire, par exemple sur la clé : /media/cle/bourg.hameau
    #[arg(value_name = "FICHIER")]
    pub file: PathBuf,
    /// Seulement les semaines depuis ce jour, par exemple 2027-03-02 (défaut : toutes celles qui sont tenues)
    #[arg(long, value_name = "JOUR", value_parser = form::day)]
    pub since: Option<String>,
    /// Répond en JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// Le fichier écrit par « hameau export » sur une autre boîte
    #[arg(value_name = "FICHIER")]
    pub file: PathBuf,
    /// Répond en JSON
    #[arg(long)]
    pub json: bool,
}
