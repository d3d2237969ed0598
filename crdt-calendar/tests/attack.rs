// SPDX-License-Identifier: MIT OR Apache-2.0
//! The gate under attack: what a hostile peer can send, and what comes of it, counted. Memory under the
//! same attacks is measured in `memory.rs`.

use crate::common;

use common::forge::{forge, sign};
use common::{Member, agency, book, full_shelf, grant, left, nine, open, passed_on, right, run, shelf, territory};
use crdt_calendar::act::{Act, AskLeg, Leg, Upto};
use crdt_calendar::fold::appointment::State;
use crdt_calendar::folio::{Batch, Folio};
use crdt_calendar::ids::{ActRef, FolioId, Incarnation, Leaf, MemberId, PublicKey, Writer};
use crdt_calendar::limits::{CHARGES_MAX, WANTS_MAX};
use crdt_calendar::replicator::{Effect, Input, Replicator};
use crdt_calendar::roster::Line;
use crdt_calendar::time::IsoWeek;
use crdt_calendar::wire::frame::{self, Frame, HeadLine};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

const WEEK: Leaf = Leaf::Week(common::WEEK);
const MANY: u32 = 100_000;

fn mallory() -> PublicKey {
    right().writer.key
}

/// A node that holds the home's week, with the attacker connected and its greeting gone.
fn node() -> Replicator {
    let mut node = Replicator::new(left().writer.key, full_shelf(&[passed_on()]));
    node.handle(0, common::WEEK, Input::Up(mallory()));
    while node.poll().is_some() {}
    node
}

/// What one attack led to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Effects {
    sent: usize,
    sent_bytes: usize,
    kept: usize,
    cuts: usize,
}

fn attack(node: &mut Replicator, frames: impl Iterator<Item = Vec<u8>>) -> Effects {
    let mut effects = Effects::default();
    for bytes in frames {
        node.handle(0, common::WEEK, Input::Frame(mallory(), bytes));
        while let Some(effect) = node.poll() {
            match effect {
                Effect::Send { bytes, .. } => {
                    effects.sent += 1;
                    effects.sent_bytes += bytes.len();
                }
                Effect::Keep { .. } | Effect::KeepStatement(_) => effects.kept += 1,
                Effect::Cut(peer, _) => {
                    assert_eq!(peer, mallory());
                    effects.cuts += 1;
                }
            }
        }
    }
    effects
}

/// Everything held, as it would be after a restart.
fn held(node: &Replicator) -> String {
    format!("{:?}", node.shelf())
}

fn acts_frame(batch: Batch) -> Vec<u8> {
    frame::encode(&Frame::Acts(batch))
}

#[test]
fn of_a_hundred_thousand_forgeries_none_is_admitted() {
    // Goal: whatever part of a true batch is changed, nothing of it is stored, and the forger is cut.
    let mut rng = ChaCha20Rng::seed_from_u64(31);
    let folio = passed_on();
    let mut admitted = 0;
    for number in 0..MANY {
        let mut batch = folio.after(rng.next_u32() % 3).unwrap();
        let place = rng.next_u32() as usize;
        let flip = u8::try_from(1 + rng.next_u32() % 255).unwrap();
        // The signature's last byte first: a wrong scalar costs no multiplication, so the test is not long.
        match number % 8 {
            0 => batch.head.hash[place % 32] ^= flip,
            1 | 2 => batch.head.signature[32 + place % 32] ^= flip,
            3 => batch.head.signature[place % 32] ^= flip,
            4 => batch.folio.writer.incarnation.0[place % 8] ^= flip,
            5 => batch.folio.writer.key = left().writer.key,
            6 => {
                let act = place % batch.acts.len();
                let at = (place >> 8) % batch.acts[act].len();
                batch.acts[act][at] ^= flip;
            }
            _ => batch.head = sign(territory(), batch.folio, batch.head.seq, batch.head.hash, &right().key),
        }
        let mut there = Folio::new(territory(), batch.folio);
        if batch.first > 1 {
            let before =
                agency().write(WEEK, &folio.acts().map(|it| it.1).collect::<Vec<_>>()[..batch.first as usize - 1]);
            there = if batch.folio == agency().week() { before } else { there };
        }
        admitted += u32::from(there.accept(&batch).is_ok());
    }
    assert_eq!(admitted, 0, "seed 31");
}

#[test]
fn who_forges_is_cut_once_and_then_not_heard() {
    // Goal: bad frames cost at most the charges; what comes before the connection is gone is not even read.
    let mut node = node();
    let before = held(&node);
    let mut forged = passed_on().after(0).unwrap();
    forged.acts[2][3] ^= 1;
    let effects = attack(&mut node, (0..MANY).map(|_| acts_frame(forged.clone())));
    assert_eq!(effects, Effects { cuts: 1, ..Effects::default() });
    assert_eq!(held(&node), before);
    let honest = agency().write(WEEK, &[open(), grant(&[(0, 1)], &left()), grant(&[(1, 1)], &left()), open()]);
    let late = attack(&mut node, core::iter::once(acts_frame(honest.after(0).unwrap())));
    assert_eq!(late, Effects::default(), "a connection that is being cut says nothing any more");
    node.handle(0, common::WEEK, Input::Down(mallory()));
    node.handle(0, common::WEEK, Input::Up(mallory()));
    assert_eq!(attack(&mut node, core::iter::once(acts_frame(honest.after(0).unwrap()))).kept, 1, "the next one does");
}

#[test]
fn lengths_that_lie_are_refused_from_the_header() {
    // Goal: a length of 2^32-1 or more, wherever a length stands, is an error.
    let honest = acts_frame(passed_on().after(0).unwrap());
    let mut refused = 0;
    for length in [u64::from(u32::MAX), u64::from(u32::MAX) + 1, u64::MAX] {
        let lie = postcard::to_stdvec(&length).unwrap();
        for at in 0..honest.len() {
            let changed = [&honest[..at], &lie, &honest[at..]].concat();
            let over = [&honest[..at], &lie, &honest[(at + 1).min(honest.len())..]].concat();
            for bytes in [changed, over] {
                match frame::decode(&bytes) {
                    Err(_) => refused += 1,
                    Ok(Frame::Acts(batch)) => assert!(shelf().accept(&batch).is_err(), "at {at}"),
                    Ok(other) => panic!("{other:?}"),
                }
            }
        }
        let act = [&[15][..], &lie].concat();
        assert!(crdt_calendar::wire::act::decode(&act).is_err());
    }
    assert!(refused > honest.len());
}

#[test]
fn chains_of_beginnings_end() {
    // Goal: beginnings in a circle, in a long chain or in a wide fan lead to a line, or to a frozen one.
    let life = |number: u16| Writer {
        key: left().writer.key,
        incarnation: Incarnation([&number.to_be_bytes()[..], &[7; 6]].concat().try_into().unwrap()),
    };
    let begins = |of: Writer, previous: Option<Writer>| {
        Member { writer: of, ..left() }.write(Leaf::Profile, &[Act::Begin { previous }])
    };
    let line = |folios: &[Folio]| {
        let mut shelf = shelf();
        shelf.restore(common::coordination().write(Leaf::Roster, &[left().enrolment()]));
        for folio in folios {
            shelf.restore(folio.clone());
        }
        shelf.roster().member(&left().name).unwrap().line.clone()
    };
    let chain: Vec<Folio> = (0..200).map(|number: u16| begins(life(number), number.checked_sub(1).map(life))).collect();
    let Line::Writers(writers) = line(&chain) else { panic!("a long chain is a line") };
    assert_eq!(writers.len(), crdt_calendar::limits::LINE_WRITERS_MAX);
    let circle: Vec<Folio> = (0..50).map(|number: u16| begins(life(number), Some(life((number + 1) % 50)))).collect();
    assert_eq!(line(&circle), Line::NotBegun, "a circle has no beginning");
    let own_tail = [begins(life(1), None), begins(life(2), Some(life(1))), begins(life(3), Some(life(3)))];
    assert_eq!(line(&own_tail), Line::Writers(vec![life(1), life(2)]));
    let fan: Vec<Folio> = (0..100).map(|number: u16| begins(life(number), (number > 0).then(|| life(0)))).collect();
    assert!(matches!(line(&fan), Line::Frozen(_)));
}

#[test]
fn a_hundred_thousand_acts_on_what_is_not_here_wait() {
    // Goal: references to nothing cost their own place and no more: nothing is asked for, nothing is shown.
    let nowhere = |number: u32| FolioId {
        writer: Writer {
            key: agency().writer.key,
            incarnation: Incarnation([&number.to_be_bytes()[..], &[9; 4]].concat().try_into().unwrap()),
        },
        leaf: WEEK,
    };
    let refers = |number: u32| {
        let open = ActRef { folio: nowhere(number), act: 1 };
        let elsewhere = crdt_calendar::act::Run { open, tenures: vec![(0, 1)] };
        match number % 5 {
            0 => Act::Book {
                run: elsewhere,
                minutes: nine(0, 1),
                booth: common_booth(number),
                service: common::service(),
                envelope: vec![1],
            },
            1 => Act::Grant { run: run(&[(0, 1)]), to: left().writer, ask: Some(AskLeg { ask: open, leg: 0 }) },
            2 => Act::Take {
                run: elsewhere,
                upto: Upto { folio: nowhere(number), seq: 9, hash: [1; 32] },
                keeps: Some(open),
            },
            3 => Act::Ask {
                legs: vec![Leg::Pool { home: MemberId::new("nulle-part").unwrap() }],
                minutes: nine(1, 1),
                booth: common_booth(number),
                service: common::service(),
                envelope: vec![1],
            },
            _ => Act::Amend { target: open, booth: None, minutes: None, envelope: Some(vec![1]) },
        }
    };
    let mut node = node();
    let mut number = 0;
    let mut sent = 0;
    // Seven weeks of one member, 14,300 acts each: what fits in a folio.
    for week in 0..7 {
        let leaf = Leaf::Week(IsoWeek(common::WEEK.0 + week));
        let acts: Vec<Vec<u8>> = (0..14_300).map(|it| crdt_calendar::wire::act::encode(&refers(number + it))).collect();
        number += 14_300;
        let mut from = 0;
        let mut pieces = Vec::new();
        while from < acts.len() {
            let mut size = 0;
            let end = acts[from..]
                .iter()
                .take_while(|act| {
                    size += act.len();
                    size < 900_000
                })
                .count()
                + from;
            pieces.push((from, end));
            from = end;
        }
        for (_, end) in pieces.iter().take(1) {
            let batch = forge(&right(), leaf, &acts[..*end]);
            sent += end;
            let effects = attack(&mut node, core::iter::once(acts_frame(batch)));
            assert_eq!((effects.kept, effects.cuts), (1, 0));
            assert!(effects.sent <= 1, "{effects:?}");
        }
    }
    let shown = node.shelf().week(common::WEEK);
    let wrong = shown.appointments().filter(|it| matches!(it.state, State::Confirmed)).count();
    assert_eq!(wrong, 0);
    assert!(sent > 40_000, "{sent}");
}

fn common_booth(number: u32) -> crdt_calendar::ids::BoothId {
    crdt_calendar::ids::BoothId(u8::try_from(number % 200).unwrap())
}

#[test]
fn gaps_are_asked_for_once() {
    // Goal: 10^5 batches on what is not here (the acts before them, folios of nobody) lead to a bounded number
    // of questions, whether or not anything in them is signed.
    let mut node = node();
    let before = held(&node);
    let mut batch = passed_on().after(2).unwrap();
    batch.first = 100;
    batch.head.seq = 100;
    let same = attack(&mut node, (0..MANY).map(|_| acts_frame(batch.clone())));
    assert_eq!((same.sent, same.kept, same.cuts), (1, 0, 0), "asked once, until an answer comes");
    let others = (0..MANY).map(|number| {
        let mut batch = batch.clone();
        batch.folio.writer.incarnation = Incarnation([&number.to_be_bytes()[..], &[9; 4]].concat().try_into().unwrap());
        acts_frame(batch)
    });
    let other = attack(&mut node, others);
    assert!(other.sent <= 64 && other.kept == 0, "{other:?}");
    assert_eq!(other.cuts, 1);
    assert_eq!(held(&node), before);
}

#[test]
fn questions_are_not_a_lever() {
    // Goal: small frames that ask for much are answered some times, then charged: no amplifier.
    let whole = frame::encode(&Frame::Want(vec![(agency().week().short(), 0); WANTS_MAX]));
    let nothing = frame::encode(&Frame::Heads { leaves: Vec::new(), last: true });
    let unasked = frame::encode(&Frame::Differences { leaves: Vec::new(), last: false });
    let digest = Frame::Digest { territory: territory(), digest: [0; 16], is_answer: false };
    let window = (IsoWeek(0), IsoWeek(u16::MAX));
    let leaves = frame::encode(&Frame::Leaves { window, digests: Vec::new() });
    let line = HeadLine { folio: agency().week().short(), seq: 3, hash: [0; 8] };
    let suspicious = frame::encode(&Frame::Heads { leaves: vec![(WEEK, vec![line])], last: true });
    let cases = [
        ("whole", whole),
        ("heads", nothing),
        ("differences", unasked),
        ("digest", frame::encode(&digest)),
        ("leaves", leaves),
        ("another history", suspicious),
    ];
    for (case, bytes) in cases {
        let mut node = node();
        let all = attack(&mut node, (0..MANY).map(|_| bytes.clone()));
        assert_eq!(all.cuts, 1, "{case}");
        assert!(all.sent <= 16 * CHARGES_MAX as usize, "{case}: {all:?}");
        assert!(all.sent_bytes <= 200_000, "{case}: {all:?}");
    }
}

#[test]
fn a_recorded_session_played_again_changes_nothing() {
    // Goal: every frame of a whole conversation, again, a hundred times, by another, in any order: nothing new.
    let (one, other) = (left().writer.key, mallory());
    let mut nodes = [
        (one, Replicator::new(one, full_shelf(&[passed_on()]))),
        (other, Replicator::new(other, full_shelf(&[right().write(WEEK, &[book(&[(2, 1)], 1)])]))),
    ];
    let mut tape: Vec<Vec<u8>> = Vec::new();
    let mut wire: Vec<(usize, Vec<u8>)> = Vec::new();
    for (number, peer) in [(0, other), (1, one)] {
        nodes[number].1.handle(0, common::WEEK, Input::Up(peer));
    }
    loop {
        for (number, (_, node)) in nodes.iter_mut().enumerate() {
            while let Some(effect) = node.poll() {
                if let Effect::Send { bytes, .. } = effect {
                    wire.push((1 - number, bytes));
                }
            }
        }
        let Some((to, bytes)) = wire.pop() else { break };
        let from = nodes[1 - to].0;
        tape.push(bytes.clone());
        nodes[to].1.handle(0, common::WEEK, Input::Frame(from, bytes));
    }
    assert!(tape.len() >= 6, "a conversation took place: {}", tape.len());
    let mut node = nodes.into_iter().next().unwrap().1;
    let before = held(&node);
    let mut rng = ChaCha20Rng::seed_from_u64(39);
    let mut kept = 0;
    for _ in 0..MANY / 100 {
        node.handle(0, common::WEEK, Input::Down(mallory()));
        node.handle(0, common::WEEK, Input::Up(mallory()));
        while node.poll().is_some() {}
        let frames = (0..100).map(|_| tape[rng.next_u32() as usize % tape.len()].clone());
        kept += attack(&mut node, frames.collect::<Vec<_>>().into_iter()).kept;
    }
    assert_eq!(kept, 0, "seed 39");
    assert_eq!(held(&node), before);
}
