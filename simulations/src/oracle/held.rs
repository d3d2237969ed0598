// SPDX-License-Identifier: EUPL-1.2
//! P1 and P4: what nodes hold, against what its writers signed and have on their disks.

use crdt_calendar::folio::Folio;
use crdt_calendar::ids::ActRef;
use crdt_calendar::wire::frame::{self, Frame};

use super::{Oracle, Violation};
use crate::node::Node;

impl Oracle {
    /// A frame leaves: what it carries must be on this node's own disk by now, whoever wrote it.
    pub(crate) fn sends(node: &Node, bytes: &[u8]) -> Result<(), Violation> {
        let batch = match frame::decode(bytes) {
            Ok(Frame::Acts(batch)) => Some(batch),
            Ok(Frame::More(more)) => node.clerk.as_ref().and_then(|clerk| {
                let folio = clerk.shelf().folios().find(|folio| folio.short() == more.folio)?;
                folio.continued(more.first, more.acts, more.signature)
            }),
            _ => None,
        };
        let Some(batch) = batch else { return Ok(()) };
        let kept = node.disk.hash_at(&batch.folio, batch.head.seq) == Some(batch.head.hash);
        if kept || node.disk.has_evidence(&batch.folio) {
            return Ok(());
        }
        let text = format!("{} sends act {} of {:?} before it is kept", node.member, batch.head.seq, batch.folio);
        Err(Violation::new("P1", text))
    }

    /// A node came back: all that it had acknowledged must be there.
    pub(crate) fn started(&self, node: &Node) -> Result<(), Violation> {
        self.holds_promises(node, |id| id.folio.writer == node.writer())
    }

    pub(super) fn holds_promises(&self, node: &Node, of: impl Fn(&ActRef) -> bool) -> Result<(), Violation> {
        let Some(clerk) = &node.clerk else { return Ok(()) };
        for (id, hash) in self.promised.iter().filter(|(id, _)| of(id)) {
            let held = clerk.shelf().folio(&id.folio).and_then(|folio| folio.hash_at(id.act));
            if held != Some(*hash) {
                return Err(Violation::new("P1", format!("{} lost the acknowledged {id:?}", node.member)));
            }
        }
        Ok(())
    }

    /// Whatever a node holds was signed by its writer, and is on its honest writer's own disk.
    pub(super) fn honest_chains(&mut self, nodes: &[Node], place: usize) -> Result<(), Violation> {
        let Some(clerk) = &nodes[place].clerk else { return Ok(()) };
        self.know_places(nodes);
        for folio in clerk.shelf().folios() {
            let (id, Some(head)) = (folio.id(), folio.head()) else { continue };
            let last = (head.seq, head.hash);
            let known = self.heads.insert((place, id), last) == Some(last);
            if known && folio.fork().is_none() {
                continue;
            }
            if !head.verify(clerk.shelf().territory(), id) {
                return Err(Violation::new("P4", format!("{} holds an unsigned head of {id:?}", nodes[place].member)));
            }
            if self.is_trusted(&id.writer.key) {
                self.is_its_writers(nodes, place, folio)?;
            }
        }
        Ok(())
    }

    fn know_places(&mut self, nodes: &[Node]) {
        if self.places.0 != nodes.len() {
            let places = nodes.iter().enumerate().map(|(place, node)| (node.public(), place)).collect();
            self.places = (nodes.len(), places);
        }
    }

    fn is_its_writers(&self, nodes: &[Node], place: usize, folio: &Folio) -> Result<(), Violation> {
        let (id, holder) = (folio.id(), &nodes[place].member);
        let Some(author) = self.places.1.get(&id.writer.key).copied() else {
            // A stranger's folio may wait here; a villain may have brought it.
            let text = format!("{holder} holds {id:?} of nobody");
            return if self.villains.is_empty() { Err(Violation::new("P4", text)) } else { Ok(()) };
        };
        if let Some(fork) = folio.fork() {
            let text = format!("{holder} holds a second history of the honest {id:?} from act {}", fork.at);
            return Err(Violation::new("P4", text));
        }
        let seq = folio.seq();
        // What its writer let go at its term may be elsewhere still.
        if nodes[author].disk.has_let_go(&id) {
            return Ok(());
        }
        if author != place && nodes[author].disk.hash_at(&id, seq) != folio.hash_at(seq) {
            let text = format!("{holder} holds act {seq} of {id:?}, which its writer may lose or never wrote");
            return Err(Violation::new("P1", text));
        }
        Ok(())
    }
}
