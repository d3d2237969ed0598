// SPDX-License-Identifier: EUPL-1.2
//! What people see of a page and hear of a call. Elements are named by their `data-test`.

use std::cell::Cell;

use fantoccini::wd::PrintConfigurationBuilder;
use serde_json::{Value, json};

use super::Person;
use crate::screenshots;
use crate::wait::until;

/// One appointment as an agenda or the list of call-backs shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its short name.
    pub short: String,
    /// Its state's name; empty in the list of call-backs.
    pub state: String,
    /// All that is written in it.
    pub text: String,
}

/// What a call's page has received since it began.
#[derive(Debug, Clone, Copy, Default)]
pub struct Media {
    /// Pictures decoded.
    pub frames: u64,
    /// Energy of the sound, in the browser's unit.
    pub sound: f64,
}

/// The text of an element as a person reads it: what is hidden says nothing, a narrow space is a space.
const SHOWN: &str = "(it.checkVisibility() ? it.innerText.replace(/[\\u00a0\\u202f]/g, ' ') : '')";

/// The element of this `data-test`, or the CSS that was given.
pub(super) fn css(test: &str) -> String {
    if test.contains('[') { test.to_owned() } else { format!("[data-test=\"{test}\"]") }
}

/// Pictures that move.
const MOVES_FRAMES: u64 = 20;
/// How often a picture is asked for.
const SHOTS_MAX: usize = 4;

impl Person {
    /// The texts of all such elements that are shown now.
    pub async fn texts(&self, test: &str) -> Vec<String> {
        let script = format!("[...document.querySelectorAll({})].map((it) => {SHOWN})", json!(css(test)));
        let texts = self.eval(&script).await;
        texts.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Waits until such an element shows this, and returns its whole text.
    pub async fn sees(&self, test: &str, text: &str) -> String {
        until(&format!("{} sees “{text}” in {test}", self.name), async || {
            let texts = self.texts(test).await;
            match texts.into_iter().find(|it| it.contains(text) && !it.trim().is_empty()) {
                Some(found) => Ok(found),
                None => Err(self.page_text().await),
            }
        })
        .await
    }

    /// Waits until no such element is shown.
    pub async fn sees_no(&self, test: &str) {
        until(&format!("{} sees no {test}", self.name), async || {
            let texts = self.texts(test).await;
            if texts.iter().all(|it| it.trim().is_empty()) { Ok(()) } else { Err(texts.join(" | ")) }
        })
        .await;
    }

    /// Waits until no such element shows this.
    pub async fn sees_no_more(&self, test: &str, text: &str) {
        until(&format!("{} sees “{text}” no more in {test}", self.name), async || {
            let texts = self.texts(test).await;
            if texts.iter().any(|it| it.contains(text)) { Err(texts.join(" | ")) } else { Ok(()) }
        })
        .await;
    }

    /// Waits until the whole of such an element is on the screen, without scrolling.
    pub async fn sees_whole(&self, test: &str) {
        let script = format!(
            "(() => {{
                const it = document.querySelector({}).getBoundingClientRect();
                const whole = it.height > 0 && it.top >= 0 && it.left >= 0
                    && it.bottom <= innerHeight && it.right <= innerWidth;
                return [whole, it.top, it.bottom, innerHeight];
            }})()",
            json!(css(test))
        );
        until(&format!("{} sees all of {test}", self.name), async || {
            let place = self.eval(&script).await;
            if place[0] == true { Ok(()) } else { Err(place.to_string()) }
        })
        .await;
    }

    /// The rows of an agenda, or of the list of call-backs.
    pub async fn rows(&self, test: &str) -> Vec<Row> {
        let script = format!(
            "[...document.querySelectorAll({})].map((it) => [it.dataset.short, it.dataset.state || '', {SHOWN}])",
            json!(css(test))
        );
        let rows = self.eval(&script).await;
        let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
        let row = |it: &Value| Row { short: text(&it[0]), state: text(&it[1]), text: text(&it[2]) };
        rows.as_array().into_iter().flatten().map(row).collect()
    }

    /// Waits until such a row shows all of these.
    pub async fn sees_row(&self, test: &str, texts: &[&str]) -> Row {
        until(&format!("{} sees a {test} with {texts:?}", self.name), async || {
            let rows = self.rows(test).await;
            match rows.into_iter().find(|row| texts.iter().all(|text| row.text.contains(text))) {
                Some(row) => Ok(row),
                None => Err(self.page_text().await),
            }
        })
        .await
    }

    /// Waits until the call has brought this many pictures, and sound.
    pub async fn hears_and_sees(&self, frames: u64) -> Media {
        until(&format!("{} hears and sees the other", self.name), async || {
            let media = self.media().await;
            if media.frames >= frames && media.sound > 0.0 {
                return Ok(media);
            }
            Err(format!("{media:?}; {}", self.page_text().await))
        })
        .await
    }

    /// Waits for pictures and sound of a call that were not there before. Where the page was loaded or connected anew, they
    /// are counted from nothing.
    pub async fn call_goes_on(&self) {
        let before = Cell::new(self.media().await);
        until(&format!("{}: the call goes on", self.name), async || {
            let (from, now) = (before.get(), self.media().await);
            if now.frames < from.frames || now.sound < from.sound {
                before.set(Media::default());
            }
            let is_new = now.frames >= from.frames + MOVES_FRAMES && now.sound > from.sound;
            if is_new { Ok(()) } else { Err(format!("{now:?} after {from:?}")) }
        })
        .await;
    }

    /// What the call has brought.
    pub async fn media(&self) -> Media {
        let stats = self.eval("window.hameauCall ? window.hameauCall.stats() : null").await;
        Media {
            frames: stats["framesDecoded"].as_u64().unwrap_or(0),
            sound: stats["soundEnergy"].as_f64().unwrap_or(0.0),
        }
    }

    /// What the browser has played of the call's sound until now (`totalSamplesReceived`), and what of it it invented
    /// because nothing had come (`concealedSamples`), samples: 48,000 a second.
    pub async fn played(&self) -> (f64, f64) {
        let script = "(async () => {
            const pc = window.hameauCall && window.hameauCall.pc;
            for (const it of pc ? (await pc.getStats()).values() : [])
              if (it.type === 'inbound-rtp' && it.kind === 'audio') return [it.totalSamplesReceived, it.concealedSamples];
            return [0, 0];
          })()";
        let played = self.eval(script).await;
        (played[0].as_f64().unwrap_or(0.0), played[1].as_f64().unwrap_or(0.0))
    }

    /// The whole text that is shown.
    pub async fn page_text(&self) -> String {
        self.eval("document.body ? document.body.innerText : ''").await.as_str().unwrap_or_default().to_owned()
    }

    /// All of the page, shown or not.
    ///
    /// # Panics
    /// When the browser is gone.
    pub async fn page_source(&self) -> String {
        self.browser.client.source().await.expect("the page has a source")
    }

    /// The address of the page.
    ///
    /// # Panics
    /// When the browser is gone.
    pub async fn address(&self) -> String {
        self.browser.client.current_url().await.expect("the page has an address").to_string()
    }

    /// Evaluates an expression of the page, awaiting it. `null` while the page is being left.
    pub async fn eval(&self, expression: &str) -> Value {
        self.browser.eval(expression).await.unwrap_or(Value::Null)
    }

    /// Prints the page, as a PDF.
    ///
    /// # Panics
    /// When the browser is gone.
    pub async fn prints(&self) -> Vec<u8> {
        let page = PrintConfigurationBuilder::default().build().expect("the browser's own settings");
        self.browser.client.print(page).await.expect("a page can be printed")
    }

    /// Keeps a picture of the page, and holds the page to the rules that all keep (see [`crate::axe`]).
    ///
    /// # Panics
    /// When the browser is gone, or the page breaks a rule.
    pub async fn picture(&self, name: &str) {
        screenshots::keep(name, &self.shot().await);
        self.keeps_the_rules(name).await;
    }

    /// Chromium takes no picture while it puts a page into another process, and gives up after a while: it is asked again.
    async fn shot(&self) -> Vec<u8> {
        for _ in 0..SHOTS_MAX {
            match self.browser.client.screenshot().await {
                Ok(picture) => return picture,
                Err(error) => eprintln!("{}: no picture yet: {error}", self.name),
            }
        }
        panic!("{}: the page has no picture", self.name)
    }
}
