// SPDX-License-Identifier: EUPL-1.2
//! The database's log (SQLite's write-ahead log), looked at before SQLite does: bytes that changed in the middle of
//! it would make SQLite go on from before them, without a word.
//!
//! A power cut spoils the last transaction only, for each is on the platter before the next begins. So where the
//! chain of checksums breaks and two commits or more lie from there on, what broke it was no power cut.
//! Format: <https://www.sqlite.org/fileformat2.html#walformat>.

use std::path::Path;

const HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;
/// The last bit tells in which order the checksums read their words.
const MAGIC: u32 = 0x377f_0682;
/// Commits from the break on that one power cut leaves at most.
const TORN_COMMITS_MAX: usize = 1;

/// Whether bytes in the middle of this log are not those that were written. A log without a valid header
/// says nothing, and neither does one that is not there.
pub(super) fn is_broken(log: &Path) -> bool {
    std::fs::read(log).is_ok_and(|bytes| commits_after_break(&bytes) > TORN_COMMITS_MAX)
}

fn commits_after_break(bytes: &[u8]) -> usize {
    let Some((header, frames)) = bytes.split_first_chunk::<HEADER_BYTES>() else { return 0 };
    let word = |place: usize| word(header, place);
    let is_big_endian = word(0) & 1 == 1;
    let page_bytes = usize::try_from(word(2)).unwrap_or(0);
    let mut sums = checksum((0, 0), &header[..24], is_big_endian);
    if word(0) & !1 != MAGIC || sums != (word(6), word(7)) || !(512..=65_536).contains(&page_bytes) {
        return 0;
    }
    let salts = (word(4), word(5));
    let mut is_whole = true;
    let mut commits = 0;
    for frame in frames.chunks_exact(FRAME_HEADER_BYTES + page_bytes) {
        let is_of_this_log = (self::word(frame, 2), self::word(frame, 3)) == salts;
        if is_whole {
            sums = checksum(sums, &frame[..8], is_big_endian);
            sums = checksum(sums, &frame[FRAME_HEADER_BYTES..], is_big_endian);
            is_whole = is_of_this_log && sums == (self::word(frame, 4), self::word(frame, 5));
        }
        commits += usize::from(!is_whole && is_of_this_log && self::word(frame, 1) != 0);
    }
    commits
}

/// The word at a place, big-endian, as everything but the checksums' input is.
fn word(bytes: &[u8], place: usize) -> u32 {
    bytes.chunks_exact(4).nth(place).and_then(|it| it.try_into().ok()).map_or(0, u32::from_be_bytes)
}

fn checksum((mut first, mut second): (u32, u32), bytes: &[u8], is_big_endian: bool) -> (u32, u32) {
    let word = |bytes: &[u8]| {
        let bytes = bytes.try_into().unwrap_or_default();
        if is_big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    };
    for pair in bytes.chunks_exact(8) {
        first = first.wrapping_add(word(&pair[..4])).wrapping_add(second);
        second = second.wrapping_add(word(&pair[4..])).wrapping_add(first);
    }
    (first, second)
}
