// SPDX-License-Identifier: EUPL-1.2
//! What no page may lack, whoever looks at it and on what: see [`crate::axe`] and `checks.js`.

use fantoccini::actions::{InputSource as _, KeyAction, KeyActions};
use fantoccini::key::Key;
use serde_json::{Value, json};

use super::Person;
use super::screens::{ENLARGED, KIOSK, LAPTOP, Size, TELEPHONE};
use crate::axe;
use crate::wait::until;

/// Functions for a page that measures itself.
const CHECKS: &str = include_str!("checks.js");

/// A tabulator more than a page has of controls: fields of dates have several stops, the browser has its own.
const TABS_BESIDE: u64 = 12;

impl Person {
    /// Holds the page to all rules of axe-core, in light colours and in dark ones.
    ///
    /// # Panics
    /// When it breaks one: which, where.
    pub async fn keeps_the_rules(&self, page: &str) {
        for scheme in ["light", "dark"] {
            let Some(question) = axe::question(scheme == "dark") else { return };
            self.wishes_for(scheme).await;
            let found = until(&format!("{page} is asked for the rules that it breaks"), async || {
                // A page that is being left gives nothing, one that is asked twice refuses.
                let answer = self.eval(&question).await;
                answer.as_array().cloned().ok_or_else(|| answer.to_string())
            })
            .await;
            let found: Vec<&str> = found.iter().filter_map(Value::as_str).collect();
            assert!(found.is_empty(), "{page}, {scheme}, {}:\n{}", self.address().await, found.join("\n"));
        }
        self.wishes_for("light").await;
    }

    /// Opens a page on every screen, and measures it there: nothing lies beyond its edge, moves, or is too small to touch;
    /// its heading, landmarks, language and labels are there; the tabulator reaches every control, in order and visibly.
    ///
    /// # Panics
    /// When it does not: what, where.
    pub async fn looks_at(&self, url: &str) {
        let mut faults = Vec::new();
        for size in [KIOSK, LAPTOP, TELEPHONE, ENLARGED] {
            self.screen(size.0, size.1).await;
            let found = until(&format!("{url} stays as it is while it is measured"), async || {
                self.go(url).await;
                self.measured(size).await
            })
            .await;
            faults.extend(found.iter().map(|fault| format!("{} x {}: {fault}", size.0, size.1)));
            if size != ENLARGED {
                self.keeps_the_rules(url).await;
            }
        }
        assert!(faults.is_empty(), "{url}:\n{}", faults.join("\n"));
    }

    /// Opens a page; gives the sum of its layout shifts that nobody's hand caused, half a second after it was there
    /// (Layout Instability API: 0 where nothing moved).
    pub async fn shift_of(&self, url: &str) -> f64 {
        self.go(url).await;
        let moved = self.eval(&format!("(() => {{ {CHECKS} return shift() }})()")).await;
        moved.as_f64().unwrap_or(f64::NAN)
    }

    /// What `checks.js` finds; or why the page cannot be measured: its style is not there, or it renewed itself.
    async fn measured(&self, size: Size) -> Result<Vec<String>, String> {
        let call = |function: &str| format!("(() => {{ {CHECKS} return {function} }})()");
        let seen = self.eval(&call(&format!("faults({})", json!(size == KIOSK)))).await;
        let controls = self.eval(&call("listen()")).await;
        let presses = controls.as_u64().unwrap_or(0) + TABS_BESIDE;
        let mut keys = KeyActions::new("keys".to_owned());
        for _ in 0..presses {
            let value = Key::Tab.into();
            keys = keys.then(KeyAction::Down { value }).then(KeyAction::Up { value });
        }
        self.browser.client.perform_actions(keys).await.expect("keys can be pressed");
        let heard = self.eval(&call("heard()")).await;
        let lists = [seen, heard];
        if !lists.iter().all(Value::is_array) {
            return Err(format!("{lists:?}"));
        }
        Ok(lists.iter().filter_map(Value::as_array).flatten().filter_map(Value::as_str).map(str::to_owned).collect())
    }
}
