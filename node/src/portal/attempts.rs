// SPDX-License-Identifier: EUPL-1.2
//! How often a password may be wrong: so many times a minute for each account and each address, then a wait.
//!
//! Pure: time comes in. An attempt counts from when it begins, so that many at once are no way round; one that
//! succeeds is taken back. Bounded: beyond [`KEYS_MAX`] names and addresses nobody tries until one is free again.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;

use crate::account::{ATTEMPTS_MAX, ATTEMPTS_WINDOW};

/// Names and addresses that are counted at once.
const KEYS_MAX: usize = 4096;

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// A name as it was typed, whether there is such an account or not.
    Name(String),
    /// Where from.
    Address(IpAddr),
}

/// What was tried in the last minute.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    tried: HashMap<Key, VecDeque<u64>>,
}

impl Attempts {
    /// Begins an attempt under all of these keys; or tells how many seconds to wait, and counts none.
    pub(super) fn begin(&mut self, keys: &[Key], now_ms: u64) -> Result<(), u64> {
        let window = u64::try_from(ATTEMPTS_WINDOW.as_millis()).unwrap_or(u64::MAX);
        self.tried.retain(|_, times| {
            times.retain(|at| at.saturating_add(window) > now_ms);
            !times.is_empty()
        });
        let full = |key: &&Key| self.tried.get(*key).is_some_and(|times| times.len() >= ATTEMPTS_MAX);
        let frees = |key: &Key| self.tried.get(key).and_then(|it| it.front()).map_or(0, |at| at + window - now_ms);
        let wait_ms = match keys.iter().filter(full).map(frees).max() {
            None if self.tried.len() + keys.len() <= KEYS_MAX => 0,
            None => window,
            Some(wait) => wait,
        };
        if wait_ms > 0 {
            return Err(wait_ms.div_ceil(1000));
        }
        for key in keys {
            self.tried.entry(key.clone()).or_default().push_back(now_ms);
        }
        Ok(())
    }

    /// Takes an attempt back that succeeded.
    pub(super) fn forgive(&mut self, keys: &[Key]) {
        for key in keys {
            if let Some(times) = self.tried.get_mut(key) {
                times.pop_back();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_a_minute_for_a_name_and_for_an_address() {
        // Goal: whichever is at its limit, the sixth waits, is told how long, and is not counted; what succeeded counts
        // for nothing; after the wait there is one more.
        let name = |name: &str| Key::Name(name.to_owned());
        let at = |last: u8| Key::Address([192, 168, 1, last].into());
        for (case, keys) in [
            ("one name from everywhere", |n: u8| ("claire", n)),
            ("one address, many names", |n: u8| (["a1", "b2", "c3", "d4", "e5", "f6", "g7"][usize::from(n)], 9)),
        ] as [(&str, fn(u8) -> (&'static str, u8)); 2]
        {
            let mut attempts = Attempts::default();
            let keys = |n: u8| [name(keys(n).0), at(keys(n).1)];
            for n in 0..5 {
                assert_eq!(attempts.begin(&keys(n), u64::from(n) * 1000), Ok(()), "{case}: {n}");
            }
            assert_eq!(attempts.begin(&keys(5), 5_000), Err(55), "{case}");
            assert_eq!(attempts.begin(&keys(5), 59_999), Err(1), "{case}: not counted");
            assert_eq!(attempts.begin(&[name("autre"), at(200)], 59_999), Ok(()), "{case}: others");
            assert_eq!(attempts.begin(&keys(5), 60_000), Ok(()), "{case}");
            assert_eq!(attempts.begin(&keys(6), 60_000), Err(1), "{case}: one more, and no two");
        }
        let mut attempts = Attempts::default();
        for _ in 0..50 {
            assert_eq!(attempts.begin(&[name("claire"), at(1)], 0), Ok(()));
            attempts.forgive(&[name("claire"), at(1)]);
        }
    }

    #[test]
    fn many_names_fill_no_memory() {
        let mut attempts = Attempts::default();
        let tried = (0..10_000).filter(|n| attempts.begin(&[Key::Name(n.to_string())], 0).is_ok()).count();
        assert_eq!(tried, KEYS_MAX);
        assert_eq!(attempts.begin(&[Key::Name("claire".to_owned())], 60_001), Ok(()));
    }
}
