// SPDX-License-Identifier: MIT OR Apache-2.0
//! Retention: nothing goes without two witnesses and the clock; what goes was counted; what stays reads as before.

use crate::common;

use std::collections::BTreeMap;

use common::village::{Village, rekeyed};
use common::{
    Member, WEEK, a_box, agency, coordination, everybody, genesis, left, nine, open, papers, right, service, statement,
};
use crdt_calendar::act::{Act, Leg, Role};
use crdt_calendar::clerk::{BookError, Clerk, Effect, Now, OpeningPlan, Request};
use crdt_calendar::counts::{count, remaining};
use crdt_calendar::envelope::WeekSecret;
use crdt_calendar::folio::{AppendError, Folio, GateError};
use crdt_calendar::ids::{Leaf, MemberId, SlotId};
use crdt_calendar::limits::{TERM_SEALED_WEEKS, WEEKS_AHEAD};
use crdt_calendar::replicator::Input;
use crdt_calendar::retention::{Erasure, Floor, Term};
use crdt_calendar::shelf::Shelf;
use crdt_calendar::time::{IsoWeek, Span, UtcMinute, WEEK_MINUTES};
use proptest::prelude::*;

/// 7 February 2106.
const YEAR_2106: UtcMinute = UtcMinute(71_582_700);
const DAY: u32 = 1440;

fn week(after: i32) -> IsoWeek {
    IsoWeek(u16::try_from(i32::from(WEEK.0) + after).unwrap())
}

/// Something signed about a week.
fn word(of: &Member, after: i32) -> Folio {
    of.write(Leaf::Week(week(after)), &[open()])
}

/// The left point's box with these folios, and a secret of each of these weeks.
fn clerk(folios: &[Folio], secrets: impl IntoIterator<Item = i32>) -> Clerk {
    let mut shelf = Shelf::new(genesis().0, statement(), WEEK).unwrap();
    folios.iter().for_each(|folio| shelf.restore(folio.clone()));
    let secrets = secrets.into_iter().map(|after| (week(after), WeekSecret::new([7; 32]))).collect();
    Clerk::new(left().key, left().writer.incarnation, shelf, secrets)
}

fn tick(clerk: &mut Clerk, minute: UtcMinute) -> Vec<Erasure> {
    clerk.handle(Now { monotonic_ms: 0, minute }, Input::Tick);
    let effects = core::iter::from_fn(|| clerk.poll());
    effects.filter_map(|it| if let Effect::Erase(erasure) = it { Some(*erasure) } else { None }).collect()
}

/// The papers of the usual four, with more in the roster.
fn papers_with(roster: &[Act], more: &[Folio]) -> Vec<Folio> {
    let boxes = [coordination(), agency(), left(), right()];
    let acts: Vec<Act> = boxes.iter().map(Member::enrolment).chain(roster.iter().cloned()).collect();
    let mut folios = vec![coordination().write(Leaf::Roster, &acts)];
    folios.extend(papers().into_iter().skip(1).chain(more.iter().cloned()));
    folios
}

#[test]
fn two_other_members_and_the_clock() {
    // Goal: a week is 26 weeks old today. Its secret goes by the word of two other members that speak today, of 13
    // weeks from now or later, and by the own clock; by nothing less.
    let (far, near) = (i32::from(WEEKS_AHEAD), i32::from(WEEKS_AHEAD) - 1);
    let two = || vec![word(&agency(), far), word(&right(), far)];
    let later = rekeyed(&agency(), 22);
    let replaced = [common::village::replace_act(&agency(), &later)];
    let other_key = papers_with(&replaced, &[later.begins(None)]);
    let revoked = papers_with(&[Act::Revoke { key: right().writer.key }], &[]);
    let reborn = agency().reborn(23);
    let next_life = papers_with(&[], &[reborn.begins(Some(agency().writer))]);
    let stranger = a_box(24, "inconnue", Role::Point);
    let silent = a_box(25, "muet", Role::Point);
    let silent_papers = papers_with(&[silent.enrolment()], &[]);
    let (today, yesterday) = (WEEK.start(), UtcMinute(WEEK.start().0 - 1));
    for (case, papers, words, minute, goes) in [
        ("two others", papers(), two(), today, true),
        ("nobody", papers(), vec![], today, false),
        ("one", papers(), vec![word(&agency(), far)], today, false),
        ("one, of two weeks", papers(), vec![word(&agency(), far), word(&agency(), far + 1)], today, false),
        ("one and itself", papers(), vec![word(&agency(), far), word(&left(), far)], today, false),
        ("one, and one of a week before", papers(), vec![word(&agency(), far), word(&right(), near)], today, false),
        ("two lives of one", next_life.clone(), vec![word(&agency(), far), word(&reborn, far)], today, false),
        ("two keys of one", other_key, vec![word(&agency(), far), word(&later, far)], today, false),
        ("a new life and another", next_life, vec![word(&reborn, far), word(&right(), far)], today, true),
        ("one that is revoked", revoked, two(), today, false),
        ("one that is nobody's", papers(), vec![word(&agency(), far), word(&stranger, far)], today, false),
        ("one that never began", silent_papers, vec![word(&agency(), far), word(&silent, far)], today, false),
        ("the clock a minute before", papers(), two(), yesterday, false),
        ("the clock in 1970", papers(), two(), UtcMinute(0), false),
        ("the clock in 2106, and nobody", papers(), vec![], YEAR_2106, false),
        ("the clock in 2106, and two that say today", papers(), two(), YEAR_2106, true),
    ] {
        let folios: Vec<Folio> = papers.into_iter().chain(words).collect();
        let mut clerk = clerk(&folios, [-i32::from(TERM_SEALED_WEEKS), 1 - i32::from(TERM_SEALED_WEEKS)]);
        let erased: Vec<IsoWeek> =
            tick(&mut clerk, minute).into_iter().filter(|it| it.term == Term::Sealed).map(|it| it.week).collect();
        let expected: &[IsoWeek] = if goes { &[week(-26)] } else { &[] };
        assert_eq!(erased, expected, "{case}");
        assert_eq!(clerk.secret(week(-26)).is_none(), goes, "{case}");
        assert!(clerk.secret(week(-25)).is_some(), "{case}: its term is not over");
    }
}

#[test]
fn one_week_a_day_and_never_back() {
    // Goal: five weeks are past their term. Each day one goes, however often the box looks and whatever its clock
    // shows in between; a box that starts again from what it kept goes on from there.
    let folios: Vec<Folio> = papers().into_iter().chain([word(&agency(), 13), word(&right(), 13)]).collect();
    let mut clerk = clerk(&folios, -30..=-26);
    let sealed = |erased: Vec<Erasure>| erased.into_iter().filter(|it| it.term == Term::Sealed).count();
    let today = WEEK.start();
    for (case, minute, goes) in [
        ("the first day", today, 1),
        ("the same day", today.plus_min(DAY - 1), 0),
        ("the next", today.plus_min(DAY), 1),
        ("the clock goes back a day", today, 0),
        ("and on again", today.plus_min(DAY), 0),
        ("1970", UtcMinute(5), 0),
        ("another day", today.plus_min(2 * DAY), 1),
        ("2106", YEAR_2106, 1),
        ("2106 and a day", YEAR_2106.plus_min(DAY), 0),
        ("set right: the jump has gained nothing", today.plus_min(3 * DAY), 0),
        ("so it is the next days", today.plus_min(9 * DAY), 0),
        ("so it is half a year", today.plus_min(26 * WEEK_MINUTES), 0),
    ] {
        assert_eq!(sealed(tick(&mut clerk, minute)), goes, "{case}");
    }
    assert_eq!(clerk.secret_weeks().collect::<Vec<_>>(), [week(-26)]);
    let mut shelf = clerk.shelf().clone();
    let floors = shelf.floors();
    let secrets = || BTreeMap::from([(week(-26), WeekSecret::new([7; 32]))]);
    let then = today.plus_min(27 * WEEK_MINUTES);
    for (case, goes) in
        [("who starts again finds the day that was kept", 0), ("later witnesses vouch for later days", 1)]
    {
        let mut restored = Clerk::new(left().key, left().writer.incarnation, shelf.clone(), secrets());
        assert_eq!(restored.floors(), floors, "{case}");
        assert_eq!(sealed(tick(&mut restored, then)), goes, "{case}");
        [word(&agency(), 14), word(&right(), 14)].into_iter().for_each(|word| shelf.restore(word));
    }
}

#[test]
fn nothing_is_taken_in_or_written_below_the_floor() {
    // Goal: a clock that goes back shows erased weeks again. What comes of them is refused and not passed on, nothing
    // is written in them, and no new secret is drawn for them.
    let old = [word(&agency(), -110), word(&right(), -110), word(&left(), -110)];
    let words = [word(&agency(), 13), word(&right(), 13)];
    let folios: Vec<Folio> = papers().into_iter().chain(old.clone()).chain(words).collect();
    let mut clerk = clerk(&folios, [-110]);
    let terms: Vec<Term> = tick(&mut clerk, WEEK.start()).iter().map(|it| it.term).collect();
    assert_eq!(terms, Term::ALL, "of a week that old all goes in one day, step by step");
    assert_eq!((clerk.week(week(-110)).is_some(), clerk.secret(week(-110)).is_some()), (false, false));
    let then = week(-110).start();
    let now = Now { monotonic_ms: 0, minute: then };
    clerk.handle(now, Input::Tick);
    let mut shelf = clerk.shelf().clone();
    for folio in &old {
        assert_eq!(shelf.accept(&folio.after(0).unwrap()), Err(GateError::Limit), "{:?}", folio.id());
        assert!(!shelf.is_shared(&folio.id()));
    }
    let after = word(&agency(), -109);
    shelf.accept(&after.after(0).unwrap()).expect("the week above is taken in as before");
    let mut rng = <rand_chacha::ChaCha20Rng as rand_chacha::rand_core::SeedableRng>::seed_from_u64(1);
    let minutes = Span { from: then.plus_min(540), length_min: 60 };
    let plan = OpeningPlan { desk: 1, minutes, step_min: 30, services: vec![(service(), 30)] };
    let refused = clerk.open(now, &plan, &mut rng).unwrap_err();
    assert_eq!(refused, crdt_calendar::clerk::PublishError::Register(AppendError::Erased));
    assert_eq!(clerk.secret(week(-110)).map(|_| ()), None);
    assert!(core::iter::from_fn(|| clerk.poll()).all(|it| !matches!(it, Effect::KeepSecret(_))));
}

#[test]
fn what_others_did_in_a_folio_that_stays_is_counted_once() {
    // Goal: the left point asks two agencies, in one folio. When the week is shared no more, the one lets go what
    // concerns the other: it has counted it, and counts it no more although the point's folio still tells of it.
    let other = MemberId::new("caf-46").unwrap();
    let asks = [common::ask(0, 1), common::ask_legs(vec![Leg::Pool { home: other.clone() }], nine(2, 1), 1)];
    let folios = [agency().write(Leaf::Week(WEEK), &[open()]), left().write(Leaf::Week(WEEK), &asks)];
    let words = [word(&left(), 20), word(&right(), 20)];
    let mut shelf = Shelf::new(genesis().0, statement(), WEEK).unwrap();
    papers().iter().chain(&folios).chain(&words).for_each(|folio| shelf.restore(folio.clone()));
    let mut clerk = Clerk::new(agency().key, agency().writer.incarnation, shelf, BTreeMap::new());
    let counted = |clerk: &Clerk| {
        let weeks = clerk.weeks().values().map(AsRef::as_ref);
        count(remaining(weeks, clerk.floors(), Some(&agency().name)), UtcMinute::week)
    };
    // It answers first.
    assert_eq!(tick(&mut clerk, WEEK.start()), []);
    let before = counted(&clerk);
    assert_eq!(before.keys().map(|cell| cell.agency.clone()).collect::<Vec<_>>(), [Some(other), Some(agency().name)]);
    let erased = tick(&mut clerk, week(3).start());
    let [gone] = erased.as_slice() else { panic!("{erased:?}") };
    assert_eq!((gone.term, gone.folios.len(), gone.counted.len()), (Term::Others, 0, 1));
    let mut after = counted(&clerk);
    assert_eq!(after.len(), 1);
    after.extend(count(&gone.counted, UtcMinute::week));
    assert_eq!(after, before);

    let mut shelf = clerk.shelf().clone();
    [word(&left(), 120), word(&right(), 120)].into_iter().for_each(|word| shelf.restore(word));
    let mut clerk = Clerk::new(agency().key, agency().writer.incarnation, shelf, BTreeMap::new());
    let erased = tick(&mut clerk, week(104).start());
    let gone = erased.iter().find(|it| it.term == Term::Rows).expect("its rows go");
    assert_eq!((gone.week, gone.counted.len()), (WEEK, 1), "its own, and no more");
}

#[test]
fn a_clock_that_jumps_erases_nothing_and_changes_no_state() {
    // Goal: each box's clock goes to 1970, to 2106 and back; every appointment is what it was, every secret is there.
    let mut village = Village::new(&everybody());
    let opened = village.open(&agency(), 1);
    let booked = [village.book(&left(), opened, 0), village.book(&right(), opened, 1)];
    let papers: Vec<Vec<Folio>> = everybody().iter().map(|it| village.shelf_of(it)).collect();
    for (place, member) in everybody().iter().enumerate() {
        let secrets: BTreeMap<IsoWeek, WeekSecret> =
            village.at(member).secret(WEEK).map(|secret| (WEEK, secret.clone())).into_iter().collect();
        let mut shelf = Shelf::new(genesis().0, statement(), WEEK).unwrap();
        papers[place].iter().for_each(|folio| shelf.restore(folio.clone()));
        let mut clerk = Clerk::new(member.key.clone(), member.writer.incarnation, shelf, secrets.clone());
        let shown = |clerk: &Clerk| booked.map(|id| clerk.week(WEEK).unwrap().appointments[&id].clone());
        let before = shown(&clerk);
        for minute in [UtcMinute(0), YEAR_2106, WEEK.start(), YEAR_2106.plus_min(DAY), UtcMinute(DAY), WEEK.start()] {
            assert_eq!(tick(&mut clerk, minute), [], "{:?} at {minute:?}", member.name);
            assert_eq!(shown(&clerk), before, "{:?} at {minute:?}", member.name);
            assert_eq!(clerk.secret_weeks().count(), secrets.len(), "{:?} at {minute:?}", member.name);
        }
    }
}

#[test]
fn a_week_that_is_read_no_more_is_booked_in_no_more() {
    // Goal: a point whose secrets of a week went, and whose clock then goes back, is refused before anything is sealed.
    let mut village = Village::new(&everybody());
    let opened = village.open(&agency(), 1);
    village.reserve(&agency(), opened, &[0, 1], &left());
    village.book(&left(), opened, 0);
    let folios = village.shelf_of(&left());
    let mut shelf = Shelf::new(genesis().0, statement(), WEEK).unwrap();
    let words = [word(&agency(), 40), word(&right(), 40)];
    folios.iter().chain(&words).for_each(|folio| shelf.restore(folio.clone()));
    let secrets = BTreeMap::from([(WEEK, WeekSecret::new([7; 32]))]);
    let mut clerk = Clerk::new(left().key, left().writer.incarnation, shelf, secrets);
    tick(&mut clerk, week(27).start());
    assert_eq!((clerk.secret_weeks().count(), clerk.week(WEEK).is_some()), (0, true), "the rows stay, closed");
    let request =
        Request { slot: SlotId { open: opened, index: 1 }, service: service(), booth: None, details: b"demo".to_vec() };
    let now = Now { monotonic_ms: 0, minute: WEEK.start() };
    let refused = clerk.book(now, &request, &mut village.rng).unwrap_err();
    assert_eq!(refused, BookError::Register(AppendError::Erased));
    assert!(core::iter::from_fn(|| clerk.poll()).all(|it| !matches!(it, Effect::KeepSecret(_))));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Goal: what goes is a function of what is held, whatever the order in which it came.
    #[test]
    fn order_of_arrival_does_not_matter(
        words in proptest::collection::vec((0_usize..4, -2_i32..=13), 0..8),
        turned in any::<proptest::sample::Index>(),
        late in 0_u32..20,
    ) {
        let who = [agency(), right(), left(), coordination()];
        let mut folios: Vec<Folio> = words.iter().map(|(of, after)| word(&who[*of], *after)).collect();
        folios.extend(papers());
        let now = WEEK.start().plus_min(late * DAY);
        let mut one = clerk(&folios, -40..=-20);
        let at = turned.index(folios.len());
        folios.rotate_left(at);
        folios.reverse();
        let mut other = clerk(&folios, -40..=-20);
        prop_assert_eq!(tick(&mut one, now), tick(&mut other, now));
        prop_assert_eq!(one.floors(), other.floors());
    }

    /// Goal: whatever a clock shows and whatever the witnesses say, a floor never goes back, never passes a week that
    /// clock and witnesses do not call past at that moment, and moves on no more days than the clock showed.
    #[test]
    fn a_floor_keeps_its_pace(
        looks in proptest::collection::vec((0_u32..72_000_000, 2_900_u16..3_300), 1..60),
        near in proptest::collection::vec(0_u32..(120 * DAY), 1..60),
        lowest in 2_800_u16..3_000,
    ) {
        let mut floor = Floor::default();
        let mut lowest = IsoWeek(lowest);
        let mut days = std::collections::BTreeSet::new();
        let near = near.into_iter().map(|after| (WEEK.start().0 + after, WEEK.0 + 13 + u16::try_from(after / WEEK_MINUTES).unwrap()));
        for (minute, witnessed) in looks.into_iter().chain(near) {
            let (now, witnessed) = (UtcMinute(minute), IsoWeek(witnessed));
            let Some(next) = floor.above(Term::Sealed, lowest, witnessed, now) else { continue };
            let over = lowest.0 + TERM_SEALED_WEEKS;
            prop_assert!(over <= now.week().0 && over + WEEKS_AHEAD <= witnessed.0);
            prop_assert!(next.week > floor.week && next.day > floor.day);
            prop_assert!(days.insert(minute / DAY), "twice on one day");
            (floor, lowest) = (next, next.week);
        }
    }
}
