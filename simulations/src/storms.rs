// SPDX-License-Identifier: EUPL-1.2
//! What strikes many lines at once: splits, clogs, bursts of loss, a place cut off.
//!
//! A block holds frames back. Behind a split the connection is given up after a while, and they are
//! gone; a clog lets go in the end, and everything comes at once.

use crate::network::{Luck, Passage, Transit};
use crate::weather::Fault;
use crate::world::{DAY_MS, Event, World};

/// Directions of lines: (line, way).
pub(crate) type Ways = Vec<(usize, usize)>;

impl World {
    /// Draws when lines fail.
    pub(crate) fn foresee_storms(&mut self, days: u64) {
        let times = [
            (self.weather.of(Fault::Split, 0, [2, 6, 16]), Event::Split { one_way: false }),
            (self.weather.of(Fault::OneWay, 0, [2, 6, 16]), Event::Split { one_way: true }),
            (self.weather.of(Fault::Clog, 0, [4, 16, 48]), Event::Clog),
            (self.weather.of(Fault::Burst, 0, [10, 40, 120]), Event::Burst),
        ];
        for (a_day, event) in times {
            self.scatter(a_day * days, days * DAY_MS, &event);
        }
    }

    /// Puts an event on the clock so many times, anywhere before `end_ms`.
    fn scatter(&mut self, times: u64, end_ms: u64, event: &Event) {
        for _ in 0..times {
            let at_ms = self.luck.storms.below(end_ms);
            self.at(at_ms, event.clone());
        }
    }

    /// Splits the mesh in two: both ways, or one way only.
    pub(crate) fn split(&mut self, one_way: bool) {
        let side: Vec<bool> = self.nodes.iter().map(|_| self.luck.storms.chance(400)).collect();
        let longest_ms = self.luck.storms.one_of([60_000, 1_800_000, 6 * 3_600_000]);
        let for_ms = self.luck.storms.between(10_000, longest_ms);
        let ways = self.ways_between(|from, to| side[from] != side[to] && (!one_way || side[from]));
        self.tell(|| format!("a split of {} directions begins", ways.len()));
        self.block(&ways, for_ms);
        self.give_up_behind(&ways);
    }

    /// Cuts one place off from all others for so long.
    pub(crate) fn cut_off(&mut self, place: usize, for_ms: u64) {
        let ways = self.ways_between(|from, to| from == place || to == place);
        self.tell(|| format!("{} is cut off for {} hours", self.nodes[place].member, for_ms / 3_600_000));
        self.block(&ways, for_ms);
        self.give_up_behind(&ways);
    }

    /// Stops some directions; their connections stand, and all that waits comes in the end.
    pub(crate) fn clog(&mut self) {
        let Some(place) = self.luck.storms.place(self.nodes.len()) else { return };
        // FoundationDB's swizzle: one line after the other, opened again in another order.
        let ways = self.ways_between(|from, _| from == place);
        for way in ways {
            if self.luck.storms.chance(700) {
                let longest_ms = self.luck.storms.one_of([5_000, 60_000, 1_200_000]);
                let for_ms = self.luck.storms.between(500, longest_ms);
                self.block(&[way], for_ms);
            }
        }
    }

    /// A line loses nearly everything for some seconds.
    pub(crate) fn burst(&mut self) {
        let Some(place) = self.luck.storms.place(self.links.len()) else { return };
        self.links[place].burst_until_ms = self.now_ms + self.luck.storms.between(200, 60_000);
    }

    fn ways_between(&self, is_hit: impl Fn(usize, usize) -> bool) -> Ways {
        let both = |(place, link): (usize, &crate::network::Link)| {
            let [a, b] = link.ends;
            [(place, 0, a, b), (place, 1, b, a)]
        };
        let ways = self.links.iter().enumerate().flat_map(both);
        ways.filter(|(_, _, from, to)| is_hit(*from, *to)).map(|(place, way, _, _)| (place, way)).collect()
    }

    fn block(&mut self, ways: &[(usize, usize)], for_ms: u64) {
        for (place, way) in ways {
            self.links[*place].blocked[*way] += 1;
        }
        self.later(for_ms, Event::Heal(ways.to_vec()));
    }

    fn give_up_behind(&mut self, ways: &[(usize, usize)]) {
        for (place, _) in ways {
            if let Some(connection) = self.links[*place].connection.as_ref().map(|it| it.id) {
                let in_ms = self.luck.storms.between(5_000, 90_000);
                self.later(in_ms, Event::GiveUp { link: *place, connection });
            }
        }
    }

    /// Directions open again; what waited behind them goes on its way.
    pub(crate) fn heal(&mut self, ways: &[(usize, usize)]) {
        for &(place, way) in ways {
            let link = &mut self.links[place];
            link.blocked[way] = link.blocked[way].saturating_sub(1);
            let Some(id) = link.connection.as_ref().map(|it| it.id) else { continue };
            for bytes in link.held_back(way) {
                let (link, now_ms) = (&mut self.links[place], self.now_ms);
                if let Passage::Arrives(at_ms) = link.send(&mut self.luck.lines, now_ms, way, &bytes, Luck::default()) {
                    self.at(at_ms, Event::Arrive(Transit { link: place, connection: Some(id), way, bytes }));
                }
            }
        }
    }
}
