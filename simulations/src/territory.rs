// SPDX-License-Identifier: EUPL-1.2
//! How a world begins: a coordination, some agencies with desks, some points with booths, and lines.
//!
//! Every two nodes are joined by some path, seldom directly: acts flow through neighbours.

use crdt_calendar::act::{Description, Enrolment, Role, Service};
use crdt_calendar::clerk::OpeningPlan;
use crdt_calendar::ids::{BoothId, Incarnation, MemberId, ServiceId};
use crdt_calendar::roster::{Genesis, RootStatement};
use crdt_calendar::time::{IsoWeek, Span, UtcMinute};
use ed25519_dalek::SigningKey;

use crate::dice::{Dice, Luck};
use crate::network::Link;
use crate::node::Node;
use crate::oracle::Violation;
use crate::weather::{Fault, Weather};
use crate::world::{Event, World};

/// The week of Monday 1 March 2027.
const WEEK: IsoWeek = IsoWeek(2_983);
/// Length of a slot.
const STEP_MIN: u16 = 30;

/// The services of every agency: one slot, and two.
pub(crate) fn services() -> Vec<(ServiceId, u16)> {
    [("carte-vitale", STEP_MIN), ("retraite", 2 * STEP_MIN)]
        .into_iter()
        .filter_map(|(name, minutes)| Some((ServiceId::new(name).ok()?, minutes)))
        .collect()
}

/// A world of this weather, ready to run.
pub(crate) fn build(mut luck: Luck, weather: Weather, is_told: bool) -> Result<World, Violation> {
    let root = SigningKey::from_bytes(&luck.cast.bytes());
    let genesis = Genesis { name: "Lot".into(), root: crdt_calendar::ids::PublicKey(root.verifying_key().to_bytes()) };
    let nodes = cast(&mut luck.cast, &weather)?;
    let statement = RootStatement::sign(genesis.territory(), 1, nodes[0].writer(), None, &root);
    // Some worlds cross a Monday, some a midnight, some neither.
    let start = WEEK.start().plus_min(luck.cast.one_of([6 * 60, 2 * 1440 + 720, 6 * 1440 + 720]));
    let mut world = World::empty(luck, weather, (genesis, statement), root, start);
    world.nodes = nodes;
    world.is_told = is_told;
    world.tell(|| world.weather.to_string());
    for place in 0..world.nodes.len() {
        let node = &mut world.nodes[place];
        if node.is_villain {
            world.oracle.accuse(node.public(), &node.member);
        }
        node.start(&world.papers, start, 0).map_err(|text| Violation::new("world", text))?;
    }
    if world.weather.has(Fault::Equivocate) {
        let liars: Vec<_> =
            world.nodes.iter().filter(|node| node.is_villain).map(|it| (it.public(), it.member.clone())).collect();
        liars.into_iter().for_each(|(key, member)| world.oracle.doubt(key, &member));
    }
    draw_lines(&mut world);
    found(&mut world)?;
    world.remember()?;
    Ok(world)
}

fn cast(dice: &mut Dice, weather: &Weather) -> Result<Vec<Node>, Violation> {
    let mut names = vec![("departement".to_owned(), Role::Coordination)];
    names.extend((1..=weather.agencies).map(|number| (format!("agence-{number}"), Role::Agency)));
    names.extend((1..=weather.points).map(|number| (format!("point-{number}"), Role::Point)));
    let villains = names.len();
    if weather.has_villains() {
        names.push(("point-ruse".to_owned(), Role::Point));
        names.push(("agence-rusee".to_owned(), Role::Agency));
    }
    let mut nodes = Vec::with_capacity(names.len());
    for (place, (name, role)) in names.into_iter().enumerate() {
        let member = MemberId::new(&name).map_err(|error| Violation::new("world", error.to_string()))?;
        let key = SigningKey::from_bytes(&dice.bytes());
        let mut node = Node::new(member, role, key, Incarnation(dice.bytes()));
        node.is_villain = place >= villains;
        node.release_before_min = dice.one_of([0, 60, 1_440]);
        node.is_upgraded = weather.has(Fault::Upgrade) && place % 2 == 1 && !node.is_villain;
        nodes.push(node);
    }
    Ok(nodes)
}

/// A ring, and a few lines across it.
fn draw_lines(world: &mut World) {
    let count = world.nodes.len();
    // Some three lines a node, however many nodes.
    let across_per_mille = 250.min(2_000 / count as u64);
    let is_chain = world.weather.is_chain;
    let ring = (0..count).map(|place| [place, (place + 1) % count]).filter(|pair| !is_chain || pair[1] > 0);
    let mut pairs: Vec<[usize; 2]> = ring.collect();
    for a in 0..count {
        for b in a + 2..count {
            if !is_chain && world.luck.cast.chance(across_per_mille) && !(a == 0 && b + 1 == count) {
                pairs.push([a, b]);
            }
        }
    }
    for ends in pairs {
        let longest_ms = world.weather.of(Fault::Delay, world.weather.delay_ms, [600, 1_500, 3_000]);
        let delay_ms = world.luck.cast.between(5, longest_ms);
        world.links.push(Link::new(ends, delay_ms));
        let link = world.links.len() - 1;
        let in_ms = world.luck.cast.below(20_000);
        world.later(in_ms, Event::Connect { link, tries: 0 });
    }
}

/// Everybody is enrolled, begins, says what it is; agencies open their desks and pass some slots on.
fn found(world: &mut World) -> Result<(), Violation> {
    let failed = |error: &dyn core::fmt::Display| Violation::new("world", error.to_string());
    for place in 0..world.nodes.len() {
        let node = &world.nodes[place];
        let (member, role, key) = (node.member.clone(), node.role, node.public());
        let enrolment = Enrolment { name: member.to_string(), member, role, place: None, key };
        world.call(0, |clerk, now| clerk.enrol(now, enrolment))?.map_err(|error| failed(&error))?;
    }
    for place in 0..world.nodes.len() {
        let description = description(world.nodes[place].role);
        world.call(place, |clerk, now| clerk.begin(now, None))?.map_err(|error| failed(&error))?;
        world.call(place, |clerk, now| clerk.describe(now, description))?.map_err(|error| failed(&error))?;
    }
    // An agency opens as soon as the roster has reached it; in a world, that is the first deed.
    for place in 0..world.nodes.len() {
        if world.nodes[place].role == Role::Agency {
            for day in 0..3 {
                world.later(120_000 + day, Event::Opening { node: place, day: u32::try_from(day).unwrap_or(0) });
            }
        }
    }
    Ok(())
}

/// What a member of this kind says of itself.
pub(crate) fn description(role: Role) -> Description {
    let services = services().into_iter().map(|(id, duration_min)| Service {
        name: id.to_string(),
        id,
        duration_min,
        papers: Vec::new(),
    });
    match role {
        Role::Point => Description {
            booths: (1..=2).map(|number| (BoothId(number), format!("cabine {number}"))).collect(),
            ..Description::default()
        },
        Role::Agency => Description { services: services.collect(), ..Description::default() },
        Role::Coordination => Description::default(),
    }
}

/// What an agency opens on a day: two desks of eight slots, few enough to be fought over, and two hours
/// in which people are seen as they come.
pub(crate) fn openings(start: UtcMinute, day: u32) -> Vec<OpeningPlan> {
    let midnight = UtcMinute(start.0 - start.0 % 1440).plus_min(day * 1440);
    let desk = |number: u8, hour: u32, length_min, step_min| OpeningPlan {
        desk: number,
        minutes: Span { from: midnight.plus_min(hour * 60), length_min },
        step_min,
        services: services(),
    };
    vec![desk(1, 11, 8 * STEP_MIN, STEP_MIN), desk(2, 14, 8 * STEP_MIN, STEP_MIN), desk(3, 9, 120, 0)]
}
