// SPDX-License-Identifier: EUPL-1.2
//! The form of what is typed. What has the wrong one is wrong use, and never reaches a node; whether it exists
//! is for the calendar to say.

use std::error::Error;
use std::fmt;

use crdt_calendar::ids::MemberId;
use hameau_node::clock::is_month;
use hameau_node::directory::Territory;
use hameau_node::lang::either;
use hameau_node::replica::ShortId;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::kiosk;

/// What to write instead. Never says what was typed: it may be a person's name.
#[derive(Debug)]
pub(crate) struct FormError(&'static str);

impl fmt::Display for FormError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for FormError {}

/// A day that exists, as the node reads it.
pub(crate) fn day(text: &str) -> Result<String, FormError> {
    let day = text.parse::<Date>().map(|day| day.to_string());
    day.map_err(|_| FormError(either("écrivez un jour qui existe, comme 2027-03-02", "write a day like 2027-03-02")))
}

/// A month, `YYYY-MM`.
pub(crate) fn month(text: &str) -> Result<String, FormError> {
    if is_month(text) {
        return Ok(text.to_owned());
    }
    Err(FormError(either("écrivez un mois comme 2027-03", "write a month like 2027-03")))
}

/// A moment, with its distance from UTC.
pub(crate) fn moment(text: &str) -> Result<Timestamp, FormError> {
    let words = either("écrivez l'heure comme 2027-03-02T09:50+01:00", "write the time like 2027-03-02T09:50+01:00");
    text.parse().map_err(|_| FormError(words))
}

/// A member's short name.
pub(crate) fn short_name(text: &str) -> Result<MemberId, FormError> {
    MemberId::new(text).map_err(|_| {
        FormError(either(
            "écrivez 1 à 32 lettres a-z, chiffres ou tirets, par exemple puy-leveque",
            "write 1 to 32 letters a-z, digits or hyphens, for instance puy-leveque",
        ))
    })
}

/// The short name of a slot or an appointment.
pub(crate) fn short_id(text: &str) -> Result<String, FormError> {
    let words = either(
        "écrivez les 16 signes du nom court, tels qu'ils sont affichés",
        "write the 16 characters of the short name as they are shown",
    );
    text.parse::<ShortId>().map(|it| it.to_string()).map_err(|()| FormError(words))
}

/// An INSEE code.
pub(crate) fn insee(text: &str) -> Result<String, FormError> {
    if text.len() == 5 && text.chars().all(|c| c.is_ascii_alphanumeric()) {
        return Ok(text.to_owned());
    }
    Err(FormError(either("écrivez cinq caractères, par exemple 46231", "write five characters, for instance 46231")))
}

/// The code of a département.
pub(crate) fn department(text: &str) -> Result<String, FormError> {
    if Territory::is_code(text) {
        return Ok(text.to_owned());
    }
    Err(FormError(either(
        "écrivez le code d'un département, par exemple 46",
        "write a département's code, for instance 46",
    )))
}

/// A site's name, without scheme or path.
pub(crate) fn host(text: &str) -> Result<String, FormError> {
    let words = either(
        "écrivez un nom de site, par exemple www.exemple.fr",
        "write a site's name, for instance www.example.fr",
    );
    kiosk::is_host(text).then(|| text.to_owned()).ok_or(FormError(words))
}

/// A latitude in degrees.
pub(crate) fn latitude(text: &str) -> Result<f64, FormError> {
    degrees(text, 90.0).ok_or(FormError(either("écrivez des degrés de -90 à 90", "write degrees from -90 to 90")))
}

/// A longitude in degrees.
pub(crate) fn longitude(text: &str) -> Result<f64, FormError> {
    degrees(text, 180.0).ok_or(FormError(either("écrivez des degrés de -180 à 180", "write degrees from -180 to 180")))
}

fn degrees(text: &str, most: f64) -> Option<f64> {
    text.parse::<f64>().ok().filter(|degrees| (-most..=most).contains(degrees))
}
