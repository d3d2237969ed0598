// SPDX-License-Identifier: EUPL-1.2
//! The access journal for the terminal, a piece at a time: who asks verifies it there, line by line.

use data_encoding::HEXLOWER;
use jiff::civil::Date;
use serde_json::Value;

use super::answer::{BAD_DAY, Said, Words, json};
use super::view::{AccessLineView, AccessView};
use crate::access::{Chain, Line};
use crate::clock::Clock;
use crate::replica::Replica;
use crate::store::AccessAsked;

const UNREAD: Words = (
    "le journal des accès ne se lit pas : gardez cette boîte telle qu'elle est, et prévenez la coordination",
    "the access journal cannot be read: leave this node as it is, and tell the coordination",
);

/// Lines of a day, or those after a number.
pub(super) async fn lines(
    replica: &Replica,
    clock: &Clock,
    day: Option<String>,
    after: Option<u32>,
) -> Result<Value, Said> {
    let asked = match (after, day) {
        (Some(number), _) => AccessAsked::After(number),
        (None, day) => {
            let day = day.map_or(Ok(clock.local_now().date()), |day| day.parse::<Date>()).map_err(|_| BAD_DAY)?;
            let (from, to) = clock.day(day).ok_or(BAD_DAY)?;
            AccessAsked::Between(i64::from(from.0) * 60, i64::from(to.0) * 60)
        }
    };
    let (chain, lines) = replica.access(asked).await.map_err(|_| UNREAD)?;
    json(&AccessView {
        first: chain.first,
        anchor: HEXLOWER.encode(&chain.anchor),
        last: chain.last,
        head: HEXLOWER.encode(&chain.head),
        lines: lines.into_iter().map(|line| view(clock, line)).collect(),
    })
}

fn view(clock: &Clock, line: Line) -> AccessLineView {
    let minute = u32::try_from(line.at.div_euclid(60)).unwrap_or(0);
    let time = clock.local(crdt_calendar::time::UtcMinute(minute));
    AccessLineView {
        number: line.number,
        at: line.at,
        time: time.strftime("%Y-%m-%dT%H:%M%:z").to_string(),
        who: line.who,
        page: line.page,
        appointments: line.appointments,
        hash: HEXLOWER.encode(&line.hash),
    }
}

impl AccessView {
    /// The chain, if it is one.
    #[must_use]
    pub fn chain(&self) -> Option<Chain> {
        Some(Chain { first: self.first, anchor: link(&self.anchor)?, last: self.last, head: link(&self.head)? })
    }
}

impl AccessLineView {
    /// The line, if it is one.
    #[must_use]
    pub fn line(&self) -> Option<Line> {
        Some(Line {
            number: self.number,
            at: self.at,
            who: self.who.clone(),
            page: self.page.clone(),
            appointments: self.appointments.clone(),
            hash: link(&self.hash)?,
        })
    }
}

fn link(hexadecimal: &str) -> Option<[u8; 32]> {
    HEXLOWER.decode(hexadecimal.as_bytes()).ok()?.try_into().ok()
}
