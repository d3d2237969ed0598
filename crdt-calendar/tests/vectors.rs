// SPDX-License-Identifier: MIT OR Apache-2.0
//! The bytes of everything that is stored, signed or sent, against `vectors.txt`.

use crate::common;

use common::{
    agency, at, coordination, genesis, left, leg, minute, nine, open, right, run, service, slot, statement, territory,
};
use crdt_calendar::act::{
    Act, Bar, Copy, Counterpart, Description, DeskTerms, Enrolment, Fate, Leg, Place, Procedure, Quota, Reason, Role,
    Run, Service, ServiceTerms, Terms, Touches, Upto,
};
use crdt_calendar::folio::Head;
use crdt_calendar::ids::{BoothId, Leaf, MemberId};
use crdt_calendar::wire::frame::{Frame, HeadLine};
use crdt_calendar::wire::{act, frame};
use data_encoding::HEXLOWER;

const HELP: &str = "these bytes are on disks and wires: they must not change. A new kind gets a new line; \
    an old line stays as it is";

fn copy(target: crdt_calendar::ids::ActRef) -> Copy {
    Copy {
        target,
        minutes: nine(0, 1),
        booth: BoothId(2),
        service: service(),
        legs: 1,
        slots: vec![slot(0)],
        envelope: (3, vec![0xe0, 0xe1]),
    }
}

/// Every kind of act, each field with a value that shows.
fn acts() -> Vec<(&'static str, Act)> {
    let envelope = vec![0xe0, 0xe1];
    let target = at(&left(), 3);
    let upto = Upto { folio: left().week(), seq: 300, hash: [5; 32] };
    vec![
        ("begin", Act::Begin { previous: None }),
        ("begin-after", Act::Begin { previous: Some(left().writer) }),
        ("describe", Act::Describe(description())),
        ("reachable", Act::Reachable { mesh: vec!["/ip4/127.0.0.1/tcp/1".into()], link: vec!["127.0.0.1:2".into()] }),
        ("runs", Act::Runs { program: "0.1.0".into() }),
        ("enrol", Act::Enrol(enrolment())),
        ("open", open()),
        ("grant", Act::Grant { run: run(&[(0, 1), (1, 2)]), to: left().writer, ask: None }),
        ("grant-for-ask", Act::Grant { run: run(&[(0, 1)]), to: left().writer, ask: Some(leg(&left(), 3, 1)) }),
        (
            "take",
            Act::Take {
                run: run(&[(0, 1)]),
                upto: Upto { folio: left().week(), seq: 300, hash: [5; 32] },
                keeps: None,
            },
        ),
        (
            "take-keeps",
            Act::Take {
                run: run(&[(0, 1)]),
                upto: Upto { folio: left().week(), seq: 300, hash: [5; 32] },
                keeps: Some(target),
            },
        ),
        ("void", Act::Void { run: run(&[(2, 1)]), reason: Reason::Closed }),
        ("close", Act::Close { run: run(&[(2, 0)]) }),
        ("refuse", Act::Refuse { leg: leg(&right(), 4, 0), alternatives: vec![slot(1), slot(2)] }),
        (
            "book",
            Act::Book {
                run: run(&[(0, 1)]),
                minutes: nine(0, 1),
                booth: BoothId(2),
                service: service(),
                envelope: envelope.clone(),
            },
        ),
        (
            "ask",
            Act::Ask {
                legs: vec![Leg::Slots(run(&[(0, 1)])), Leg::Pool { home: agency().name }],
                minutes: nine(0, 1),
                booth: BoothId(1),
                service: service(),
                envelope: envelope.clone(),
            },
        ),
        ("cancel-by-the-person", Act::Cancel { target: 3, reason: Reason::ByThePerson }),
        ("cancel-other", Act::Cancel { target: 3, reason: Reason::Other }),
        ("drop", Act::Drop { ask: 200 }),
        ("release", Act::Release { run: run(&[(0, 1)]) }),
        ("amend", Act::Amend { target, booth: Some(BoothId(1)), minutes: None, envelope: Some(envelope) }),
        ("amend-booth", Act::Amend { target, booth: Some(BoothId(1)), minutes: None, envelope: None }),
        ("amend-earlier", Act::Amend { target, booth: Some(BoothId(1)), minutes: Some(nine(0, 1)), envelope: None }),
        ("replace", Act::Replace { member: left().name, key: right().writer.key }),
        ("revoke", Act::Revoke { key: left().writer.key }),
        ("keep", Act::Keep { run: run(&[(0, 1)]), upto, copy: copy(target) }),
        ("adopt", Act::Adopt { upto }),
        ("ticket", Act::Ticket { leg: leg(&right(), 4, 0), window: at(&agency(), 2) }),
        ("called", Act::Called { leg: leg(&right(), 4, 0) }),
        ("withdraw", Act::Withdraw { target, reason: Reason::ByThePerson }),
        (
            "open-window",
            Act::Open {
                desk: common::desk(1),
                minutes: nine(0, 8),
                step_min: 0,
                services: vec![(service(), 30)],
                week_key: [7; 32],
            },
        ),
        ("arrived", Act::Arrived { target, at: minute(545) }),
        ("outcome-kept", Act::Outcome { target, fate: Fate::Kept, minutes: 25 }),
        ("outcome-no-show", Act::Outcome { target, fate: Fate::NoShow, minutes: 0 }),
        ("outcome-interrupted", Act::Outcome { target, fate: Fate::Interrupted, minutes: 5 }),
        ("terms", Act::Terms(terms())),
        ("explain", Act::Explain { leg: leg(&right(), 4, 0), bar: Bar::TooClose }),
        ("moved", Act::Moved { target: 3 }),
        ("refer", Act::Refer { target, to: agency().name, service: service() }),
        ("unknown", unknown(200, vec![1, 2, 3])),
    ]
}

fn unknown(kind: u8, body: Vec<u8>) -> Act {
    let touches = Touches { slots: vec![run(&[(0, 1)])], booth: Some(BoothId(1)), minutes: Some(nine(0, 1)) };
    Act::Unknown { kind, touches, body }
}

fn description() -> Description {
    Description {
        home_page: Some("https://exemple.invalid/".into()),
        booths: vec![(BoothId(1), "Cabine".into())],
        desks: vec![(1, "Accueil".into())],
        services: vec![Service { id: service(), name: "Carte".into(), duration_min: 30, papers: vec!["Carte".into()] }],
        procedures: vec![Procedure {
            title: "Attestation".into(),
            keywords: vec!["droits".into()],
            summary: "Obtenir une attestation.".into(),
            url: None,
            service: Some(service()),
        }],
    }
}

fn terms() -> Terms {
    let (before, after) = ("Avoir ses papiers.".into(), "Garder le reçu.".into());
    Terms {
        services: vec![ServiceTerms {
            service: service(),
            shortest_delay_min: 300,
            longest_delay_min: Some(1440),
            before,
            after,
        }],
        desks: vec![DeskTerms { desk: 1, buffer_min: 10, per_day: Some(12) }],
        quotas: vec![Quota { point: Some(left().name), service: Some(service()), per_week: 5 }],
        counterparts: vec![Counterpart { name: "Accueil".into(), line: "0".into(), hours: "matin".into() }],
    }
}

fn enrolment() -> Enrolment {
    let place = Some(Place { insee: "46231".into(), lat_e5: 4_450_000, lon_e5: -113_000 });
    Enrolment {
        member: MemberId::new("puy-leveque").unwrap(),
        role: Role::Point,
        name: "Puy-l'Évêque".into(),
        place,
        key: left().writer.key,
    }
}

fn head_line(name: &str, head: &Head) -> (String, Vec<u8>) {
    (format!("head {name}"), [&head.hash[..], &head.signature[..]].concat())
}

/// Everything that is pinned: a name, and its bytes.
fn lines() -> Vec<(String, Vec<u8>)> {
    let mut lines: Vec<_> = acts().iter().map(|(name, it)| (format!("act {name}"), act::encode(it))).collect();
    let week = agency()
        .write(Leaf::Week(common::WEEK), &[open(), Act::Grant { run: run(&[(0, 1)]), to: left().writer, ask: None }]);
    let profile = left().begins(None);
    let roster = coordination().write(Leaf::Roster, &[Act::Enrol(enrolment())]);
    for (name, folio) in [("week", &week), ("profile", &profile), ("roster", &roster)] {
        lines.push(head_line(name, folio.head().unwrap()));
    }
    let line = HeadLine { folio: week.short(), seq: 2, hash: [3; 8] };
    let batch = week.after(1).unwrap();
    let more =
        frame::More { folio: week.short(), first: batch.first, acts: batch.acts, signature: batch.head.signature };
    for (name, it) in [
        ("digest", Frame::Digest { territory: territory(), digest: [4; 16], is_answer: true }),
        ("leaves", Frame::Leaves { window: (common::WEEK, common::WEEK), digests: vec![(week.id().leaf, [5; 16])] }),
        ("heads", Frame::Heads { leaves: vec![(week.id().leaf, vec![line])], last: true }),
        ("differences", Frame::Differences { leaves: vec![(Leaf::Profile, vec![line])], last: false }),
        ("want", Frame::Want(vec![(profile.short(), 3)])),
        ("acts", Frame::Acts(week.after(0).unwrap())),
        ("more", Frame::More(more)),
        ("statement", Frame::Statement(statement())),
        ("kept", Frame::Kept(week.short(), 2)),
        ("held", Frame::Held(week.id().leaf, line)),
    ] {
        lines.push((format!("frame {name}"), frame::encode(&it)));
    }
    lines.push(("genesis id".into(), genesis().0.territory().0.to_vec()));
    lines.push(("root statement 1".into(), statement().signature.to_vec()));
    let ended =
        crdt_calendar::roster::RootStatement::sign(territory(), 2, left().writer, Some((7, [6; 32])), &genesis().1);
    lines.push(("root statement 2 ends".into(), ended.signature.to_vec()));
    lines
}

#[test]
fn bytes_are_as_pinned() {
    // Goal: one line each; a line that differs is a broken disk somewhere.
    let pinned = include_str!("vectors.txt");
    let mut pinned = pinned.lines().filter(|line| !line.starts_with('#'));
    for (name, bytes) in lines() {
        let line = format!("{name}: {}", HEXLOWER.encode(&bytes));
        assert_eq!(pinned.next(), Some(line.as_str()), "{HELP}");
    }
    assert_eq!(pinned.next(), None, "{HELP}");
}

#[test]
fn acts_and_frames_come_back_as_they_went() {
    for (name, it) in acts() {
        assert_eq!(act::decode(&act::encode(&it)), Ok(it), "{name}");
    }
    for (name, bytes) in lines().into_iter().filter(|(name, _)| name.starts_with("frame")) {
        assert_eq!(frame::encode(&frame::decode(&bytes).unwrap()), bytes, "{name}");
    }
}

#[test]
fn what_a_later_version_writes_is_kept_to_the_byte() {
    // Goal: a new kind, or a known kind with a longer body, is unknown here and travels on unchanged.
    for kind in [0, 4, 13, 14, 34, 35, 36, 37, 127, 128, 200, 255] {
        let bytes = act::encode(&unknown(kind, vec![1, 2, 3]));
        assert_eq!(act::decode(&bytes), Ok(unknown(kind, vec![1, 2, 3])), "kind {kind}");
    }
    for (name, it) in acts() {
        let bytes = act::encode(&it);
        let longer = lengthened(&bytes);
        let read = act::decode(&longer).unwrap();
        assert!(matches!(&read, Act::Unknown { kind, .. } if *kind == bytes[0]), "{name}: {read:?}");
        assert_eq!(act::encode(&read), longer, "{name}");
    }
}

/// The same act with one more byte at the end of its body. The body is the last field: its length is
/// found by trying, for it has one or two bytes.
fn lengthened(bytes: &[u8]) -> Vec<u8> {
    for at in (1..bytes.len()).rev() {
        let body = bytes.len() - at;
        for (prefix, size) in [(1, body - 1), (2, body.saturating_sub(2))] {
            let length = postcard::to_stdvec(&size).unwrap();
            let longer = postcard::to_stdvec(&(size + 1)).unwrap();
            if length.len() == prefix && bytes[at..].starts_with(&length) {
                let tried = [&bytes[..at], &longer, &bytes[at + prefix..], &[0xff]].concat();
                let is_same = |it: &Act| matches!(it, Act::Unknown { body, .. } if body.len() == size + 1);
                if act::decode(&tried).is_ok_and(|it| is_same(&it)) {
                    return tried;
                }
            }
        }
    }
    panic!("no body found in {bytes:?}");
}

#[test]
fn a_run_has_one_reading() {
    // Goal: `touches` names the same slots as the act itself, for every kind that names slots.
    let it = Run { open: at(&agency(), 1), tenures: vec![(0, 1)] };
    for act_ in [Act::Release { run: it.clone() }, Act::Close { run: it.clone() }] {
        let mut bytes = act::encode(&act_);
        bytes[0] = 200;
        let Ok(Act::Unknown { touches, .. }) = act::decode(&bytes) else { panic!("kind 200 is unknown") };
        assert_eq!(touches.slots, vec![it.clone()]);
    }
}

/// Writes the lines: `cargo test --test calendar vectors -- --ignored --nocapture`, then paste by hand what is new.
#[test]
#[ignore = "prints the lines for a new kind"]
fn print() {
    for (name, bytes) in lines() {
        println!("{name}: {}", HEXLOWER.encode(&bytes));
    }
}
