// SPDX-License-Identifier: EUPL-1.2
//! The task that keeps one call's documents: orders in, blocks for the line out, the list for the pages.
//!
//! It is not the room's task: a disk that is slow keeps no sound waiting. Reads and writes are a block's length each; what
//! takes longer is done beside it.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;

use bytes::Bytes;
use tokio::sync::{mpsc, watch};
use tokio::task::spawn_blocking;
use tokio_util::task::AbortOnDropHandle;

use super::exchange::{Exchange, Look, Say, Task};
use super::frame::{self, Frame, Hash};
use super::item::{Declined, Document, Item, Stand};
use super::kind::{Kind, NotExchanged};
use super::shelf::{self, Shelf};
use super::texts::{Text, Texts};
use crate::call::Now;
use crate::record::Receipt;

/// Blocks that wait. An honest peer has some 260 under way at most; who sends more is cut.
const BLOCKS_MAX: usize = 512;
/// Orders of this side that wait, which go first.
const ORDERS_MAX: usize = 64;

/// What the task is told.
#[derive(Debug)]
pub(in crate::call) enum Order {
    /// A document of this side, whose file is in its place.
    Add { hash: Hash, name: String, kind: Kind, bytes: u32 },
    /// The person in the booth wants a document, or does not.
    Answer { id: String, is_wanted: bool },
    /// What this side looks at.
    Look(Option<Look>),
    /// A person here writes to the other side.
    Write(String),
    /// What the line has for documents, kbit/s.
    Pace(u32),
    /// A line is there.
    LineUp,
    /// The call is over: nothing stays of what was exchanged but its count, or what is whole stays.
    End { is_cleared: bool },
}

/// What pages show.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::call) struct Listed {
    pub(in crate::call) documents: Vec<Document>,
    pub(in crate::call) look: Option<Look>,
    pub(in crate::call) texts: Vec<Text>,
    /// Also of what is not shown any more.
    pub(in crate::call) receipts: Vec<Receipt>,
}

/// A room's hold on the task. Dropped: the task ends; files and list stay for whoever resumes the call.
pub(in crate::call) struct Keeper {
    shelf: Shelf,
    orders: mpsc::Sender<Order>,
    came: mpsc::Sender<Bytes>,
    blocks: mpsc::Receiver<Bytes>,
    listed: watch::Receiver<Listed>,
    task: AbortOnDropHandle<()>,
}

/// What a keeper has for its room.
pub(in crate::call) enum Kept {
    /// A block for the line.
    Block(Bytes),
    /// The list has changed.
    Listed(Listed),
}

impl Keeper {
    pub(super) fn new(shelf: Shelf, is_booth: bool, now: Now) -> Self {
        let (orders, told) = mpsc::channel(ORDERS_MAX);
        let (came, comes) = mpsc::channel(BLOCKS_MAX);
        let (block_in, blocks) = mpsc::channel(1);
        let exchange = Exchange::new(is_booth, on_disk(&shelf));
        let (list, listed) =
            watch::channel(Listed { documents: exchange.shown(), receipts: exchange.receipts(), ..Listed::default() });
        let work = Work { shelf: shelf.clone(), exchange, texts: Texts::default(), now, list, open: None };
        let task = AbortOnDropHandle::new(tokio::spawn(work.run(told, comes, block_in)));
        Self { shelf, orders, came, blocks, listed, task }
    }

    /// Tells the task something. `false`: it does not keep up.
    pub(in crate::call) fn order(&self, order: Order) -> bool {
        self.orders.try_send(order).is_ok()
    }

    /// A block came over the line. `false`: more came than was confirmed.
    pub(in crate::call) fn came(&self, block: Bytes) -> bool {
        self.came.try_send(block).is_ok()
    }

    /// The list as it is.
    pub(in crate::call) fn listed(&self) -> Listed {
        self.listed.borrow().clone()
    }

    /// What comes next; no blocks where the line has no room for one. Cancel safe.
    pub(in crate::call) async fn next(&mut self, takes_blocks: bool) -> Kept {
        tokio::select! {
            Some(block) = self.blocks.recv(), if takes_blocks => Kept::Block(block),
            Ok(()) = self.listed.changed() => Kept::Listed(self.listed.borrow_and_update().clone()),
            else => std::future::pending().await,
        }
    }

    /// The room is closed: nothing is left.
    pub(in crate::call) async fn forget(self) {
        let Self { shelf, orders, task, .. } = self;
        // Without anyone to order it, it ends.
        drop(orders);
        if task.await.is_err() {
            tracing::warn!("what kept documents did not end well");
        }
        if let Err(error) = shelf.remove() {
            tracing::warn!(%error, "documents of a call that is over stay on the disk until the next start");
        }
    }
}

/// The list as it was kept, with what is really there of each.
fn on_disk(shelf: &Shelf) -> Vec<Item> {
    let mut items = shelf.list();
    for item in items.iter_mut().filter(|it| !it.is_gone) {
        let length = std::fs::metadata(shelf.file(&item.hash, item.from_here)).map_or(0, |it| it.len());
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        match item.stand {
            Stand::There if length == item.bytes => item.have = item.bytes,
            // After a power cut.
            Stand::There => item.stand = Stand::Declined(Declined::Disk),
            Stand::Moving if !item.from_here => item.have = length.min(item.bytes),
            _ => {}
        }
    }
    items
}

struct Work {
    shelf: Shelf,
    exchange: Exchange,
    texts: Texts,
    now: Now,
    list: watch::Sender<Listed>,
    /// The file that is being read or written.
    open: Option<(Hash, bool, File)>,
}

impl Work {
    async fn run(
        mut self,
        mut orders: mpsc::Receiver<Order>,
        mut came: mpsc::Receiver<Bytes>,
        blocks: mpsc::Sender<Bytes>,
    ) {
        let mut block = None;
        loop {
            if block.is_none() {
                block = self.next_block();
            }
            tokio::select! {
                biased;
                order = orders.recv() => {
                    let Some(order) = order else { return };
                    if matches!(order, Order::LineUp | Order::End { .. }) {
                        block = None;
                    }
                    self.carry_out(order);
                }
                Some(block) = came.recv() => match frame::decode(&block) {
                    Some(frame) => self.hear(frame).await,
                    None => tracing::debug!("a block that says nothing"),
                },
                Ok(permit) = blocks.reserve(), if block.is_some() => {
                    if let Some(block) = block.take() {
                        permit.send(block);
                    }
                    continue;
                }
            }
            self.publish();
        }
    }

    fn carry_out(&mut self, order: Order) {
        match order {
            Order::Add { hash, name, kind, bytes } => {
                if !self.exchange.add(hash, &name, kind, bytes) {
                    self.drop_file(&hash, true);
                }
            }
            Order::Answer { id, is_wanted } => {
                if !self.exchange.answer(&id, is_wanted) {
                    tracing::debug!("an answer about a document that nobody asks about");
                }
            }
            Order::Look(look) => {
                if !self.exchange.set_look(look) {
                    tracing::debug!("a look at a document that is not there");
                }
            }
            Order::Pace(kbps) => self.exchange.pace(kbps),
            Order::Write(text) => self.texts.write(&text, (self.now)()),
            Order::LineUp => {
                self.exchange.line_up();
                self.texts.line_up();
            }
            Order::End { is_cleared } => self.end(is_cleared),
        }
    }

    async fn hear(&mut self, frame: Frame) {
        match &frame {
            Frame::Text { number, text } => self.texts.hear(*number, text),
            Frame::Heard { number } => self.texts.heard(*number),
            _ => {}
        }
        let (hash, bytes) = match self.exchange.hear(frame) {
            Some(Task::Write(hash, bytes)) => (hash, bytes),
            Some(Task::Check(hash)) => return self.check(hash).await,
            None => return,
        };
        let written = self.opened(&hash, false).and_then(|mut file| file.write_all(&bytes));
        if let Err(error) = written {
            tracing::warn!(%error, "the disk does not take a document that comes");
            self.drop_file(&hash, false);
            self.exchange.decline(&hash, Declined::Disk);
            return;
        }
        let length = u32::try_from(bytes.len()).unwrap_or(0);
        if let Some(Task::Check(hash)) = self.exchange.written(&hash, length) {
            self.check(hash).await;
        }
    }

    /// Looks at what has come: whether it is what was offered, and what people exchange.
    async fn check(&mut self, hash: Hash) {
        self.open = None;
        let path = self.shelf.file(&hash, false);
        let found = spawn_blocking(move || {
            File::open(&path).and_then(|file| file.sync_all()).map_err(|_| NotExchanged::Disk)?;
            let same = shelf::hash_of(&path).is_ok_and(|it| it == hash);
            if same { Kind::of(&path) } else { Err(NotExchanged::Kind) }
        });
        match found.await.unwrap_or(Err(NotExchanged::Disk)) {
            Ok(kind) => self.exchange.checked(&hash, kind, (self.now)()),
            Err(error) => {
                tracing::info!(%error, "a document is refused");
                self.drop_file(&hash, false);
                self.exchange.decline(&hash, Declined::Unfit);
            }
        }
    }

    /// The next block for the line.
    fn next_block(&mut self) -> Option<Bytes> {
        if let Some(frame) = self.texts.next() {
            return Some(Bytes::from(frame::encode(&frame)));
        }
        loop {
            let frame = match self.exchange.next()? {
                Say::Frame(frame) => frame,
                Say::Part { hash, at, length } => {
                    let mut bytes = vec![0; length];
                    let read = self.opened(&hash, true).and_then(|file| file.read_exact_at(&mut bytes, at.into()));
                    if let Err(error) = read {
                        tracing::warn!(%error, "a document cannot be read any more");
                        self.exchange.lose(&hash);
                        self.publish();
                        continue;
                    }
                    Frame::Part { hash, at, bytes }
                }
            };
            return Some(Bytes::from(frame::encode(&frame)));
        }
    }

    fn opened(&mut self, hash: &Hash, from_here: bool) -> io::Result<&File> {
        let is_open = self.open.as_ref().is_some_and(|(of, way, _)| of == hash && *way == from_here);
        if !is_open {
            let path = self.shelf.file(hash, from_here);
            let file = if from_here { File::open(path)? } else { self.shelf.appended(hash)? };
            self.open = Some((*hash, from_here, file));
        }
        self.open.as_ref().map(|(.., file)| file).ok_or_else(|| io::Error::other("it was opened"))
    }

    fn drop_file(&mut self, hash: &Hash, from_here: bool) {
        self.open = None;
        if let Err(error) = std::fs::remove_file(self.shelf.file(hash, from_here)) {
            tracing::warn!(%error, "what is not wanted of a document stays until the call is over");
        }
    }

    fn end(&mut self, is_cleared: bool) {
        self.open = None;
        if !is_cleared {
            self.exchange.finish();
            return;
        }
        self.exchange.end();
        self.texts = Texts::default();
        match self.shelf.clear() {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(%error, "documents of a call that is over stay until its room closes");
            }
            _ => {}
        }
    }

    /// Shows the list, and keeps it where more has changed than how much has come.
    fn publish(&mut self) {
        self.exchange.stamp((self.now)());
        let (documents, look, texts) = (self.exchange.shown(), self.exchange.look(), self.texts.shown());
        let listed = Listed { documents, look, texts, receipts: self.exchange.receipts() };
        let known = |it: &Listed| it.documents.iter().map(|it| (it.id.clone(), it.stand)).collect::<Vec<_>>();
        let before = known(&self.list.borrow());
        if before != known(&listed)
            && let Err(error) = self.shelf.keep_list(self.exchange.items())
        {
            tracing::warn!(%error, "the list of a call's documents cannot be kept");
        }
        self.list.send_if_modified(|shown| {
            let has_changed = *shown != listed;
            if has_changed {
                *shown = listed;
            }
            has_changed
        });
    }
}
