// SPDX-License-Identifier: EUPL-1.2
//! A person in front of a page: a headless Chromium of their own, and the steps that people do.
//!
//! A step waits for what it needs. What is read is the text that is shown, never what lies behind it.

mod papers;
mod rules;
mod screens;
mod sights;
mod steps;

pub use papers::pdf;
pub use screens::{ENLARGED, KIOSK, LAPTOP, Size, TELEPHONE};
pub use sights::{Media, Row};

pub use crate::browser::Camera;
use crate::browser::{Browser, Place};
use crate::world::World;

/// A person with a browser. Dropped: the browser is ended.
pub struct Person {
    name: &'static str,
    browser: Browser,
}

impl Person {
    /// Sits down in front of a page, without a camera.
    pub async fn at(name: &'static str, url: &str) -> Self {
        Self::with(name, url, Camera::Missing).await
    }

    /// Sits down at a door of a demonstration's member, and signs in.
    ///
    /// # Panics
    /// When the browser does not start, or the door does not open.
    pub async fn signed_in(name: &'static str, world: &World, member: &str, door: &str, camera: Camera) -> Self {
        let person = Self::seated(Place::default(), name, camera).await;
        person.signs_in_at(world, member, door).await;
        person
    }

    /// The same as [`Self::at`] with a camera.
    ///
    /// # Panics
    /// When the browser does not start.
    pub async fn with(name: &'static str, url: &str, camera: Camera) -> Self {
        Self::on(None, name, url, camera).await
    }

    /// The same on another machine, by its namespace.
    ///
    /// # Panics
    /// When the browser does not start.
    pub async fn on(namespace: Option<&str>, name: &'static str, url: &str, camera: Camera) -> Self {
        let person = Self::seated(Place { namespace, home: None }, name, camera).await;
        person.go(url).await;
        person
    }

    /// Sits down somewhere, in front of an empty page.
    ///
    /// # Panics
    /// When the browser does not start.
    pub async fn seated(place: Place<'_>, name: &'static str, camera: Camera) -> Self {
        Self { name, browser: Browser::start_at(place, camera).await }
    }
}
