// SPDX-License-Identifier: EUPL-1.2
//! Everything that can break breaks, on the same day, and two members mean harm.

use super::Story;
use crate::weather::Fault;

pub(super) const STORY: Story = Story {
    name: "storm",
    about: "everything breaks at once, and two members mean harm",
    days: 1,
    cast: (5, 2),
    deeds_a_day: 150,
    is_chain: false,
    faults: &[
        (Fault::Loss, 2),
        (Fault::Burst, 2),
        (Fault::Delay, 2),
        (Fault::Duplicate, 2),
        (Fault::Replay, 2),
        (Fault::Reorder, 1),
        (Fault::Damage, 2),
        (Fault::Clog, 2),
        (Fault::Split, 2),
        (Fault::OneWay, 2),
        (Fault::Crash, 3),
        (Fault::Torn, 2),
        (Fault::Pause, 2),
        (Fault::Clone, 1),
        (Fault::Restore, 1),
        (Fault::Upgrade, 1),
        (Fault::Skew, 3),
        (Fault::Drift, 2),
        (Fault::Jump, 2),
        (Fault::Strobe, 1),
        (Fault::Crowd, 2),
        (Fault::DoubleClick, 2),
        (Fault::Doubt, 2),
        (Fault::Illness, 1),
        (Fault::Forge, 2),
        (Fault::Equivocate, 1),
        (Fault::Grab, 2),
        (Fault::Regrant, 2),
        (Fault::Misplace, 2),
        (Fault::Bomb, 1),
        (Fault::Flood, 1),
    ],
    script: |_| (),
};
