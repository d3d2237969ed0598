// SPDX-License-Identifier: EUPL-1.2
//! The portal as a browser meets it, over real replicas that exchange real frames in this process.

mod accessed;
mod browser;
mod day;
mod doors;
mod erased;
mod guarded;
mod journey;
mod office;
mod official;
mod refusals;
mod signing;
mod stage;
