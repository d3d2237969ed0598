// SPDX-License-Identifier: EUPL-1.2
//! The text of an official sheet as HTML. All that a file says goes through [`escaped`]; nothing of it is markup.

use crate::directory::{Block, Part};

/// What one page shows of a sheet, in bytes of HTML: it compresses to a third, and a page has 14 kB in all.
const PAGE_BYTES_MAX: usize = 26 * 1024;

/// A part of a sheet on a page.
pub(super) struct PartView {
    /// Its title; may be empty.
    pub title: String,
    /// Its text, safe.
    pub html: String,
}

/// The parts of a sheet, page by page, in their order; one page at least. A part that is larger than a page is cut between
/// blocks, under the same title.
pub(super) fn pages(parts: &[Part]) -> Vec<Vec<PartView>> {
    let mut pages: Vec<Vec<PartView>> = vec![Vec::new()];
    let mut room = PAGE_BYTES_MAX;
    for part in parts {
        let mut view = PartView { title: part.title.clone(), html: String::new() };
        for block in &part.blocks {
            let mut html = String::new();
            write(block, &mut html);
            if html.len() > room && room < PAGE_BYTES_MAX {
                let rest = PartView { title: view.title.clone(), html: String::new() };
                let full = std::mem::replace(&mut view, rest);
                put(&mut pages, full);
                pages.push(Vec::new());
                room = PAGE_BYTES_MAX;
            }
            room = room.saturating_sub(html.len());
            view.html += &html;
        }
        put(&mut pages, view);
    }
    pages
}

fn put(pages: &mut [Vec<PartView>], view: PartView) {
    if let Some(page) = pages.last_mut().filter(|_| !view.html.is_empty()) {
        page.push(view);
    }
}

fn write(block: &Block, into: &mut String) {
    match block {
        Block::Heading(text) => element(into, "h3", text),
        Block::Text(text) => element(into, "p", text),
        Block::Note(title, inner) => {
            into.push_str("<div class=\"note warn\">");
            titled(into, "p", title);
            inner.iter().for_each(|it| write(it, into));
            into.push_str("</div>");
        }
        Block::Case(title, inner) => {
            into.push_str("<div class=\"case\">");
            titled(into, "h4", title);
            inner.iter().for_each(|it| write(it, into));
            into.push_str("</div>");
        }
        Block::List(items) => {
            into.push_str("<ul class=\"papers\">");
            for item in items {
                into.push_str("<li>");
                match &item[..] {
                    [Block::Text(text)] => escaped(text, into),
                    blocks => blocks.iter().for_each(|it| write(it, into)),
                }
                into.push_str("</li>");
            }
            into.push_str("</ul>");
        }
        Block::Table(rows) => {
            into.push_str("<div class=\"scroll\"><table>");
            for row in rows {
                into.push_str("<tr>");
                row.iter().for_each(|cell| element(into, "td", cell));
                into.push_str("</tr>");
            }
            into.push_str("</table></div>");
        }
    }
}

fn titled(into: &mut String, name: &str, title: &str) {
    if !title.is_empty() {
        into.push('<');
        into.push_str(name);
        into.push_str("><b>");
        escaped(title, into);
        into.push_str("</b></");
        into.push_str(name);
        into.push('>');
    }
}

fn element(into: &mut String, name: &str, text: &str) {
    into.push('<');
    into.push_str(name);
    into.push('>');
    escaped(text, into);
    into.push_str("</");
    into.push_str(name);
    into.push('>');
}

/// Text that is no markup, in an element.
fn escaped(text: &str, into: &mut String) {
    for c in text.chars() {
        match c {
            '&' => into.push_str("&amp;"),
            '<' => into.push_str("&lt;"),
            '>' => into.push_str("&gt;"),
            '"' => into.push_str("&quot;"),
            '\'' => into.push_str("&#39;"),
            other => into.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(title: &str, text: &str, blocks: usize) -> Part {
        Part { title: title.to_owned(), blocks: vec![Block::Text(text.to_owned()); blocks] }
    }

    #[test]
    fn a_long_sheet_has_pages_and_no_markup_of_its_own() {
        // Goal: every block is on exactly one page, pages have a size, text is text.
        let parts = [part("", "<script>'&\"", 1), part("Longue", &"x".repeat(4_000), 20), part("Fin", "fin", 1)];
        let pages = pages(&parts);
        let all: String = pages.iter().flatten().map(|it| it.html.as_str()).collect();
        assert!(all.starts_with("<p>&lt;script&gt;&#39;&amp;&quot;</p>"));
        assert_eq!(all.matches("<p>").count(), 22);
        for page in &pages {
            let bytes: usize = page.iter().map(|it| it.html.len()).sum();
            assert!(!page.is_empty() && bytes <= PAGE_BYTES_MAX, "{bytes}");
        }
        assert!(pages.len() >= 3 && pages[1][0].title == "Longue");
        assert_eq!(super::pages(&[]).len(), 1);
    }
}
