// SPDX-License-Identifier: EUPL-1.2
//! What waits for `hameau settle`: hours of an agency that a box holds which speaks for its member no more, and weeks of
//! an agency's earlier box that its new one has not taken up. Read in the calendar; what is settled is there no more.

use std::collections::BTreeMap;

use crdt_calendar::fold::Week;
use crdt_calendar::fold::ledger::Ledger;
use crdt_calendar::ids::MemberId;
use crdt_calendar::roster::{Line, Standing};
use crdt_calendar::time::UtcMinute;

use super::snapshot::Snapshot;

/// Hours to come of an agency that an earlier box of a member holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsettled {
    /// The agency: there it is settled.
    pub home: MemberId,
    /// The member whose earlier box holds them.
    pub holder: MemberId,
    /// How many.
    pub slots: usize,
}

impl Snapshot {
    /// What is to be settled that this member is about, as agency or as holder. Cost: nothing while no member has had an
    /// earlier box, else every slot to come.
    #[must_use]
    pub fn unsettled(&self, now: UtcMinute) -> Vec<Unsettled> {
        let Some(own) = &self.member else { return Vec::new() };
        let is_first = |line: &Line| line.writers().iter().all(|writer| Some(*writer) == line.current());
        if self.roster.members().all(|(_, member)| is_first(&member.line)) {
            return Vec::new();
        }
        let mut found: BTreeMap<(MemberId, MemberId), usize> = BTreeMap::new();
        for (_, slot) in self.weeks.range(now.week()..).flat_map(|(_, week)| week.slots()) {
            let Some((_, tenure)) = slot.open_tenure().filter(|_| slot.minutes.end() > now) else { continue };
            let home = &slot.opening.desk.home;
            let holder = self.roster.member_of(&tenure.to.key).filter(|holder| *holder != home);
            let Some(holder) = holder.filter(|holder| *holder == own || home == own) else { continue };
            if self.roster.standing(&tenure.to) != Standing::Current {
                *found.entry((home.clone(), holder.clone())).or_default() += 1;
            }
        }
        found.into_iter().map(|((home, holder), slots)| Unsettled { home, holder, slots }).collect()
    }

    /// Weeks from this one on that an earlier box of this agency opened, and that this box has not taken up to their end.
    #[must_use]
    pub fn weeks_to_take_up(&self, now: UtcMinute) -> usize {
        let Some(own) = &self.member else { return 0 };
        self.weeks.range(now.week()..).filter(|(_, week)| is_to_take_up(week, own)).count()
    }
}

fn is_to_take_up(week: &Week, own: &MemberId) -> bool {
    let ledgers = || week.ledgers.iter().filter(|(_, ledger)| ledger.home == *own);
    let current = ledgers().find(|(id, _)| week.is_current(id)).map(|(_, ledger)| ledger);
    ledgers().filter(|(id, ledger)| !week.is_current(id) && ledger.slots().next().is_some()).any(|(id, ledger)| {
        let read = |ledger: &Ledger| ledger.read.get(id).copied().unwrap_or(0);
        current.is_none_or(|current| read(current) < read(ledger))
    })
}
