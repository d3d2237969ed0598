// SPDX-License-Identifier: MIT OR Apache-2.0
//! Any act that a member might write, about few slots, so that acts meet.

use crdt_calendar::act::{Act, Description, Fate, Leg};
use crdt_calendar::ids::BoothId;
use proptest::prelude::*;

use super::{
    agency, ask, ask_legs, at, book, cancel, grant, grant_for, left, nine, open_at, refuse, release, right, run, take,
    take_keeping, void,
};

/// One act; most often of those that give, book and take.
pub(crate) fn some_act() -> impl Strategy<Value = Act> {
    let tenures = || {
        (0_u16..4, 1_u16..3, 1_u16..3)
            .prop_map(|(from, number, count)| (from..from + count).map(|index| (index, number)).collect::<Vec<_>>())
    };
    let who = || prop_oneof![Just(left()), Just(right())];
    let number = || 1_u32..10;
    prop_oneof![
        3 => (1_u8..3, 0_u16..3, 1_u16..5).prop_map(|(desk, from, count)| open_at(desk, nine(from, count))),
        6 => (tenures(), who()).prop_map(|(it, to)| grant(&it, &to)),
        4 => (tenures(), who(), number()).prop_map(|(it, to, ask)| grant_for(&it, &to, ask)),
        2 => (tenures(), who()).prop_map(|(it, from)| take(&it, &from)),
        1 => (tenures(), who(), number()).prop_map(|(it, from, act)| take_keeping(&it, &from, act)),
        1 => tenures().prop_map(|it| void(&it)),
        1 => tenures().prop_map(|it| Act::Close { run: run(&it) }),
        1 => (who(), number()).prop_map(|(of, ask)| refuse(&of, ask)),
        8 => (tenures(), 1_u8..3).prop_map(|(it, booth)| book(&it, booth)),
        6 => (0_u16..6, 1_u8..3).prop_map(|(index, booth)| ask(index, booth)),
        1 => (0_u16..6, 1_u8..3).prop_map(|(index, booth)| ask_legs(vec![Leg::Pool { home: agency().name }], nine(index, 1), booth)),
        2 => number().prop_map(cancel),
        1 => number().prop_map(|ask| Act::Drop { ask }),
        2 => tenures().prop_map(|it| release(&it)),
        1 => (who(), number(), 1_u8..3).prop_map(|(of, act, booth)| Act::Amend { target: at(&of, act), booth: Some(BoothId(booth)), minutes: None, envelope: None }),
        1 => (who(), number()).prop_map(|(of, act)| Act::Outcome { target: at(&of, act), fate: Fate::Kept, minutes: 30 }),
        1 => any::<[u8; 3]>().prop_map(|body| Act::Unknown { kind: 200, touches: Default::default(), body: body.to_vec() }),
        1 => who().prop_map(|it| it.enrolment()),
        1 => prop::option::of(who()).prop_map(|it| Act::Begin { previous: it.map(|it| it.writer) }),
        1 => "[a-z]{1,9}".prop_map(|site| Act::Describe(Description { home_page: Some(site), ..Description::default() })),
    ]
}
