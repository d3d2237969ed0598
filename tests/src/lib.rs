// SPDX-License-Identifier: EUPL-1.2
//! What the stories share: a demonstration that runs, people with a browser, a terminal, a search on disk.
//!
//! Everything here is the real thing: the binary that people run, one Chromium a person. A story asserts
//! what a person sees before a deadline, never how fast. Refuses to reach into a node: it knows only
//! addresses, pages, commands and files.

pub mod axe;
pub mod browser;
pub mod canary;
pub mod hand;
pub mod header;
pub mod lan;
pub mod lines;
pub mod load;
pub mod nat;
pub mod official;
pub mod person;
pub mod qr;
pub mod relay;
pub mod rough;
pub mod screenshots;
pub mod statistics;
pub mod terminal;
pub mod tight;
pub mod traced;
pub mod visitor;
pub mod wait;
pub mod wiretap;
pub mod world;
