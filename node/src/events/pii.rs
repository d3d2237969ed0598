// SPDX-License-Identifier: EUPL-1.2
//! A value that belongs to a person: shown nowhere by accident.
//!
//! Invariant: no format, flag or width brings it out (checked below). It does not serialise; whoever writes it to a
//! page or seals it in an envelope calls [`Pii::expose`], and can be found by that word.

use std::fmt;

/// What is shown in its place.
const HIDDEN: &str = "…";

/// See the head of this file.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Pii<T>(T);

impl<T> Pii<T> {
    /// Wraps a value.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for a page or an envelope, never for an event or an error.
    pub fn expose(&self) -> &T {
        &self.0
    }

    /// The value itself, under the same rule.
    pub fn into_exposed(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for Pii<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl<T> fmt::Display for Pii<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_format_brings_it_out() {
        #[derive(Debug)]
        struct Card {
            _name: Pii<&'static str>,
        }
        let pii = Pii::new("Delmas");
        let shown = [
            format!("{pii}"),
            format!("{pii:?}"),
            format!("{pii:#?}"),
            format!("{pii:40}"),
            format!("{pii:.3}"),
            format!("{:?}", Some(pii.clone())),
            format!("{:#?}", Card { _name: pii.clone() }),
            format!("{:x?}", Pii::new(vec![1_u8, 2])),
        ];
        for text in shown {
            assert!(text.contains(HIDDEN), "{text}");
            assert!(!text.contains("Del") && !text.contains('1'), "{text}");
        }
        assert_eq!(*pii.expose(), "Delmas");
        assert_eq!(pii.into_exposed(), "Delmas");
    }
}
