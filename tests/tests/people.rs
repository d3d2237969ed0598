// SPDX-License-Identifier: EUPL-1.2
//! Stories of people in front of pages, in one program: each person has a Chromium of their own, so that they run one at a
//! time (`-- --test-threads=1`; those that only wait run together: tests/run.sh), one of them by its name (`cargo test
//! --profile ci --workspace --test people slip::`).

mod attended;
mod booking;
mod call;
mod citizen;
mod cut_call;
mod cut_off;
mod every_page;
mod exchanged;
mod lan;
mod office;
mod practice;
mod relayed;
mod replaced;
mod restored;
mod rough_line;
mod screen;
mod signed_in;
mod slip;
mod trial;
mod walk_in;
