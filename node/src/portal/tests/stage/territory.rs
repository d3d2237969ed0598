// SPDX-License-Identifier: EUPL-1.2
//! The four members of the territory: their names, keys and clocks, and what each founds, describes and opens.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crdt_calendar::act::{Act, Description, Enrolment, Procedure, Role, Service};
use crdt_calendar::folio::{Batch, Folio};
use crdt_calendar::ids::{BoothId, Incarnation, MemberId, PublicKey, Writer};
use crdt_calendar::roster::{Genesis, RootStatement, roster_folio};
use ed25519_dalek::SigningKey;

use crate::clock::Clock;
use crate::home::HomeError;
use crate::replica::{Openings, Replica, ReplicaConfig, Reserved, Weekday, WeeklyOpening};

/// Two times on each of four Tuesdays.
pub(super) const RESERVED: usize = 8;
const NOW: &str = "2027-03-02T09:50:00+01:00";

pub(in crate::portal::tests) const LOT: &str = "lot";
pub(in crate::portal::tests) const PUY: &str = "puy-leveque";
pub(in crate::portal::tests) const GRAMAT: &str = "gramat";
pub(in crate::portal::tests) const CPAM: &str = "cpam-46";
pub(super) const MEMBERS: [(&str, Role, u8); 4] =
    [(LOT, Role::Coordination, 1), (PUY, Role::Point, 2), (GRAMAT, Role::Point, 3), (CPAM, Role::Agency, 4)];

pub(super) fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub(super) fn writer(seed: u8) -> Writer {
    Writer { key: PublicKey(key(seed).verifying_key().to_bytes()), incarnation: Incarnation([seed; 8]) }
}

/// The key of a box that is no member's yet.
pub(in crate::portal::tests) fn new_key(seed: u8) -> PublicKey {
    writer(seed).key
}

pub(super) fn id(name: &str) -> MemberId {
    MemberId::new(name).expect("a name")
}

pub(super) fn clock() -> Clock {
    clock_after(0)
}

/// The clock so many weeks later.
pub(super) fn clock_after(weeks: u16) -> Clock {
    clock_later(i64::from(weeks) * 7 * 24 * 3_600_000)
}

pub(super) fn clock_later(later_ms: i64) -> Clock {
    let at: jiff::Timestamp = NOW.parse().expect("a time");
    let system = Clock::new(0, "Europe/Paris").expect("a zone").unix_ms();
    Clock::new(at.as_millisecond() + later_ms - system, "Europe/Paris").expect("a zone")
}

pub(super) fn founded() -> (Genesis, RootStatement, Batch) {
    let root = key(200);
    let genesis = Genesis { name: "Lot".to_owned(), root: PublicKey(root.verifying_key().to_bytes()) };
    let statement = RootStatement::sign(genesis.territory(), 1, writer(1), None, &root);
    let mut roster = Folio::new(genesis.territory(), roster_folio(writer(1)));
    for (name, role, seed) in MEMBERS {
        let enrolment =
            Enrolment { member: id(name), role, name: format!("Membre {name}"), place: None, key: writer(seed).key };
        roster.append(&Act::Enrol(enrolment), &key(1)).expect("room in the roster");
    }
    let batch = roster.after(0).expect("a signed head");
    (genesis, statement, batch)
}

fn description(role: Role) -> Description {
    match role {
        Role::Point => Description { booths: vec![(BoothId(1), "Cabine".to_owned())], ..Description::default() },
        Role::Coordination => Description::default(),
        Role::Agency => Description {
            home_page: Some("https://www.ameli.fr/assure".to_owned()),
            desks: vec![(1, "Guichet 1".to_owned())],
            services: vec![Service {
                id: id("carte-vitale"),
                name: "Carte Vitale".to_owned(),
                duration_min: 30,
                papers: vec!["Une photo d'identité récente".to_owned()],
            }],
            procedures: vec![Procedure {
                title: "Commander sa carte Vitale".to_owned(),
                keywords: vec!["carte vitale".to_owned(), "sécurité sociale".to_owned()],
                summary: "Elle est gratuite.".to_owned(),
                url: Some("https://www.ameli.fr/carte".to_owned()),
                service: Some(id("carte-vitale")),
            }],
            ..Description::default()
        },
    }
}

fn openings(role: Role) -> Openings {
    if role != Role::Agency {
        return Openings::default();
    }
    let days = vec![Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];
    let time = |text: &str| text.parse().expect("a time");
    Openings {
        weeks_ahead: 4,
        // From eight on: some of today's times are past at 09:50.
        weekly: vec![WeeklyOpening { desk: 1, days, from: time("08:00"), to: time("12:00"), step_min: 30 }],
        services: vec![(id("carte-vitale"), 30)],
        reserved: vec![Reserved { point: id(PUY), desk: 1, day: Weekday::Tuesday, from: time("10:00"), count: 2 }],
        closed: Arc::default(),
    }
}

/// A second desk on Tuesdays and Wednesdays, and a second service.
pub(super) fn pool(config: &mut ReplicaConfig) {
    let time = |text: &str| text.parse().expect("a time");
    let days = vec![Weekday::Tuesday, Weekday::Wednesday];
    let opening = WeeklyOpening { desk: 2, days, from: time("08:00"), to: time("12:00"), step_min: 30 };
    config.openings.weekly.push(opening);
    config.openings.services.push((id("attestation"), 30));
    let (name, papers) = ("Attestation de droits".to_owned(), Vec::new());
    let service = Service { id: id("attestation"), name, duration_min: 30, papers };
    config.description.services.push(service);
    config.description.desks.push((2, "Guichet 2".to_owned()));
}

pub(super) fn config(
    folder: &Path,
    (name, role, seed): (&str, Role, u8),
    (genesis, statement, roster): (Genesis, RootStatement, Batch),
) -> ReplicaConfig {
    ReplicaConfig {
        database: folder.join(format!("{name}.db")),
        key: key(seed),
        incarnation: Incarnation([seed; 8]),
        previous: None,
        genesis,
        statement,
        earlier: Vec::new(),
        rosters: vec![roster],
        description: description(role),
        openings: openings(role),
        policy: crdt_calendar::clerk::Policy::default(),
        clock: clock(),
        anew: None,
        keep_seen: Box::new(|| true),
        keep_life: Box::new(|_| Err(HomeError::Missing(PathBuf::new()))),
    }
}

/// The agency's replica alone, with other weekly hours.
pub(in crate::portal::tests) fn agency_with(
    folder: &Path,
    weekly: Vec<WeeklyOpening>,
) -> (Replica, std::thread::JoinHandle<()>) {
    let mut config = config(folder, MEMBERS[3], founded());
    config.openings.weekly = weekly;
    let (replica, _, thread) = Replica::start(config).expect("a replica");
    (replica, thread)
}
