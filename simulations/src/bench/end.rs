// SPDX-License-Identifier: EUPL-1.2
//! One end of a conversation, whoever speaks, and what a conversation costs.

use std::collections::VecDeque;

use serde::Serialize;

/// Frames in, frames out. Nothing of it knows a socket.
pub(crate) trait End {
    /// A connection stands: what is said first.
    fn start(&mut self) -> Vec<Vec<u8>>;
    /// A frame came: what is said to it.
    fn take(&mut self, frame: &[u8]) -> Vec<Vec<u8>>;
    /// Writes bookings of its own, and what is said of them.
    fn write(&mut self, bookings: usize) -> Vec<Vec<u8>>;
    /// How many bookings it holds.
    fn bookings(&mut self) -> usize;
    /// How many of the current week, where bookings have weeks.
    fn week(&mut self) -> usize {
        0
    }
}

/// What two ends said to each other.
#[derive(Debug, Default, Clone, Copy, Serialize)]
pub(crate) struct Cost {
    /// Both ways, each frame with its 4 bytes of length.
    pub(crate) bytes: usize,
    pub(crate) frames: usize,
    /// Processor time of both ends.
    pub(crate) cpu_ms: f64,
}

/// Lets two ends talk until both are silent.
pub(crate) fn converse(ends: [&mut dyn End; 2], said: [Vec<Vec<u8>>; 2]) -> Cost {
    let [a, b] = ends;
    let [from_a, from_b] = said;
    let mut on_the_way: VecDeque<(bool, Vec<u8>)> = from_a.into_iter().map(|frame| (true, frame)).collect();
    on_the_way.extend(from_b.into_iter().map(|frame| (false, frame)));
    let mut cost = Cost::default();
    let begun = cpu_ms();
    while let Some((is_of_a, frame)) = on_the_way.pop_front() {
        cost.bytes += frame.len() + 4;
        cost.frames += 1;
        let answers = if is_of_a { b.take(&frame) } else { a.take(&frame) };
        on_the_way.extend(answers.into_iter().map(|answer| (!is_of_a, answer)));
    }
    cost.cpu_ms = cpu_ms() - begun;
    cost
}

/// Milliseconds of processor time of this thread.
pub(crate) fn cpu_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split_whitespace().next().and_then(|it| it.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1e6
}
