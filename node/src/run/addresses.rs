// SPDX-License-Identifier: EUPL-1.2
//! Where members were last said to listen, kept beside the register: a box whose register was damaged still finds
//! somebody who gives it back.
//!
//! Not truth: a file that does not read is begun anew, and what profiles say comes first.

use std::collections::BTreeMap;

use crdt_calendar::ids::PublicKey;

use crate::home::Home;
use crate::replica::Snapshot;

const FILE: &str = "addresses.json";
/// Longest file that is read, in bytes: a thousand members with eight addresses each take some 500 kB.
const FILE_BYTES_MAX: usize = 1024 * 1024;

/// Writes down where members listen.
pub(super) struct Addresses {
    home: Home,
    known: BTreeMap<PublicKey, Vec<String>>,
}

impl Addresses {
    /// What was known before.
    pub(super) fn read(home: &Home) -> Self {
        let text = std::fs::read(home.file(FILE)).ok().filter(|text| text.len() <= FILE_BYTES_MAX);
        let known: BTreeMap<String, Vec<String>> =
            text.and_then(|it| serde_json::from_slice(&it).ok()).unwrap_or_default();
        let known = known.into_iter().filter_map(|(key, mesh)| Some((PublicKey::from_hex(&key)?, mesh)));
        Self { home: home.clone(), known: known.collect() }
    }

    /// By the boxes' keys.
    pub(super) fn known(&self) -> &BTreeMap<PublicKey, Vec<String>> {
        &self.known
    }

    /// Takes what profiles say now, and forgets who is no member; writes if that is new.
    pub(super) async fn note(&mut self, snapshot: &Snapshot) {
        let (mut now, members) = (self.known.clone(), snapshot.roster.keys());
        now.retain(|key, _| members.contains(key));
        for (id, profile) in snapshot.profiles.iter().filter(|(_, profile)| !profile.mesh.is_empty()) {
            if let Some(key) = snapshot.roster.key(id) {
                now.insert(key, profile.mesh.clone());
            }
        }
        if now == self.known {
            return;
        }
        self.known = now;
        let text: BTreeMap<String, &Vec<String>> =
            self.known.iter().map(|(key, mesh)| (key.to_string(), mesh)).collect();
        let (home, text) = (self.home.clone(), serde_json::to_vec(&text).unwrap_or_default());
        let written = tokio::task::spawn_blocking(move || home.write(FILE, &text)).await;
        if !matches!(written, Ok(Ok(()))) {
            tracing::warn!("where members listen is not kept");
        }
    }
}
