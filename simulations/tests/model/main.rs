// SPDX-License-Identifier: EUPL-1.2
//! The ownership protocol, explored whole in a small world: one agency, three points, two slots.
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

use std::collections::HashSet;
use std::time::Instant;

use state::State;
use stateright::{Checker, HasDiscoveries, Model};
use steps::{Bounds, World};

#[test]
fn never_two_in_the_whole_small_world() {
    // Goal: no order of arrivals, losses and one crash makes two bookings of one desk or booth.
    let bounds = Bounds { points: 3, slots: 2, tenures: 3, books: 1, reduced: true };
    explore(bounds).assert_properties();
}

#[test]
fn taking_states_together_misses_none() {
    // Goal: each state of a world explored without any reduction has its like in the reduced one.
    for (points, slots, tenures) in [(2, 1, 2), (3, 1, 1), (1, 2, 1)] {
        let bounds = Bounds { points, slots, tenures, books: 1, reduced: false };
        let whole = all(&World::new(bounds));
        let world = World::new(Bounds { reduced: true, ..bounds });
        let reduced = all(&world);
        let missed = whole.iter().find(|state| !reduced.contains(&world.normal(state)));
        assert!(missed.is_none(), "no like of {missed:?}");
        println!("{points} x {slots} x {tenures}: {} states, {} of them apart", whole.len(), reduced.len());
    }
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
    let checker = World::new(bounds).checker().threads(2).finish_when(HasDiscoveries::AnyFailures).spawn_bfs();
    while !checker.is_done() {
        std::thread::sleep(std::time::Duration::from_secs(5));
        println!(
            "... {} unique, {} folds, {:.0} s",
            checker.unique_state_count(),
            checker.model().folds(),
            start.elapsed().as_secs_f64()
        );
    }
    let checker = checker.join();
    println!(
        "model: {} unique states, {} steps, depth {}, {} folds, {:.1} s",
        checker.unique_state_count(),
        checker.state_count(),
        checker.max_depth(),
        checker.model().folds(),
        start.elapsed().as_secs_f64()
    );
    checker
}
