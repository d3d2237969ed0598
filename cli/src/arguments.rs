// SPDX-License-Identifier: EUPL-1.2
//! What can be typed. Help is in French, the language of the people who type it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Les services publics au village, par vidéo, sans serveur central.
#[derive(Debug, Parser)]
#[command(name = "hameau", version, max_term_width = 100, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    /// Dossier de la boîte (défaut : $HAMEAU_HOME, sinon le dossier courant)
    #[arg(long, global = true, value_name = "DOSSIER", env = "HAMEAU_HOME")]
    pub home: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Fait tourner tout le territoire du Lot sur cette machine, pour essayer
    Demo(Demo),
    /// Fait tourner cette boîte jusqu'à Ctrl-C
    Run(Run),
    /// Prépare une boîte : celle d'un membre, ou la coordination d'un nouveau territoire
    Init(Init),
    /// Coordination : enrôle un membre d'après sa demande, et écrit ses papiers
    Enrol(Enrol),
    /// Membre : entre dans le territoire avec les papiers reçus
    Join(Join),
    /// Dit comment va la boîte qui tourne
    Status(Plain),
    /// Liste les membres et comment chacun est joint
    Members(Plain),
    /// Liste les heures libres
    Slots(Slots),
    /// Prend un rendez-vous
    Book(Book),
    /// Annule un rendez-vous
    Cancel(Cancel),
    /// Liste les rendez-vous de ce membre
    Agenda(Agenda),
    /// Coupe la boîte du réseau (on) ou la laisse revenir (off), pour essayer
    Offline(Offline),
}

#[derive(Debug, Args)]
pub(crate) struct Plain {
    /// Répond en JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Membres à faire tourner, séparés par des virgules (défaut : tous)
    #[arg(long, value_delimiter = ',', value_name = "MEMBRES")]
    pub members: Vec<String>,
    /// Heure où la démonstration commence, par exemple 2027-03-02T09:50+01:00 (défaut : le prochain mardi
    /// ouvré, 09:50)
    #[arg(long, value_name = "HEURE")]
    pub at: Option<String>,
    /// Ouvre le navigateur sur la page de l'animateur
    #[arg(long)]
    pub open: bool,
    /// Une ligne JSON par membre
    #[arg(long)]
    pub json: bool,
    /// Un autre fichier de territoire que celui du Lot
    #[arg(long, value_name = "FICHIER")]
    pub territory: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Décale l'horloge de tant de millisecondes, pour une démonstration
    #[arg(long, value_name = "MS", default_value_t = 0, allow_hyphen_values = true)]
    pub shift_ms: i64,
    /// Les pages disent que les heures sont inventées
    #[arg(long)]
    pub demo: bool,
    /// S'arrête quand l'entrée standard se ferme, avec le programme qui l'a lancée
    #[arg(long)]
    pub with_parent: bool,
    /// Répond en JSON : une ligne quand la boîte est prête
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    Point,
    Agency,
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Fonde un territoire de ce nom : cette boîte devient celle de la coordination
    #[arg(long, value_name = "NOM")]
    pub territory: Option<String>,
    /// Nom court du membre, par exemple puy-leveque
    #[arg(long, value_name = "NOM")]
    pub member: String,
    /// Nom du membre pour les gens, par exemple « Puy-l'Évêque »
    #[arg(long)]
    pub name: String,
    /// Ce qu'est le membre
    #[arg(long, value_enum, required_unless_present = "territory", conflicts_with = "territory")]
    pub role: Option<Role>,
    /// Code INSEE de la commune
    #[arg(long, requires = "lat")]
    pub insee: Option<String>,
    /// Latitude en degrés
    #[arg(long, requires = "lon", allow_hyphen_values = true)]
    pub lat: Option<f64>,
    /// Longitude en degrés
    #[arg(long, requires = "insee", allow_hyphen_values = true)]
    pub lon: Option<f64>,
    /// Répond en JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Enrol {
    /// La demande du membre : son fichier request.json
    pub file: PathBuf,
    /// Où écrire ses papiers (défaut : papers-<membre>.json)
    #[arg(long, short, value_name = "FICHIER")]
    pub output: Option<PathBuf>,
    /// Répond en JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Join {
    /// Les papiers reçus de la coordination
    pub file: PathBuf,
    /// Répond en JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Slots {
    /// Une seule agence, par exemple cpam-46
    #[arg(long)]
    pub agency: Option<String>,
    /// Un seul motif, par exemple carte-vitale
    #[arg(long)]
    pub service: Option<String>,
    /// Un seul jour, par exemple 2027-03-02
    #[arg(long)]
    pub day: Option<String>,
    /// Répond en JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Book {
    /// Nom court du créneau, pris dans « hameau slots »
    pub slot: String,
    /// Motif, si l'agence en reçoit plusieurs à cette heure
    #[arg(long)]
    pub service: Option<String>,
    /// Cabine (défaut : la première libre)
    #[arg(long)]
    pub booth: Option<u8>,
    /// « - » lit le nom, le téléphone et l'objet sur l'entrée, en JSON ; sans cela ils sont demandés
    #[arg(long, value_name = "-", value_parser = ["-"])]
    pub details: Option<String>,
    /// Répond en JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Cancel {
    /// Nom court du rendez-vous, pris dans « hameau agenda »
    pub appointment: String,
    /// Pourquoi : person, absent, closed, mistake ou other
    #[arg(long, default_value = "person")]
    pub reason: String,
    /// Répond en JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Agenda {
    /// Un autre jour qu'aujourd'hui, par exemple 2027-03-02
    #[arg(long, conflicts_with = "all")]
    pub day: Option<String>,
    /// Tous les jours connus
    #[arg(long)]
    pub all: bool,
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
    #[arg(value_enum)]
    pub switch: Switch,
    /// Répond en JSON
    #[arg(long)]
    pub json: bool,
}
