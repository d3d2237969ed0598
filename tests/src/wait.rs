// SPDX-License-Identifier: EUPL-1.2
//! Waiting for something to become so. No story sleeps: each asks again until a deadline.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

/// Longer than anything takes on a busy machine.
pub const DEADLINE: Duration = Duration::from_secs(60);

const ASK_EVERY: Duration = Duration::from_millis(50);

/// Asks until it has an answer, and returns it.
///
/// `ask` gives `Err` with what is there instead, for the message.
///
/// # Panics
/// At the deadline, with what was there last.
pub async fn until<T, F>(what: &str, mut ask: impl FnMut() -> F) -> T
where
    F: Future<Output = Result<T, String>>,
{
    let deadline = Instant::now() + DEADLINE;
    let mut every = interval(ASK_EVERY);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        match ask().await {
            Ok(answer) => return answer,
            Err(instead) if Instant::now() > deadline => panic!("never: {what}; instead: {instead}"),
            Err(_) => {}
        }
    }
}
