// SPDX-License-Identifier: EUPL-1.2
//! The language of a terminal: French, or English where `LANG` asks for it. Pages have their own choice.

use std::sync::OnceLock;

static ENGLISH: OnceLock<bool> = OnceLock::new();

/// Whether this process speaks English: `LC_ALL`, else `LC_MESSAGES`, else `LANG`, begins with `en`.
#[must_use]
pub fn is_english() -> bool {
    *ENGLISH.get_or_init(|| {
        let set = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .iter()
            .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
        set.is_some_and(|value| value.starts_with("en"))
    })
}

/// The one of two sentences that this process speaks.
#[must_use]
pub fn either<T>(french: T, english: T) -> T {
    if is_english() { english } else { french }
}
