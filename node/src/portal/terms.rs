// SPDX-License-Identifier: EUPL-1.2
//! What an agency lays down, in people's words: delays, quotas, what to do before and after, whom to call.
//!
//! Texts come from another member: they are shown as they are, never as markup or links.

use crdt_calendar::act::{Bar, Counterpart, Terms};
use crdt_calendar::fold::Appointment;
use crdt_calendar::ids::{MemberId, ServiceId};
use crdt_calendar::time::IsoWeek;

use super::App;
use super::format;
use super::i18n::{Key, Texts};
use super::slots::WEEKS_SHOWN;
use crate::replica::{Snapshot, Used};

/// Half a day: the first minute of a week of UTC may be of the day before, where people live.
const NOON_MIN: u32 = 12 * 60;

/// What is laid down for a service, for a page of this point.
#[derive(Default)]
pub(super) struct Conditions {
    /// How early and how late it is booked.
    pub delays: Option<String>,
    /// What this point may still ask, week by week, where there is a quota.
    pub quotas: Vec<QuotaWeek>,
    /// What to do before.
    pub before: Option<String>,
    /// And after.
    pub after: Option<String>,
    /// Whom to call at the agency.
    pub counterparts: Vec<Counterpart>,
}

/// A week of a quota.
pub(super) struct QuotaWeek {
    pub sentence: String,
    pub is_full: bool,
}

/// What an agency lays down for a service.
pub(super) fn conditions(app: &App, t: &Texts, home: &MemberId, service: &ServiceId) -> Conditions {
    let snapshot = app.replica.snapshot();
    let Some(terms) = snapshot.profile(home).map(|profile| &profile.terms) else { return Conditions::default() };
    let of_service = terms.service(service);
    let said = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    Conditions {
        delays: delays(t, terms, service),
        quotas: quotas(app, t, &snapshot, home, service),
        before: of_service.and_then(|it| said(&it.before)),
        after: of_service.and_then(|it| said(&it.after)),
        counterparts: terms.counterparts.clone(),
    }
}

/// The same of an appointment.
pub(super) fn of_appointment(app: &App, t: &Texts, it: &Appointment) -> Conditions {
    it.home.as_ref().map(|home| conditions(app, t, home, &it.service)).unwrap_or_default()
}

fn delays(t: &Texts, terms: &Terms, service: &ServiceId) -> Option<String> {
    let terms = terms.service(service)?;
    let count = |minutes: u32, of: u32| usize::try_from(minutes.div_ceil(of)).unwrap_or(0);
    let shortest =
        (terms.shortest_delay_min > 0).then(|| t.count("terms-shortest", "hours", count(terms.shortest_delay_min, 60)));
    let longest = terms.longest_delay_min.map(|it| t.count("terms-longest", "days", count(it, 24 * 60)));
    let said: Vec<String> = shortest.into_iter().chain(longest).collect();
    (!said.is_empty()).then(|| said.join(" "))
}

fn quotas(app: &App, t: &Texts, snapshot: &Snapshot, home: &MemberId, service: &ServiceId) -> Vec<QuotaWeek> {
    let first = app.clock.minute().week();
    let last = IsoWeek(first.0.saturating_add(u16::try_from(WEEKS_SHOWN).unwrap_or(0)));
    let all = snapshot.quotas(home, service, first..=last);
    // Where several quotas bind, the one of which least is left says it.
    let tightest = |week: u16| {
        let of_week = all.iter().filter(|used| used.week == IsoWeek(week));
        of_week.min_by_key(|used| used.most.saturating_sub(used.used))
    };
    (first.0..=last.0).filter_map(tightest).map(|used| quota_week(app, t, used)).collect()
}

fn quota_week(app: &App, t: &Texts, it: &Used) -> QuotaWeek {
    let date = format::day(t, app.clock.local(it.week.start().plus_min(NOON_MIN)).date());
    let (used, most) = (it.used.to_string(), it.most.to_string());
    let is_full = it.used >= it.most;
    let values = [("date", date.as_str()), ("used", used.as_str()), ("most", most.as_str())];
    let key = if is_full { Key("quota-week-full") } else { Key("quota-week") };
    QuotaWeek { sentence: t.texts(key.0, &values), is_full }
}

/// Why nothing was booked or asked for: what to do next, before the form is sent again.
pub(super) fn barred(bar: Bar) -> Key {
    match bar {
        Bar::TooSoon => Key("error-too-soon"),
        Bar::TooFar => Key("error-too-far"),
        Bar::Quota => Key("error-quota"),
        Bar::DayFull => Key("error-day-full"),
        Bar::TooClose => Key("error-too-close"),
    }
}

/// Why the agency refused, in its own words, for who calls the person back.
pub(super) fn refused(bar: Bar) -> Key {
    match bar {
        Bar::TooSoon => Key("refused-too-soon"),
        Bar::TooFar => Key("refused-too-far"),
        Bar::Quota => Key("refused-quota"),
        Bar::DayFull => Key("refused-day-full"),
        Bar::TooClose => Key("refused-too-close"),
    }
}
