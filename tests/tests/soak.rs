// SPDX-License-Identifier: EUPL-1.2
//! Connections that come and go for a long time, with bookings in between: memory, descriptors and threads stay flat.
//!
//! A minute in an ordinary run; `HAMEAU_SOAK_S=3600` for the hour, `HAMEAU_SOAK_BOOKING_EVERY=0` for cuts alone
//! (docs/faults.md has the figures).

use std::path::PathBuf;
use std::time::{Duration, Instant};

use hameau_tests::hand::{hameau, reaches, ready, stopped};
use hameau_tests::load::{Load, agenda, visitor};
use hameau_tests::terminal;
use hameau_tests::tight::{descriptors, of_process};
use hameau_tests::wait::until;

/// Length of an ordinary run, in seconds.
const SOAK_S: u64 = 45;
/// One cut in so many is followed by a booking: registers grow, and must not be taken for a leak.
const BOOKING_EVERY: u64 = 10;
/// Beyond what there was after warming up: a connection that is just coming or going.
const DESCRIPTORS_MORE: u64 = 8;
/// The runtime's pool of blocking threads breathes.
const THREADS_MORE: u64 = 6;
/// The allocator's two pools: with one for each thread that ever met another, what a pool keeps for itself swings by more
/// than a leak of this size.
const POOLS: (&str, &str) = ("MALLOC_ARENA_MAX", "2");
/// What they breathe.
const KIB_MORE: u64 = 12 * 1024;
/// What one booking takes: its acts, the rows of the week that show it, and room that the allocator keeps.
const BOOKING_KIB: u64 = 24;

/// What a node has of the machine.
#[derive(Debug, Clone, Copy)]
struct Use {
    rss_kib: u64,
    descriptors: u64,
    threads: u64,
}

fn used(pid: u32) -> Use {
    Use { rss_kib: of_process(pid, "VmRSS"), descriptors: descriptors(pid), threads: of_process(pid, "Threads") }
}

/// A number from the environment.
fn set(name: &str, ordinary: u64) -> u64 {
    std::env::var(name).ok().and_then(|it| it.parse().ok()).unwrap_or(ordinary)
}

#[tokio::test]
async fn connects_and_cuts_leave_nothing_behind() {
    let length = Duration::from_secs(set("HAMEAU_SOAK_S", SOAK_S));
    let booking_every = set("HAMEAU_SOAK_BOOKING_EVERY", BOOKING_EVERY);
    let mut load = Load::new().await;
    let homes: Vec<PathBuf> = ["centre", "caisse", "bourg"].iter().map(|name| load.village.at(name)).collect();
    let mut nodes = Vec::new();
    for home in &homes {
        let mut command = terminal::command();
        command.env(POOLS.0, POOLS.1);
        nodes.push(ready(command, home, &[]).await);
    }
    let pids: Vec<u32> = nodes.iter().map(|node| node.id().expect("it runs")).collect();
    let session = visitor(&load.point()).await;
    let mut booked = Vec::new();
    let (begun, mut cuts, mut warm) = (Instant::now(), 0_u64, None);
    while begun.elapsed() < length {
        let home = &homes[usize::try_from(cuts % 3).expect("small")];
        let other = if home.ends_with("centre") { "caisse" } else { "centre" };
        assert_eq!(hameau(home, &["offline", "on"]).await.code, 0);
        assert_eq!(hameau(home, &["offline", "off"]).await.code, 0);
        reaches(home, other).await;
        cuts += 1;
        if booking_every > 0 && cuts.is_multiple_of(booking_every) {
            booked.push(session.book(&load.form()).await.expect("it answers").expect("booked"));
        }
        if warm.is_none() && begun.elapsed() > length / 3 {
            warm = Some((booked.len(), pids.iter().map(|pid| used(*pid)).collect::<Vec<_>>()));
        }
    }
    until("the agency knows all that was booked", async || {
        let there = agenda(&load.agency()).await;
        if booked.iter().all(|it| there.contains_key(it)) { Ok(()) } else { Err(format!("{there:?}")) }
    })
    .await;
    let (booked_before, warm) = warm.expect("it lasted");
    let more_kib = KIB_MORE + BOOKING_KIB * u64::try_from(booked.len() - booked_before).expect("few");
    let end: Vec<Use> = pids.iter().map(|pid| used(*pid)).collect();
    for (home, (warm, end)) in homes.iter().zip(warm.iter().zip(&end)) {
        println!("{cuts} cuts, {} bookings, {:?}: {warm:?} -> {end:?}", booked.len(), home.file_name());
    }
    for (warm, end) in warm.iter().zip(&end) {
        assert!(end.descriptors <= warm.descriptors + DESCRIPTORS_MORE, "{warm:?} -> {end:?}");
        assert!(end.threads <= warm.threads + THREADS_MORE, "{warm:?} -> {end:?}");
        assert!(end.rss_kib <= warm.rss_kib + more_kib, "{warm:?} -> {end:?}");
    }
    for node in nodes {
        stopped(node).await;
    }
}
