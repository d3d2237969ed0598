// SPDX-License-Identifier: MIT OR Apache-2.0
//! How much memory hostile bytes can make a node allocate. One test in this file: the allocator counts
//! for the whole process.

mod common;

use common::forge::forge;
use common::{agency, full_shelf, open, right};
use crdt_calendar::ids::Leaf;
use crdt_calendar::limits::{FRAME_BYTES_MAX, INFLATED_BYTES_MAX};
use crdt_calendar::replicator::{Effect, Input, Replicator};
use crdt_calendar::wire;
use crdt_calendar::wire::frame::{self, Frame};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

const GROWTH_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The honest frame of one act, its deflated part replaced by this one.
fn with_deflated(deflated: &[u8]) -> Vec<u8> {
    let batch = agency().write(Leaf::Week(common::WEEK), &[open()]).after(0).unwrap();
    let honest = frame::encode(&Frame::Acts(batch.clone()));
    let old = miniz_oxide::deflate::compress_to_vec(&postcard::to_stdvec(&batch.acts).unwrap(), 6);
    let at = honest.len() - old.len() - postcard::to_stdvec(&old.len()).unwrap().len();
    [&honest[..at], &postcard::to_stdvec(&deflated.len()).unwrap(), deflated].concat()
}

/// A deflate stream of zeros that is `size` bytes long and inflates to about a thousand times that.
fn bomb(size: usize) -> Vec<u8> {
    let deflated = miniz_oxide::deflate::compress_to_vec(&vec![0; size * 1_020], 9);
    assert!((size * 9 / 10..size * 11 / 10).contains(&deflated.len()), "{}", deflated.len());
    deflated
}

fn hostile() -> Vec<(&'static str, Vec<u8>)> {
    let lie = postcard::to_stdvec(&u32::MAX).unwrap();
    let mut heads = vec![1, 1];
    heads.extend(&lie);
    heads.resize(300, 0);
    let mut acts = lie.clone();
    acts.resize(INFLATED_BYTES_MAX, 0);
    let empty_acts = [postcard::to_stdvec(&1_000_000_u32).unwrap(), vec![0; 1_000_000]].concat();
    let slots = [&[15, 0xff, 0xff, 0xff, 0xff, 0x0f][..], &[0; 200]].concat();
    let by_writer = forge(&agency(), Leaf::Week(common::WEEK), &[slots]);
    vec![
        ("a bomb of 261 kB", with_deflated(&bomb(261_000))),
        ("a bomb as long as a frame", with_deflated(&bomb(1_000_000))),
        ("2^32-1 heads", heads),
        ("2^32-1 acts", with_deflated(&miniz_oxide::deflate::compress_to_vec(&acts, 9))),
        ("a million empty acts", with_deflated(&miniz_oxide::deflate::compress_to_vec(&empty_acts, 9))),
        ("2^32-1 slots in a signed act", frame::encode(&Frame::Acts(by_writer))),
        ("over the limit", vec![1; FRAME_BYTES_MAX + 1]),
    ]
}

#[test]
fn hostile_bytes_do_not_grow_a_node() {
    let peer = right().writer.key;
    for (case, bytes) in hostile() {
        let mut node = Replicator::new(common::coordination().writer.key, full_shelf(&[]));
        node.handle(0, common::WEEK, Input::Up(peer));
        while node.poll().is_some() {}
        let input = Input::Frame(peer, bytes);
        ALLOCATED.reset_peak_usage();
        let before = ALLOCATED.current_usage();
        node.handle(0, common::WEEK, input);
        let growth = ALLOCATED.peak_usage() - before;
        assert!(growth <= GROWTH_BYTES_MAX, "{case}: {growth} bytes");
        let effects: Vec<Effect> = core::iter::from_fn(|| node.poll()).collect();
        assert_eq!(effects, Vec::new(), "{case}: refused");
        println!("{case}: {growth} bytes");
    }
    let changed = [&wire::act::encode(&open())[..], &[0xff; 5]].concat();
    assert!(wire::act::decode(&changed).is_err());
}
