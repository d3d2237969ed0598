// SPDX-License-Identifier: EUPL-1.2
//! Who is not let in, for people: boxes that are no members and knock, and members that were cut off, each with the reason
//! and since when. So a box with another territory's papers is found without reading journals.
//!
//! In memory alone; at most [`KNOCKS_MAX`], and each is forgotten when it was silent for a day.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crdt_calendar::ids::PublicKey;
use crdt_calendar::replicator::CutReason;
use crdt_calendar::time::UtcMinute;

/// Boxes that are remembered at once. One more: the one that has been silent longest is forgotten.
const KNOCKS_MAX: usize = 8;
/// After so many minutes of silence one is forgotten.
const FORGOTTEN_AFTER_MIN: u32 = 24 * 60;

/// Why a box is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Barred {
    /// It is no member.
    Stranger,
    /// It is a member, and was cut off.
    Cut(CutReason),
}

/// One box that is not let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Knock {
    /// Why.
    pub why: Barred,
    /// Where it came from last, where that is known.
    pub from: Option<String>,
    /// When it came first.
    pub since: UtcMinute,
    /// When it came last.
    pub last: UtcMinute,
}

/// Who is not let in. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Knocks(Arc<Mutex<BTreeMap<PublicKey, Knock>>>);

impl Knocks {
    /// A box was not let in at this minute. Of a member that was cut off, and is held out for a while like a stranger, the
    /// reason stays.
    pub(super) fn note(&self, key: PublicKey, why: Barred, from: Option<String>, now: UtcMinute) {
        let mut knocks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        knocks.retain(|_, it| !is_forgotten(it, now));
        if let Some(it) = knocks.get_mut(&key) {
            it.last = now;
            it.from = from.or(it.from.take());
            if why != Barred::Stranger {
                it.why = why;
            }
            return;
        }
        if knocks.len() >= KNOCKS_MAX
            && let Some(silent) = knocks.iter().min_by_key(|(_, it)| it.last).map(|(key, _)| *key)
        {
            knocks.remove(&silent);
        }
        knocks.insert(key, Knock { why, from, since: now, last: now });
    }

    /// Who was not let in within the last day.
    #[must_use]
    pub(super) fn all(&self, now: UtcMinute) -> BTreeMap<PublicKey, Knock> {
        let mut knocks = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        knocks.retain(|_, it| !is_forgotten(it, now));
        knocks
    }
}

/// A clock that was set back forgets nothing, and one that was set forward everything.
fn is_forgotten(it: &Knock, now: UtcMinute) -> bool {
    now.0.saturating_sub(it.last.0) > FORGOTTEN_AFTER_MIN
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u8) -> PublicKey {
        PublicKey([number; 32])
    }

    #[test]
    fn who_knocks_is_known_from_the_first_time_to_the_last() {
        let knocks = Knocks::default();
        knocks.note(key(1), Barred::Stranger, Some("/ip4/10.0.0.1".to_owned()), UtcMinute(100));
        knocks.note(key(1), Barred::Stranger, Some("/ip4/10.0.0.2".to_owned()), UtcMinute(160));
        knocks.note(key(2), Barred::Cut(CutReason::Territory), None, UtcMinute(150));
        knocks.note(key(2), Barred::Stranger, Some("/ip4/10.0.0.3".to_owned()), UtcMinute(155));
        let all = knocks.all(UtcMinute(160));
        let known = |number| {
            let it = &all[&key(number)];
            (it.why, it.from.as_deref(), it.since.0, it.last.0)
        };
        assert_eq!(known(1), (Barred::Stranger, Some("/ip4/10.0.0.2"), 100, 160));
        let cut = Barred::Cut(CutReason::Territory);
        assert_eq!(known(2), (cut, Some("/ip4/10.0.0.3"), 150, 155), "held out meanwhile, it is still of elsewhere");
    }

    #[test]
    fn it_is_bounded_and_forgets() {
        let knocks = Knocks::default();
        for number in 0..=u8::MAX {
            knocks.note(key(number), Barred::Stranger, None, UtcMinute(u32::from(number)));
        }
        let kept: Vec<PublicKey> = knocks.all(UtcMinute(255)).into_keys().collect();
        assert_eq!(kept, (248..=255).map(key).collect::<Vec<_>>(), "those who came last");
        let rest = knocks.all(UtcMinute(250 + FORGOTTEN_AFTER_MIN)).into_keys().collect::<Vec<_>>();
        assert_eq!(rest, (250..=255).map(key).collect::<Vec<_>>(), "a day after");
        assert!(knocks.all(UtcMinute(256 + FORGOTTEN_AFTER_MIN)).is_empty());
    }
}
