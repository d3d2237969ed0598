// SPDX-License-Identifier: EUPL-1.2
//! The calendar by hand: pieces of an export file, out and in; and what the terminal can ask of a box's folder while
//! no node runs there.

use crdt_calendar::ids::{FolioId, PublicKey};
use crdt_calendar::time::IsoWeek;
use data_encoding::{BASE64, HEXLOWER};
use jiff::civil::Date;
use serde_json::Value;

use super::answer::{BAD_DAY, Said, Words, json, response};
use super::view::{ExportView, ImportView};
use super::{Request, Response, access, accounts, places, roster};
use crate::clock::Clock;
use crate::replica::{Exported, Kept, Replica};

const NOT_FRAMES: Words = (
    "la demande n'est pas celle de « hameau import » : utilisez la même version de hameau partout",
    "the request is not that of “hameau import”: use the same version of hameau everywhere",
);
const NEEDS_A_NODE: Words =
    ("cette commande veut une boîte qui tourne : « hameau run »", "this command needs a node that runs: “hameau run”");

/// Answers from a box's register, without a node around it: what needs neither network nor pages.
pub async fn answer_alone(replica: &Replica, clock: &Clock, request: Request) -> Response {
    let done = match request {
        Request::Enrol { request, replaces } => roster::enrol(replica, &request, replaces).await,
        Request::Papers => roster::papers(replica).await,
        Request::Export { since, after } => export(replica, clock, since, after).await,
        Request::Import { frames, whole_by } => import(replica, &frames, whole_by).await,
        Request::AccountAdd { name, role, password } => accounts::add(replica, &name, &role, &password).await,
        Request::AccountList => accounts::list(replica),
        Request::AccountPassword { name, password } => accounts::password(replica, &name, &password).await,
        Request::AccountRemove { name } => accounts::remove(replica, &name).await,
        Request::Journal { day, after } => access::lines(replica, clock, day, after).await,
        Request::Communes => places::communes(replica),
        Request::Addresses => places::addresses(replica),
        _ => Err(NEEDS_A_NODE.into()),
    };
    response(done, crate::lang::is_english())
}

/// Answers from what a disk keeps on which no node can start: an export; `None` of anything else.
pub fn answer_kept(kept: &Kept, clock: &Clock, request: Request) -> Option<Response> {
    let Request::Export { since, after } = request else { return None };
    let done = export_asked(clock, since, after).and_then(|(since, after)| {
        let piece = kept.export(since, after).map_err(|error| Said::Sentence(error.to_string()))?;
        exported(piece)
    });
    Some(response(done, crate::lang::is_english()))
}

/// A piece of an export file.
pub(super) async fn export(
    replica: &Replica,
    clock: &Clock,
    since: Option<String>,
    after: Option<String>,
) -> Result<Value, Said> {
    let (since, after) = export_asked(clock, since, after)?;
    exported(replica.export(since, after).await?)
}

fn export_asked(
    clock: &Clock,
    since: Option<String>,
    after: Option<String>,
) -> Result<(Option<IsoWeek>, Option<FolioId>), Said> {
    let since = since.map(|day| week_of(clock, &day)).transpose()?;
    let after = after.map(|place| place_of(&place).ok_or(NOT_FRAMES)).transpose()?;
    Ok((since, after))
}

fn exported(piece: Exported) -> Result<Value, Said> {
    let after = piece.after.and_then(|id| postcard::to_stdvec(&id).ok()).map(|bytes| HEXLOWER.encode(&bytes));
    json(&ExportView { frames: piece.frames.iter().map(|frame| BASE64.encode(frame)).collect(), after })
}

/// The first week that has minutes of this day.
fn week_of(clock: &Clock, day: &str) -> Result<IsoWeek, Said> {
    let day: Date = day.parse().map_err(|_| BAD_DAY)?;
    let (first, last) = clock.held_days();
    if day > last {
        return Err(Said::Outside(first, last));
    }
    Ok(clock.day(day).ok_or(BAD_DAY)?.0.week())
}

fn place_of(text: &str) -> Option<FolioId> {
    postcard::from_bytes(&HEXLOWER.decode(text.as_bytes()).ok()?).ok()
}

/// Takes in frames of an export file.
pub(super) async fn import(replica: &Replica, frames: &[String], whole_by: Option<String>) -> Result<Value, Said> {
    let whole_by = whole_by.map(|by| PublicKey::from_hex(&by).ok_or(NOT_FRAMES)).transpose()?;
    let decoded: Result<Vec<Vec<u8>>, _> = frames.iter().map(|frame| BASE64.decode(frame.as_bytes())).collect();
    let imported = replica.import(decoded.map_err(|_| NOT_FRAMES)?, whole_by).await?;
    json(&ImportView::from(imported))
}
