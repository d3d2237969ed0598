// SPDX-License-Identifier: MIT OR Apache-2.0
//! Wishes that are not for one slot: pools, several homes at once, walk-in windows; and what a member
//! decides for its own box: quotas, and when unused reserved slots go back.

use crate::common;

use common::village::Village;
use common::{Member, WEEK, a_box, agency, coordination, everybody, left, minute, nine, right, service};
use crdt_calendar::act::{Fate, Quota, Reason, Role, Terms};
use crdt_calendar::clerk::{OpeningPlan, Policy, PoolRequest};
use crdt_calendar::fold::SlotState;
use crdt_calendar::fold::appointment::State;
use crdt_calendar::ids::{ActRef, MemberId, ServiceId};
use crdt_calendar::time::Span;

fn pool(minutes: Span, others: Vec<MemberId>) -> PoolRequest {
    PoolRequest { home: agency().name, others, minutes, service: service(), booth: None, details: b"demo".to_vec() }
}

fn ask(village: &mut Village, point: &Member, request: &PoolRequest) -> ActRef {
    village.act(point, |clerk, now, rng| clerk.ask(now, request, rng)).unwrap()
}

/// The interpreter: another home, without the agency's service.
fn interpreter() -> Member {
    a_box(5, "interprete", Role::Agency)
}

fn with_interpreter() -> Village {
    let mut village = Village::new(&everybody());
    let it = interpreter();
    let enrolment = match it.enrolment() {
        crdt_calendar::act::Act::Enrol(enrolment) => enrolment,
        _ => unreachable!("an enrolment enrols"),
    };
    village.act(&coordination(), |clerk, now, _| clerk.enrol(now, enrolment)).unwrap();
    let mut shelf = crdt_calendar::shelf::Shelf::new(common::genesis().0, common::statement(), WEEK).unwrap();
    for folio in village.shelf_of(&coordination()) {
        shelf.restore(folio);
    }
    village.arrive(&it, shelf, None);
    let plan = OpeningPlan {
        desk: 1,
        minutes: nine(0, 2),
        step_min: 30,
        services: vec![(ServiceId::new("langue-des-signes").unwrap(), 30)],
    };
    village.act(&it, |clerk, now, rng| clerk.open(now, &plan, rng)).unwrap();
    village
}

#[test]
fn a_pool_gives_any_desk_until_none_is_left() {
    // Goal: two desks, three people at one time: two are seen, the third gets alternatives.
    let mut village = Village::new(&everybody());
    village.open(&agency(), 1);
    village.open(&agency(), 2);
    let asked: Vec<ActRef> =
        [left(), left(), right()].iter().map(|point| ask(&mut village, point, &pool(nine(0, 1), Vec::new()))).collect();
    assert_eq!(village.state(&agency(), asked[0]), State::Confirmed);
    assert_eq!(village.state(&agency(), asked[1]), State::Confirmed);
    let State::Refused { alternatives } = village.state(&right(), asked[2]) else { panic!("no third desk") };
    assert_eq!(alternatives.len(), 2);
    let desks: Vec<_> = asked[..2].iter().map(|id| village.appointment(&left(), *id).desk.clone()).collect();
    assert_ne!(desks[0], desks[1]);
    assert!(village.at(&agency()).open_details(&asked[0]).is_ok());
    village.check_same();
}

#[test]
fn an_interpreter_comes_along_or_nobody_does() {
    // Goal: two homes, one appointment. The interpreter's home gives its time without reading who comes;
    // when it cannot, the whole falls and the advisor's slot comes home.
    let mut village = with_interpreter();
    let opened = village.open(&agency(), 1);
    let both = ask(&mut village, &left(), &pool(nine(1, 1), vec![interpreter().name]));
    assert_eq!(village.state(&left(), both), State::Confirmed);
    let seen = village.appointment(&interpreter(), both);
    assert_eq!((seen.home.clone(), seen.others.clone()), (Some(agency().name), vec![interpreter().name]));
    assert!(village.at(&agency()).open_details(&both).is_ok());
    assert!(village.at(&interpreter()).open_details(&both).is_err(), "names are for the two members concerned");

    let late = ask(&mut village, &right(), &pool(nine(5, 1), vec![interpreter().name]));
    assert!(matches!(village.state(&right(), late), State::Refused { .. }), "no interpreter at that time");
    assert_eq!(village.slot(&agency(), opened, 5), SlotState::Free, "the advisor's slot came home");
    village.check_same();
}

#[test]
fn a_walk_in_window_sees_people_in_the_order_it_heard_of_them() {
    let mut village = Village::new(&everybody());
    let plan = OpeningPlan { desk: 1, minutes: nine(0, 4), step_min: 0, services: vec![(service(), 10)] };
    let window = village.act(&agency(), |clerk, now, rng| clerk.open(now, &plan, rng)).unwrap();
    let wish = pool(Span { from: nine(1, 1).from, length_min: 0 }, Vec::new());
    let people: Vec<ActRef> = [left(), left(), right()].iter().map(|point| ask(&mut village, point, &wish)).collect();
    let places: Vec<State> = people.iter().map(|id| village.state(&right(), *id)).collect();
    assert_eq!(places, [0, 1, 2].map(|ahead| State::Queued { ahead }), "they hold no booth, and wait in order");

    village.act(&left(), |clerk, now, _| clerk.cancel(now, &people[1], Reason::ByThePerson)).unwrap();
    assert_eq!(village.state(&right(), people[2]), State::Queued { ahead: 1 }, "who goes away is not waited for");
    let call = |village: &mut Village| village.act(&agency(), |clerk, now, _| clerk.call_next(now, &window)).unwrap();
    assert_eq!(call(&mut village), Some(people[0]));
    assert_eq!(village.state(&left(), people[0]), State::Called);
    assert_eq!(call(&mut village), Some(people[2]), "the one who went away is passed over");
    assert_eq!(call(&mut village), None);
    village.act(&agency(), |clerk, now, _| clerk.outcome(now, &people[0], Fate::Kept, 9)).unwrap();
    assert_eq!(village.appointment(&left(), people[0]).outcome.map(|it| it.fate), Some(Fate::Kept));
    let slots = OpeningPlan { desk: 1, minutes: nine(2, 1), step_min: 30, services: vec![(service(), 30)] };
    let under = village.act(&agency(), |clerk, now, rng| clerk.open(now, &slots, rng)).unwrap();
    assert_eq!(village.slot(&left(), under, 0), SlotState::NotBookable, "the window has the desk");
    village.check_same();
}

#[test]
fn a_window_that_is_shut_takes_nobody_more() {
    // Goal: the desk is closed that day: who had a place is called all the same, who asks afterwards is refused; said
    // twice it is written once.
    let mut village = Village::new(&everybody());
    let plan = OpeningPlan { desk: 1, minutes: nine(0, 4), step_min: 0, services: vec![(service(), 10)] };
    let window = village.act(&agency(), |clerk, now, rng| clerk.open(now, &plan, rng)).unwrap();
    let wish = pool(Span { from: nine(1, 1).from, length_min: 0 }, Vec::new());
    let before = ask(&mut village, &left(), &wish);
    let mut shut =
        |desk: u8| village.act(&agency(), |clerk, now, _| clerk.shut(now, desk, nine(0, 40), Reason::Closed));
    assert_eq!([shut(2), shut(1), shut(1)], [Ok(0), Ok(1), Ok(0)]);
    let after = ask(&mut village, &right(), &wish);
    assert_eq!(village.state(&right(), after), State::Refused { alternatives: Vec::new() });
    assert_eq!(village.state(&left(), before), State::Queued { ahead: 0 });
    assert_eq!(village.act(&agency(), |clerk, now, _| clerk.call_next(now, &window)), Ok(Some(before)));
    village.check_same();
}

#[test]
fn unused_reserved_slots_go_back_only_while_their_home_is_heard() {
    let mut village = Village::new(&everybody());
    let opened = village.open(&agency(), 1);
    village.reserve(&agency(), opened, &[0, 1, 2], &left());
    let booked = village.book(&left(), opened, 1);
    village.act(&left(), |clerk, _, _| {
        clerk.set_policy(Policy { release_before_min: 60, ..Policy::default() });
    });
    village.cut_off(&left());
    village.wait_min(minute(500).0 - minute(0).0);
    assert_eq!(village.slot(&left(), opened, 0), SlotState::Held(left().writer), "cut off, it stays usable");
    village.return_of(&left());
    village.wait_min(1);
    assert_eq!(village.slot(&agency(), opened, 0), SlotState::Free, "it begins within the hour");
    assert_eq!(village.slot(&agency(), opened, 2), SlotState::Held(left().writer), "that one is not near yet");
    assert_eq!(village.state(&agency(), booked), State::Confirmed);
    village.check_same();
}

#[test]
fn a_quota_is_the_agencys_word() {
    let mut village = Village::new(&everybody());
    let opened = village.open(&agency(), 1);
    village.act(&agency(), |clerk, _, _| {
        let quotas = vec![Quota { point: Some(left().name), service: Some(service()), per_week: 1 }];
        clerk.set_policy(Policy { terms: Terms { quotas, ..Terms::default() }, ..Policy::default() });
    });
    let first = village.book(&left(), opened, 0);
    let second = village.book(&left(), opened, 1);
    let other = village.book(&right(), opened, 2);
    assert_eq!(village.state(&left(), first), State::Confirmed);
    let none = State::Refused { alternatives: Vec::new() };
    assert_eq!(village.state(&left(), second), none, "another hour of that week would be refused too");
    assert_eq!(village.state(&right(), other), State::Confirmed, "it binds the point that it names");
}
