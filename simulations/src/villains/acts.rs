// SPDX-License-Identifier: EUPL-1.2
//! Well-formed and signed, in the villain's own folio, and not its own to write.

use crdt_calendar::act::{Act, AskLeg, Leg, Reason, Role, Run, Upto};
use crdt_calendar::folio::Folio;
use crdt_calendar::ids::{ActRef, BoothId, DeskId, FolioId, Leaf, SlotId, Writer};
use crdt_calendar::time::Span;
use crdt_calendar::wire::frame::{self, Frame};

use crate::oracle::Violation;
use crate::territory;
use crate::world::World;

impl World {
    /// Books, releases, cancels, asks for what another holds.
    pub(crate) fn grab(&mut self, place: usize) -> Result<(), Violation> {
        let week = self.weeks()[0];
        let Some(run) = self.some_slots(place, week) else { return Ok(()) };
        let act = match self.luck.villains.below(5) {
            0..=2 => self.booking_of(place, run),
            3 => Some(Act::Release { run }),
            _ => Some(Act::Void { run, reason: Reason::Closed }),
        };
        act.map_or(Ok(()), |act| self.write_by_hand(place, Leaf::Week(week), &act))
    }

    /// A booking of slots, with minutes that fit and an envelope that does not open.
    pub(super) fn booking_of(&mut self, place: usize, run: Run) -> Option<Act> {
        let first = SlotId { open: run.open, index: run.tenures.first()?.0 };
        let week = self.nodes[place].clerk.as_ref()?.week(self.weeks()[0])?;
        let slot = week.slot(&first)?;
        let length_min = slot.minutes.length_min * u16::try_from(run.tenures.len()).ok()?;
        let minutes = Span { from: slot.minutes.from, length_min };
        let (service, _) = territory::services().into_iter().next()?;
        let booth = BoothId(self.luck.villains.one_of([1, 2, 3]));
        Some(Act::Book { run, minutes, booth, service, envelope: self.luck.villains.bytes::<64>().to_vec() })
    }

    /// Grants what is granted, opens what is open, takes what was not released, and speaks for others'
    /// desks.
    pub(crate) fn regrant(&mut self, place: usize) -> Result<(), Violation> {
        let week = self.weeks()[0];
        let Some(run) = self.some_slots(place, week) else { return Ok(()) };
        let points: Vec<Writer> =
            self.nodes.iter().filter(|node| node.role == Role::Point).map(|node| node.writer()).collect();
        let Some(to) = self.luck.villains.pick(&points) else { return Ok(()) };
        let next = |step: u16| {
            let tenures = run.tenures.iter().map(|(index, number)| (*index, number + step)).collect();
            Run { open: run.open, tenures }
        };
        let act = match self.luck.villains.below(6) {
            0 => Act::Grant { run, to, ask: None },
            1 => Act::Grant { run: next(1), to, ask: None },
            2 => self.answer_again(place, next(1)),
            3 => {
                let upto = Upto { folio: FolioId { writer: to, leaf: Leaf::Week(week) }, seq: 1, hash: [0; 32] };
                Act::Take { run, upto, keeps: None }
            }
            4 => Act::Close { run },
            _ => self.overlapping_open(place),
        };
        self.write_by_hand(place, Leaf::Week(week), &act)
    }

    /// Answers an ask that is answered, or is another's to answer.
    fn answer_again(&mut self, place: usize, run: Run) -> Act {
        let week = self.weeks()[0];
        let asks: Vec<(ActRef, Writer)> = self.nodes[place]
            .clerk
            .iter()
            .filter_map(|clerk| clerk.week(week))
            .flat_map(|week| week.appointments())
            .map(|it| (it.id, it.holder))
            .collect();
        let to = self.nodes[place].writer();
        match self.luck.villains.pick(&asks) {
            Some((ask, holder)) if self.luck.villains.chance(500) => {
                Act::Grant { run, to: holder, ask: Some(AskLeg { ask, leg: 0 }) }
            }
            Some((ask, _)) => Act::Refuse { leg: AskLeg { ask, leg: 0 }, alternatives: run.slots().take(2).collect() },
            None => Act::Grant { run, to, ask: None },
        }
    }

    /// Cuts slots half over those of a desk: its own, or another agency's.
    fn overlapping_open(&mut self, place: usize) -> Act {
        let day = u32::try_from(self.luck.villains.below(3)).unwrap_or(0);
        let plan = territory::openings(self.start, day).swap_remove(0);
        let homes: Vec<usize> = (0..self.nodes.len()).filter(|it| self.nodes[*it].role == Role::Agency).collect();
        let home = self.luck.villains.pick(&homes).unwrap_or(place);
        Act::Open {
            desk: DeskId { home: self.nodes[home].member.clone(), number: plan.desk },
            minutes: Span { from: plan.minutes.from.plus_min(15), ..plan.minutes },
            step_min: plan.step_min,
            services: plan.services,
            week_key: self.luck.villains.bytes(),
        }
    }

    /// Copies a folio or an envelope to where it does not belong.
    pub(super) fn misplace(&mut self, place: usize) -> Result<(), Violation> {
        let week = self.weeks()[0];
        if self.luck.villains.chance(500) {
            let frame = self.moved_folio(place);
            if let Some(bytes) = frame {
                self.send_all(place, &bytes);
            }
            return Ok(());
        }
        let Some(run) = self.some_slots(place, week) else { return Ok(()) };
        let envelopes: Vec<Vec<u8>> = self.nodes[place]
            .clerk
            .iter()
            .filter_map(|clerk| clerk.week(week))
            .flat_map(|week| week.appointments())
            .map(|it| it.envelope.bytes.to_vec())
            .collect();
        let stolen = self.luck.villains.place(envelopes.len()).map(|choice| envelopes[choice].clone());
        let (Some(stolen), Some(Act::Book { run, minutes, booth, service, .. })) =
            (stolen, self.booking_of(place, run))
        else {
            return Ok(());
        };
        let act = Act::Ask { legs: vec![Leg::Slots(run)], minutes, booth, service, envelope: stolen };
        self.write_by_hand(place, Leaf::Week(week), &act)
    }

    /// Another's signed acts under the villain's own name, or in another week, or another life.
    fn moved_folio(&mut self, place: usize) -> Option<Vec<u8>> {
        let clerk = self.nodes[place].clerk.as_ref()?;
        let ids: Vec<FolioId> = clerk.shelf().folios().map(Folio::id).collect();
        let id = self.luck.villains.pick(&ids)?;
        let mut batch = clerk.shelf().folio(&id)?.after(0)?;
        match self.luck.villains.below(3) {
            0 => batch.folio.writer = self.nodes[place].writer(),
            1 => batch.folio.leaf = Leaf::Week(self.weeks()[1]),
            _ => batch.folio.writer.incarnation.0[0] ^= 1,
        }
        Some(frame::encode(&Frame::Acts(batch)))
    }

    /// Writes one number twice: one act for itself and some neighbours, another for the next.
    pub(super) fn equivocate(&mut self, place: usize) -> Result<(), Violation> {
        let week = self.weeks()[0];
        let id = FolioId { writer: self.nodes[place].writer(), leaf: Leaf::Week(week) };
        let folio = self.folio_of(place, id);
        // A new number, or one that others hold for long.
        let is_new = self.luck.villains.chance(500);
        let from = if is_new {
            folio.seq()
        } else {
            u32::try_from(self.luck.villains.below(u64::from(folio.seq()) + 1)).unwrap_or(0)
        };
        let other = self.other_history(place, &folio, from);
        let mine = self.some_act(place);
        if let Some(mine) = mine {
            self.write_by_hand(place, Leaf::Week(week), &mine)?;
        }
        let neighbours: Vec<usize> = self.nodes[place].connections.keys().copied().collect();
        if let (Some(to), Some(batch)) = (self.luck.villains.pick(&neighbours), other.and_then(|it| it.after(0))) {
            self.send(place, to, &frame::encode(&Frame::Acts(batch)));
        }
        Ok(())
    }

    /// The same beginning, up to act `from`, and then something else.
    fn other_history(&mut self, place: usize, folio: &Folio, from: u32) -> Option<Folio> {
        let mut other = Folio::new(self.papers.0.territory(), folio.id());
        let key = self.nodes[place].key.clone();
        for (_, act) in folio.acts().take(usize::try_from(from).ok()?) {
            other.append(&act, &key).ok()?;
        }
        for _ in 0..self.luck.villains.between(1, 3) {
            let act = self.some_act(place)?;
            other.append(&act, &key).ok()?;
        }
        Some(other)
    }

    /// Something that a member of this kind could write.
    fn some_act(&mut self, place: usize) -> Option<Act> {
        let week = self.weeks()[0];
        let run = self.some_slots(place, week)?;
        if self.nodes[place].role == Role::Point {
            return self.booking_of(place, run);
        }
        let points: Vec<Writer> =
            self.nodes.iter().filter(|node| node.role == Role::Point).map(|node| node.writer()).collect();
        let to = self.luck.villains.pick(&points)?;
        let tenures = run.tenures.iter().map(|(index, number)| (*index, number + 1)).collect();
        Some(Act::Grant { run: Run { open: run.open, tenures }, to, ask: None })
    }
}
