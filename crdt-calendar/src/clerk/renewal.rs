// SPDX-License-Identifier: MIT OR Apache-2.0
//! New keys of the week: a home whose box was replaced or set back cannot open what was sealed before. It
//! publishes the key that it has now, and points seal their coming bookings again (design, 7).
//!
//! Only who still reads the details can seal them again: of a booking whose point lost its box too, they
//! are gone. Invariant: twice in a row, the second time nothing is written; a home has one key in one
//! life, so it cannot make points write more than it draws lives ([`LINE_WRITERS_MAX`]).
//!
//! [`LINE_WRITERS_MAX`]: crate::limits::LINE_WRITERS_MAX

use rand_core::CryptoRng;

use super::{Clerk, Now};
use crate::act::Act;
use crate::envelope::is_sealed_to;
use crate::fold::Appointment;
use crate::ids::{ActRef, DeskId, FolioId, Leaf};
use crate::plant::{self, Plant};
use crate::roster::Standing;
use crate::time::{IsoWeek, Span};

impl Clerk {
    /// Does what is due and needs randomness: call it after each [`Input::Tick`](crate::replicator::Input),
    /// and after a settlement. Cost: linear in the appointments of this week and the coming ones. What a
    /// full register refuses is tried again next time.
    pub fn renew(&mut self, now: Now, rng: &mut impl CryptoRng) {
        if self.roster().standing(&self.writer) != Standing::Current || self.doubt.is_some() {
            return;
        }
        let weeks: Vec<IsoWeek> = self.weeks.keys().copied().filter(|week| *week >= now.minute.week()).collect();
        for week in weeks {
            self.publish_key(now, week, rng);
            for id in self.sealed_to_the_past(now, week) {
                self.seal_to_the_present(now, week, &id, rng);
            }
        }
    }

    /// An `open` without minutes cuts no slot: it says the key.
    fn publish_key(&mut self, now: Now, week: IsoWeek, rng: &mut impl CryptoRng) {
        let Some(desk) = self.desk_without_key(week) else { return };
        let Ok(secret) = self.week_secret(week, rng) else { return };
        let week_key = secret.public();
        let minutes = Span { from: week.start(), length_min: 0 };
        let act = Act::Open { desk, minutes, step_min: 0, services: Vec::new(), week_key };
        self.write(now, Leaf::Week(week), &act).ok();
    }

    /// A desk of this home of which slots are offered under a key that this box does not have, while it
    /// has published none.
    fn desk_without_key(&self, week: IsoWeek) -> Option<DeskId> {
        let own = FolioId { writer: self.writer, leaf: Leaf::Week(week) };
        let ledger = self.week(week)?.ledgers.get(&own).filter(|it| it.week_key.is_none() && !it.frozen)?;
        let known = self.secret(week).map(crate::envelope::WeekSecret::public);
        let slots = ledger.slots().map(|(_, slot)| &slot.opening);
        let mut openings = slots.chain(ledger.windows.values().map(|window| &window.opening));
        openings.find(|opening| Some(opening.week_key) != known).map(|opening| opening.desk.clone())
    }

    /// Coming bookings of this point that are sealed to a key which their home has no more.
    fn sealed_to_the_past(&self, now: Now, week: IsoWeek) -> Vec<ActRef> {
        let Some(folded) = self.week(week) else { return Vec::new() };
        let coming = |it: &&Appointment| it.is_confirmed() && it.minutes.end() > now.minute;
        let ours = |it: &&Appointment| it.holder == self.writer || self.is_inherited(it);
        let is_past = |it: &&Appointment| {
            let (Some(slot), Some(key)) =
                (it.runs.iter().flat_map(crate::act::Run::slots).next(), self.home_key(it, week))
            else {
                return false;
            };
            // The first key needs no word: it rides beside the slot.
            let has_changed = folded.slot(&slot).is_some_and(|slot| slot.opening.week_key != key);
            has_changed && !is_sealed_to(&it.envelope.bytes, &key) && !plant::active(Plant::SealToThePast)
        };
        folded.appointments().filter(coming).filter(ours).filter(is_past).map(|it| it.id).collect()
    }

    fn seal_to_the_present(&mut self, now: Now, week: IsoWeek, id: &ActRef, rng: &mut impl CryptoRng) {
        let Ok(details) = self.open_details(id) else { return };
        let Some(appointment) = self.week(week).and_then(|week| week.appointment(id)).cloned() else { return };
        let Ok(envelope) = self.seal_again(&appointment, week, &details, rng) else { return };
        let act = Act::Amend { target: *id, booth: None, minutes: None, envelope: Some(envelope) };
        self.write(now, Leaf::Week(week), &act).ok();
    }
}
