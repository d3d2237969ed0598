// SPDX-License-Identifier: EUPL-1.2
//! What the task has to say when the owner has room to hear it: addresses, who knocked, and counts of what was refused.
//!
//! Said late is said with the newest figures; nothing piles up. A count is said at 1, 2, 4, 8 and so on: whoever
//! knocks a million times makes twenty events.

use std::collections::BTreeMap;

use crdt_calendar::ids::PublicKey;
use libp2p::Multiaddr;

use super::limits::KNOCKS_MAX;
use super::{MeshEvent, Refusal};

/// See the head of this file.
#[derive(Debug, Default)]
pub(super) struct Notices {
    listening: Option<Vec<Multiaddr>>,
    counts: BTreeMap<(Refusal, Option<PublicKey>), u64>,
    due: BTreeMap<(Refusal, Option<PublicKey>), u64>,
    knocks: BTreeMap<PublicKey, Multiaddr>,
}

impl Notices {
    /// The addresses that are listened on now.
    pub(super) fn listening(&mut self, addrs: Vec<Multiaddr>) {
        self.listening = Some(addrs);
    }

    /// Counts a refusal: of a member, or of strangers all together.
    pub(super) fn refused(&mut self, why: Refusal, peer: Option<PublicKey>) {
        let count = self.counts.entry((why, peer)).or_default();
        *count = count.saturating_add(1);
        if count.is_power_of_two() {
            self.due.insert((why, peer), *count);
        }
    }

    /// Somebody who is no member was cut after the handshake.
    pub(super) fn knocked(&mut self, key: PublicKey, from: Multiaddr) {
        if self.knocks.len() < KNOCKS_MAX || self.knocks.contains_key(&key) {
            self.knocks.insert(key, from);
        }
    }

    /// Forgets the counts of someone who is no longer a member.
    pub(super) fn forget(&mut self, peer: PublicKey) {
        self.counts.retain(|(_, of), _| *of != Some(peer));
    }

    /// Whether there is something to say.
    pub(super) fn any(&self) -> bool {
        self.listening.is_some() || !self.due.is_empty() || !self.knocks.is_empty()
    }

    /// Takes the next thing to say.
    pub(super) fn next(&mut self) -> Option<MeshEvent> {
        if let Some(addrs) = self.listening.take() {
            return Some(MeshEvent::Listening(addrs));
        }
        if let Some(((why, peer), count)) = self.due.pop_first() {
            return Some(MeshEvent::Refused { peer, why, count });
        }
        let (key, from) = self.knocks.pop_first()?;
        Some(MeshEvent::Knocked { key, from })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_said_at_powers_of_two() {
        let mut notices = Notices::default();
        let mut said = Vec::new();
        for _ in 0..9 {
            notices.refused(Refusal::Stranger, None);
            while let Some(MeshEvent::Refused { count, .. }) = notices.next() {
                said.push(count);
            }
        }
        assert_eq!(said, [1, 2, 4, 8]);
    }

    #[test]
    fn nothing_piles_up_unheard() {
        let mut notices = Notices::default();
        for _ in 0..1000 {
            notices.refused(Refusal::Stranger, None);
            notices.listening(vec![Multiaddr::empty()]);
        }
        for number in 0..=u8::MAX {
            notices.knocked(PublicKey([number; 32]), Multiaddr::empty());
        }
        let said: Vec<_> = std::iter::from_fn(|| notices.next()).collect();
        assert!(matches!(said[..2], [MeshEvent::Listening(_), MeshEvent::Refused { count: 512, .. }]));
        assert_eq!(said[2..].len(), KNOCKS_MAX);
        assert!(!notices.any());
    }
}
