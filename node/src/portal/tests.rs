// SPDX-License-Identifier: EUPL-1.2
//! The portal as a browser meets it, over real replicas that exchange real frames in this process.

mod accessed;
mod attending;
mod browser;
mod compared;
mod coordination;
mod day;
mod doors;
mod erased;
mod guarded;
mod journey;
mod moved;
mod noted;
mod office;
mod official;
mod paper;
mod queue;
mod referred;
mod refusals;
mod seeking;
mod signing;
mod stage;
mod strange;
mod terms;
mod trial;
mod underway;
mod waiting;
mod withdrawn;
