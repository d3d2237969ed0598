// SPDX-License-Identifier: MIT OR Apache-2.0
//! A desk that is closed after its hours were published.

use crate::common;

use common::village::Village;
use common::{agency, everybody, left, nine, right};
use crdt_calendar::act::Reason;
use crdt_calendar::fold::{SlotState, State};

fn shut(village: &mut Village) -> u32 {
    village.act(&agency(), |clerk, now, _| clerk.shut(now, 1, nine(0, 8), Reason::Closed)).unwrap()
}

#[test]
fn what_is_booked_stays_and_nothing_else() {
    // Goal: free slots are closed, those passed on come home and are closed then; appointments stay for a person to
    // cancel. Done again, nothing is written.
    let mut village = Village::new(&everybody());
    let opened = village.open(&agency(), 1);
    let other_desk = village.open(&agency(), 2);
    village.reserve(&agency(), opened, &[0, 1, 2], &left());
    let appointments = [village.book(&left(), opened, 1), village.book(&right(), opened, 5)];
    while shut(&mut village) > 0 {}
    for at in everybody() {
        for index in [0, 2, 3, 4, 6, 7] {
            assert_eq!(village.slot(&at, opened, index), SlotState::NotBookable, "{index} at {}", at.name);
        }
        for (id, index) in appointments.into_iter().zip([1, 5]) {
            assert_eq!(village.slot(&at, opened, index), SlotState::Booked(id), "{index} at {}", at.name);
            assert_eq!(village.state(&at, id), State::Confirmed);
        }
        assert_eq!(village.slot(&at, other_desk, 0), SlotState::Free, "the other desk is open");
    }
    village.check_same();
}

#[test]
fn who_booked_while_cut_off_is_called_back() {
    // Goal: a point that has not heard of it books a time that was called back: nobody comes in vain, the person stands on
    // the call-back list.
    let mut village = Village::new(&everybody());
    let opened = village.open(&agency(), 1);
    village.reserve(&agency(), opened, &[0], &left());
    village.cut_off(&left());
    let booked = village.book(&left(), opened, 0);
    shut(&mut village);
    village.return_of(&left());
    assert_eq!(village.state(&left(), booked), State::CancelledByAgency(Reason::Closed));
    assert!(village.appointment(&left(), booked).needs_call_back());
    shut(&mut village);
    assert_eq!(village.slot(&right(), opened, 0), SlotState::NotBookable);
    village.check_same();
}
