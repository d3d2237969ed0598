// SPDX-License-Identifier: MIT OR Apache-2.0
//! `docs/ledger-table.md`, cell by cell: what each act makes of a slot in each state.

use crate::common;

use common::{
    agency, ask, book, cancel, fold, grant, grant_for, left, open, refuse, release, right, run, slot, take, void,
};
use crdt_calendar::act::{Act, Copy, Upto};
use crdt_calendar::fold::{SlotState, State};
use crdt_calendar::ids::{ActRef, BoothId, Leaf};

const TABLE: &str = include_str!("../../docs/ledger-table.md");

/// What the home wrote, and what the holder (the left point) wrote.
#[derive(Clone, Default)]
struct Written {
    home: Vec<Act>,
    holder: Vec<Act>,
}

impl Written {
    fn home(mut self, act: Act) -> Self {
        self.home.push(act);
        self
    }

    fn holder(mut self, act: Act) -> Self {
        self.holder.push(act);
        self
    }
}

/// The rows: how a slot comes into each state.
fn states() -> Vec<(&'static str, Written)> {
    let free = Written::default().home(open());
    let held = free.clone().home(grant(&[(0, 1)], &left()));
    let booked = held.clone().holder(book(&[(0, 1)], 1));
    let asked = free.clone().holder(ask(0, 1));
    let granted = asked.clone().home(grant_for(&[(0, 1)], &left(), 1));
    vec![
        ("free", free.clone()),
        ("held", held.clone()),
        ("held, released", held.clone().holder(release(&[(0, 1)]))),
        ("booked by its holder", booked.clone()),
        ("booked, then cancelled", booked.clone().holder(cancel(1))),
        ("booked, voided", booked.clone().home(void(&[(0, 1)]))),
        ("booked, taken", booked.clone().home(take(&[(0, 1)], &left()))),
        ("booked, kept", booked.home(keep())),
        ("asked for", asked.clone()),
        ("granted for an ask", granted.clone()),
        ("granted, then dropped", granted.holder(Act::Drop { ask: 1 })),
        ("refused", asked.home(refuse(&left(), 1))),
        ("closed", free.home(Act::Close { run: run(&[(0, 0)]) })),
    ]
}

/// The columns: one more act, by the home or by the holder.
fn acts() -> Vec<(&'static str, bool, Act)> {
    vec![
        ("grant to another", true, grant(&[(0, 1)], &right())),
        ("grant for the ask", true, grant_for(&[(0, 1)], &left(), 1)),
        ("refuse", true, refuse(&left(), 1)),
        ("take", true, take(&[(0, 1)], &left())),
        ("keep", true, keep()),
        ("void", true, void(&[(0, 1)])),
        ("close", true, Act::Close { run: run(&[(0, 0)]) }),
        ("book", false, book(&[(0, 1)], 2)),
        ("cancel", false, cancel(1)),
        ("drop", false, Act::Drop { ask: 1 }),
        ("release", false, release(&[(0, 1)])),
    ]
}

fn keep() -> Act {
    let copy = Copy {
        target: ActRef { folio: left().week(), act: 1 },
        minutes: common::nine(0, 1),
        booth: BoothId(1),
        service: common::service(),
        legs: 1,
        slots: vec![slot(0)],
        envelope: (1, vec![1]),
    };
    Act::Keep { run: run(&[(0, 1)]), upto: Upto { folio: left().week(), seq: 1, hash: [0; 32] }, copy }
}

/// The slot, and the holder's first and second entry where there are any.
fn word(written: &Written) -> String {
    let leaf = Leaf::Week(common::WEEK);
    let week = fold(&[agency().write(leaf, &written.home), left().write(leaf, &written.holder)]);
    let slot = match week.state(&slot(0)) {
        Some(SlotState::Free) => "free",
        Some(SlotState::Held(_)) => "held",
        Some(SlotState::Booked(_)) => "booked",
        Some(SlotState::NotBookable) => "not bookable",
        Some(SlotState::Suspended) | None => "suspended",
    };
    let entries = week.appointments().map(|it| match &it.state {
        State::Asked => "asked",
        State::Confirmed => "confirmed",
        State::Refused { .. } => "refused",
        State::CancelledByPoint(_) => "cancelled",
        State::CancelledByAgency(_) => "voided",
        State::Suspended => "suspended",
        State::Waiting => "waits",
        State::Void(_) => "void",
        State::Queued { .. } | State::Called => "queued",
    });
    std::iter::once(slot).chain(entries).collect::<Vec<_>>().join(" · ")
}

fn cell(before: &Written, is_home: bool, act: &Act) -> String {
    let after = match is_home {
        true => before.clone().home(act.clone()),
        false => before.clone().holder(act.clone()),
    };
    let word_after = word(&after);
    if word_after == word(before) { "—".to_owned() } else { word_after }
}

fn rows() -> Vec<String> {
    let acts = acts();
    let head: Vec<String> = acts
        .iter()
        .map(|(name, is_home, _)| format!("{name} ({})", if *is_home { "home" } else { "holder" }))
        .collect();
    let mut rows = vec![format!("| state: slot · entries | is | {} |", head.join(" | "))];
    rows.push(format!("|{}", "---|".repeat(acts.len() + 2)));
    for (name, before) in states() {
        let cells: Vec<String> = acts.iter().map(|(_, is_home, act)| cell(&before, *is_home, act)).collect();
        rows.push(format!("| {name} | {} | {} |", word(&before), cells.join(" | ")));
    }
    rows
}

#[test]
fn each_cell_is_what_the_fold_says() {
    // Goal: the page that people read is the rule that machines follow.
    let written: Vec<&str> = TABLE.lines().filter(|line| line.starts_with('|')).collect();
    let rows = rows();
    assert_eq!(written.len(), rows.len(), "a row for each state");
    for (on_paper, folded) in written.iter().zip(&rows) {
        assert_eq!(on_paper, folded);
    }
}

#[test]
#[ignore = "prints the table for docs/ledger-table.md; run by hand after a rule has changed"]
fn print() {
    println!("{}", rows().join("\n"));
}
