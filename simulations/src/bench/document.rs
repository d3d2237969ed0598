// SPDX-License-Identifier: EUPL-1.2
//! automerge's own sync on one shared document: a map a booking, five scalar fields, one change each, by 30 writers.

use automerge::sync::{State, SyncDoc as _};
use automerge::transaction::Transactable as _;
use automerge::{ActorId, Automerge, ObjId, ObjType, ROOT, ReadDoc as _, ScalarValue};

use super::end::End;
use super::folios::{POINTS, sealed};

/// One end, with its memory of the other.
pub(crate) struct Document {
    document: Automerge,
    state: State,
    bookings: usize,
    writers: Vec<usize>,
    written: usize,
    envelope_bytes: usize,
}

/// The document that both ends hold.
pub(crate) fn document(bookings: usize, envelope_bytes: usize) -> Automerge {
    let mut document = Automerge::new().with_actor(actor(0));
    let mut transaction = document.transaction();
    transaction.put_object(ROOT, "bookings", ObjType::Map).expect("a map");
    transaction.commit();
    for number in 0..bookings {
        book(&mut document, number % POINTS, number, envelope_bytes);
    }
    document
}

fn actor(point: usize) -> ActorId {
    ActorId::from([&[9; 12][..], &u32::try_from(point).unwrap_or(0).to_be_bytes()].concat())
}

fn map(document: &Automerge) -> ObjId {
    document.get(ROOT, "bookings").ok().flatten().expect("the map of bookings").1
}

/// One booking, as one change of its point.
pub(crate) fn book(document: &mut Automerge, point: usize, number: usize, envelope_bytes: usize) {
    document.set_actor(actor(point));
    let bookings = map(document);
    let mut transaction = document.transaction();
    let it = transaction.put_object(&bookings, format!("{point}-{number}"), ObjType::Map).expect("a map");
    let minute = i64::try_from(30_000_000 + 30 * number).unwrap_or(0);
    for (field, value) in [
        ("point", ScalarValue::Uint(u64::try_from(point).unwrap_or(0))),
        ("desk", ScalarValue::Uint(u64::try_from(number % 8).unwrap_or(0))),
        ("from", ScalarValue::Int(minute)),
        ("service", ScalarValue::Str("carte-vitale".into())),
        ("booth", ScalarValue::Uint(1)),
    ] {
        transaction.put(&it, field, value).expect("a scalar");
    }
    if envelope_bytes > 0 {
        let sealed = sealed(number, envelope_bytes);
        transaction.put(&it, "envelope", ScalarValue::Bytes(sealed)).expect("a scalar");
    }
    transaction.commit();
}

/// How many bookings a document holds.
pub(crate) fn count(document: &Automerge) -> usize {
    document.length(map(document))
}

/// Two ends that hold the document; the first writes as the first point, the second as the others.
pub(crate) fn ends(document: &Automerge, bookings: usize, envelope_bytes: usize) -> [Document; 2] {
    let end = |writers: Vec<usize>| Document {
        document: document.clone(),
        state: State::new(),
        bookings,
        writers,
        written: 0,
        envelope_bytes,
    };
    [end(vec![0]), end((1..POINTS).collect())]
}

/// Lets every point but the first write one more booking apart from the others, and joins them: 29 heads.
pub(crate) fn diverge(document: &Automerge, bookings: usize) -> Automerge {
    let mut joined = document.clone();
    for point in 1..POINTS {
        let mut apart = document.clone();
        book(&mut apart, point, bookings + point, 0);
        joined.merge(&mut apart).expect("a fork of the same document");
    }
    joined
}

impl Document {
    fn say(&mut self) -> Vec<Vec<u8>> {
        self.document.generate_sync_message(&mut self.state).map(automerge::sync::Message::encode).into_iter().collect()
    }
}

impl End for Document {
    fn start(&mut self) -> Vec<Vec<u8>> {
        self.state = State::new();
        self.say()
    }

    fn take(&mut self, frame: &[u8]) -> Vec<Vec<u8>> {
        let message = automerge::sync::Message::decode(frame).expect("the other end encoded it");
        self.document.receive_sync_message(&mut self.state, message).expect("both are whole");
        self.say()
    }

    fn write(&mut self, bookings: usize) -> Vec<Vec<u8>> {
        for number in self.written..self.written + bookings {
            let point = self.writers[number % self.writers.len()];
            book(&mut self.document, point, self.bookings + number, self.envelope_bytes);
        }
        self.written += bookings;
        self.say()
    }

    fn bookings(&mut self) -> usize {
        count(&self.document)
    }
}
