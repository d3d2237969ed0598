// SPDX-License-Identifier: EUPL-1.2
//! A browser in front of the small page, and what that page counts.

use std::time::Duration;

pub use hameau_tests::browser::{Browser, Camera};
use serde_json::Value;

use super::DEADLINE;

/// What `Call.stats()` of the page says.
#[derive(Debug, Clone, Default)]
pub struct Counted {
    pub state: String,
    pub frames_decoded: u64,
    pub sound_energy: f64,
    pub width: u64,
}

/// Opens a page in a browser of its own.
pub async fn open(url: &str, camera: Camera) -> Browser {
    let browser = Browser::start(camera).await;
    browser.client.goto(url).await.expect("the page is there");
    browser
}

/// Evaluates an expression of the page, awaiting it.
pub async fn eval(browser: &Browser, expression: &str) -> Value {
    browser.eval(expression).await.expect("the page runs scripts")
}

/// What the page has counted.
pub async fn counted(browser: &Browser) -> Counted {
    let stats = eval(browser, "window.call ? window.call.stats() : null").await;
    Counted {
        state: stats["state"].as_str().unwrap_or_default().to_owned(),
        frames_decoded: stats["framesDecoded"].as_u64().unwrap_or(0),
        sound_energy: stats["soundEnergy"].as_f64().unwrap_or(0.0),
        width: stats["width"].as_u64().unwrap_or(0),
    }
}

/// Waits until what the page counts is so.
pub async fn until_counted(browser: &Browser, what: &str, so: impl Fn(&Counted) -> bool) -> Counted {
    let deadline = tokio::time::Instant::now() + DEADLINE;
    let mut every = tokio::time::interval(Duration::from_millis(200));
    loop {
        every.tick().await;
        let counted = counted(browser).await;
        if so(&counted) {
            tracing::info!(?counted, "{what}");
            return counted;
        }
        if tokio::time::Instant::now() > deadline {
            let told = eval(browser, "({ states: window.states, fault: window.fault })").await;
            panic!("never: {what}; counted {counted:?}; the page says {told}");
        }
    }
}
