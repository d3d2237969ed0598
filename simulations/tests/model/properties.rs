// SPDX-License-Identifier: EUPL-1.2
//! What must always hold, and what must be reached at least once for that to mean anything.

use stateright::Property;

use crate::deed::Deed;
use crate::reading::{BOOTH_TWICE, DESK_TWICE, TENURE_TWICE};
use crate::state::{POINTS, SLOTS, State};
use crate::steps::World;

/// All of them.
pub(crate) fn all() -> Vec<Property<World>> {
    vec![
        Property::always("no desk twice, all folios together", |it, s| together(it, s, DESK_TWICE)),
        Property::always("no booth twice, all folios together", |it, s| together(it, s, BOOTH_TWICE)),
        Property::always("one open tenure a slot", |it, s| together(it, s, TENURE_TWICE)),
        Property::always("no desk twice over what points show as their own", no_promise_twice),
        Property::always("no booth twice in what a point shows as its own", no_booth_twice),
        Property::always("nothing twice for who heard the points first", gossip_is_right),
        Property::always("other points' folios change nothing for a point", others_are_nothing),
        Property::sometimes("booked in advance, the agency not knowing yet", booked_unread),
        Property::sometimes("ask granted", |it, s: &State| (0..POINTS).any(|point| granted(it, s, point))),
        Property::sometimes("ask refused with an alternative", |_, s| {
            home_has(s, |deed| matches!(deed, Deed::Refuse { alternative: true, .. }))
        }),
        Property::sometimes("ask refused without", |_, s| {
            home_has(s, |deed| matches!(deed, Deed::Refuse { alternative: false, .. }))
        }),
        Property::sometimes("two points asked for one slot, one is confirmed", two_asked),
        Property::sometimes("booked in the second tenure", |it, s| booked_in(it, s, 2)),
        Property::sometimes("booked in the third tenure", |it, s| booked_in(it, s, 3)),
        Property::sometimes("voided, the point not having heard", voided_unheard),
        Property::sometimes("a release crosses a void", release_crosses_void),
        Property::sometimes("a cancel crosses the grant of its ask", cancel_crosses_grant),
        Property::sometimes("closed after a tenure", |_, s: &State| {
            s.home.iter().any(|chain| chain.tenures() > 0 && chain.deeds().contains(&Deed::Close))
        }),
        Property::sometimes("a crash lost an act", |_, s: &State| s.crashed),
        Property::sometimes("a booking waits for the grant that is not here", |it: &World, s: &State| {
            (0..POINTS).any(|point| it.read(&s.at_gossip(point)).waits)
        }),
        Property::sometimes("all three points confirmed or asking", everybody_busy),
    ]
}

fn together(world: &World, state: &State, wrong: u8) -> bool {
    world.read(&state.together()).wrong & wrong == 0
}

fn booked_in(world: &World, state: &State, tenure: u16) -> bool {
    world.read(&state.together()).tenure == tenure
}

/// What each point shows as its own confirmed appointments.
fn promises(world: &World, state: &State) -> [[bool; SLOTS]; POINTS] {
    core::array::from_fn(|point| world.read(&state.at_point(point)).mine[point].confirmed)
}

fn no_promise_twice(world: &World, state: &State) -> bool {
    let promises = promises(world, state);
    (0..SLOTS).all(|slot| promises.iter().filter(|mine| mine[slot]).count() <= 1)
}

/// A point has one booth, and both slots are at the same minutes.
fn no_booth_twice(world: &World, state: &State) -> bool {
    promises(world, state).iter().all(|mine| !(mine[0] && mine[1]))
}

fn gossip_is_right(world: &World, state: &State) -> bool {
    (0..POINTS).all(|point| world.read(&state.at_gossip(point)).wrong == 0)
}

fn others_are_nothing(world: &World, state: &State) -> bool {
    let mine = |held, point: usize| world.read(&held).mine[point];
    (0..POINTS).all(|point| mine(state.at_point(point), point) == mine(state.at_gossip(point), point))
}

fn booked_unread(world: &World, state: &State) -> bool {
    let promises = promises(world, state);
    (0..POINTS).any(|point| {
        let unread = &state.points[point].deeds()[usize::from(state.read[point])..];
        unread.iter().any(|deed| matches!(deed, Deed::Book { slot, .. } if promises[point][usize::from(*slot)]))
    })
}

fn granted(world: &World, state: &State, point: usize) -> bool {
    let asked = state.points[point].ask();
    asked.is_some_and(|(_, slot)| world.read(&state.together()).mine[point].confirmed[usize::from(slot)])
}

fn home_has(state: &State, is: impl Fn(&Deed) -> bool) -> bool {
    state.home.iter().any(|chain| chain.deeds().iter().any(&is))
}

fn two_asked(world: &World, state: &State) -> bool {
    let asked = |point: usize| state.points[point].ask().map(|(_, slot)| slot);
    (0..POINTS).any(|one| {
        let other = (0..POINTS).any(|other| other != one && asked(other).is_some() && asked(other) == asked(one));
        other && granted(world, state, one)
    })
}

fn voided_unheard(world: &World, state: &State) -> bool {
    let truth = world.read(&state.together());
    let promises = promises(world, state);
    (0..POINTS).any(|point| (0..SLOTS).any(|slot| promises[point][slot] && !truth.mine[point].confirmed[slot]))
}

/// The point gave back what it does not know to be voided, and the agency voided what it does not know to be
/// given back.
fn release_crosses_void(_: &World, state: &State) -> bool {
    (0..POINTS).any(|point| {
        let unread = &state.points[point].deeds()[usize::from(state.read[point])..];
        unread.iter().any(|deed| {
            let Deed::Release { slot, .. } = deed else { return false };
            let home = &state.home[usize::from(*slot)];
            let unheard = &home.deeds()[usize::from(state.heard[point][usize::from(*slot)])..];
            unheard.contains(&Deed::Void) && home.concerns().last() == Some(Some(u8::try_from(point).unwrap_or(0)))
        })
    })
}

fn cancel_crosses_grant(_: &World, state: &State) -> bool {
    (0..POINTS).any(|point| {
        let Some((at, slot)) = state.points[point].ask() else { return false };
        let heard = state.heard[point][usize::from(slot)];
        let me = u8::try_from(point).unwrap_or(0);
        let unheard = &state.home[usize::from(slot)].deeds()[usize::from(heard)..];
        let unread = !state.points[point].prefix(state.read[point]).is_ended(at);
        state.points[point].is_ended(at) && unread && unheard.contains(&Deed::Answer { to: me })
    })
}

fn everybody_busy(world: &World, state: &State) -> bool {
    let reading = world.read(&state.together());
    let confirmed = |point: usize| reading.mine[point].confirmed.contains(&true);
    let asks = |point: usize| reading.mine[point].standing.is_some() && state.points[point].ask().is_some();
    (0..POINTS).all(|point| confirmed(point) || asks(point))
}
