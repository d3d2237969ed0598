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

use crate::network::Link;
use crate::node::Node;
use crate::oracle::Violation;
use crate::seeds::{Dice, Weather};
use crate::world::{Event, Story, World};

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

/// The world of a seed, ready to run.
pub(crate) fn build(seed: u64, story: Story) -> Result<World, Violation> {
    let mut dice = Dice::new(seed);
    let weather = Weather::draw(&mut dice);
    let root = SigningKey::from_bytes(&dice.bytes());
    let genesis = Genesis { name: "Lot".into(), root: crdt_calendar::ids::PublicKey(root.verifying_key().to_bytes()) };
    let nodes = cast(&mut dice, weather)?;
    let statement = RootStatement::sign(genesis.territory(), 1, nodes[0].writer(), None, &root);
    // Some worlds cross a Monday, some a midnight, some neither.
    let start = WEEK.start().plus_min(dice.one_of([6 * 60, 2 * 1440 + 720, 6 * 1440 + 720]) as u32);
    let mut world = World::empty(dice, weather, (genesis, statement), start, story);
    world.nodes = nodes;
    world.tell(|| format!("{weather:?}"));
    for place in 0..world.nodes.len() {
        let node = &mut world.nodes[place];
        node.start(&world.papers, start, 0).map_err(|text| Violation::new("world", text))?;
    }
    draw_lines(&mut world);
    found(&mut world)?;
    Ok(world)
}

fn cast(dice: &mut Dice, weather: Weather) -> Result<Vec<Node>, Violation> {
    let mut names = vec![("departement".to_owned(), Role::Coordination)];
    names.extend((1..=weather.agencies).map(|number| (format!("agence-{number}"), Role::Agency)));
    names.extend((1..=weather.points).map(|number| (format!("point-{number}"), Role::Point)));
    let mut nodes = Vec::with_capacity(names.len());
    for (name, role) in names {
        let member = MemberId::new(&name).map_err(|error| Violation::new("world", error.to_string()))?;
        let key = SigningKey::from_bytes(&dice.bytes());
        nodes.push(Node::new(member, role, key, Incarnation(dice.bytes())));
    }
    Ok(nodes)
}

/// A ring, and a few lines across it.
fn draw_lines(world: &mut World) {
    let count = world.nodes.len();
    let mut pairs: Vec<[usize; 2]> = (0..count).map(|place| [place, (place + 1) % count]).collect();
    for a in 0..count {
        for b in a + 2..count {
            if world.dice.chance(250) && !(a == 0 && b + 1 == count) {
                pairs.push([a, b]);
            }
        }
    }
    for ends in pairs {
        let delay_ms = world.dice.between(5, world.weather.delay_ms);
        world.links.push(Link::new(ends, delay_ms));
        let place = world.links.len() - 1;
        let in_ms = world.dice.below(20_000);
        world.later(in_ms, Event::Connect(place));
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

fn description(role: Role) -> Description {
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

/// What an agency opens on a day: two desks of eight slots, few enough to be fought over.
pub(crate) fn openings(start: UtcMinute, day: u32) -> Vec<OpeningPlan> {
    let midnight = UtcMinute(start.0 - start.0 % 1440).plus_min(day * 1440);
    (1..=2)
        .map(|desk| OpeningPlan {
            desk,
            minutes: Span { from: midnight.plus_min(8 * 60 + u32::from(desk) * 180), length_min: 8 * STEP_MIN },
            step_min: STEP_MIN,
            services: services(),
        })
        .collect()
}
