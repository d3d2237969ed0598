// SPDX-License-Identifier: EUPL-1.2
//! What two sides of a call have exchanged, and what to say next: pure, it reads no file and no clock.
//!
//! A document goes one way: offered, wanted (in a booth by the person who sits there, at an agency always), sent from where
//! the other side has it, checked there, confirmed. After a cut all that is open is offered again, and goes on where it
//! was. Invariant: whatever the other side says, at most [`DOCUMENTS_MAX`] documents, [`CALL_BYTES_MAX`] bytes of its, and
//! [`SAID_MAX`] answers that wait.

use std::collections::VecDeque;

use super::frame::{Frame, Hash, LookFrame, PART_BYTES_MAX};
use super::item::{Declined, Document, Item, Stand, id_of, readable};
use super::kind::{DOCUMENT_BYTES_MAX, Kind};
use crate::record::Receipt;

/// Documents of one call, both ways together.
pub const DOCUMENTS_MAX: usize = 20;
/// Bytes of one call that the other side may send.
pub(super) const CALL_BYTES_MAX: u64 = 100_000_000;
/// Answers that wait for the line. Beyond, what the other side offers is passed over: it offers it again on the next line.
const SAID_MAX: usize = 128;
/// Bytes under way that the other side has not confirmed: a second's worth, between these. More would stand before sound when
/// a line gets worse; less would wait for each confirmation on a satellite's.
const WINDOW_BYTES: (u32, u32) = (8 * 1024, 256 * 1024);
/// So often it confirms, bytes.
const CONFIRMED_EVERY: u32 = 4 * 1024;
const _: () = assert!(CONFIRMED_EVERY * 2 <= WINDOW_BYTES.0);

/// What is to be done about what was heard.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// These bytes go to the end of the document's file.
    Write(Hash, Vec<u8>),
    /// All of it has come: is it what it was said to be?
    Check(Hash),
}

/// What the two look at together.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Look {
    /// Which document.
    pub id: String,
    /// Which page, from 1.
    pub page: u16,
    /// Where one of them points, in thousandths of the page from its upper left.
    pub point: Option<(u16, u16)>,
}

/// See the head of this file.
pub(super) struct Exchange {
    /// Somebody is asked before anything comes: the person in the booth.
    asks: bool,
    items: Vec<Item>,
    said: VecDeque<Frame>,
    /// The next byte to be sent of what goes, and of which.
    sending: Option<(Hash, u32)>,
    window_bytes: u32,
    look: Option<LookFrame>,
    /// What is looked at has not been said yet.
    looks: bool,
    /// The call is over, until a line is there again: nothing is given and nothing taken.
    is_over: bool,
}

impl Exchange {
    /// What was kept of it. `have` of what comes is the length of its file.
    pub(super) fn new(asks: bool, items: Vec<Item>) -> Self {
        Self {
            asks,
            items,
            said: VecDeque::new(),
            sending: None,
            window_bytes: WINDOW_BYTES.0,
            look: None,
            looks: false,
            is_over: false,
        }
    }

    pub(super) fn items(&self) -> &[Item] {
        &self.items
    }

    pub(super) fn shown(&self) -> Vec<Document> {
        self.items.iter().filter(|it| !it.is_gone).map(Item::shown).collect()
    }

    /// Nothing of it is here any more but what the record counts.
    pub(super) fn end(&mut self) {
        self.items.retain(|it| it.receipt().is_some());
        for item in &mut self.items {
            item.is_gone = true;
            item.name.clear();
        }
        self.stop();
    }

    fn stop(&mut self) {
        (self.sending, self.look, self.looks, self.is_over) = (None, None, false, true);
        self.said.clear();
    }

    pub(super) fn look(&self) -> Option<Look> {
        let look = self.look?;
        Some(Look { id: id_of(&look.hash, look.is_senders), page: look.page, point: look.point })
    }

    /// Whether there may be one more.
    fn has_room(&self) -> bool {
        self.items.iter().filter(|it| !it.is_gone).count() < DOCUMENTS_MAX
    }

    /// What was exchanged, as the record keeps it.
    pub(super) fn receipts(&self) -> Vec<Receipt> {
        self.items.iter().filter_map(Item::receipt).collect()
    }

    /// A document of this side, whose file is there. Again after it was declined: it is offered once more. `false`: there
    /// are too many, or the call is over.
    pub(super) fn add(&mut self, hash: Hash, name: &str, kind: Kind, bytes: u32) -> bool {
        self.items.retain(|it| !(it.hash == hash && it.from_here && matches!(it.stand, Stand::Declined(_))));
        if self.find(&hash, true).is_some() {
            return true;
        }
        if self.is_over || !self.has_room() {
            return false;
        }
        let (name, stand) = (readable(name), Stand::Asked);
        self.items.push(Item {
            hash,
            from_here: true,
            name,
            kind: Some(kind),
            bytes,
            have: 0,
            stand,
            there_ms: None,
            is_gone: false,
        });
        self.offer(hash);
        true
    }

    /// The person in the booth wants it, or does not. `false`: there is nothing to answer.
    pub(super) fn answer(&mut self, id: &str, is_wanted: bool) -> bool {
        let asked = |it: &&mut Item| it.id() == id && !it.from_here && it.stand == Stand::Asked;
        let Some(item) = self.items.iter_mut().find(asked) else { return false };
        let hash = item.hash;
        if is_wanted {
            item.stand = Stand::Moving;
            let have = item.have;
            self.said.push_back(Frame::Wanted { hash, have });
        } else {
            self.decline(&hash, Declined::Person);
        }
        true
    }

    /// What this side looks at now. `false`: there is no such document.
    pub(super) fn set_look(&mut self, look: Option<Look>) -> bool {
        let found = look.map(|look| {
            let item = self.items.iter().find(|it| it.id() == look.id && it.is_open())?;
            let point = look.point.map(|(x, y)| (x.min(1000), y.min(1000)));
            Some(LookFrame { hash: item.hash, is_senders: item.from_here, page: look.page.max(1), point })
        });
        match found {
            Some(None) => return false,
            Some(found) => self.look = found,
            None => self.look = None,
        }
        self.looks = true;
        true
    }

    /// What the line has for documents, kbit/s.
    pub(super) fn pace(&mut self, kbps: u32) {
        self.window_bytes = kbps.saturating_mul(125).clamp(WINDOW_BYTES.0, WINDOW_BYTES.1);
    }

    /// The line is there, or there again: what is open is said anew.
    pub(super) fn line_up(&mut self) {
        (self.sending, self.is_over) = (None, false);
        // Who was cut off in the middle of a turn: what one has not said yet, and else the agency's page.
        self.looks |= self.look.is_some() && !self.asks;
        self.said.clear();
        for at in 0..self.items.len() {
            let item = &mut self.items[at];
            if item.from_here && matches!(item.stand, Stand::Asked | Stand::Moving) {
                // Where it goes on the other side has to say.
                item.stand = Stand::Asked;
                let hash = item.hash;
                self.offer(hash);
            }
        }
    }

    /// What is to be said next, as far as it is here: of a part, which bytes of which file.
    pub(super) fn next(&mut self) -> Option<Say> {
        if let Some(frame) = self.said.pop_front() {
            return Some(Say::Frame(frame));
        }
        if std::mem::take(&mut self.looks) {
            return Some(Say::Frame(Frame::Look(self.look)));
        }
        let (hash, at) = self.sending?;
        let item = self.find(&hash, true).filter(|it| it.stand == Stand::Moving)?;
        let (bytes, have) = (item.bytes, item.have);
        if at >= bytes || at - have.min(at) >= self.window_bytes {
            return None;
        }
        let length = (bytes - at).min(u32::try_from(PART_BYTES_MAX).expect("small"));
        self.sending = Some((hash, at + length));
        Some(Say::Part { hash, at, length: usize::try_from(length).expect("small") })
    }

    /// Something of a file of this side cannot be read any more: an offer of nothing takes it back.
    pub(super) fn lose(&mut self, hash: &Hash) {
        if let Some(item) = self.find(hash, true) {
            item.stand = Stand::Declined(Declined::Disk);
            self.said.push_back(Frame::Offer { hash: *hash, bytes: 0, name: String::new() });
        }
        self.send_on();
    }

    /// The call is over where what is whole is kept; the rest goes.
    pub(super) fn finish(&mut self) {
        self.items.retain(|it| it.stand == Stand::There);
        self.stop();
    }

    /// What the other side says.
    pub(super) fn hear(&mut self, frame: Frame) -> Option<Task> {
        match frame {
            _ if self.is_over => {}
            Frame::Offer { hash, bytes, name } if self.said.len() < SAID_MAX => {
                return self.on_offer(hash, bytes, &name);
            }
            Frame::Offer { .. } => {}
            Frame::Wanted { hash, have } => self.on_wanted(hash, have),
            Frame::Part { hash, at, bytes } => return self.on_part(hash, at, bytes),
            Frame::There { hash } => self.on_done(&hash, Stand::There),
            Frame::Declined { hash, why } => self.on_done(&hash, Stand::Declined(Declined::from_code(why))),
            // Texts are not of documents.
            Frame::Text { .. } | Frame::Heard { .. } => {}
            Frame::Look(look) => {
                // What is one's own to the one has come to the other.
                let look = look.map(|it| LookFrame { is_senders: !it.is_senders, page: it.page.max(1), ..it });
                let is_there = |it: &LookFrame| self.items.iter().any(|item| is_of(item, it));
                self.look = look.filter(is_there);
            }
        }
        None
    }

    /// The bytes of a part are in its file; at the end of them comes the check.
    pub(super) fn written(&mut self, hash: &Hash, length: u32) -> Option<Task> {
        let item = self.find(hash, false)?;
        let before = item.have;
        item.have = before.saturating_add(length).min(item.bytes);
        let (have, bytes) = (item.have, item.bytes);
        if have == bytes {
            return Some(Task::Check(*hash));
        }
        if before / CONFIRMED_EVERY != have / CONFIRMED_EVERY {
            self.want(*hash, have);
        }
        None
    }

    /// Says how much of a document is there; what has not been said yet of it is said anew.
    fn want(&mut self, hash: Hash, have: u32) {
        let waits = |it: &&mut Frame| matches!(it, Frame::Wanted { hash: of, .. } if *of == hash);
        match self.said.iter_mut().find(waits) {
            Some(frame) => *frame = Frame::Wanted { hash, have },
            None => self.said.push_back(Frame::Wanted { hash, have }),
        }
    }

    /// What came is whole and of this kind; at this time, unix ms.
    pub(super) fn checked(&mut self, hash: &Hash, kind: Kind, now_ms: u64) {
        if let Some(item) = self.find(hash, false) {
            (item.stand, item.kind, item.there_ms) = (Stand::There, Some(kind), Some(now_ms));
            self.said.push_back(Frame::There { hash: *hash });
        }
    }

    /// What comes is not to be had.
    pub(super) fn decline(&mut self, hash: &Hash, why: Declined) {
        if let Some(item) = self.find(hash, false) {
            (item.stand, item.have) = (Stand::Declined(why), 0);
        }
        self.said.push_back(Frame::Declined { hash: *hash, why: why.code() });
    }

    /// What this side sent is there at this time, unix ms, where it has just been said.
    pub(super) fn stamp(&mut self, now_ms: u64) {
        for item in self.items.iter_mut().filter(|it| it.stand == Stand::There) {
            item.there_ms.get_or_insert(now_ms);
        }
    }

    fn on_offer(&mut self, hash: Hash, bytes: u32, name: &str) -> Option<Task> {
        if let Some(item) = self.find(&hash, false) {
            let (have, is_whole) = (item.have, item.have == item.bytes);
            match item.stand {
                Stand::Asked | Stand::Moving if bytes == 0 => item.stand = Stand::Declined(Declined::Disk),
                Stand::Asked => {}
                // The last byte came, and then this node was stopped.
                Stand::Moving if is_whole => return Some(Task::Check(hash)),
                Stand::Moving => self.said.push_back(Frame::Wanted { hash, have }),
                Stand::There => self.said.push_back(Frame::There { hash }),
                // Whoever offers it again is asked about again.
                Stand::Declined(_) => {
                    self.items.retain(|it| it.from_here || it.is_gone || it.hash != hash);
                    return self.on_offer(hash, bytes, name);
                }
            }
            return None;
        }
        let is_declined = |it: &Item| matches!(it.stand, Stand::Declined(_));
        let come = self.items.iter().filter(|it| !it.from_here && !is_declined(it));
        let comes: u64 = come.map(|it| u64::from(it.bytes)).sum();
        if !self.has_room() || comes + u64::from(bytes) > CALL_BYTES_MAX {
            self.said.push_back(Frame::Declined { hash, why: Declined::TooMany.code() });
            return None;
        }
        if bytes == 0 || bytes > DOCUMENT_BYTES_MAX {
            self.said.push_back(Frame::Declined { hash, why: Declined::Unfit.code() });
            return None;
        }
        let stand = if self.asks { Stand::Asked } else { Stand::Moving };
        let (name, kind, have) = (readable(name), None, 0);
        self.items.push(Item {
            hash,
            from_here: false,
            name,
            kind,
            bytes,
            have,
            stand,
            there_ms: None,
            is_gone: false,
        });
        if stand == Stand::Moving {
            self.said.push_back(Frame::Wanted { hash, have });
        }
        None
    }

    fn on_wanted(&mut self, hash: Hash, have: u32) {
        let open = |it: &&mut Item| matches!(it.stand, Stand::Asked | Stand::Moving);
        let Some(item) = self.find(&hash, true).filter(open) else { return };
        (item.stand, item.have) = (Stand::Moving, have.min(item.bytes));
        self.send_on();
    }

    fn on_part(&mut self, hash: Hash, at: u32, bytes: Vec<u8>) -> Option<Task> {
        let item = self.find(&hash, false)?;
        let ends = u64::from(at) + bytes.len() as u64;
        let fits = item.stand == Stand::Moving && at == item.have && ends <= u64::from(item.bytes) && !bytes.is_empty();
        fits.then_some(Task::Write(hash, bytes))
    }

    /// The other side has it, or will not.
    fn on_done(&mut self, hash: &Hash, stand: Stand) {
        let open = |it: &&mut Item| matches!(it.stand, Stand::Asked | Stand::Moving);
        if let Some(item) = self.find(hash, true).filter(open) {
            item.stand = stand;
            item.have = if stand == Stand::There { item.bytes } else { item.have };
        }
        self.send_on();
    }

    /// The next of what is wanted is sent, where nothing is.
    fn send_on(&mut self) {
        let moves = |it: &&Item| it.from_here && it.stand == Stand::Moving;
        let current = self.sending.map(|(hash, _)| hash);
        if self.items.iter().filter(moves).any(|it| Some(it.hash) == current) {
            return;
        }
        self.sending = self.items.iter().find(moves).map(|it| (it.hash, it.have));
    }

    fn offer(&mut self, hash: Hash) {
        if let Some(item) = self.find(&hash, true) {
            let frame = Frame::Offer { hash, bytes: item.bytes, name: item.name.clone() };
            self.said.push_back(frame);
        }
    }

    fn find(&mut self, hash: &Hash, from_here: bool) -> Option<&mut Item> {
        self.items.iter_mut().find(|it| it.hash == *hash && it.from_here == from_here && !it.is_gone)
    }
}

/// Something to say.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Say {
    Frame(Frame),
    /// So many bytes of this side's file from there on.
    Part {
        hash: Hash,
        at: u32,
        length: usize,
    },
}

fn is_of(item: &Item, look: &LookFrame) -> bool {
    item.hash == look.hash && item.from_here == look.is_senders && item.is_open()
}

#[cfg(test)]
#[path = "exchange_tests.rs"]
mod tests;
