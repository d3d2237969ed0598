// SPDX-License-Identifier: EUPL-1.2
//! The portal's index of online procedures: full text, accents and case do not matter (FTS5).
//!
//! An index, not truth: it is made anew from the members' profiles whenever they change.

use rusqlite::params;

use super::{Store, StoreError};

/// Words of a query that are looked at; the rest changes nothing.
const WORDS_MAX: usize = 8;
/// Longest query, in characters.
const QUERY_CHARS_MAX: usize = 200;
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
                insert.execute(params![hit.title, keywords, hit.summary, hit.member, hit.url, hit.service])?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// Procedures in which every word of the query begins a word, else those with any of them; best
    /// first, title before the rest.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn search_procedures(&self, query: &str) -> Result<Vec<ProcedureHit>, StoreError> {
        let words = quoted_words(query);
        if words.is_empty() {
            return Ok(Vec::new());
        }
        let every = self.matching(&words.join(" "))?;
        if every.is_empty() { self.matching(&words.join(" OR ")) } else { Ok(every) }
    }

    fn matching(&self, expression: &str) -> Result<Vec<ProcedureHit>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT member, title, summary, url, service FROM procedure WHERE procedure MATCH ?1
             ORDER BY bm25(procedure, 10.0, 5.0, 1.0), title LIMIT ?2",
        )?;
        let hits = statement.query_map(params![expression, HITS_MAX], |row| {
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

/// What a person typed, as quoted prefixes: nothing in it is an operator of the index.
fn quoted_words(query: &str) -> Vec<String> {
    let query: String = query.chars().take(QUERY_CHARS_MAX).collect();
    query
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.chars().count() > 1)
        .take(WORDS_MAX)
        .map(|word| format!("\"{word}\"*"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_find_what_they_mean() {
        // Goal: accents, case and signs do not matter; nothing typed is an operator of the index.
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
