// SPDX-License-Identifier: EUPL-1.2
//! The same contenders over a poor line: two processes, one at a place with the line, one at the exchange, over TCP.
//!
//! TCP for all: what is compared is what they say to each other, not how a packet is sent again.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{IpAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use hameau_tests::statistics::{Better, ratio, summary};
use serde_json::{Map, Value, json};

use super::end::End;
use super::folios::Calendar;
use super::replication::SIGNATURE_BYTES;
use super::{document, repository};
use crate::emulator::Condition;

const PORT: u16 = 7_460;
/// Bookings that both held before a week apart, and what either wrote meanwhile.
const BOOKINGS: usize = 10_000;
const DIFFERENCES: usize = 400;
/// What a newcomer fetches.
const JOIN_BOOKINGS: usize = 100_000;
/// A frame longer than any contender's.
const FRAME_BYTES_MAX: usize = 256 * 1024 * 1024;

/// One end, in a process of its own.
#[derive(clap::Args)]
pub(crate) struct Side {
    /// hameau, automerge or samod; or join, a newcomer of ours.
    contender: String,
    /// Sealed details of each booking that a newcomer fetches.
    #[arg(long, default_value_t = 0)]
    envelope_bytes: usize,
    /// Who listens is asked by who connects.
    #[arg(long)]
    connect: Option<IpAddr>,
}

/// An end, and how it knows that it has everything.
type Prepared = (Box<dyn End>, Box<dyn Fn(&mut dyn End) -> bool>);

fn prepared(side: &Side) -> io::Result<Prepared> {
    fn pick<T>([first, second]: [T; 2], is_first: bool) -> T {
        if is_first { first } else { second }
    }
    let is_first = side.connect.is_some();
    let shared = || document::document(BOOKINGS, 0);
    let mut end: Box<dyn End> = match side.contender.as_str() {
        "hameau" => Box::new(pick(Calendar::new(BOOKINGS, 0).ends(), is_first)),
        "automerge" => Box::new(pick(document::ends(&shared(), BOOKINGS, 0), is_first)),
        "samod" => Box::new(pick(repository::ends(&shared(), BOOKINGS), is_first)),
        "join" => return Ok(joining(is_first, side.envelope_bytes)),
        other => return Err(io::Error::other(format!("no contender {other}"))),
    };
    end.write(DIFFERENCES / 2);
    Ok((end, Box::new(|end| end.bookings() == BOOKINGS + DIFFERENCES)))
}

/// A newcomer and a member that holds everything; done when the current week is here.
fn joining(is_newcomer: bool, envelope_bytes: usize) -> Prepared {
    let calendar = Calendar::new(JOIN_BOOKINGS, envelope_bytes);
    if !is_newcomer {
        let [_, member] = calendar.ends();
        return (Box::new(member), Box::new(|_| true));
    }
    let newcomer = calendar.newcomer();
    (Box::new(newcomer), Box::new(move |end| end.week() == calendar.week()))
}

/// All contenders over one line, in turn.
pub(crate) fn measure(line: Condition, rounds: u32) -> io::Result<Value> {
    let mut lines = Command::new(std::env::current_exe()?);
    let mut lines = Ended(lines.args(["line", line.name]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?);
    let mut said =
        BufReader::new(lines.0.stdout.take().ok_or_else(|| io::Error::other("a line without words"))?).lines();
    let mut next = || -> io::Result<Value> {
        let line = said.next().ok_or_else(|| io::Error::other("the line does not open"))??;
        Ok(serde_json::from_str(&line)?)
    };
    let (near, far) = (next()?, next()?);
    next()?;
    let mut runs = Vec::new();
    for round in 0..rounds {
        for contender in ["hameau", "automerge", "samod"] {
            runs.push(one(&near, &far, contender, &[], round)?);
        }
    }
    for envelope_bytes in ["0", "433"] {
        runs.push(one(&near, &far, "join", &["--envelope-bytes", envelope_bytes], 0)?);
    }
    let mut summaries = summed(&runs);
    let bound_ms = bound_ms(line);
    let ours_to_bound = summaries["hameau"]["all"]["median"].as_f64().map(|median| median / bound_ms);
    println!("the bound is {bound_ms:.0} ms: ours {:.2} of it", ours_to_bound.unwrap_or(f64::NAN));
    summaries["bound"] = json!({ "ms": bound_ms, "ours_to_it": ours_to_bound });
    Ok(
        json!({ "line": line.name, "done_ms": summaries, "measured": near, "bookings": BOOKINGS, "differences": DIFFERENCES,
        "join_bookings": JOIN_BOOKINGS, "runs": runs }),
    )
}

/// The least that it can take: a round trip, and what the side that wrote more has to say, its payload and a signature
/// for each folio, at the line's rate. Nothing lost, no headers; both directions at once.
fn bound_ms(line: Condition) -> f64 {
    let bytes = Calendar::new(BOOKINGS, 0).ends().map(|mut end| {
        end.write(DIFFERENCES / 2);
        let (bytes, folios) = end.payload();
        bytes + folios * SIGNATURE_BYTES
    });
    let most = bytes.into_iter().max().unwrap_or(0) as f64;
    2.0 * line.delay.as_secs_f64() * 1000.0 + most * 8.0 * 1000.0 / line.rate_bit_s as f64
}

/// What each contender's rounds come to, in milliseconds, and how ours compare, round by round.
fn summed(runs: &[Value]) -> Value {
    let of = |contender: &str| -> Vec<f64> {
        runs.iter().filter(|run| run["contender"] == contender).filter_map(|run| run["done_ms"].as_f64()).collect()
    };
    let mut told = Map::new();
    for contender in ["hameau", "automerge", "samod"] {
        let (all, compared) = (summary(&of(contender), Better::Lower), of(contender).len() == of("hameau").len());
        let compared = compared.then(|| ratio(&of("hameau"), &of(contender), Better::Lower));
        let words = compared.map(|it| format!("; ours {it:.3} of it")).unwrap_or_default();
        println!("{contender:10} {all:.0} ms{words}");
        told.insert(contender.to_owned(), json!({ "all": all.json(), "ours_to_it": compared.map(|it| it.json()) }));
    }
    Value::Object(told)
}

/// A process that is ended when dropped.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        drop(self.0.kill().and_then(|()| self.0.wait()));
    }
}

fn one(near: &Value, far: &Value, contender: &str, more: &[&str], round: u32) -> io::Result<Value> {
    let address = far["address"].as_str().unwrap_or_default();
    let mut listening = side_at(far, &[&[contender], more].concat())?;
    let mut connecting = side_at(near, &[&[contender, "--connect", address], more].concat())?;
    let mut words = Vec::new();
    for side in [&mut listening, &mut connecting] {
        let mut out = BufReader::new(side.0.stdout.take().ok_or_else(|| io::Error::other("a side without words"))?);
        out.read_line(&mut String::new())?;
        words.push(out);
    }
    if let Some(go) = &mut connecting.0.stdin {
        go.write_all(b"go\n")?;
    }
    let mut sides = Vec::new();
    for mut out in words {
        let mut text = String::new();
        out.read_to_string(&mut text)?;
        sides.push(serde_json::from_str::<Value>(&text)?);
    }
    let done_ms = sides.iter().filter_map(|side| side["done_ms"].as_u64()).max();
    let bytes: u64 = sides.iter().filter_map(|side| side["received_bytes"].as_u64()).sum();
    println!("{contender:10} {} round {round}: {} ms, {bytes} bytes", more.join(" "), done_ms.unwrap_or(0));
    Ok(json!({ "contender": contender, "more": more, "round": round, "done_ms": done_ms, "sides": sides }))
}

fn side_at(place: &Value, arguments: &[&str]) -> io::Result<Ended> {
    let mut command = Command::new("ip");
    command.args(["netns", "exec", place["namespace"].as_str().unwrap_or_default()]);
    command.arg(std::env::current_exe()?).arg("side").args(arguments);
    Ok(Ended(command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?))
}

/// Runs one end: says when it is ready, goes when it is told to, and prints what it took until it held everything.
pub(crate) fn run(side: &Side) -> std::process::ExitCode {
    match talk(side) {
        Ok(said) => {
            println!("{said}");
            std::process::ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            std::process::ExitCode::FAILURE
        }
    }
}

fn talk(side: &Side) -> io::Result<Value> {
    let (mut end, is_done) = prepared(side)?;
    let listener = side.connect.is_none().then(|| TcpListener::bind(("0.0.0.0", PORT))).transpose()?;
    println!("ready");
    let mut stream = match (side.connect, listener) {
        (Some(address), _) => {
            io::stdin().lock().read_line(&mut String::new())?;
            TcpStream::connect((address, PORT))?
        }
        (None, Some(listener)) => listener.accept()?.0,
        (None, None) => return Err(io::Error::other("neither end")),
    };
    let begun = Instant::now();
    stream.set_nodelay(true)?;
    let mut writer = stream.try_clone()?;
    let (outgoing, frames) = std::sync::mpsc::channel::<Vec<u8>>();
    // Written apart: two ends that both write much would wait for each other.
    let writing = std::thread::spawn(move || -> io::Result<()> {
        while let Ok(first) = frames.recv() {
            // What is said at once leaves in as few packets as it fits in.
            let mut bytes = Vec::new();
            for frame in std::iter::once(first).chain(std::iter::from_fn(|| frames.try_recv().ok())) {
                bytes.extend(u32::try_from(frame.len()).unwrap_or(u32::MAX).to_be_bytes());
                bytes.extend(frame);
            }
            writer.write_all(&bytes)?;
        }
        writer.shutdown(std::net::Shutdown::Write)
    });
    let say = |frames: Vec<Vec<u8>>| frames.into_iter().for_each(|frame| drop(outgoing.send(frame)));
    say(end.start());
    let (mut bytes, mut done_ms, mut other_is_done) = (0, None, false);
    while !(other_is_done && done_ms.is_some())
        && let Some(frame) = read(&mut stream)?
    {
        if frame.is_empty() {
            // The other end has everything; it goes on answering until this one has too.
            other_is_done = true;
            continue;
        }
        bytes += frame.len() + 4;
        let said = end.take(&frame);
        say(said);
        if done_ms.is_none() && is_done(&mut *end) {
            done_ms = Some(begun.elapsed().as_millis());
            say(vec![Vec::new()]);
        }
    }
    drop(outgoing);
    writing.join().map_err(|_| io::Error::other("the writer ended"))??;
    Ok(json!({ "done_ms": done_ms, "received_bytes": bytes, "bookings": end.bookings() }))
}

/// One frame; `None` when the other end is done, or gone.
fn read(stream: &mut TcpStream) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    match stream.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        done => done?,
    }
    let length = u32::from_be_bytes(length) as usize;
    if length > FRAME_BYTES_MAX {
        return Err(io::Error::other("a frame longer than any"));
    }
    let mut frame = vec![0; length];
    stream.read_exact(&mut frame)?;
    Ok(Some(frame))
}
