// SPDX-License-Identifier: EUPL-1.2
//! Fields of a member's file that are more than text: the name of a service, an official address, a time, a day.

use std::path::Path;

use crdt_calendar::ids::ServiceId;
use jiff::civil::{Date, Time};

use crate::config::{ConfigError, short_name_remedy, wrong};
use crate::lang::either;

pub(super) fn service_id(path: &Path, place: &str, id: &str) -> Result<ServiceId, ConfigError> {
    ServiceId::new(id).map_err(|_| wrong(path, format!("{place}service.id"), id, short_name_remedy(id)))
}

pub(super) fn https(path: &Path, place: &str, field: &str, url: &str) -> Result<(), ConfigError> {
    if url.starts_with("https://") && url.len() <= 500 && !url.chars().any(char::is_whitespace) {
        return Ok(());
    }
    let remedy = either("écrivez une adresse qui commence par https://", "write an address that begins with https://");
    Err(wrong(path, format!("{place}{field}"), url, format!("« {url} » : {remedy}")))
}

pub(super) fn time(path: &Path, field: &str, text: &str) -> Result<Time, ConfigError> {
    let parsed = Time::strptime("%H:%M", text);
    let remedy =
        either("ce n'est pas une heure : écrivez par exemple 09:30", "this is not a time: write for instance 09:30");
    parsed.map_err(|_| wrong(path, field, text, format!("« {text} » : {remedy}")))
}

pub(super) fn date(path: &Path, field: &str, text: &str) -> Result<Date, ConfigError> {
    let parsed = Date::strptime("%Y-%m-%d", text);
    let remedy = either(
        "ce n'est pas un jour : écrivez par exemple 2026-12-24",
        "this is not a day: write for instance 2026-12-24",
    );
    parsed.map_err(|_| wrong(path, field, text, format!("« {text} » : {remedy}")))
}
