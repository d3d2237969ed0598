// SPDX-License-Identifier: EUPL-1.2
//! An XML file as a tree of elements, of a size that is bounded on every side.
//!
//! Encodings: UTF-8, UTF-16, Latin-1, ASCII, as the file says of itself. Namespaces are passed over: names are local
//! ones. Entities that a file declares expand once, to so
//! many bytes.

use std::fmt;
use std::io::Read;

use xml::common::Position as _;
use xml::reader::{EventReader, ParserConfig2, XmlEvent};

use crate::lang::either;

/// Largest file, in bytes: the largest sheets have some 300 kB.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Elements of a file.
const ELEMENTS_MAX: usize = 60_000;
/// Elements within each other: a sheet has some twenty. Whoever walks the tree calls itself so often.
const DEPTH_MAX: usize = 36;

/// An element.
#[derive(Debug, Default)]
pub(super) struct Element {
    pub name: String,
    attributes: Vec<(String, String)>,
    pub content: Vec<Content>,
}

/// What stands in an element, in its order.
#[derive(Debug)]
pub(super) enum Content {
    Text(String),
    Element(Element),
}

/// Why a file is not a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unread {
    /// Larger than any that is meant.
    TooLarge,
    /// Not XML, not whole, or in another encoding than it says; at this line.
    Form(u64),
}

/// In a few words.
impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => f.write_str(either("trop grand", "too large")),
            Self::Form(0) => f.write_str(either("n'a pas la forme attendue", "not of the form that is meant")),
            Self::Form(line) => write!(f, "{} {line}", either("ligne", "line")),
        }
    }
}

impl Element {
    /// Reads a file.
    pub(super) fn read(file: impl Read) -> Result<Self, Unread> {
        let mut config = ParserConfig2::new()
            .ignore_comments(true)
            .cdata_to_characters(true)
            .coalesce_characters(true)
            .max_entity_expansion_depth(1)
            .max_entity_expansion_length(4096)
            .max_name_length(256)
            .max_attributes(64)
            .max_attribute_length(4096);
        config.max_data_length = 1024 * 1024;
        let mut bytes = Vec::new();
        let length = file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|_| Unread::Form(0))?;
        if length as u64 > FILE_BYTES_MAX {
            return Err(Unread::TooLarge);
        }
        let mut reader = EventReader::new_with_config(bytes.as_slice(), config);
        let mut open: Vec<Self> = Vec::new();
        let mut elements = 0;
        loop {
            let event = reader.next().map_err(|error| Unread::Form(error.position().row + 1))?;
            match event {
                XmlEvent::StartElement { name, attributes, .. } => {
                    elements += 1;
                    if elements > ELEMENTS_MAX || open.len() >= DEPTH_MAX {
                        return Err(Unread::TooLarge);
                    }
                    let attributes = attributes.into_iter().map(|it| (it.name.local_name, it.value)).collect();
                    open.push(Self { name: name.local_name, attributes, content: Vec::new() });
                }
                XmlEvent::EndElement { .. } => {
                    let Some(done) = open.pop() else { return Err(Unread::Form(0)) };
                    match open.last_mut() {
                        Some(parent) => parent.content.push(Content::Element(done)),
                        None => return Ok(done),
                    }
                }
                XmlEvent::Characters(text) | XmlEvent::Whitespace(text) => {
                    if let Some(parent) = open.last_mut() {
                        parent.content.push(Content::Text(text));
                    }
                }
                XmlEvent::EndDocument => return Err(Unread::Form(0)),
                _ => {}
            }
        }
    }

    /// The elements in it, not in those.
    pub(super) fn elements(&self) -> impl Iterator<Item = &Self> {
        self.content.iter().filter_map(|it| match it {
            Content::Element(element) => Some(element),
            Content::Text(_) => None,
        })
    }

    /// The first of this name in it.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.elements().find(|it| it.name == name)
    }

    /// An attribute.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// All of these names in it, at any depth, outermost first; not within one of them.
    pub(super) fn all<'a>(&'a self, name: &str, found: &mut Vec<&'a Self>) {
        for it in self.elements() {
            if it.name == name {
                found.push(it);
            } else {
                it.all(name, found);
            }
        }
    }

    /// All its text as one line, spaces as people read them.
    pub(super) fn text(&self) -> String {
        let mut all = String::new();
        self.gather(&mut all);
        all.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn gather(&self, into: &mut String) {
        for it in &self.content {
            match it {
                Content::Text(text) => into.push_str(text),
                Content::Element(element) => {
                    // Words of two paragraphs stand apart; those of an emphasis belong to the sentence.
                    let is_block =
                        matches!(element.name.as_str(), "Paragraphe" | "Titre" | "Item" | "Cellule" | "Liste");
                    if is_block {
                        into.push(' ');
                    }
                    element.gather(into);
                    if is_block {
                        into.push(' ');
                    }
                }
            }
        }
    }
}
