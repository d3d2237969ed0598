// SPDX-License-Identifier: EUPL-1.2
//! The access journal: who opened the details of which appointments, when. Each line is hashed with the hash of the
//! line before it, so that a line that was changed, removed or moved is found.
//!
//! Pure. Holds short names of appointments and of accounts, never a citizen. What it cannot see: a chain that was
//! written anew from some line on by who owns the folder; its last hash is then another (decision 12).

use sha2::{Digest as _, Sha256};

/// A line's hash, and so that of all before it.
pub type Link = [u8; 32];

/// Who opened details from the terminal.
pub const TERMINAL: &str = "terminal";
/// How long lines are kept, in weeks after theirs: a year and what is left of a week.
pub const TERM_WEEKS: u16 = 53;

/// What is about to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// The account, or [`TERMINAL`].
    pub who: String,
    /// Where: the page's word.
    pub page: &'static str,
    /// Short names of the appointments.
    pub appointments: Vec<String>,
}

/// A line as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Lines are counted from 1, without a gap.
    pub number: u32,
    /// Seconds since 1970 UTC.
    pub at: i64,
    /// The account.
    pub who: String,
    /// Where.
    pub page: String,
    /// Short names of the appointments, a space between them.
    pub appointments: String,
    /// Hash over the line before and this one.
    pub hash: Link,
}

/// Where the chain begins and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chain {
    /// Number of the first line that is kept.
    pub first: u32,
    /// The hash before it.
    pub anchor: Link,
    /// Number of the last line; one less than `first` while there is none.
    pub last: u32,
    /// The hash of the last line.
    pub head: Link,
}

/// Where a chain is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    /// The line of this number is not what was written, or not in its place.
    Changed(u32),
    /// The line of this number is gone.
    Missing(u32),
    /// There are lines after the last one, from this number on.
    Beyond(u32),
}

/// Walks along a chain, line by line.
#[derive(Debug)]
pub struct Walk {
    chain: Chain,
    next: u32,
    hash: Link,
}

impl Default for Chain {
    fn default() -> Self {
        Self { first: 1, anchor: [0; 32], last: 0, head: [0; 32] }
    }
}

impl Line {
    /// What its hash must be after this one: SHA-256 over a name, the hash before, number, time, and each text with its
    /// length before it.
    #[must_use]
    pub fn hash_after(&self, before: &Link) -> Link {
        let mut hash = Sha256::new();
        hash.update(b"hameau/access/1");
        hash.update(before);
        hash.update(self.number.to_be_bytes());
        hash.update(self.at.to_be_bytes());
        for text in [&self.who, &self.page, &self.appointments] {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        }
        hash.finalize().into()
    }
}

impl Chain {
    /// The next line of the chain, and the chain with it.
    #[must_use]
    pub fn followed_by(self, opening: &Opening, at: i64) -> (Self, Line) {
        let mut line = Line {
            number: self.last.saturating_add(1),
            at,
            who: opening.who.clone(),
            page: opening.page.to_owned(),
            appointments: opening.appointments.join(" "),
            hash: [0; 32],
        };
        line.hash = line.hash_after(&self.head);
        (Self { last: line.number, head: line.hash, ..self }, line)
    }

    /// Begins to verify it.
    #[must_use]
    pub fn walk(self) -> Walk {
        Walk { next: self.first, hash: self.anchor, chain: self }
    }
}

impl Walk {
    /// The next line, in the order of numbers.
    ///
    /// # Errors
    /// [`Break`]; the walk ends there.
    pub fn step(&mut self, line: &Line) -> Result<(), Break> {
        if line.number > self.chain.last {
            return Err(if self.next > self.chain.last {
                Break::Beyond(line.number)
            } else {
                Break::Missing(self.next)
            });
        }
        if line.number > self.next {
            return Err(Break::Missing(self.next));
        }
        if line.number < self.next || line.hash != line.hash_after(&self.hash) {
            return Err(Break::Changed(line.number));
        }
        self.hash = line.hash;
        self.next += 1;
        Ok(())
    }

    /// The next lines, read together with the chain as it is by now: what was written since the walk began is passed by.
    ///
    /// # Errors
    /// [`Break`]; the walk ends there.
    pub fn piece(&mut self, now: &Chain, lines: &[Line]) -> Result<(), Break> {
        let is_new = |line: &&Line| line.number > self.chain.last && line.number <= now.last;
        let old: Vec<&Line> = lines.iter().filter(|line| !is_new(line)).collect();
        old.into_iter().try_for_each(|line| self.step(line))
    }

    /// There is no further line.
    ///
    /// # Errors
    /// [`Break`] when there should be, or when the last is not the one that was written.
    pub fn end(&self) -> Result<(), Break> {
        if self.next <= self.chain.last {
            return Err(Break::Missing(self.next));
        }
        if self.hash == self.chain.head { Ok(()) } else { Err(Break::Changed(self.chain.last)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written() -> (Chain, Vec<Line>) {
        let mut chain = Chain::default();
        let mut lines = Vec::new();
        for number in 0..6_i64 {
            let appointments = (0..number).map(|it| format!("{it:016x}")).collect();
            let opening = Opening { who: "claire".to_owned(), page: "agenda", appointments };
            let (next, line) = chain.followed_by(&opening, 1_800_000_000 + number);
            chain = next;
            lines.push(line);
        }
        (chain, lines)
    }

    fn verified(chain: Chain, lines: &[Line]) -> Result<(), Break> {
        let mut walk = chain.walk();
        lines.iter().try_for_each(|line| walk.step(line)).and_then(|()| walk.end())
    }

    #[test]
    fn any_line_that_is_not_as_it_was_is_found() {
        // Goal: each field of each line changed, each line removed, each two exchanged, one put in, the end cut off:
        // the first place that is wrong is named.
        let (chain, lines) = written();
        assert_eq!(verified(chain, &lines), Ok(()));
        for at in 0..lines.len() {
            let number = lines[at].number;
            let changes: [fn(&mut Line); 6] = [
                |it| it.at += 1,
                |it| it.who.push('x'),
                |it| it.page = String::new(),
                |it| it.appointments.push('0'),
                |it| it.hash[0] ^= 1,
                |it| {
                    // A letter moved from one field to the next.
                    let letter = it.who.pop().expect("a name");
                    it.page.insert(0, letter);
                },
            ];
            for (case, change) in changes.into_iter().enumerate() {
                let mut changed = lines.clone();
                change(&mut changed[at]);
                assert_eq!(verified(chain, &changed), Err(Break::Changed(number)), "line {number}, change {case}");
            }
            let mut forged = lines.clone();
            forged[at].who = "autre".to_owned();
            let before = at.checked_sub(1).map_or(chain.anchor, |before| lines[before].hash);
            forged[at].hash = forged[at].hash_after(&before);
            let next = lines.get(at + 1).map_or(number, |it| it.number);
            assert_eq!(verified(chain, &forged), Err(Break::Changed(next)), "line {number} hashed anew");
            let mut removed = lines.clone();
            removed.remove(at);
            assert_eq!(verified(chain, &removed), Err(Break::Missing(number)), "line {number} removed");
            let mut closed = removed.clone();
            closed.iter_mut().skip(at).for_each(|it| it.number -= 1);
            let found = verified(chain, &closed);
            assert!(found.is_err(), "line {number} removed, the gap closed: {found:?}");
            for other in at + 1..lines.len() {
                let mut moved = lines.clone();
                moved.swap(at, other);
                let (one, two) = (moved[at].number, moved[other].number);
                (moved[at].number, moved[other].number) = (two, one);
                assert_eq!(verified(chain, &moved), Err(Break::Changed(number)), "{number} and {other} exchanged");
            }
        }
        let mut added = lines.clone();
        added.push(Line { number: 7, ..lines[5].clone() });
        assert_eq!(verified(chain, &added), Err(Break::Beyond(7)));
    }

    #[test]
    fn a_chain_goes_on_from_where_it_was_cut() {
        // Goal: lines past their term go, their hash stays as the beginning, and the rest verifies.
        let (chain, lines) = written();
        let cut = Chain { first: 4, anchor: lines[2].hash, ..chain };
        assert_eq!(verified(cut, &lines[3..]), Ok(()));
        assert_eq!(verified(cut, &lines[4..]), Err(Break::Missing(4)));
        // What is written while one walks is of the next walk; what lies after the end is not.
        let mut walk = cut.walk();
        let (grown, added) = cut.followed_by(&Opening { who: "x".to_owned(), page: "agenda", appointments: vec![] }, 0);
        assert_eq!(walk.piece(&cut, &lines[3..5]), Ok(()));
        assert_eq!(walk.piece(&grown, &[lines[5].clone(), added.clone()]).and_then(|()| walk.end()), Ok(()));
        assert_eq!(walk.piece(&cut, &[added]), Err(Break::Beyond(7)));
        let empty = Chain { first: 7, anchor: lines[5].hash, ..chain };
        assert_eq!(verified(empty, &[]), Ok(()));
        let (next, line) = empty.followed_by(&Opening { who: "x".to_owned(), page: "agenda", appointments: vec![] }, 0);
        assert_eq!((line.number, verified(next, std::slice::from_ref(&line))), (7, Ok(())));
    }
}
