// SPDX-License-Identifier: MIT OR Apache-2.0
//! Registers carried by hand: the same gate and the same consequences as over the network.

use crate::common;

use std::collections::BTreeMap;

use common::village::Village;
use common::{Member, WEEK, agency, everybody, full_shelf, left, open, right};
use crdt_calendar::clerk::{Clerk, Doubt, Effect, Now, Taken};
use crdt_calendar::fold::appointment::State;
use crdt_calendar::folio::{Batch, Folio, GateError};
use crdt_calendar::ids::Leaf;
use crdt_calendar::time::IsoWeek;
use crdt_calendar::wire::frame::{self, Frame};

/// All that a member holds, as a file would carry it.
fn carried(village: &Village, from: &Member) -> Vec<Batch> {
    village.shelf_of(from).iter().filter_map(|folio| folio.after(0)).collect()
}

fn take_in(village: &mut Village, to: &Member, batches: &[Batch]) -> Vec<Result<Taken, GateError>> {
    village.act(to, |clerk, now, _| clerk.take_in(now, batches))
}

#[test]
fn a_booking_goes_out_and_its_answer_comes_back_by_hand() {
    // Goal: a point without any network asks; carried to the agency it is confirmed, a neighbour of the agency
    // hears of it, and carried back the answer is here. Twice, nothing changes.
    let mut village = Village::new(&everybody());
    let opened = village.open(&agency(), 1);
    village.cut_off(&left());
    let asked = village.book(&left(), opened, 3);
    assert_eq!(village.state(&left(), asked), State::Asked);

    let out = carried(&village, &left());
    let taken = take_in(&mut village, &agency(), &out);
    let new = out.iter().zip(&taken).filter(|(_, taken)| **taken == Ok(Taken::New)).map(|(batch, _)| batch.folio);
    assert_eq!(new.collect::<Vec<_>>(), [left().week()], "the rest was known");
    for at in [agency(), right()] {
        assert_eq!(village.state(&at, asked), State::Confirmed, "{}", at.name);
    }

    let back = carried(&village, &agency());
    let taken = take_in(&mut village, &left(), &back);
    assert!(taken.contains(&Ok(Taken::Grown)), "{taken:?}");
    assert_eq!(village.state(&left(), asked), State::Confirmed);
    for (to, file) in [(agency(), &out), (left(), &back)] {
        let again = take_in(&mut village, &to, file);
        assert!(again.iter().all(|taken| *taken == Ok(Taken::Known)), "{again:?}");
    }
    village.return_of(&left());
    village.check_same();
}

#[test]
fn what_may_not_come_by_the_network_does_not_come_by_hand() {
    // Goal: a week that is not held, a forged signature, a second history: each is told, and costs nothing else.
    let mut village = Village::new(&everybody());
    let far = left().write(Leaf::Week(IsoWeek(WEEK.0 + 40)), &[open()]).after(0).unwrap();
    let mut forged = right().write(Leaf::Week(WEEK), &[open()]).after(0).unwrap();
    forged.head.signature[0] ^= 1;
    let [one, other] =
        [0, 2].map(|index| left().write(Leaf::Week(WEEK), &[common::book(&[(index, 1)], 1)]).after(0).unwrap());
    let batches = [far, forged, one.clone(), other, one];
    let taken = take_in(&mut village, &agency(), &batches);
    let expected =
        [Err(GateError::Limit), Err(GateError::Signature), Ok(Taken::New), Ok(Taken::Doubled), Ok(Taken::Known)];
    assert_eq!(taken, expected);
    let spread = village.shelf_of(&right()).into_iter().find(|it| it.id() == left().week()).expect("it was passed on");
    assert!(spread.fork().is_some(), "with its proof");
}

#[test]
fn a_box_that_was_set_back_is_told_so_by_hand() {
    // Goal: its own later acts come on a key: this life is over.
    let mut village = Village::new(&everybody());
    let yesterday: Vec<Folio> = village.shelf_of(&agency());
    village.open(&agency(), 1);
    let file = carried(&village, &right());
    village.cut_off(&agency());
    let mut alone = Village::new(&[]);
    alone.arrive(&agency(), full_shelf(&yesterday), None);
    take_in(&mut alone, &agency(), &file);
    assert_eq!(alone.doubts, [(agency().writer.key, Doubt::RolledBack)]);
}

#[test]
fn a_restored_box_is_not_woken_by_its_own_file() {
    // Goal: an export of its own may be older than what it wrote last; whatever another member wrote ends its waiting.
    let own = left();
    let mut clerk = Clerk::new(own.key, own.writer.incarnation, full_shelf(&[]), BTreeMap::new());
    clerk.wait_restored();
    let now = Now { monotonic_ms: 0, minute: common::minute(0) };
    let stranger = common::a_box(66, "nobody", crdt_calendar::act::Role::Point).writer.key;
    for (by, wakes) in [(own.writer.key, false), (stranger, false), (agency().writer.key, true)] {
        clerk.take_in(now, &[]);
        assert_eq!(clerk.poll(), None, "not before its end");
        clerk.has_read(by);
        let mut woken = false;
        while let Some(effect) = clerk.poll() {
            woken |= matches!(effect, Effect::StartOver(Doubt::Restored));
        }
        assert_eq!(woken, wakes, "{by}");
    }
}

#[test]
fn a_slip_leads_from_what_its_reader_keeps_to_the_appointment() {
    // Goal: booked while cut off, several times over; each code fits, read in order they bring the appointment, which
    // is answered; out of order nothing is taken; once the agency keeps it, one code with the one act is enough.
    const CODE_BYTES_MAX: usize = 800;
    let mut village = Village::new(&everybody());
    let opened = village.open(&agency(), 1);
    village.cut_off(&left());
    let asked: Vec<_> = (3..7).map(|index| village.book(&left(), opened, index)).collect();
    let slip = |village: &mut Village, id| {
        let reader = Some(agency().writer.key);
        village.act(&left(), |clerk, _, _| clerk.slip(id, reader, CODE_BYTES_MAX)).expect("its own")
    };
    let codes = slip(&mut village, asked[2]);
    assert!(codes.len() > 1 && codes.iter().all(|code| code.len() <= CODE_BYTES_MAX), "{}", codes.len());
    let batches: Vec<Batch> = codes
        .iter()
        .map(|code| match frame::decode(code) {
            Ok(Frame::Acts(batch)) => batch,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(take_in(&mut village, &agency(), &batches[1..])[0], Err(GateError::Gap));
    let taken = take_in(&mut village, &agency(), &batches);
    assert!(taken.iter().all(|taken| matches!(taken, Ok(Taken::New | Taken::Grown))), "{taken:?}");
    assert_eq!(village.state(&agency(), asked[2]), State::Confirmed);
    assert_eq!(batches.last().expect("one at least").head.seq, asked[2].act, "and nothing after it");

    village.return_of(&left());
    village.check_same();
    let one = slip(&mut village, asked[3]);
    assert_eq!(one.len(), 1);
    assert!(village.act(&right(), |clerk, _, _| clerk.slip(asked[3], None, CODE_BYTES_MAX)).is_none(), "another's");
}
