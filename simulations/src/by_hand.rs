// SPDX-License-Identifier: EUPL-1.2
//! Acts that no clerk of today would write, put into a box's own folio by hand and with its own key:
//! a later version's, or a villain's. The box stops for it and starts again.

use crdt_calendar::act::{Act, Run};
use crdt_calendar::folio::{Folio, Head};
use crdt_calendar::ids::{FolioId, Leaf, Writer};
use crdt_calendar::time::IsoWeek;

use crate::oracle::Violation;
use crate::world::World;

impl World {
    /// Writes an act in a box's own folio, whatever its clerk thinks of it.
    pub(crate) fn write_by_hand(&mut self, place: usize, leaf: Leaf, act: &Act) -> Result<(), Violation> {
        let node = &self.nodes[place];
        let id = FolioId { writer: node.writer(), leaf };
        let mut folio = self.folio_of(place, id);
        if folio.append(act, &node.key).is_err() {
            return Ok(());
        }
        // The program that writes it is another than the clerk: it runs while the clerk does not.
        let node = &mut self.nodes[place];
        node.disk.sync().map_err(|text| Violation::new("P7", text))?;
        node.disk.overwrite(&folio);
        self.crash(place, 1_000)
    }

    /// A folio as a node holds it; empty if it holds none.
    pub(crate) fn folio_of(&self, place: usize, id: FolioId) -> Folio {
        let held = self.nodes[place].clerk.as_ref().and_then(|clerk| clerk.shelf().folio(&id)).cloned();
        held.unwrap_or_else(|| Folio::new(self.papers.0.territory(), id))
    }

    /// One to three slots of a week, as this node sees them, with their last tenures.
    pub(crate) fn some_slots(&mut self, place: usize, week: IsoWeek) -> Option<Run> {
        let folded = self.nodes[place].clerk.as_ref()?.week(week)?;
        let slots: Vec<_> = folded.slots().map(|(id, slot)| (id, slot.tenures.len())).collect();
        let (first, _) = self.luck.villains.pick(&slots)?;
        let count = u16::try_from(self.luck.villains.between(1, 2)).unwrap_or(1);
        let tenure = |index: u16| slots.iter().find(|(id, _)| id.open == first.open && id.index == index);
        let tenures: Option<Vec<(u16, u16)>> = (first.index..first.index.saturating_add(count))
            .map(|index| Some((index, u16::try_from(tenure(index)?.1).ok()?)))
            .collect();
        tenures.map(|tenures| Run { open: first.open, tenures })
    }
}

/// A head over a hash that its writer never signed.
pub(crate) fn unsigned(seq: u32, hash: [u8; 32]) -> Head {
    Head { seq, hash, signature: [7; 64] }
}

/// The hash of the change that holds an act, built as anybody may build it from automerge's format.
pub(crate) fn change_hash(writer: Writer, number: u32, previous: Option<[u8; 32]>, act: &[u8]) -> [u8; 32] {
    crate::documents::change(writer, number, previous, act).hash().0
}
