// SPDX-License-Identifier: EUPL-1.2
//! A long valley: each place hears only the next up and down, over slow lines that often carry one way
//! only. What the last point books passes through all the others.

use super::Story;
use crate::weather::Fault;

pub(super) const STORY: Story = Story {
    name: "valley",
    about: "few lines through neighbours, slow, often in one direction only",
    days: 2,
    cast: (6, 1),
    deeds_a_day: 120,
    is_chain: true,
    faults: &[(Fault::OneWay, 3), (Fault::Delay, 3), (Fault::Loss, 2), (Fault::Clog, 2), (Fault::Burst, 2)],
    script: |_| (),
};
