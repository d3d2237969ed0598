// SPDX-License-Identifier: MIT OR Apache-2.0
//! The laws of the shelf: what is held is a function of *what* came, never of the order, the repetition
//! or the pieces in which it came. Honest and dishonest writers write; a dishonest one signs up to
//! three histories of one folio.
//!
//! Compared byte for byte: folios without a fork, whole; of forked ones what lies below the fork, where
//! it lies and what two nodes compare of it; roster and calendar. What a node holds *past* a fork is the
//! side that it met first, and a proof of another (docs/decisions/0005-past-a-fork.md).

use crate::common;

use common::acts::some_act;
use common::forge::{after, forge};
use common::{
    Member, agency, coordination, genesis, grant, left, nine, open, open_at, papers, right, shelf, statement,
};
use crdt_calendar::act::Act;
use crdt_calendar::folio::{Accepted, Batch, Folio, GateError};
use crdt_calendar::ids::{FolioId, Leaf};
use crdt_calendar::limits::FOLIO_BYTES_MAX;
use crdt_calendar::shelf::Shelf;
use crdt_calendar::wire;
use proptest::prelude::*;
use proptest::sample::Index;

const WEEK: Leaf = Leaf::Week(common::WEEK);

/// One history of one folio: `at` every prefix there is a signed head, for its writer signs every act.
#[derive(Debug, Clone)]
struct History {
    prefixes: Vec<Folio>,
}

/// A piece of a history as it travels, and the whole up to its head, for who asks after a gap.
#[derive(Debug, Clone)]
struct Piece {
    batch: Batch,
    whole: Batch,
}

impl History {
    fn write(by: &Member, leaf: Leaf, acts: &[Act]) -> Self {
        let mut folio = by.write(leaf, &[]);
        let mut prefixes = Vec::new();
        for act in acts {
            folio.append(act, &by.key).unwrap();
            prefixes.push(folio.clone());
        }
        Self { prefixes }
    }

    /// Cuts it after these acts; the pieces together are the whole.
    fn pieces(&self, cuts: &[Index]) -> Vec<Piece> {
        let count = self.prefixes.len();
        if count == 0 {
            return Vec::new();
        }
        let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(count) + 1).chain([count]).collect();
        ends.sort_unstable();
        ends.dedup();
        let starts = core::iter::once(0).chain(ends.clone());
        starts.zip(&ends).map(|(start, &end)| self.piece(start, end)).collect()
    }

    fn piece(&self, start: usize, end: usize) -> Piece {
        let signed = &self.prefixes[end - 1];
        let batch = signed.after(u32::try_from(start).unwrap()).unwrap();
        Piece { batch, whole: signed.after(0).unwrap() }
    }
}

/// Delivers; what is told to be a gap is asked for from its beginning, as replication does.
fn deliver(shelf: &mut Shelf, piece: &Piece) {
    match shelf.accept(&piece.batch) {
        Err(GateError::Gap) => shelf.accept(&piece.whole).map(|_| ()).unwrap(),
        other => other.map(|_| ()).unwrap(),
    }
}

/// Everything that two nodes must agree upon.
fn shown(shelf: &Shelf) -> String {
    let folio = |folio: &Folio| match folio.fork() {
        None => format!("{folio:?}"),
        Some(fork) => {
            let below: Vec<Act> = folio.acts().take_while(|(number, _)| *number < fork.at).map(|it| it.1).collect();
            format!("{:?} forks at {}: {:?} {below:?}", folio.id(), fork.at, folio.line())
        }
    };
    let folios: Vec<String> = shelf.folios().map(folio).collect();
    format!("{folios:#?}\n{:#?}\n{:#?}", shelf.roster(), shelf.week(common::WEEK))
}

/// What a node passes on of everything that it holds.
fn passed_on(shelf: &Shelf) -> Vec<Batch> {
    shelf.folios().flat_map(|folio| folio.after(0).into_iter().chain(folio.evidence())).collect()
}

fn union(pieces: &[Piece]) -> Shelf {
    let mut shelf = shelf();
    pieces.iter().for_each(|piece| deliver(&mut shelf, piece));
    shelf
}

/// Where another history of a folio leaves the first one, and what it says instead.
type Side = (Index, Vec<Act>);

fn sides() -> impl Strategy<Value = Vec<Side>> {
    let side = || (any::<Index>(), prop::collection::vec(some_act(), 0..5));
    prop_oneof![3 => Just(Vec::new()), 2 => prop::collection::vec(side(), 1), 2 => prop::collection::vec(side(), 2)]
}

/// What one writer wrote in one folio: a first history, and others.
fn histories(by: &Member, leaf: Leaf, acts: &[Act], sides: &[Side]) -> Vec<History> {
    let mut all = vec![History::write(by, leaf, acts)];
    for (number, (from, other)) in (0..).zip(sides) {
        let common = from.index(acts.len() + 1);
        // Its first act is like no other, so it is another history and not a longer one.
        let first = Act::Drop { ask: 1_000 + number };
        all.push(History::write(by, leaf, &[&acts[..common], &[first], other].concat()));
    }
    all
}

fn fresh(acts: Vec<Act>) -> impl Strategy<Value = Vec<Act>> {
    prop::collection::vec(some_act(), 0..14).prop_map(move |more| [acts.clone(), more].concat())
}

/// A whole territory's histories, cut in pieces.
fn written() -> impl Strategy<Value = Vec<Piece>> {
    let members = vec![coordination().enrolment(), agency().enrolment(), left().enrolment(), right().enrolment()];
    let leaves = [
        (coordination(), Leaf::Roster, members),
        (coordination(), Leaf::Profile, vec![Act::Begin { previous: None }]),
        (agency(), Leaf::Profile, vec![Act::Begin { previous: None }]),
        (left(), Leaf::Profile, vec![Act::Begin { previous: None }]),
        (right(), Leaf::Profile, vec![Act::Begin { previous: None }]),
        (agency(), WEEK, vec![open(), grant(&[(0, 1), (1, 1)], &left()), grant(&[(2, 1)], &right())]),
        (left(), WEEK, Vec::new()),
        (right(), WEEK, Vec::new()),
    ];
    let folios: Vec<_> = leaves
        .into_iter()
        .map(|(by, leaf, acts)| {
            (fresh(acts), sides(), prop::collection::vec(any::<Index>(), 0..4)).prop_map(move |(acts, sides, cuts)| {
                let all = histories(&by, leaf, &acts, &sides);
                all.iter().flat_map(|history| history.pieces(&cuts)).collect::<Vec<_>>()
            })
        })
        .collect();
    folios.prop_map(|folios| folios.concat())
}

/// The pieces in some order, some of them again.
fn orders() -> impl Strategy<Value = (Vec<Piece>, Vec<Piece>, Vec<Index>)> {
    written().prop_flat_map(|pieces| {
        let again = prop::collection::vec(any::<Index>(), 0..12);
        (Just(pieces.clone()), Just(pieces).prop_shuffle(), again)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, ..ProptestConfig::default() })]

    #[test]
    fn order_repetition_and_pieces_are_nothing((pieces, other, again) in orders()) {
        // Goal: commutative, idempotent, and whatever the grouping: all at once is like piece by piece.
        let one = union(&pieces);
        let mut two = union(&other);
        prop_assert_eq!(shown(&two), shown(&one));
        let held = format!("{two:?}");
        for place in &again {
            if !other.is_empty() {
                deliver(&mut two, &other[place.index(other.len())]);
            }
        }
        prop_assert_eq!(shown(&two), shown(&one));
        if two.folios().all(|folio| folio.fork().is_none()) {
            prop_assert_eq!(format!("{two:?}"), held, "what is here changes nothing");
        }
        let wholes: Vec<Piece> = other.iter().map(|it| Piece { batch: it.whole.clone(), whole: it.whole.clone() }).collect();
        prop_assert_eq!(shown(&union(&wholes)), shown(&one));
    }

    #[test]
    fn joins_of_what_neighbours_pass_on_are_the_join_of_all((pieces, _, order) in orders(), parts in any::<[u8; 32]>()) {
        // Goal: associative. Three nodes that met different things tell each other what they hold, and
        // no more than that; in whatever order they do, all hold what one that met everything holds.
        let whole = union(&pieces);
        let mut nodes = [shelf(), shelf(), shelf()];
        for (number, piece) in pieces.iter().enumerate() {
            deliver(&mut nodes[usize::from(parts[number % parts.len()]) % 3], piece);
        }
        let talks = order.iter().map(|it| it.index(6)).chain([0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5]);
        for talk in talks {
            let (from, to) = [(0, 1), (1, 2), (2, 0), (1, 0), (2, 1), (0, 2)][talk];
            for batch in passed_on(&nodes[from].clone()) {
                prop_assert!(nodes[to].accept(&batch).is_ok(), "what a neighbour holds is never refused");
            }
        }
        for node in &nodes {
            prop_assert_eq!(shown(node), shown(&whole));
        }
    }

    #[test]
    fn a_shelf_comes_back_from_disk_as_it_was((_, pieces, _) in orders()) {
        // Goal: documents, heads and proofs lead back to the very same shelf, forks included.
        let whole = union(&pieces);
        let mut read = Shelf::new(genesis().0, statement(), common::WEEK).unwrap();
        for folio in whole.folios() {
            let document = folio.to_document().unwrap();
            let mut back = Folio::from_document(common::territory(), folio.id(), &document, &[], *folio.head().unwrap()).unwrap();
            if let Some(fork) = folio.fork() {
                back.restore_fork(fork.clone()).unwrap();
            }
            read.restore(back);
        }
        prop_assert_eq!(format!("{read:?}"), format!("{whole:?}"));
    }
}

/// All orders of some things.
fn permutations<T: Clone>(all: &[T]) -> Vec<Vec<T>> {
    if all.is_empty() {
        return vec![Vec::new()];
    }
    let mut orders = Vec::new();
    for place in 0..all.len() {
        let mut rest = all.to_vec();
        let first = rest.remove(place);
        orders.extend(permutations(&rest).into_iter().map(|rest| [vec![first.clone()], rest].concat()));
    }
    orders
}

fn join(batches: &[Batch]) -> Folio {
    let mut folio = Folio::new(common::territory(), agency().week());
    for batch in batches {
        folio.accept(batch).unwrap();
    }
    folio
}

#[test]
fn three_histories_in_every_order_and_through_every_neighbour() {
    // Goal: the lowest fork rules, whichever side came first and whoever told it.
    let base = [open(), grant(&[(0, 1)], &left()), grant(&[(1, 1)], &left()), grant(&[(2, 1)], &left())];
    let side = |common: usize, desk: u8| {
        let acts = [&base[..common], &[open_at(desk, nine(0, 4)), open_at(desk, nine(4, 2))]].concat();
        agency().write(WEEK, &acts).after(0).unwrap()
    };
    let first = || agency().write(WEEK, &base).after(0).unwrap();
    for (case, sides, lowest) in [
        ("all part at one act", [first(), side(2, 2), side(2, 3)], 3),
        ("one parts lower", [first(), side(3, 2), side(1, 3)], 2),
        ("one parts from another", [side(2, 2), side(2, 3), side(0, 2)], 1),
        ("the second parts from the first, the third from the second", [first(), side(1, 2), side(4, 3)], 2),
    ] {
        let joined: Vec<Folio> = permutations(&sides).iter().map(|order| join(order)).collect();
        for folio in &joined {
            assert_eq!(folio.fork().unwrap().at, lowest, "{case}");
            assert_eq!(folio.line(), joined[0].line(), "{case}");
            let chosen = &folio.fork().unwrap().head.hash;
            let rivals = sides.iter().filter(|it| it.head.hash != folio.head().unwrap().hash);
            let parts = |it: &Batch| join(&[folio.after(0).unwrap(), it.clone()]).fork().map(|fork| fork.at);
            let rivals = rivals.filter(|it| parts(it) == Some(lowest));
            assert_eq!(Some(chosen), rivals.map(|it| &it.head.hash).min(), "{case}: of many the least hash");
        }
        // A neighbour that met one side, or none, learns the same from any of them.
        for folio in &joined {
            for met in [None, Some(&sides[0]), Some(&sides[1]), Some(&sides[2])] {
                let told: Vec<Batch> = met.into_iter().cloned().chain(folio.after(0)).chain(folio.evidence()).collect();
                for order in permutations(&told) {
                    assert_eq!(join(&order).line(), joined[0].line(), "{case}: {order:?}");
                }
            }
        }
    }
}

/// The same signed batches, in both orders, at a node that holds the first act.
fn both_orders(one: &Batch, other: &Batch) -> [(Vec<Result<Accepted, GateError>>, Folio); 2] {
    [[one, other], [other, one]].map(|order| {
        let mut folio = agency().write(WEEK, &[open()]);
        let answers = order.map(|batch| folio.accept(batch)).to_vec();
        (answers, folio)
    })
}

#[test]
fn a_second_history_of_no_acts_is_none() {
    // Goal: what is stored by nobody proves nothing either; else the verdict would hang on who came first.
    let encoded = |act: &Act| wire::act::encode(act);
    let honest = forge(&agency(), WEEK, &[encoded(&open()), encoded(&grant(&[(0, 1)], &left()))]);
    let garbage = forge(&agency(), WEEK, &[encoded(&open()), vec![15]]);
    for (answers, folio) in both_orders(&honest, &garbage) {
        assert!(answers.contains(&Err(GateError::Act)), "{answers:?}");
        assert_eq!((folio.seq(), folio.fork()), (2, None), "{answers:?}");
    }
}

#[test]
fn a_second_history_over_the_limit_is_none() {
    // Goal: whoever holds a proof can pass it on: what is too long for a neighbour is not stored here.
    let filler = |tag: u8, count: usize| {
        let body = vec![tag; 16_000];
        let act = Act::Unknown { kind: 200, touches: Default::default(), body };
        vec![wire::act::encode(&act); count]
    };
    let per_half = FOLIO_BYTES_MAX / 2 / 16_100;
    let shared = filler(1, per_half);
    let honest = forge(&agency(), WEEK, &[shared.clone(), filler(2, 3)].concat());
    let endless = forge(&agency(), WEEK, &[shared, filler(3, per_half + 6)].concat());
    let mut folio = Folio::new(common::territory(), agency().week());
    folio.accept(&honest).unwrap();
    assert_eq!(folio.accept(&after(&endless, per_half)), Err(GateError::Limit));
    assert_eq!(folio.fork(), None);
}

#[test]
fn the_usual_papers_are_a_shelf_of_their_own() {
    // Goal: the laws above speak of something: the roster that they deliver does enrol.
    let mut shelf = shelf();
    for folio in papers() {
        shelf.accept(&folio.after(0).unwrap()).unwrap();
    }
    assert_eq!(shelf.roster().members().count(), 4);
    let id = FolioId { writer: agency().writer, leaf: Leaf::Profile };
    assert!(shelf.folio(&id).is_some());
}
