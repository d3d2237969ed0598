// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a home writes when a person lets it settle: each open tenure of a holder is ended, with the
//! booking that stands in it kept in a copy.

use std::collections::BTreeMap;

use crate::act::{Act, Copy, Run, Upto};
use crate::ids::{ActRef, FolioId, Leaf, Tenure, Writer};

use super::Week;
use super::holdings::{Entry, Holdings, Wants};
use super::ledger::{Answer, Ledger, TenureRecord};

impl Week {
    /// The acts that settle every open tenure at `me` whose holder `is_meant`. `read` gives what a
    /// holder wrote, doubtful or not, and how far that goes.
    pub fn settlement(
        &self,
        me: Writer,
        is_meant: impl Fn(&Writer) -> bool,
        read: impl Fn(&Writer) -> (Holdings, Upto),
    ) -> Vec<Act> {
        let folio = FolioId { writer: me, leaf: Leaf::Week(self.week) };
        let Some(ledger) = self.ledgers.get(&folio).filter(|it| !it.frozen && self.is_current(&folio)) else {
            return Vec::new();
        };
        let mut known: BTreeMap<Writer, (Holdings, Upto)> = BTreeMap::new();
        let mut acts: Vec<Act> = Vec::new();
        for (id, slot) in ledger.slots() {
            let Some((number, record)) = slot.open_tenure().filter(|(_, record)| is_meant(&record.to)) else {
                continue;
            };
            let (holdings, upto) = known.entry(record.to).or_insert_with(|| read(&record.to));
            let tenure = Tenure { slot: id, number };
            match bearing(ledger, holdings, upto.folio, record, &tenure) {
                // A run of several slots is kept with its first.
                Some((_, run, _)) if run.each().next() != Some(tenure) => {}
                Some((target, run, entry)) => {
                    acts.push(Act::Keep { run, upto: *upto, copy: copy(target, entry) });
                }
                None => super::duties::take(&mut acts, id, number, *upto),
            }
        }
        acts
    }
}

/// The standing entry that this tenure bears, with its whole run.
fn bearing<'a>(
    ledger: &Ledger,
    holdings: &'a Holdings,
    folio: FolioId,
    record: &TenureRecord,
    tenure: &Tenure,
) -> Option<(ActRef, Run, &'a Entry)> {
    if record.voided.is_some() || holdings.released.contains(tenure) {
        return None;
    }
    if let Some(leg) = record.ask {
        let entry = holdings.entries.get(&leg.ask.act).filter(|entry| leg.ask.folio == folio && entry.stands())?;
        let Some(Answer::Granted(run)) = ledger.answers.get(&leg) else { return None };
        return Some((leg.ask, run.clone(), entry));
    }
    holdings.entries.iter().find_map(|(number, entry)| match &entry.wants {
        Wants::Booked(run) if entry.stands() && run.each().any(|it| it == *tenure) => {
            Some((ActRef { folio, act: *number }, run.clone(), entry.as_ref()))
        }
        _ => None,
    })
}

fn copy(target: ActRef, entry: &Entry) -> Copy {
    let legs = match &entry.wants {
        Wants::Booked(_) => 1,
        Wants::Asked(legs) => u8::try_from(legs.len()).unwrap_or(u8::MAX),
    };
    Copy {
        target,
        minutes: entry.minutes,
        booth: entry.booth,
        service: entry.service.clone(),
        legs,
        slots: entry.slots().collect(),
        envelope: (entry.envelope.0, entry.envelope.1.to_vec()),
    }
}
