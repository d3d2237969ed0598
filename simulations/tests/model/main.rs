// SPDX-License-Identifier: EUPL-1.2
//! The ownership protocol, explored whole in small worlds: one agency, three points, two slots.
//!
//! Every history is a real folio, judged by the real fold; nothing of the rules is written again here. What
//! is modelled, what is not, and how states are taken together: docs/model.md.

mod deed;
mod folios;
mod properties;
mod reading;
mod reduce;
mod state;
mod steps;

use std::collections::{BTreeSet, HashSet};
use std::time::Instant;

use state::State;
use stateright::{Checker, Expectation, HasDiscoveries, Model};
use steps::{Bounds, World};

/// Points, slots, tenures of a slot, tenures of all slots. The first two hold every state of three points, two
/// slots and three tenures as each slot, and as each point, sees it; the others show slots and points together.
const WORLDS: [[u8; 4]; 4] = [[3, 1, 3, 3], [1, 2, 3, 6], [2, 2, 2, 2], [3, 2, 1, 1]];

#[test]
fn never_two_in_small_worlds_explored_whole() {
    // Goal: no order of arrivals, losses and crashes makes two bookings of one desk or booth.
    let further: Option<[u8; 4]> = std::env::var("HAMEAU_MODEL").ok().map(|text| numbers(&text));
    let worlds = further.map_or(WORLDS.to_vec(), |world| vec![world]);
    let mut missing: BTreeSet<&'static str> = BTreeSet::new();
    let mut reached: BTreeSet<&'static str> = BTreeSet::new();
    let mut unique = 0;
    for world in worlds {
        let checker = explore(bounds(world, true));
        unique += checker.unique_state_count();
        for property in checker.model().properties() {
            match (property.expectation, checker.discovery(property.name)) {
                (Expectation::Sometimes, Some(_)) => drop(reached.insert(property.name)),
                (Expectation::Sometimes, None) => drop(missing.insert(property.name)),
                (_, None) => {}
                (_, Some(path)) => {
                    let steps: Vec<_> =
                        path.into_vec().iter().map(|(state, step)| format!("{state:?}\n  {step:?}")).collect();
                    panic!(
                        "broken: {} in {world:?}, after {} steps:\n{}",
                        property.name,
                        steps.len() - 1,
                        steps.join("\n")
                    );
                }
            }
        }
    }
    println!("model: {unique} unique states in all");
    let never: Vec<_> = missing.difference(&reached).collect();
    assert!(further.is_some() || never.is_empty(), "never reached: {never:?}");
}

#[test]
fn taking_states_together_misses_none() {
    // Goal: each state of a world explored without any reduction has its like in the reduced one.
    for world in [[2, 1, 1, 1], [1, 2, 2, 2]] {
        let whole = all(&World::new(bounds(world, false)));
        let reduced = World::new(bounds(world, true));
        let states = all(&reduced);
        let missed = whole.iter().find(|state| !states.contains(&reduced.normal(state)));
        assert!(missed.is_none(), "{world:?} has no like of {missed:?}");
        println!("{world:?}: {} states, {} of them apart", whole.len(), states.len());
    }
}

#[test]
fn a_slot_sees_no_more_than_a_world_of_one_slot_has() {
    // Goal: two slots meet in a point's booth and its one ask alone, so each is explored in a world of its own.
    let one = World::new(bounds([2, 1, 1, 1], true));
    let states: HashSet<State> = all(&one).iter().map(|state| one.normal(&reduce::of_slot(state, 0))).collect();
    let both = all(&World::new(bounds([2, 2, 1, 2], true)));
    for (state, slot) in both.iter().flat_map(|state| [(state, 0), (state, 1)]) {
        let seen = one.normal(&reduce::of_slot(state, slot));
        assert!(states.contains(&seen), "a world of one slot has no {seen:?}, which slot {slot} sees in {state:?}");
    }
    println!("{} states of two slots, each seen from both, are among {} of one", both.len(), states.len());
}

fn bounds([points, slots, tenures, sum]: [u8; 4], reduced: bool) -> Bounds {
    Bounds { points: points.into(), slots: slots.into(), tenures, sum, books: 1, reduced }
}

fn numbers(text: &str) -> [u8; 4] {
    let numbers: Vec<u8> = text.split(',').map(|number| number.parse().expect("a number")).collect();
    numbers.try_into().expect("HAMEAU_MODEL=points,slots,tenures of a slot,tenures of all slots")
}

/// Every state that can be reached, found without stateright's help.
fn all(world: &World) -> HashSet<State> {
    let mut found: HashSet<State> = world.init_states().into_iter().collect();
    let mut fresh: Vec<State> = found.iter().copied().collect();
    while let Some(state) = fresh.pop() {
        fresh.extend(world.next_states(&state).into_iter().filter(|next| found.insert(*next)));
    }
    found
}

fn explore(bounds: Bounds) -> impl Checker<World> {
    let start = Instant::now();
    let checker = World::new(bounds).checker().threads(2).finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    println!(
        "model: {} points, {} slots, {} tenures of a slot, {} of all: {} unique states, {} steps, depth {}, {} folds, {:.1} s",
        bounds.points,
        bounds.slots,
        bounds.tenures,
        bounds.sum,
        checker.unique_state_count(),
        checker.state_count(),
        checker.max_depth(),
        checker.model().folds(),
        start.elapsed().as_secs_f64()
    );
    checker
}
