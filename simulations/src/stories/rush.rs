// SPDX-License-Identifier: EUPL-1.2
//! Nine o'clock: every point wants the same first time, people click twice and change their minds, an
//! advisor is ill. Each learns what became of it.

use super::Story;
use crate::weather::Fault;

pub(super) const STORY: Story = Story {
    name: "rush",
    about: "nine o'clock: everybody wants the same times, clicks twice, changes their mind",
    days: 3,
    cast: (6, 1),
    deeds_a_day: 200,
    is_chain: false,
    faults: &[
        (Fault::Crowd, 3),
        (Fault::DoubleClick, 3),
        (Fault::Doubt, 3),
        (Fault::WalkIn, 3),
        (Fault::NoShow, 3),
        (Fault::Illness, 3),
        (Fault::Split, 1),
    ],
    script: |_| (),
};
