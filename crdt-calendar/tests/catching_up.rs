// SPDX-License-Identifier: MIT OR Apache-2.0
//! A node that lacks much: what it costs, in what order it comes, and from whom.

use crate::common;

use std::collections::BTreeMap;

use common::mesh::{Mesh, kinds};
use common::{Member, agency, book, coordination, left, open, right};
use crdt_calendar::act::Act;
use crdt_calendar::folio::Folio;
use crdt_calendar::ids::{FolioId, Leaf, PublicKey, ShortId};
use crdt_calendar::limits::{
    QUESTIONS_MAX, WANT_PATIENCE_MS, WANTED_ACTS_MAX, WEEKS_AHEAD, WEEKS_PAST, WINDOW_BYTES_MAX,
};
use crdt_calendar::replicator::Input;
use crdt_calendar::time::IsoWeek;
use crdt_calendar::wire::frame::{self, Frame};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

fn weeks() -> impl Iterator<Item = Leaf> {
    (common::WEEK.0 - WEEKS_PAST..=common::WEEK.0 + WEEKS_AHEAD).map(|week| Leaf::Week(IsoWeek(week)))
}

/// Acts of each folio of the territory.
const ACTS: u32 = 30;
/// Folios wanted at a time, then.
const AT_A_TIME: usize = WANTED_ACTS_MAX.div_ceil(ACTS) as usize;

/// Every week of three members: more than is wanted at once.
fn territory() -> Vec<Folio> {
    let acts = vec![open(); ACTS as usize];
    weeks().flat_map(|week| [agency(), left(), right()].map(|it| it.write(week, &acts))).collect()
}

/// How often each folio travelled as acts.
fn travelled(said: &[(PublicKey, PublicKey, Frame)]) -> BTreeMap<ShortId, usize> {
    let mut count = BTreeMap::new();
    for (_, _, frame) in said {
        let folio = match frame {
            Frame::Acts(batch) => batch.folio.short(),
            Frame::More(more) => more.folio,
            _ => continue,
        };
        *count.entry(folio).or_insert(0) += 1;
    }
    count
}

fn check_has_all(mesh: &Mesh, at: &Member, folios: &[Folio]) {
    for folio in folios {
        assert!(mesh.folio(at, folio.id()).is_some_and(|it| it.seq() >= folio.seq()), "{:?}", folio.id());
    }
}

#[test]
fn equal_calendars_cost_one_digest_each_way() {
    let mut mesh = Mesh::new(&[(left(), &territory()), (right(), &territory())]);
    for round in 0..3 {
        if round == 0 {
            mesh.up(&left(), &right())
        } else {
            mesh.tick()
        }
        let bytes: Vec<usize> = mesh.frames.iter().map(|(_, _, bytes)| bytes.len()).collect();
        assert!(bytes.iter().all(|bytes| *bytes <= 100), "{bytes:?}");
        assert_eq!(kinds(&mesh.settle()), ["digest", "digest"], "round {round}");
    }
}

#[test]
fn one_difference_costs_one_leaf() {
    // Goal: one act more in one folio of many: only the heads of its week travel, and only its own line back.
    let week = Leaf::Week(IsoWeek(common::WEEK.0 + 4));
    let mut newer = territory();
    let place = newer.iter().position(|folio| folio.id() == FolioId { leaf: week, ..left().week() }).unwrap();
    newer[place].append(&book(&[(0, 1)], 1), &left().key).unwrap();
    for (one, other) in [(territory(), newer.clone()), (newer, territory())] {
        let mut mesh = Mesh::new(&[(left(), &one), (right(), &other)]);
        mesh.up(&left(), &right());
        let said = mesh.settle();
        let mut all = kinds(&said);
        all.retain(|kind| *kind != "kept");
        assert_eq!(all, ["digest", "digest", "leaves", "heads", "differences", "want", "acts"]);
        for (_, _, frame) in &said {
            match frame {
                Frame::Heads { leaves, .. } => {
                    assert_eq!(
                        leaves.iter().map(|(leaf, lines)| (*leaf, lines.len())).collect::<Vec<_>>(),
                        [(week, 3)]
                    );
                }
                Frame::Differences { leaves, .. } => assert_eq!(leaves[0].1.len(), 1),
                Frame::More(more) => assert_eq!((more.folio, more.acts.len()), (newer_id(week).short(), 1)),
                _ => {}
            }
        }
        mesh.check_same();
    }
}

fn newer_id(leaf: Leaf) -> FolioId {
    FolioId { leaf, ..left().week() }
}

#[test]
fn a_newcomer_wants_little_at_a_time_and_news_pass_at_once() {
    // Goal: a territory never waits on the line all at once: a queue that is bounded would cut the newcomer each
    // time anew. This week comes first; news pass meanwhile.
    let folios = territory();
    assert!(folios.len() > AT_A_TIME, "more than is wanted at once");
    let mut mesh = Mesh::new(&[(left(), &folios), (coordination(), &[])]);
    mesh.up(&left(), &coordination());
    let mut most = 0;
    let mut has_news = false;
    while mesh.step() {
        let waiting = mesh.frames.iter().filter(|(by, ..)| *by == left().writer.key).count();
        most = most.max(waiting);
        if waiting > 1 && !has_news {
            has_news = true;
            mesh.write(&left(), &open());
            assert_eq!(mesh.frames.len(), waiting + 1, "news do not wait");
        }
    }
    assert!(has_news);
    assert!(most <= AT_A_TIME + 2, "{most} frames wait on the line");
    let first = mesh.said.iter().find_map(|(_, _, frame)| match frame {
        Frame::Acts(batch) => Some(batch.folio.leaf),
        _ => None,
    });
    assert_eq!(first, Some(Leaf::Week(common::WEEK)));
    check_has_all(&mesh, &coordination(), &folios);
}

#[test]
fn a_newcomer_hears_its_own_week_first_then_agencies() {
    // Goal: over a poor line the day's page is right early: what a box wrote before its disk was changed, then what is
    // free and what is confirmed, then other members' bookings.
    let folios = territory();
    let mut mesh = Mesh::new(&[(coordination(), &folios), (right(), &[])]);
    mesh.up(&coordination(), &right());
    let mut came = mesh.settle().into_iter().filter_map(|(_, _, frame)| match frame {
        Frame::Acts(batch) => Some(batch.folio),
        _ => None,
    });
    assert_eq!([came.next(), came.next(), came.next()], [right(), agency(), left()].map(|it| Some(it.week())));
}

#[test]
fn large_folios_leave_window_by_window() {
    // Goal: what is wanted at once may be far more than may wait for one peer.
    let mut rng = ChaCha20Rng::seed_from_u64(4);
    let mut noise = || {
        let mut body = vec![0; 15_000];
        rng.fill_bytes(&mut body);
        Act::Unknown { kind: 200, touches: Default::default(), body }
    };
    let folios: Vec<Folio> =
        weeks().take(5).map(|week| left().write(week, &(0..50).map(|_| noise()).collect::<Vec<_>>())).collect();
    let mut mesh = Mesh::new(&[(left(), &folios), (coordination(), &[])]);
    mesh.up(&left(), &coordination());
    let mut had_to_wait = false;
    while mesh.step() {
        had_to_wait |= mesh.nodes[&left().writer.key].owes(&coordination().writer.key);
        let waiting: usize = mesh.frames.iter().map(|(_, _, bytes)| bytes.len()).sum();
        assert!(waiting < 2 * WINDOW_BYTES_MAX, "{waiting} bytes wait");
    }
    assert!(had_to_wait);
    check_has_all(&mesh, &coordination(), &folios);
}

#[test]
fn many_small_wants_fill_no_more_than_one_window() {
    // Goal: who asks folio by folio before anything has left makes no more wait than who asks for all at once.
    let noise = |seed| {
        let mut body = vec![0; 15_000];
        ChaCha20Rng::seed_from_u64(seed).fill_bytes(&mut body);
        Act::Unknown { kind: 200, touches: Default::default(), body }
    };
    let folios: Vec<Folio> =
        weeks().take(8).map(|week| left().write(week, &(0..50).map(noise).collect::<Vec<_>>())).collect();
    let mut mesh = Mesh::new(&[(left(), &folios), (coordination(), &[])]);
    mesh.input(&left(), Input::Up(coordination().writer.key));
    for folio in &folios {
        let want = frame::encode(&Frame::Want(vec![(folio.short(), 0)]));
        mesh.input(&left(), Input::Frame(coordination().writer.key, want));
    }
    let waiting: usize = mesh.frames.iter().map(|(_, _, bytes)| bytes.len()).sum();
    assert!(waiting < 2 * WINDOW_BYTES_MAX, "{waiting} bytes wait");
    while mesh.nodes[&left().writer.key].owes(&coordination().writer.key) {
        mesh.input(&left(), Input::Room(coordination().writer.key));
    }
    let sent = mesh.frames.iter().filter(|(_, _, bytes)| matches!(frame::decode(bytes), Ok(Frame::Acts(_)))).count();
    assert_eq!(sent, folios.len(), "the rest leaves with room");
}

#[test]
fn a_fork_is_lacking_nowhere() {
    // Goal: a neighbour that holds a longer one of two histories is heard out once both know of the fork: nothing beyond
    // it will ever come.
    let history = |target: u32, acts: usize| {
        let same = vec![open(); 10];
        let other = vec![Act::Cancel { target, reason: crdt_calendar::act::Reason::ByThePerson }; acts];
        agency().write(Leaf::Week(common::WEEK), &[same, other].concat())
    };
    let mut mesh = Mesh::new(&[(left(), &[history(1, 5)]), (right(), &[history(2, 10)])]);
    mesh.up(&left(), &right());
    mesh.settle();
    for _ in 0..2 {
        mesh.tick();
        mesh.settle();
    }
    let fork = mesh.folio(&left(), agency().week()).and_then(|folio| folio.fork().map(|fork| fork.at));
    assert_eq!(fork, Some(11));
    let (here, there) = (left().writer.key, right().writer.key);
    assert!(mesh.nodes[&here].is_heard_out(&there, &agency().writer.key));
}

#[test]
fn a_box_that_comes_and_goes_is_heard_through_a_neighbour_each_time() {
    // Goal: on a line that breaks every minute, what was booked between two breaks is at its agency at once, though it
    // comes in bulk each time, and of one and the same folio.
    let mut mesh = Mesh::new(&[(left(), &[]), (coordination(), &[]), (agency(), &[])]);
    mesh.up(&coordination(), &agency());
    mesh.settle();
    for round in 1..=3 * QUESTIONS_MAX {
        for _ in 0..2 {
            mesh.write(&left(), &open());
        }
        mesh.up(&left(), &coordination());
        mesh.settle();
        let there = mesh.folio(&agency(), left().week()).map_or(0, Folio::seq);
        assert_eq!(there, 2 * round);
        mesh.input(&left(), Input::Down(coordination().writer.key));
        mesh.input(&coordination(), Input::Down(left().writer.key));
    }
    assert_eq!(mesh.cut, []);
}

/// A newcomer between three that hold all.
fn joining(folios: &[Folio]) -> Mesh {
    let mut mesh = Mesh::new(&[(left(), folios), (right(), folios), (agency(), folios), (coordination(), &[])]);
    for member in [left(), right(), agency()] {
        mesh.up(&member, &coordination());
    }
    mesh
}

#[test]
fn three_neighbours_share_the_work() {
    // Goal: nothing comes twice, and more than one gives.
    let folios = territory();
    let mut mesh = joining(&folios);
    let said = mesh.settle();
    check_has_all(&mesh, &coordination(), &folios);
    assert!(travelled(&said).values().all(|times| *times == 1), "{:?}", travelled(&said));
    let gave =
        |member: &Member| said.iter().any(|(by, _, frame)| *by == member.writer.key && matches!(frame, Frame::Acts(_)));
    assert!([left(), right(), agency()].iter().filter(|member| gave(member)).count() > 1);
}

#[test]
fn what_a_lost_neighbour_owed_comes_from_others() {
    // Goal: a cut at any moment; what had come is kept, what had not comes once from another.
    let folios = territory();
    for cut_after in 1..40 {
        let mut mesh = joining(&folios);
        for _ in 0..cut_after {
            mesh.step();
        }
        let (gone, new) = (left().writer.key, coordination().writer.key);
        mesh.frames.retain(|(by, to, _)| *by != gone && *to != gone);
        mesh.input(&coordination(), Input::Down(gone));
        mesh.input(&left(), Input::Down(new));
        let said = mesh.settle();
        check_has_all(&mesh, &coordination(), &folios);
        assert!(travelled(&said).values().all(|times| *times == 1), "cut after {cut_after}");
    }
}

#[test]
fn a_neighbour_that_promises_and_gives_nothing_holds_nobody_up() {
    // Goal: after a while what it was to send is wanted of others.
    let folios = territory();
    let mut mesh = Mesh::new(&[(left(), &folios), (right(), &folios), (coordination(), &[])]);
    mesh.up(&left(), &coordination());
    let (silent, new) = (left().writer.key, coordination().writer.key);
    let is_acts = |bytes: &[u8]| matches!(frame::decode(bytes), Ok(Frame::Acts(_)));
    let settle = |mesh: &mut Mesh| {
        while mesh.step() {
            mesh.frames.retain(|(by, _, bytes)| *by != silent || !is_acts(bytes));
        }
    };
    settle(&mut mesh);
    mesh.up(&right(), &coordination());
    settle(&mut mesh);
    let lacking = |mesh: &Mesh| folios.iter().filter(|it| mesh.folio(&coordination(), it.id()).is_none()).count();
    assert_eq!(lacking(&mesh), AT_A_TIME, "what the silent one was to send");
    assert_eq!(mesh.nodes[&new].deadline(), Some(WANT_PATIENCE_MS));
    mesh.now_ms += WANT_PATIENCE_MS;
    let known = frame::encode(&Frame::Acts(common::papers()[0].after(0).unwrap()));
    mesh.input(&coordination(), Input::Frame(silent, known));
    mesh.input(&coordination(), Input::Tick);
    let agencys = agency().writer.key;
    assert!(!mesh.nodes[&new].is_heard_out(&silent, &agencys), "it has not given what it said it holds");
    settle(&mut mesh);
    assert_eq!(lacking(&mesh), 0);
    assert!(mesh.nodes[&new].is_heard_out(&silent, &agencys), "all of it came from another");
}

#[test]
fn a_neighbour_that_drips_holds_nobody_up() {
    // Goal: one folio now and then is progress, and does not make the others wait for ever.
    let folios = territory();
    let mut mesh = Mesh::new(&[(left(), &folios), (right(), &folios), (coordination(), &[])]);
    mesh.up(&left(), &coordination());
    let slow = left().writer.key;
    let mut dropped = Vec::new();
    let mut settle = |mesh: &mut Mesh| {
        while mesh.step() {
            let of_slow = |(by, _, bytes): &(PublicKey, PublicKey, Vec<u8>)| {
                *by == slow && matches!(frame::decode(bytes), Ok(Frame::Acts(_)))
            };
            dropped.extend(mesh.frames.iter().filter(|it| of_slow(it)).map(|(_, _, bytes)| bytes.clone()));
            mesh.frames.retain(|it| !of_slow(it));
        }
        dropped.pop()
    };
    let mut drip = settle(&mut mesh);
    mesh.up(&right(), &coordination());
    for _ in 0..4 {
        settle(&mut mesh);
        mesh.now_ms += WANT_PATIENCE_MS - 1_000;
        mesh.input(&coordination(), Input::Frame(slow, drip.take().expect("it holds all")));
        mesh.input(&coordination(), Input::Tick);
        drip = settle(&mut mesh);
    }
    check_has_all(&mesh, &coordination(), &folios);
}

#[test]
fn who_holds_more_is_asked_after_who_holds_less() {
    // Goal: two neighbours, one of them behind: the newest acts come without another comparison.
    let behind = territory();
    let mut ahead = territory();
    for folio in ahead.iter_mut().filter(|folio| folio.id().writer == left().writer) {
        folio.append(&book(&[(0, 1)], 1), &left().key).unwrap();
    }
    let mut mesh = Mesh::new(&[(left(), &ahead), (right(), &behind), (coordination(), &[])]);
    mesh.up(&right(), &coordination());
    mesh.up(&left(), &coordination());
    mesh.settle();
    check_has_all(&mesh, &coordination(), &ahead);
}

#[test]
fn what_was_fetched_is_offered_and_fetched_once() {
    // Goal: a chain of two newcomers: the second has all from the first, and nothing twice.
    let folios = territory();
    let mut mesh = Mesh::new(&[(left(), &folios), (right(), &[]), (coordination(), &[])]);
    mesh.up(&right(), &coordination());
    mesh.up(&left(), &right());
    let said = mesh.settle();
    check_has_all(&mesh, &coordination(), &folios);
    assert!(travelled(&said).values().all(|times| *times == 2), "once to each: {:?}", travelled(&said));
}
