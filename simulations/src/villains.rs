// SPDX-License-Identifier: EUPL-1.2
//! What enrolled members that mean harm do: a point and an agency, each with a good key and the same
//! clerk as everybody, and a hand that writes and sends what no clerk would.
//!
//! They may harm themselves and those who book with them. Nobody else's appointment may fall through
//! them, nobody may show anything else than the others, and nothing may grow without limit.

mod acts;
mod frames;

use crate::oracle::Violation;
use crate::weather::Fault;
use crate::world::{DAY_MS, Event, World};

impl World {
    /// Draws when villains strike.
    pub(crate) fn foresee_villains(&mut self, days: u64) {
        let villainies = Fault::ALL.iter().filter(|fault| fault.is_villainy());
        let times: u64 = villainies.map(|fault| self.weather.of(*fault, 0, [3, 8, 20])).sum();
        for _ in 0..times * days {
            let at_ms = 300_000 + self.luck.villains.below(days * DAY_MS - 300_000);
            self.at(at_ms, Event::Mischief);
        }
    }

    /// A villain does one of the things that are on.
    pub(crate) fn mischief(&mut self) -> Result<(), Violation> {
        let on: Vec<Fault> = self.weather.faults.keys().copied().filter(|fault| fault.is_villainy()).collect();
        let villains: Vec<usize> = (0..self.nodes.len()).filter(|place| self.nodes[*place].is_villain).collect();
        let (Some(fault), Some(place)) = (self.luck.villains.pick(&on), self.luck.villains.pick(&villains)) else {
            return Ok(());
        };
        if self.nodes[place].clerk.is_none() || self.is_paused(place) {
            return Ok(());
        }
        self.tell(|| format!("{} does mischief: {}", self.nodes[place].member, fault.name()));
        match fault {
            Fault::Forge => self.forge(place),
            Fault::Equivocate => return self.equivocate(place),
            Fault::Grab => return self.grab(place),
            Fault::Regrant => return self.regrant(place),
            Fault::Misplace => return self.misplace(place),
            Fault::Bomb => self.bomb(place),
            Fault::Flood => self.flood(place),
            _ => {}
        }
        Ok(())
    }

    /// Sends a frame to every neighbour.
    fn send_all(&mut self, from: usize, bytes: &[u8]) {
        let neighbours: Vec<usize> = self.nodes[from].connections.keys().copied().collect();
        for to in neighbours {
            self.send(from, to, bytes);
        }
    }
}
