// SPDX-License-Identifier: EUPL-1.2
//! A node is killed at any instant, under load, again and again. Whoever read "booked" has an appointment.
//!
//! `HAMEAU_KILLS=1000` for the long run (docs/faults.md has its figures).

use std::cell::Cell;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use hameau_tests::hand::{started, stopped};
use hameau_tests::load::{Load, agenda, fault, visitor};
use hameau_tests::visitor::Booking;
use hameau_tests::wait::until;
use tokio::process::Child;
use tokio::time::sleep;

/// Kills of an ordinary run.
const KILLS: u64 = 40;
/// After so many a new village begins: a week's register has an end.
const KILLS_IN_A_VILLAGE: u64 = 50;
/// A node lives so long at most after its restart, in milliseconds.
const LIFE_MS_MAX: u64 = 400;
/// One kill in so many is the agency's.
const AGENCY_EVERY: u64 = 4;

/// What was promised, and how often a node came back.
#[derive(Default)]
struct Tally {
    acknowledged: usize,
    cut_off: usize,
    longest_restart: Duration,
}

#[tokio::test]
async fn what_was_acknowledged_survives_every_kill() {
    let kills = std::env::var("HAMEAU_KILLS").ok().and_then(|it| it.parse().ok()).unwrap_or(KILLS);
    let mut tally = Tally::default();
    for first in (0..kills).step_by(usize::try_from(KILLS_IN_A_VILLAGE).expect("small")) {
        one_village(first..kills.min(first + KILLS_IN_A_VILLAGE), &mut tally).await;
    }
    let Tally { acknowledged, cut_off, longest_restart } = tally;
    println!(
        "{kills} kills, {acknowledged} acknowledged, {cut_off} cut off in between, 0 lost, 0 doubled; longest restart {longest_restart:?}"
    );
    assert!(acknowledged as u64 >= kills / 4, "hardly anything was booked between the kills");
}

async fn one_village(seeds: std::ops::Range<u64>, tally: &mut Tally) {
    let mut load = Load::new().await;
    let (mut point, mut agency) = (started(&load.point(), &[]).await, started(&load.agency(), &[]).await);
    let mut promised = BTreeSet::new();
    // Its node died before it answered: whoever sent it sends it again.
    let mut unanswered: Option<Booking> = None;
    for seed in seeds {
        let is_agency = mixed(seed ^ 0xa9e).is_multiple_of(AGENCY_EVERY);
        let (victim, home) = if is_agency { (&mut agency, load.agency()) } else { (&mut point, load.point()) };
        let session = visitor(&load.point()).await;
        let is_dead = Cell::new(false);
        let death = async {
            // Nothing is awaited here: the instant of the seed is the fault.
            sleep(Duration::from_millis(mixed(seed) % LIFE_MS_MAX)).await;
            kill(victim).await;
            is_dead.set(true);
        };
        let bookings = async {
            while !is_dead.get() {
                let form = unanswered.take().unwrap_or_else(|| load.form());
                match session.book(&form).await {
                    Ok(Ok(booked)) => promised.insert(booked),
                    Ok(Err(answer)) => panic!("{seed}: {form:?} is refused: {}", fault(&answer)),
                    Err(_) => {
                        unanswered = Some(form);
                        tally.cut_off += 1;
                        return;
                    }
                };
            }
        };
        tokio::join!(bookings, death);
        let restart = Instant::now();
        *victim = started(&home, &[]).await;
        tally.longest_restart = tally.longest_restart.max(restart.elapsed());
        let kept = agenda(&load.point()).await;
        let lost: Vec<&String> = promised.iter().filter(|it| !kept.contains_key(*it)).collect();
        assert!(lost.is_empty(), "seed {seed}: {lost:?} were promised and are gone");
        assert!(kept.len() <= promised.len() + 1, "seed {seed}: one form, one appointment");
    }
    // Each has met the other dead so often that it waits up to a minute before it dials again. Started anew it does not.
    for node in [point, agency] {
        stopped(node).await;
    }
    let (point, agency) = (started(&load.point(), &[]).await, started(&load.agency(), &[]).await);
    until("the agency knows all that was promised", async || {
        let (here, there) = (agenda(&load.point()).await, agenda(&load.agency()).await);
        let is_known =
            |it: &&String| here.get(*it).is_some_and(|state| state == "confirmed") && there.get(*it) == here.get(*it);
        match promised.iter().find(|it| !is_known(it)) {
            Some(it) => Err(format!("{it}: {:?} here, {:?} there", here.get(it), there.get(it))),
            None => Ok(()),
        }
    })
    .await;
    tally.acknowledged += promised.len();
    for node in [point, agency] {
        stopped(node).await;
    }
}

async fn kill(node: &mut Child) {
    node.start_kill().expect("it is ours");
    let ended = node.wait().await.expect("it is ours");
    assert!(!ended.success(), "it ended by itself: {ended:?}");
}

/// A number from a seed, the same for ever (SplitMix64, Steele, Lea, Flood 2014).
fn mixed(seed: u64) -> u64 {
    let mixed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
