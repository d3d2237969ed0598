// SPDX-License-Identifier: EUPL-1.2
//! What can be typed. Help is in French, the language of the people who type it.

mod calendar;
mod members;
mod upkeep;

use std::path::PathBuf;

use clap::{Arg, ArgAction, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use jiff::Timestamp;

pub(crate) use calendar::{Agenda, Book, Calls, Cancel, Counts, Export, Import, Slots};
pub(crate) use members::{Enrol, Init, Join, Members, Papers, Revoke, Role, Settle, Succeed};
pub(crate) use upkeep::{
    Account, Backup, Certificate, CertificateCommand, Directory, DirectoryImport, Journal, Kiosk, Offline, Restore,
    Switch,
};

use crate::form;

/// The help of every command.
const HELP: &str = "{about-with-newline}\nUtilisation : {usage}\n\n{all-args}";

/// Les services publics au village, par vidéo, sans serveur central.
#[derive(Debug, Parser)]
#[command(name = "hameau", version, max_term_width = 100, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    /// Dossier de la boîte (défaut : $HAMEAU_HOME, sinon le dossier courant) ; pour « demo », celui de toutes les
    /// boîtes (défaut : un dossier temporaire, effacé à la fin)
    #[arg(long, global = true, value_name = "DOSSIER")]
    pub home: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Command,
}

impl Arguments {
    /// What was typed.
    ///
    /// # Errors
    /// What clap has against it, or the help that was asked for.
    pub(crate) fn typed() -> Result<Self, clap::Error> {
        // clap's own lines of help are English: these say the same.
        let help = Arg::new("help").short('h').long("help").global(true).action(ArgAction::Help);
        let version = Arg::new("version").short('V').long("version").action(ArgAction::Version);
        let mut command = Self::command()
            .disable_help_flag(true)
            .disable_version_flag(true)
            .arg(help.help("Affiche cette aide"))
            .arg(version.help("Affiche la version"))
            .subcommand_help_heading("Commandes")
            .subcommand_value_name("COMMANDE")
            .help_template(HELP)
            .mut_subcommands(|it| it.help_template(HELP));
        let mut matches = command.try_get_matches_from_mut(std::env::args_os())?;
        Self::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Fait tourner tout le territoire du Lot sur cette machine, pour essayer
    Demo(Demo),
    /// S'entraîner : un point et un organisme sur une journée inventée, à part du vrai calendrier
    Practice(Practice),
    /// Fait tourner cette boîte jusqu'à Ctrl-C
    Run(Run),
    /// Prépare une boîte : celle d'un membre, ou la coordination d'un nouveau territoire
    Init(Init),
    /// Coordination : enrôle un membre d'après sa demande, et écrit ses papiers
    Enrol(Enrol),
    /// Coordination : révoque la boîte d'un membre, perdue ou volée
    Revoke(Revoke),
    /// Organisme : reprend les créneaux d'une boîte perdue, révoquée ou muette, et garde ses rendez-vous
    Settle(Settle),
    /// Membre : entre dans le territoire avec les papiers reçus
    Join(Join),
    /// Membre : écrit ce que cette boîte sait du territoire, pour qui garde la clé racine
    Papers(Papers),
    /// Clé racine : nomme cette boîte coordination, à la place de celle qui est perdue ou volée
    Succeed(Succeed),
    /// Dit comment va la boîte qui tourne
    Status(Plain),
    /// Liste les membres et comment chacun est joint
    Members(Members),
    /// Liste les heures libres
    Slots(Slots),
    /// Prend un rendez-vous
    Book(Book),
    /// Annule un rendez-vous
    Cancel(Cancel),
    /// Liste les rendez-vous d'aujourd'hui, ou d'un autre jour (--day), ou tous (--all)
    Agenda(Agenda),
    /// Compte, sans aucune personne : rendez-vous par mois, organisme, motif et point ; attentes et recherches vaines
    Counts(Counts),
    /// Dit comment se sont passés les appels de cette boîte, sans aucune personne : durée, ligne, coupures, fin
    Calls(Calls),
    /// Écrit ce que cette boîte sait du calendrier dans un fichier, à porter sur une clé USB
    Export(Export),
    /// Reprend le fichier d'une autre boîte
    Import(Import),
    /// Écrit une sauvegarde chiffrée de cette boîte ; la phrase qui l'ouvre est demandée, ou lue sur l'entrée
    Backup(Backup),
    /// Remet une boîte perdue dans un dossier neuf, d'après sa sauvegarde
    Restore(Restore),
    /// Comptes de cette boîte : qui ouvre ses pages de travail
    #[command(subcommand, subcommand_value_name = "COMMANDE", subcommand_help_heading = "Commandes", help_template = HELP)]
    Account(Account),
    /// Journal des accès : qui a ouvert les renseignements de quels rendez-vous
    Journal(Journal),
    /// Pages du bureau : leur certificat, et l'empreinte à comparer sur chaque poste
    #[command(args_conflicts_with_subcommands = true)]
    Certificate(Certificate),
    /// Annuaire et fiches officielles de l'État, lus sans réseau sur cette boîte
    #[command(subcommand, subcommand_value_name = "COMMANDE", subcommand_help_heading = "Commandes", help_template = HELP)]
    Directory(Directory),
    /// Écrit la configuration de Chromium pour l'écran public : adresses permises, rien de gardé
    Kiosk(Kiosk),
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
    #[arg(long, value_name = "HEURE", value_parser = form::moment)]
    pub at: Option<Timestamp>,
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
pub(crate) struct Practice {
    /// Ouvre le navigateur sur la page de l'animateur
    #[arg(long)]
    pub open: bool,
    /// Une ligne JSON par membre
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Décale l'horloge de tant de millisecondes, pour une démonstration
    #[arg(long, value_name = "MS", default_value_t = 0, hide_default_value = true, allow_hyphen_values = true)]
    pub shift_ms: i64,
    /// Les pages disent que les heures sont inventées
    #[arg(long)]
    pub demo: bool,
    /// Les pages disent que tout est pour s'entraîner
    #[arg(long, hide = true)]
    pub practice: bool,
    /// S'arrête quand l'entrée standard se ferme, avec le programme qui l'a lancée
    #[arg(long)]
    pub with_parent: bool,
    /// Répond en JSON : une ligne quand la boîte est prête
    #[arg(long)]
    pub json: bool,
}
