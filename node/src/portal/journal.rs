// SPDX-License-Identifier: EUPL-1.2
//! The access journal as a manager reads it: a day of lines, and whether the whole chain is as it was written.
//!
//! Shows short names of appointments, never a person's. Each printed page carries the chain's last hash, to be compared
//! later.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use data_encoding::HEXLOWER;
use jiff::civil::Date;
use serde::Deserialize;

use super::App;
use super::format;
use super::guard::Visit;
use super::i18n::{Key, Texts};
use super::page::{self, Answer, Page, oops, show};
use crate::access::{Break, Chain, Line, TERMINAL};
use crate::replica::{Refusal, Replica};
use crate::store::AccessAsked;

/// How long lines are kept, in days: what the page lets one turn back to.
const DAYS_BACK: i64 = 380;

/// Which day.
#[derive(Deserialize)]
pub(super) struct Which {
    jour: Option<String>,
}

struct Row {
    number: u32,
    time: String,
    who: String,
    page: String,
    appointments: Vec<String>,
}

/// A day and the ways to its neighbours.
struct Day {
    title: String,
    today: bool,
    previous: Option<Date>,
    next: Option<Date>,
}

#[derive(Template)]
#[template(path = "journal.html")]
struct JournalPage {
    page: Page,
    day: Day,
    count: String,
    rows: Vec<Row>,
    is_whole: bool,
    verdict: String,
    head: String,
}

/// A day of the journal.
pub(super) async fn page(State(app): State<Arc<App>>, visit: Visit, Query(which): Query<Which>) -> Answer {
    let t = visit.t;
    let today = app.clock.local_now().date();
    let first = today.checked_sub(jiff::Span::new().days(DAYS_BACK)).unwrap_or(today);
    let asked = which.jour.as_deref().map_or(Some(today), |day| day.parse().ok());
    let date = asked.filter(|date| (first..=today).contains(date));
    let mut page = app.page(&visit, page::staff_door(&app), Key("title-journal"));
    if date.is_none() {
        let (first, last) = (format::day_full(t, first), format::day_full(t, today));
        page.fault = Some(t.texts("error-date-outside", &[("first", &first), ("last", &last)]));
    }
    let status = if date.is_some() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let date = date.unwrap_or(today);
    let closed = |_: Refusal| oops(&app, &visit, StatusCode::SERVICE_UNAVAILABLE, t.say("error-journal"));
    let (chain, found) = verified(&app.replica).await.map_err(closed)?;
    let lines = match app.clock.day(date) {
        Some((from, to)) => {
            let between = AccessAsked::Between(i64::from(from.0) * 60, i64::from(to.0) * 60);
            app.replica.access(between).await.map_err(closed)?.1
        }
        None => Vec::new(),
    };
    let view = JournalPage {
        day: Day {
            title: format::day(t, date),
            today: date == today,
            previous: date.yesterday().ok().filter(|it| *it >= first),
            next: date.tomorrow().ok().filter(|it| *it <= today),
        },
        count: t.count("journal-count", "count", lines.len()),
        rows: lines.into_iter().map(|line| row(&app, t, line)).collect(),
        is_whole: found.is_none(),
        verdict: verdict(t, &chain, found),
        head: HEXLOWER.encode(&chain.head[..8]),
        page,
    };
    Ok(show(status, &view))
}

fn row(app: &App, t: &Texts, line: Line) -> Row {
    let minute = u32::try_from(line.at.div_euclid(60)).unwrap_or(0);
    let page = match line.page.as_str() {
        "agenda" => t.say("journal-page-agenda"),
        "call-backs" => t.say("journal-page-call-backs"),
        "appointment" => t.say("journal-page-appointment"),
        "slip" => t.say("journal-page-slip"),
        "amend" => t.say("journal-page-amend"),
        "book" => t.say("journal-page-book"),
        "cancel" => t.say("journal-page-cancel"),
        "sheet" => t.say("journal-page-sheet"),
        "waiting" => t.say("journal-page-waiting"),
        "suspended" => t.say("journal-page-suspended"),
        "move" => t.say("journal-page-move"),
        "double" => t.say("journal-page-double"),
        "call" => t.say("journal-page-call"),
        "note" => t.say("journal-page-note"),
        _ => line.page,
    };
    Row {
        number: line.number,
        time: format::time(t, &app.clock.local(crdt_calendar::time::UtcMinute(minute))),
        who: if line.who == TERMINAL { t.say("journal-terminal") } else { line.who },
        page,
        appointments: line.appointments.split(' ').map(ToOwned::to_owned).collect(),
    }
}

/// The whole chain, walked along: where it is broken, if it is.
async fn verified(replica: &Replica) -> Result<(Chain, Option<Break>), Refusal> {
    let (chain, mut lines) = replica.access(AccessAsked::After(0)).await?;
    let mut walk = chain.walk();
    let mut now = chain;
    while let Some(last) = lines.last().map(|last| last.number) {
        if let Err(found) = walk.piece(&now, &lines) {
            return Ok((chain, Some(found)));
        }
        (now, lines) = replica.access(AccessAsked::After(last)).await?;
    }
    Ok((chain, walk.end().err()))
}

fn verdict(t: &Texts, chain: &Chain, found: Option<Break>) -> String {
    match found {
        None => {
            let lines = usize::try_from((chain.last + 1).saturating_sub(chain.first)).unwrap_or(usize::MAX);
            t.count("journal-whole", "count", lines)
        }
        Some(Break::Changed(number)) => t.text("journal-changed", "number", &number.to_string()),
        Some(Break::Missing(number)) => t.text("journal-missing", "number", &number.to_string()),
        Some(Break::Beyond(number)) => t.text("journal-beyond", "number", &number.to_string()),
    }
}
