// SPDX-License-Identifier: MIT OR Apache-2.0
//! What an agency lays down: delays, quotas, buffers, a daily maximum. Points do not ask for what breaks it; the agency
//! refuses what is asked all the same, says why, and proposes nothing else that breaks it.

use crate::common;

use common::village::Village;
use common::{agency, everybody, left, minute, nine, right, service};
use crdt_calendar::act::{Act, Bar, DeskTerms, Quota, ServiceTerms, Terms};
use crdt_calendar::clerk::{BookError, Policy, Request};
use crdt_calendar::fold::State;
use crdt_calendar::fold::terms::{Rulings, Wanted};
use crdt_calendar::ids::{ActRef, SlotId};

fn delays(shortest_delay_min: u32, longest_delay_min: Option<u32>) -> Terms {
    let (before, after) = (String::new(), String::new());
    let service = ServiceTerms { service: service(), shortest_delay_min, longest_delay_min, before, after };
    Terms { services: vec![service], ..Terms::default() }
}

fn desk(buffer_min: u16, per_day: Option<u16>) -> Terms {
    Terms { desks: vec![DeskTerms { desk: 1, buffer_min, per_day }], ..Terms::default() }
}

fn quota(per_week: u16) -> Terms {
    let quota = Quota { point: Some(left().name), service: None, per_week };
    Terms { quotas: vec![quota], ..Terms::default() }
}

/// The agency lays this down; points hear of it only if it is published.
fn lay_down(village: &mut Village, terms: Terms, is_published: bool) {
    village.act(&agency(), |clerk, now, _| {
        clerk.set_policy(Policy { terms, ..Policy::default() });
        if is_published {
            clerk.lay_down(now).unwrap();
        }
    });
}

fn book(village: &mut Village, at: &common::Member, open: ActRef, index: u16) -> Result<ActRef, BookError> {
    let slot = SlotId { open, index };
    let request = Request { slot, service: service(), booth: None, details: b"demo".to_vec() };
    village.act(at, |clerk, now, rng| clerk.book(now, &request, rng))
}

/// Starts of what a point is offered, in half hours after nine.
fn offered(village: &Village, at: &common::Member, now_min: u32) -> Vec<u32> {
    let clerk = village.at(at);
    let week = clerk.week(common::WEEK).unwrap();
    let profile = clerk.shelf().profile(agency().writer).unwrap();
    let days = crdt_calendar::fold::terms::Days::default();
    let (home, point, service) = (agency().name, at.name.clone(), service());
    let rulings = Rulings::of(week, &home, &profile.terms, &days);
    let is_allowed = |it: &crdt_calendar::fold::offers::Offer| {
        let (desk, minutes, way) = (&it.desk, it.minutes, it.way);
        let wanted = Wanted { point: &point, service: &service, desk, minutes, way, ask: None };
        rulings.bar(&wanted, minute(now_min), 0).is_none()
    };
    let half_hours = |it: &crdt_calendar::fold::offers::Offer| (it.minutes.from.0 - nine(0, 1).from.0) / 30;
    let offers = week.offers_among(at.writer, &home, &service, minute(now_min), is_allowed);
    offers.iter().map(half_hours).collect()
}

#[test]
fn a_desk_that_is_full_hides_no_other() {
    // Goal: two desks have the same hours; the first takes two a day. When they are taken, the second goes on.
    let mut village = Village::new(&everybody());
    let first = village.open(&agency(), 1);
    village.open(&agency(), 2);
    lay_down(&mut village, desk(0, Some(2)), true);
    for index in [0, 1] {
        book(&mut village, &left(), first, index).unwrap();
    }
    assert_eq!(offered(&village, &left(), 0), (0..8).collect::<Vec<u32>>(), "at the other desk");
    village.check_same();
}

#[test]
fn a_point_offers_and_asks_nothing_that_breaks_what_is_published() {
    // Goal: each term takes away its own times from the page and from the clerk behind it, and no other.
    // (case, terms, booked before, offered after, refused with)
    let all: Vec<u32> = (0..8).collect();
    for (case, terms, before, left_over, refused) in [
        ("nothing", Terms::default(), vec![], all.clone(), None),
        // It is midnight: nine o'clock is 540 minutes away.
        ("shortest", delays(600, None), vec![], (2..8).collect(), Some((0, Bar::TooSoon))),
        ("longest", delays(0, Some(630)), vec![], (0..4).collect(), Some((7, Bar::TooFar))),
        ("quota", quota(1), vec![2], vec![], Some((5, Bar::Quota))),
        ("day", desk(0, Some(2)), vec![2, 5], vec![], Some((0, Bar::DayFull))),
        ("buffer", desk(10, None), vec![3], vec![0, 1, 5, 6, 7], Some((4, Bar::TooClose))),
        ("long buffer", desk(31, None), vec![3], vec![0, 6, 7], Some((1, Bar::TooClose))),
    ] {
        let mut village = Village::new(&everybody());
        let opened = village.open(&agency(), 1);
        lay_down(&mut village, terms, true);
        for index in before {
            let booked = book(&mut village, &left(), opened, index).unwrap();
            assert_eq!(village.state(&left(), booked), State::Confirmed, "{case}");
        }
        let here = offered(&village, &left(), 0);
        assert_eq!(here, left_over, "{case}");
        if let Some((index, bar)) = refused {
            assert_eq!(book(&mut village, &left(), opened, index), Err(BookError::Barred(bar)), "{case}");
        }
        village.check_same();
    }
}

#[test]
fn the_agency_refuses_and_says_why() {
    // Goal: of a point that has not heard of the terms, as an older one, what breaks them is refused with the reason, and
    // with other times that break none, if there are any. What they allow is confirmed.
    for (case, terms, before, asked, bar, others) in [
        ("shortest", delays(660, None), vec![], 0, Some(Bar::TooSoon), vec![4, 5]),
        ("longest", delays(0, Some(600)), vec![], 7, Some(Bar::TooFar), vec![2, 1]),
        ("quota", quota(1), vec![2], 5, Some(Bar::Quota), vec![]),
        ("day", desk(0, Some(1)), vec![2], 5, Some(Bar::DayFull), vec![]),
        ("buffer", desk(10, None), vec![3], 4, Some(Bar::TooClose), vec![5, 6]),
        ("allowed", desk(10, None), vec![3], 5, None, vec![]),
    ] {
        let mut village = Village::new(&everybody());
        let opened = village.open(&agency(), 1);
        lay_down(&mut village, terms, false);
        for index in before {
            village.book(&left(), opened, index);
        }
        let id = village.book(&left(), opened, asked);
        let it = village.appointment(&left(), id);
        assert_eq!(it.bar, bar, "{case}");
        let alternatives = others.into_iter().map(|index| SlotId { open: opened, index }).collect();
        let state = if bar.is_some() { State::Refused { alternatives } } else { State::Confirmed };
        assert_eq!(it.state, state, "{case}");
        village.check_same();
    }
}

#[test]
fn what_is_reserved_counts_as_taken_for_whoever_asks() {
    // Goal: what a point holds in advance it may promise while cut off: nobody is given a time too near it, nor the last of
    // a day; its holder books it, and afterwards not the one too near.
    let mut village = Village::new(&everybody());
    let opened = village.open(&agency(), 1);
    village.reserve(&agency(), opened, &[2, 3], &left());
    lay_down(&mut village, desk(10, Some(3)), true);
    assert_eq!(offered(&village, &right(), 0), [0, 5, 6, 7]);
    assert_eq!(offered(&village, &left(), 0), [0, 2, 3, 5, 6, 7]);
    let asked = book(&mut village, &right(), opened, 7).unwrap();
    assert_eq!(village.state(&right(), asked), State::Confirmed);
    assert_eq!(book(&mut village, &right(), opened, 0), Err(BookError::Barred(Bar::DayFull)));
    village.cut_off(&left());
    let held = book(&mut village, &left(), opened, 2).unwrap();
    assert_eq!(book(&mut village, &left(), opened, 3), Err(BookError::Barred(Bar::TooClose)));
    village.return_of(&left());
    assert_eq!(village.state(&agency(), held), State::Confirmed);
    village.check_same();
}

#[test]
fn what_waits_here_comes_before() {
    // Goal: a point that is cut off, and has asked for as many times as it may have, offers no more.
    let mut village = Village::new(&everybody());
    let opened = village.open(&agency(), 1);
    lay_down(&mut village, quota(1), true);
    village.cut_off(&left());
    let waits = book(&mut village, &left(), opened, 1).unwrap();
    assert_eq!(offered(&village, &left(), 0), Vec::<u32>::new());
    assert_eq!(book(&mut village, &left(), opened, 2), Err(BookError::Barred(Bar::Quota)));
    village.return_of(&left());
    assert_eq!(village.state(&left(), waits), State::Confirmed, "it does not stand in its own way");
}

#[test]
fn terms_are_published_once_and_change_nothing_that_stands() {
    let mut village = Village::new(&everybody());
    let opened = village.open(&agency(), 1);
    let booked = village.book(&left(), opened, 0);
    lay_down(&mut village, desk(30, Some(1)), true);
    let acts = |village: &Village| {
        let folio = village.at(&left()).shelf().folio(&agency().folio(crdt_calendar::ids::Leaf::Profile)).cloned();
        let acts: Vec<Act> = folio.unwrap().acts().map(|(_, act)| act).collect();
        acts.into_iter().filter(|act| matches!(act, Act::Terms(_))).count()
    };
    assert_eq!(acts(&village), 1);
    lay_down(&mut village, desk(30, Some(1)), true);
    assert_eq!(acts(&village), 1, "the same is not said twice");
    lay_down(&mut village, Terms::default(), true);
    assert_eq!(acts(&village), 2, "that nothing is laid down any more is news");
    assert_eq!(village.state(&right(), booked), State::Confirmed);
    village.check_same();
}
