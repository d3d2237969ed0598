// SPDX-License-Identifier: EUPL-1.2
//! The tree of topics, as files of topics and the sheets themselves say it: what lies under what, and which topics lead
//! to a sheet.

use std::collections::{BTreeMap, BTreeSet};

use super::comarquage::TopicFile;
use super::sheet::Sheet;

/// What the files of sheets said so far.
#[derive(Default)]
pub(super) struct Outline {
    /// Sheets.
    pub ids: BTreeSet<String>,
    /// Topics: their titles and summaries.
    pub topics: BTreeMap<String, (String, String)>,
    /// Above and under, each pair once, in the order of the files.
    pub under: Vec<(String, String)>,
    known: BTreeSet<(String, String)>,
    /// Kinds of branch that sheets name.
    pub kinds: BTreeSet<String>,
}

impl Outline {
    /// What a file of topics says.
    pub(super) fn topic(&mut self, file: TopicFile) {
        for (step, summary) in file.topics {
            let known = self.topics.entry(step.id).or_default();
            if known.0.is_empty() {
                known.0 = step.title;
            }
            if known.1.is_empty() {
                known.1 = summary;
            }
        }
        file.under.into_iter().for_each(|(parent, child)| self.put(parent, child));
    }

    /// The way to a sheet, as the sheet itself says it.
    pub(super) fn steps(&mut self, sheet: &Sheet) {
        for step in &sheet.steps {
            self.topics.entry(step.id.clone()).or_insert_with(|| (step.title.clone(), String::new()));
        }
        let ids: Vec<&str> = sheet.steps.iter().map(|it| it.id.as_str()).chain([sheet.id.as_str()]).collect();
        for pair in ids.windows(2) {
            self.put(pair[0].to_owned(), pair[1].to_owned());
        }
    }

    fn put(&mut self, parent: String, child: String) {
        let pair = (parent, child);
        if pair.0 != pair.1 && self.known.insert(pair.clone()) {
            self.under.push(pair);
        }
    }

    /// The topics from which a sheet is reached by going down.
    pub(super) fn leading(&self) -> BTreeSet<&str> {
        let mut above: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (parent, child) in &self.under {
            above.entry(child).or_default().push(parent);
        }
        let mut leading = BTreeSet::new();
        let mut to_do: Vec<&str> = self.ids.iter().map(String::as_str).collect();
        while let Some(id) = to_do.pop() {
            for parent in above.get(id).into_iter().flatten() {
                if self.topics.contains_key(*parent) && leading.insert(*parent) {
                    to_do.push(parent);
                }
            }
        }
        leading
    }
}
