// SPDX-License-Identifier: EUPL-1.2
//! A headless Chromium that speaks French, with a camera and a microphone that it invents or has not.
//!
//! The stories' people sit in front of it, and so do the two sides of the node's own tests of calls.

use std::fs::File;
use std::net::Ipv4Addr;
use std::os::fd::AsFd as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command as StdCommand, Stdio};

use fantoccini::error::CmdError;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, ChildStdout, Command};

use crate::wait::DEADLINE;

/// How often a driver is started until it has a port.
const DRIVER_STARTS_MAX: u32 = 5;

/// What the browser has of a camera and a microphone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Camera {
    /// Both, and leave to use them.
    Works,
    /// Both, and no leave.
    Denied,
    /// None.
    Missing,
}

/// Where somebody sits.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place<'a> {
    /// The machine, by its namespace; this one without.
    pub namespace: Option<&'a str>,
    /// The folder of their account, with the certificates that they trust; that of whoever runs the tests without.
    pub home: Option<&'a Path>,
}

/// A browser and its driver, in a process group of their own. Dropped: that group is ended.
pub struct Browser {
    /// What speaks to it.
    pub client: Client,
    driver: Child,
    /// Where the driver answers.
    port: u16,
    _output: Lines<BufReader<ChildStdout>>,
    _profile: TempDir,
}

impl Browser {
    /// Starts a driver and its browser.
    ///
    /// # Panics
    /// When they are not installed, or do not start in time.
    pub async fn start(camera: Camera) -> Self {
        Self::start_at(Place::default(), camera).await
    }

    /// The same somewhere else.
    ///
    /// # Panics
    /// When they are not installed, or do not start in time.
    pub async fn start_at(place: Place<'_>, camera: Camera) -> Self {
        let profile = TempDir::new().expect("a temporary folder");
        let (driver, output, mut port) = driver(place).await;
        if let Some(namespace) = place.namespace {
            port = passage(namespace, port).await;
        }
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(&profile, camera))
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("chromium starts (apt install chromium)");
        Self { client, driver, port, _output: output, _profile: profile }
    }

    /// Gives the page's site a leave that people give by a click, such as `notifications` (W3C Permissions, "set
    /// permission").
    ///
    /// # Panics
    /// When the driver does not take it.
    pub async fn allow(&self, permission: &str) {
        self.ask("permissions", &json!({ "descriptor": { "name": permission }, "state": "granted" })).await;
    }

    /// Says something in Chromium's own protocol (DevTools): what WebDriver has no word for.
    ///
    /// # Panics
    /// When the browser does not take it.
    pub async fn tell(&self, method: &str, params: &Value) {
        self.ask("goog/cdp/execute", &json!({ "cmd": method, "params": params })).await;
    }

    /// Asks the driver for what the client has no name for.
    async fn ask(&self, command: &str, body: &Value) {
        let session = self.client.session_id().await.expect("no fault").expect("a session");
        let body = body.to_string();
        let mut line = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await.expect("the driver listens");
        let request = format!(
            "POST /session/{session}/{command} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.port,
            body.len()
        );
        line.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = [0; 12];
        line.read_exact(&mut answer).await.expect("answered");
        assert_eq!(&answer, b"HTTP/1.1 200", "the driver takes {command} {body}");
    }

    /// Evaluates an expression of the page, awaiting it.
    ///
    /// # Errors
    /// While the page is being left.
    pub async fn eval(&self, expression: &str) -> Result<Value, CmdError> {
        let script = format!(
            "const done = arguments[arguments.length - 1];
             Promise.resolve().then(() => {expression}).then((v) => done(v === undefined ? null : v), (e) => done('fault: ' + e));"
        );
        self.client.execute_async(&script, vec![]).await
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let Some(group) = self.driver.id() else { return };
        let ended = StdCommand::new("kill").args(["-KILL", "--", &format!("-{group}")]).status();
        if ended.is_err() {
            eprintln!("the browser's processes of group {group} were not ended");
        }
    }
}

/// A driver that listens, and its port. It takes any free port of IPv4, then wants the same one of IPv6: where another
/// program has that one it ends, and is started again.
async fn driver(place: Place<'_>) -> (Child, Lines<BufReader<ChildStdout>>, u16) {
    let mut said = String::new();
    for _ in 0..DRIVER_STARTS_MAX {
        let mut command = match place.namespace {
            None => StdCommand::new("chromedriver"),
            Some(namespace) => {
                let mut command = StdCommand::new("ip");
                command.args(["netns", "exec", namespace, "chromedriver"]);
                command
            }
        };
        if let Some(home) = place.home {
            command.env("HOME", home);
        }
        command.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::inherit()).process_group(0);
        let mut driver =
            Command::from(command).spawn().expect("chromedriver is installed (apt install chromium-driver)");
        let mut output = BufReader::new(driver.stdout.take().expect("piped")).lines();
        said.clear();
        let port = tokio::time::timeout(DEADLINE, port(&mut output, &mut said));
        if let Some(port) = port.await.expect("chromedriver starts in time") {
            return (driver, output, port);
        }
        driver.wait().await.expect("chromedriver has ended");
    }
    panic!("chromedriver ended without a port, {DRIVER_STARTS_MAX} times; at last it said: {said}");
}

/// A port of this machine that leads to one on the loopback of another, as long as this process runs.
async fn passage(namespace: &str, port: u16) -> u16 {
    let here = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    let own = here.local_addr().expect("bound").port();
    let namespace = File::open(Path::new("/run/netns").join(namespace)).expect("a namespace");
    tokio::spawn(async move {
        while let Ok((mut near, _)) = here.accept().await {
            let namespace = namespace.try_clone().expect("open");
            // A socket belongs to the namespace of the thread that made it, whoever uses it then.
            let far = std::thread::spawn(move || {
                move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))?;
                std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            });
            let Ok(Ok(far)) = far.join() else { continue };
            far.set_nonblocking(true).expect("a socket");
            let mut far = TcpStream::from_std(far).expect("a socket");
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut near, &mut far).await });
        }
    });
    own
}

async fn port(lines: &mut Lines<BufReader<ChildStdout>>, said: &mut String) -> Option<u16> {
    while let Some(line) = lines.next_line().await.expect("chromedriver speaks") {
        if let Some((_, port)) = line.split_once("started successfully on port ") {
            return Some(port.trim_end_matches('.').parse().expect("a port"));
        }
        said.push_str(&line);
        said.push('\n');
    }
    None
}

fn capabilities(profile: &TempDir, camera: Camera) -> Map<String, Value> {
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
        "--window-size=1280,1000".to_owned(),
        format!("--user-data-dir={}", profile.path().display()),
    ];
    let media: &[&str] = match camera {
        Camera::Works => &["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"],
        Camera::Denied => &["--use-fake-device-for-media-stream", "--deny-permission-prompts"],
        // Leave is given, so that what is missing is the camera.
        Camera::Missing => &["--use-fake-ui-for-media-stream"],
    };
    args.extend(media.iter().map(|&flag| flag.to_owned()));
    let options = json!({
        "args": args,
        "binary": "/usr/bin/chromium",
        "prefs": { "intl.accept_languages": "fr-FR,fr" },
    });
    // What a browser does not trust stays shut, as for everybody.
    Map::from_iter([("goog:chromeOptions".to_owned(), options), ("acceptInsecureCerts".to_owned(), json!(false))])
}
