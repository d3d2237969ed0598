// SPDX-License-Identifier: EUPL-1.2
//! What a page is shown on: a size, a scheme of colours, a browser without scripts. It stays until another is given.

use serde_json::json;

use super::Person;
use crate::wait::until;

/// A screen's width and height, in pixels of the page.
pub type Size = (u32, u32);

/// A public screen.
pub const KIOSK: Size = (1920, 1080);
/// A small computer of an office.
pub const LAPTOP: Size = (1366, 768);
/// A telephone, upright.
pub const TELEPHONE: Size = (390, 844);
/// A screen of 1280 at 400 %, as WCAG 1.4.10 counts it.
pub const ENLARGED: Size = (320, 256);

impl Person {
    /// Gives the page a screen of this size.
    pub async fn screen(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.browser.tell("Emulation.setDeviceMetricsOverride", &size).await;
        until(&format!("{} has a screen of {width} x {height}", self.name), async || {
            let size = self.eval("[innerWidth, innerHeight]").await;
            if size == json!([width, height]) { Ok(()) } else { Err(size.to_string()) }
        })
        .await;
    }

    /// Keeps a picture of the page as a telephone shows it.
    pub async fn picture_on_a_telephone(&self, name: &str) {
        self.screen(TELEPHONE.0, TELEPHONE.1).await;
        self.picture(name).await;
        self.screen(LAPTOP.0, LAPTOP.1).await;
    }

    /// Wishes for dark pages, or light ones; and for no movement, always.
    pub async fn wishes_for(&self, scheme: &str) {
        let wishes = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.browser.tell("Emulation.setEmulatedMedia", &json!({ "features": wishes })).await;
    }

    /// Has a browser that runs no scripts of pages.
    pub async fn without_scripts(&self) {
        self.browser.tell("Emulation.setScriptExecutionDisabled", &json!({ "value": true })).await;
    }
}
