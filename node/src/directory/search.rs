// SPDX-License-Identifier: EUPL-1.2
//! Search in the official sheets: by stems, accents and case do not matter, the beginning of a word is enough, typing
//! errors are forgiven.

use rusqlite::params;

use super::Reader;
use super::database::DirectoryError;
use crate::query::Query;

/// Hits shown.
const HITS_MAX: u32 = 30;

/// A sheet that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetHit {
    /// Its name.
    pub id: String,
    /// Its title.
    pub title: String,
    /// One or two sentences.
    pub summary: String,
}

impl Reader<'_> {
    /// Sheets that have every word of the query, else those with any of them; the best first, title before the rest. A
    /// word that no sheet has stands for the nearest ones.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub fn search(&self, typed: &str) -> Result<Vec<SheetHit>, DirectoryError> {
        let query = Query::read(typed).corrected(&self.database.vocabulary);
        if query.is_empty() {
            return Ok(Vec::new());
        }
        let every = self.matching(&query.every())?;
        if every.is_empty() { self.matching(&query.any()) } else { Ok(every) }
    }

    fn matching(&self, expression: &str) -> Result<Vec<SheetHit>, DirectoryError> {
        // The best are chosen in the index alone; only of those the sheets are read.
        self.rows(
            "SELECT id, title, summary FROM
                 (SELECT rowid, bm25(sheet_stems, 10.0, 4.0, 1.0) AS score FROM sheet_stems
                  WHERE sheet_stems MATCH ?1 ORDER BY score LIMIT ?2) AS found
             JOIN sheet ON number = found.rowid ORDER BY score, title",
            params![expression, HITS_MAX],
            |row| Ok(SheetHit { id: row.get(0)?, title: row.get(1)?, summary: row.get(2)? }),
        )
    }
}
