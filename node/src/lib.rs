// SPDX-License-Identifier: EUPL-1.2
//! The program that runs at a point or an agency. Data flows one way:
//! `store -> replica -> mesh -> link -> call -> portal`; a module uses only modules to its left.

pub mod call;
pub mod clock;
pub mod events;
pub mod link;
pub mod mesh;
pub mod portal;
pub mod reach;
pub mod replica;
pub mod store;
