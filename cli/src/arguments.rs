// SPDX-License-Identifier: EUPL-1.2
//! What can be typed. Help is in French, the language of the people who type it.

use std::path::PathBuf;

use clap::{Arg, ArgAction, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use crdt_calendar::ids::MemberId;
use jiff::Timestamp;

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
    Members(Plain),
    /// Liste les heures libres
    Slots(Slots),
    /// Prend un rendez-vous
    Book(Book),
    /// Annule un rendez-vous
    Cancel(Cancel),
    /// Liste les rendez-vous de ce membre
    Agenda(Agenda),
    /// Compte, sans aucune personne : rendez-vous par mois, organisme, motif et point ; attentes et recherches vaines
    Counts(Counts),
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
    #[arg(value_name = "CRÉNEAU")]
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
    #[arg(value_name = "RENDEZ-VOUS")]
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
