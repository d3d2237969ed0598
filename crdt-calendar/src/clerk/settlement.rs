// SPDX-License-Identifier: MIT OR Apache-2.0
//! Settlement: a person lets this home end what a box holds that is lost, revoked, restored or silent.
//!
//! Unbooked slots come home. What is booked in them, as far as it was heard here, lives on in a copy
//! of the home's; the people concerned are called back. Nobody else's booking is touched.

use super::{Clerk, Now};
use crate::act::{Act, Upto};
use crate::fold::duties::upto;
use crate::fold::holdings::Holdings;
use crate::folio::AppendError;
use crate::ids::{FolioId, Leaf, MemberId, Writer};
use crate::roster::Standing;
use crate::time::IsoWeek;

/// What a settlement did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Settlement {
    /// Slots that came home.
    pub returned: usize,
    /// Appointments that live on.
    pub kept: usize,
    /// Registers of this home's own earlier boxes that were taken up.
    pub adopted: usize,
}

impl Clerk {
    /// Settles what `member` holds of this home's slots from this week on: at once if its box was
    /// replaced, revoked or frozen; of a box that is still the member's, only if `forced`, for it may
    /// have promised the slots to people while nobody heard it. For the own member: takes up what
    /// earlier boxes opened and granted, although not every holder was heard.
    ///
    /// # Errors
    /// [`AppendError`]; what was written before stands, and the rest can be settled again.
    pub fn settle(&mut self, now: Now, member: &MemberId, forced: bool) -> Result<Settlement, AppendError> {
        let mut done = Settlement::default();
        if self.roster().standing(&self.writer) != Standing::Current {
            return Ok(done);
        }
        if self.member() == Some(member) {
            self.taken_up = true;
            done.adopted = self.adopt_line(now, true)?.len();
            self.do_what_is_due(now, std::collections::BTreeSet::new());
            return Ok(done);
        }
        let weeks: Vec<IsoWeek> = self.weeks.keys().copied().filter(|week| *week >= now.minute.week()).collect();
        for week in weeks {
            for act in self.settling(week, member, forced) {
                match &act {
                    Act::Keep { .. } => done.kept += 1,
                    Act::Take { run, .. } => done.returned += run.tenures.len(),
                    _ => {}
                }
                self.append(now, Leaf::Week(week), &act)?;
            }
            self.do_what_is_due(now, [week].into());
        }
        Ok(done)
    }

    fn settling(&self, week: IsoWeek, member: &MemberId, forced: bool) -> Vec<Act> {
        let Some(folded) = self.weeks.get(&week) else { return Vec::new() };
        let is_meant = |writer: &Writer| {
            let is_silent =
                forced || self.roster().standing(writer) != Standing::Current || self.is_forked(writer, week);
            is_silent && self.roster().member_of(&writer.key) == Some(member)
        };
        let read = |writer: &Writer| {
            let id = FolioId { writer: *writer, leaf: Leaf::Week(week) };
            let nothing = (Holdings::default(), Upto { folio: id, seq: 0, hash: [0; 32] });
            self.shelf()
                .folio(&id)
                .and_then(|folio| Some((Holdings::read_whole(folio), upto(folio)?)))
                .unwrap_or(nothing)
        };
        folded.settlement(self.writer, is_meant, read)
    }

    fn is_forked(&self, writer: &Writer, week: IsoWeek) -> bool {
        let id = FolioId { writer: *writer, leaf: Leaf::Week(week) };
        self.shelf().folio(&id).is_some_and(|folio| folio.fork().is_some())
    }
}
