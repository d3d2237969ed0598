// SPDX-License-Identifier: EUPL-1.2
//! Which way a call takes between two routers, of each kind with each, and how soon it is there (docs/calls.md).
//!
//! Not a test: a time depends on the machine, which each run names. Each row is a village of its own: three nodes, a
//! relay, three browsers, an appointment.

use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Parser;
use hameau_tests::header::{header, keep};
use hameau_tests::lan::Call;
use hameau_tests::nat::{Apart, At, Nat, Router};
use hameau_tests::person::Person;
use serde_json::{Value, json};

/// A way that is found later is not counted.
const FOUND_WITHIN: Duration = Duration::from_secs(15);
const ASK_EVERY: Duration = Duration::from_millis(250);
const DIRECT: &str = "direct";

/// A call between two routers, of each kind with each.
#[derive(Parser)]
#[command(name = "bench-nat", version)]
struct Cli {
    /// Only the rows of this router of the point: open, endpoint-independent, address-and-port, symmetric, no-udp.
    #[arg(long)]
    point: Option<String>,
    /// Only the rows of this router of the agency.
    #[arg(long)]
    agency: Option<String>,
    /// Where the run is written, as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

const ROUTERS: [(&str, Router); 5] = [
    ("open", Router::Open),
    ("endpoint-independent", Router::EndpointIndependent),
    ("address-and-port", Router::AddressAndPort),
    ("symmetric", Router::Symmetric),
    ("no-udp", Router::NoUdp),
];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let cli = Cli::parse();
    let mut run = header("bench-nat");
    let mut rows = Vec::new();
    let is_wanted = |wanted: &Option<String>, name: &str| wanted.as_ref().is_none_or(|it| it == name);
    for (point_name, point) in ROUTERS.into_iter().filter(|it| is_wanted(&cli.point, it.0)) {
        for (agency_name, agency) in ROUTERS.into_iter().filter(|it| is_wanted(&cli.agency, it.0)) {
            let mut row = json!({ "point": point_name, "agency": agency_name });
            let told = measured(point, agency).await?;
            row.as_object_mut().expect("an object").extend(told.as_object().expect("an object").clone());
            println!("{row}");
            rows.push(row);
        }
    }
    run["rows"] = rows.into();
    Ok(keep(cli.json.as_deref(), &run)?)
}

async fn measured(point: Router, agency: Router) -> Result<Value, Box<dyn Error>> {
    let nat = Nat::open(point, agency).ok_or("no namespaces on this machine")?;
    let apart = Apart::settled(&nat).await;
    let advisor = Apart::advisor(&nat).await;
    let call = Call::with(nat.name(At::Point), &advisor).await;
    let (way, after) = found(&advisor).await;
    let joined_ms = u64::try_from(call.joined_within.as_millis())?;
    call.ended_by(&advisor).await;
    apart.stopped().await;
    Ok(json!({ "way": way, "joined_ms": joined_ms, "direct_after_ms": after }))
}

/// The way that the page says, and how soon after the call was up it was direct.
async fn found(advisor: &Person) -> (String, Option<u64>) {
    let began = Instant::now();
    loop {
        let way = advisor.texts("way").await.concat();
        if way == DIRECT || began.elapsed() > FOUND_WITHIN {
            let after = (way == DIRECT).then(|| u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX));
            return (way, after);
        }
        tokio::time::sleep(ASK_EVERY).await;
    }
}
