// SPDX-License-Identifier: EUPL-1.2
//! Free times for people: by week and day, each saying how it would be had.

use crdt_calendar::fold::offers::Way;
use crdt_calendar::ids::{MemberId, ServiceId};
use crdt_calendar::time::WEEK_MINUTES;
use jiff::civil::Date;

use super::App;
use super::format;
use super::i18n::Texts;
use crate::replica::Offered;

/// Weeks shown, this one included.
pub(super) const WEEKS_SHOWN: u32 = 4;
/// Times on one page. Four weeks of one desk have some two hundred.
const SLOTS_MAX: usize = 600;

/// One free time.
pub(super) struct Slot {
    pub short: String,
    pub time: String,
    /// "mardi 2 mars à 10 h 00".
    pub when: String,
    /// Booked at once; otherwise the agency confirms.
    pub held: bool,
}

/// The free times of a day.
pub(super) struct SlotDay {
    pub title: String,
    pub count: String,
    pub slots: Vec<Slot>,
    date: Date,
}

/// The free times of a service, in order, from `lead_min` minutes on, up to four weeks from today.
pub(super) fn offers(app: &App, home: &MemberId, service: &ServiceId, lead_min: u32) -> Vec<Offered> {
    let now = app.clock.minute();
    // Nobody books what has begun.
    let from = now.plus_min(lead_min.max(1));
    let mut offers = app.replica.snapshot().offers_at(home, service, from, now, SLOTS_MAX);
    let last = now.plus_min(WEEKS_SHOWN * WEEK_MINUTES);
    offers.retain(|offered| offered.offer.minutes.from < last);
    offers
}

/// The first free time of a service, and the first that is booked at once.
pub(super) struct Firsts {
    pub first: Option<Offered>,
    pub at_once: Option<Offered>,
}

/// The first free times of a service from now on.
pub(super) fn firsts(app: &App, home: &MemberId, service: &ServiceId) -> Firsts {
    let now = app.clock.minute();
    let last = now.plus_min(WEEKS_SHOWN * WEEK_MINUTES);
    let snapshot = app.replica.snapshot();
    let offers = snapshot.each_offer(home, service, now.plus_min(1), now).take(SLOTS_MAX);
    let mut offers = offers.take_while(|offered| offered.offer.minutes.from < last);
    let is_held = |offered: &Offered| offered.offer.way == Way::Held;
    let first = offers.next();
    let at_once = first.clone().filter(is_held).or_else(|| offers.find(is_held));
    Firsts { first, at_once }
}

/// One free time as people read it.
pub(super) fn slot(app: &App, t: &Texts, offered: &Offered) -> Slot {
    let minutes = offered.offer.minutes;
    Slot {
        short: offered.slot.to_string(),
        time: format::time(t, &app.clock.local(minutes.from)),
        when: format::when(t, &app.clock, minutes.from),
        held: offered.offer.way == Way::Held,
    }
}

/// The free times of a service, day by day.
pub(super) fn by_day(app: &App, t: &Texts, home: &MemberId, service: &ServiceId) -> Vec<SlotDay> {
    let mut days: Vec<SlotDay> = Vec::new();
    for offered in offers(app, home, service, 0) {
        let date = app.clock.local(offered.offer.minutes.from).date();
        let slot = slot(app, t, &offered);
        match days.last_mut().filter(|day| day.date == date) {
            Some(day) => day.slots.push(slot),
            None => days.push(SlotDay { title: format::day(t, date), count: String::new(), slots: vec![slot], date }),
        }
    }
    for day in &mut days {
        day.count = t.count("animateur-slots-count", "count", day.slots.len());
    }
    days
}
