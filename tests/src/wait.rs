// SPDX-License-Identifier: EUPL-1.2
//! Waiting for something to become so. No story sleeps: each asks again until a deadline.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};

/// Longer than anything takes on a busy machine.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// What takes longer is told, so that a passing test does not hide what a person would have waited for.
const SLOW: Duration = Duration::from_secs(5);

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
    let begin = Instant::now();
    let deadline = begin + DEADLINE;
    let mut last = String::new();
    let mut every = interval(ASK_EVERY);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        match ask().await {
            Ok(answer) => {
                if begin.elapsed() > SLOW {
                    eprintln!("waited {:.1} s: {what}; until then: {last}", begin.elapsed().as_secs_f64());
                }
                return answer;
            }
            Err(instead) if Instant::now() > deadline => panic!("never: {what}; instead: {instead}"),
            Err(instead) => last = instead,
        }
    }
}
