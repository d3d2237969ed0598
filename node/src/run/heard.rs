// SPDX-License-Identifier: EUPL-1.2
//! When each member was last heard: "out of reach since". Kept in a small file, for a restart must not forget it.
//!
//! Not truth: a file that does not read is begun anew.

use std::collections::BTreeMap;
use std::sync::Arc;

use crdt_calendar::ids::PublicKey;
use crdt_calendar::time::UtcMinute;
use tokio::sync::watch;

use crate::home::Home;
use crate::reach::{HeardAt, Reach};

const FILE: &str = "heard.json";
/// Longest file that is read, in bytes: a thousand members take some 80 kB.
const FILE_BYTES_MAX: usize = 1024 * 1024;
/// While nothing changes it is written again this often, in minutes: what a power cut takes is no more.
const WRITE_EVERY_MIN: u32 = 10;

/// Writes down who is heard.
pub(super) struct Heard {
    home: Home,
    at: watch::Sender<HeardAt>,
    now: Vec<PublicKey>,
    written: Option<UtcMinute>,
}

impl Heard {
    /// What was known before.
    pub(super) fn read(home: &Home) -> Self {
        let text = std::fs::read(home.file(FILE)).ok().filter(|text| text.len() <= FILE_BYTES_MAX);
        let known: BTreeMap<String, u32> = text.and_then(|it| serde_json::from_slice(&it).ok()).unwrap_or_default();
        let known = known.iter().filter_map(|(key, minute)| Some((PublicKey::from_hex(key)?, UtcMinute(*minute))));
        let at = watch::Sender::new(Arc::new(known.collect()));
        Self { home: home.clone(), at, now: Vec::new(), written: None }
    }

    pub(super) fn watch(&self) -> watch::Receiver<HeardAt> {
        self.at.subscribe()
    }

    /// Who is heard at this minute. Who is gone was heard until now.
    pub(super) async fn note(&mut self, reach: &BTreeMap<PublicKey, Reach>, minute: UtcMinute) {
        let heard: Vec<PublicKey> =
            reach.iter().filter(|(_, it)| **it != Reach::Unheard).map(|(key, _)| *key).collect();
        let is_due = !heard.is_empty() && self.written.is_none_or(|at| at.0.abs_diff(minute.0) >= WRITE_EVERY_MIN);
        if heard == self.now && !is_due {
            return;
        }
        let mut at = BTreeMap::clone(&self.at.borrow());
        at.extend(heard.iter().chain(&self.now).map(|key| (*key, minute)));
        // Of boxes that are members no more nothing is kept.
        at.retain(|key, _| reach.contains_key(key));
        self.now = heard;
        self.written = Some(minute);
        let text: BTreeMap<String, u32> = at.iter().map(|(key, minute)| (key.to_string(), minute.0)).collect();
        self.at.send_replace(Arc::new(at));
        let (home, text) = (self.home.clone(), serde_json::to_vec(&text).unwrap_or_default());
        let written = tokio::task::spawn_blocking(move || home.write(FILE, &text)).await;
        if !matches!(written, Ok(Ok(()))) {
            tracing::warn!("when members were heard is not kept");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_went_is_known_after_a_restart() {
        // Goal: the minute in which a member went, not that of the restart; a file that is none is begun anew.
        let folder = tempfile::tempdir().expect("a folder");
        let home = Home::create(&folder.path().join("box")).expect("a box");
        let [near, gone, never, stranger] = [1, 2, 3, 4].map(|it| PublicKey([it; 32]));
        let reach = |of: &[(PublicKey, Reach)]| of.iter().copied().collect::<BTreeMap<_, _>>();
        let mut heard = Heard::read(&home);
        let all = reach(&[(near, Reach::Lan), (gone, Reach::Direct), (never, Reach::Unheard), (stranger, Reach::Lan)]);
        heard.note(&all, UtcMinute(100)).await;
        let rest = reach(&[(near, Reach::Lan), (gone, Reach::Unheard), (never, Reach::Unheard)]);
        heard.note(&rest, UtcMinute(105)).await;
        heard.note(&rest, UtcMinute(107)).await;
        let mut heard = Heard::read(&home);
        let expected = BTreeMap::from([(near, UtcMinute(105)), (gone, UtcMinute(105))]);
        assert_eq!(**heard.watch().borrow(), expected);
        let silence = reach(&[(near, Reach::Unheard), (gone, Reach::Unheard)]);
        heard.note(&silence, UtcMinute(300)).await;
        assert_eq!(**heard.watch().borrow(), expected, "a restart hears nobody");
        home.write(FILE, b"[3]").expect("written");
        assert!(Heard::read(&home).watch().borrow().is_empty());
    }
}
