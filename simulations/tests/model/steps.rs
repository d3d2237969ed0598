// SPDX-License-Identifier: EUPL-1.2
//! What can happen: people's deeds as their own node's view allows them, arrivals, and one crash.
//!
//! After each, the node does what is due, as `Clerk` does: the real `due` until nothing is, then the real
//! `next_answer`. A crash ends a node's work between any two acts: those not yet durable were never sent.

use stateright::{Model, Property};

use crate::deed::Deed;
use crate::folios::{Cast, Held, Memo};
use crate::reading::{Home, Reading, read};
use crate::reduce;
use crate::state::{AGENCY, POINTS, SLOTS, State};

/// How far the world goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) points: usize,
    pub(crate) slots: usize,
    pub(crate) tenures: u8,
    /// Bookings of one tenure, the cancelled ones with them.
    pub(crate) books: usize,
    /// Whether states that are one are taken for one.
    pub(crate) reduced: bool,
}

/// The small world, and all that the fold has said so far.
pub(crate) struct World {
    pub(crate) bounds: Bounds,
    cast: Cast,
    readings: Memo<Held, Reading>,
}

/// One thing that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Reserve {
        slot: usize,
        to: usize,
    },
    Void {
        slot: usize,
    },
    Close {
        slot: usize,
    },
    Book {
        point: usize,
        slot: usize,
    },
    Ask {
        point: usize,
        slot: usize,
    },
    Cancel {
        point: usize,
    },
    Release {
        point: usize,
        slot: usize,
    },
    /// The agency's deeds on a slot reach a point, up to this many.
    Hear {
        point: usize,
        slot: usize,
        upto: u8,
    },
    /// A point's deeds reach the agency.
    Read {
        point: usize,
        upto: u8,
    },
    /// A node that was started again does what was due.
    Wake {
        node: usize,
    },
}

/// One thing that happens; with `kept`, the node crashes when so many of the acts that follow are durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) what: What,
    pub(crate) kept: Option<u8>,
}

/// A node at work: a state that takes its acts until it crashes.
struct Work<'a> {
    world: &'a World,
    state: State,
    written: u8,
    left: u8,
    crashed: bool,
}

impl World {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self { bounds, cast: Cast::new(), readings: Memo::new() }
    }

    /// What is shown for what is held.
    pub(crate) fn read(&self, held: &Held) -> Reading {
        self.readings.get(held, || read(&self.cast, held))
    }

    /// How many different things were folded.
    pub(crate) fn folds(&self) -> usize {
        self.readings.len()
    }

    fn agency_whats(&self, state: &State, whats: &mut Vec<What>) {
        let home: Home = self.read(&state.at_agency()).home;
        for slot in 0..self.bounds.slots {
            if home.at_home[slot] {
                whats.push(What::Close { slot });
                if state.home[slot].tenures() < self.bounds.tenures {
                    whats.extend((0..self.bounds.points).map(|to| What::Reserve { slot, to }));
                }
            }
            if home.voidable[slot] {
                whats.push(What::Void { slot });
            }
        }
        for point in 0..self.bounds.points {
            let unread = state.read[point] + 1..=state.points[point].len();
            whats.extend(unread.map(|upto| What::Read { point, upto }));
        }
    }

    fn point_whats(&self, state: &State, point: usize, whats: &mut Vec<What>) {
        let mine = self.read(&state.at_point(point)).mine[point];
        for slot in 0..self.bounds.slots {
            let deed = Deed::Book { slot: small(slot), tenure: mine.bookable[slot] };
            let books = state.points[point].deeds().iter().filter(|it| **it == deed).count();
            if mine.bookable[slot] > 0 && books < self.bounds.books {
                whats.push(What::Book { point, slot });
            }
            if mine.idle[slot] > 0 {
                whats.push(What::Release { point, slot });
            }
            if !state.asked[point] && self.may_ask(state, point, slot) {
                whats.push(What::Ask { point, slot });
            }
            let business: Vec<_> = state.home[slot].concerns().collect();
            for upto in state.heard[point][slot] + 1..=state.home[slot].len() {
                let is_mine = business[usize::from(upto - 1)] == Some(small(point));
                if is_mine || !self.bounds.reduced {
                    whats.push(What::Hear { point, slot, upto });
                }
            }
        }
        if mine.standing.is_some() {
            whats.push(What::Cancel { point });
        }
    }

    /// Whether the slot is free in its view, now or after it hears what is not its business.
    fn may_ask(&self, state: &State, point: usize, slot: usize) -> bool {
        let mut later = *state;
        let business: Vec<_> = state.home[slot].concerns().collect();
        loop {
            if self.read(&later.at_point(point)).mine[point].free[slot] {
                return true;
            }
            let next = usize::from(later.heard[point][slot]);
            let unheard = business.get(next).is_some_and(|of| *of != Some(small(point)));
            if !self.bounds.reduced || !unheard {
                return false;
            }
            later.heard[point][slot] += 1;
        }
    }

    fn whats(&self, state: &State) -> Vec<What> {
        let mut whats = Vec::new();
        self.agency_whats(state, &mut whats);
        for point in 0..self.bounds.points {
            self.point_whats(state, point, &mut whats);
        }
        if state.crashed {
            whats.extend((0..=POINTS).map(|node| What::Wake { node }));
        }
        whats
    }

    /// A step done, not yet reduced.
    fn done(&self, state: &State, step: Step) -> Work<'_> {
        let left = step.kept.unwrap_or(u8::MAX);
        let mut work = Work { world: self, state: *state, written: 0, left, crashed: false };
        let node = work.begin(step.what);
        work.settle(node);
        work.state.crashed |= work.crashed;
        work
    }

    /// The state that stands for this one. A crash of which nothing is left to do is forgotten: then what
    /// was lost is as if it had never been written, and another crash may come.
    pub(crate) fn normal(&self, state: &State) -> State {
        let mut state = reduce::normal(state);
        if state.crashed {
            let work = Work { world: self, state, written: 0, left: 0, crashed: false };
            state.crashed = (0..=POINTS).any(|node| work.next(node).is_some());
        }
        state
    }
}

impl Work<'_> {
    /// The deed of a person or of the network; says whose node it is.
    fn begin(&mut self, what: What) -> usize {
        match what {
            What::Reserve { slot, to } => self.write(AGENCY, slot, Deed::Grant { to: small(to) }),
            What::Void { slot } => self.write(AGENCY, slot, Deed::Void),
            What::Close { slot } => self.write(AGENCY, slot, Deed::Close),
            What::Book { point, slot } => {
                let tenure = self.world.read(&self.state.at_point(point)).mine[point].bookable[slot];
                self.write(point, slot, Deed::Book { slot: small(slot), tenure })
            }
            What::Ask { point, slot } => self.write(point, slot, Deed::Ask { slot: small(slot) }),
            What::Cancel { point } => {
                let standing = self.world.read(&self.state.at_point(point)).mine[point].standing;
                self.write(point, 0, Deed::Cancel { at: standing.unwrap_or(0) })
            }
            What::Release { point, slot } => {
                let tenure = self.world.read(&self.state.at_point(point)).mine[point].idle[slot];
                self.write(point, slot, Deed::Release { slot: small(slot), tenure })
            }
            What::Hear { point, slot, upto } => {
                self.state.heard[point][slot] = upto;
                point
            }
            What::Read { point, upto } => {
                self.state.read[point] = upto;
                AGENCY
            }
            What::Wake { node } => node,
        }
    }

    fn write(&mut self, node: usize, slot: usize, deed: Deed) -> usize {
        if self.left == 0 || self.crashed {
            self.crashed = true;
            return node;
        }
        self.left -= 1;
        self.written += 1;
        if node == AGENCY {
            self.state.home[slot].push(deed);
        } else {
            self.state.points[node].push(deed);
            self.state.asked[node] |= matches!(deed, Deed::Ask { .. });
        }
        node
    }

    /// What the node does by itself, until nothing is due.
    fn settle(&mut self, node: usize) {
        while !self.crashed {
            let Some((slot, deed)) = self.next(node) else { return };
            self.write(node, slot, deed);
        }
    }

    fn next(&self, node: usize) -> Option<(usize, Deed)> {
        if node == AGENCY { self.next_of_agency() } else { self.next_of_point(node) }
    }

    fn next_of_point(&self, point: usize) -> Option<(usize, Deed)> {
        let reading = self.world.read(&self.state.at_point(point));
        reading.mine[point].due.map(|deed| (0, deed))
    }

    fn next_of_agency(&self) -> Option<(usize, Deed)> {
        let home = self.world.read(&self.state.at_agency()).home;
        // Of two unanswered asks (after a crash alone) the order is any; names are exchanged anyway.
        let (slot, deed) = home.due.or(home.answers[0])?;
        let slot = usize::from(slot);
        let full = deed.begins() && self.state.home[slot].tenures() >= self.world.bounds.tenures;
        (!full).then_some((slot, deed))
    }
}

impl Model for World {
    type State = State;
    type Action = Step;

    fn init_states(&self) -> Vec<State> {
        vec![State::FIRST]
    }

    fn actions(&self, state: &State, steps: &mut Vec<Step>) {
        for what in self.whats(state) {
            let whole = Step { what, kept: None };
            steps.push(whole);
            if !state.crashed {
                let written = self.done(state, whole).written;
                steps.extend((0..written).map(|kept| Step { what, kept: Some(kept) }));
            }
        }
    }

    fn next_state(&self, state: &State, step: Step) -> Option<State> {
        let next = self.done(state, step).state;
        Some(if self.bounds.reduced { self.normal(&next) } else { next })
    }

    fn properties(&self) -> Vec<Property<Self>> {
        crate::properties::all()
    }
}

fn small(place: usize) -> u8 {
    u8::try_from(place).expect("few")
}

/// The number of slots and points is fixed in `state`.
const _: () = assert!(SLOTS == 2 && POINTS == 3);
