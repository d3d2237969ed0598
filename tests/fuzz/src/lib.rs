// SPDX-License-Identifier: EUPL-1.2
//! The bodies of the fuzz targets, taken from the tests that replay their corpora: one code for both.

#[path = "../../../crdt-calendar/tests/common/mod.rs"]
mod common;
#[allow(dead_code, reason = "seeds are written by the replay")]
#[cfg(feature = "files")]
#[path = "../../../node/tests/parsers/mod.rs"]
mod files;
#[allow(dead_code, reason = "seeds are written by the replay")]
#[path = "../../../crdt-calendar/tests/parsers/mod.rs"]
mod parsers;

/// Hands bytes to the calendar's parser of this name.
pub fn calendar(name: &str, data: &[u8]) {
    parsers::check(name, data);
}

/// The same, where automerge may panic and the panic is caught: libFuzzer's hook would abort first.
pub fn calendar_quietly(name: &str, data: &[u8]) {
    static HOOK: std::sync::Once = std::sync::Once::new();
    HOOK.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    parsers::check(name, data);
}

/// Hands bytes to the node's parser of this file.
#[cfg(feature = "files")]
pub fn file(name: &str, data: &[u8]) {
    files::check(name, data);
}
