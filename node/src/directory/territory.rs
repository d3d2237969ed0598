// SPDX-License-Identifier: EUPL-1.2
//! The départements of a territory, by which the branches of all France are sorted out.

use std::collections::BTreeSet;

use super::branch::is_insee;

/// Where the territory is: codes of départements (`46`, `2A`, `971`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Territory(BTreeSet<String>);

impl Territory {
    /// The départements of these codes and of these communes.
    pub fn new<'a>(departments: impl IntoIterator<Item = &'a str>, insee: impl IntoIterator<Item = &'a str>) -> Self {
        let named = departments.into_iter().map(ToOwned::to_owned);
        Self(named.chain(insee.into_iter().filter(|it| is_insee(it)).map(|it| department(it).to_owned())).collect())
    }

    /// Whether no département is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this is the code of a département.
    #[must_use]
    pub fn is_code(text: &str) -> bool {
        matches!(text.len(), 2 | 3) && text.bytes().all(|it| it.is_ascii_digit() || matches!(it, b'A' | b'B'))
    }

    /// Whether a commune is of it.
    pub(super) fn has(&self, insee: &str) -> bool {
        self.0.contains(department(insee))
    }
}

/// The département of a commune: two characters, beyond the sea three.
fn department(insee: &str) -> &str {
    insee.get(..if insee.starts_with("97") || insee.starts_with("98") { 3 } else { 2 }).unwrap_or(insee)
}
