// SPDX-License-Identifier: EUPL-1.2
//! The waiting list of this point: who would come earlier than the appointment says, and what was proposed to them.
//!
//! It is this box's alone and goes nowhere. No person stands in it: the details are the appointment's, in its envelope.
//! Invariant: at most [`PROPOSALS_MAX`] proposals a person, at most one a day ([`Wish::may_be_told`], tests of the portal).
//! A row that is none is passed over.

use std::collections::BTreeMap;

use crdt_calendar::ids::ActRef;
use crdt_calendar::time::UtcMinute;
use rusqlite::{Row, params};

use super::folios::bytes_of;
use super::{Store, StoreError};

/// Times proposed to one person; then somebody has to talk with them.
pub const PROPOSALS_MAX: usize = 3;
/// In the column `waits`: 0 no more, 1 for an earlier time, and this.
const WAITS_FOR_ANY: i64 = 2;
/// Bytes of a minute in the list of those let pass.
const MINUTE_BYTES: usize = 4;

/// What a person said to a time that was proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// They take it: it was booked or asked for.
    Taken,
    /// It does not suit them.
    Declined,
    /// Nobody answered the telephone.
    NotReached,
}

/// A time that was proposed to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proposal {
    /// When they could have come.
    pub time: UtcMinute,
    /// When they were told.
    pub at: UtcMinute,
    /// What they said.
    pub answer: Answer,
}

/// That a person wants to come earlier.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wish {
    /// When it was last said, in milliseconds since 1970 UTC: who waits longer is asked first.
    pub since: i64,
    /// They wait now; `false` once they wanted to wait no more. What was proposed stays counted.
    pub waits: bool,
    /// They began to wait when the agency had refused or cancelled already: any time will do, and they are not on the
    /// call-back list meanwhile.
    pub is_for_any: bool,
    /// Times that were free when it was said: they did not suit.
    pub passed: Vec<UtcMinute>,
    /// What was proposed, in order of time.
    pub told: Vec<Proposal>,
}

impl Answer {
    /// As it is kept, and as forms say it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Declined => "declined",
            Self::NotReached => "not-reached",
        }
    }

    /// The answer of this word.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        [Self::Taken, Self::Declined, Self::NotReached].into_iter().find(|it| it.word() == word)
    }
}

impl Wish {
    /// Whether as much was proposed as ever is.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.told.len() >= PROPOSALS_MAX
    }

    /// Whether the person waits, and is to be told of times.
    #[must_use]
    pub fn is_listed(&self) -> bool {
        self.waits && !self.is_over()
    }

    /// Whether something may be proposed: `is_today` tells of a minute whether it lies in today, where people live.
    #[must_use]
    pub fn may_be_told(&self, is_today: impl Fn(UtcMinute) -> bool) -> bool {
        self.is_listed() && !self.told.iter().any(|it| is_today(it.at))
    }

    /// Whether a time is not proposed: it was free when they began to wait, or they said no to it.
    #[must_use]
    pub fn lets_pass(&self, time: UtcMinute) -> bool {
        let is_declined = |it: &Proposal| it.time == time && it.answer == Answer::Declined;
        self.passed.contains(&time) || self.told.iter().any(is_declined)
    }
}

fn waits(wish: &Wish) -> i64 {
    match (wish.waits, wish.is_for_any) {
        (false, _) => 0,
        (true, false) => 1,
        (true, true) => WAITS_FOR_ANY,
    }
}

impl Store {
    /// Keeps that somebody waits, or waits no more; what was proposed is kept by [`Self::keep_proposal`].
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn keep_wish(&mut self, id: &ActRef, wish: &Wish) -> Result<(), StoreError> {
        let passed: Vec<u8> = wish.passed.iter().flat_map(|minute| minute.0.to_be_bytes()).collect();
        self.connection.execute(
            "INSERT INTO wish (act, since, waits, passed) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (act) DO UPDATE SET since = excluded.since, waits = excluded.waits, passed = excluded.passed",
            params![bytes_of(id), wish.since, waits(wish), passed],
        )?;
        Ok(())
    }

    /// Keeps what was proposed to whoever has this appointment.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`], also where nobody with it waits.
    pub fn keep_proposal(&mut self, id: &ActRef, told: &Proposal) -> Result<(), StoreError> {
        self.connection.execute(
            "INSERT OR REPLACE INTO proposal (act, at, time, answer) VALUES (?1, ?2, ?3, ?4)",
            params![bytes_of(id), told.at.0, told.time.0, told.answer.word()],
        )?;
        Ok(())
    }

    /// Forgets a wish and what was proposed for it.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn drop_wish(&mut self, id: &ActRef) -> Result<(), StoreError> {
        self.connection.execute("DELETE FROM wish WHERE act = ?1", params![bytes_of(id)])?;
        Ok(())
    }

    /// All of them.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn wishes(&self) -> Result<BTreeMap<ActRef, Wish>, StoreError> {
        let mut statement = self.connection.prepare("SELECT act, since, waits, passed FROM wish")?;
        let rows = statement.query_map([], |row| Ok(wish(row).ok().flatten()))?.collect::<Result<Vec<_>, _>>()?;
        let mut wishes: BTreeMap<ActRef, Wish> = rows.into_iter().flatten().collect();
        let mut statement = self.connection.prepare("SELECT act, at, time, answer FROM proposal ORDER BY at, time")?;
        let rows = statement.query_map([], |row| Ok(proposal(row).ok().flatten()))?.collect::<Result<Vec<_>, _>>()?;
        for (act, told) in rows.into_iter().flatten() {
            if let Some(wish) = wishes.get_mut(&act) {
                wish.told.push(told);
            }
        }
        Ok(wishes)
    }
}

fn act(row: &Row<'_>) -> rusqlite::Result<Option<ActRef>> {
    Ok(postcard::from_bytes(&row.get::<_, Vec<u8>>(0)?).ok())
}

fn wish(row: &Row<'_>) -> rusqlite::Result<Option<(ActRef, Wish)>> {
    let passed: Vec<u8> = row.get(3)?;
    let (minutes, rest) = passed.as_chunks::<MINUTE_BYTES>();
    let passed = minutes.iter().map(|bytes| UtcMinute(u32::from_be_bytes(*bytes))).collect();
    let (waits, is_for_any) = match row.get(2)? {
        0 => (false, false),
        WAITS_FOR_ANY => (true, true),
        _ => (true, false),
    };
    let wish = Wish { since: row.get(1)?, waits, is_for_any, passed, told: Vec::new() };
    Ok(act(row)?.filter(|_| rest.is_empty()).map(|act| (act, wish)))
}

fn proposal(row: &Row<'_>) -> rusqlite::Result<Option<(ActRef, Proposal)>> {
    let answer: String = row.get(3)?;
    let (at, time) = (UtcMinute(row.get(1)?), UtcMinute(row.get(2)?));
    Ok(act(row)?.zip(Answer::named(&answer)).map(|(act, answer)| (act, Proposal { time, at, answer })))
}

#[cfg(test)]
mod tests {
    use crdt_calendar::ids::{FolioId, Incarnation, Leaf, PublicKey, Writer};
    use crdt_calendar::time::IsoWeek;

    use super::*;
    use crate::store::folios::delete_weeks;

    fn at(week: u16, act: u32) -> ActRef {
        let writer = Writer { key: PublicKey([1; 32]), incarnation: Incarnation([1; 8]) };
        ActRef { folio: FolioId { writer, leaf: Leaf::Week(IsoWeek(week)) }, act }
    }

    fn told(at: u32, time: u32, answer: Answer) -> Proposal {
        Proposal { time: UtcMinute(time), at: UtcMinute(at), answer }
    }

    #[test]
    fn a_wish_survives_a_restart_and_goes_with_its_week() {
        // Goal: what was kept is read back, who goes and comes again keeps what was proposed, what is erased or dropped
        // is gone with its proposals, and a row that is none costs itself alone.
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("hameau.db");
        let mut store = Store::open(&path).expect("a database");
        let wish = Wish {
            since: 7,
            waits: true,
            is_for_any: true,
            passed: vec![UtcMinute(5), UtcMinute(u32::MAX)],
            told: Vec::new(),
        };
        for id in [at(10, 1), at(12, 2), at(12, 3)] {
            store.keep_wish(&id, &wish).expect("kept");
        }
        store.keep_proposal(&at(12, 2), &told(300, 40, Answer::NotReached)).expect("kept");
        store.keep_proposal(&at(12, 2), &told(200, 50, Answer::Declined)).expect("kept");
        store.keep_proposal(&at(10, 1), &told(200, 50, Answer::Taken)).expect("kept");
        assert!(store.keep_proposal(&at(12, 9), &told(1, 1, Answer::Taken)).is_err(), "nobody waits");
        store.keep_wish(&at(12, 2), &Wish { since: 9, waits: false, is_for_any: false, ..wish.clone() }).expect("kept");
        store.connection.execute("INSERT INTO wish VALUES (x'00', 1, 1, x'0102')", []).expect("not ours");
        drop(store);
        let mut store = Store::open(&path).expect("again");
        let both = vec![told(200, 50, Answer::Declined), told(300, 40, Answer::NotReached)];
        let gone = Wish { since: 9, waits: false, is_for_any: false, told: both, ..wish.clone() };
        let first = Wish { told: vec![told(200, 50, Answer::Taken)], ..wish.clone() };
        let all = [(at(10, 1), first), (at(12, 2), gone.clone()), (at(12, 3), wish)];
        assert_eq!(store.wishes().expect("read"), all.into());
        let transaction = store.connection.transaction().expect("begun");
        delete_weeks(&transaction, "wish", |week| week >= IsoWeek(12)).expect("deleted");
        transaction.commit().expect("done");
        store.drop_wish(&at(12, 3)).expect("dropped");
        assert_eq!(store.wishes().expect("read"), [(at(12, 2), gone)].into());
        let left: u32 = store.connection.query_row("SELECT count(*) FROM proposal", [], |it| it.get(0)).expect("read");
        assert_eq!(left, 2);
    }

    #[test]
    fn three_proposals_and_one_a_day() {
        // Goal: who may be told of a time, and of which.
        let is_today = |minute: UtcMinute| minute.0 >= 1000;
        for (case, waits, proposed, may) in [
            ("nothing yet", true, vec![], true),
            ("waits no more", false, vec![], false),
            ("yesterday", true, vec![told(900, 1, Answer::Declined)], true),
            ("today", true, vec![told(1000, 1, Answer::NotReached)], false),
            ("three", true, (1..=3).map(|day| told(day, day, Answer::NotReached)).collect(), false),
        ] {
            let wish = Wish { waits, told: proposed, ..Wish::default() };
            assert_eq!(wish.may_be_told(is_today), may, "{case}");
        }
        let passed = vec![UtcMinute(3)];
        let proposed = vec![told(1, 1, Answer::Declined), told(2, 2, Answer::NotReached)];
        let wish = Wish { passed, told: proposed, ..Wish::default() };
        assert_eq!([1, 2, 3, 4].map(|time| wish.lets_pass(UtcMinute(time))), [true, false, true, false]);
    }
}
