// SPDX-License-Identifier: EUPL-1.2
//! Search in 5,000 official sheets: words that are there, other forms, typing errors, and words that nothing has.
//!
//! The sheets are drawn (`hameau_tests::official`), imported by the program's own import, and asked as a page asks, on one
//! open directory. A time is that of one search, from what was typed to what a page lists.

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use hameau_node::directory::{Directory, Territory, import};
use hameau_tests::official;
use hameau_tests::statistics::quantile;
use serde_json::json;

use hameau_tests::header::{header, keep};

/// The goal, in milliseconds.
const GOAL_MS: f64 = 30.0;

/// What is asked: its name, and the words of each search.
type Kind = (&'static str, fn(u32) -> String);

/// How much.
#[derive(clap::Args)]
pub(crate) struct Search {
    /// Sheets.
    #[arg(long, default_value_t = 5_000)]
    sheets: u32,
    /// Searches of each kind.
    #[arg(long, default_value_t = 200)]
    searches: u32,
    /// Where the run is written, as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

impl Search {
    pub(crate) fn run(&self) -> Result<(), Box<dyn Error>> {
        let mut run = header("cargo measure");
        let home = tempfile::tempdir()?;
        let files = home.path().join("vosdroits");
        official::many(&files, self.sheets);
        let begun = Instant::now();
        import(home.path(), &[files], &Territory::new(["46"], []), 0)?;
        let import_s = begun.elapsed().as_secs_f64();
        let bytes = std::fs::metadata(home.path().join("directory.db"))?.len();
        println!("{} sheets: imported in {import_s:.1} s, {} kB on disk", self.sheets, bytes / 1024);
        let directory = Directory::of(home.path());
        let kinds: [Kind; 5] = [
            ("one common word", |number| official::word(number % 40)),
            ("two words", |number| format!("{} {}", official::word(number * 7), official::word(number % 90))),
            ("three words, another form", |number| {
                format!("{}s {} {}e", official::word(number * 3), official::word(number), official::word(number * 11))
            }),
            ("a typing error", |number| {
                let mut word = official::word(9_000 + number * 5);
                let last = word.pop().unwrap_or('x');
                word.insert(word.len() / 2, last);
                word
            }),
            ("nothing", |number| format!("zzzyyxq{number}wwk zzkkq{number}")),
        ];
        let mut told = Vec::new();
        for (name, typed) in kinds {
            let (mut times, mut hits) = (Vec::new(), 0);
            for number in 0..self.searches {
                let typed = typed(number);
                let begun = Instant::now();
                let found = directory.read(|it| it.search(&typed))?.ok_or("nothing was imported")?;
                times.push(begun.elapsed().as_secs_f64() * 1000.0);
                hits += found.len();
            }
            let (p50, p99) = (quantile(times.clone(), 0.5), quantile(times.clone(), 0.99));
            let verdict = if p99 <= GOAL_MS { "within" } else { "MISSED" };
            println!("  {name}: {p50:.2} ms, p99 {p99:.2} ms ({verdict} {GOAL_MS} ms), {hits} hits");
            told.push(json!({ "kind": name, "p50_ms": p50, "p99_ms": p99, "hits": hits, "times_ms": times }));
        }
        run["sheets"] = json!(self.sheets);
        run["import_s"] = json!(import_s);
        run["directory_bytes"] = json!(bytes);
        run["search"] = json!(told);
        keep(self.json.as_deref(), &run)?;
        Ok(())
    }
}
