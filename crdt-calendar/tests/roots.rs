// SPDX-License-Identifier: MIT OR Apache-2.0
//! Words of the root and of the coordination: who speaks for it after it was lost, and whose key counts no more.

use crate::common;

use common::village::{Village, rekeyed};
use common::{agency, coordination, everybody, full_shelf, genesis, left, papers, right, territory};
use crdt_calendar::fold::appointment::State;
use crdt_calendar::ids::Leaf;
use crdt_calendar::roster::RootStatement;

#[test]
fn the_root_names_a_new_coordination() {
    // Goal: the coordination's key is lost or stolen. Enrolments stay; what the old key enrols after the
    // word is void, in whatever order it comes, even as a second history of the roster; two words with one
    // number are none.
    let root = genesis().1;
    let new = rekeyed(&coordination(), 55);
    let roster_of_old = papers().remove(0);
    let ends = Some((4, roster_of_old.hash_at(4).unwrap()));
    let second = RootStatement::sign(territory(), 2, new.writer, ends, &root);
    let thief = common::a_box(66, "voleur", crdt_calendar::act::Role::Point);
    let mut more = roster_of_old.clone();
    more.append(&thief.enrolment(), &coordination().key).unwrap();
    let rewritten = coordination().write(Leaf::Roster, &[thief.enrolment()]);
    let honest = new.write(Leaf::Roster, &[common::village::replace_act(&coordination(), &new)]);
    for (case, order) in [("word first", [0, 1, 2, 3]), ("word last", [1, 2, 3, 0]), ("lies first", [3, 1, 0, 2])] {
        let mut shelf = full_shelf(&[]);
        for step in order {
            match step {
                0 => assert!(shelf.state(second.clone()).unwrap().0),
                1 => drop(shelf.accept(&more.after(0).unwrap()).unwrap()),
                2 => drop(shelf.accept(&honest.after(0).unwrap())),
                _ => drop(shelf.accept(&rewritten.after(0).unwrap()).unwrap()),
            }
        }
        drop(shelf.accept(&honest.after(0).unwrap()).unwrap());
        drop(shelf.accept(&new.begins(Some(coordination().writer)).after(0).unwrap()).unwrap());
        let roster = shelf.roster();
        assert!(roster.member(&thief.name).is_none(), "{case}: the old key enrols nobody");
        assert_eq!(roster.current(&left().name), Some(left().writer), "{case}: enrolments stay");
        assert_eq!(roster.current(&coordination().name), Some(new.writer), "{case}");
        assert!(!roster.keys().contains(&coordination().writer.key), "{case}");
    }
    let other = RootStatement::sign(territory(), 2, left().writer, None, &root);
    let mut shelf = full_shelf(&[]);
    shelf.state(second.clone()).unwrap();
    shelf.state(other).unwrap();
    assert_eq!(shelf.roster_id().unwrap().writer, coordination().writer, "two words with one number are none");
    let third = RootStatement::sign(territory(), 3, new.writer, ends, &root);
    shelf.state(third).unwrap();
    assert_eq!(shelf.roster_id().unwrap().writer, new.writer);
    let forged = RootStatement::sign(territory(), 9, left().writer, None, &left().key);
    assert!(shelf.state(forged).is_err());
}

#[test]
fn a_word_of_the_root_reaches_everybody() {
    let mut village = Village::new(&everybody());
    let new = rekeyed(&coordination(), 55);
    let old_roster = village.at(&left()).shelf().folio(&coordination().folio(Leaf::Roster)).unwrap().clone();
    let ends = Some((old_roster.seq(), old_roster.head().unwrap().hash));
    let second = RootStatement::sign(territory(), 2, new.writer, ends, &genesis().1);
    village.cut_off(&coordination());
    village.act(&left(), |clerk, _, _| clerk.state(second)).unwrap();
    for at in [agency(), right()] {
        assert_eq!(village.at(&at).shelf().roster_id().unwrap().writer, new.writer, "{:?}", at.name);
    }
}

#[test]
fn a_revoked_key_is_nobodys() {
    let mut village = Village::new(&everybody());
    let opened = village.open(&agency(), 1);
    village.reserve(&agency(), opened, &[0], &left());
    let booked = village.book(&left(), opened, 0);
    village.act(&coordination(), |clerk, now, _| clerk.revoke(now, left().writer.key)).unwrap();
    assert_eq!(village.at(&agency()).roster().key(&left().name), None);
    assert_eq!(village.state(&agency(), booked), State::Suspended);
    village.act(&agency(), |clerk, now, _| clerk.settle(now, &left().name, false)).unwrap();
    assert!(village.appointment(&agency(), booked).kept, "what was promised is kept, and the person called");
    assert!(village.appointment(&agency(), booked).needs_call_back());
}
