// SPDX-License-Identifier: EUPL-1.2
//! What this node counted that the calendar does not tell: searches that found nothing, days from a
//! booking to its appointment, minutes from an arrival to its call. By month, agency and service.
//!
//! Refuses to know persons, hours or who searched: a row is a number. Invariant: values are bounded, so
//! a service has at most some two hundred rows a month.

use rusqlite::params;

use super::{Store, StoreError};

/// Longer waits are counted as this many days: the calendar goes no further ahead.
const DAYS_MAX: u16 = 100;
/// Longer waits are counted as this many minutes.
const MINUTES_MAX: u16 = 120;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TallyKind {
    /// A search that found no slot.
    NoSlot,
    /// A booking made so many days before its day.
    WaitDays(u16),
    /// A person who waited so many minutes after arriving until the call began.
    WaitMin(u16),
}

/// One count.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tally {
    /// The month in which it was counted, `YYYY-MM`, local.
    pub month: String,
    /// The agency.
    pub agency: String,
    /// The service.
    pub service: String,
    /// What was counted.
    pub kind: TallyKind,
    /// How often.
    pub count: u32,
}

impl TallyKind {
    fn columns(self) -> (&'static str, u16) {
        match self {
            Self::NoSlot => ("no-slot", 0),
            Self::WaitDays(days) => ("wait-days", days.min(DAYS_MAX)),
            Self::WaitMin(minutes) => ("wait-min", minutes.min(MINUTES_MAX)),
        }
    }

    fn read(kind: &str, value: u16) -> Option<Self> {
        match kind {
            "no-slot" => Some(Self::NoSlot),
            "wait-days" => Some(Self::WaitDays(value)),
            "wait-min" => Some(Self::WaitMin(value)),
            _ => None,
        }
    }
}

impl Store {
    /// Counts one more of each of these: agency, service, and what happened there. One commit.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]; nothing was counted then.
    pub fn tally<'a>(
        &mut self,
        month: &str,
        counted: impl IntoIterator<Item = (&'a str, &'a str, TallyKind)>,
    ) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        {
            let mut insert = transaction.prepare_cached(
                "INSERT INTO tally (month, agency, service, kind, value, count) VALUES (?1, ?2, ?3, ?4, ?5, 1)
                 ON CONFLICT (month, agency, service, kind, value) DO UPDATE SET count = count + 1",
            )?;
            for (agency, service, kind) in counted {
                let (kind, value) = kind.columns();
                insert.execute(params![month, agency, service, kind, value])?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// All counts, by month, agency and service.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn tallies(&self) -> Result<Vec<Tally>, StoreError> {
        let mut statement = self.connection.prepare(
            "SELECT month, agency, service, kind, value, count FROM tally ORDER BY month, agency, service, kind, value",
        )?;
        let row = |row: &rusqlite::Row<'_>| {
            let (value, count): (i64, i64) = (row.get(4)?, row.get(5)?);
            let kind =
                u16::try_from(value).ok().and_then(|value| TallyKind::read(&row.get::<_, String>(3).ok()?, value));
            let (month, agency, service) = (row.get(0)?, row.get(1)?, row.get(2)?);
            // A number that was never written is passed over: the others are still good.
            Ok(kind.zip(u32::try_from(count).ok()).map(|(kind, count)| Tally { month, agency, service, kind, count }))
        };
        let rows = statement.query_map([], row)?.collect::<Result<Vec<_>, rusqlite::Error>>()?;
        Ok(rows.into_iter().flatten().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_of_an_earlier_version_counts_on() {
        // Goal: a box that has run before gets the table beside what it kept; counts survive a restart.
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("hameau.db");
        let mut store = super::super::schema::tests::at_version(&path, 2);
        store.keep([], &[(7, [9; 32])], None).expect("kept");
        assert!(store.tally("2027-03", [("cpam", "carte", TallyKind::NoSlot)]).is_err(), "it has no such table");
        drop(store);

        let mut store = Store::open(&path).expect("brought up to date");
        for kind in [TallyKind::NoSlot, TallyKind::WaitDays(3), TallyKind::NoSlot, TallyKind::WaitMin(9_000)] {
            store.tally("2027-03", [("cpam", "carte", kind)]).expect("counted");
        }
        drop(store);
        let store = Store::open(&path).expect("opened again");
        let counted: Vec<_> = store.tallies().expect("read").into_iter().map(|it| (it.kind, it.count)).collect();
        let expected = [(TallyKind::NoSlot, 2), (TallyKind::WaitDays(3), 1), (TallyKind::WaitMin(MINUTES_MAX), 1)];
        assert_eq!(counted, expected);
        assert_eq!(store.secrets().expect("read").len(), 1, "what it kept before is there");
    }
}
