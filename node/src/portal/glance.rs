// SPDX-License-Identifier: EUPL-1.2
//! Today at a glance: who comes next, who is here and waits, who is called back, what each booth does, and the line.
//!
//! Opens no details of its own: it is told from the rows of the day. That an agency's box is heard says nothing of the
//! advisor: whether somebody is at the desk is said apart.

use crdt_calendar::ids::{BoothId, MemberId};
use fluent_bundle::FluentArgs;

use super::App;
use super::agenda::Row;
use super::i18n::{Key, Texts};
use super::presence::{self, Lamp};
use crate::reach::Reach;
use crate::replica::{ShortId, Snapshot};

/// The head of the animateur's day.
pub(super) struct Glance {
    pub next: Option<Coming>,
    /// Who is here and waits, the longest first.
    pub waiting: Vec<Waiting>,
    pub waiting_title: String,
    pub booths: Vec<Booth>,
    pub line: Line,
}

/// Who comes next.
pub(super) struct Coming {
    pub short: ShortId,
    pub time: String,
    pub soon: Option<String>,
    pub name: Option<String>,
    pub agency: String,
    pub booth: String,
    /// The agency's box is heard, and the sentence that says it.
    pub heard: bool,
    pub heard_word: String,
    /// Whether somebody is at the agency's desk.
    pub there: Option<Lamp>,
}

/// A person who is here.
pub(super) struct Waiting {
    pub short: ShortId,
    pub name: Option<String>,
    pub since: String,
    pub agency: String,
}

/// A booth of this point.
pub(super) struct Booth {
    pub name: String,
    /// For the style and for tests.
    pub code: &'static str,
    pub word: String,
}

/// The line as a whole.
pub(super) struct Line {
    pub code: &'static str,
    pub word: String,
}

/// What stands at the head of today.
pub(super) fn glance(app: &App, t: &Texts, rows: &[Row]) -> Glance {
    let snapshot = app.replica.snapshot();
    let next = rows.iter().find(|row| row.alive && row.since.is_none());
    let mut here: Vec<&Row> = rows.iter().filter(|row| row.waits_here).collect();
    here.sort_by(|one, other| one.since.cmp(&other.since));
    Glance {
        next: next.map(|row| coming(app, t, &snapshot, row)),
        waiting_title: t.count("glance-waiting", "count", here.len()),
        waiting: here.into_iter().map(|row| waiting(t, row)).collect(),
        booths: booths(app, t, &snapshot),
        line: line(app, t, &snapshot),
    }
}

fn name(row: &Row) -> Option<String> {
    row.person.as_ref().map(|person| person.name.clone())
}

fn coming(app: &App, t: &Texts, snapshot: &Snapshot, row: &Row) -> Coming {
    let heard = row.home.as_ref().is_some_and(|home| is_heard(app, snapshot, home));
    let key = if heard { Key("glance-heard") } else { Key("glance-unheard") };
    Coming {
        short: row.short,
        time: row.time.clone(),
        soon: row.soon.clone(),
        name: name(row),
        agency: row.agency.clone(),
        booth: row.booth.clone(),
        heard,
        heard_word: t.text(key.0, "agency", &row.agency),
        there: row.home.as_ref().map(|home| presence::lamp(app, t, snapshot, home, row.desk_id.as_ref())),
    }
}

fn waiting(t: &Texts, row: &Row) -> Waiting {
    let since = row.since.as_ref().map(|(_, time)| t.text("glance-since", "time", time)).unwrap_or_default();
    Waiting { short: row.short, name: name(row), since, agency: row.agency.clone() }
}

/// Each booth, awake or not.
fn booths(app: &App, t: &Texts, snapshot: &Snapshot) -> Vec<Booth> {
    let scenes = app.booths.all();
    let profile = snapshot.own_profile();
    let booths = profile.map(|it| it.description.booths.as_slice()).unwrap_or_default();
    let one = |(id, name): &(BoothId, String)| {
        let scene = scenes.get(id);
        let agency = scene.and_then(|scene| {
            let it = snapshot.appointment_by_id(&scene.appointment)?;
            it.home.as_ref().map(|home| snapshot.name_of(home))
        });
        let (code, key) = match scene {
            Some(scene) if scene.help => ("help", Key("glance-booth-help")),
            Some(scene) if scene.begun => ("talking", Key("glance-booth-talking")),
            Some(_) => ("awake", Key("glance-booth-awake")),
            None if app.booths.is_open(*id) => ("free", Key("glance-booth-free")),
            None => ("closed", Key("glance-booth-closed")),
        };
        Booth { name: name.clone(), code, word: t.text(key.0, "agency", &agency.unwrap_or_default()) }
    };
    booths.iter().map(one).collect()
}

fn line(app: &App, t: &Texts, snapshot: &Snapshot) -> Line {
    let agencies: Vec<&MemberId> = snapshot.agencies().map(|(id, _)| id).collect();
    let heard = agencies.iter().filter(|id| is_heard(app, snapshot, id)).count();
    let mut counts = FluentArgs::new();
    counts.set("heard", heard);
    counts.set("all", agencies.len());
    match heard {
        0 => Line { code: "cut", word: t.say("glance-line-cut") },
        _ if heard == agencies.len() => Line { code: "whole", word: t.say("glance-line-whole") },
        _ => Line { code: "part", word: t.fill("glance-line-part", &counts) },
    }
}

/// Whether a member's box is heard now.
pub(super) fn is_heard(app: &App, snapshot: &Snapshot, id: &MemberId) -> bool {
    let reaches = app.reaches.borrow();
    let key = snapshot.roster.key(id);
    key.and_then(|key| reaches.get(&key)).is_some_and(|reach| *reach != Reach::Unheard)
}
