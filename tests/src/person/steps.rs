// SPDX-License-Identifier: EUPL-1.2
//! What people do in front of a page, and what they see of it. Elements are named by their `data-test`.

use std::fmt::Write as _;

use fantoccini::actions::{InputSource as _, MOUSE_BUTTON_LEFT, PointerAction, TouchActions};
use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::wd::PrintConfigurationBuilder;
use fantoccini::{Locator, key::Key};
use serde_json::{Value, json};

use super::Person;
use crate::screenshots;
use crate::wait::until;
use crate::world::World;

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
fn css(test: &str) -> String {
    if test.contains('[') { test.to_owned() } else { format!("[data-test=\"{test}\"]") }
}

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
        until(&format!("{} touches “{text}” in {test}", self.name), async || {
            let shown = self.texts(test).await;
            let Some(place) = shown.iter().position(|it| it.contains(text)) else { return Err(shown.join(" | ")) };
            let found = self.browser.client.find_all(Locator::Css(&css(test))).await.map_err(|it| it.to_string())?;
            let element = found.into_iter().nth(place).ok_or_else(|| shown.join(" | "))?;
            self.finger(element).await.map_err(|it| it.to_string())
        })
        .await;
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
        until(&format!("{} clicks “{text}” in {test}", self.name), async || {
            let shown = self.texts(test).await;
            let Some(place) = shown.iter().position(|it| it.contains(text)) else { return Err(shown.join(" | ")) };
            let found = self.browser.client.find_all(Locator::Css(&css(test))).await;
            let clicked = match found.map(|all| all.into_iter().nth(place)) {
                Ok(Some(element)) => element.click().await,
                Ok(None) => return Err(shown.join(" | ")),
                Err(error) => Err(error),
            };
            clicked.map_err(|error| error.to_string())
        })
        .await;
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

    /// Gives the page a screen of this size, in pixels.
    ///
    /// # Panics
    /// When the browser does not take it.
    pub async fn screen(&self, width: u32, height: u32) {
        let client = &self.browser.client;
        // What the browser itself takes of its window is known only once there is one.
        client.set_window_size(width, height).await.expect("a window has a size");
        let frame = self.eval("[outerWidth - innerWidth, outerHeight - innerHeight]").await;
        let around = |it: &Value| u32::try_from(it.as_u64().unwrap_or(0)).unwrap_or(0);
        let (wide, high) = (width + around(&frame[0]), height + around(&frame[1]));
        client.set_window_size(wide, high).await.expect("a window has a size");
        until(&format!("{} has a screen of {width} x {height}", self.name), async || {
            let size = self.eval("[innerWidth, innerHeight]").await;
            if size == json!([width, height]) { Ok(()) } else { Err(size.to_string()) }
        })
        .await;
    }

    /// Keeps a picture of the page as a telephone of 390 pixels shows it. A browser's window is 500 wide at least, which
    /// the style sheet takes for a telephone too.
    pub async fn picture_on_a_telephone(&self, name: &str) {
        self.screen(500, 800).await;
        self.eval("document.documentElement.style.width = '390px'").await;
        self.picture(name).await;
        self.eval("document.documentElement.style.width = ''").await;
        self.screen(1366, 768).await;
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

    /// What the call has brought.
    pub async fn media(&self) -> Media {
        let stats = self.eval("window.hameauCall ? window.hameauCall.stats() : null").await;
        Media {
            frames: stats["framesDecoded"].as_u64().unwrap_or(0),
            sound: stats["soundEnergy"].as_f64().unwrap_or(0.0),
        }
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

    /// Keeps a picture of the page.
    ///
    /// # Panics
    /// When the browser is gone.
    pub async fn picture(&self, name: &str) {
        screenshots::keep(name, &self.browser.client.screenshot().await.expect("a page has a picture"));
    }
}
