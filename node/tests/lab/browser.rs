// SPDX-License-Identifier: EUPL-1.2
//! A headless Chromium with a camera and a microphone that it invents.

use std::os::unix::process::CommandExt;
use std::process::{Command as StdCommand, Stdio};
use std::time::Duration;

use fantoccini::{Client, ClientBuilder};
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::DEADLINE;

/// One person's browser. Dropped: its processes are ended, and no others.
pub struct Browser {
    pub client: Client,
    driver: Child,
    _profile: TempDir,
}

/// What `Call.stats()` of the page says.
#[derive(Debug, Clone, Default)]
pub struct Counted {
    pub state: String,
    pub frames_decoded: u64,
    pub sound_energy: f64,
    pub width: u64,
}

impl Browser {
    /// Starts a driver and a browser; opens a page.
    pub async fn open(url: &str) -> Self {
        Self::open_with(url, &["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]).await
    }

    /// The same with other flags about camera and microphone.
    pub async fn open_with(url: &str, media: &[&str]) -> Self {
        let profile = TempDir::new().expect("a temporary folder");
        let mut command = StdCommand::new("chromedriver");
        command.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
        let mut driver =
            Command::from(command).spawn().expect("chromedriver is installed (apt install chromium-driver)");
        let port = port_of(&mut driver).await;
        let client = ClientBuilder::new(hyper_connector())
            .capabilities(capabilities(&profile, media))
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("chromium starts (apt install chromium)");
        client.goto(url).await.expect("the page is there");
        Self { client, driver, _profile: profile }
    }

    /// Evaluates an expression of the page, awaiting it.
    pub async fn eval(&self, expression: &str) -> Value {
        let script = format!(
            "const done = arguments[arguments.length - 1];
             Promise.resolve().then(() => {expression}).then((v) => done(v === undefined ? null : v), (e) => done('fault: ' + e));"
        );
        self.client.execute_async(&script, vec![]).await.expect("the page runs scripts")
    }

    pub async fn counted(&self) -> Counted {
        let stats = self.eval("window.call ? window.call.stats() : null").await;
        Counted {
            state: stats["state"].as_str().unwrap_or_default().to_owned(),
            frames_decoded: stats["framesDecoded"].as_u64().unwrap_or(0),
            sound_energy: stats["soundEnergy"].as_f64().unwrap_or(0.0),
            width: stats["width"].as_u64().unwrap_or(0),
        }
    }

    /// Waits until what the page counts is so.
    pub async fn until(&self, what: &str, so: impl Fn(&Counted) -> bool) -> Counted {
        let deadline = tokio::time::Instant::now() + DEADLINE;
        let mut every = tokio::time::interval(Duration::from_millis(200));
        loop {
            every.tick().await;
            let counted = self.counted().await;
            if so(&counted) {
                tracing::info!(?counted, "{what}");
                return counted;
            }
            if tokio::time::Instant::now() > deadline {
                let told = self.eval("({ states: window.states, fault: window.fault })").await;
                panic!("never: {what}; counted {counted:?}; the page says {told}");
            }
        }
    }

    /// Ends the browser in good order.
    pub async fn close(self) {
        self.client.clone().close().await.expect("the browser closes");
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let Some(id) = self.driver.id() else { return };
        let ended = StdCommand::new("kill").args(["-KILL", "--", &format!("-{id}")]).status();
        if ended.is_err() {
            eprintln!("the browser's processes of group {id} were not ended");
        }
    }
}

fn hyper_connector() -> hyper_util::client::legacy::connect::HttpConnector {
    hyper_util::client::legacy::connect::HttpConnector::new()
}

async fn port_of(driver: &mut Child) -> u16 {
    let stdout = driver.stdout.take().expect("piped");
    let mut lines = BufReader::new(stdout).lines();
    while let Some(line) = lines.next_line().await.expect("chromedriver speaks") {
        if let Some((_, port)) = line.split_once("started successfully on port ") {
            return port.trim_end_matches('.').parse().expect("a port");
        }
    }
    panic!("chromedriver ended without a port");
}

fn capabilities(profile: &TempDir, media: &[&str]) -> Map<String, Value> {
    let mut args = vec![
        "--headless=new".to_owned(),
        "--no-sandbox".to_owned(),
        "--disable-gpu".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        "--autoplay-policy=no-user-gesture-required".to_owned(),
        "--allow-loopback-in-peer-connection".to_owned(),
        "--disable-background-networking".to_owned(),
        "--disable-component-update".to_owned(),
        "--disable-sync".to_owned(),
        "--disable-quic".to_owned(),
        "--no-first-run".to_owned(),
        format!("--user-data-dir={}", profile.path().display()),
    ];
    args.extend(media.iter().map(|flag| (*flag).to_owned()));
    let capabilities = json!({ "goog:chromeOptions": { "args": args, "binary": "/usr/bin/chromium" } });
    capabilities.as_object().expect("an object").clone()
}
