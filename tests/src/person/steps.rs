// SPDX-License-Identifier: EUPL-1.2
//! What people do in front of a page. Elements are named by their `data-test`.

use std::fmt::Write as _;

use fantoccini::actions::{InputSource as _, MOUSE_BUTTON_LEFT, PointerAction, TouchActions};
use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::{Locator, key::Key};
use serde_json::json;

use super::Person;
use super::sights::css;
use crate::wait::until;
use crate::world::World;

impl Person {
    /// Opens an address.
    ///
    /// # Panics
    /// When nothing answers there.
    pub async fn go(&self, url: &str) {
        let gone = self.browser.client.goto(url).await;
        gone.unwrap_or_else(|error| panic!("{} opens {url}: {error}", self.name));
    }

    /// Is kept from an address by the browser, which does not know who vouches for it.
    ///
    /// # Panics
    /// When the page opens, or fails in another way.
    pub async fn is_warned_at(&self, url: &str) {
        let gone = self.browser.client.goto(url).await;
        // Versions of the driver differ: an error, or the browser's own page in the place of ours.
        let said = match gone {
            Err(error) => error.to_string(),
            Ok(()) => self.page_source().await,
        };
        assert!(said.contains("ERR_CERT_AUTHORITY_INVALID"), "{} opens {url}: {said}", self.name);
    }

    /// Opens a door of those who work there, and signs in where it asks who it is.
    ///
    /// # Panics
    /// When nothing answers there, or it does not let them in.
    pub async fn signs_in(&self, url: &str, account: &str, password: &str) {
        self.go(url).await;
        self.sees("signin", "Mot de passe").await;
        if self.texts("[data-test=account][name]").await.is_empty() {
            self.sees("account", account).await;
        } else {
            self.write("account", account).await;
        }
        self.write("password", password).await;
        self.click("enter").await;
        self.sees("signed", account).await;
    }

    /// The same, of a member of a demonstration.
    pub async fn signs_in_at(&self, world: &World, member: &str, door: &str) {
        self.signs_in(world.door(member, door), world.account(member), world.password()).await;
    }

    /// Clicks.
    pub async fn click(&self, test: &str) {
        self.do_to(test, "clicks", async |it: Element| it.click().await).await;
    }

    /// Touches with a finger, and nothing else.
    pub async fn touch(&self, test: &str) {
        self.do_to(test, "touches", async |it: Element| self.finger(it).await).await;
    }

    /// Touches the one of several that shows this.
    ///
    /// # Panics
    /// When none does by the deadline.
    pub async fn touch_on(&self, test: &str, text: &str) {
        self.do_to_one(test, text, "touches", async |it: Element| self.finger(it).await).await;
    }

    /// A finger goes down in the middle of an element, and up.
    async fn finger(&self, element: Element) -> Result<(), CmdError> {
        let client = &self.browser.client;
        let to_see = "arguments[0].scrollIntoView({ block: 'center', behavior: 'instant' })";
        client.execute(to_see, vec![serde_json::to_value(&element)?]).await?;
        let (x, y, wide, high) = element.rectangle().await?;
        let scrolled = client.execute("return [scrollX, scrollY, innerWidth, innerHeight]", vec![]).await?;
        let at = |place: usize| scrolled[place].as_f64().unwrap_or(0.0);
        let (x, y) = (x + wide / 2.0 - at(0), y + high / 2.0 - at(1));
        if wide <= 0.0 || !(0.0..=at(2)).contains(&x) || !(0.0..=at(3)).contains(&y) {
            return Err(CmdError::NotW3C(json!("it is not on the screen")));
        }
        let finger = TouchActions::new("finger".to_owned())
            .then(PointerAction::MoveTo { duration: None, x: x.round(), y: y.round() })
            .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT })
            .then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
        client.perform_actions(finger).await
    }

    /// Clicks the one of several that shows this.
    pub async fn click_on(&self, test: &str, text: &str) {
        self.do_to_one(test, text, "clicks", async |it: Element| it.click().await).await;
    }

    /// Writes into a field, over what was there.
    pub async fn write(&self, test: &str, text: &str) {
        self.do_to(test, "writes into", async |it: Element| {
            it.clear().await?;
            it.send_keys(text).await
        })
        .await;
    }

    /// Pastes into a field, over what was there: what is too long to be typed letter by letter.
    pub async fn paste(&self, test: &str, text: &str) {
        let paste =
            format!("document.activeElement.select() ?? document.execCommand('insertText', false, {})", json!(text));
        self.do_to(test, "pastes into", async |it: Element| {
            it.click().await?;
            self.eval(&paste).await;
            let written = it.prop("value").await?;
            if written.as_deref() == Some(text) { Ok(()) } else { Err(CmdError::NotW3C(json!(written))) }
        })
        .await;
    }

    /// Chooses in a list.
    pub async fn choose(&self, test: &str, value: &str) {
        self.do_to(test, "chooses in", async |it: Element| it.select_by_value(value).await).await;
    }

    /// Gives the page's site a leave, such as `notifications`.
    pub async fn allows(&self, permission: &str) {
        self.browser.allow(permission).await;
    }

    /// Presses keys on whatever has the focus.
    ///
    /// # Panics
    /// When the page has no focus to give.
    pub async fn press(&self, keys: &str) {
        let focused = self.browser.client.active_element().await.expect("something has the focus");
        focused.send_keys(keys).await.expect("keys can be pressed");
    }

    /// Goes with the tabulator until the focus is on this element.
    ///
    /// # Panics
    /// When it is not among the first hundred.
    pub async fn tab_to(&self, test: &str) {
        let script = format!("document.activeElement === document.querySelector({})", json!(css(test)));
        for _ in 0..100 {
            self.press(&char::from(Key::Tab).to_string()).await;
            if self.eval(&script).await == true {
                return;
            }
        }
        panic!("{} does not come to {test} by keyboard", self.name);
    }

    /// Presses Enter.
    pub async fn enter(&self) {
        self.press(&char::from(Key::Enter).to_string()).await;
    }

    /// Does something to an element as soon as it can be done: pages bring themselves up to date meanwhile.
    async fn do_to(&self, test: &str, doing: &str, act: impl AsyncFn(Element) -> Result<(), CmdError>) {
        let what = format!("{} {doing} {test}", self.name);
        let css = css(test);
        until(&what, async || {
            let found = self.browser.client.find(Locator::Css(&css)).await;
            let done = match found {
                Ok(element) => act(element).await,
                Err(error) => Err(error),
            };
            match done {
                Ok(()) => Ok(()),
                Err(error) => Err(format!("{error}; {}", self.page_text().await)),
            }
        })
        .await;
    }

    /// The same to the one of several that shows this.
    async fn do_to_one(&self, test: &str, text: &str, doing: &str, act: impl AsyncFn(Element) -> Result<(), CmdError>) {
        let css = css(test);
        until(&format!("{} {doing} “{text}” in {test}", self.name), async || {
            let shown = self.texts(test).await;
            let Some(place) = shown.iter().position(|it| it.contains(text)) else { return Err(shown.join(" | ")) };
            let found = self.browser.client.find_all(Locator::Css(&css)).await.map_err(|it| it.to_string())?;
            let element = found.into_iter().nth(place).ok_or_else(|| shown.join(" | "))?;
            act(element).await.map_err(|it| it.to_string())
        })
        .await;
    }

    /// Sends a form of this page to an address, beside the page: what a stale or a foolish click does.
    /// The status, and what the answer says to a person.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> (u64, String) {
        let mut body = String::new();
        for (name, value) in fields {
            write!(body, "body.set({}, {});", json!(name), json!(value)).expect("a string takes text");
        }
        let script = format!(
            "(async () => {{
                const body = new URLSearchParams();
                const token = document.querySelector('[name=csrf]')?.value
                    || document.querySelector('[data-csrf]')?.dataset.csrf;
                body.set('csrf', token);
                {body}
                const answer = await fetch({}, {{ method: 'POST', body }});
                const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
                const said = page.querySelector('[data-test=fault],[data-test=notice]') || page.body;
                return [answer.status, said.textContent.trim()];
            }})()",
            json!(path)
        );
        let answer = self.eval(&script).await;
        (answer[0].as_u64().unwrap_or(0), answer[1].as_str().unwrap_or_default().to_owned())
    }
}
