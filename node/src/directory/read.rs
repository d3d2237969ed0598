// SPDX-License-Identifier: EUPL-1.2
//! What pages ask of the directory: topics, sheets, branches, communes, and which branch serves which commune.

use rusqlite::{OptionalExtension as _, Row, params};
use serde::de::DeserializeOwned;

use super::Reader;
use super::branch::Branch;
use super::database::DirectoryError;
use super::sheet::Sheet;

/// Rows of one answer. Beyond, a list ends: the largest are the communes of a département, at most some 900.
const ROWS_MAX: u32 = 1_000;

/// A topic or a sheet, as a button shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// Its name.
    pub id: String,
    /// Its title.
    pub title: String,
    /// One or two sentences; may be empty.
    pub summary: String,
    /// It is a sheet, not a topic.
    pub is_sheet: bool,
}

/// A topic and what lies under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicPage {
    /// Itself.
    pub topic: Topic,
    /// The topic above it.
    pub above: Option<Topic>,
    /// What lies under it and is here.
    pub under: Vec<Topic>,
}

/// A kind of branch, with how many there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kind {
    /// As in a pivot.
    pub kind: String,
    /// What its branches' names begin with: the directory has no other word for it.
    pub label: String,
    /// How many.
    pub branches: usize,
}

/// Official addresses, in no order but their own, some more than once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addresses {
    /// Of sheets, of online services, and the State's own page of each branch.
    pub official: Vec<String>,
    /// What branches give as their sites: their own, or a page at somebody else's.
    pub branches: Vec<String>,
}

/// A commune.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commune {
    /// INSEE code.
    pub insee: String,
    /// Its name.
    pub name: String,
}

/// When something was imported, in seconds since 1970 UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Source {
    /// The branches.
    pub branches: Option<i64>,
    /// The sheets.
    pub sheets: Option<i64>,
}

impl Reader<'_> {
    /// What was imported, and when.
    ///
    /// # Errors
    /// [`DirectoryError`], as everywhere here.
    pub fn source(&self) -> Result<Source, DirectoryError> {
        let at = |what: &str| {
            let query = "SELECT at FROM source WHERE what = ?1";
            self.database.connection.query_row(query, [what], |row| row.get(0)).optional()
        };
        Ok(Source { branches: at("branches")?, sheets: at("sheets")? })
    }

    /// The topics above which there is none, and under which there is a sheet.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub fn themes(&self) -> Result<Vec<Topic>, DirectoryError> {
        self.rows(
            "SELECT id, title, summary, 0 FROM topic
             WHERE id NOT IN (SELECT child FROM under) AND id IN (SELECT parent FROM under)
             ORDER BY title LIMIT ?1",
            params![ROWS_MAX],
            topic,
        )
    }

    /// A topic with what lies under it.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub fn topic(&self, id: &str) -> Result<Option<TopicPage>, DirectoryError> {
        let one = self.rows("SELECT id, title, summary, 0 FROM topic WHERE id = ?1", params![id], topic)?;
        let Some(own) = one.into_iter().next() else { return Ok(None) };
        let above = self.rows(
            "SELECT topic.id, title, summary, 0 FROM under JOIN topic ON topic.id = parent WHERE child = ?1 LIMIT 1",
            params![id],
            topic,
        )?;
        let under = self.rows(
            "SELECT child, title, summary, is_sheet FROM under JOIN
                 (SELECT id, title, summary, 0 AS is_sheet FROM topic
                  UNION ALL SELECT id, title, summary, 1 FROM sheet) ON id = child
             WHERE parent = ?1 ORDER BY place LIMIT ?2",
            params![id, ROWS_MAX],
            topic,
        )?;
        Ok(Some(TopicPage { topic: own, above: above.into_iter().next(), under }))
    }

    /// A sheet.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub fn sheet(&self, id: &str) -> Result<Option<Sheet>, DirectoryError> {
        self.one("SELECT text FROM sheet WHERE id = ?1", id)
    }

    /// A branch.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub fn branch(&self, id: &str) -> Result<Option<Branch>, DirectoryError> {
        self.one("SELECT text FROM branch WHERE id = ?1", id)
    }

    /// The kinds of branches that there are, by their label.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub fn kinds(&self) -> Result<Vec<Kind>, DirectoryError> {
        let query = "SELECT kind, count(*), min(name), max(name) FROM kind JOIN branch ON id = branch
             GROUP BY kind LIMIT ?1";
        let mut kinds = self.rows(query, params![ROWS_MAX], kind)?;
        kinds.sort_by(|a, b| a.label.cmp(&b.label));
        Ok(kinds)
    }

    /// One kind, if it has a branch.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub fn kind(&self, name: &str) -> Result<Option<Kind>, DirectoryError> {
        let query = "SELECT kind, count(*), min(name), max(name) FROM kind JOIN branch ON id = branch
             WHERE kind = ?1 GROUP BY kind";
        Ok(self.rows(query, params![name], kind)?.into_iter().next())
    }

    /// All branches of a kind, by name: id and name.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub fn of_kind(&self, kind: &str) -> Result<Vec<(String, String)>, DirectoryError> {
        self.rows(
            "SELECT id, name FROM kind JOIN branch ON id = branch WHERE kind = ?1 ORDER BY name LIMIT ?2",
            params![kind, ROWS_MAX],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }

    /// The branches of a kind that serve a commune, as the directory says: none where it says none.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub fn competent(&self, kind: &str, insee: &str) -> Result<Vec<Branch>, DirectoryError> {
        let texts: Vec<String> = self.rows(
            "SELECT text FROM serves JOIN branch ON id = branch WHERE kind = ?1 AND insee = ?2 ORDER BY name LIMIT 8",
            params![kind, insee],
            |row| row.get(0),
        )?;
        texts.iter().map(|text| Ok(serde_json::from_str(text)?)).collect()
    }

    /// A commune.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub fn commune(&self, insee: &str) -> Result<Option<Commune>, DirectoryError> {
        let found = self.rows("SELECT insee, name FROM commune WHERE insee = ?1", params![insee], commune)?;
        Ok(found.into_iter().next())
    }

    /// Communes by the first letter of their name, without its accent: each letter that has one.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub fn letters(&self) -> Result<Vec<String>, DirectoryError> {
        self.rows(
            "SELECT DISTINCT upper(substr(plain, 1, 1)) FROM commune ORDER BY 1 LIMIT ?1",
            params![ROWS_MAX],
            |row| row.get(0),
        )
    }

    /// The commune that somebody chose, if they chose one and it is here.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub fn chosen(&self, insee: Option<&str>) -> Result<Option<Commune>, DirectoryError> {
        insee.map_or(Ok(None), |insee| self.commune(insee))
    }

    /// The communes whose name begins with these letters, as [`Self::letters`] has them.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub fn communes_named(&self, beginning: &str) -> Result<Vec<Commune>, DirectoryError> {
        let query = "SELECT insee, name FROM commune WHERE substr(plain, 1, length(?1)) = ?1 ORDER BY plain LIMIT ?2";
        self.rows(query, params![beginning.to_lowercase(), ROWS_MAX], commune)
    }

    /// The communes that have a postal code with this beginning.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub fn communes_at(&self, postcode: &str) -> Result<Vec<Commune>, DirectoryError> {
        let query =
            "SELECT insee, name FROM commune WHERE instr(' ' || postcodes, ' ' || ?1) > 0 ORDER BY plain LIMIT ?2";
        self.rows(query, params![postcode, ROWS_MAX], commune)
    }

    /// Every official address in it.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub fn addresses(&self) -> Result<Addresses, DirectoryError> {
        let mut all = Addresses::default();
        let texts: Vec<String> = self.unbounded("SELECT text FROM sheet ORDER BY number")?;
        for text in texts {
            let sheet: Sheet = serde_json::from_str(&text)?;
            all.official.extend(sheet.official);
            all.official.extend(sheet.online.into_iter().chain(sheet.agencies).filter_map(|it| it.url));
        }
        for text in self.unbounded("SELECT text FROM branch ORDER BY id")? {
            let branch: Branch = serde_json::from_str(&text)?;
            all.official.extend(branch.official);
            all.branches.extend(branch.sites.into_iter().map(|it| it.value));
        }
        Ok(all)
    }

    fn one<T: DeserializeOwned>(&self, query: &str, id: &str) -> Result<Option<T>, DirectoryError> {
        let text: Option<String> = self.database.connection.query_row(query, [id], |row| row.get(0)).optional()?;
        Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
    }

    fn unbounded(&self, query: &str) -> Result<Vec<String>, DirectoryError> {
        self.rows(query, [], |row| row.get(0))
    }

    pub(super) fn rows<T>(
        &self,
        query: &str,
        with: impl rusqlite::Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, DirectoryError> {
        let mut statement = self.database.connection.prepare_cached(query)?;
        Ok(statement.query_map(with, read)?.collect::<Result<_, _>>()?)
    }
}

fn topic(row: &Row<'_>) -> rusqlite::Result<Topic> {
    Ok(Topic { id: row.get(0)?, title: row.get(1)?, summary: row.get(2)?, is_sheet: row.get(3)? })
}

fn kind(row: &Row<'_>) -> rusqlite::Result<Kind> {
    let (kind, first, last): (String, String, String) = (row.get(0)?, row.get(2)?, row.get(3)?);
    let label = beginning(&first, &last).unwrap_or_else(|| kind.replace('_', " "));
    let branches: u32 = row.get(1)?;
    Ok(Kind { kind, label, branches: branches as usize })
}

/// What two names begin with, in whole words; of names in order the first and the last tell it of all.
fn beginning(first: &str, last: &str) -> Option<String> {
    let words = first.split_whitespace().zip(last.split_whitespace()).take_while(|(one, other)| one == other);
    let words: Vec<&str> = words.map(|(word, _)| word).collect();
    let label = words.join(" ");
    let label = label.trim_end_matches([' ', '-', '\u{2013}', ',', ':']);
    (label.chars().count() > 2).then(|| label.to_owned())
}

fn commune(row: &Row<'_>) -> rusqlite::Result<Commune> {
    Ok(Commune { insee: row.get(0)?, name: row.get(1)? })
}
