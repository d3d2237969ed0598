// SPDX-License-Identifier: EUPL-1.2
//! The program that runs at a point or an agency. Data flows one way:
//! `store -> replica -> mesh -> link -> call -> portal`; a module uses only modules to its left.

pub mod call;
pub mod clock;
pub mod config;
pub mod events;
pub mod home;
pub mod lang;
pub mod link;
pub mod mesh;
pub mod papers;
pub mod reach;
pub mod replica;
pub mod store;
