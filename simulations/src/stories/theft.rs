// SPDX-License-Identifier: EUPL-1.2
//! A running box is stolen, and the thief writes with its key; later the coordination's box is stolen
//! too. The coordination revokes and replaces, homes settle, the root names another coordination: what
//! the thieves wrote counts for nothing beyond what homes had read, and nobody else's appointment falls.

use super::Story;
use crate::weather::Fault;
use crate::world::{Event, HOUR_MS, World};

pub(super) const STORY: Story = Story {
    name: "theft",
    about: "boxes are stolen and used, revoked and replaced; the root names another coordination",
    days: 2,
    cast: (5, 2),
    deeds_a_day: 120,
    is_chain: false,
    faults: &[(Fault::Split, 1), (Fault::Crash, 1), (Fault::Loss, 1)],
    script,
};

fn script(world: &mut World) {
    for hour in [8, 20] {
        world.at(hour * HOUR_MS, Event::Script(World::steal_a_box));
    }
    world.at(26 * HOUR_MS, Event::Script(World::steal_the_coordination));
}
