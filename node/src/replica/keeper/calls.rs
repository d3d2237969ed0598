// SPDX-License-Identifier: EUPL-1.2
//! Calls on the replica's thread: what a restart needs of those under way, and what those that are over were like. What the
//! disk refuses is told in the journal: no call rests on it.

use std::collections::BTreeMap;

use super::Keeper;
use crate::record::CallRecord;
use crate::store::Underway;

impl Keeper {
    pub(super) fn keep_underway(&mut self, call: [u8; 16], underway: Option<&Underway>) {
        if let Err(error) = self.store.keep_underway(call, underway) {
            tracing::warn!(%error, "a call under way would not outlast a restart");
            self.break_off_unless_full(&error);
        }
    }

    pub(super) fn underway(&self) -> BTreeMap<[u8; 16], Underway> {
        self.store.underway().unwrap_or_else(|error| {
            tracing::warn!(%error, "the calls under way cannot be read");
            BTreeMap::new()
        })
    }

    pub(super) fn keep_record(&mut self, call: [u8; 16], record: &CallRecord) {
        if let Err(error) = self.store.keep_record(call, record) {
            tracing::warn!(%error, "the record of a call is lost");
            self.break_off_unless_full(&error);
        }
    }

    pub(super) fn records(&self) -> Vec<CallRecord> {
        self.store.records().unwrap_or_else(|error| {
            tracing::warn!(%error, "the records of calls cannot be read");
            Vec::new()
        })
    }
}
