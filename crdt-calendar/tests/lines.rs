// SPDX-License-Identifier: MIT OR Apache-2.0
//! Boxes that die, are stolen, set back or copied: the line goes on, and nobody else's booking falls.

use crate::common;

use std::collections::BTreeMap;

use common::village::{Village, another_life, rekeyed};
use common::{
    Member, WEEK, agency, book, coordination, everybody, genesis, grant, left, nine, open, papers, right, territory,
};
use crdt_calendar::act::{Act, Reason, Upto};
use crdt_calendar::clerk::{BookError, Clerk, Doubt, OpeningPlan, Patch, PublishError, Request};
use crdt_calendar::fold::appointment::{State, Why};
use crdt_calendar::fold::{SlotState, Week};
use crdt_calendar::folio::{Accepted, Settled};
use crdt_calendar::ids::{ActRef, BoothId, Leaf};
use crdt_calendar::roster::{Line, Roster, Standing};
use crdt_calendar::shelf::Shelf;

/// The coordination replaces a member's box; the new one arrives with what the coordination holds.
fn replaced(village: &mut Village, old: &Member, seed: u8) -> Member {
    let new = rekeyed(old, seed);
    village.cut_off(old);
    village.act(&coordination(), |clerk, now, _| clerk.replace(now, old.name.clone(), new.writer.key)).unwrap();
    let mut shelf = Shelf::new(genesis().0, common::statement(), WEEK).unwrap();
    for folio in village.shelf_of(&coordination()).into_iter().filter(|it| !matches!(it.id().leaf, Leaf::Week(_))) {
        shelf.restore(folio);
    }
    village.arrive(&new, shelf, Some(old.writer));
    new
}

#[test]
fn a_replaced_box_speaks_no_more() {
    // Goal: after a replacement the old key belongs to the member's past; the new one inherits no tenure.
    let mut village = Village::new(&everybody());
    let opened = village.open(&agency(), 1);
    village.reserve(&agency(), opened, &[0, 1], &left());
    let new = replaced(&mut village, &left(), 33);
    let roster = village.at(&right()).roster().clone();
    assert_eq!(roster.standing(&left().writer), Standing::Past);
    assert_eq!(roster.standing(&new.writer), Standing::Current);
    assert!(!roster.keys().contains(&left().writer.key), "the old key may not connect");
    assert_eq!(roster.member_of(&left().writer.key), Some(&left().name), "what it wrote is still the member's");
    assert_eq!(village.slot(&new, opened, 0), SlotState::Held(left().writer), "no tenure is inherited");
    village.check_same();
}

#[test]
fn settlement_returns_what_is_free_and_keeps_what_is_booked() {
    // Goal: a lost box. Unbooked slots come home; what was booked lives on in a copy, suspended until the
    // new box gives it a booth; then it is confirmed everywhere; withdrawn, its slot comes home.
    let mut village = Village::new(&everybody());
    let opened = village.open(&agency(), 1);
    village.reserve(&agency(), opened, &[0, 1, 2], &left());
    let booked = village.book(&left(), opened, 1);
    let asked = village.book(&left(), opened, 5);
    assert_eq!(village.state(&agency(), asked), State::Confirmed);
    let new = replaced(&mut village, &left(), 33);
    assert_eq!(village.state(&right(), booked), State::Suspended);

    let done = village.act(&agency(), |clerk, now, _| clerk.settle(now, &left().name, false)).unwrap();
    assert_eq!((done.returned, done.kept), (2, 2));
    village.check_same();
    for index in [0, 2] {
        assert_eq!(village.slot(&right(), opened, index), SlotState::Free, "slot {index} came home");
    }
    for id in [booked, asked] {
        assert_eq!(village.state(&new, id), State::Suspended, "no booth yet");
        assert!(village.appointment(&new, id).needs_call_back(), "the person is called");
        village.act(&new, |clerk, now, rng| {
            let patch = Patch { booth: Some(BoothId(2)), details: None };
            clerk.amend(now, &id, patch, rng).unwrap();
        });
        assert_eq!(village.state(&right(), id), State::Confirmed, "housed again");
        assert_eq!(village.appointment(&agency(), id).booth, BoothId(2));
    }
    village.check_same();
    assert!(village.at(&agency()).open_details(&booked).is_ok(), "the agency still knows whom to expect");

    village.act(&new, |clerk, now, _| clerk.cancel(now, &booked, Reason::ByThePerson)).unwrap();
    assert_eq!(village.state(&agency(), booked), State::CancelledByPoint(Reason::ByThePerson));
    assert_eq!(village.slot(&agency(), opened, 1), SlotState::Free, "the home voids what it kept");
    village.check_same();
}

#[test]
fn a_kept_booking_survives_what_a_thief_writes() {
    // Goal: the stolen key signs a second history below the booking. The copy stands.
    let mut village = Village::new(&everybody());
    let opened = village.open(&agency(), 1);
    village.reserve(&agency(), opened, &[0, 1], &left());
    let booked = village.book(&left(), opened, 1);
    let new = replaced(&mut village, &left(), 33);
    village.act(&agency(), |clerk, now, _| clerk.settle(now, &left().name, false)).unwrap();
    let other = left().write(Leaf::Week(WEEK), &[book(&[(7, 1)], 1)]);
    village.act(&agency(), |clerk, now, _| {
        let frame = crdt_calendar::wire::frame::encode_batch(&other.after(0).unwrap());
        clerk.handle(now, crdt_calendar::replicator::Input::Frame(right().writer.key, frame));
    });
    let held = village.at(&new).shelf().folio(&left().week()).unwrap();
    assert_eq!(held.fork().map(|fork| fork.at), Some(1), "the proof is everywhere");
    village.act(&new, |clerk, now, rng| {
        clerk.amend(now, &booked, Patch { booth: Some(BoothId(1)), details: None }, rng).unwrap();
    });
    for at in [coordination(), agency(), right(), new] {
        assert_eq!(village.state(&at, booked), State::Confirmed, "at {:?}", at.name);
    }
    village.check_same();
}

#[test]
fn a_forced_take_is_a_persons_decision() {
    // Goal: the holder is only silent. Forced: what was heard of it is kept and stays confirmed; what it
    // promised meanwhile falls, and the person is on its call-back list.
    let mut village = Village::new(&everybody());
    let opened = village.open(&agency(), 1);
    village.reserve(&agency(), opened, &[0, 1], &left());
    let heard = village.book(&left(), opened, 0);
    village.cut_off(&left());
    let unheard = village.book(&left(), opened, 1);
    let refused = village.act(&agency(), |clerk, now, _| clerk.settle(now, &left().name, false)).unwrap();
    assert_eq!((refused.returned, refused.kept), (0, 0), "a box that is only silent is not settled unasked");
    let forced = village.act(&agency(), |clerk, now, _| clerk.settle(now, &left().name, true)).unwrap();
    assert_eq!((forced.returned, forced.kept), (1, 1));
    let again = village.book(&right(), opened, 1);
    village.return_of(&left());
    assert_eq!(village.state(&left(), heard), State::Confirmed);
    assert_eq!(village.state(&right(), again), State::Confirmed);
    assert_eq!(village.state(&left(), unheard), State::Void(Why::Taken));
    assert!(village.appointment(&left(), unheard).needs_call_back());
    village.check_same();
}

#[test]
fn a_replaced_home_takes_its_registers_up() {
    // Goal: a new box of an agency offers nothing until every possible holder was heard; then slots and
    // bookings are what they were, and it answers.
    let mut village = Village::new(&everybody());
    let opened = village.open(&agency(), 1);
    village.reserve(&agency(), opened, &[0, 1], &left());
    let booked = village.book(&left(), opened, 0);
    village.cut_off(&right());
    let new = replaced(&mut village, &agency(), 44);
    assert_eq!(village.state(&left(), booked), State::Suspended, "in doubt until its home speaks");
    assert_eq!(village.slot(&new, opened, 5), SlotState::Suspended, "nothing is offered");
    let plan = OpeningPlan { desk: 1, minutes: nine(0, 8), step_min: 30, services: vec![(common::service(), 30)] };
    let early = village.act(&new, |clerk, now, rng| clerk.open(now, &plan, rng));
    assert_eq!(early, Err(PublishError::NotTakenUp), "it would cut under people's feet");
    village.return_of(&right());
    // The old key is retired: a thief may hold it, so a person says that its register may be taken up.
    assert_eq!(village.slot(&new, opened, 5), SlotState::Suspended);
    let done = village.act(&new, |clerk, now, _| clerk.settle(now, &agency().name, false)).unwrap();
    assert_eq!(done.adopted, 1);
    assert_eq!(village.slot(&left(), opened, 5), SlotState::Free);
    assert_eq!(village.slot(&left(), opened, 1), SlotState::Held(left().writer), "tenures go on");
    assert_eq!(village.state(&left(), booked), State::Confirmed);
    village.check_same();
    let more = village.book(&left(), opened, 1);
    assert_eq!(village.state(&new, more), State::Confirmed);
}

#[test]
fn a_replaced_home_that_knows_only_its_papers_offers_nothing() {
    // Goal: the papers name the earlier key and hold nothing of what it wrote. Started out of everybody's reach, the new
    // box does not take itself for the first, or it would sell hours that are booked.
    let mut village = Village::new(&everybody());
    let opened = village.open(&agency(), 1);
    village.reserve(&agency(), opened, &[0, 1], &left());
    let booked = village.book(&left(), opened, 0);
    let new = rekeyed(&agency(), 44);
    village.cut_off(&agency());
    village.act(&coordination(), |clerk, now, _| clerk.replace(now, agency().name, new.writer.key)).unwrap();
    let mut shelf = Shelf::new(genesis().0, common::statement(), WEEK).unwrap();
    for folio in village.shelf_of(&coordination()).into_iter().filter(|it| it.id().leaf == Leaf::Roster) {
        shelf.restore(folio);
    }
    let others = [coordination(), left(), right()];
    others.iter().for_each(|it| village.cut_off(it));
    village.arrive(&new, shelf, None);
    let plan = OpeningPlan { desk: 1, minutes: nine(0, 8), step_min: 30, services: vec![(common::service(), 30)] };
    let early = village.act(&new, |clerk, now, rng| clerk.open(now, &plan, rng));
    assert_eq!(early, Err(PublishError::NotTakenUp));
    others.iter().for_each(|it| village.return_of(it));
    village.act(&new, |clerk, now, _| clerk.settle(now, &agency().name, false)).unwrap();
    assert_eq!(village.state(&left(), booked), State::Confirmed);
    village.check_same();
}

#[test]
fn coming_bookings_are_sealed_again_to_a_replaced_home() {
    // Goal: the keys of the week are gone with an agency's box. The new one publishes its own; points seal
    // coming bookings again, once; what is asked for then opens at once. What only the old box or a lost
    // point could read stays closed.
    let mut village = Village::new(&everybody());
    let opened = village.open(&agency(), 1);
    village.reserve(&agency(), opened, &[0, 1], &left());
    let (booked, asked) = (village.book(&left(), opened, 0), village.book(&left(), opened, 4));
    let of_lost = village.book(&right(), opened, 5);
    village.act(&left(), |clerk, now, rng| {
        let patch = Patch { booth: None, details: Some(b"corrected".to_vec()) };
        clerk.amend(now, &asked, patch, rng).unwrap();
    });
    let new_point = replaced(&mut village, &right(), 33);
    village.act(&agency(), |clerk, now, _| clerk.settle(now, &right().name, false)).unwrap();
    village.act(&new_point, |clerk, now, rng| {
        clerk.amend(now, &of_lost, Patch { booth: Some(BoothId(1)), details: None }, rng).unwrap();
    });
    let new = replaced(&mut village, &agency(), 44);
    village.act(&new, |clerk, now, _| clerk.settle(now, &agency().name, false)).unwrap();
    for id in [booked, asked, of_lost] {
        assert_eq!(village.state(&new, id), State::Confirmed);
        assert!(village.at(&new).open_details(&id).is_err(), "sealed to the box that is gone");
    }
    village.wait_min(10);
    village.wait_min(10);
    for (id, details) in [(booked, "demo"), (asked, "corrected")] {
        assert_eq!(*village.at(&new).open_details(&id).unwrap(), details.as_bytes());
        assert_eq!(*village.at(&left()).open_details(&id).unwrap(), details.as_bytes());
    }
    assert!(village.at(&new).open_details(&of_lost).is_err() && village.at(&new_point).open_details(&of_lost).is_err());
    let acts = |village: &Village| -> u32 { village.shelf_of(&new).iter().map(crdt_calendar::folio::Folio::seq).sum() };
    let before = acts(&village);
    village.wait_min(10);
    assert_eq!(acts(&village), before, "twice in a row, nothing is written");
    let more = village.book(&left(), opened, 6);
    assert_eq!(village.state(&left(), more), State::Confirmed);
    assert_eq!(*village.at(&new).open_details(&more).unwrap(), b"demo");
    village.check_same();
}

#[test]
fn a_restored_home_goes_on_by_itself_once_all_were_heard() {
    // Goal: a home set back to yesterday is told so by its peers, draws a new life, hears everybody, and
    // takes its registers up without a person.
    let mut village = Village::new(&everybody());
    let yesterday = village.shelf_of(&agency());
    let opened = village.open(&agency(), 1);
    let booked = village.book(&left(), opened, 3);
    village.cut_off(&agency());
    let mut shelf = Shelf::new(genesis().0, common::statement(), WEEK).unwrap();
    for folio in yesterday {
        shelf.restore(folio);
    }
    village.arrive(&agency(), shelf, None);
    assert_eq!(village.doubts, [(agency().writer.key, Doubt::RolledBack)]);
    let refused = village.act(&agency(), |clerk, now, _| clerk.reachable(now, vec!["/ip4/127.0.0.1".into()], vec![]));
    assert!(refused.is_err(), "nothing is written in a life that is over");
    village.act(&agency(), |clerk, now, _| clerk.start_over(now, another_life(99))).unwrap();
    assert_eq!(village.at(&left()).roster().standing(&agency().writer), Standing::Past);
    assert_eq!(village.state(&left(), booked), State::Confirmed, "taken up");
    assert_eq!(village.slot(&left(), opened, 4), SlotState::Free);
    village.check_same();
}

#[test]
fn a_box_is_restored_twice_from_one_backup() {
    // Goal: restored, a box writes nothing until it has heard a member; then it begins after the last life that is
    // known there. The second time that is the life of the first time: the line goes on, and does not fork.
    let mut village = Village::new(&everybody());
    let opened = village.open(&agency(), 1);
    village.reserve(&agency(), opened, &[0, 1], &left());
    let backup = village.shelf_of(&left());
    let booked = village.book(&left(), opened, 0);
    let mut boxes = vec![left().writer];
    for life in [71, 72] {
        village.cut_off(&left());
        let mut shelf = Shelf::new(genesis().0, common::statement(), WEEK).unwrap();
        backup.iter().for_each(|folio| shelf.restore(folio.clone()));
        let mut clerk = Clerk::new(left().key, left().writer.incarnation, shelf, BTreeMap::new());
        clerk.wait_restored();
        village.clerks.insert(left().writer.key, clerk);
        village.doubts.clear();
        let request = Request { slot: common::slot(1), service: common::service(), booth: None, details: vec![1] };
        let refused = village.act(&left(), |clerk, now, rng| clerk.book(now, &request, rng));
        assert!(matches!(refused, Err(BookError::Register(_))), "it may have been booked since: {refused:?}");
        assert_eq!(village.doubts, [], "nobody was heard");
        village.return_of(&left());
        assert_eq!(village.doubts, [(left().writer.key, Doubt::Restored)]);
        village.act(&left(), |clerk, now, _| clerk.start_over(now, another_life(life))).unwrap();
        boxes.push(left().reborn(life).writer);
        for at in everybody() {
            let line = &village.at(&at).roster().member(&left().name).unwrap().line;
            assert_eq!(line, &Line::Writers(boxes.clone()), "{}", at.name);
        }
        let held = SlotState::Held(left().reborn(life).writer);
        assert_ne!(village.slot(&left(), opened, 1), held, "it inherits no tenure");
    }
    let done = village.act(&agency(), |clerk, now, _| clerk.settle(now, &left().name, false)).unwrap();
    assert_eq!((done.kept, done.returned), (1, 1), "the booking that the backup did not know lives on");
    village.act(&left(), |clerk, now, rng| {
        clerk.amend(now, &booked, Patch { booth: Some(BoothId(1)), details: None }, rng).unwrap();
    });
    assert_eq!(village.state(&left(), booked), State::Confirmed);
    village.check_same();
}

#[test]
fn two_boxes_under_one_key_freeze_the_line() {
    // Goal: a copied disk. Both learn it, both start over after the same life: nobody can say which is the
    // member's, so neither counts until the coordination names a new key.
    let mut village = Village::new(&everybody());
    let twin = left().reborn(77);
    village.act(&left(), |clerk, now, _| clerk.start_over(now, another_life(88))).unwrap();
    let second = twin.begins(Some(left().writer));
    village.act(&right(), |clerk, now, _| {
        let frame = crdt_calendar::wire::frame::encode_batch(&second.after(0).unwrap());
        clerk.handle(now, crdt_calendar::replicator::Input::Frame(left().writer.key, frame));
    });
    let line = village.at(&agency()).roster().member(&left().name).unwrap().line.clone();
    assert!(matches!(&line, Line::Frozen(boxes) if boxes.len() == 3), "{line:?}");
    let new = replaced(&mut village, &left(), 33);
    assert_eq!(village.at(&agency()).roster().standing(&new.writer), Standing::Current);
    village.check_same();
}

#[test]
fn a_doubled_act_is_noticed_by_its_writer() {
    let mut village = Village::new(&everybody());
    let opened = village.open(&agency(), 1);
    village.reserve(&agency(), opened, &[0, 1], &left());
    village.book(&left(), opened, 0);
    let other = left().write(Leaf::Week(WEEK), &[book(&[(7, 1)], 1)]);
    village.act(&left(), |clerk, now, _| {
        let frame = crdt_calendar::wire::frame::encode_batch(&other.after(0).unwrap());
        clerk.handle(now, crdt_calendar::replicator::Input::Frame(right().writer.key, frame));
    });
    assert_eq!(village.doubts, [(left().writer.key, Doubt::Doubled)]);
}

#[test]
fn what_was_settled_upon_stands_whichever_history_came_first() {
    // Goal: a folio of which `adopt` or the root has spoken cannot be suspended below that word; whoever
    // held the other history takes the settled one.
    let leaf = Leaf::Week(WEEK);
    let right_one = agency().write(leaf, &[open(), grant(&[(0, 1)], &left()), grant(&[(1, 1)], &left())]);
    let wrong_one = agency().write(leaf, &[open(), grant(&[(0, 1)], &right())]);
    let word = Settled { seq: 3, hash: right_one.hash_at(3).unwrap() };
    let empty = || crdt_calendar::folio::Folio::new(territory(), agency().week());
    let (ours, theirs) = (right_one.after(0).unwrap(), wrong_one.after(0).unwrap());
    for (case, first, second, word_at) in [
        ("word, then the other", &ours, &theirs, 1),
        ("word last", &ours, &theirs, 2),
        ("the other first, word last", &theirs, &ours, 2),
        ("the other first, then the word", &theirs, &ours, 1),
        ("word before all", &theirs, &ours, 0),
    ] {
        let mut folio = empty();
        for (step, batch) in [first, second].into_iter().enumerate() {
            if word_at == step {
                folio.settle(word);
            }
            folio.accept(batch).unwrap();
        }
        if word_at == 2 {
            folio.settle(word);
        }
        assert_eq!(folio.seq(), 3, "{case}");
        assert_eq!(folio.hash_at(3), right_one.hash_at(3), "{case}");
        assert!(folio.fork().is_none(), "{case}");
        assert_eq!(folio.accept(&theirs), Ok(Accepted::Known), "{case}: it says nothing any more");
    }
}

#[test]
fn an_adoption_of_acts_that_are_not_here_waits() {
    // Goal: what comes after it in the register is not known, and is never called refused.
    let leaf = Leaf::Week(WEEK);
    let new = agency().reborn(22);
    let old = agency().write(leaf, &[open(), grant(&[(0, 1)], &left())]);
    let upto = Upto { folio: old.id(), seq: 2, hash: old.hash_at(2).unwrap() };
    let lie = Upto { hash: [9; 32], ..upto };
    let mut known = papers();
    known.push(new.begins(Some(agency().writer)));
    let roster = Roster::read(&common::keepers(), known.iter()).into();
    let holder = left().write(leaf, &[book(&[(0, 1)], 1)]);
    let at = ActRef { folio: left().week(), act: 1 };
    for (case, upto, with_old, expected) in [
        ("all of it is here", upto, true, State::Confirmed),
        ("the old register is not here", upto, false, State::Suspended),
        ("another history is here", lie, true, State::Suspended),
    ] {
        let adopting = new.write(leaf, &[Act::Adopt { upto }]);
        let folios: Vec<_> =
            [Some(adopting), with_old.then(|| old.clone()), Some(holder.clone())].into_iter().flatten().collect();
        let week = Week::fold(WEEK, &roster, folios.iter());
        assert_eq!(week.appointments[&at].state, expected, "{case}");
    }
}
