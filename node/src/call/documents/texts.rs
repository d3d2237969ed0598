// SPDX-License-Identifier: EUPL-1.2
//! What people write to each other in a call: pure, in memory alone, gone with the call.
//!
//! Each text is said until the other side has heard it, once. Invariant: at most [`TEXTS_MAX`] are kept, none longer than
//! [`TEXT_CHARS_MAX`] characters.

use std::collections::VecDeque;

use serde::Serialize;

use super::frame::Frame;
use super::item::is_shown;

/// The longest text, characters: it fits a block.
pub const TEXT_CHARS_MAX: usize = 300;
/// Texts of a call that are kept; the oldest go.
const TEXTS_MAX: usize = 50;

/// A text as pages show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Text {
    /// This side wrote it.
    pub from_here: bool,
    /// What it says.
    pub text: String,
    /// The other side has it.
    pub there: bool,
}

/// See the head of this file.
#[derive(Debug, Default)]
pub(super) struct Texts {
    texts: VecDeque<(u64, Text)>,
    /// The number of the last one that was written here, and that was heard: the first of a node is the time, so that one
    /// that was started anew is heard.
    last: u64,
    heard: u64,
    /// That it was heard has not been said yet.
    hears: bool,
    said: VecDeque<Frame>,
}

impl Texts {
    /// The texts, the oldest first.
    pub(super) fn shown(&self) -> Vec<Text> {
        self.texts.iter().map(|(_, text)| text.clone()).collect()
    }

    /// A person here writes; now, unix ms. What shows nothing is not said.
    pub(super) fn write(&mut self, text: &str, now_ms: u64) {
        let text = readable(text);
        if text.is_empty() {
            return;
        }
        self.last = now_ms.max(self.last + 1);
        self.said.push_back(Frame::Text { number: self.last, text: text.clone() });
        self.keep(self.last, Text { from_here: true, text, there: false });
    }

    /// A line is there: what the other side has not heard is said again.
    pub(super) fn line_up(&mut self) {
        let unheard = self.texts.iter().filter(|(_, it)| it.from_here && !it.there);
        self.said = unheard.map(|(number, it)| Frame::Text { number: *number, text: it.text.clone() }).collect();
    }

    /// The other side says this.
    pub(super) fn hear(&mut self, number: u64, text: &str) {
        if number > self.heard {
            self.heard = number;
            let text = readable(text);
            if !text.is_empty() {
                self.keep(number, Text { from_here: false, text, there: true });
            }
        }
        self.hears = true;
    }

    /// The other side has heard all up to this.
    pub(super) fn heard(&mut self, number: u64) {
        for (_, text) in self.texts.iter_mut().filter(|(it, text)| text.from_here && *it <= number) {
            text.there = true;
        }
    }

    /// What is to be said next.
    pub(super) fn next(&mut self) -> Option<Frame> {
        let hears = std::mem::take(&mut self.hears).then_some(Frame::Heard { number: self.heard });
        hears.or_else(|| self.said.pop_front())
    }

    fn keep(&mut self, number: u64, text: Text) {
        if self.texts.len() == TEXTS_MAX {
            self.texts.pop_front();
        }
        self.texts.push_back((number, text));
    }
}

/// One line that shows nothing but what it says.
fn readable(text: &str) -> String {
    let line = text.chars().map(|it| if it.is_whitespace() { ' ' } else { it });
    let line: String = line.filter(is_shown).take(TEXT_CHARS_MAX).collect();
    line.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All that both have to say, to each other.
    fn talk(one: &mut Texts, two: &mut Texts) {
        loop {
            let said = [one.next().map(|it| (true, it)), two.next().map(|it| (false, it))];
            let mut said = said.into_iter().flatten().peekable();
            if said.peek().is_none() {
                return;
            }
            for (is_from_one, frame) in said {
                let to = if is_from_one { &mut *two } else { &mut *one };
                match frame {
                    Frame::Text { number, text } => to.hear(number, &text),
                    Frame::Heard { number } => to.heard(number),
                    other => panic!("{other:?}"),
                }
            }
        }
    }

    #[test]
    fn each_text_is_read_once() {
        // Goal: over a line that loses what is under way, after a start of either side anew: each once, in order.
        let (mut one, mut two) = (Texts::default(), Texts::default());
        one.write("  le numéro\nest\u{202e} 12 ", 1_000);
        one.write("\u{200b} ", 1_001);
        drop((one.next(), one.next()));
        one.write("merci", 1_000);
        drop(one.next());
        two.hear(1_000, "le numéro est 12");
        one.line_up();
        two.line_up();
        talk(&mut one, &mut two);
        let read = |it: &Texts| it.shown().into_iter().map(|it| (it.from_here, it.text, it.there)).collect::<Vec<_>>();
        let both =
            |from_here| vec![(from_here, "le numéro est 12".to_owned(), true), (from_here, "merci".to_owned(), true)];
        assert_eq!((read(&one), read(&two)), (both(true), both(false)));
        let mut anew = Texts::default();
        anew.write("me revoilà", 2_000);
        talk(&mut anew, &mut two);
        assert_eq!(two.shown().len(), 3);
        for _ in 0..200 {
            anew.write(&"é".repeat(1_000), 2_000);
            two.hear(u64::MAX, "x");
        }
        assert_eq!(anew.shown().len(), TEXTS_MAX);
        assert!(anew.shown().iter().all(|it| it.text.chars().count() <= TEXT_CHARS_MAX) && two.shown().len() == 4);
    }
}
