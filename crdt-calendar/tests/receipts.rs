// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a box knows of what others keep of its own folios.

use crate::common;

use common::mesh::{Mesh, kinds, machine};
use common::{agency, book, full_shelf, grant, left, open, right};
use crdt_calendar::folio::Folio;
use crdt_calendar::ids::Leaf;
use crdt_calendar::limits::CHARGES_MAX;
use crdt_calendar::replicator::Input;
use crdt_calendar::wire::frame::{self, Frame};

fn home() -> Folio {
    agency().write(Leaf::Week(common::WEEK), &[open(), grant(&[(0, 1)], &left())])
}

#[test]
fn only_what_a_peer_says_itself_is_known_of_it() {
    // Goal: "not yet received" is true both ways: what is on its way is not there, what was there before a cut is.
    let mut mesh = Mesh::new(&[(left(), &[home()]), (right(), &[home()])]);
    mesh.up(&left(), &right());
    mesh.settle();
    assert_eq!(mesh.kept_at_right(), None, "nothing was written");
    mesh.write(&left(), &book(&[(0, 1)], 1));
    assert_eq!(mesh.kept_at_right(), None, "it is on its way");
    mesh.settle();
    assert_eq!(mesh.kept_at_right(), Some(1));
    mesh.input(&left(), Input::Down(right().writer.key));
    mesh.input(&right(), Input::Down(left().writer.key));
    mesh.write(&left(), &common::cancel(1));
    mesh.settle();
    assert_eq!(mesh.kept_at_right(), Some(1), "it is remembered when the other is gone");
    mesh.up(&left(), &right());
    mesh.settle();
    assert_eq!(mesh.kept_at_right(), Some(2));
    // A disk that lost it says so by its heads.
    mesh.nodes.extend([machine(&right(), full_shelf(&[home()]))]);
    mesh.up(&left(), &right());
    while mesh.kept_at_right().is_some() {
        assert!(mesh.step(), "its heads say what it lost");
    }
    mesh.settle();
    assert_eq!(mesh.kept_at_right(), Some(2));
    // By an equal digest too, when the box itself began anew.
    mesh.nodes.extend([machine(&left(), mesh.nodes[&left().writer.key].shelf().clone())]);
    mesh.up(&left(), &right());
    assert_eq!(kinds(&mesh.settle()), ["digest", "digest"]);
    assert_eq!(mesh.kept_at_right(), Some(2));
}

#[test]
fn a_false_receipt_is_charged() {
    let mut mesh = Mesh::new(&[(left(), &[home()]), (right(), &[home()])]);
    mesh.up(&left(), &right());
    mesh.settle();
    mesh.write(&left(), &book(&[(0, 1)], 1));
    mesh.settle();
    let (own, others) = (left().week().short(), home().short());
    for (folio, seq) in [(own, 2), (own, u32::MAX), (others, 1)] {
        mesh.cut.clear();
        mesh.up(&left(), &right());
        for _ in 0..CHARGES_MAX {
            mesh.input(&left(), Input::Frame(right().writer.key, frame::encode(&Frame::Kept(folio, seq))));
        }
        assert_eq!(mesh.cut.len(), 1, "{folio:?} {seq}");
        assert!(mesh.kept_at_right().is_none_or(|seq| seq <= 1));
    }
}
