// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is written of members: their entry in the roster, what they say of themselves, and what an agency lays down.

use crate::ids::{BoothId, MemberId, PublicKey, ServiceId};

/// What a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// A Point Visio-Public.
    Point,
    /// An agency whose advisors see people.
    Agency,
    /// The coordination.
    Coordination,
}

/// Where a member is. WGS 84.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// INSEE code of the commune, 5 characters.
    pub insee: String,
    /// Latitude in 1e-5 degree, -90 to 90 degrees.
    pub lat_e5: i32,
    /// Longitude in 1e-5 degree, -180 to 180 degrees.
    pub lon_e5: i32,
}

/// A member's entry in the roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// Its stable name.
    pub member: MemberId,
    /// What it is.
    pub role: Role,
    /// Its name for people.
    pub name: String,
    /// Where it is.
    pub place: Option<Place>,
    /// The key of its box.
    pub key: PublicKey,
}

/// A service of an agency (a *motif*).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its short name.
    pub id: ServiceId,
    /// Its name for people.
    pub name: String,
    /// Duration in minutes.
    pub duration_min: u16,
    /// Papers to bring.
    pub papers: Vec<String>,
}

/// An online procedure of an agency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Procedure {
    /// Its title.
    pub title: String,
    /// Other words under which people look for it.
    pub keywords: Vec<String>,
    /// Two sentences at most.
    pub summary: String,
    /// The official page, `https://` only, when known.
    pub url: Option<String>,
    /// The service that helps with it.
    pub service: Option<ServiceId>,
}

/// What a member says of itself. Each one replaces the one before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Description {
    /// Official site, `https://` only.
    pub home_page: Option<String>,
    /// Booths of a point: number and name.
    pub booths: Vec<(BoothId, String)>,
    /// Desks of an agency: number and name.
    pub desks: Vec<(u8, String)>,
    /// Services of an agency.
    pub services: Vec<Service>,
    /// Its online procedures.
    pub procedures: Vec<Procedure>,
}

/// What an agency lays down for appointments with it, besides its description: nobody offers a time that breaks it, and
/// the agency's node refuses one. Each one replaces the one before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    /// What it lays down for a service.
    pub services: Vec<ServiceTerms>,
    /// What it lays down for a desk.
    pub desks: Vec<DeskTerms>,
    /// Limits on what points may ask of it. Where several apply, all of them do.
    pub quotas: Vec<Quota>,
    /// Whom those who work at points may call at the agency.
    pub counterparts: Vec<Counterpart>,
}

/// What an agency lays down for a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceTerms {
    /// The service.
    pub service: ServiceId,
    /// Nothing is booked that begins sooner than in so many minutes; 0: whatever has not begun.
    pub shortest_delay_min: u32,
    /// Nothing is booked that begins later than in so many minutes; `None`: all that is published.
    pub longest_delay_min: Option<u32>,
    /// What to do before the appointment; may be empty.
    pub before: String,
    /// What to do after it; may be empty.
    pub after: String,
}

/// What an agency lays down for a desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeskTerms {
    /// The desk's number.
    pub desk: u8,
    /// Minutes that stay free between two of its appointments.
    pub buffer_min: u16,
    /// Appointments in one day, at most; `None`: as many as there is time for.
    pub per_day: Option<u16>,
}

/// At most so many appointments in a week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// For this point; `None`: for each point.
    pub point: Option<MemberId>,
    /// For this service; `None`: for all together.
    pub service: Option<ServiceId>,
    /// How many.
    pub per_week: u16,
}

/// Whom those who work at points may call at an agency: a person or a function, as the agency says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counterpart {
    /// The person or the function.
    pub name: String,
    /// The direct line; may be empty.
    pub line: String,
    /// When it is answered, in the agency's words; may be empty.
    pub hours: String,
}

impl Terms {
    /// Whether nothing is laid down.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is laid down for a service.
    #[must_use]
    pub fn service(&self, id: &ServiceId) -> Option<&ServiceTerms> {
        self.services.iter().find(|it| it.service == *id)
    }

    /// What is laid down for a desk.
    #[must_use]
    pub fn desk(&self, number: u8) -> Option<&DeskTerms> {
        self.desks.iter().find(|it| it.desk == number)
    }

    /// The quotas that bind a point in a service.
    pub fn quotas_of<'a>(&'a self, point: &'a MemberId, service: &'a ServiceId) -> impl Iterator<Item = &'a Quota> {
        self.quotas.iter().filter(move |quota| {
            quota.point.as_ref().is_none_or(|it| it == point) && quota.service.as_ref().is_none_or(|it| it == service)
        })
    }
}
