// SPDX-License-Identifier: EUPL-1.2
//! Week secrets on disk: what opens the envelopes of one week.

use std::collections::BTreeMap;

use crdt_calendar::envelope::WeekSecret;
use crdt_calendar::time::IsoWeek;

use super::{Store, StoreError};

impl Store {
    /// All week secrets that still exist.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn secrets(&self) -> Result<BTreeMap<IsoWeek, WeekSecret>, StoreError> {
        let mut statement = self.connection.prepare("SELECT week, bytes FROM week_secret")?;
        let rows = statement.query_map([], |row| Ok((row.get::<_, u16>(0)?, row.get::<_, [u8; 32]>(1)?)))?;
        let mut secrets = BTreeMap::new();
        for row in rows {
            let (week, bytes) = row?;
            secrets.insert(IsoWeek(week), WeekSecret::new(bytes));
        }
        Ok(secrets)
    }
}
