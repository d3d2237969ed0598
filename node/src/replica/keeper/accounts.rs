// SPDX-License-Identifier: EUPL-1.2
//! Accounts on the replica's thread: kept by one commit each, shown at once, so that a session of an account that is
//! gone or has another password is over with the next request.

use std::sync::Arc;

use tokio::sync::watch;

use super::Keeper;
use super::obeying::answer;
use crate::account::{ACCOUNTS_MAX, Account, AccountName};
use crate::replica::command::{Refusal, Reply};
use crate::replica::snapshot::Snapshot;
use crate::store::StoreError;

impl Keeper {
    pub(super) fn add_account(&mut self, account: Account) -> Result<bool, Refusal> {
        let has_room = self.accounts.len() < ACCOUNTS_MAX;
        if !has_room || self.accounts.contains_key(&account.name) {
            return Ok(false);
        }
        self.keep_account(account)
    }

    pub(super) fn change_account(&mut self, account: Account) -> Result<bool, Refusal> {
        if !self.accounts.contains_key(&account.name) {
            return Ok(false);
        }
        self.keep_account(account)
    }

    pub(super) fn remove_account(&mut self, name: &AccountName) -> Result<bool, Refusal> {
        if !self.accounts.contains_key(name) {
            return Ok(false);
        }
        self.store.drop_account(name).map_err(|error| self.refused(&error))?;
        Arc::make_mut(&mut self.accounts).remove(name);
        Ok(true)
    }

    fn keep_account(&mut self, account: Account) -> Result<bool, Refusal> {
        self.store.keep_account(&account).map_err(|error| self.refused(&error))?;
        Arc::make_mut(&mut self.accounts).insert(account.name.clone(), account);
        Ok(true)
    }

    /// What the disk did not keep; a disk that fails under it fails for all.
    pub(super) fn refused(&mut self, error: &StoreError) -> Refusal {
        tracing::warn!(%error, "not kept");
        self.break_off_unless_full(error);
        if error.is_full() { Refusal::Full } else { Refusal::Disk }
    }

    /// Answers once what was done can be seen.
    pub(super) fn answer_shown<T>(
        &self,
        reply: Reply<T>,
        done: Result<T, Refusal>,
        snapshots: &watch::Sender<Arc<Snapshot>>,
    ) {
        self.show(snapshots);
        answer(reply, done);
    }
}
