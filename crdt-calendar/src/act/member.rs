// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is written of members: their entry in the roster, and what they say of themselves.

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
