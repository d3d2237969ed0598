// SPDX-License-Identifier: EUPL-1.2
//! The agency's week as a table, by day and desk: appointments, what is offered, what is kept for whom, what is closed and
//! why; and how much of the quotas and of what is kept is used. On paper too.
//!
//! Opens no details and names nobody: a week lies about on paper longer than a day. Names are on the day's page.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use crdt_calendar::act::{Bar, Quota, Terms};
use crdt_calendar::fold::offers::Way;
use crdt_calendar::fold::terms::Rulings;
use crdt_calendar::fold::{Appointment, SlotState, State as What, Week};
use crdt_calendar::ids::{DeskId, MemberId, SlotId};
use crdt_calendar::time::{Span, UtcMinute};
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde::Deserialize;

use super::App;
use super::agenda;
use super::badge;
use super::format;
use super::guard::Visit;
use super::i18n::{Key, Texts};
use super::page::{Answer, Door, Page, show};
use super::presence::OwnPlace;
use crate::replica::{ClosedWhy, Snapshot, Used};

/// Which day's week.
#[derive(Deserialize)]
pub(super) struct Which {
    jour: Option<String>,
}

#[derive(Template)]
#[template(path = "week.html", blocks = ["live"])]
struct WeekPage {
    page: Page,
    place: OwnPlace,
    title: String,
    printed: String,
    previous: Option<Date>,
    next: Option<Date>,
    is_now: bool,
    days: Vec<DayHead>,
    desks: Vec<DeskRow>,
    quotas: Vec<QuotaRow>,
    kept: Vec<KeptRow>,
    src: String,
}

struct DayHead {
    date: Date,
    title: String,
    is_today: bool,
}

struct DeskRow {
    name: String,
    /// One for each day.
    cells: Vec<Cell>,
}

struct Cell {
    /// Why the desk is closed on that day.
    closed: Option<String>,
    entries: Vec<Entry>,
}

/// A stretch of a desk's day.
struct Entry {
    /// For the style and for tests.
    code: &'static str,
    time: String,
    text: String,
    /// The day's page, of an appointment.
    href: Option<String>,
    minutes: Span,
}

/// What a point uses of a quota.
struct QuotaRow {
    point: String,
    service: String,
    used: usize,
    most: usize,
}

/// What a point uses of what is kept for it.
struct KeptRow {
    point: String,
    used: usize,
    all: usize,
}

/// The week of a day.
pub(super) async fn page(State(app): State<Arc<App>>, visit: Visit, Query(which): Query<Which>) -> Answer {
    let t = visit.t;
    let (date, fault) = agenda::chosen_day(&app, t, which.jour.as_deref());
    let mut page = app.page(&visit, Door::Advisor, Key("title-week"));
    page.title = t.text("title-week", "agency", &page.place);
    let status = if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page.fault = fault;
    let snapshot = app.replica.snapshot();
    let today = app.clock.local_now().date();
    let (first, last) = app.clock.held_days();
    let monday = monday(date);
    let all: Vec<Date> = monday.series(1.day()).take(7).collect();
    let sheet = Sheet::of(&app, t, &snapshot, &all);
    let days: Vec<Date> = all.iter().copied().filter(|date| sheet.is_shown(*date)).collect();
    let week_later = |weeks: i64| monday.checked_add(weeks.weeks()).ok().filter(|it| *it >= first && *it <= last);
    let (desks, kept) = sheet.rows(&days);
    let view = WeekPage {
        place: app.own_place(&visit),
        title: t.text("week-of", "date", &format::day_full(t, monday)),
        printed: format::when_full(t, &app.clock, app.clock.minute()),
        previous: week_later(-1),
        next: week_later(1),
        is_now: all.contains(&today),
        desks,
        days: days.into_iter().map(|date| day_head(t, date, today)).collect(),
        quotas: quotas(&app, t, &snapshot, monday),
        kept,
        src: format!("/conseiller/semaine?jour={date}"),
        page,
    };
    Ok(if visit.fragment { show(status, &view.as_live()) } else { show(status, &view) })
}

fn monday(date: Date) -> Date {
    let past = i64::from(date.weekday().to_monday_zero_offset());
    date.checked_sub(past.days()).unwrap_or(date)
}

fn day_head(t: &Texts, date: Date, today: Date) -> DayHead {
    DayHead { date, title: format::day(t, date), is_today: date == today }
}

/// What a week is made of, by desk and day.
struct Sheet<'a> {
    t: &'a Texts,
    snapshot: &'a Snapshot,
    desks: Vec<(u8, String)>,
    entries: BTreeMap<(u8, Date), Vec<Entry>>,
    /// What is kept for each point: what it booked of it, and all.
    kept: BTreeMap<MemberId, (usize, usize)>,
    now: UtcMinute,
}

impl<'a> Sheet<'a> {
    fn of(app: &App, t: &'a Texts, snapshot: &'a Snapshot, days: &[Date]) -> Self {
        let profile = snapshot.own_profile();
        let desks = profile.map(|profile| profile.description.desks.clone()).unwrap_or_default();
        let mut sheet =
            Self { t, snapshot, desks, entries: BTreeMap::new(), kept: BTreeMap::new(), now: app.clock.minute() };
        let Some(home) = snapshot.member.clone() else { return sheet };
        let nothing = Terms::default();
        let terms = profile.map_or(&nothing, |profile| &profile.terms);
        for (date, (from, to)) in days.iter().filter_map(|date| Some((*date, app.clock.day(*date)?))) {
            let of_day = snapshot.agenda(from, to);
            for it in of_day.iter().filter(|it| !it.is_off()) {
                sheet.appointment(app, date, it);
            }
            for week in snapshot.weeks.range(from.week()..=to.week()).map(|(_, week)| week) {
                let rulings = Rulings::of(week, &home, terms, &snapshot.days);
                sheet.slots(app, week, &rulings, (date, from, to));
            }
        }
        for entries in sheet.entries.values_mut() {
            entries.sort_by_key(|it| (it.minutes.from, it.code));
        }
        sheet
    }

    fn appointment(&mut self, app: &App, date: Date, it: &Appointment) {
        let Some(booked) = it.desk.as_ref().filter(|desk| Some(&desk.home) == self.snapshot.member.as_ref()) else {
            return;
        };
        let desk = self.snapshot.desk_of(it).unwrap_or_else(|| booked.clone());
        if desk != *booked {
            let text = self.t.text("week-colleague", "desk", &agenda::desk_named(self.snapshot, &desk));
            let (time, minutes) = (hours(app, self.t, it.minutes), it.minutes);
            let entry = Entry { code: "passed", time, text, href: None, minutes };
            self.entries.entry((booked.number, date)).or_default().push(entry);
        }
        let badge = badge::badge(app, self.t, it, false);
        let (point, service) = (self.snapshot.name_of(&it.point), self.snapshot.service_name(&desk.home, &it.service));
        let entry = Entry {
            code: if it.state == What::Asked { "asked" } else { "booked" },
            time: hours(app, self.t, it.minutes),
            text: format!("{service} · {point} ({})", badge.word),
            href: Some(format!("/conseiller?jour={date}#rdv-{}", crate::replica::short_act(&it.id))),
            minutes: it.minutes,
        };
        self.entries.entry((desk.number, date)).or_default().push(entry);
    }

    /// Slots of a day that bear no appointment, neighbours of one kind together.
    fn slots(&mut self, app: &App, week: &Week, rulings: &Rulings<'_>, (date, from, to): (Date, UtcMinute, UtcMinute)) {
        let (now, own) = (self.now, self.snapshot.member.as_ref());
        let is_of_day = |minutes: Span| from <= minutes.from && minutes.from < to;
        let mut slots: Vec<(SlotId, &DeskId, Span)> = week
            .slots()
            .filter(|(_, slot)| Some(&slot.opening.desk.home) == own && is_of_day(slot.minutes))
            .map(|(id, slot)| (id, &slot.opening.desk, slot.minutes))
            .collect();
        slots.sort_by_key(|(_, desk, minutes)| (desk.number, *minutes));
        for (id, desk, minutes) in slots {
            self.count_kept(week, &id);
            let entries = self.entries.entry((desk.number, date)).or_default();
            if entries.iter().any(|it| it.code == "asked" && it.minutes.overlaps(minutes)) {
                continue;
            }
            let Some((code, text)) = self.kind(week, rulings, &id, desk, minutes).filter(|_| minutes.from > now) else {
                continue;
            };
            let entries = self.entries.entry((desk.number, date)).or_default();
            let before = entries.last_mut().filter(|it| {
                it.code == code && it.text == text && it.minutes.end() == minutes.from && it.href.is_none()
            });
            match before {
                Some(it) => {
                    it.minutes.length_min = it.minutes.length_min.saturating_add(minutes.length_min);
                    it.time = hours(app, self.t, it.minutes);
                }
                None => {
                    entries.push(Entry { code, time: hours(app, self.t, minutes), text, href: None, minutes });
                }
            }
        }
    }

    /// What a slot without an appointment is.
    fn kind(
        &self,
        week: &Week,
        rulings: &Rulings<'_>,
        id: &SlotId,
        desk: &DeskId,
        minutes: Span,
    ) -> Option<(&'static str, String)> {
        let t = self.t;
        match week.state(id)? {
            SlotState::Free => Some(match self.bar(rulings, desk, minutes) {
                Some(Bar::DayFull) => ("full", t.say("week-full")),
                Some(_) => ("buffer", t.say("week-buffer")),
                None => ("free", t.say("week-free")),
            }),
            SlotState::Held(writer) => {
                let point = self.snapshot.roster.member_of(&writer.key).map(|id| self.snapshot.name_of(id));
                Some(("held", t.text("week-held", "point", &point.unwrap_or_default())))
            }
            SlotState::Suspended => Some(("doubt", t.say("week-doubt"))),
            SlotState::Booked(_) | SlotState::NotBookable => None,
        }
    }

    fn bar(&self, rulings: &Rulings<'_>, desk: &DeskId, minutes: Span) -> Option<Bar> {
        rulings.desk(desk.number, minutes, Way::Asked, None, self.now)
    }

    /// Slots that were passed on in advance, and are still: what was given back is kept for nobody.
    fn count_kept(&mut self, week: &Week, id: &SlotId) {
        let tenure = week.slot(id).and_then(|slot| slot.open_tenure());
        let Some((_, record)) = tenure.filter(|(_, record)| record.ask.is_none()) else { return };
        let Some(point) = self.snapshot.roster.member_of(&record.to.key) else { return };
        let counts = self.kept.entry(point.clone()).or_default();
        match week.state(id) {
            Some(SlotState::Booked(_)) => *counts = (counts.0 + 1, counts.1 + 1),
            Some(SlotState::Held(_)) => counts.1 += 1,
            _ => {}
        }
    }

    /// Saturdays and Sundays stand there only if something does on them.
    fn is_shown(&self, date: Date) -> bool {
        date.weekday().to_monday_zero_offset() < 5
            || self.entries.iter().any(|((_, day), it)| *day == date && !it.is_empty())
    }

    fn rows(mut self, days: &[Date]) -> (Vec<DeskRow>, Vec<KeptRow>) {
        let closed = |desk: u8, date: Date| {
            self.snapshot.closed.why(desk, date).map(|why| match why {
                ClosedWhy::Holiday => self.t.say("week-closed-holiday"),
                ClosedWhy::Absence => self.t.say("week-closed-absence"),
            })
        };
        let cells: Vec<Vec<Option<String>>> =
            self.desks.iter().map(|(number, _)| days.iter().map(|date| closed(*number, *date)).collect()).collect();
        let mut rows = Vec::new();
        for ((number, name), closed) in self.desks.into_iter().zip(cells) {
            let cell = |(date, closed): (&Date, Option<String>)| Cell {
                closed,
                entries: self.entries.remove(&(number, *date)).unwrap_or_default(),
            };
            rows.push(DeskRow { name, cells: days.iter().zip(closed).map(cell).collect() });
        }
        let named =
            |(id, (used, all)): (MemberId, (usize, usize))| KeptRow { point: self.snapshot.name_of(&id), used, all };
        (rows, self.kept.into_iter().filter(|(_, (_, all))| *all > 0).map(named).collect())
    }
}

fn hours(app: &App, t: &Texts, minutes: Span) -> String {
    let [from, to] = [minutes.from, minutes.end()].map(|minute| format::time(t, &app.clock.local(minute)));
    format!("{from} – {to}")
}

/// What each point uses of each quota in this week; those that name no point show who uses something of them.
fn quotas(app: &App, t: &Texts, snapshot: &Snapshot, monday: Date) -> Vec<QuotaRow> {
    let Some(home) = snapshot.member.as_ref() else { return Vec::new() };
    let Some(terms) = snapshot.profile(home).map(|profile| &profile.terms) else { return Vec::new() };
    let Some(week) = app.clock.day(monday).map(|(_, end)| end.week()) else { return Vec::new() };
    let mut rows = Vec::new();
    for quota in &terms.quotas {
        let named = quota.point.iter().cloned();
        let every = snapshot.roster.members().map(|(id, _)| id.clone()).filter(|_| quota.point.is_none());
        for point in named.chain(every) {
            let used = snapshot.used(home, quota, &point, week..=week).into_iter().next();
            let Some(Used { used, most, .. }) = used.filter(|it| quota.point.is_some() || it.used > 0) else {
                continue;
            };
            rows.push(QuotaRow {
                point: snapshot.name_of(&point),
                service: service(t, snapshot, home, quota),
                used,
                most,
            });
        }
    }
    rows
}

fn service(t: &Texts, snapshot: &Snapshot, home: &MemberId, quota: &Quota) -> String {
    quota.service.as_ref().map_or_else(|| t.say("week-all-services"), |id| snapshot.service_name(home, id))
}
