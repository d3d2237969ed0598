// SPDX-License-Identifier: MIT OR Apache-2.0
//! The gate: what comes from outside is stored whole or refused, and nothing that comes can panic.

use crate::common;

use common::{
    Member, agency, book, full_shelf, genesis, grant, left, nine, open, open_at, release, right, shelf, territory,
};
use crdt_calendar::act::Act;
use crdt_calendar::envelope::{self, Binding, Opener, WeekSecret};
use crdt_calendar::folio::{Accepted, AppendError, Batch, Folio, GateError};
use crdt_calendar::ids::{FolioId, Leaf, TerritoryId};
use crdt_calendar::limits::{
    ACT_BYTES_MAX, FOLIO_BYTES_MAX, FOLIO_BYTES_RESERVED, FRAME_BYTES_MAX, INFLATED_BYTES_MAX, UNENROLLED_FOLIOS_MAX,
    WEEKS_AHEAD, WEEKS_PAST,
};
use crdt_calendar::roster::{Genesis, RootStatement};
use crdt_calendar::shelf::Shelf;
use crdt_calendar::time::IsoWeek;
use crdt_calendar::wire;
use crdt_calendar::wire::frame::{self, Frame, FrameError};
use proptest::prelude::*;

const WEEK: Leaf = Leaf::Week(common::WEEK);

fn five() -> Folio {
    agency().write(
        WEEK,
        &[
            open(),
            grant(&[(0, 1)], &left()),
            grant(&[(1, 1)], &left()),
            grant(&[(2, 1)], &right()),
            open_at(2, nine(0, 4)),
        ],
    )
}

fn empty() -> Folio {
    Folio::new(territory(), agency().week())
}

/// A batch after some change, offered to a folio that holds the first `held` acts of `five`.
fn offered(held: u32, change: impl Fn(&mut Batch)) -> Result<Accepted, GateError> {
    let acts: Vec<Act> = five().acts().map(|(_, act)| act).collect();
    let mut folio = agency().write(WEEK, &acts[..held as usize]);
    let before = format!("{folio:?}");
    let mut batch = five().after(held).unwrap();
    change(&mut batch);
    let answer = folio.accept(&batch);
    if answer.is_err() {
        assert_eq!(format!("{folio:?}"), before, "a refused batch leaves the folio as it was");
    }
    answer
}

#[test]
fn what_is_refused_and_why() {
    // Goal: whole or not at all, by the cheapest check that finds the fault.
    type Change = fn(&mut Batch);
    let table: Vec<(&str, u32, Change, Result<Accepted, GateError>)> = vec![
        ("untouched", 0, |_| {}, Ok(Accepted::New(5))),
        ("the rest", 3, |_| {}, Ok(Accepted::New(2))),
        (
            "cut short",
            0,
            |it| {
                it.acts.pop();
            },
            Err(GateError::Limit),
        ),
        (
            "cut short, its number too",
            0,
            |it| {
                it.acts.pop();
                it.head.seq = 4;
            },
            Err(GateError::Signature),
        ),
        ("no acts", 0, |it| it.acts.clear(), Err(GateError::Limit)),
        ("numbered from 0", 0, |it| it.first = 0, Err(GateError::Limit)),
        ("numbered past the end", 0, |it| it.first = u32::MAX, Err(GateError::Limit)),
        ("a byte changed", 0, |it| it.acts[2][5] ^= 1, Err(GateError::Chain)),
        ("a byte changed after the beginning", 1, |it| it.acts[2][5] ^= 1, Err(GateError::Gap)),
        ("two acts swapped", 0, |it| it.acts.swap(1, 2), Err(GateError::Chain)),
        (
            "an act twice",
            0,
            |it| {
                let act = it.acts[1].clone();
                it.acts.insert(1, act);
                it.head.seq = 6;
            },
            Err(GateError::Signature),
        ),
        ("another hash", 0, |it| it.head.hash[0] ^= 1, Err(GateError::Signature)),
        ("another signature", 0, |it| it.head.signature[63] ^= 1, Err(GateError::Signature)),
        ("no signature", 0, |it| it.head.signature = [0; 64], Err(GateError::Signature)),
        ("another folio", 0, |it| it.folio.leaf = Leaf::Week(IsoWeek(common::WEEK.0 + 1)), Err(GateError::Limit)),
        ("another's folio", 0, |it| it.folio = left().week(), Err(GateError::Limit)),
        ("too many bytes", 0, |it| it.acts[4] = vec![0; FOLIO_BYTES_MAX].into(), Err(GateError::Limit)),
    ];
    for (case, held, change, expected) in table {
        assert_eq!(offered(held, change), expected, "{case}");
    }
}

#[test]
fn replayed_late_and_early() {
    // Goal: the same again is known; a part that is ahead is a gap, and the whole fills it.
    let whole = five();
    let mut folio = empty();
    assert_eq!(folio.accept(&whole.after(3).unwrap()), Err(GateError::Gap));
    assert_eq!(folio.accept(&whole.after(0).unwrap()), Ok(Accepted::New(5)));
    for held in 0..5 {
        assert_eq!(folio.accept(&whole.after(held).unwrap()), Ok(Accepted::Known), "from {held}");
    }
    let earlier = agency().write(WEEK, &[open()]);
    assert_eq!(folio.accept(&earlier.after(0).unwrap()), Ok(Accepted::Known), "an old head takes nothing back");
    assert_eq!(folio.seq(), 5);
}

#[test]
fn signed_by_another_or_for_another_territory() {
    // Goal: a signature counts for one writer, one folio and one territory.
    let mallory = right();
    let mut forged = mallory.write(WEEK, &[open()]).after(0).unwrap();
    forged.folio = agency().week();
    assert_eq!(empty().accept(&forged), Err(GateError::Signature));

    let mut elsewhere = Folio::new(TerritoryId([8; 32]), agency().week());
    elsewhere.append(&open(), &agency().key).unwrap();
    assert_eq!(empty().accept(&elsewhere.after(0).unwrap()), Err(GateError::Signature));

    let mut other_week = agency().write(Leaf::Week(IsoWeek(common::WEEK.0 + 1)), &[open()]).after(0).unwrap();
    other_week.folio = agency().week();
    assert_eq!(empty().accept(&other_week), Err(GateError::Signature));

    let other_root = ed25519_dalek::SigningKey::from_bytes(&[10; 32]);
    let statement = RootStatement::sign(territory(), 1, right().writer, None, &other_root);
    assert!(Shelf::new(genesis().0, statement, common::WEEK).is_err(), "the root alone names the coordination");
    let renamed = Genesis { name: "Gers".into(), ..genesis().0 };
    assert!(Shelf::new(renamed, common::statement(), common::WEEK).is_err(), "a statement is for one territory");
}

#[test]
fn bytes_that_are_no_act_end_a_folio() {
    // Goal: what no version can read is stored by nobody, although its writer signed it.
    let folio = agency().write(WEEK, &[open()]);
    let mut batch = folio.after(0).unwrap();
    batch.acts[0] = vec![15].into();
    assert_eq!(empty().accept(&batch), Err(GateError::Chain));
    assert!(wire::act::decode(&vec![0; ACT_BYTES_MAX + 1]).is_err());
}

#[test]
fn a_full_folio_can_still_give_back() {
    // Goal: the last eighth takes release and cancel, never a booking.
    let mut folio = Folio::new(territory(), left().week());
    let big = |index: u16| {
        let Act::Book { run, minutes, booth, service, .. } = book(&[(index, 1)], 1) else { unreachable!() };
        Act::Book { run, minutes, booth, service, envelope: vec![7; 4_000] }
    };
    let full = loop {
        if let Err(error) = folio.append(&big(0), &left().key) {
            break error;
        }
    };
    assert_eq!(full, AppendError::Full);
    let size = |folio: &Folio| folio.after(0).unwrap().acts.iter().map(|act| act.len()).sum::<usize>();
    assert!(size(&folio) <= FOLIO_BYTES_MAX - FOLIO_BYTES_RESERVED);
    for act in [release(&[(0, 1)]), common::cancel(1), Act::Drop { ask: 1 }, common::void(&[(0, 1)])] {
        assert!(folio.append(&act, &left().key).is_ok(), "{act:?}");
    }
    let many: Vec<(u16, u16)> = (0..288).map(|index| (index, 1)).collect();
    while folio.append(&release(&many), &left().key).is_ok() {}
    assert!(size(&folio) <= FOLIO_BYTES_MAX);
    let mut there = Folio::new(territory(), left().week());
    assert_eq!(there.accept(&folio.after(0).unwrap()), Ok(Accepted::New(folio.seq())), "a full folio still travels");
    let bytes = frame::encode(&Frame::Acts(folio.after(0).unwrap()));
    assert!(bytes.len() <= FRAME_BYTES_MAX && frame::decode(&bytes).is_ok());
}

#[test]
fn strangers_and_far_weeks() {
    // Goal: what is not enrolled waits, bounded; weeks out of the window and foreign rosters are refused.
    let mut shelf = full_shelf(&[]);
    let mut taken = 0;
    for life in 0..=u8::MAX {
        let stranger: Member = common::a_box(90, "nobody", crdt_calendar::act::Role::Point).reborn(life);
        match shelf.accept(&stranger.write(WEEK, &[book(&[(0, 1)], 1)]).after(0).unwrap()) {
            Ok(_) => taken += 1,
            Err(error) => assert_eq!(error, GateError::Room),
        }
    }
    assert_eq!(taken, UNENROLLED_FOLIOS_MAX);
    assert!(shelf.accept(&five().after(0).unwrap()).is_ok(), "members still come in");
    for (case, week, fits) in [
        ("first", common::WEEK.0 - WEEKS_PAST, true),
        ("before the first", common::WEEK.0 - WEEKS_PAST - 1, false),
        ("last", common::WEEK.0 + WEEKS_AHEAD, true),
        ("after the last", common::WEEK.0 + WEEKS_AHEAD + 1, false),
    ] {
        let batch = left().write(Leaf::Week(IsoWeek(week)), &[book(&[(0, 1)], 1)]).after(0).unwrap();
        assert_eq!(shelf.accept(&batch).is_ok(), fits, "{case}");
    }
    let roster = right().write(Leaf::Roster, &[right().enrolment()]).after(0).unwrap();
    assert_eq!(shelf.accept(&roster).err(), Some(GateError::Limit), "only the coordination has a roster");
}

#[test]
fn an_inflate_bomb_stays_small() {
    // Goal: a frame that would inflate past its cap is refused, however small it is.
    let honest = frame::encode(&Frame::Acts(five().after(0).unwrap()));
    let bomb_of = |plain: &[u8]| {
        // The deflated part is the last field of the frame: replace it and its length.
        let deflated = miniz_oxide::deflate::compress_to_vec(plain, 9);
        let acts = postcard::to_stdvec(&five().after(0).unwrap().acts).unwrap();
        let old = miniz_oxide::deflate::compress_to_vec(&acts, 6);
        let at = honest.len() - old.len() - postcard::to_stdvec(&old.len()).unwrap().len();
        [&honest[..at], &postcard::to_stdvec(&deflated.len()).unwrap(), &deflated].concat()
    };
    let same = bomb_of(&postcard::to_stdvec(&five().after(0).unwrap().acts).unwrap());
    assert_eq!(frame::decode(&same).unwrap(), Frame::Acts(five().after(0).unwrap()), "the surgery is right");
    let bomb = bomb_of(&vec![0; 64 * INFLATED_BYTES_MAX]);
    assert!(bomb.len() < 100_000);
    assert_eq!(frame::decode(&bomb), Err(FrameError::Limit));
    assert_eq!(frame::decode(&vec![1; FRAME_BYTES_MAX + 1]), Err(FrameError::Limit));
    assert_eq!(frame::decode(&[2, 0]), Err(FrameError::Version(2)));
    assert_eq!(frame::decode(&[]), Err(FrameError::Form));
}

#[test]
fn a_folio_comes_back_from_disk_or_says_that_it_is_damaged() {
    // Goal: document and changes read back to the same folio; any damage is an error, never another folio.
    let folio = five();
    let head = *folio.head().unwrap();
    let read =
        |document: &[u8], changes: &[Vec<u8>]| Folio::from_document(territory(), folio.id(), document, changes, head);
    let shown = format!("{folio:?}");
    assert_eq!(format!("{:?}", read(&folio.to_document().unwrap(), &[]).unwrap()), shown);
    assert_eq!(format!("{:?}", read(&[], &folio.changes_after(0)).unwrap()), shown);
    let acts: Vec<Act> = folio.acts().map(|(_, act)| act).collect();
    let part = agency().write(WEEK, &acts[..3]).to_document().unwrap();
    assert_eq!(format!("{:?}", read(&part, &folio.changes_after(3)).unwrap()), shown);
    assert!(read(&part, &folio.changes_after(4)).is_err(), "a change is missing");
    assert!(read(&part, &folio.changes_after(2)).is_err(), "a change twice");
    let whole = folio.to_document().unwrap();
    for end in 0..whole.len() {
        assert!(read(&whole[..end], &[]).is_err(), "cut at {end}");
    }
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        assert!(read(&damaged, &[]).is_err(), "a bit changed at {at}");
    }
    let twice = [whole.clone(), whole].concat();
    assert!(read(&twice, &[]).is_err(), "two documents");
}

fn sealed() -> (Vec<u8>, Binding, WeekSecret) {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng as _;
    let secret = WeekSecret::new([3; 32]);
    let id = FolioId { writer: left().writer, leaf: WEEK };
    let appointment = common::at(&left(), 1);
    let binding =
        Binding { folio: id, act: 1, appointment, minutes: nine(0, 1), service: common::service(), slots: vec![] };
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let bytes =
        envelope::seal(b"Jeanne Exemple", &binding, &secret.public(), &WeekSecret::new([4; 32]), &mut rng).unwrap();
    (bytes, binding, secret)
}

#[test]
fn every_truncation_of_every_frame_is_refused() {
    let line = frame::HeadLine { folio: agency().week().short(), seq: 2, hash: [3; 8] };
    for whole in [
        frame::encode(&Frame::Acts(five().after(0).unwrap())),
        frame::encode(&Frame::Heads { leaves: vec![(agency().week().leaf, vec![line; 3])], last: true }),
        frame::encode(&Frame::Differences { leaves: vec![(agency().week().leaf, vec![line; 3])], last: true }),
        frame::encode(&Frame::Want(vec![(agency().week().short(), 0)])),
        frame::encode(&Frame::Held(agency().week().leaf, line)),
        frame::encode(&Frame::Digest { territory: territory(), digest: [4; 16], is_answer: false }),
    ] {
        for end in 0..whole.len() {
            assert!(frame::decode(&whole[..end]).is_err(), "cut at {end} of {}", whole.len());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_data(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        // Goal: no bytes panic; an act that decodes re-encodes to something that decodes to the same.
        if let Ok(act) = wire::act::decode(&bytes) {
            prop_assert_eq!(wire::act::decode(&wire::act::encode(&act)), Ok(act));
        }
        if let Ok(decoded) = frame::decode(&bytes) {
            prop_assert_eq!(frame::decode(&frame::encode(&decoded)), Ok(decoded));
        }
        let (_, binding, secret) = sealed();
        prop_assert!(envelope::open(&bytes, &binding, Opener::Home, &secret).is_err());
        prop_assert!(Folio::from_document(territory(), agency().week(), &bytes, &[], *five().head().unwrap()).is_err());
        prop_assert!(Folio::from_document(territory(), agency().week(), &[], &[bytes], *five().head().unwrap()).is_err());
    }

    #[test]
    fn a_changed_frame_changes_nothing(place in any::<prop::sample::Index>(), flip in 1_u8..=255) {
        // Goal: of a damaged batch nothing is stored, unless it still reads as the very same acts.
        let whole = frame::encode(&Frame::Acts(five().after(0).unwrap()));
        let mut changed = whole.clone();
        changed[place.index(whole.len())] ^= flip;
        if let Ok(Frame::Acts(batch)) = frame::decode(&changed) {
            let mut shelf = shelf();
            if shelf.accept(&batch).is_ok() {
                let folio = shelf.folio(&agency().week()).map(|it| format!("{it:?}"));
                prop_assert_eq!(folio, Some(format!("{:?}", five())));
            }
        }
    }

    #[test]
    fn a_changed_envelope_stays_closed(place in any::<prop::sample::Index>(), flip in 1_u8..=255) {
        let (mut bytes, binding, secret) = sealed();
        // The second wrap is the writer's own: the home does not read it.
        let places: Vec<usize> = (0..bytes.len()).filter(|at| !(89..169).contains(at)).collect();
        bytes[places[place.index(places.len())]] ^= flip;
        prop_assert!(envelope::open(&bytes, &binding, Opener::Home, &secret).is_err());
    }
}
