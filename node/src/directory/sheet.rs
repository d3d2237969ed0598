// SPDX-License-Identifier: EUPL-1.2
//! A procedure sheet as pages show it: plain text in paragraphs, lists, tables and cases; no markup, no address but
//! official ones.

use serde::{Deserialize, Serialize};

/// A sheet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    /// Its name at Service Public, such as `F1341`.
    pub id: String,
    /// Its title.
    pub title: String,
    /// One or two sentences.
    pub summary: String,
    /// The way to it: topics above it, outermost first.
    pub steps: Vec<Step>,
    /// Its text, in parts.
    pub parts: Vec<Part>,
    /// What to bring or to join, where the sheet lists it.
    pub papers: Vec<String>,
    /// Which kinds of branch help with it (`PivotLocal`).
    pub kinds: Vec<String>,
    /// Agencies that it names without a branch near by.
    pub agencies: Vec<Online>,
    /// What is done online.
    pub online: Vec<Online>,
    /// Its own page at Service Public, if the file says it.
    pub official: Option<String>,
}

/// A topic above a sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its name, such as `N19811`.
    pub id: String,
    /// Its title.
    pub title: String,
}

/// A part of a sheet: a chapter, or a situation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its title; the first part may have none.
    pub title: String,
    /// What it says.
    pub blocks: Vec<Block>,
}

/// A piece of text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Block {
    /// A title within a part.
    Heading(String),
    /// A paragraph.
    Text(String),
    /// Something to mind, with its title.
    Note(String, Vec<Block>),
    /// A list.
    List(Vec<Vec<Block>>),
    /// One of several cases, with its title.
    Case(String, Vec<Block>),
    /// A table, row by row.
    Table(Vec<Vec<String>>),
}

/// An official address, `https://`, with its title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Online {
    /// What it is.
    pub title: String,
    /// Where; `None` where the sheet gives no address.
    pub url: Option<String>,
}

impl Sheet {
    /// All that it says, for an index.
    pub(super) fn body(&self) -> String {
        let mut all = String::new();
        for part in &self.parts {
            say(&mut all, &part.title);
            said(&part.blocks, &mut all);
        }
        self.online.iter().for_each(|it| say(&mut all, &it.title));
        all
    }
}

fn say(all: &mut String, text: &str) {
    all.push_str(text);
    all.push(' ');
}

/// The text of blocks, one after the other.
pub(super) fn said(blocks: &[Block], all: &mut String) {
    for block in blocks {
        match block {
            Block::Heading(text) | Block::Text(text) => say(all, text),
            Block::Note(title, inner) | Block::Case(title, inner) => {
                say(all, title);
                said(inner, all);
            }
            Block::List(items) => items.iter().for_each(|item| said(item, all)),
            Block::Table(rows) => rows.iter().flatten().for_each(|cell| say(all, cell)),
        }
    }
}
