// SPDX-License-Identifier: MIT OR Apache-2.0
//! What was signed or sealed for one place counts at no other.

use crate::common;

use common::forge::sign;
use common::{agency, full_shelf, genesis, left, nine, passed_on, right};
use crdt_calendar::act::Role;
use crdt_calendar::envelope::{self, Binding, EnvelopeError, Opener, WeekSecret};
use crdt_calendar::folio::{Accepted, Batch, GateError};
use crdt_calendar::ids::{FolioId, Leaf, MemberId, TerritoryId};
use crdt_calendar::time::{IsoWeek, Span};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

#[test]
fn a_folio_elsewhere_is_refused() {
    // Goal: a signed folio holds at its place alone: week, leaf, writer, life, territory.
    let whole = passed_on().after(0).unwrap();
    let moved: [(&str, FolioId); 5] = [
        ("another week", FolioId { leaf: Leaf::Week(IsoWeek(common::WEEK.0 + 1)), ..whole.folio }),
        ("its profile", FolioId { leaf: Leaf::Profile, ..whole.folio }),
        ("a roster", FolioId { writer: common::coordination().writer, leaf: Leaf::Roster }),
        ("another writer", left().week()),
        ("another life", agency().reborn(77).week()),
    ];
    for (case, folio) in moved {
        let mut shelf = full_shelf(&[]);
        let before = format!("{shelf:?}");
        assert_eq!(shelf.accept(&Batch { folio, ..whole.clone() }), Err(GateError::Signature), "{case}");
        assert_eq!(format!("{shelf:?}"), before, "{case}");
    }
    let elsewhere = TerritoryId([8; 32]);
    let mut foreign = whole.clone();
    foreign.head = sign(elsewhere, whole.folio, whole.head.seq, whole.head.hash, &agency().key);
    assert_eq!(full_shelf(&[]).accept(&foreign), Err(GateError::Signature), "another territory");
    assert_eq!(
        full_shelf(&[]).accept(&whole).map(|(it, _)| it),
        Ok(Accepted::New(3)),
        "at its own place it is taken in"
    );
    assert_ne!(genesis().0.territory(), elsewhere);
}

#[test]
fn an_envelope_elsewhere_does_not_open() {
    // Goal: sealed details belong to one act of one folio, one appointment, its minutes, service and slots.
    let mut rng = ChaCha20Rng::seed_from_u64(24);
    let (home, own) = (WeekSecret::new([3; 32]), WeekSecret::new([4; 32]));
    let here = Binding {
        folio: left().week(),
        act: 1,
        appointment: common::at(&left(), 1),
        minutes: nine(0, 1),
        service: common::service(),
        slots: vec![common::slot(0)],
    };
    let sealed = envelope::seal(b"Jeanne Exemple", &here, &home.public(), &own, &mut rng).unwrap();
    let next_week = FolioId { leaf: Leaf::Week(IsoWeek(common::WEEK.0 + 1)), ..left().week() };
    let stranger = common::a_box(66, "nobody", Role::Point);
    let places = [
        ("the next act", Binding { act: 2, ..here.clone() }),
        ("another week", Binding { folio: next_week, ..here.clone() }),
        ("another writer", Binding { folio: right().week(), ..here.clone() }),
        ("another life", Binding { folio: left().reborn(9).week(), ..here.clone() }),
        ("a stranger's", Binding { folio: stranger.week(), ..here.clone() }),
        ("another appointment", Binding { appointment: common::at(&left(), 2), ..here.clone() }),
        ("other minutes", Binding { minutes: nine(1, 1), ..here.clone() }),
        ("longer", Binding { minutes: Span { length_min: 60, ..nine(0, 1) }, ..here.clone() }),
        ("another service", Binding { service: MemberId::new("autre").unwrap(), ..here.clone() }),
        ("another slot", Binding { slots: vec![common::slot(1)], ..here.clone() }),
        ("no slot", Binding { slots: vec![], ..here.clone() }),
    ];
    for (opener, secret) in [(Opener::Home, &home), (Opener::Writer, &own)] {
        assert!(envelope::open(&sealed, &here, opener, secret).is_ok());
        for (case, place) in &places {
            assert_eq!(envelope::open(&sealed, place, opener, secret), Err(EnvelopeError::Closed), "{case}");
        }
    }
    assert_eq!(envelope::open(&sealed, &here, Opener::Home, &own), Err(EnvelopeError::Closed), "with another's key");
}
