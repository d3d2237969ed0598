// SPDX-License-Identifier: EUPL-1.2
//! A territory with a full calendar: 30 points and 12 agencies, 16 weeks, written by the calendar's core with the keys
//! of real boxes, and laid into their databases by the store.
//!
//! Each agency opens some desks, five if nothing else is said, from eight to one on all days, in slots of twenty minutes, and passes each desk's times
//! on to one point; a point books in two booths. It may open three times more in the evening, which it keeps. Everything counts: a node that reads it verifies and folds it as
//! what members wrote.

use std::error::Error;
use std::path::{Path, PathBuf};

use crdt_calendar::act::{Act, Description, Run, Service};
use crdt_calendar::envelope::{self, Binding, WeekSecret};
use crdt_calendar::folio::Folio;
use crdt_calendar::ids::{ActRef, BoothId, DeskId, FolioId, Leaf, MemberId, PublicKey, SlotId, TerritoryId, Writer};
use crdt_calendar::time::{IsoWeek, Span, UtcMinute};
use hameau_node::clock::Clock;
use hameau_node::home::Home;
use hameau_node::replica::Details;
use hameau_node::run::papers;
use hameau_node::store::Store;
use hameau_tests::hand::Village;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

pub(crate) const POINTS: usize = 30;
pub(crate) const AGENCIES: usize = 12;
const DAYS: u32 = 7;
/// From eight to one, by twenty minutes.
const SLOTS_A_DAY: u16 = 15;
/// At nine in the evening, of UTC.
const EVENING_AT_MIN: u32 = 21 * 60;
/// Times of an evening that the agency keeps.
pub(crate) const FREE_A_DAY: u16 = 3;
const STEP_MIN: u16 = 20;
const OPENS_AT_MIN: u32 = 8 * 60;
const WEEKS_PAST: u16 = 2;
const WEEKS: u16 = 16;

/// One booking, as a page shows it.
#[derive(Debug, Clone)]
pub(crate) struct Booked {
    pub(crate) point: usize,
    pub(crate) agency: usize,
    pub(crate) desk: u8,
    pub(crate) from: UtcMinute,
    pub(crate) booth: u8,
    pub(crate) name: String,
    pub(crate) envelope: Vec<u8>,
}

struct Member {
    id: MemberId,
    home: Home,
    writer: Writer,
}

/// What agencies are like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    /// Whether they keep times of each evening, which anyone may ask for.
    pub(crate) has_evenings: bool,
    /// Desks of each.
    pub(crate) desks: usize,
}

/// Boxes, folios and what is booked.
pub(crate) struct Territory {
    village: Village,
    members: Vec<Member>,
    folios: Vec<Folio>,
    pub(crate) booked: Vec<Booked>,
    shape: Shape,
}

/// What one week comes to.
struct Week {
    folios: Vec<Folio>,
    booked: Vec<Booked>,
}

impl Territory {
    /// Enrols all members, and books so much.
    pub(crate) async fn new(bookings: usize) -> Result<Self, Box<dyn Error>> {
        Self::with(bookings, Shape { has_evenings: false, desks: 5 }).await
    }

    /// The same, with agencies of this shape.
    pub(crate) async fn with(bookings: usize, shape: Shape) -> Result<Self, Box<dyn Error>> {
        let village = Village::founded().await;
        let centre = village.at("centre");
        let mut members = Vec::new();
        for number in 0..POINTS + AGENCIES {
            let (name, role) = match number.checked_sub(POINTS) {
                None => (format!("point-{number}"), "point"),
                Some(number) => (format!("agence-{number}"), "agency"),
            };
            village.enrolled(&name, role, &centre).await;
            let home = Home::open(&village.at(&name))?;
            let writer = Writer { key: home.public_key()?, incarnation: home.incarnation()? };
            members.push(Member { id: MemberId::new(&name)?, home, writer });
        }
        let last = members.last().ok_or("no member")?;
        let papers = papers(&last.home)?;
        let territory = papers.genesis.territory();
        let mut folios = Vec::new();
        for roster in &papers.rosters {
            let mut folio = Folio::new(territory, roster.folio);
            folio.accept(roster)?;
            folios.push(folio);
        }
        for (number, member) in members.iter().enumerate() {
            let mut profile = Folio::new(territory, FolioId { writer: member.writer, leaf: Leaf::Profile });
            profile.append(&Act::Begin { previous: None }, &member.home.key()?)?;
            if number >= POINTS {
                profile.append(&Act::Describe(agency_description()), &member.home.key()?)?;
            }
            folios.push(profile);
        }
        let mut it = Self { village, members, folios, booked: Vec::new(), shape };
        it.fill(territory, bookings)?;
        Ok(it)
    }

    /// Two weeks past, this one, and what is to come. Weeks do not touch each other: each core writes some.
    fn fill(&mut self, territory: TerritoryId, bookings: usize) -> Result<(), Box<dyn Error>> {
        let now = Clock::new(0, "Europe/Paris")?.minute().week();
        let weeks: Vec<IsoWeek> = (0..WEEKS).map(|week| IsoWeek(now.0 - WEEKS_PAST + week)).collect();
        let (each, over) = (bookings / weeks.len(), bookings % weeks.len());
        let this: &Self = self;
        let written = std::thread::scope(|scope| {
            let halves = weeks.chunks(weeks.len().div_ceil(2)).map(|half| {
                scope.spawn(move || {
                    let count = |week: IsoWeek| each + if week == now { over } else { 0 };
                    half.iter().map(|week| this.week(territory, *week, count(*week))).collect::<Result<Vec<_>, _>>()
                })
            });
            let halves: Vec<_> = halves.collect();
            halves.into_iter().map(|half| half.join().map_err(|_| "a week fails".to_owned())?).collect::<Vec<_>>()
        });
        for half in written {
            for week in half? {
                self.folios.extend(week.folios);
                self.booked.extend(week.booked);
            }
        }
        Ok(())
    }

    fn week(&self, territory: TerritoryId, week: IsoWeek, count: usize) -> Result<Week, String> {
        let told = |error: &dyn std::fmt::Display| error.to_string();
        let keys = self.members.iter().map(|it| it.home.key()).collect::<Result<Vec<_>, _>>();
        let keys = keys.map_err(|error| told(&error))?;
        let id = |member: &Member| FolioId { writer: member.writer, leaf: Leaf::Week(week) };
        let mut folios: Vec<Folio> = self.members.iter().map(|it| Folio::new(territory, id(it))).collect();
        let mut opens = Vec::new();
        let (desks, lanes) = (self.shape.desks, AGENCIES * self.shape.desks);
        for lane in 0..lanes {
            let (agency, point) = (POINTS + lane / desks, lane % POINTS);
            for day in 0..DAYS {
                let desk = DeskId {
                    home: self.members[agency].id.clone(),
                    number: u8::try_from(lane % desks + 1).unwrap_or(1),
                };
                let key = secret(self.members[agency].writer.key, week).public();
                if self.shape.has_evenings {
                    let from = week.start().plus_min(day * 1440 + EVENING_AT_MIN);
                    let evening = open(Span { from, length_min: FREE_A_DAY * STEP_MIN }, desk.clone(), key);
                    folios[agency].append(&evening, &keys[agency]).map_err(|error| told(&error))?;
                }
                let day = Span { from: at(week, day, 0), length_min: SLOTS_A_DAY * STEP_MIN };
                let act = folios[agency].append(&open(day, desk, key), &keys[agency]).map_err(|error| told(&error))?;
                let open = ActRef { folio: folios[agency].id(), act };
                let run = Run { open, tenures: (0..SLOTS_A_DAY).map(|index| (index, 1)).collect() };
                let grant = Act::Grant { run, to: self.members[point].writer, ask: None };
                folios[agency].append(&grant, &keys[agency]).map_err(|error| told(&error))?;
                opens.push(open);
            }
        }
        let mut booked = Vec::new();
        let mut rng = ChaCha20Rng::from_seed([u8::try_from(week.0 % 251).unwrap_or(0); 32]);
        let times = usize::from(SLOTS_A_DAY) * DAYS as usize;
        let step = (times * lanes / count.max(1)).max(1);
        // One more than there are: so that a tenth of the times is a tenth of every lane.
        let chosen = (0..times * lanes).filter(|it| (it / lanes * (lanes + 1) + it % lanes).is_multiple_of(step));
        for it in chosen.take(count) {
            let (time, lane) = (it / lanes, it % lanes);
            let (day, index) = (time / usize::from(SLOTS_A_DAY), time % usize::from(SLOTS_A_DAY));
            let (agency, point) = (lane / desks, lane % POINTS);
            let open = opens[lane * DAYS as usize + day];
            let mut it = Booked {
                point,
                agency,
                desk: u8::try_from(lane % desks + 1).unwrap_or(1),
                from: at(week, u32::try_from(day).unwrap_or(0), u16::try_from(index).unwrap_or(0)),
                booth: u8::try_from(lane / POINTS + 1).unwrap_or(1),
                name: format!("Essai {point}-{time}"),
                envelope: Vec::new(),
            };
            let slot = SlotId { open, index: u16::try_from(index).unwrap_or(0) };
            let home = secret(self.members[POINTS + agency].writer.key, week).public();
            let own = secret(self.members[point].writer.key, week);
            it.envelope = sealed(&it, &folios[point], slot, &home, &own, &mut rng).map_err(|error| told(&error))?;
            folios[point].append(&book(&it, slot), &keys[point]).map_err(|error| told(&error))?;
            booked.push(it);
        }
        if booked.len() != count {
            return Err(format!("only {} of {count} bookings find a time", booked.len()));
        }
        Ok(Week { folios, booked })
    }

    /// A box's folder by its number: points first, then agencies.
    pub(crate) fn home(&self, number: usize) -> PathBuf {
        self.members[number].home.path().to_owned()
    }

    /// Lays everything into a box's database, with its own week secrets.
    pub(crate) fn lay(&self, number: usize) -> Result<PathBuf, Box<dyn Error>> {
        let member = &self.members[number];
        self.lay_at(&member.home.path().join("hameau.db"), member.writer)?;
        Ok(self.home(number))
    }

    /// Lays everything into the coordination's database.
    pub(crate) fn lay_at_centre(&self) -> Result<(), Box<dyn Error>> {
        let home = Home::open(&self.village.at("centre"))?;
        let writer = Writer { key: home.public_key()?, incarnation: home.incarnation()? };
        self.lay_at(&home.file("hameau.db"), writer)
    }

    fn lay_at(&self, database: &Path, writer: Writer) -> Result<(), Box<dyn Error>> {
        let mut store = Store::open(database)?;
        let weeks = self.folios.iter().filter_map(|folio| match folio.id() {
            FolioId { writer: it, leaf: Leaf::Week(week) } if it == writer => Some(week),
            _ => None,
        });
        let secrets: Vec<(u16, [u8; 32])> = weeks.map(|week| (week.0, *secret(writer.key, week).bytes())).collect();
        store.keep(self.folios.iter().map(|folio| (folio, 0)), &secrets, None)?;
        Ok(())
    }

    /// From now on others find this box where its settings say that it listens.
    pub(crate) fn tell_address(&mut self, number: usize) -> Result<(), Box<dyn Error>> {
        let member = &self.members[number];
        let settings = std::fs::read_to_string(member.home.file("node.toml"))?;
        let mesh = settings.lines().find(|line| line.starts_with("mesh_listen")).ok_or("no address")?;
        let mesh = mesh.split('"').skip(1).step_by(2).map(str::to_owned).collect();
        let profile = FolioId { writer: member.writer, leaf: Leaf::Profile };
        let profile = self.folios.iter_mut().find(|folio| folio.id() == profile).ok_or("no profile")?;
        profile.append(&Act::Reachable { mesh, link: Vec::new() }, &member.home.key()?)?;
        Ok(())
    }

    /// The boxes' folders, and the coordination.
    pub(crate) fn village(&self) -> &Village {
        &self.village
    }

    /// Where files may lie that go with it.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        Path::new(&self.village.file(name)).to_owned()
    }
}

fn at(week: IsoWeek, day: u32, index: u16) -> UtcMinute {
    week.start().plus_min(day * 1440 + OPENS_AT_MIN + u32::from(index * STEP_MIN))
}

/// What a box seals with in a week: as random here as a key.
fn secret(key: PublicKey, week: IsoWeek) -> WeekSecret {
    let mut bytes = key.0;
    bytes[0] ^= week.0.to_be_bytes()[0];
    bytes[1] ^= week.0.to_be_bytes()[1];
    WeekSecret::new(bytes)
}

fn service() -> MemberId {
    MemberId::new("carte").expect("a name")
}

fn agency_description() -> Description {
    let papers = Vec::new();
    let service = Service { id: service(), name: "Carte".to_owned(), duration_min: STEP_MIN, papers };
    Description { services: vec![service], ..Description::default() }
}

fn open(minutes: Span, desk: DeskId, week_key: [u8; 32]) -> Act {
    Act::Open { desk, minutes, step_min: STEP_MIN, services: vec![(service(), STEP_MIN)], week_key }
}

fn minutes(it: &Booked) -> Span {
    Span { from: it.from, length_min: STEP_MIN }
}

fn sealed(
    it: &Booked,
    folio: &Folio,
    slot: SlotId,
    home: &[u8; 32],
    own: &WeekSecret,
    rng: &mut ChaCha20Rng,
) -> Result<Vec<u8>, Box<dyn Error>> {
    let act = folio.seq() + 1;
    let appointment = ActRef { folio: folio.id(), act };
    let (service, slots) = (service(), vec![slot]);
    let binding = Binding { folio: folio.id(), act, appointment, minutes: minutes(it), service, slots };
    let details = Details::new(&it.name, "", "Une demande de carte")?;
    Ok(envelope::seal(&details.to_bytes(), &binding, home, own, rng)?)
}

fn book(it: &Booked, slot: SlotId) -> Act {
    Act::Book {
        run: Run { open: slot.open, tenures: vec![(slot.index, 1)] },
        minutes: minutes(it),
        booth: BoothId(it.booth),
        service: service(),
        envelope: it.envelope.clone(),
    }
}
