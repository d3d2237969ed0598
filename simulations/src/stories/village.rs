// SPDX-License-Identifier: EUPL-1.2
//! A village is cut off for thirty days: a landslide took the only cable.
//!
//! Before, each agency passed it some slots of every day to come. It goes on confirming on those, asks
//! for others, and is answered when the line is back. Nobody is booked twice.

use super::Story;
use crate::oracle::Violation;
use crate::weather::Fault;
use crate::world::{DAY_MS, Event, HOUR_MS, World};

pub(super) const STORY: Story = Story {
    name: "village",
    about: "a village is cut off for 30 days and goes on booking on the slots that it holds",
    days: 32,
    cast: (4, 1),
    deeds_a_day: 20,
    is_chain: false,
    faults: &[(Fault::Loss, 1), (Fault::Crash, 1), (Fault::Skew, 1)],
    script,
};

fn script(world: &mut World) {
    for hour in 3..23 {
        world.at(hour * HOUR_MS, Event::Script(reserve_for_the_village));
    }
    world.at(DAY_MS, Event::Script(landslide));
    for day in 1..31 {
        world.at(day * DAY_MS + 3 * HOUR_MS, Event::Script(the_village_books));
    }
}

/// The last point.
fn village(world: &World) -> usize {
    world.nodes.len() - 1
}

fn landslide(world: &mut World) -> Result<(), Violation> {
    let place = village(world);
    world.cut_off(place, 30 * DAY_MS);
    Ok(())
}

fn reserve_for_the_village(world: &mut World) -> Result<(), Violation> {
    let to = world.nodes[village(world)].writer();
    if world.nodes[1].clerk.is_some() { world.reserve(1, Some(to)) } else { Ok(()) }
}

fn the_village_books(world: &mut World) -> Result<(), Violation> {
    let place = village(world);
    if world.nodes[place].clerk.is_some() { world.book(place, 1) } else { Ok(()) }
}
