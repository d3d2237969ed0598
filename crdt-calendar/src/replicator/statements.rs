// SPDX-License-Identifier: MIT OR Apache-2.0
//! Statements of the territory's root, as they come and go on: rare, small, for everybody.

use std::collections::BTreeSet;

use super::{Effect, Replicator};
use crate::ids::{FolioId, PublicKey};
use crate::roster::{RootStatement, StatementError};
use crate::wire::frame::Frame;

impl Replicator {
    pub(super) fn on_statement(&mut self, peer: PublicKey, statement: RootStatement) {
        match self.shelf.state(statement.clone()) {
            Ok((false, _)) => {}
            Ok((true, replaced)) => self.spread_statement(statement, &replaced),
            Err(_) => self.charge(peer),
        }
    }

    /// Takes in a root statement that came by hand.
    ///
    /// # Errors
    /// [`StatementError`] when the root did not sign it.
    pub fn state(&mut self, statement: RootStatement) -> Result<(), StatementError> {
        if let (true, replaced) = self.shelf.state(statement.clone())? {
            self.spread_statement(statement, &replaced);
        }
        Ok(())
    }

    pub(super) fn spread_statement(&mut self, statement: RootStatement, replaced: &BTreeSet<FolioId>) {
        self.effects.push_back(Effect::KeepStatement(statement.clone()));
        let peers: Vec<PublicKey> = self.peers.keys().copied().collect();
        for peer in peers {
            self.send(peer, &Frame::Statement(statement.clone()));
        }
        self.keep_replaced(replaced);
        self.announce_all();
    }

    pub(super) fn send_statements(&mut self, peer: PublicKey) {
        let statements: Vec<RootStatement> = self.shelf.statements().all().cloned().collect();
        // Everybody was enrolled under the first: while it is the only one, there is nothing to tell.
        if let [only] = statements.as_slice()
            && only.number == 1
        {
            return;
        }
        for statement in statements {
            self.send(peer, &Frame::Statement(statement));
        }
    }
}
