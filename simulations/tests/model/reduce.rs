// SPDX-License-Identifier: EUPL-1.2
//! Which states are one: what is over is forgotten, what is nothing to a point is unheard, names are exchanged.
//!
//! Each rule, and why nothing is missed by it, is in docs/model.md; `main` checks them on small bounds
//! against a run without any of them.

use crate::deed::{Chain, Deed};
use crate::state::{POINTS, SLOTS, State};

/// The one state that stands for all that are like this one.
pub(crate) fn normal(state: &State) -> State {
    let mut state = *state;
    while forget(&mut state) {}
    in_order(&mut state);
    unhear(&mut state);
    unread(&mut state);
    least_name(&state)
}

/// Forgets one thing that is over for everybody. Says whether there was one.
fn forget(state: &mut State) -> bool {
    for slot in 0..SLOTS {
        if let Some(over) = tenures(&state.home[slot]).into_iter().find(|tenure| is_over(state, slot, tenure)) {
            forget_tenure(state, slot, &over);
            return true;
        }
    }
    for point in 0..POINTS {
        if forget_ask(state, point) {
            return true;
        }
    }
    false
}

/// One tenure in a slot's chain.
struct Tenure {
    number: u8,
    holder: u8,
    asked: bool,
    granted: u8,
    voided: Option<u8>,
    taken: u8,
}

/// The tenures that were taken, apart from those forgotten.
fn tenures(chain: &Chain) -> Vec<Tenure> {
    let mut found = Vec::new();
    let (mut number, mut open) = (0, None);
    let mut voided = None;
    for (at, deed) in chain.places() {
        number += u8::from(deed.begins());
        match deed {
            Deed::Grant { to } | Deed::Answer { to } => {
                (open, voided) = (Some((to, matches!(deed, Deed::Answer { .. }), at)), None);
            }
            Deed::Void => voided = Some(at),
            Deed::Take => {
                if let Some((holder, asked, granted)) = open.take() {
                    found.push(Tenure { number, holder, asked, granted, voided, taken: at });
                }
            }
            _ => {}
        }
    }
    found
}

/// Whether its holder's last word on it was read: every entry ended, the tenure given back.
fn is_over(state: &State, slot: usize, tenure: &Tenure) -> bool {
    let holder = usize::from(tenure.holder);
    let read = state.points[holder].prefix(state.read[holder]);
    let written = &state.points[holder];
    let given = read.deeds().iter().any(|deed| gives(*deed, slot, tenure.number));
    let ended = written.places().filter(|(_, deed)| is_entry(*deed, slot, tenure)).all(|(at, _)| read.is_ended(at));
    // Had it not heard of the grant of its ask, it could not have given it back.
    given && ended
}

fn gives(deed: Deed, slot: usize, number: u8) -> bool {
    matches!(deed, Deed::Release { slot: of, tenure } if usize::from(of) == slot && tenure == number)
}

fn is_entry(deed: Deed, slot: usize, tenure: &Tenure) -> bool {
    match deed {
        Deed::Book { slot: of, tenure: number } => usize::from(of) == slot && number == tenure.number,
        Deed::Ask { slot: of } => tenure.asked && usize::from(of) == slot,
        _ => false,
    }
}

fn forget_tenure(state: &mut State, slot: usize, over: &Tenure) {
    let gone = |at: u8| at == over.granted || Some(at) == over.voided;
    cut_home(state, slot, gone, Some(over.taken));
    let holder = usize::from(over.holder);
    cut_point(state, holder, |deed| is_entry(deed, slot, over) || gives(deed, slot, over.number));
}

/// An ask that ended, where the agency knows it: refused, or never answered and never to be.
fn forget_ask(state: &mut State, point: usize) -> bool {
    let Some((at, slot)) = state.points[point].ask() else { return false };
    let me = u8::try_from(point).unwrap_or(0);
    if !state.points[point].prefix(state.read[point]).is_ended(at) {
        return false;
    }
    let home = &state.home[usize::from(slot)];
    if home.deeds().contains(&Deed::Answer { to: me }) {
        return false;
    }
    let refusal = home.places().find(|(_, deed)| matches!(deed, Deed::Refuse { of, .. } if *of == me));
    if let Some((refused, _)) = refusal {
        cut_home(state, usize::from(slot), |at| at == refused, None);
    }
    cut_point(state, point, |deed| matches!(deed, Deed::Ask { .. }));
    true
}

/// Takes deeds out of a slot's chain, writes `Past` in one place, and moves the points' marks along.
fn cut_home(state: &mut State, slot: usize, gone: impl Fn(u8) -> bool, past: Option<u8>) {
    let chain = state.home[slot];
    for heard in &mut state.heard {
        heard[slot] -= count((0..heard[slot]).filter(|at| gone(*at)));
    }
    let kept = chain.places().filter(|(at, _)| !gone(*at));
    state.home[slot] = kept.map(|(at, deed)| if Some(at) == past { Deed::Past } else { deed }).collect();
}

/// Takes entries and releases out of a point's chain, with the ends of those entries.
fn cut_point(state: &mut State, point: usize, gone: impl Fn(Deed) -> bool) {
    let chain = state.points[point];
    let is_gone = |at: u8| {
        let deed = chain.deeds()[usize::from(at)];
        let ends = match deed {
            Deed::Cancel { at } | Deed::Drop { at } => Some(chain.deeds()[usize::from(at)]),
            _ => None,
        };
        gone(ends.unwrap_or(deed))
    };
    let moved = |at: u8| at - count((0..at).filter(|before| is_gone(*before)));
    state.read[point] = moved(state.read[point]);
    let kept = chain.places().filter(|(at, _)| !is_gone(*at));
    state.points[point] = kept
        .map(|(_, deed)| match deed {
            Deed::Cancel { at } => Deed::Cancel { at: moved(at) },
            Deed::Drop { at } => Deed::Drop { at: moved(at) },
            other => other,
        })
        .collect();
}

fn count(places: impl Iterator<Item = u8>) -> u8 {
    u8::try_from(places.count()).unwrap_or(u8::MAX)
}

/// What a point heard after the last deed that is its business, it need not have heard.
fn unhear(state: &mut State) {
    for point in 0..POINTS {
        for slot in 0..SLOTS {
            let heard = usize::from(state.heard[point][slot]);
            let is_mine = |of: &Option<u8>| of.is_some_and(|it| usize::from(it) == point);
            let last = (1_u8..).zip(state.home[slot].concerns()).take(heard).filter(|(_, of)| is_mine(of)).last();
            state.heard[point][slot] = last.map_or(0, |(length, _)| length);
        }
    }
}

/// Past tenures first, and none of them once the slot is closed; then the refusals that are not the last
/// holder's business, by point. What is moved is the business of nobody before whom it is moved.
fn in_order(state: &mut State) {
    for slot in 0..SLOTS {
        let chain = state.home[slot];
        let holder = chain.deeds().iter().rev().find_map(|deed| match deed {
            Deed::Grant { to } | Deed::Answer { to } => Some(*to),
            _ => None,
        });
        let is_closed = chain.deeds().contains(&Deed::Close);
        let rank = |deed: Deed| match deed {
            Deed::Past => 0,
            Deed::Refuse { of, .. } if Some(of) != holder => 1 + of,
            _ => 1 + POINTS_U8,
        };
        let mut order: Vec<(u8, u8)> = chain.places().map(|(at, deed)| (rank(deed), at)).collect();
        order.retain(|(rank, _)| !(is_closed && *rank == 0));
        order.sort_unstable();
        let deed = |at: u8| chain.deeds()[usize::from(at)];
        let sorted: Chain = order.iter().map(|(_, at)| deed(*at)).collect();
        for (point, heard) in state.heard.iter_mut().enumerate() {
            let business: Vec<Option<u8>> = chain.concerns().collect();
            let is_heard =
                |at: u8| at < heard[slot] && business[usize::from(at)].is_some_and(|it| usize::from(it) == point);
            let last = (1..).zip(&order).filter(|(_, (_, at))| is_heard(*at)).last();
            heard[slot] = last.map_or(0, |(length, _)| length);
        }
        state.home[slot] = sorted;
    }
}

/// Bookings, and that they were cancelled, change nothing for the agency: it need not have read them.
fn unread(state: &mut State) {
    for point in 0..POINTS {
        let chain = &state.points[point];
        let ask = chain.ask().map(|(at, _)| at);
        let matters = |deed: Deed| match deed {
            Deed::Ask { .. } | Deed::Release { .. } => true,
            Deed::Cancel { at } | Deed::Drop { at } => Some(at) == ask,
            _ => false,
        };
        let read = chain.places().take(usize::from(state.read[point])).filter(|(_, deed)| matters(*deed)).last();
        state.read[point] = read.map_or(0, |(at, _)| at + 1);
    }
}

const POINTS_U8: u8 = 3;

const ORDERS: [[u8; POINTS]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

/// The points are alike, and so are the slots: of all names, those that make the least state.
fn least_name(state: &State) -> State {
    let mut least = *state;
    for order in &ORDERS {
        for swap in [false, true] {
            let renamed = renamed(state, order, swap);
            if renamed < least {
                least = renamed;
            }
        }
    }
    least
}

/// Point `p` becomes `order[p]`; the slots change places if `swap`.
fn renamed(state: &State, order: &[u8; POINTS], swap: bool) -> State {
    let slot_of = |slot: u8| if swap { 1 - slot } else { slot };
    let name = |deed: &Deed| match *deed {
        Deed::Grant { to } => Deed::Grant { to: order[usize::from(to)] },
        Deed::Answer { to } => Deed::Answer { to: order[usize::from(to)] },
        Deed::Refuse { of, alternative } => Deed::Refuse { of: order[usize::from(of)], alternative },
        Deed::Book { slot, tenure } => Deed::Book { slot: slot_of(slot), tenure },
        Deed::Ask { slot } => Deed::Ask { slot: slot_of(slot) },
        Deed::Release { slot, tenure } => Deed::Release { slot: slot_of(slot), tenure },
        other => other,
    };
    let mut renamed = *state;
    for slot in 0..SLOTS {
        let new = if swap { 1 - slot } else { slot };
        renamed.home[new] = state.home[slot].deeds().iter().map(name).collect();
    }
    for (point, new) in order.iter().map(|new| usize::from(*new)).enumerate() {
        renamed.points[new] = state.points[point].deeds().iter().map(name).collect();
        renamed.read[new] = state.read[point];
        renamed.asked[new] = state.asked[point];
        let [first, second] = state.heard[point];
        renamed.heard[new] = if swap { [second, first] } else { [first, second] };
    }
    renamed
}
