// SPDX-License-Identifier: EUPL-1.2
//! The same bookings in one shared automerge document: a map a booking, six scalar fields, one change each. What one
//! would do without a fold: load it, and look through it for a point's day.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

use automerge::transaction::Transactable as _;
use automerge::{ActorId, Automerge, ObjId, ObjType, ROOT, ReadDoc as _, ScalarValue, Value};
use hameau_tests::tight::of_process;
use serde_json::json;

use super::territory::Booked;

/// Loads a document and lists a day of a point.
#[derive(clap::Args)]
pub(crate) struct Reading {
    file: PathBuf,
    #[arg(long)]
    point: u64,
    /// First minute of the day, and the first after it.
    #[arg(long)]
    from: u32,
    #[arg(long)]
    to: u32,
}

/// Writes the document of these bookings.
pub(crate) fn write(path: &Path, booked: &[Booked], with_envelopes: bool) -> Result<(), Box<dyn Error>> {
    let mut document = Automerge::new();
    let mut transaction = document.transaction();
    let bookings = transaction.put_object(ROOT, "bookings", ObjType::Map)?;
    transaction.commit();
    for (number, it) in booked.iter().enumerate() {
        document.set_actor(ActorId::from([9, 9, 9, u8::try_from(it.point)?]));
        book(&mut document, &bookings, number, it, with_envelopes)?;
    }
    std::fs::write(path, document.save())?;
    Ok(())
}

fn book(
    document: &mut Automerge,
    bookings: &ObjId,
    number: usize,
    it: &Booked,
    with_envelope: bool,
) -> Result<(), Box<dyn Error>> {
    let mut transaction = document.transaction();
    let map = transaction.put_object(bookings, format!("{}-{number}", it.point), ObjType::Map)?;
    let desk = u64::try_from(it.agency)? * 8 + u64::from(it.desk);
    for (field, value) in [
        ("point", ScalarValue::Uint(u64::try_from(it.point)?)),
        ("desk", ScalarValue::Uint(desk)),
        ("from", ScalarValue::Int(i64::from(it.from.0))),
        ("service", ScalarValue::Str("carte".into())),
        ("booth", ScalarValue::Uint(u64::from(it.booth))),
    ] {
        transaction.put(&map, field, value)?;
    }
    if with_envelope {
        transaction.put(&map, "envelope", ScalarValue::Bytes(it.envelope.clone()))?;
    }
    transaction.commit();
    Ok(())
}

impl Reading {
    pub(crate) fn run(&self) -> Result<(), Box<dyn Error>> {
        let begun = Instant::now();
        let document = Automerge::load(&std::fs::read(&self.file)?)?;
        let loaded_ms = begun.elapsed().as_secs_f64() * 1000.0;
        let day = day(&document, self.point, self.from, self.to)?;
        let all_ms = begun.elapsed().as_secs_f64() * 1000.0;
        let rss_kib = of_process(std::process::id(), "VmHWM");
        println!("{}", json!({ "load_ms": loaded_ms, "all_ms": all_ms, "rows": day, "rss_max_kib": rss_kib }));
        Ok(())
    }
}

/// How many bookings of a point begin in `from..to`: reads them one by one, for there is no index.
pub(crate) fn day(document: &Automerge, point: u64, from: u32, to: u32) -> Result<usize, Box<dyn Error>> {
    let (_, bookings) = document.get(ROOT, "bookings")?.ok_or("no bookings")?;
    let mut found = Vec::new();
    for key in document.keys(&bookings) {
        let Some((_, it)) = document.get(&bookings, &key)? else { continue };
        if number(document, &it, "point")? != i128::from(point) {
            continue;
        }
        let at = number(document, &it, "from")?;
        if (i128::from(from)..i128::from(to)).contains(&at) {
            found.push((at, number(document, &it, "desk")?, number(document, &it, "booth")?));
        }
    }
    found.sort_unstable();
    Ok(found.len())
}

fn number(document: &Automerge, it: &ObjId, field: &str) -> Result<i128, Box<dyn Error>> {
    match document.get(it, field)? {
        Some((Value::Scalar(value), _)) => match value.as_ref() {
            ScalarValue::Uint(number) => Ok(i128::from(*number)),
            ScalarValue::Int(number) => Ok(i128::from(*number)),
            other => Err(format!("{field} is {other}").into()),
        },
        _ => Err(format!("no {field}").into()),
    }
}
