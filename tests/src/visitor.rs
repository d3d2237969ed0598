// SPDX-License-Identifier: EUPL-1.2
//! Whoever sends forms without a browser: plain HTTP, one request a connection unless it is kept, a session that is a cookie.
//!
//! For stories of many bookings and of nodes that die meanwhile. What people see is for `person`.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longer than a node that lives lets anyone wait.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// Where a booking's form is sent.
const BOOKING: &str = "/animateur/rendez-vous/nouveau";

/// A session at one node's pages.
#[derive(Clone)]
pub struct Visitor {
    portal: SocketAddr,
    cookie: String,
    token: String,
}

/// A connection that is kept, as a browser's.
pub struct Kept(BufReader<TcpStream>);

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status, such as 303.
    pub status: u16,
    /// Where it leads.
    pub location: String,
    cookie: String,
    /// The page.
    pub text: String,
}

/// An answer, and how long it took from the moment in which it was asked for.
#[derive(Debug, Clone)]
pub struct Timed {
    /// The answer.
    pub answer: Answer,
    /// Until its first byte was here.
    pub first_byte: Duration,
    /// Until its last.
    pub last_byte: Duration,
}

/// One form for one booking; sent twice it books once.
#[derive(Debug, Clone)]
pub struct Booking {
    /// The agency.
    pub agency: &'static str,
    /// The service.
    pub service: &'static str,
    /// The slot's short name.
    pub slot: String,
    /// What makes two sendings one.
    pub nonce: String,
    /// The person.
    pub name: String,
}

impl Visitor {
    /// Opens a session, and signs in through the page as everybody does.
    ///
    /// # Errors
    /// When no node answers, or the account is not opened, in words.
    pub async fn at(portal: SocketAddr, account: &str, password: &str) -> Result<Self, String> {
        let mut visitor = Self { portal, cookie: String::new(), token: String::new() };
        visitor.cookie = visitor.get("/connexion").await?.cookie;
        visitor.take_token("/connexion").await?;
        let form = format!("csrf={}&compte={}&mot_de_passe={}", visitor.token, encoded(account), encoded(password));
        let signed_in = visitor.send("POST", "/connexion", &form).await?;
        if signed_in.status != 303 {
            return Err(signed_in.text);
        }
        visitor.cookie = signed_in.cookie;
        visitor.take_token(&signed_in.location).await?;
        Ok(visitor)
    }

    /// Every form carries it, and so does the page that asks for one.
    async fn take_token(&mut self, path: &str) -> Result<(), String> {
        let page = self.get(path).await?;
        self.token = between(&page.text, "name=\"csrf\" value=\"", "\"").ok_or("a page without a form")?;
        Ok(())
    }

    /// Reads a page.
    ///
    /// # Errors
    /// When no node answers, in words.
    pub async fn get(&self, path: &str) -> Result<Answer, String> {
        self.send("GET", path, "").await
    }

    /// Sends a form's fields to a page.
    ///
    /// # Errors
    /// When no node answers, in words.
    pub async fn form(&self, path: &str, fields: &str) -> Result<Answer, String> {
        self.send("POST", path, &format!("csrf={}&{fields}", self.token)).await
    }

    /// Reads a page, or sends a form's fields to it, with a watch in hand. The connection is made before the watch starts.
    ///
    /// # Errors
    /// When no node answers, in words.
    pub async fn timed(&self, path: &str, form: Option<&str>) -> Result<Timed, String> {
        let request = match form {
            None => self.request("GET", path, "", "close"),
            Some(form) => self.request("POST", path, &format!("csrf={}&{form}", self.token), "close"),
        };
        let asked = async {
            let mut line = TcpStream::connect(self.portal).await?;
            let (begun, mut answer) = (Instant::now(), Vec::new());
            line.write_all(request.as_bytes()).await?;
            line.read_buf(&mut answer).await?;
            let first_byte = begun.elapsed();
            line.read_to_end(&mut answer).await?;
            Ok((answer, first_byte, begun.elapsed()))
        };
        let answered = timeout(ANSWER_TIMEOUT, asked).await.map_err(|_| "no answer in time")?;
        let (bytes, first_byte, last_byte) = answered.map_err(|error: std::io::Error| error.to_string())?;
        Ok(Timed { answer: read(&bytes).ok_or("half an answer")?, first_byte, last_byte })
    }

    /// Sends the form of a booking: the short name of what was booked, or the answer that refuses.
    ///
    /// # Errors
    /// When no node answers, in words.
    pub async fn book(&self, form: &Booking) -> Result<Result<String, Answer>, String> {
        Ok(booked(self.send("POST", BOOKING, &self.body(form)).await?))
    }

    /// A connection for many forms.
    ///
    /// # Errors
    /// When no node answers, in words.
    pub async fn line(&self) -> Result<Kept, String> {
        let line = TcpStream::connect(self.portal).await.map_err(|error| error.to_string())?;
        line.set_nodelay(true).map_err(|error| error.to_string())?;
        Ok(Kept(BufReader::new(line)))
    }

    /// Sends the form of a booking over a connection that is kept.
    ///
    /// # Errors
    /// When no node answers, in words.
    pub async fn book_over(&self, line: &mut Kept, form: &Booking) -> Result<Result<String, Answer>, String> {
        let request = self.request("POST", BOOKING, &self.body(form), "keep-alive");
        let answered = timeout(ANSWER_TIMEOUT, line.exchange(&request)).await;
        let bytes = answered.map_err(|_| "no answer in time")?.map_err(|error| error.to_string())?;
        Ok(booked(read(&bytes).ok_or("half an answer")?))
    }

    fn body(&self, form: &Booking) -> String {
        let fields = [
            ("agence", form.agency),
            ("motif", form.service),
            ("creneau", &form.slot),
            ("nonce", &form.nonce),
            ("cabine", ""),
            ("nom", &form.name),
            ("telephone", ""),
            ("sans_telephone", "on"),
            ("objet", ""),
        ];
        let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        // Hexadecimal digits, as the page has them: the guard reads no other form of it.
        format!("csrf={}&{}", self.token, body.join("&"))
    }

    async fn send(&self, method: &str, path: &str, body: &str) -> Result<Answer, String> {
        let answered = timeout(ANSWER_TIMEOUT, self.exchange(method, path, body)).await;
        let bytes = answered.map_err(|_| "no answer in time")?.map_err(|error| error.to_string())?;
        read(&bytes).ok_or_else(|| "half an answer".to_owned())
    }

    async fn exchange(&self, method: &str, path: &str, body: &str) -> std::io::Result<Vec<u8>> {
        let mut line = TcpStream::connect(self.portal).await?;
        line.write_all(self.request(method, path, body, "close").as_bytes()).await?;
        let mut answer = Vec::new();
        line.read_to_end(&mut answer).await?;
        Ok(answer)
    }

    fn request(&self, method: &str, path: &str, body: &str, connection: &str) -> String {
        let host = self.portal;
        let form = format!("Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n", body.len());
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nCookie: {}\r\nConnection: {connection}\r\n{}\r\n{body}",
            self.cookie,
            if method == "POST" { form.as_str() } else { "" },
        )
    }
}

impl Kept {
    /// One answer, whose length is said.
    async fn exchange(&mut self, request: &str) -> std::io::Result<Vec<u8>> {
        self.0.get_mut().write_all(request.as_bytes()).await?;
        let (mut answer, mut length) = (Vec::new(), 0);
        loop {
            let from = answer.len();
            if self.0.read_until(b'\n', &mut answer).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            let line = String::from_utf8_lossy(&answer[from..]).to_ascii_lowercase();
            if let Some(said) = line.strip_prefix("content-length:") {
                length = said.trim().parse().map_err(std::io::Error::other)?;
            }
            if line == "\r\n" {
                break;
            }
        }
        let head = answer.len();
        answer.resize(head + length, 0);
        self.0.read_exact(&mut answer[head..]).await?;
        Ok(answer)
    }
}

/// The short name of what was booked, or the answer that refuses.
fn booked(answer: Answer) -> Result<String, Answer> {
    let short = between(&answer.location, "/animateur/rendez-vous/", "?fait=pris");
    short.filter(|_| answer.status == 303).ok_or(answer)
}

/// A whole answer: its length is said, or it ends with its last chunk.
fn read(bytes: &[u8]) -> Option<Answer> {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let header = |name: &str| {
        let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}: ")))?;
        Some(line[name.len() + 2..].to_owned())
    };
    let is_whole = match header("content-length").and_then(|length| length.parse::<usize>().ok()) {
        Some(length) => body.len() >= length,
        None => body.ends_with("0\r\n\r\n"),
    };
    let cookie = header("set-cookie").and_then(|it| Some(it.split(';').next()?.to_owned())).unwrap_or_default();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let location = header("location").unwrap_or_default();
    is_whole.then(|| Answer { status, location, cookie, text: body.to_owned() })
}

/// The text between two marks.
fn between(text: &str, before: &str, after: &str) -> Option<String> {
    Some(text.split_once(before)?.1.split_once(after)?.0.to_owned())
}

fn encoded(value: &str) -> String {
    value.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
