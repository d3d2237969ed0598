// SPDX-License-Identifier: MIT OR Apache-2.0
//! The root's statements, one after the other: who keeps the roster, and how much of an earlier
//! roster stands.
//!
//! The highest number counts. Two different statements with one number: neither, until a higher one.
//! Invariant: every statement held was signed by the territory's root ([`Statements::add`]).

use std::collections::BTreeMap;

use super::genesis::{Genesis, RootStatement};
use crate::folio::Settled;
use crate::ids::Writer;
use crate::limits::STATEMENTS_MAX;

/// Why a territory's papers are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the statement that names the coordination is not signed by the territory's root key")]
pub struct StatementError;

/// The statements held, by number: one, or the two that contradict each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statements {
    by_number: BTreeMap<u32, (RootStatement, Option<RootStatement>)>,
}

/// A coordination of the past or of today, and how far its roster counts: `None`, as far as it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keeper {
    /// The coordination's box.
    pub writer: Writer,
    /// Where its roster ends.
    pub ends: Option<Settled>,
}

impl Statements {
    /// The first statement that is known.
    ///
    /// # Errors
    /// [`StatementError`] when the root did not sign it.
    pub fn new(genesis: &Genesis, first: RootStatement) -> Result<Self, StatementError> {
        let mut statements = Self { by_number: BTreeMap::new() };
        statements.add(genesis, first)?;
        Ok(statements)
    }

    /// Takes in a statement; tells whether it is new. Of more than two with one number, two are held.
    ///
    /// # Errors
    /// [`StatementError`] when the root did not sign it, or there are too many.
    pub fn add(&mut self, genesis: &Genesis, statement: RootStatement) -> Result<bool, StatementError> {
        if !statement.verify(genesis) {
            return Err(StatementError);
        }
        let number = statement.number;
        if !self.by_number.contains_key(&number) && self.by_number.len() >= STATEMENTS_MAX {
            return Err(StatementError);
        }
        match self.by_number.get_mut(&number) {
            None => {
                self.by_number.insert(number, (statement, None));
                Ok(true)
            }
            Some((first, other)) if other.is_none() && *first != statement => {
                *other = Some(statement);
                Ok(true)
            }
            Some(_) => Ok(false),
        }
    }

    /// Whether another statement with its number is held, and it is not: taken in, neither would count.
    #[must_use]
    pub fn contradicts(&self, statement: &RootStatement) -> bool {
        let held = self.by_number.get(&statement.number);
        held.is_some_and(|(first, other)| first != statement && other.as_ref() != Some(statement))
    }

    /// All of them by number, contradictions too.
    pub fn all(&self) -> impl Iterator<Item = &RootStatement> {
        self.by_number.values().flat_map(|(first, other)| std::iter::once(first).chain(other))
    }

    /// The statement that counts; `None` while all of them contradict each other.
    #[must_use]
    pub fn current(&self) -> Option<&RootStatement> {
        self.counting().last()
    }

    fn counting(&self) -> impl Iterator<Item = &RootStatement> {
        self.by_number.values().filter(|(_, other)| other.is_none()).map(|(first, _)| first)
    }

    /// The keepers of the roster in their order. Each statement says where the roster before it ends;
    /// one that does not say so ends it before its first act.
    #[must_use]
    pub fn keepers(&self) -> Vec<Keeper> {
        let mut keepers: Vec<Keeper> = Vec::new();
        for statement in self.counting() {
            if keepers.last().is_some_and(|last| last.writer == statement.coordination) {
                continue;
            }
            if let Some(last) = keepers.last_mut() {
                let (seq, hash) = statement.ends.unwrap_or_default();
                last.ends = Some(Settled { seq, hash });
            }
            keepers.push(Keeper { writer: statement.coordination, ends: None });
        }
        keepers
    }
}
