// SPDX-License-Identifier: EUPL-1.2
//! What the last figures of the path show: whether a queue stands, what is lost, what is sent and what passes.
//!
//! Pure, and decides nothing: `rate` does. A round trip that stays long although less is sent is the way's own, and so
//! is a loss that stays when less is sent. Invariant: figures of another path say nothing here.

use std::collections::VecDeque;

/// Looks in the window of loss and of what passed: 8 s, two a second.
const WINDOW: usize = 16;
/// Looks of late: two and a half seconds for loss, one for what is sent.
const LOST_LOOKS: usize = 5;
const SENT_LOOKS: usize = 2;
/// Looks in the window of the shortest round trip: a minute.
const SHORTEST_WINDOW: usize = 120;
/// A round trip so much longer than the shortest, ms, shows a queue: jitter and acknowledgements that wait make up less.
pub(super) const QUEUE_MS: u32 = 90;
/// One that is so much longer for so many looks, without falling by this, ms, shows a longer way, where no more is sent
/// than passes: a queue of ours would have become shorter by twice as much.
const LASTING_LOOKS: usize = 8;
const FALLEN_MS: u32 = 50;
/// Loss beyond the line's own, in a thousand, shows that more is sent than passes; compared from so many packets on.
const EXCESS_PER_MILLE: u32 = 80;
const COMPARED_MIN: u64 = 100;
/// Of loss beyond this, in a thousand, more is sent than passes, whatever the line's own is.
const OVERFLOW_PER_MILLE: u32 = 250;
/// What a poor line loses by itself, at most, in a thousand.
const OWN_PER_MILLE_MAX: u32 = 100;
/// What is sent exceeds what the line carries, hundredths.
const FULL_HUNDREDTHS: u64 = 105;
/// Packets below which nothing is said of loss.
const PACKETS_MIN: u64 = 20;
/// What is taken for lost on a line that is not known, in a thousand.
pub(super) const FIRST_PER_MILLE: u32 = 20;
/// IPv4 and UDP of each packet, which QUIC does not count.
pub(super) const HEADERS_BYTES: u64 = 28;

/// The path's figures: packets and bytes counted from its beginning, all else now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Figures {
    pub(super) at_ms: u64,
    /// Tells one path from another.
    pub(super) path: u64,
    /// The round trip, smoothed over some acknowledgements.
    pub(super) rtt_ms: u32,
    pub(super) packets: u64,
    pub(super) lost: u64,
    /// Of QUIC, without the headers around it.
    pub(super) bytes: u64,
    /// Of the last half second: what passed, kbit/s with all headers, and the shortest round trip.
    pub(super) passing_kbps: Option<u32>,
    pub(super) least_rtt_ms: Option<u32>,
}

/// What a look tells of the way itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// The way of the look before.
    Same,
    /// Another path.
    Other,
    /// The same path, and what was taken for a queue was none.
    Longer,
}

/// The figures of the last looks.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    figures: VecDeque<Figures>,
    /// Smoothed, and the shortest of half a second, ms.
    round_trips: VecDeque<(u32, u32)>,
    /// What is lost whatever is sent, in a thousand: the least seen since it was last thought to be more.
    own_per_mille: Option<u32>,
    /// Loss is compared with that from here on: what was lost before was sent before the last step down, ms.
    compared_ms: u64,
}

impl Evidence {
    /// Takes the newest figures, two a second.
    pub(super) fn read(&mut self, now: Figures) -> Way {
        let is_other = self.figures.back().is_some_and(|last| last.path != now.path);
        if is_other {
            *self = Self::default();
        }
        push(&mut self.figures, now, WINDOW);
        push(&mut self.round_trips, (now.rtt_ms, now.least_rtt_ms.unwrap_or(now.rtt_ms)), SHORTEST_WINDOW);
        if let Some(lost) = self.compared_per_mille() {
            self.own_per_mille = Some(self.own_per_mille.map_or(lost, |own| own.min(lost)));
        }
        match (is_other, self.is_longer()) {
            (true, _) => Way::Other,
            (false, false) => Way::Same,
            (false, true) => {
                self.round_trips.drain(..self.round_trips.len() - 1);
                Way::Longer
            }
        }
    }

    /// How much longer the round trip is than the shortest, ms.
    pub(super) fn queue_ms(&self) -> u32 {
        let shortest = self.round_trips.iter().map(|it| it.0).min().unwrap_or(0);
        self.round_trips.back().map_or(0, |now| now.0 - shortest)
    }

    /// The same of the shortest in half a second: so long a queue has stood all that time.
    fn standing_ms(&self) -> u32 {
        let shortest = self.round_trips.iter().map(|it| it.1).min().unwrap_or(0);
        self.round_trips.back().map_or(0, |now| now.1 - shortest)
    }

    fn is_longer(&self) -> bool {
        let last = self.round_trips.iter().rev().take(LASTING_LOOKS).map(|it| it.0);
        let longest = last.clone().max().unwrap_or(0);
        let now = self.round_trips.back().map_or(0, |now| now.0);
        let shortest = self.round_trips.iter().map(|it| it.0).min().unwrap_or(0);
        let lasts = last.clone().count() == LASTING_LOOKS && last.min().is_some_and(|it| it - shortest > QUEUE_MS);
        lasts && now + FALLEN_MS > longest && self.all_passes()
    }

    /// Whether in that time no more was sent than passed.
    fn all_passes(&self) -> bool {
        let late = self.figures.iter().rev().take(LASTING_LOOKS);
        let carried: Vec<u64> = late.filter_map(|it| self.carried_kbps(it)).collect();
        let count = u64::try_from(carried.len()).unwrap_or(u64::MAX);
        let sent = self.sent_kbps(LASTING_LOOKS).unwrap_or(0) * count;
        sent * 100 <= carried.iter().sum::<u64>() * FULL_HUNDREDTHS
    }

    /// Packets lost in a thousand, over 8 s; before, no fewer than a poor line loses: sound is said twice until it is
    /// known that it need not be.
    pub(super) fn lost_per_mille(&self) -> u32 {
        let least = if self.figures.len() < WINDOW { FIRST_PER_MILLE } else { 0 };
        self.lost_since(0, PACKETS_MIN).unwrap_or(0).max(least)
    }

    /// Whether what is lost is lost because more is sent than passes.
    pub(super) fn overflows(&self) -> bool {
        let late = self.lost_since(self.figures.len().saturating_sub(LOST_LOOKS), PACKETS_MIN);
        late.is_some_and(|lost| lost > OVERFLOW_PER_MILLE) || self.exceeds()
    }

    fn exceeds(&self) -> bool {
        let own = self.own_per_mille.unwrap_or(0);
        self.compared_per_mille().is_some_and(|lost| lost > own + EXCESS_PER_MILLE)
    }

    /// Less is sent from now on, which shows from `settled_ms` on. What is lost now is taken for the line's own until
    /// less is: a loss that stays has another cause.
    pub(super) fn step_down(&mut self, settled_ms: u64) {
        self.own_per_mille = self.compared_per_mille().max(self.own_per_mille);
        self.compared_ms = settled_ms;
    }

    fn compared_per_mille(&self) -> Option<u32> {
        let first = self.figures.iter().position(|it| it.at_ms >= self.compared_ms)?;
        self.lost_since(first, COMPARED_MIN)
    }

    fn lost_since(&self, first: usize, packets_min: u64) -> Option<u32> {
        let (first, last) = (self.figures.get(first)?, self.figures.back()?);
        let sent = last.packets.saturating_sub(first.packets);
        let lost = last.lost.saturating_sub(first.lost).min(sent);
        (sent >= packets_min).then(|| u32::try_from(lost * 1000 / sent).unwrap_or(1000))
    }

    /// What was sent since so many looks, kbit/s with all headers.
    fn sent_kbps(&self, looks: usize) -> Option<u64> {
        let last = self.figures.back()?;
        let first = self.figures.iter().rev().nth(looks)?;
        let bytes = last.bytes.saturating_sub(first.bytes) + HEADERS_BYTES * last.packets.saturating_sub(first.packets);
        Some(bytes * 8 / last.at_ms.saturating_sub(first.at_ms).max(1))
    }

    /// What the line carried in the half second of these figures, kbit/s: what passed, and what it lost by itself.
    fn carried_kbps(&self, figures: &Figures) -> Option<u64> {
        let own = u64::from(self.lost_since(0, PACKETS_MIN).unwrap_or(0).min(OWN_PER_MILLE_MAX));
        figures.passing_kbps.map(|passing| u64::from(passing) * 1000 / (1000 - own))
    }

    /// The most that it carries, kbit/s; `None` where nothing shows that it would not carry more.
    pub(super) fn full_kbps(&self) -> Option<u64> {
        let carried = self.carried_kbps(self.figures.back()?)?;
        let is_full = self.standing_ms() > QUEUE_MS || self.exceeds();
        (is_full && self.sent_kbps(SENT_LOOKS)? * 100 > carried * FULL_HUNDREDTHS).then_some(carried)
    }

    /// The best that it was seen to carry in 8 s, and not before `since_ms`, kbit/s.
    pub(super) fn best_kbps(&self, since_ms: u64) -> Option<u64> {
        self.figures.iter().filter(|it| it.at_ms >= since_ms).filter_map(|it| self.carried_kbps(it)).max()
    }
}

fn push<T>(window: &mut VecDeque<T>, newest: T, longest: usize) {
    if window.len() == longest {
        window.pop_front();
    }
    window.push_back(newest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_loss_over_some_seconds() {
        // Goal: chance alone is no loss, and it is forgotten.
        let mut evidence = Evidence::default();
        for look in 0..=20_u64 {
            let lost = (look * 3).min(9);
            evidence.read(Figures { at_ms: look * 500, rtt_ms: 50, packets: look * 30, lost, ..Figures::default() });
            let expect = match look {
                0 => FIRST_PER_MILLE,
                1..=3 => 100,
                4..=15 => u32::try_from(9_000 / (look * 30)).unwrap().max(FIRST_PER_MILLE),
                _ => continue,
            };
            assert_eq!(evidence.lost_per_mille(), expect, "look {look}");
        }
        assert_eq!(evidence.lost_per_mille(), 0);
    }

    #[test]
    fn tells_a_queue_from_a_longer_way() {
        // Goal: what becomes shorter was a queue; what stays is the way, and no queue any more.
        for (case, round_trips, way, queue_ms) in [
            ("a steady way", vec![50; 30], Way::Same, 0),
            ("a queue that comes and goes", [vec![50; 5], vec![400; 6], vec![60; 5]].concat(), Way::Same, 10),
            ("one that goes slowly", [vec![50], (0..9).map(|it| 900 - 30 * it).collect()].concat(), Way::Same, 610),
            ("a longer way, for 3 s", [vec![50; 5], vec![400; 7]].concat(), Way::Same, 350),
            (
                "a longer way, for 4 s",
                [vec![50; 5], vec![400, 420, 390, 400, 400, 410, 400, 405]].concat(),
                Way::Longer,
                0,
            ),
        ] {
            let mut evidence = Evidence::default();
            let ways = round_trips.into_iter().map(|rtt_ms| evidence.read(Figures { rtt_ms, ..Figures::default() }));
            assert_eq!(ways.last(), Some(way), "{case}");
            assert_eq!(evidence.queue_ms(), queue_ms, "{case}");
        }
        let mut evidence = Evidence::default();
        evidence.read(Figures { rtt_ms: 50, path: 1, ..Figures::default() });
        assert_eq!(evidence.read(Figures { rtt_ms: 700, path: 2, ..Figures::default() }), Way::Other);
        assert_eq!(evidence.queue_ms(), 0);
    }

    #[test]
    fn a_loss_that_stays_is_the_lines_own() {
        // Goal: a tenth more than the line's own shows too much once; if less does not help, it is not said again.
        let mut evidence = Evidence::default();
        let (mut packets, mut lost, mut told) = (0, 0, Vec::new());
        for look in 0..80_u64 {
            packets += 50;
            lost += if look < 20 { 1 } else { 7 };
            evidence.read(Figures { at_ms: look * 500, packets, lost, ..Figures::default() });
            if evidence.overflows() {
                evidence.step_down(look * 500 + 1_000);
                told.push(look);
            }
        }
        assert!(matches!(told[..], [look] if look < 36), "{told:?}");
    }
}
