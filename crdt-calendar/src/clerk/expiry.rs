// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is past its term goes ([`crate::retention`]): from memory here, from the disk by the effect.
//!
//! Of a week whose shortest term is over, the folios of the parties of this member's own appointments stay, whole:
//! these appointments read as before. Idempotent: what went is not there any more.

use std::collections::BTreeSet;

use super::{Clerk, Effect, Now, week_of};
use crate::fold::{Appointment, Week};
use crate::folio::Folio;
use crate::ids::{FolioId, Leaf, MemberId};
use crate::retention::{Erasure, Floors, Term, witnessed};
use crate::time::IsoWeek;

impl Clerk {
    /// How far this box has erased.
    #[must_use]
    pub fn floors(&self) -> Floors {
        self.shelf().floors()
    }

    /// Lets go what is past its term: of each term at most one week a day. Called by each tick; a caller that just
    /// started may do so at once. Cost: linear in the folios.
    pub fn expire(&mut self, now: Now) {
        let Some(own) = self.member().cloned() else { return };
        let Some(witnessed) = witnessed(self.roster(), &own, self.shelf().folios()) else { return };
        for term in Term::ALL {
            let floor = self.floors().of(term);
            let Some(lowest) = self.lowest(term, floor.week) else { continue };
            let Some(next) = floor.above(term, lowest, witnessed, now.minute) else { continue };
            let floors = self.floors().moved(term, next);
            let erasure = self.erasure(term, lowest, &own, floors);
            self.erase(erasure);
        }
    }

    /// The lowest week from `floor` on of which something is here that has this term.
    fn lowest(&self, term: Term, floor: IsoWeek) -> Option<IsoWeek> {
        let folios = || self.shelf().folios().filter_map(|folio| week_of(folio.id()));
        match term {
            Term::Others | Term::Rows => folios().filter(|week| *week >= floor).min(),
            Term::Sealed => self.secret_weeks().find(|week| *week >= floor),
        }
    }

    fn erasure(&self, term: Term, week: IsoWeek, own: &MemberId, floors: Floors) -> Erasure {
        let all = self.shelf().folios().map(Folio::id).filter(|id| id.leaf == Leaf::Week(week));
        let folded = self.weeks.get(&week);
        let appointments = || folded.iter().flat_map(|week| week.appointments());
        let is_own = |it: &&Appointment| it.parties().any(|party| party == own);
        let (folios, counted): (Vec<FolioId>, Vec<Appointment>) = match term {
            Term::Sealed => (Vec::new(), Vec::new()),
            Term::Others => {
                let stay = stay(folded.map(AsRef::as_ref), own);
                let goes = |id: &FolioId| {
                    let member = self.roster().member_of(&id.writer.key);
                    id.writer.key != self.writer.key && member.is_none_or(|member| !stay.contains(member))
                };
                (all.filter(goes).collect(), appointments().filter(|it| !is_own(it)).cloned().collect())
            }
            // What others did was counted when it went, unless the whole week goes at once.
            Term::Rows => {
                let is_whole = week >= self.floors().others.week;
                (all.collect(), appointments().filter(|it| is_whole || is_own(it)).cloned().collect())
            }
        };
        Erasure { term, week, folios, counted, floors }
    }

    fn erase(&mut self, erasure: Erasure) {
        let week = erasure.week;
        let shelf = self.replicator.shelf_mut();
        shelf.forget(&erasure.folios);
        shelf.set_floors(erasure.floors);
        if erasure.term != Term::Others {
            self.secrets.retain(|it, _| *it > week);
        }
        if !erasure.folios.is_empty() {
            let gone: BTreeSet<FolioId> = erasure.folios.iter().copied().collect();
            self.heard.retain(|act, _| !gone.contains(&act.folio));
            self.weeks.remove(&week);
            if self.shelf().folios().any(|folio| folio.id().leaf == Leaf::Week(week)) {
                self.fold(week);
            }
        }
        self.effects.push_back(Effect::Erase(Box::new(erasure)));
    }

    /// Whether the secret of a week went, so that nothing more is sealed or written in it.
    pub(super) fn is_sealed_for_good(&self, week: IsoWeek) -> bool {
        week < self.floors().sealed.week
    }
}

/// The members whose folios of a week this member's own appointments rest on, itself included.
fn stay<'a>(week: Option<&'a Week>, own: &'a MemberId) -> BTreeSet<&'a MemberId> {
    let appointments = week.into_iter().flat_map(|week| week.appointments());
    let ours = appointments.filter(|it| it.parties().any(|party| party == own));
    ours.flat_map(Appointment::parties).chain([own]).collect()
}
