// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the gate and the fold cost, beside automerge alone on the same inputs: one JSON object.
//!
//! `cargo run --release -p crdt-calendar --example gate`. Times are CPU-seconds of this one thread
//! (`/proc/self/schedstat`), memory is what the allocator handed out. Keys are fixed, nothing is random.

#![allow(clippy::disallowed_methods, reason = "a benchmark reads its own CPU time")]
#![allow(clippy::cast_precision_loss, reason = "counts far below 2^52, for people to read")]

#[path = "../tests/common/mod.rs"]
mod common;

use std::hint::black_box;

use automerge::transaction::Transactable as _;
use automerge::{Automerge, ObjType, ROOT, ReadDoc as _, ScalarValue, Value};
use common::{Member, agency, full_shelf, left, papers, right, territory};
use crdt_calendar::act::{Act, Role};
use crdt_calendar::fold::Week;
use crdt_calendar::folio::{Batch, Folio};
use crdt_calendar::ids::{BoothId, FolioId, Incarnation, Leaf};
use crdt_calendar::limits::CHARGES_MAX;
use crdt_calendar::replicator::{Input, Replicator};
use crdt_calendar::time::{IsoWeek, Span};
use crdt_calendar::wire::frame::{self, Frame};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// Envelopes of a booking: sealed details and two wrapped keys.
const ENVELOPE_BYTES: usize = 433;

/// CPU-seconds that this process has used.
fn cpu_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/schedstat").expect("Linux tells it");
    stat.split_whitespace().next().and_then(|it| it.parse::<f64>().ok()).expect("nanoseconds") / 1e9
}

/// Seconds of one call, the mean of `times`.
fn seconds<T>(times: u32, mut work: impl FnMut() -> T) -> f64 {
    let begun = cpu_s();
    for _ in 0..times {
        black_box(work());
    }
    (cpu_s() - begun) / f64::from(times)
}

fn growth(work: impl FnOnce()) -> usize {
    ALLOCATED.reset_peak_usage();
    let before = ALLOCATED.current_usage();
    work();
    ALLOCATED.peak_usage() - before
}

/// Opens `count` slots of five minutes from Monday on, 288 a day, and grants them all to these holders.
fn home(week: IsoWeek, desks: u8, per_desk: u16, holders: &[Member]) -> (Folio, Vec<(usize, Act)>) {
    let leaf = Leaf::Week(week);
    let mut folio = agency().write(leaf, &[]);
    let mut books = Vec::new();
    for desk in 1..=desks {
        let minutes = Span { from: week.start().plus_min(0), length_min: 5 * per_desk };
        let open = Act::Open {
            desk: common::desk(desk),
            minutes,
            step_min: 5,
            services: vec![(common::service(), 5)],
            week_key: [7; 32],
        };
        let number = folio.append(&open, &agency().key).expect("there is room");
        for index in 0..per_desk {
            let holder = books.len() % holders.len();
            let mut run = common::run_of(number, &[(index, 1)]);
            run.open.folio.leaf = leaf;
            let grant = Act::Grant { run: run.clone(), to: holders[holder].writer, ask: None };
            folio.append(&grant, &agency().key).expect("there is room");
            let booked = Act::Book {
                run,
                minutes: Span { from: week.start().plus_min(5 * u32::from(index)), length_min: 5 },
                booth: BoothId(desk),
                service: common::service(),
                envelope: vec![desk; ENVELOPE_BYTES],
            };
            books.push((holder, booked));
        }
    }
    (folio, books)
}

/// A week of the agency with its holders' folios.
fn week_of(week: IsoWeek, desks: u8, per_desk: u16, holders: &[Member]) -> Vec<Folio> {
    let (home, books) = home(week, desks, per_desk, holders);
    let mut folios: Vec<Folio> = holders.iter().map(|it| it.write(Leaf::Week(week), &[])).collect();
    for (holder, book) in &books {
        folios[*holder].append(book, &holders[*holder].key).expect("there is room");
    }
    folios.insert(0, home);
    folios
}

fn gate() -> (f64, f64) {
    let acts = 1_800;
    let folio = week_of(common::WEEK, 8, 225, &[left()]).remove(1);
    assert_eq!(folio.seq(), acts);
    let bytes = frame::encode(&Frame::Acts(folio.after(0).expect("acts")));
    let whole = seconds(10, || {
        let Ok(Frame::Acts(batch)) = frame::decode(&bytes) else { unreachable!() };
        let mut there = Folio::new(territory(), batch.folio);
        there.accept(&batch).expect("signed");
        there
    });
    let mut before = left().write(Leaf::Week(common::WEEK), &[]);
    let mut live = Vec::new();
    for (_, act) in folio.acts() {
        before.append(&act, &left().key).expect("there is room");
        live.push(frame::encode(&Frame::Acts(before.after(before.seq() - 1).expect("one act"))));
    }
    let mut there = full_shelf(&[]);
    let begun = cpu_s();
    for bytes in &live {
        let Ok(Frame::Acts(batch)) = frame::decode(bytes) else { unreachable!() };
        there.accept(&batch).expect("signed");
    }
    let one = (cpu_s() - begun) / live.len() as f64;
    (f64::from(acts) / whole, one)
}

/// 100,000 batches that nobody signed, each as a frame: all zeros, or any 64 bytes, at the bare gate; and
/// through replication, which cuts the sender.
fn refusals() -> (f64, f64, f64) {
    let honest = common::book(&[(0, 1)], 1);
    let batch = left().write(Leaf::Week(common::WEEK), &[honest]).after(0).expect("one act");
    let signed_with = |number: u32, any: bool| {
        let mut batch = batch.clone();
        batch.head.signature = [0; 64];
        if any {
            let mut last = number;
            for byte in &mut batch.head.signature {
                last = last.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *byte = last.to_be_bytes()[0];
            }
        }
        batch
    };
    let at_gate = |any: bool| {
        let batches: Vec<Batch> = (0..10_000).map(|number| signed_with(number, any)).collect();
        let mut folio = Folio::new(territory(), left().week());
        10.0 * seconds(1, || {
            for batch in &batches {
                assert!(folio.accept(batch).is_err());
            }
        })
    };
    let (zeros, any) = (at_gate(false), at_gate(true));
    let bytes: Vec<Vec<u8>> = (0..1_000).map(|it| frame::encode(&Frame::Acts(signed_with(it, true)))).collect();
    let mut node = Replicator::new(common::coordination().writer.key, full_shelf(&[]));
    let peer = right().writer.key;
    // One connection after the other: each is cut after its charges, as the mesh would do.
    let through = seconds(1, || {
        for number in 0..100_000_usize {
            if number % 1_000 == 0 {
                node.handle(0, common::WEEK, Input::Down(peer));
                node.handle(0, common::WEEK, Input::Up(peer));
            }
            node.handle(0, common::WEEK, Input::Frame(peer, bytes[number % bytes.len()].clone()));
            while node.poll().is_some() {}
        }
    });
    (zeros, any, through)
}

/// An automerge chunk of type 2: a change whose data is deflated zeros.
fn hostile_chunk() -> Vec<u8> {
    let deflated = miniz_oxide::deflate::compress_to_vec(&vec![0; 256 * 1024 * 1024], 9);
    let mut chunk = vec![0x85, 0x6f, 0x4a, 0x83, 0, 0, 0, 0, 2];
    chunk.extend(postcard::to_stdvec(&deflated.len()).expect("a number"));
    chunk.extend(&deflated);
    chunk
}

fn hostile() -> (usize, usize, usize) {
    let chunk = hostile_chunk();
    let theirs = growth(|| drop(black_box(Automerge::new().load_incremental(&chunk))));
    let mut node = Replicator::new(common::coordination().writer.key, full_shelf(&[]));
    let peer = right().writer.key;
    node.handle(0, common::WEEK, Input::Up(peer));
    // The same bytes as a frame; and the deflated part of it where our own frames have theirs.
    let batch = left().write(Leaf::Week(common::WEEK), &[common::book(&[(0, 1)], 1)]).after(0).expect("one act");
    let honest = frame::encode(&Frame::Acts(batch.clone()));
    let old = miniz_oxide::deflate::compress_to_vec(&postcard::to_stdvec(&batch.acts).expect("acts"), 6);
    let at = honest.len() - old.len() - postcard::to_stdvec(&old.len()).expect("a number").len();
    let deflated = miniz_oxide::deflate::compress_to_vec(&vec![0; 256 * 1024 * 1024], 9);
    let bomb = [&honest[..at], &postcard::to_stdvec(&deflated.len()).expect("a number"), &deflated].concat();
    let ours = [chunk.clone(), [&[1], &chunk[..]].concat(), bomb].map(|bytes| {
        let input = Input::Frame(peer, bytes);
        growth(|| node.handle(0, common::WEEK, input))
    });
    (chunk.len(), theirs, ours.into_iter().max().unwrap_or(0))
}

fn fold_of_500() -> f64 {
    let folios = week_of(common::WEEK, 2, 250, &[left(), right()]);
    let shelf = full_shelf(&folios);
    assert_eq!(shelf.week(common::WEEK).appointments().filter(|it| it.is_confirmed()).count(), 500);
    seconds(50, || shelf.week(common::WEEK))
}

/// 100,000 bookings: 16 weeks of one agency, 50 points.
fn day_of_a_point() -> (usize, f64, f64) {
    let points: Vec<Member> =
        (0..50).map(|number| common::a_box(100 + number, &format!("point-{number}"), Role::Point)).collect();
    let mut shelf = full_shelf(&[]);
    let enrolments: Vec<Act> = papers_acts().chain(points.iter().map(Member::enrolment)).collect();
    shelf.restore(common::coordination().write(Leaf::Roster, &enrolments));
    points.iter().for_each(|it| shelf.restore(it.begins(None)));
    let mut document = Automerge::new();
    let mut weeks: Vec<Week> = Vec::new();
    let mut count = 0;
    for number in 0..16_u16 {
        let week = IsoWeek(common::WEEK.0 - 2 + number);
        for folio in week_of(week, 25, 250, &points) {
            if folio.id().writer != agency().writer {
                scan_rows(&mut document, &folio);
            }
            shelf.restore(folio);
        }
        let folded = shelf.week(week);
        count += folded.appointments().filter(|it| it.is_confirmed()).count();
        weeks.push(folded);
    }
    let (point, day) = (points[7].name.clone(), weeks[2].week.start());
    let ours = seconds(1_000, || {
        let week = weeks.iter().find(|it| it.week == day.week()).expect("it is folded");
        week.appointments
            .values()
            .filter(|it| it.point == point && it.minutes.from >= day && it.minutes.from < day.plus_min(1440))
            .count()
    });
    let name = points[7].writer.key.to_string();
    let theirs = seconds(3, || {
        let rows = document.map_range(ROOT, ..);
        rows.filter(|row| {
            let Ok(Some((Value::Object(_), id))) = document.get(ROOT, &*row.key) else { return false };
            let is = |key: &str| document.get(&id, key).ok().flatten().map(|(value, _)| value);
            let at = is("from").and_then(|it| it.as_i64()).unwrap_or(0);
            is("point").is_some_and(|it| it.as_str() == Some(name.as_str()))
                && (i64::from(day.0)..i64::from(day.0) + 1440).contains(&at)
        })
        .count()
    });
    (count, ours, theirs)
}

fn papers_acts() -> impl Iterator<Item = Act> {
    papers().remove(0).acts().map(|(_, act)| act).collect::<Vec<_>>().into_iter()
}

/// The same bookings as one map each, five scalar fields.
fn scan_rows(document: &mut Automerge, folio: &Folio) {
    let mut tx = document.transaction();
    for (number, act) in folio.acts() {
        let Act::Book { minutes, booth, service, .. } = act else { continue };
        let FolioId { writer, leaf } = folio.id();
        let row = tx.put_object(ROOT, format!("{}-{leaf:?}-{number}", writer.key), ObjType::Map).expect("a map");
        tx.put(&row, "point", writer.key.to_string()).expect("a field");
        tx.put(&row, "from", i64::from(minutes.from.0)).expect("a field");
        tx.put(&row, "length", i64::from(minutes.length_min)).expect("a field");
        tx.put(&row, "booth", i64::from(booth.0)).expect("a field");
        tx.put(&row, "service", ScalarValue::Str(service.as_str().into())).expect("a field");
    }
    tx.commit();
}

fn cpu() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = info.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split(": ").nth(1));
    line.unwrap_or("unknown").to_owned()
}

fn main() {
    let profile = if cfg!(debug_assertions) { "ci" } else { "release" };
    let (acts_per_s, live_s) = gate();
    let (zeros_s, any_s, through_s) = refusals();
    let fold_s = fold_of_500();
    let (bookings, day_s, scan_s) = day_of_a_point();
    let (input, theirs, ours) = hostile();
    assert_ne!(Incarnation([0; 8]), agency().writer.incarnation);
    println!("{{");
    println!("  \"machine\": {{ \"cpu\": \"{}\", \"cores_used\": 1 }},", cpu());
    println!("  \"profile\": \"{profile}\",");
    println!("  \"gate\": {{ \"acts_per_core_s\": {acts_per_s:.0}, \"live_act_ms\": {:.4} }},", live_s * 1e3);
    println!("  \"refuse_100k_unsigned\": {{");
    println!("    \"zero_signature_cpu_s\": {zeros_s:.3}, \"any_64_bytes_cpu_s\": {any_s:.3},");
    println!("    \"through_replication_cpu_s\": {through_s:.3}, \"charges_a_connection\": {CHARGES_MAX}");
    println!("  }},");
    println!(
        "  \"hostile_input\": {{ \"bytes\": {input}, \"automerge_growth_bytes\": {theirs}, \"hameau_growth_bytes\": {ours} }},"
    );
    println!("  \"fold_500_bookings_ms\": {:.3},", fold_s * 1e3);
    println!("  \"day_of_a_point\": {{");
    println!(
        "    \"bookings\": {bookings}, \"folded_week_ms\": {:.4}, \"automerge_scan_ms\": {:.1}, \"ratio\": {:.0}",
        day_s * 1e3,
        scan_s * 1e3,
        scan_s / day_s
    );
    println!("  }}");
    println!("}}");
}
