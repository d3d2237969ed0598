// SPDX-License-Identifier: EUPL-1.2
//! The program that runs at a point or an agency.

pub mod call;
pub mod link;
pub mod reach;
