// SPDX-License-Identifier: EUPL-1.2
//! `cargo sim line`: real lines for real programs, without the kernel's netem, which many kernels lack.
//!
//! Opens a namespace for each line named, and one at the exchange; measures each line and fails when it is not what was
//! asked; then says where the namespaces are and obeys its standard input until that ends: `a dead` changes the line of
//! place a, `count` says what went through. Programs are started in a namespace with `ip netns exec`.

mod condition;
mod probe;
mod shaper;
mod tunnel;

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;

use serde_json::json;

pub(crate) use condition::Condition;
use probe::Measured;
use tunnel::{EXCHANGE, Lines, Place};

/// Exit code where lines cannot be made here: no root, no namespaces, no TUN.
const SKIPPED: u8 = 77;
/// Probes of the first place; those of the next have the next port.
const FIRST_PORT: u16 = 4900;
/// Set where lines must be had: what would be skipped fails.
const REQUIRED: &str = "HAMEAU_LINES_REQUIRED";

/// The subcommand.
#[derive(clap::Args)]
pub(crate) struct Line {
    /// The lines of places a, b, c...: names of `cargo sim list`.
    #[arg(required = true, value_parser = condition_of, num_args = 1..=tunnel::PLACES_MAX)]
    lines: Vec<Condition>,
    /// The lines' luck.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Measure, say what was measured, and end.
    #[arg(long)]
    check: bool,
}

/// A part of a measurement, in the namespace where it runs.
#[derive(clap::Args)]
pub(crate) struct Probe {
    /// Whom to ask; without it, serves.
    server: Option<SocketAddr>,
    /// Where to serve.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// About the line's rate, in bits a second.
    #[arg(long, default_value_t = 1_000_000)]
    rate: u64,
}

/// A line by its name.
pub(crate) fn condition_of(name: &str) -> Result<Condition, String> {
    Condition::named(name).ok_or_else(|| "no such line: `cargo sim list` names them".to_owned())
}

/// Names the lines.
pub(crate) fn list() {
    println!("lines");
    condition::ALL.iter().for_each(|line| println!("  {:20} {}", line.name, line.about));
}

/// Serves, or asks and prints what was measured.
pub(crate) fn probe(probe: &Probe) -> ExitCode {
    let done = match probe.server {
        None => probe::serve(probe.port),
        Some(server) => probe::ask(server, probe.rate).map(|measured| println!("{}", json!(measured))),
    };
    told(done)
}

/// Opens lines, measures them, and keeps them until standard input ends.
pub(crate) fn run(line: &Line) -> ExitCode {
    let lines = match Lines::open(&line.lines, line.seed) {
        Ok(lines) => lines,
        Err(error) if std::env::var_os(REQUIRED).is_none() => {
            eprintln!("skipped: lines need root, iproute2, /dev/net/tun and network namespaces: {error}");
            return ExitCode::from(SKIPPED);
        }
        Err(error) => return told(Err(error)),
    };
    told(measure_all(&lines, &line.lines).and_then(|()| if line.check { Ok(()) } else { obey(&lines) }))
}

fn told(done: io::Result<()>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn measure_all(lines: &Lines, conditions: &[Condition]) -> io::Result<()> {
    let (places, exchange) = lines.places().split_at(conditions.len());
    let exchange = &exchange[0];
    let both = |place, condition, port| {
        let up = measure_again(place, exchange, condition, port)?;
        Ok::<_, io::Error>((up, measure_again(exchange, place, condition, port)?))
    };
    let measured: Vec<_> = thread::scope(|scope| {
        let jobs = (FIRST_PORT..).zip(places.iter().zip(conditions));
        let jobs = jobs.map(|(port, (place, condition))| scope.spawn(move || both(place, condition, port)));
        // All begin before the first is waited for.
        jobs.collect::<Vec<_>>().into_iter().map(|job| job.join().expect("measuring does not panic")).collect()
    });
    for ((place, condition), measured) in places.iter().zip(conditions).zip(measured) {
        let (up, down) = measured?;
        let said = json!({ "place": place.name, "namespace": place.namespace, "address": place.address,
            "line": condition.name, "up": up, "down": down });
        say(&said)?;
        for (way, measured) in [("up", up), ("down", down)] {
            if let Err(why) = is_as_asked(condition, &measured) {
                return Err(io::Error::other(format!("the line {} of {} ({way}): {why}", condition.name, place.name)));
            }
        }
    }
    let said = json!({ "place": EXCHANGE, "namespace": exchange.namespace, "address": exchange.address });
    say(&said)
}

fn say(said: &serde_json::Value) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{said}")?;
    out.flush()
}

/// A process that is ended when dropped.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        if let Err(error) = self.0.kill().and_then(|()| self.0.wait()) {
            eprintln!("a probe goes on: {error}");
        }
    }
}

/// Once more where the first measurement is not what was asked: the computer may have been busy with something else.
fn measure_again(from: &Place, to: &Place, condition: &Condition, port: u16) -> io::Result<Measured> {
    let measured = measure(from, to, condition, port)?;
    if is_as_asked(condition, &measured).is_ok() { Ok(measured) } else { measure(from, to, condition, port) }
}

fn measure(from: &Place, to: &Place, condition: &Condition, port: u16) -> io::Result<Measured> {
    let mut serving = Serving(probe_in(to, &["--port", &port.to_string()]).stdout(Stdio::piped()).spawn()?);
    let said = serving.0.stdout.take().ok_or_else(|| io::Error::other("a probe without words"))?;
    let mut ready = String::new();
    BufReader::new(said).read_line(&mut ready)?;
    let (server, rate) = (format!("{}:{port}", to.address), condition.rate_bit_s.to_string());
    let asked = probe_in(from, &[&server, "--rate", &rate]).output()?;
    if !asked.status.success() {
        return Err(io::Error::other(format!("the probe failed: {}", String::from_utf8_lossy(&asked.stderr).trim())));
    }
    Ok(serde_json::from_slice(&asked.stdout)?)
}

fn probe_in(place: &Place, arguments: &[&str]) -> Command {
    let mut command = Command::new("ip");
    command.args(["netns", "exec", &place.namespace]);
    command.arg(std::env::current_exe().unwrap_or_else(|_| "sim".into())).arg("probe").args(arguments);
    command
}

/// Whether what was measured may be what was asked: chance is given four standard deviations.
fn is_as_asked(asked: &Condition, measured: &Measured) -> Result<(), String> {
    if !asked.is_alive() {
        return measured.round_trip_ms.map_or(Ok(()), |_| Err("something passes".to_owned()));
    }
    let wire_ms = (probe::PING_BYTES + probe::HEADERS_BYTES) as f64 * 8_000.0 / asked.rate_bit_s as f64;
    let expected_ms = 2.0 * (asked.delay.as_secs_f64() * 1000.0 + wire_ms);
    let allowed_ms = 5.0 + asked.jitter.as_secs_f64() * 1000.0 + expected_ms * 0.1;
    let trip_ms = measured.round_trip_ms.ok_or_else(|| "nothing passes".to_owned())?;
    if (trip_ms - expected_ms).abs() > allowed_ms {
        return Err(format!("a round trip of {trip_ms:.1} ms, asked for {expected_ms:.1} ms"));
    }
    let lost = asked.lost_per_mille as f64 / 1000.0;
    let lost_twice = 1.0 - (1.0 - lost).powi(2);
    let deviation =
        (lost_twice * (1.0 - lost_twice) * asked.burst_packets as f64 * 2.0 / f64::from(probe::PINGS)).sqrt();
    if (measured.round_trips_lost_per_mille / 1000.0 - lost_twice).abs() > 4.0 * deviation + 0.005 {
        let (was, expected) = (measured.round_trips_lost_per_mille / 10.0, lost_twice * 100.0);
        return Err(format!("{was:.1} % lost there and back, asked for {expected:.1} %"));
    }
    // Few packets of a slow line are counted, and by chance more or less of them are lost.
    let rate = asked.rate_bit_s as f64;
    let expected = rate * (1.0 - lost);
    if measured.rate_bit_s < expected * 0.7 || measured.rate_bit_s > rate * 1.1 {
        let (was, expected) = (measured.rate_bit_s / 1000.0, expected / 1000.0);
        return Err(format!("{was:.0} kbit/s, asked for {expected:.0} kbit/s"));
    }
    Ok(())
}

/// Obeys standard input, line by line, until it ends.
fn obey(lines: &Lines) -> io::Result<()> {
    say(&json!({ "ready": true }))?;
    for order in io::stdin().lock().lines() {
        let order = order?;
        let words: Vec<&str> = order.split_whitespace().collect();
        match words[..] {
            [] => {}
            ["count"] => say(&counts(lines))?,
            [place, name] => match Condition::named(name) {
                Some(condition) if lines.change(place, condition) => say(&json!({ "place": place, "line": name }))?,
                _ => say(&json!({ "error": format!("no place {place} with a line, or no line {name}") }))?,
            },
            _ => say(&json!({ "error": "write PLACE LINE, or count" }))?,
        }
    }
    Ok(())
}

fn counts(lines: &Lines) -> serde_json::Value {
    let of = |place: &Place| {
        let ways = place.counts()?.map(|it| {
            json!({ "offered_bytes": it.offered_bytes, "arrived_packets": it.arrived_packets,
                "arrived_bytes": it.arrived_bytes, "lost_packets": it.lost_packets,
                "dropped_packets": it.dropped_packets })
        });
        Some((place.name.clone(), json!({ "up": ways[0], "down": ways[1] })))
    };
    lines.places().iter().filter_map(of).collect::<serde_json::Map<_, _>>().into()
}
