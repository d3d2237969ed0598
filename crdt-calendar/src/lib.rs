// SPDX-License-Identifier: MIT OR Apache-2.0
//! The shared calendar of a territory.

pub mod ids;
pub mod limits;
pub mod time;
