// SPDX-License-Identifier: EUPL-1.2
//! The portal's index of the procedures that agencies wrote: full text (FTS5), by stems ([`crate::query`]).
//!
//! The column `keywords` holds the stems of all three, those of the title thrice; the others hold what is shown.
//! An index, not truth: it is made anew from the members' profiles whenever they change.

use rusqlite::params;

use super::{Store, StoreError};
use crate::query::{Query, stems};
use crate::spelling::Vocabulary;

/// Hits shown.
const HITS_MAX: u32 = 30;

/// One procedure to index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcedureRow {
    /// Words under which it is found.
    pub keywords: String,
    /// The rest.
    pub hit: ProcedureHit,
}

/// One procedure found.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ProcedureHit {
    /// The agency's short name.
    pub member: String,
    /// Its title.
    pub title: String,
    /// Two sentences.
    pub summary: String,
    /// The official page, if it is known.
    pub url: Option<String>,
    /// The service that helps with it.
    pub service: Option<String>,
}

impl Store {
    /// Replaces the whole index.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]; the old index stays then.
    pub fn index_procedures(&mut self, rows: &[ProcedureRow]) -> Result<(), StoreError> {
        let transaction = self.connection.transaction()?;
        transaction.execute("DELETE FROM procedure", [])?;
        {
            let mut insert = transaction.prepare_cached(
                "INSERT INTO procedure (title, keywords, summary, member, url, service) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?;
            for ProcedureRow { keywords, hit } in rows {
                let title = stems(&hit.title);
                let searched =
                    [&title, &title, &title, &stems(keywords), &stems(&hit.summary)].map(String::as_str).join(" ");
                insert.execute(params![hit.title, searched, hit.summary, hit.member, hit.url, hit.service])?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// Procedures in which every word of the query begins a word, or nearly does; else those with any of them. The best
    /// first, title before the rest.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn search_procedures(&self, query: &str) -> Result<Vec<ProcedureHit>, StoreError> {
        let query = Query::read(query);
        if query.is_empty() {
            return Ok(Vec::new());
        }
        let every = self.matching(&query.every())?;
        if !every.is_empty() {
            return Ok(every);
        }
        // Agencies write some dozens of procedures: their words are read when they are needed.
        let query = query.corrected(&self.vocabulary()?);
        let every = self.matching(&query.every())?;
        if every.is_empty() { self.matching(&query.any()) } else { Ok(every) }
    }

    fn vocabulary(&self) -> Result<Vocabulary, StoreError> {
        self.connection.execute_batch(
            "CREATE VIRTUAL TABLE IF NOT EXISTS temp.procedure_terms USING fts5vocab (main, procedure, col)",
        )?;
        let mut statement =
            self.connection.prepare_cached("SELECT term, doc FROM temp.procedure_terms WHERE col = 'keywords'")?;
        let words = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Vocabulary::new(words.collect::<Result<Vec<_>, rusqlite::Error>>()?))
    }

    fn matching(&self, expression: &str) -> Result<Vec<ProcedureHit>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT member, title, summary, url, service FROM procedure WHERE procedure MATCH ?1
             ORDER BY bm25(procedure), title LIMIT ?2",
        )?;
        let hits = statement.query_map(params![format!("keywords : ({expression})"), HITS_MAX], |row| {
            Ok(ProcedureHit {
                member: row.get(0)?,
                title: row.get(1)?,
                summary: row.get(2)?,
                url: row.get(3)?,
                service: row.get(4)?,
            })
        })?;
        Ok(hits.collect::<Result<_, _>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_find_what_they_mean() {
        // Goal: accents, case, signs, other forms of a word and a typing error do not matter; nothing typed is an
        // operator of the index.
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("hameau.db")).unwrap();
        let row = |title: &str, keywords: &str| ProcedureRow {
            keywords: keywords.to_owned(),
            hit: ProcedureHit {
                member: "cpam-46".to_owned(),
                title: title.to_owned(),
                summary: String::new(),
                url: None,
                service: None,
            },
        };
        let rows = [row("Commander une carte Vitale", "santé"), row("Demander sa retraite", "pension âge")];
        store.index_procedures(&rows).unwrap();
        store.index_procedures(&rows).unwrap();
        for (query, found) in [
            ("carte vitale", 1),
            ("CARTE VITALE", 1),
            ("sante", 1),
            ("age", 1),
            ("retr", 1),
            ("renouveler ma carte vitale", 1),
            ("cartes vitales", 1),
            ("les retraités", 1),
            ("retriate", 1),
            ("comander une carte", 1),
            ("vitale OR retraite", 2),
            ("chasse", 0),
            ("\"* NEAR(", 0),
            ("", 0),
            ("title:carte", 1),
        ] {
            assert_eq!(store.search_procedures(query).unwrap().len(), found, "{query}");
        }
    }
}
