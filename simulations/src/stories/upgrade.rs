// SPDX-License-Identifier: EUPL-1.2
//! Every second box runs a later version and writes acts that the others do not know, about slots that
//! all share. Those slots are offered nowhere, the acts travel on, and everybody shows the same.

use super::Story;
use crate::weather::Fault;

pub(super) const STORY: Story = Story {
    name: "upgrade",
    about: "old and new versions together: unknown acts travel on, what they touch is not bookable",
    days: 2,
    cast: (5, 2),
    deeds_a_day: 120,
    is_chain: false,
    faults: &[(Fault::Upgrade, 3), (Fault::Crash, 3), (Fault::Split, 2), (Fault::Loss, 1)],
    script: |_| (),
};
